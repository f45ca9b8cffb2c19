"""Can a classifier tell two bars of one solo from two bars of others? 0.5: no better than a coin.

A random forest (scikit-learn) hears two bars as some forty features of harmony, direction, rhythm and loudness. Of one
solo every two bars are the one class, of many others the other; bars of a fold are judged by a forest that heard
neither them nor their solos. The result is the area under the ROC curve.
"""

from collections.abc import Iterator

import numpy as np
from sense import APPROACH, CHORD, OTHER, line

from learning.ground import Line
from music.piece import Solo

BARS, FOLDS, FORESTS, TREES = 2, 6, 3, 200
FEWEST_NOTES = 3  # in two bars, to be heard


def told_apart(one: Solo, others: list[Solo]) -> float:
    """The area under the curve for two bars of `one` against two bars of the `others`; not a number where either has
    fewer than `FOLDS` of them or solos."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.metrics import roc_auc_score

    ours = [(row, number % FOLDS) for number, row in enumerate(two_bars(one))]
    theirs = [(row, number % FOLDS) for number, other in enumerate(others) for row in two_bars(other)]
    if min(len(ours), len(others)) < FOLDS:
        return float("nan")
    rows, folds = (np.array(column) for column in zip(*ours, *theirs, strict=True))
    is_ours = np.arange(len(rows)) < len(ours)
    believed = np.zeros(len(rows))
    for seed in range(FORESTS):
        for fold in range(FOLDS):
            heard = folds != fold
            forest = RandomForestClassifier(
                TREES, class_weight="balanced_subsample", min_samples_leaf=2, random_state=seed
            )
            believed[~heard] += forest.fit(rows[heard], is_ours[heard]).predict_proba(rows[~heard])[:, 1]
    return float(roc_auc_score(is_ours, believed))


def two_bars(solo: Solo) -> Iterator[np.ndarray]:
    """The features of every two bars, one after the other."""
    played = line(solo)
    for first in range(0, len(solo.bars) - BARS + 1, BARS):
        here = (played.bars >= first) & (played.bars < first + BARS)
        if here.sum() >= FEWEST_NOTES:
            yield features(Line(*(column[here] for column in played)), solo.bars[first].start)


def features(notes: Line, start: int) -> np.ndarray:
    """What is heard of a few notes that follow one another; `start` is where their first bar begins."""
    intervals, gaps, pitches = np.diff(notes.pitches), np.diff(notes.places), notes.pitches
    size, way, velocities = np.abs(intervals), np.sign(intervals), notes.velocities.astype(float)
    louder, beats = np.diff(velocities), notes.in_pulse == 0
    heard = [len(pitches), pitches.mean(), pitches.std(), np.ptp(pitches), pitches[-1] - pitches[0]]
    heard += [
        len(set((pitches % 12).tolist())),
        size.mean(),
        size.max(),
        (intervals == 0).mean(),
        (intervals > 0).mean(),
    ]
    heard += [np.isin(size, sizes).mean() for sizes in ((1, 2), (3, 4), range(5, 99))]
    heard += [(way[1:] * way[:-1] < 0).mean(), ((size[1:] <= 2) & (size[:-1] <= 2) & (way[1:] == way[:-1])).mean()]
    heard += [len(set(zip(intervals, intervals[1:], strict=False))) / max(1, len(intervals) - 1)]
    heard += [gaps.mean(), gaps.std(), gaps.max(), (gaps[1:] == gaps[:-1]).mean(), (gaps >= 9).mean()]
    heard += [(gaps == gap).mean() for gap in (2, 3, 4, 6)]
    heard += [notes.durations.mean(), notes.durations.std(), (notes.durations[:-1] / np.maximum(gaps, 1)).mean()]
    heard += [beats.mean(), (notes.accents == 0).mean(), (notes.in_pulse % 6 == 0).mean(), notes.places[0] - start]
    heard += [(notes.kinds == kind).mean() for kind in range(OTHER + 1)]
    heard += [(notes.kinds[beats] == CHORD).mean() if beats.any() else 0.5, (notes.kinds[beats] >= APPROACH).sum()]
    heard += [velocities.mean(), velocities.std(), velocities.max(), velocities.min(), np.abs(louder).mean()]
    heard += [_together(louder, intervals), _together(velocities, pitches), _together(velocities[1:], velocities[:-1])]
    heard += [velocities[beats].mean() - velocities.mean() if beats.any() else 0]
    return np.nan_to_num(np.array(heard, float))


def _together(one: np.ndarray, two: np.ndarray) -> float:
    """The correlation; 0 where one of them does not change."""
    return float(np.corrcoef(one, two)[0, 1]) if np.ptp(one) and np.ptp(two) else 0.0
