"""Chords where nobody strikes any: from all that sounds, or from the melody alone.

Each bar, and each half of a bar that falls into halves, gets the chord that explains best what sounds in it. Notes
weigh by how long they sound in it and how loud they are, more where they sound at its beginning; the lowest note there
is the likely root. A bar stays whole where its halves do not need chords of their own. What is found is voiced closely
on its root, between MIDI 45 and 67.

Times are in grid steps; notes need not be quantised. Left to others: chords that are played
(`reading/grouping.py`).
"""

from bisect import bisect_right
from itertools import accumulate
from typing import NamedTuple

from music.keys import key_of
from music.notes import Bar, Chord, Note
from music.units import GRID

# Chords as semitones above the root, and what each costs for being less usual or having more notes.
MAJOR, MINOR = (0, 4, 7), (0, 3, 7)
SHAPES = {
    MAJOR: 0.0,
    MINOR: 0.0,
    (0, 4, 7, 10): 0.06,
    (0, 3, 7, 10): 0.06,
    (0, 4, 7, 11): 0.08,
    (0, 3, 6, 10): 0.1,
    (0, 3, 6, 9): 0.12,
    (0, 3, 6): 0.1,
    (0, 4, 8): 0.12,
    (0, 5, 7): 0.12,
}
# Chords of a key: degree in semitones above the tonic, shape, and a bonus for its place in the key. The tonic is first.
DEGREES = {
    "major": ((0, MAJOR, 0.2), (7, MAJOR, 0.12), (5, MAJOR, 0.1), (9, MINOR, 0.05), (2, MINOR, 0.05), (4, MINOR, 0.0)),
    "minor": ((0, MINOR, 0.2), (7, MAJOR, 0.12), (5, MINOR, 0.1), (8, MAJOR, 0.05), (3, MAJOR, 0.05), (10, MAJOR, 0.0)),
}
MISSING, MISSING_FIFTH = 0.1, 0.03  # what it costs a chord that one of its tones does not sound
SOUNDS = 0.06  # share of the weight from which a pitch class does sound
ROOT_IN_BASS, TONE_IN_BASS = 0.2, 0.05
ROOTLESS = 0.2  # what it costs a chord that only the melody has its root
ENDING = 0.3  # how much likelier the tonic is in the last bar
AT_ONCE = 1.5  # how much more a note weighs that sounds at the beginning
BEGINNING = GRID / 8  # grid steps after which a note no longer counts as there at the beginning
MELODY_WEIGHT = 0.4  # of the melody beside its accompaniment: many of its notes pass
HALVES, MELODY_HALVES = 0.12, 0.4  # by how much two chords must explain a bar better than one; with a melody alone
LOWEST_ROOT = 45  # A2: the seventh above the highest root, G#3, is no higher than 67


class Sound(NamedTuple):
    """Something that sounds, from `onset` to `end` in grid steps that need not be whole: nobody rounded it."""

    onset: float
    end: float
    pitch: int
    velocity: int


class Candidate(NamedTuple):
    """A chord that may be meant: its root as pitch class, its semitones above it, and its bonus (a cost below zero)."""

    root: int
    shape: tuple[int, ...]
    bonus: float


class Slot:
    """What sounds in a stretch of a bar: the weight of each pitch class, the bass, and the velocities."""

    def __init__(self, start: int, length: int):
        self.start, self.length = start, length
        self.weights = [0.0] * 12
        self.accompanied = set()  # pitch classes that others than the melody play
        self.lowest = (True, 128)  # whether it comes late, and the pitch: the least is the bass
        self.loudness, self.duration = 0.0, 0.0

    def add(self, note: Note | Sound, factor: float, accompanies: bool) -> None:
        """Hear a note that sounds in the slot."""
        duration = min(note.end, self.start + self.length) - max(note.onset, self.start)
        at_once = note.onset <= self.start + BEGINNING < note.end
        self.weights[note.pitch % 12] += duration * note.velocity * factor * (AT_ONCE if at_once else 1.0)
        self.loudness += duration * note.velocity
        self.duration += duration
        if accompanies:
            self.accompanied.add(note.pitch % 12)
            self.lowest = min(self.lowest, (not at_once, note.pitch))

    def __add__(self, other: "Slot") -> "Slot":
        """A stretch and the one after it as one."""
        both = Slot(self.start, self.length + other.length)
        both.weights = [here + there for here, there in zip(self.weights, other.weights, strict=True)]
        both.lowest = min(self.lowest, other.lowest, key=lambda lowest: lowest[0])
        both.accompanied = self.accompanied | other.accompanied
        both.loudness, both.duration = self.loudness + other.loudness, self.duration + other.duration
        return both

    def best(self, candidates: list[Candidate]) -> tuple[float, Candidate] | None:
        """The candidate that explains most, and how well: about 1.0 is perfect. None where nothing sounds."""
        total = sum(self.weights)
        if not total:
            return None
        shares = [weight / total for weight in self.weights]
        return max((self._explained(candidate, shares), candidate) for candidate in candidates)

    def _explained(self, candidate: Candidate, shares: list[float]) -> float:
        root, shape, bonus = candidate
        inside = 0.0
        for interval in shape:
            share = shares[(root + interval) % 12]
            inside += share
            if share < SOUNDS:
                bonus -= MISSING_FIFTH if interval == 7 else MISSING
        bass = self.lowest[1]
        if bass < 128:
            bonus += ROOT_IN_BASS if bass % 12 == root else TONE_IN_BASS * ((bass - root) % 12 in shape)
            bonus -= ROOTLESS * (root not in self.accompanied)
        return 2 * inside - 1 + bonus


def harmonise(accompaniment: list[Sound], melody: list[Note], bars: dict[int, Bar]) -> dict[int, list[Chord]]:
    """The chords of some bars, by number, from what sounds in them: an accompaniment of any tracks, and the melody.

    A bar in which nothing sounds has none.
    """
    candidates = [Candidate(root, shape, -cost) for shape, cost in SHAPES.items() for root in range(12)]
    slots = _slots(bars)
    _listen(slots, accompaniment, 1.0, True)
    _listen(slots, melody, MELODY_WEIGHT, False)
    return _of_bars([_bar_chords(bar_slots, candidates, HALVES) for bar_slots in slots], bars)


def harmonise_melody(melody: list[Note], bars: dict[int, Bar]) -> tuple[dict[int, list[Chord]], str]:
    """The chords of a melody's bars from the melody alone, all in the key it seems to be in; and that key, 'G major'.

    Empty bars are treated as by `harmonise`.
    """
    key = key_of(melody)
    candidates = [Candidate((key.tonic + degree) % 12, shape, bonus) for degree, shape, bonus in DEGREES[key.mode]]
    slots = _slots(bars)
    _listen(slots, melody, 1.0, False)
    chords = [_bar_chords(bar_slots, candidates, MELODY_HALVES) for bar_slots in slots[:-1]]
    tonic_chord = candidates[0]._replace(bonus=candidates[0].bonus + ENDING)
    chords += [_bar_chords(bar_slots, [tonic_chord, *candidates[1:]], MELODY_HALVES) for bar_slots in slots[-1:]]
    return _of_bars(chords, bars), key.name


def _of_bars(chords: list[list[Chord]], bars: dict[int, Bar]) -> dict[int, list[Chord]]:
    return {number: in_bar for number, in_bar in zip(bars, chords, strict=True) if in_bar}


def _slots(bars: dict[int, Bar]) -> list[list[Slot]]:
    """The stretches of each bar that may have a chord of their own: the bar, or its halves."""
    slots = []
    for bar in bars.values():
        starts = accumulate(bar.halves[:-1], initial=bar.start)
        slots.append([Slot(start, length) for start, length in zip(starts, bar.halves, strict=True)])
    return slots


def _listen(slots: list[list[Slot]], notes: list[Note] | list[Sound], factor: float, accompanies: bool) -> None:
    every = [slot for bar_slots in slots for slot in bar_slots]
    starts = [slot.start for slot in every]
    for note in notes:
        for index in range(max(bisect_right(starts, note.onset) - 1, 0), len(every)):
            if starts[index] >= note.end:
                break
            if note.onset < starts[index] + every[index].length:
                every[index].add(note, factor, accompanies)


def _bar_chords(slots: list[Slot], candidates: list[Candidate], halves_cost: float) -> list[Chord]:
    """One chord for a bar, or two, or none where nothing sounds."""
    whole = slots[0] if len(slots) == 1 else slots[0] + slots[1]
    best = whole.best(candidates)
    if best is None:
        return []
    halves = [slot.best(candidates) for slot in slots]
    if all(halves) and len({candidate[:2] for _, candidate in halves}) > 1:
        explained = sum(score * slot.length for (score, _), slot in zip(halves, slots, strict=True)) / whole.length
        if explained > best[0] + halves_cost:
            return [_voiced(slot, candidate) for slot, (_, candidate) in zip(slots, halves, strict=True)]
    return [_voiced(whole, best[1])]


def _voiced(slot: Slot, candidate: Candidate) -> Chord:
    root = LOWEST_ROOT + (candidate.root - LOWEST_ROOT) % 12
    pitches = tuple(root + interval for interval in candidate.shape)
    tones = tuple(sorted(pitch % 12 for pitch in pitches))
    velocity = min(max(round(slot.loudness / slot.duration), 1), 127)
    return Chord(slot.start, slot.length, pitches, velocity, candidate.root, "", tones, candidate.root)
