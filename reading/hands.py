"""The melody in a track that holds its accompaniment, too: two hands at one piano, or a band on one channel.

At each onset one of the notes that start there goes on with the melody, or none: it may rest while the others play on.
The line with the highest sum of odds is sought, the best few kept at each onset (Viterbi's search with a beam): what is
alone, moves in steps and lies where the line has been speaks for a note, what sounds above it, is struck and released
with it, or goes on with what else was played speaks against it. How far height and loudness tell melody and
accompaniment apart is the file's own: at first they are those of high and low notes, then those of the line that was
found, which is sought again.

Raw notes are in ticks, in order of onset. Left to others: whether a track is such a one (`reading/track_roles.py`).
"""

from collections import Counter
from math import log2
from operator import mul
from typing import NamedTuple

from reading.raw_tune import SLACK, RawNote

# What speaks for a note to be the melody's, in odds (e to the power of the sum). Fitted as a logistic choice among the
# notes of an onset or none, on real melodies accompanied in many ways, along true and found lines; rounded.
BESIDE = {
    "any": 0.9,
    "above": -0.9,  # notes that sound above it, and
    "below": 0.2,  # below
    "together": -1.1,  # notes struck and released with it, more than with the highest notes on average
    "long": -0.7,  # its length beside the middle one, in doublings
    # What tells the line's notes from the rest in this file, as odds:
    "height": 0.4,
    "loud": 1.0,
    "chordal": 0.5,  # notes struck and released with it
}
AFTER = {
    "interval": -1.1,  # octaves from the line's last note
    "step": 1.1,  # whether it is one or two semitones
    "gap": -1.2,  # four quarters of silence between
    "under": -1.0,  # whether that note sounds on above it, or
    "over": -0.8,  # below it
    "soon": -1.3,  # whether both are one roll
    "place": 0.7,  # octaves above where the line has been
    "near": -0.9,  # from an octave (0) to the same pitch (1) as something else that was played since
}
RELEASED, ROLL = 0.1, 0.1  # quarters between the ends of notes released together, and the onsets of one roll
MOST_NOTES, MOST_CHORDAL = 3, 2  # beside a note that count
MOST_SOUNDING, MOST_BEFORE, LOOK_BACK = 40, 8, 4  # notes that sound on, onsets and quarters that are looked back on
LONG_REST = 4  # quarters
MEMORY = 0.75  # share that the line's past keeps in where it is
LEAST_SPREADS = 4.0, 6.0, 0.5  # semitones, of velocity, of notes: what differs less is not told apart more surely
MOST_TOLD = 4.0, 3.0, 3.0  # odds that one of these may give
PASSES = 2
LINES, CHOICES = 3, 2  # kept at each onset, and looked at


class Candidate(NamedTuple):
    """A note; how many sound `above` and `below` it, and are struck and released `together` with it; how `long` it is;
    by how many onsets are looked back on, the semitones to the `nearest` note of these, 12 of none."""

    note: RawNote
    above: int
    below: int
    together: int
    long: float
    nearest: list[int]


class Odds(NamedTuple):
    """What a value tells: `slope` odds by how much it lies above the `middle`, `most` at most."""

    slope: float
    middle: float
    most: float

    def of(self, value: float) -> float:
        return max(-self.most, min(self.slope * (value - self.middle), self.most))


def split_hands(notes: list[RawNote], ticks_per_quarter: int) -> tuple[list[RawNote], list[RawNote]]:
    """Part a track into its melody, one note at a time, and the rest; of notes at least one is the melody's."""
    if not notes:
        return [], []
    groups, middle = candidates(notes, ticks_per_quarter), _middle(notes)
    height, loud, chordal = told_apart(groups, {note for note in notes if note.pitch > middle})
    odds = height, loud, chordal._replace(slope=0.0)  # a bass by itself would speak for chords
    for _ in range(PASSES):
        line = best_line(groups, odds, ticks_per_quarter)
        odds = told_apart(groups, set(line))
    chosen = set(line)
    ends = [*(note.onset for note in line[1:]), line[-1].end]
    cut = [note._replace(end=min(note.end, end)) for note, end in zip(line, ends, strict=True)]
    return cut, [note for note in notes if note not in chosen]


def candidates(notes: list[RawNote], ticks_per_quarter: int) -> list[list[Candidate]]:
    """The notes of each onset that may be the melody's, from the highest on: of those released together the highest."""
    slack, released = ticks_per_quarter / SLACK, RELEASED * ticks_per_quarter
    usual = sorted(note.end - note.onset for note in notes)[len(notes) // 2]
    groups, sounding, before = [], [], []
    for struck in _onsets(notes, slack):
        at = struck[0].onset
        sounding = [note for note in sounding if note.end > at + slack][-MOST_SOUNDING:]
        before = [group for group in before[-MOST_BEFORE:] if group[0].onset >= at - LOOK_BACK * ticks_per_quarter]
        groups.append([])
        for note in sorted(struck, key=lambda note: -note.pitch):
            together = [other.pitch for other in struck if abs(other.end - note.end) <= released]
            if note.pitch < max(together):
                continue
            beside = [other.pitch for other in struck]
            beside += [other.pitch for other in sounding if 2 * other.end > note.onset + note.end]
            above, below = sum(pitch > note.pitch for pitch in beside), sum(pitch < note.pitch for pitch in beside)
            counts = (min(count, MOST_NOTES) for count in (above, below, len(together) - 1))
            long = max(-2.0, min(log2(max(note.end - note.onset, 1) / max(usual, 1)), 2.0))
            nearest = [12]
            for group in reversed(before):
                nearest.append(min(nearest[-1], *(abs(other.pitch - note.pitch) for other in group)))
            groups[-1].append(Candidate(note, *counts, long, nearest))
        sounding += struck
        before.append(struck)
    return groups


def told_apart(groups: list[list[Candidate]], line: set[RawNote]) -> tuple[Odds, Odds, Odds]:
    """How pitch, velocity and the number of notes struck and released together tell a line from the rest: by the means
    of both and their common variance (Fisher's discriminant). Nothing tells where all or none is the line."""
    sides = [], []
    for group in groups:
        for one in group:
            sides[one.note in line].append((one.note.pitch, one.note.velocity, min(one.together, MOST_CHORDAL)))
    if not all(sides):
        return tuple(Odds(0.0, 0.0, most) for most in MOST_TOLD)
    odds, total = [], len(sides[0]) + len(sides[1])
    for rest, own, least, most in zip(
        *(zip(*side, strict=True) for side in sides), LEAST_SPREADS, MOST_TOLD, strict=True
    ):
        low, high = (sum(values) / len(values) for values in (rest, own))
        squares = [sum((value - mean) ** 2 for value in values) for values, mean in ((rest, low), (own, high))]
        variance = sum(map(max, squares, (least**2 * len(rest), least**2 * len(own)))) / total
        odds.append(Odds((high - low) / variance, (high + low) / 2, most))
    return tuple(odds)


def beside(one: Candidate, odds: tuple[Odds, Odds, Odds], usual: float) -> tuple[float, ...]:
    """What counts of BESIDE, in its order; `usual` is how many are together with the highest notes."""
    height, loud, chordal = odds
    told = height.of(one.note.pitch), loud.of(one.note.velocity), chordal.of(min(one.together, MOST_CHORDAL))
    return 1.0, one.above, one.below, one.together - usual, one.long, *told


def after(one: Candidate, last: RawNote, ago: int, place: float, ticks_per_quarter: int) -> tuple[float, ...]:
    """What counts of AFTER, in its order, where the line's last note was so many onsets ago."""
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
        1 - one.nearest[min(ago, len(one.nearest)) - 1] / 12,
    )


def best_line(groups: list[list[Candidate]], odds: tuple[Odds, Odds, Odds], ticks_per_quarter: int) -> list[RawNote]:
    """The line with the highest sum of odds, of at least one note."""
    own, links = [*BESIDE.values()], [*AFTER.values()]
    company = [one.together for group in groups for one in group if not one.above]
    usual = sum(company) / len(company)
    lines = []  # the best ones, each as its sum, its last note and that one's onset, where it has been, and its notes
    for number, group in enumerate(groups):
        following = [*lines]
        ranked = sorted(((sum(map(mul, own, beside(one, odds, usual))), one) for one in group), reverse=True)
        for alone, one in ranked[:CHOICES]:
            note, best = one.note, (alone, one.note.pitch, None)
            for total, last, onset, place, path in lines:
                total += alone + sum(map(mul, links, after(one, last, number - onset, place, ticks_per_quarter)))
                if total > best[0]:
                    best = total, MEMORY * place + (1 - MEMORY) * note.pitch, path
            total, place, path = best
            following.append((total, note, number, place, (note, path)))
        lines = sorted(following, key=lambda line: line[0], reverse=True)[:LINES]
    path, line = lines[0][4], []
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
