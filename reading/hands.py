"""The melody in a track that holds its accompaniment, too: two hands at one piano, or a band on one channel.

At each onset one of the notes that start there goes on with the melody, or none: it may rest while the others play on.
The line with the highest sum of odds is sought, the best few kept at each onset (Viterbi's search with a beam): what is
alone and short, moves in steps and lies where the line has been speaks for a note, what sounds above it or is struck
and released with it speaks against it. How far height and loudness tell melody and accompaniment apart is the file's
own: at first they are those of high and low notes, then those of the line that was found, which is sought again. Notes
that are alone are compared with one another (a bass), and so are those that are not (the tops of chords).

Raw notes are in ticks, in order of onset. Left to others: whether a track is such a one (`reading/track_roles.py`).
"""

from collections import Counter
from collections.abc import Sequence
from math import log2
from operator import mul
from typing import NamedTuple

from reading.raw_tune import SLACK, RawNote

# What speaks for a note to be the melody's, in odds (e to the power of the sum). Fitted (`benchmarks/fit_hands.py`) and
# rounded.
BESIDE = {
    "any": 0.75,  # more than fitted: a missing note is worse than one too many
    "above": -0.3,  # notes that sound above it
    "together": -1.1,  # notes struck and released with it, more than with the highest notes on average
    "long": -1.0,  # its length beside the middle one, in doublings
    # What tells the line's notes from the rest in this file, as odds:
    "height": 0.45,
    "loud": 1.2,
}
AFTER = {
    "interval": -0.5,  # octaves from the line's last note; less than fitted: a leap makes no note another's
    "step": 1.0,  # whether it is one or two semitones
    "gap": -1.3,  # four quarters of silence between
    "under": -2.0,  # whether that note sounds on above it, or
    "over": -1.9,  # below it
    "soon": -3.2,  # whether both are one roll
    "place": 0.3,  # octaves above where the line has been
}
RELEASED, ROLL = 0.1, 0.1  # quarters between the ends of notes released together, and the onsets of one roll
MOST_NOTES = 3  # beside a note that count
MOST_SOUNDING = 40  # notes that sound on
LONG_REST = 4  # quarters
MEMORY = 0.75  # share that the line's past keeps in where it is
LEAST_SPREADS = 4.0, 6.0  # semitones, and of velocity: what differs less is not told apart more surely
MOST_TOLD = 4.0, 3.0  # odds that one of these may give
ENOUGH = 8  # notes of a kind that tell how high it is
PASSES = 2
LINES, CHOICES = 3, 2  # kept at each onset, and looked at


class Candidate(NamedTuple):
    """A note; how many sound `above` it, and are struck and released `together` with it; how `long` it is."""

    note: RawNote
    above: int
    together: int
    long: float


class Odds(NamedTuple):
    """What a value tells: `slope` odds by how much it lies above the `middle`, `most` at most."""

    slope: float
    middle: float
    most: float

    def of(self, value: float) -> float:
        return max(-self.most, min(self.slope * (value - self.middle), self.most))


class Told(NamedTuple):
    """What tells a file's melody from the rest: the height of notes that are `alone` and in `company`; how `loud`."""

    alone: Odds
    company: Odds
    loud: Odds


def split_hands(notes: list[RawNote], ticks_per_quarter: int) -> tuple[list[RawNote], list[RawNote]]:
    """Part a track into its melody, one note at a time, and the rest; of notes at least one is the melody's."""
    if not notes:
        return [], []
    groups = candidates(notes, ticks_per_quarter)
    told = first_told(groups, notes)
    for _ in range(PASSES):
        line = best_line(groups, told, ticks_per_quarter)
        told = told_apart(groups, set(line))
    chosen = set(line)
    ends = [*(note.onset for note in line[1:]), line[-1].end]
    cut = [note._replace(end=min(note.end, end)) for note, end in zip(line, ends, strict=True)]
    return cut, [note for note in notes if note not in chosen]


def candidates(notes: list[RawNote], ticks_per_quarter: int) -> list[list[Candidate]]:
    """The notes of each onset that may be the melody's, from the highest on: of those released together the highest."""
    slack, released = ticks_per_quarter / SLACK, RELEASED * ticks_per_quarter
    usual = sorted(note.end - note.onset for note in notes)[len(notes) // 2]
    groups, sounding = [], []
    for struck in _onsets(notes, slack):
        at = struck[0].onset
        sounding = [note for note in sounding if note.end > at + slack][-MOST_SOUNDING:]
        groups.append([])
        for note in sorted(struck, key=lambda note: -note.pitch):
            together = [other.pitch for other in struck if abs(other.end - note.end) <= released]
            if note.pitch < max(together):
                continue
            above = sum(other.pitch > note.pitch for other in struck)
            above += sum(other.pitch > note.pitch and 2 * other.end > note.onset + note.end for other in sounding)
            long = max(-2.0, min(log2(max(note.end - note.onset, 1) / max(usual, 1)), 2.0))
            groups[-1].append(Candidate(note, min(above, MOST_NOTES), min(len(together) - 1, MOST_NOTES), long))
        sounding += struck
    return groups


def first_told(groups: list[list[Candidate]], notes: list[RawNote]) -> Told:
    """How height and loudness tell high notes from low ones."""
    middle = _middle(notes)
    return told_apart(groups, {note for note in notes if note.pitch > middle})


def told_apart(groups: list[list[Candidate]], line: set[RawNote]) -> Told:
    """How height and loudness tell a line from the rest: height among notes that are alone, and among the others, where
    enough of these are in the line and not."""
    sides = [], []
    for group in groups:
        for one in group:
            sides[one.note in line].append(one)
    pitches, velocities = ([[one.note[field] for one in side] for side in sides] for field in (2, 3))
    height, heights = _discriminant(*pitches, LEAST_SPREADS[0], MOST_TOLD[0]), []
    for is_with in (False, True):
        kind = [[one.note.pitch for one in side if (one.together > 0) == is_with] for side in sides]
        is_enough = min(map(len, kind)) >= ENOUGH
        heights.append(_discriminant(*kind, LEAST_SPREADS[0], MOST_TOLD[0]) if is_enough else height)
    return Told(*heights, _discriminant(*velocities, LEAST_SPREADS[1], MOST_TOLD[1]))


def _discriminant(rest: Sequence[float], own: Sequence[float], least: float, most: float) -> Odds:
    """How a value tells some notes from others, by the means of both and their common variance (Fisher's discriminant);
    nothing where one of them is none."""
    if not rest or not own:
        return Odds(0.0, 0.0, most)
    low, high = sum(rest) / len(rest), sum(own) / len(own)
    squares = [sum((value - mean) ** 2 for value in values) for values, mean in ((rest, low), (own, high))]
    variance = sum(map(max, squares, (least**2 * len(rest), least**2 * len(own)))) / (len(rest) + len(own))
    return Odds((high - low) / variance, (high + low) / 2, most)


def usual_company(groups: list[list[Candidate]]) -> float:
    """How many notes are struck and released with the highest ones, on average."""
    company = [one.together for group in groups for one in group if not one.above]
    return sum(company) / len(company)


def beside(one: Candidate, told: Told, usual: float) -> tuple[float, ...]:
    """What counts of BESIDE, in its order; `usual` is how many are together with the highest notes."""
    height = (told.company if one.together else told.alone).of(one.note.pitch)
    return 1.0, one.above, one.together - usual, one.long, height, told.loud.of(one.note.velocity)


def after(one: Candidate, last: RawNote, place: float, ticks_per_quarter: int) -> tuple[float, ...]:
    """What counts of AFTER, in its order."""
    note, leap = one.note, abs(one.note.pitch - last.pitch)
    sounds_on = 2 * (last.end - note.onset) > note.end - note.onset
    return (
        min(leap / 12, 2.0),
        0 < leap < 3,
        max(0.0, min((note.onset - last.end) / (LONG_REST * ticks_per_quarter), 1.0)),
        sounds_on and note.pitch < last.pitch,
        sounds_on and note.pitch > last.pitch,
        note.onset - last.onset < ROLL * ticks_per_quarter,
        max(-2.0, min((note.pitch - place) / 12, 2.0)),
    )


def best_line(groups: list[list[Candidate]], told: Told, ticks_per_quarter: int) -> list[RawNote]:
    """The line with the highest sum of odds, of at least one note."""
    own, links = [*BESIDE.values()], [*AFTER.values()]
    usual = usual_company(groups)
    lines = []  # the best ones, each as its sum, its last note, where it has been, and its notes
    for group in groups:
        following = [*lines]
        ranked = sorted(((sum(map(mul, own, beside(one, told, usual))), one) for one in group), reverse=True)
        for alone, one in ranked[:CHOICES]:
            note, best = one.note, (alone, one.note.pitch, None)
            for total, last, place, path in lines:
                total += alone + sum(map(mul, links, after(one, last, place, ticks_per_quarter)))
                if total > best[0]:
                    best = total, MEMORY * place + (1 - MEMORY) * note.pitch, path
            total, place, path = best
            following.append((total, note, place, (note, path)))
        lines = sorted(following, key=lambda line: line[0], reverse=True)[:LINES]
    path, line = lines[0][3], []
    while path:
        line.append(path[0])
        path = path[1]
    return line[::-1]


def _onsets(notes: list[RawNote], slack: float) -> list[list[RawNote]]:
    """The notes that start together."""
    onsets = []
    for note in notes:
        if onsets and note.onset - onsets[-1][0].onset <= slack:
            onsets[-1].append(note)
        else:
            onsets.append([note])
    return onsets


def _middle(notes: list[RawNote]) -> float:
    """The pitch half-way between the high notes' mean and the low ones' (two means, found by turns)."""
    counts = Counter(note.pitch for note in notes)
    middle = (min(counts) + max(counts)) / 2
    for _ in range(10):
        halves = [[], []]
        for pitch, count in counts.items():
            halves[pitch > middle].append((pitch, count))
        if not all(halves):
            break
        means = [sum(pitch * count for pitch, count in half) / sum(count for _, count in half) for half in halves]
        middle = sum(means) / 2
    return middle
