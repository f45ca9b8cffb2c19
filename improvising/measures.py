"""What is measured of a solo to rank it: density, line, harmony, rhythm, and originality.

Every measure is a small function of a `Solo` or of its notes; each says where it comes from and what it gives for
nothing. Left to others: making solos (`improvising/solos.py`), what only the evaluation measures (`benchmarks/`).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

import numpy as np

from grammar import TYPES, parse_melody
from music.note_types import has_chord, types_at
from music.piece import Solo
from music.units import GRID, SIXTEENTH, quantize
from running.console import Progress

GROOVE_POSITIONS = 64  # positions in a bar at which an onset is looked for, as in Wu and Yang 2020
RUN = 4  # values in the runs that are looked up in the corpus


def read_back(solo: Solo) -> list[tuple[int, str]]:
    """The solo read back as values of the grammar, each with the number of its note; sounding lengths are taken to the
    nearest third or fourth. Bars without a chord have none."""
    read, number = [], 0
    for bar, chords in zip(solo.notes_by_bar, solo.chords_by_bar, strict=True):
        if has_chord(chords):
            durations = [quantize(note.duration, GRID) or SIXTEENTH for note in bar]
            notes = [note._replace(duration=duration) for note, duration in zip(bar, durations, strict=True)]
            read += enumerate(parse_melody(notes, chords).split(), number)
        number += len(bar)
    return read


def values_of(solo: Solo) -> list[str]:
    """The values of `read_back` alone."""
    return [value for _, value in read_back(solo)]


# --- The line --------------------------------------------------------------------------------------------------------


def notes_a_bar(solo: Solo) -> float:
    """Mean number of notes that begin in a bar; 0 without bars."""
    return len(solo.notes) / max(1, len(solo.notes_by_bar))


def sounding_share(solo: Solo) -> float:
    """The share of the time in which a note sounds, overlaps counted once; 0 for no notes."""
    total = solo.length
    sounding = np.zeros(total, dtype=bool)
    for note in solo.notes:
        sounding[note.onset : note.end] = True
    return float(sounding.mean()) if total else 0.0


def mean_leap(solo: Solo) -> float:
    """Mean distance between neighbouring notes in semitones, also across bar lines; 0 below two notes."""
    return mean(np.abs(np.diff([note.pitch for note in solo.notes])))


def mean_onset_distance(solo: Solo) -> float:
    """Mean time between neighbouring onsets in quarters, also across bar lines; 0 below two notes."""
    return mean(np.diff([note.offset for note in solo.notes]))


# --- Harmony and rhythm ----------------------------------------------------------------------------------------------


def pitch_class_entropy(solo: Solo, n_bars: int = 1) -> float:
    """Entropy in bits of the pitch classes of `n_bars` neighbouring bars, mean over all places.

    Each note counts once. Windows without notes are left out; 0 if all are. Source: Wu and Yang, "The Jazz
    Transformer on the Front Line" (2020), H1 and H4.
    """
    entropies = []
    for start in range(len(solo.notes_by_bar) - n_bars + 1):
        window = [note.pitch % 12 for bar in solo.notes_by_bar[start : start + n_bars] for note in bar]
        if window:
            shares = np.bincount(window) / len(window)
            shares = shares[shares > 0]
            entropies.append(-(shares * np.log2(shares)).sum())
    return mean(entropies)


def grooving_similarity(solo: Solo) -> float:
    """How alike the bars' rhythms are: 1 minus the share of 64 positions whose onsets differ, mean over pairs of bars.

    1 below two bars. Source: Wu and Yang (2020), GS.
    """
    patterns = np.zeros((len(solo.notes_by_bar), GROOVE_POSITIONS), dtype=bool)
    for number, (bar, notes) in enumerate(zip(solo.bars, solo.notes_by_bar, strict=True)):
        for note in notes:
            patterns[number, round(note.onset / bar.length * GROOVE_POSITIONS) % GROOVE_POSITIONS] = True
    one, two = np.triu_indices(len(patterns), k=1)
    return float(1 - (patterns[one] != patterns[two]).mean()) if len(one) else 1.0


def type_shares(solo: Solo) -> dict[str, float]:
    """Shares of chord, scale, approach and other tones (C, S, A, X), each note over the chord that sounds.

    The grammar's own classes; JazzGAN (Trieu and Keller, 2018) counts the same. All 0 for no notes.
    """
    found = Counter()
    for notes, chords in zip(solo.notes_by_bar, solo.chords_by_bar, strict=True):
        if has_chord(chords):
            found.update(types_at(chords, note.onset)[note.pitch % 12] for note in notes)
    return {kind: found[kind] / max(1, found.total()) for kind in TYPES}


# --- Originality -----------------------------------------------------------------------------------------------------


def runs_ending_at(values: list[str], corpus: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """For each value the length of the longest run that ends with it and stands in the corpus, and where in the corpus
    it ends, both (len(values),).

    Source: dynamic programming for the longest common substring.
    """
    numbers = {value: index for index, value in enumerate(dict.fromkeys(corpus))}
    known = np.array([numbers[value] for value in corpus], dtype=np.int64)
    lengths, ends = np.zeros((2, len(values)), dtype=np.int64)
    ending = np.zeros(len(known) + 1, dtype=np.int64)
    for place, value in enumerate(values):
        continued = np.zeros_like(ending)
        continued[1:] = np.where(known == numbers.get(value, -1), ending[:-1] + 1, 0)
        ending = continued
        lengths[place], ends[place] = ending.max(), ending.argmax() - 1
    return lengths, ends


def longest_verbatim_run(values: list[str], corpus: list[str]) -> int:
    """The length of the longest run of values that stands in the corpus as it is; 0 for no values."""
    return int(runs_ending_at(values, corpus)[0].max(initial=0))


def known_run_share(values: list[str], corpus: list[str], length: int = RUN) -> float:
    """The share of runs of `length` values that stand in the corpus; 0 if there is no such run."""
    known = _known_runs(tuple(corpus), length)
    return mean([run in known for run in _runs(values, length)])


def originality(solo: Solo, corpus: list[str]) -> dict[str, str]:
    """How original a solo is, as it is read back from its notes, in words."""
    values = values_of(solo)
    return {
        "longest run of the source's values": str(longest_verbatim_run(values, corpus)),
        f"runs of {RUN} that stand in the source": f"{known_run_share(values, corpus):.1%}",
    }


# --- Choosing --------------------------------------------------------------------------------------------------------

# What a solo is held against its source by, and how far it may be off before it counts as one whole fault.
RANKED_BY: dict[str, tuple[Callable[[Solo], float], float]] = {
    "notes a bar": (notes_a_bar, 1.0),
    "sounding share": (sounding_share, 0.1),
    "mean leap": (mean_leap, 0.5),
    "onset distance": (mean_onset_distance, 0.04),
    "entropy, 1 bar": (pitch_class_entropy, 0.17),
    "entropy, 4 bars": (lambda solo: pitch_class_entropy(solo, 4), 0.2),
    "grooving": (grooving_similarity, 0.05),
    "chord tones": (lambda solo: type_shares(solo)["C"], 0.08),
}


def distance_from(source: Solo, solo: Solo) -> float:
    """How far a solo is from its source: the mean of the `RANKED_BY` measures' differences, each in its own unit."""
    return mean([abs(measure(solo) - measure(source)) / unit for measure, unit in RANKED_BY.values()])


def rank(source: Solo, solos: list[Solo], corpus: list[str]) -> list[int]:
    """The numbers of the solos, the best first: close to the source and yet new.

    A solo's faults are its distance from the source and its copying: a tenth for each value of its longest verbatim
    run, and ten times its share of known runs.
    """
    faults, progress = [], Progress("ranking", len(solos))
    for solo in solos:
        progress(len(faults))
        values = values_of(solo)
        copied = longest_verbatim_run(values, corpus) / 10 + 10 * known_run_share(values, corpus)
        faults.append(distance_from(source, solo) + copied)
    return sorted(range(len(solos)), key=lambda number: (faults[number], number))


@lru_cache(maxsize=8)
def _known_runs(corpus: tuple[str, ...], length: int) -> frozenset[tuple[str, ...]]:
    return frozenset(_runs(corpus, length))


def _runs(values: Sequence[str], length: int) -> list[tuple[str, ...]]:
    return [tuple(values[start : start + length]) for start in range(len(values) - length + 1)]


def mean(numbers: Iterable) -> float:
    """The mean; 0 of nothing."""
    numbers = list(numbers)
    return float(np.mean(numbers)) if numbers else 0.0
