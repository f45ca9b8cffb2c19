"""Which chord holds at each beat, judged from all that sounds; or from the melody alone.

A hidden Markov model: its states are a root and a shape. What is heard in a beat, as pitch classes of the
accompaniment, of its lowest notes, and of the melody, which passes through tones that are not the chord's, is likelier
over some chords than over others; chords change seldom within a bar, and roots like to fall by a fifth. The likeliest
row of chords is found by Viterbi's algorithm. What is struck shortly ahead of a beat and held over it counts for that
beat. Over a melody alone the states are the chords of its key.

Times are in grid steps; notes need not be quantised. Left to others: what is struck, and what chords are called
(`reading/chords.py`).
"""

from bisect import bisect_right
from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np

from music.keys import key_of
from music.notes import Bar, Note
from music.units import GRID

MAJOR, MINOR = (0, 4, 7), (0, 3, 7)
# Chords as semitones above the root: the logarithm of how usual they are, and the tensions that belong to them.
SHAPES = {
    MAJOR: (0.0, (2, 9)),
    MINOR: (-0.3, (2, 5)),
    (0, 4, 7, 10): (0.0, (2, 9, 1, 3, 6, 8)),
    (0, 3, 7, 10): (0.0, (2, 5, 9)),
    (0, 4, 7, 11): (-0.3, (2, 9, 6)),
    (0, 4, 7, 9): (-1.2, (2,)),
    (0, 3, 7, 9): (-2.0, (2, 5)),
    (0, 3, 6, 10): (-0.8, (5, 8)),
    (0, 3, 6, 9): (-1.2, (2,)),
    (0, 3, 6): (-2.5, ()),
    (0, 4, 8): (-2.5, ()),
    (0, 4, 8, 10): (-2.0, (2,)),
    (0, 5, 7): (-2.5, (2,)),
    (0, 5, 7, 10): (-1.5, (2, 9)),
    (0, 3, 7, 11): (-3.0, (2, 5)),
}
# Chords of a key: degree in semitones above the tonic, shape, and the logarithm of how usual it is. The tonic is first.
DEGREES = {
    "major": ((0, MAJOR, 0.0), (7, MAJOR, -0.3), (5, MAJOR, -0.5), (9, MINOR, -1.2), (2, MINOR, -1.2), (4, MINOR, -2)),
    "minor": ((0, MINOR, 0.0), (7, MAJOR, -0.3), (5, MINOR, -0.5), (8, MAJOR, -1.2), (3, MAJOR, -1.2), (10, MAJOR, -2)),
}
# How often an accompaniment plays a chord's root, third, fifth, seventh, a tension, or another tone; and a melody.
PLAYED = (1.0, 0.9, 0.8, 0.9, 0.12, 0.03)
SUNG = (1.0, 1.0, 1.0, 0.9, 0.45, 0.2)
# How often a bass plays an interval above the root that is the chord's, and any other.
UNDER, OTHER_BASS = {0: 1.0, 7: 0.25, 4: 0.12, 3: 0.12, 6: 0.12, 8: 0.1, 10: 0.08, 11: 0.05, 9: 0.08, 5: 0.08}, 0.03
MOST_PLAYED, MOST_SUNG, MOST_UNDER = 4.0, 1.0, 1.5  # notes in a beat that count
STRUCK = 0.3  # beats that a note counts more in which it begins
ON_TIME, OFF_TIME = 1.5, 0.5  # how much a bass note counts that is there when the beat begins, and another
# The logarithm of how often the chord changes at a bar line, in the middle of a bar, at another beat.
CHANGES, ALONE_CHANGES = (-0.7, -2.0, -3.0), (-0.7, -3.0, -6.0)
# By how many semitones a root rises, how often.
MOTION = {5: 0.3, 7: 0.1, 0: 0.06, 2: 0.1, 10: 0.06, 3: 0.06, 9: 0.08, 8: 0.05, 4: 0.05, 11: 0.07, 1: 0.05, 6: 0.02}
AHEAD, LATE = 0.55 * GRID, GRID / 8  # grid steps by which what belongs to a beat may be ahead of it, and late
HIGHEST_BASS, DEPTH = 60, 4  # MIDI pitch; semitones above the lowest note within which a note is bass, too
HELD_BASS, ROOT_UNDER = 0.6, 0.2  # share of the bass from which another tone than the root is it; of the root, at most


class Sound(NamedTuple):
    """Something that sounds, from `onset` to `end` in grid steps that need not be whole: nobody rounded it."""

    onset: float
    end: float
    pitch: int
    velocity: int


class Harmony(NamedTuple):
    """A chord from `onset` to `end`: its `root` as pitch class, its semitones above it, and its bass as pitch class."""

    onset: int
    end: int
    root: int
    shape: tuple[int, ...]
    bass: int

    @property
    def tones(self) -> tuple[int, ...]:
        """Its pitch classes."""
        return tuple((self.root + interval) % 12 for interval in self.shape)

    def holds(self, tones: set[int]) -> bool:
        """Whether pitch classes are all the chord's, or its tensions."""
        return {(tone - self.root) % 12 for tone in tones} <= {*self.shape, *SHAPES[self.shape][1]}


class State(NamedTuple):
    """A chord that may be meant: its root as pitch class, its shape, and the logarithm of how usual it is."""

    root: int
    shape: tuple[int, ...]
    usual: float


class Beats:
    """The beats of bars, in grid steps, and how strong each is: 0 at a bar line, 1 in the middle of a bar, else 2."""

    def __init__(self, bars: list[Bar]):
        self.strengths, self.lines = [], []
        for bar in bars:
            for place in accumulate(bar.pulses[:-1], initial=0):
                self.strengths.append(0 if not place else 1 if place == bar.halves[0] else 2)
                self.lines.append(bar.start + place)
        self.lines.append(bars[-1].end)

    def __len__(self) -> int:
        return len(self.strengths)

    def heard(self, sounds: list) -> tuple[np.ndarray, np.ndarray]:
        """How much sounds in each beat, in notes that last through it, by pitch class, (beats, 12); and how much of it
        as its lowest notes."""
        heard, low = np.zeros((len(self), 12)), [[] for _ in range(len(self))]
        for sound in sounds:
            begin = self.of(sound)
            for beat in range(begin, len(self)):
                start, end = self.lines[beat : beat + 2]
                if beat > begin and sound.end <= start + LATE:
                    break
                share = max(0.0, min(sound.end, end) - max(sound.onset, start)) / (end - start)
                heard[beat, sound.pitch % 12] += share + STRUCK * (beat == begin)
                if sound.pitch < HIGHEST_BASS:
                    weight = ON_TIME if sound.onset <= start + LATE else OFF_TIME
                    low[beat].append((sound.pitch, share * weight))
        under = np.zeros_like(heard)
        for beat, notes in enumerate(low):
            lowest = min(notes)[0] if notes else 0
            for pitch, weight in notes:
                under[beat, pitch % 12] += weight * (pitch <= lowest + DEPTH)
        return heard, under

    def of(self, sound) -> int:
        """The beat that something belongs to, of which it may be ahead."""
        beat = bisect_right(self.lines, sound.onset + LATE) - 1
        if beat < len(self) and sound.onset >= self.lines[beat + 1] - AHEAD and sound.end > self.lines[beat + 1] + LATE:
            beat += 1
        return max(beat, 0)


def find_harmony(accompaniment: list[Sound], melody: list[Note], bars: list[Bar]) -> list[Harmony]:
    """The chords of bars that follow one another, from an accompaniment of any tracks, and the melody."""
    states = [State(root, shape, usual) for shape, (usual, _) in SHAPES.items() for root in range(12)]
    beats = Beats(bars)
    heard, under = beats.heard(accompaniment)
    scores = _at_most(heard, MOST_PLAYED) @ _likely(states, PLAYED) + _at_most(under, MOST_UNDER) @ _likely_under(
        states
    )
    scores += _at_most(beats.heard(melody)[0], MOST_SUNG) @ _likely(states, SUNG)
    return _rows(beats, states, _likeliest(scores, states, beats.strengths, CHANGES), under)


def harmonise_melody(melody: list[Note], bars: list[Bar]) -> tuple[list[Harmony], str]:
    """The chords of bars from their melody alone, all in the key it seems to be in; and that key, 'G major'."""
    key = key_of(melody)
    states = [State((key.tonic + degree) % 12, shape, usual) for degree, shape, usual in DEGREES[key.mode]]
    beats = Beats(bars)
    scores = beats.heard(melody)[0] @ _likely(states, SUNG)
    found = _likeliest(scores, states, beats.strengths, ALONE_CHANGES)
    return _rows(beats, states, found, np.zeros((len(beats), 12))), key.name


def _at_most(heard: np.ndarray, most: float) -> np.ndarray:
    return heard * np.minimum(1.0, most / np.maximum(heard.sum(axis=1, keepdims=True), 1e-9))


def _likely(states: list[State], how_often: tuple[float, ...]) -> np.ndarray:
    """The logarithm of how likely a note is each pitch class over each state, (12, states)."""
    *tones, tension, other = how_often
    columns = []
    for root, shape, _ in states:
        weights = np.full(12, other)
        weights[list(SHAPES[shape][1])] = tension
        weights[list(shape)] = tones[: len(shape)]
        columns.append(np.roll(np.log(weights / weights.sum()), root))
    return np.array(columns).T


def _likely_under(states: list[State]) -> np.ndarray:
    """The same of a bass."""
    columns = []
    for root, shape, _ in states:
        weights = np.array([UNDER.get(step, OTHER_BASS) if step in shape else OTHER_BASS for step in range(12)])
        columns.append(np.roll(np.log(weights / weights.sum()), root))
    return np.array(columns).T


def _likeliest(scores: np.ndarray, states: list[State], strengths: list[int], changes: tuple[float, ...]) -> list[int]:
    """For each beat the number of its state, in the likeliest row of them."""
    usual, motion = np.array([state.usual for state in states]), np.log([MOTION[step] for step in range(12)])
    roots = np.array([state.root for state in states])
    moves = motion[(roots[None, :] - roots[:, None]) % 12] + usual
    moves -= np.log(np.exp(moves).sum(axis=1, keepdims=True))
    steps = []
    for change in changes:
        step = moves + change
        np.fill_diagonal(step, np.log1p(-np.exp(change)))
        steps.append(step)
    best, came_from = usual + scores[0], []
    for score, strength in zip(scores[1:], strengths[1:], strict=True):
        arriving = best[:, None] + steps[strength]
        came_from.append(arriving.argmax(axis=0))
        best = arriving.max(axis=0) + score
    row = [int(best.argmax())]
    for origins in reversed(came_from):
        row.append(int(origins[row[-1]]))
    return row[::-1]


def _rows(beats: Beats, states: list[State], row: list[int], under: np.ndarray) -> list[Harmony]:
    """Neighbouring beats of one state as one chord, with its bass."""
    changes = [beat for beat in range(len(row)) if not beat or row[beat] != row[beat - 1]]
    found = []
    for first, last in pairwise([*changes, len(row)]):
        root, shape, _ = states[row[first]]
        low = under[first:last].sum(axis=0)
        bass = int(low.argmax())
        is_bass = low[bass] > HELD_BASS * low.sum() and low[root] < ROOT_UNDER * low.sum()
        found.append(Harmony(beats.lines[first], beats.lines[last], root, shape, bass if is_bass else root))
    return found
