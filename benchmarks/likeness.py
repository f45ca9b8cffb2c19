"""What the evaluation measures of solos beside what the program itself ranks by (`improvising/measures.py`).

The line, what a source borrows from itself, and the likeness of two sets. Each says where it comes from and what it
gives for nothing.
"""

from itertools import pairwise

import numpy as np

from improvising.measures import RUN, known_run_share, longest_verbatim_run, mean
from music.piece import Solo
from music.units import GRID


def pitch_range(solo: Solo) -> float:
    """Highest minus lowest pitch in semitones; 0 for no notes."""
    pitches = [note.pitch for note in solo.notes]
    return float(max(pitches) - min(pitches)) if pitches else 0.0


def repeated_pitch_share(solo: Solo) -> float:
    """The share of neighbouring notes that have the same pitch; 0 below two notes."""
    return mean(np.diff([note.pitch for note in solo.notes]) == 0)


def simultaneous_notes(solo: Solo) -> int:
    """How many notes begin before the one before them has ended, or end after their bar: 0 is one line in its bars."""
    notes = solo.notes
    over = [note.end > later.onset for note, later in pairwise(notes)]
    bar_ends = [bar.end for bar, in_bar in zip(solo.bars, solo.notes_by_bar, strict=True) for _ in in_bar]
    out = [note.end > bar_end for note, bar_end in zip(notes, bar_ends, strict=True)]
    return sum(one or two for one, two in zip([*over, False], out, strict=True)) if notes else 0


def distinct_bars(solo: Solo) -> float:
    """The share of bars with notes that differ in onsets or pitches from all before them; 1 for no notes."""
    played = [tuple((note.onset, note.pitch) for note in bar) for bar in solo.notes_by_bar if bar]
    return len(set(played)) / len(played) if played else 1.0


def self_borrowing(corpus_by_bar: list[list[str]], length: int = RUN) -> tuple[float, float]:
    """How much the source borrows from itself: `known_run_share` and longest run of each bar in all other bars.

    The human baseline for originality: means over bars. (0, 0) below two bars.
    """
    shares, longest = [], []
    for number, bar in enumerate(corpus_by_bar):
        before = [value for other in corpus_by_bar[:number] for value in other]
        after = [value for other in corpus_by_bar[number + 1 :] for value in other]
        others = [*before, "|", *after]  # no run goes over the gap
        if before or after:
            longest.append(longest_verbatim_run(bar, others))
            if len(bar) >= length:
                shares.append(known_run_share(bar, others, length))
    return mean(shares), mean(longest)


def bar_features(solo: Solo) -> dict[str, np.ndarray]:
    """Features of each bar that has two notes or more, one row a bar, after Yang and Lerch (2018).

    Histograms of pitch classes (12) and of note lengths (grid steps up to two quarters), transitions between pitch
    classes (144), mean interval in semitones and mean distance of onsets in quarters (1 each).
    """
    rows = {name: [] for name in ("pitch classes", "note lengths", "transitions", "intervals", "onset distances")}
    for bar in solo.notes_by_bar:
        if len(bar) < 2:
            continue
        classes = np.array([note.pitch % 12 for note in bar])
        lengths = np.minimum([note.duration for note in bar], 2 * GRID)
        pairs = np.bincount(classes[:-1] * 12 + classes[1:], minlength=144)
        rows["pitch classes"].append(np.bincount(classes, minlength=12) / len(bar))
        rows["note lengths"].append(np.bincount(lengths, minlength=2 * GRID + 1) / len(bar))
        rows["transitions"].append(pairs / pairs.sum())
        rows["intervals"].append([mean(np.abs(np.diff([note.pitch for note in bar])))])
        rows["onset distances"].append([mean(np.diff([note.offset for note in bar]))])
    return {name: np.array(bars, dtype=float) for name, bars in rows.items()}


def overlapping_area(source: np.ndarray, other: np.ndarray) -> float:
    """How alike two sets are in one feature, 0 to 1; rows are samples.

    The area under both the density of the distances within the source and that of the distances between the sets,
    densities by Gaussian kernels. Source: Yang and Lerch, "On the evaluation of generative models in music" (2018).
    0 where a set has fewer than two samples; 1 or 0 where all distances are the same.
    """
    from scipy.spatial.distance import cdist, pdist
    from scipy.stats import gaussian_kde

    if len(source) < 2 or len(other) < 2:
        return 0.0
    within, between = pdist(source), cdist(source, other).ravel()
    if np.ptp(within) < 1e-9 or np.ptp(between) < 1e-9:
        return float(abs(within.mean() - between.mean()) < 1e-9)
    edges = min(within.min(), between.min()), max(within.max(), between.max())
    margin = 0.2 * (edges[1] - edges[0])
    axis = np.linspace(edges[0] - margin, edges[1] + margin, 400)
    lower = np.minimum(gaussian_kde(within)(axis), gaussian_kde(between)(axis))
    return float(np.trapezoid(lower, axis))


def overlapping_areas(source: Solo, others: list[Solo]) -> dict[str, float]:
    """`overlapping_area` of each of the `bar_features`, all bars of the other solos as one set."""
    ours = bar_features(source)
    theirs = [bar_features(other) for other in others]
    return {
        name: overlapping_area(
            rows, np.concatenate([features[name].reshape(-1, rows.shape[-1]) for features in theirs])
        )
        for name, rows in ours.items()
    }


def halves_ceiling(source: Solo, splits: int = 20) -> dict[str, float]:
    """What the source's own halves reach: `overlapping_areas` of random halves of its bars, mean over splits."""
    generator = np.random.default_rng(0)
    areas = []
    for _ in range(splits):
        order = generator.permutation(len(source.bars))
        half = [
            Solo(
                *(
                    [column[number] for number in part]
                    for column in (source.bars, source.notes_by_bar, source.chords_by_bar)
                )
            )
            for part in (order[: len(order) // 2], order[len(order) // 2 :])
        ]
        areas.append(overlapping_areas(half[0], [half[1]]))
    return {name: mean([area[name] for area in areas]) for name in areas[0]}
