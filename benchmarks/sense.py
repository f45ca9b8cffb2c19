"""What makes a line have sense, measured of one solo: harmony, phrases, direction, rhythm, loudness.

Each measure is a small function of the solo's notes as a `Line` (`learning/ground.py`); its docstring says what it is,
where it comes from, and what it gives where there is nothing to measure: not a number, which is left out of means.
"""

from collections import Counter
from collections.abc import Callable

import numpy as np

from learning.experts import ends_phrase
from learning.ground import Line, line_of
from music.piece import Solo

CHORD, APPROACH, OTHER = 0, 2, 3  # types, as numbers
LEAP, WIDEST_KNOWN, LONGEST_KNOWN = 5, 7, 24  # semitones; intervals and gaps (steps) beyond are taken as these


def share(of: np.ndarray) -> float:
    """The mean of what there is."""
    return float(np.mean(of)) if len(of) else float("nan")


def chord_tones_on_strong_beats(line: Line) -> float:
    """The share of notes on beats 1 and 3 (in other meters where the bar and its second half begin) that are chord
    tones. Source: chord-tone ratio on strong beats, as in Trieu and Keller, "JazzGAN" (2018)."""
    return share(line.kinds[line.accents == 0] == CHORD)


def strangers_on_the_beat(line: Line) -> float:
    """The share of notes on any beat that are approach or other tones."""
    return share(line.kinds[line.accents < 2] >= APPROACH)


def arrivals_on_chord_tones(line: Line) -> float:
    """The share of first notes over a new chord that are its tones."""
    return share(line.kinds[line.new_chord & ~line.begins] == CHORD)


def arrivals_by_step(line: Line) -> float:
    """The share of first notes over a new chord that are its tones and were reached by a semitone or a tone."""
    steps = np.isin(np.abs(line.intervals), (1, 2)) & (line.kinds == CHORD)
    return share(steps[line.new_chord & ~line.begins])


def approaches_resolved(line: Line) -> float:
    """The share of approach tones, but the last note, from which a chord tone a semitone away follows."""
    after, following = _after_approach(line)
    return share((following.kinds[after] == CHORD) & (np.abs(following.intervals[after]) == 1))


def approaches_left_by_leap(line: Line) -> float:
    """The share of approach tones, but the last note, that are left by more than four semitones."""
    after, following = _after_approach(line)
    return share(np.abs(following.intervals[after]) > 4)


def phrases_on_chord_tones(line: Line) -> float:
    """The share of phrases' last notes, after which an eighth or more is silent, that are chord tones."""
    return share(line.kinds[_ends(line)] == CHORD)


def last_notes_length(line: Line) -> float:
    """The mean length of phrases' last notes beside that of all notes."""
    return share(line.durations[_ends(line)]) / share(line.durations)


def mean_leap(line: Line) -> float:
    """The mean interval in semitones, without its direction."""
    return share(np.abs(line.intervals[~line.begins]))


def leap_over_barlines(line: Line) -> float:
    """The same of intervals across a bar line."""
    return share(np.abs(line.intervals[~line.begins & line.new_bar]))


def leaps_turned_back(line: Line) -> float:
    """The share of leaps of a fourth and more after which the line turns. Source: gap fill, Meyer, "Emotion and Meaning
    in Music" (1956)."""
    one, two = _in_a_row(line, 2)
    return share((one * two < 0)[np.abs(one) >= LEAP])


def scale_runs(line: Line) -> float:
    """The share of three intervals in a row that are seconds one way."""
    return share(_one_way(_in_a_row(line, 3), (1, 2)))


def arpeggios(line: Line) -> float:
    """The share of two intervals in a row that are thirds one way."""
    return share(_one_way(_in_a_row(line, 2), (3, 4)))


def intervals_told(line: Line) -> float:
    """What an interval says of the next, in bits: their mutual information, a fifth and more taken as a fifth."""
    return information(*np.clip(_in_a_row(line, 2), -WIDEST_KNOWN, WIDEST_KNOWN))


def gaps_told(line: Line) -> float:
    """What the distance between two onsets says of the next, in bits; two quarters and more taken as two quarters."""
    gaps = np.minimum(line.distances, LONGEST_KNOWN)
    both = (gaps > 0) & (np.roll(gaps, -1) > 0) & ~np.roll(line.begins, -1)
    return information(gaps[both], np.roll(gaps, -1)[both])


def turns_that_recur(line: Line) -> float:
    """The share of three intervals in a row that occur more than once."""
    turns = list(zip(*(row.tolist() for row in _in_a_row(line, 3)), strict=True))
    counts = Counter(turns)
    return share(np.array([counts[turn] > 1 for turn in turns]))


def longest_stream(line: Line) -> float:
    """The most equal distances between onsets in a row; 0 below two notes."""
    longest = current = before = 0
    for gap in line.distances.tolist():
        current = current + 1 if gap and gap == before else bool(gap)
        before, longest = gap, max(longest, current)
    return float(longest)


def density_variation(line: Line) -> float:
    """The standard deviation of the number of notes in two bars beside its mean, from the first bar to the last."""
    counts = np.bincount(line.bars // 2)[: (int(line.bars.max(initial=0)) + 1) // 2]
    return float(np.std(counts) / np.mean(counts)) if counts.any() else float("nan")


def loudness_with_pitch(line: Line) -> float:
    """The correlation of changes of velocity with changes of pitch; 0 where all are alike."""
    louder, higher = np.diff(line.velocities), line.intervals[1:]
    return float(np.corrcoef(louder, higher)[0, 1]) if np.ptp(louder) and np.ptp(higher) else 0.0


def louder_peaks(line: Line) -> float:
    """How much louder than all notes those are that are higher than both their neighbours, in standard deviations; 0
    where all are alike."""
    peaks = np.flatnonzero((line.intervals[1:-1] > 0) & (line.intervals[2:] < 0)) + 1
    spread = line.velocities.std() if len(line.velocities) else 0
    return float(share(line.velocities[peaks]) - line.velocities.mean()) / spread if spread else 0.0


# Of each measure its name and, as a distance from the source, what is no more than half a human player is from others.
MEASURES: dict[str, Callable[[Line], float]] = {
    "chord tones on beats 1 and 3": chord_tones_on_strong_beats,
    "A or X on the beat": strangers_on_the_beat,
    "new chord: lands on C": arrivals_on_chord_tones,
    "new chord: by step to C": arrivals_by_step,
    "A goes to C by a semitone": approaches_resolved,
    "A left by a leap": approaches_left_by_leap,
    "phrase ends on C": phrases_on_chord_tones,
    "its last note, in mean lengths": last_notes_length,
    "mean leap (semitones)": mean_leap,
    "leap over a bar line": leap_over_barlines,
    "leaps turned back": leaps_turned_back,
    "scale runs": scale_runs,
    "arpeggios": arpeggios,
    "an interval tells of the next (bits)": intervals_told,
    "a gap tells of the next (bits)": gaps_told,
    "turns of three intervals that recur": turns_that_recur,
    "longest stream of equal gaps": longest_stream,
    "variation of density": density_variation,
    "velocity with pitch (r)": loudness_with_pitch,
    "peaks louder (sd)": louder_peaks,
}


def line(solo: Solo) -> Line:
    """The notes of a solo, each cut where the next one begins."""
    found = line_of([solo], list(dict.fromkeys(bar.beats for bar in solo.bars)))
    until = np.where(found.distances > 0, found.distances, found.durations)
    return found._replace(durations=np.minimum(found.durations, until))


def measure(solo: Solo) -> dict[str, float]:
    """All measures of a solo, by name; of fewer than four notes, no numbers."""
    played = line(solo)
    enough = len(played.places) >= 4
    return {name: function(played) if enough else float("nan") for name, function in MEASURES.items()}


def information(one: np.ndarray, two: np.ndarray) -> float:
    """The mutual information of two columns of numbers in bits, by their counts; 0 of nothing."""
    pairs = list(zip(one.tolist(), two.tolist(), strict=True))
    both, first, second = Counter(pairs), Counter(one.tolist()), Counter(two.tolist())
    n = len(pairs)
    return float(sum(k / n * np.log2(k * n / (first[a] * second[b])) for (a, b), k in both.items())) if n else 0.0


def _in_a_row(line: Line, length: int) -> list[np.ndarray]:
    """Intervals in a row: `length` columns of them."""
    intervals = line.intervals[1:]
    n = max(0, len(intervals) - length + 1)
    return [intervals[start : start + n] for start in range(length)]


def _one_way(intervals: list[np.ndarray], sizes: tuple[int, ...]) -> np.ndarray:
    """Whether intervals in a row have these sizes and the same direction."""
    fits = np.all([np.isin(np.abs(column), sizes) for column in intervals], axis=0)
    return fits & np.all([np.sign(column) == np.sign(intervals[0]) for column in intervals], axis=0)


def _ends(line: Line) -> np.ndarray:
    return ends_phrase(line) | np.roll(line.begins, -1)


def _after_approach(line: Line) -> tuple[np.ndarray, Line]:
    """The notes after approach tones."""
    return np.flatnonzero((line.kinds == APPROACH)[:-1] & ~line.begins[1:]) + 1, line
