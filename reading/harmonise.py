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

from music.keys import Key, find_key, key_names, key_of
from music.notes import Bar, Note
from music.units import GRID

MAJOR, MINOR = (0, 4, 7), (0, 3, 7)
NINTH, THIRTEENTH = 2, 9
# Chords as semitones above the root: the logarithm of how usual they are, and the tensions that belong to them.
SHAPES = {
    MAJOR: (0.0, (2,)),
    MINOR: (-0.3, (2, 5)),
    (0, 4, 7, 10): (0.0, (2, 9, 1, 3, 6, 8)),
    (0, 3, 7, 10): (0.0, (2, 5, 9)),
    (0, 4, 7, 11): (-0.3, (2, 9, 6)),
    (0, 4, 7, 9): (-2.2, (2,)),
    (0, 3, 7, 9): (-2.5, (2, 5)),
    (0, 3, 6, 10): (-0.8, (5,)),
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
# A chord with a seventh is also played without its root, which its ninth stands in for, or as third and seventh alone.
# The logarithm of how often, where a bass plays the roots; where none does one hand plays all in one of the ways.
FULL, ROOTLESS, GUIDES = "full", "rootless", "guides"
WAYS, SELDOM = {FULL: 0.0, ROOTLESS: -1.0, GUIDES: -1.5}, -3.0
UNUSUAL = -10.0  # and of a whole tune so played by one hand
NO_ROOT, HAS_ROOT = -1.5, 0.1  # for each strike of a chord whose root does not sound; notes' worth from which it does
HAS_BASS = 0.15  # notes' worth of bass in a beat from which it has one
# How often a bass plays an interval above the root that is the chord's, and any other, where the chord begins and where
# it goes on.
BEGINNING = {0: 1.0, 7: 0.12, 4: 0.12, 3: 0.12, 6: 0.03, 10: 0.04, 11: 0.02, 9: 0.03, 5: 0.03}, 0.02
GOING_ON = {0: 1.0, 7: 0.6, 4: 0.4, 3: 0.4, 6: 0.3, 8: 0.3, 10: 0.25, 11: 0.15, 9: 0.25, 5: 0.25}, 0.12
BASS_TELLS = 1.8  # how much more a bass counts for where a chord begins
MOST_PLAYED, MOST_SUNG, MOST_UNDER = 6.0, 1.0, 1.5  # notes in a beat that count
STRUCK, SUSTAINED = 0.7, 0.3  # how much a note counts in the beat in which it begins, and how much as it sounds
ON_TIME, OFF_TIME = 1.5, 0.5  # how much a bass note counts that is there when the beat begins, and another
# The logarithm of how often the chord changes at a bar line, in the middle of a bar, at another beat.
CHANGES, ALONE_CHANGES = (-0.7, -2.0, -3.0), (-0.7, -3.0, -6.0)
# After a chord of one kind, by how many semitones the root rises and what comes, how often: counts of 44 solos of the
# Weimar Jazz Database and 50 lead sheets, rounded by hand to serve both, and with moves of pop songs among triads; the
# rest is spread evenly.
MOVES = {
    "maj": {
        (7, "dom"): 0.1, (5, "maj"): 0.1, (9, "min"): 0.09, (2, "min"): 0.08, (7, "maj"): 0.08, (9, "dom"): 0.06,
        (0, "min"): 0.05, (2, "maj"): 0.05, (5, "dom"): 0.04, (2, "dom"): 0.04, (4, "min"): 0.04, (10, "maj"): 0.03,
        (11, "hdim"): 0.02,
    },
    "dom": {
        (5, "maj"): 0.33, (5, "min"): 0.14, (5, "dom"): 0.16, (7, "dom"): 0.05, (7, "min"): 0.04, (0, "min"): 0.03,
        (11, "dom"): 0.03,
    },
    "min": {
        (5, "dom"): 0.4, (5, "min"): 0.08, (8, "maj"): 0.06, (7, "maj"): 0.05, (10, "maj"): 0.05, (2, "dom"): 0.04,
        (7, "min"): 0.03, (3, "maj"): 0.03, (5, "maj"): 0.03, (0, "dom"): 0.03, (0, "min"): 0.02,
    },
    "hdim": {(5, "dom"): 0.75, (10, "maj"): 0.08, (0, "min"): 0.07},
    "dim": {(1, "min"): 0.14, (11, "min"): 0.25, (8, "dom"): 0.1, (9, "maj"): 0.1},
    "sus": {(0, "dom"): 0.35, (5, "maj"): 0.3, (5, "dom"): 0.1},
}  # fmt: skip
NOTHING_NEW = 0.05  # how often, beside, another root comes without another tone
FRESH_LEAST, STALE = 0.5, -3.0
ENDING = 3.0  # how much likelier a melody alone begins and ends on the tonic
FOREIGN = -0.6  # how much less usual a chord is for each of its tones that is not in the key
TONIC = 0.8  # and how much more on the tonic
AHEAD, LATE = 0.55 * GRID, GRID / 8  # grid steps by which what belongs to a beat may be ahead of it, and late
HIGHEST_BASS = 52  # MIDI pitch from which nothing is bass; an octave below all is
DEPTH = 4  # semitones above the lowest note within which another is bass, too
WALKS = 0.2  # share by which a bass note counts less for the chord: it may pass
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


class Heard(NamedTuple):
    """How much of each pitch class is heard in each beat, and how much as its lowest notes, (beats, 12); and how much
    is held from before that is no bass, (beats, 1). All in notes that last through it."""

    tones: np.ndarray
    under: np.ndarray
    held: np.ndarray
    fresh: np.ndarray


class Beats:
    """The beats of bars, in grid steps, and how strong each is: 0 at a bar line, 1 in the middle of a bar, else 2; what
    was left out between bars is one beat, however long."""

    def __init__(self, bars: list[Bar]):
        self.strengths, self.lines = [], []
        for before, bar in zip([bars[0]._replace(length=0), *bars], bars, strict=False):
            if before.end < bar.start:
                self.strengths.append(0)
                self.lines.append(before.end)
            for place in accumulate(bar.pulses[:-1], initial=0):
                self.strengths.append(0 if not place else 1 if place == bar.halves[0] else 2)
                self.lines.append(bar.start + place)
        self.lines.append(bars[-1].end)

    def __len__(self) -> int:
        return len(self.strengths)

    def heard(self, sounds: list) -> Heard:
        """What is heard in each beat."""
        upper = np.zeros((len(self), 12))
        heard, low, held = np.zeros((len(self), 12)), [[] for _ in range(len(self))], np.zeros((len(self), 1))
        for sound in sounds:
            begin = self.of(sound)
            for beat in range(begin, len(self)):
                start, end = self.lines[beat : beat + 2]
                if beat > begin and sound.end <= start + LATE:
                    break
                share = max(0.0, min(sound.end, end) - max(sound.onset, start)) / (end - start)
                deep = max(0.0, min(1.0, (HIGHEST_BASS - sound.pitch) / 12))
                upper[beat, sound.pitch % 12] += (share + (beat == begin)) * (1 - deep)
                heard[beat, sound.pitch % 12] += (SUSTAINED * share + STRUCK * (beat == begin)) * (1 - WALKS * deep)
                if deep:
                    weight = ON_TIME if sound.onset <= start + LATE else OFF_TIME
                    weight *= SUSTAINED if beat > begin else 1.0
                    low[beat].append((sound.pitch, share * weight * deep))
                if beat > begin:
                    held[beat] += share * (1 - deep)
        under = np.zeros_like(heard)
        for beat, notes in enumerate(low):
            lowest = min(notes)[0] if notes else 0
            for pitch, weight in notes:
                under[beat, pitch % 12] += weight * (pitch <= lowest + DEPTH)
        return Heard(heard, under, held, _fresh(upper))

    def of(self, sound) -> int:
        """The beat that something belongs to, of which it may be ahead."""
        beat = bisect_right(self.lines, sound.onset + LATE) - 1
        if beat < len(self) and sound.onset >= self.lines[beat + 1] - AHEAD and sound.end > self.lines[beat + 1] + LATE:
            beat += 1
        return max(beat, 0)


def find_harmony(accompaniment: list[Sound], melody: list[Note], bars: list[Bar]) -> list[Harmony]:
    """The chords of bars in order, from an accompaniment of any tracks, and the melody."""
    beats = Beats(bars)
    heard, sung = beats.heard(accompaniment), beats.heard(melody).tones
    states = _states_in(find_key([*(heard.tones.sum(axis=0) + sung.sum(axis=0))]))
    played, low = _at_most(heard.tones, MOST_PLAYED), _at_most(heard.under, MOST_UNDER)
    begins, goes_on = (low @ _likely_under(states, *how_often) for how_often in (BEGINNING, GOING_ON))
    others = _at_most(sung, MOST_SUNG) @ _likely(states, SUNG) + goes_on
    by_way = {way: played @ _likely(states, PLAYED, way) for way in WAYS}
    is_struck = heard.tones.sum(axis=1, keepdims=True) > 1.2
    by_way[FULL] += NO_ROOT * (is_struck & (heard.tones[:, [state.root for state in states]] < HAS_ROOT))
    struck = np.minimum(1.0, played.sum(axis=1, keepdims=True) / 2)
    hands = [WAYS]
    if 2 * np.count_nonzero(low.sum(axis=1) > HAS_BASS) < len(beats):
        hands = [{way: SELDOM * (way != usual) for way in WAYS} for usual in WAYS]
    # What is held over is not another chord because the bass moves.
    begins = BASS_TELLS * (begins - goes_on) / (1 + heard.held)
    rows, moves = [], _moves(states)
    others[0] += [state.usual for state in states]
    for hand in hands:
        scores = np.max([by_way[way] + struck * often for way, often in hand.items()], axis=0) + others
        likely, row = _likeliest(scores, begins, moves, beats.strengths, CHANGES, STALE * (1 - heard.fresh))
        rows.append((likely + UNUSUAL * (hand[FULL] < 0), row))
    return _chords(beats, states, max(rows)[1], heard.under)


def _fresh(upper: np.ndarray) -> np.ndarray:
    fresh, before = np.ones(len(upper)), None
    for beat, tones in enumerate(upper):
        if tones.sum() > FRESH_LEAST:
            if before is not None:
                fresh[beat] = 1 - np.minimum(tones, before * 9).sum() / tones.sum()
            before = tones
    return fresh


def harmonise_melody(melody: list[Note], bars: list[Bar]) -> tuple[list[Harmony], str]:
    """The chords of bars from their melody alone, all in the key it seems to be in; and that key, 'G major'."""
    key = key_of(melody)
    states = [State((key.tonic + degree) % 12, shape, usual) for degree, shape, usual in DEGREES[key.mode]]
    beats = Beats(bars)
    scores = beats.heard(melody).tones @ _likely(states, SUNG)
    scores[[0, -1], 0] += ENDING
    scores[0] += [state.usual for state in states]
    _, row = _likeliest(scores, np.zeros_like(scores), _moves(states), beats.strengths, ALONE_CHANGES)
    return _chords(beats, states, row, np.zeros((len(beats), 12))), key.name


def _at_most(heard: np.ndarray, most: float) -> np.ndarray:
    return heard * np.minimum(1.0, most / np.maximum(heard.sum(axis=1, keepdims=True), 1e-9))


def _states_in(key: Key) -> list[State]:
    """Every chord, and how usual it is in a key."""
    inside, states = key_names(key.fifths), []
    for shape, (usual, _) in SHAPES.items():
        for root in range(12):
            foreign = sum((root + step) % 12 not in inside for step in shape)
            states.append(State(root, shape, usual + FOREIGN * foreign + TONIC * (root == key.tonic)))
    return states


def _likely(states: list[State], how_often: tuple[float, ...], way: str = FULL) -> np.ndarray:
    """The logarithm of how likely a note is each pitch class over each state, (12, states)."""
    *tones, tension, other = how_often
    by_shape = {}
    for shape in {state.shape for state in states}:
        weights = np.full(12, other)
        weights[[*SHAPES[shape][1]]] = tension
        weights[[*shape]] = tones[: len(shape)]
        if way == ROOTLESS and len(shape) > 3:
            weights[0] = other
            weights[NINTH] = tones[0]
            weights[THIRTEENTH] = tones[0] / 2 if _kind(shape) == "dom" else weights[THIRTEENTH]
        elif way == GUIDES:
            weights[0] = other
            if len(shape) > 3:
                weights[shape[2]] = tension
        by_shape[shape] = weights
    return _over(states, by_shape)


def _likely_under(states: list[State], tones: dict[int, float], other: float) -> np.ndarray:
    """The same of a bass, which plays the chord's tones so often, and others."""
    shapes = {state.shape for state in states}
    return _over(
        states,
        {
            shape: np.array([tones.get(step, other) if step in shape else other for step in range(12)])
            for shape in shapes
        },
    )


def _over(states: list[State], by_shape: dict[tuple, np.ndarray]) -> np.ndarray:
    """The logarithms of weights above the root, which are told by shape, as shares of each pitch class."""
    logs = {shape: np.log(weights / weights.sum()) for shape, weights in by_shape.items()}
    steps = (np.arange(12)[:, None] - [state.root for state in states]) % 12
    return np.take_along_axis(np.array([logs[state.shape] for state in states]).T, steps, axis=0)


def _kind(shape: tuple[int, ...]) -> str:
    """What a chord is to the one that follows."""
    if 4 in shape:
        return "dom" if 10 in shape else "maj"
    if 3 in shape:
        return "min" if 7 in shape else "hdim" if 10 in shape else "dim"
    return "sus"


def _moves(states: list[State]) -> np.ndarray:
    """The logarithm of how likely each state follows each, where the chord changes, (states, states)."""
    roots, kinds = np.array([state.root for state in states]), [_kind(state.shape) for state in states]
    numbers = {kind: number for number, kind in enumerate(MOVES)}
    table = np.zeros((len(MOVES), 12, len(MOVES)))
    for kind, known in MOVES.items():
        table[numbers[kind]] = (1 - sum(known.values())) / (12 * len(MOVES))
        for (rise, after), often in known.items():
            table[numbers[kind], rise, numbers[after]] += often
    kinds = np.array([numbers[kind] for kind in kinds])
    often = table[kinds[:, None], (roots[None, :] - roots[:, None]) % 12, kinds[None, :]]
    often = often * np.exp([state.usual for state in states])
    tones = np.array([sum(1 << (state.root + step) % 12 for step in state.shape) for state in states])
    nothing_new = ~tones[:, None] & tones[None, :] == 0
    often = np.where(nothing_new & (roots[:, None] != roots[None, :]), NOTHING_NEW * often, often)
    np.fill_diagonal(often, 1e-12)
    return np.log(often / often.sum(axis=1, keepdims=True))


def _likeliest(
    scores: np.ndarray, begins: np.ndarray, moves: np.ndarray, strengths: list[int], changes: tuple[float, ...], stale=None
) -> tuple[float, list[int]]:
    """For each beat the number of its state, in the likeliest row of them, and that row's score before them. `scores`
    are (beats, states), and so is what `begins` adds where the chord changes; `moves` as `_moves` gives them."""
    stays, arrives = np.arange(len(moves)), np.ascontiguousarray(moves.T, np.float32)
    scores, begins = scores.astype(np.float32), begins.astype(np.float32)
    best, came_from = scores[0] + begins[0], []
    costs = np.array([changes[strength] for strength in strengths]) + (0 if stale is None else stale)
    for score, more, cost in zip(scores[1:], begins[1:], costs[1:], strict=True):
        arriving = arrives + best
        origins = arriving.argmax(axis=1)
        changed = arriving[stays, origins] + np.float32(cost) + more
        stayed = best + np.float32(np.log1p(-np.exp(cost)))
        came_from.append(np.where(changed > stayed, origins, stays))
        best = np.maximum(changed, stayed) + score
    row = [int(best.argmax())]
    for origins in reversed(came_from):
        row.append(int(origins[row[-1]]))
    return float(best.max()), row[::-1]


def _chords(beats: Beats, states: list[State], row: list[int], under: np.ndarray) -> list[Harmony]:
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
