"""Which chord holds at each beat, judged from all that sounds; or from the melody alone.

A hidden Markov model: its states are a root and a shape. What is heard in a beat, as pitch classes of the
accompaniment, of its lowest notes, and of the melody, which passes through tones that are not the chord's, is likelier
over some chords than over others; chords change seldom within a bar, and roots like to fall by a fifth. The likeliest
row of chords is found by Viterbi's algorithm, over all ways in which a hand may play through a tune (`HANDS`). What is
struck shortly ahead of a beat and held over it counts for that beat. Over a melody alone the states are the chords of
its key.

Times are in grid steps; notes need not be quantised. Left to others: what is struck, and what chords are called
(`reading/chords.py`).
"""

from functools import cache
from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np

from music.keys import Key, find_key, key_names, key_of
from music.notes import Bar, Note
from music.units import GRID

MAJOR, MINOR = (0, 4, 7), (0, 3, 7)
NINTH, THIRTEENTH = 2, 9
STAND_INS = (1, 2, 9)  # what a chord without its root has in its place
# Chords as semitones above the root: the logarithm of how usual they are, and the tensions that belong to them.
SHAPES = {
    MAJOR: (0.0, (2,)),
    MINOR: (-0.3, (2, 5)),
    (0, 4, 7, 10): (0.0, (2, 9, 1, 3, 6, 8)),
    (0, 3, 7, 10): (0.3, (2, 5, 9)),
    (0, 4, 7, 11): (-0.3, (2, 9, 6)),
    (0, 4, 7, 9): (-2.2, (2,)),
    (0, 3, 7, 9): (-2.5, (2, 5)),
    (0, 3, 6, 10): (-0.8, (5,)),
    (0, 3, 6, 9): (-1.2, (2,)),
    (0, 3, 6): (-2.5, ()),
    (0, 4, 8): (-2.5, ()),
    (0, 4, 8, 10): (-2.5, (2,)),
    (0, 5, 7): (-2.5, (2,)),
    (0, 5, 7, 10): (-1.5, (2, 9)),
    (0, 3, 7, 11): (-3.0, (2, 5)),
}
CHORDS = [(root, shape) for shape in SHAPES for root in range(12)]
# Chords of a key: degree in semitones above the tonic, shape, and the logarithm of how usual it is. The tonic is first.
DEGREES = {
    "major": ((0, MAJOR, 0.0), (7, MAJOR, -0.3), (5, MAJOR, -0.5), (9, MINOR, -1.2), (2, MINOR, -1.2), (4, MINOR, -2)),
    "minor": ((0, MINOR, 0.0), (7, MAJOR, -0.3), (5, MINOR, -0.5), (8, MAJOR, -1.2), (3, MAJOR, -1.2), (10, MAJOR, -2)),
}
# How often an accompaniment plays a chord's root, third, fifth, seventh, a tension, or another tone; and a melody.
PLAYED = (1.0, 0.9, 0.9, 0.9, 0.06, 0.012)
SUNG = (1.0, 1.0, 1.0, 0.9, 0.45, 0.28)
# A hand plays chords in one of these ways through a whole tune, seldom otherwise: in full; in full over the root, where
# no bass plays; those with a seventh without the root, which the ninth stands in for; in two tones, without the root;
# in roots and fifths, as electric guitars do.
FULL, ROOTED, ROOTLESS, GUIDES, FIFTHS = "full", "rooted", "rootless", "guides", "fifths"
HANDS = {FULL: 0.0, ROOTED: 0.0, ROOTLESS: -4.0, GUIDES: -4.0, FIFTHS: -4.0}  # logarithms of how often
SELDOM = -4.0  # and of how often another way than the tune's
A_STRIKE, LACKING = 1.2, -1.5  # notes' worth in a beat with a strike, and what it costs to lack what the hand must have
SOUNDS = 0.1  # notes' worth from which that is there
OVER_ROOT = (1.0, 0.02, 0.02, 0.03, 0.03, 0.02, 0.02, 0.05, 0.02, 0.02, 0.02, 0.02), 0.02  # how low tones of it lie
LOWEST_TELLS = 0.9  # how much the lowest tone counts beside the others where no bass plays
HAS_BASS = 0.15  # notes' worth of bass in a beat from which it has one
# How often a bass plays each interval above the root where it is the chord's, and any other, where the chord begins and
# where it goes on.
BEGINNING = (1.0, 0.02, 0.02, 0.12, 0.12, 0.03, 0.03, 0.12, 0.02, 0.03, 0.04, 0.02), 0.02
GOING_ON = (1.0, 0.2, 0.2, 0.6, 0.6, 0.4, 0.4, 0.8, 0.4, 0.4, 0.4, 0.3), 0.2
BASS_TELLS = (2.0, 1.8, 0.8)  # how much more a bass counts for where a chord begins, by places as in `CHANGES`
MOST_PLAYED, MOST_SUNG, MOST_UNDER = 6.0, 1.0, 1.5  # notes in a beat that count
STRUCK, SUSTAINED = 0.7, 0.3  # how much a note counts in the beat in which it begins, and how much as it sounds
ON_TIME, OFF_TIME = 1.5, 0.5  # how much a bass note counts that is there when the beat begins, and another
# The logarithm of how often the chord changes at a bar line, in the middle of a bar, at another beat.
CHANGES, ALONE_CHANGES = (-0.5, -1.8, -3.5), (-0.7, -3.0, -6.0)
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
UNCOUNTED = 0.2  # how much more often than counted chords move in ways that have no count
ENDING = 3.0  # how much likelier a melody alone begins and ends on the tonic
FOREIGN = -0.75  # how much less usual a chord is for each of its tones that is not in the key
TONIC = 0.8  # and how much more on the tonic
AHEAD, LATE = 0.55 * GRID, GRID / 8  # grid steps by which what belongs to a beat may be ahead of it, and late
HIGHEST_BASS = 52  # MIDI pitch from which nothing is bass; an octave below all is
DEPTH = 4  # semitones above the lowest note within which another is bass, too
APART = 3  # semitones up to which the next note above may be for the lowest to be no bass, but a hand's
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

    @property
    def duration(self) -> int:
        return self.end - self.onset

    def holds(self, tones: set[int]) -> bool:
        """Whether pitch classes are all the chord's, or its tensions."""
        return {(tone - self.root) % 12 for tone in tones} <= {*self.shape, *SHAPES[self.shape][1]}


class State(NamedTuple):
    """A chord that may be meant: its root as pitch class, its shape, and the logarithm of how usual it is."""

    root: int
    shape: tuple[int, ...]
    usual: float


class Heard(NamedTuple):
    """How much of each pitch class is heard in each beat, how much as bass, and whether as the lowest, (beats, 12); and
    how much is held from before that is no bass, (beats, 1). All in notes that last through it."""

    tones: np.ndarray
    under: np.ndarray
    lowest: np.ndarray
    held: np.ndarray


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
        lines, size = np.array(self.lines, float), len(self)
        onsets, ends, pitches = np.array([(one.onset, one.end, one.pitch) for one in sounds], float).reshape(-1, 3).T
        begins = np.searchsorted(lines, onsets + LATE, "right") - 1
        following = lines[np.minimum(begins + 1, size)]
        begins += (begins < size) & (onsets >= following - AHEAD) & (ends > following + LATE)  # it may be ahead
        begins = np.maximum(begins, 0)
        lasts = np.maximum(np.searchsorted(lines[:-1] + LATE, ends, "left") - 1, begins)
        counts = np.where(begins < size, lasts - begins + 1, 0)
        # Each sound once for each beat in which it sounds.
        which = np.repeat(np.arange(len(begins)), counts)
        beats = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts - begins, counts)
        onset, end, pitch, goes_on = onsets[which], ends[which], pitches[which].astype(int), beats > begins[which]
        start, stop = lines[beats], lines[beats + 1]
        share = np.maximum(0.0, np.minimum(end, stop) - np.maximum(onset, start)) / (stop - start)
        deep = np.clip((HIGHEST_BASS - pitch) / 12, 0.0, 1.0)
        bottom, second = np.full(size, 127), np.full(size, 127)
        np.minimum.at(bottom, beats, pitch)
        above = pitch > bottom[beats]
        np.minimum.at(second, beats[above], pitch[above])
        lowest = np.zeros((size, 12))
        is_lowest = pitch == bottom[beats]
        np.maximum.at(lowest, (beats[is_lowest], pitch[is_lowest] % 12), np.where(goes_on, SUSTAINED, 1.0)[is_lowest])
        apart = np.clip((second - bottom - APART) / 2, 0.0, 1.0)
        weight = np.where(onset <= start + LATE, ON_TIME, OFF_TIME) * np.where(goes_on, SUSTAINED, 1.0)
        weight *= share * deep * apart[beats] * (pitch <= bottom[beats] + DEPTH)
        tones = (SUSTAINED * share + STRUCK * ~goes_on) * (1 - WALKS * deep)
        places = 12 * beats + pitch % 12
        heard, under = (np.bincount(places, one, 12 * size).reshape(size, 12) for one in (tones, weight))
        return Heard(heard, under, lowest, np.bincount(beats, goes_on * share * (1 - deep), size)[:, None])


def find_harmony(accompaniment: list[Sound], melody: list[Note], bars: list[Bar]) -> list[Harmony]:
    """The chords of bars in order, from an accompaniment of any tracks, and the melody."""
    beats = Beats(bars)
    return _chords(beats, *_decoded(beats, beats.heard(accompaniment), beats.heard(melody).tones))


def _decoded(beats: Beats, heard: Heard, sung: np.ndarray) -> tuple[list[State], list[int], np.ndarray]:
    """The states, the number of each beat's, and the bass."""
    key = find_key([*(heard.tones.sum(axis=0) + sung.sum(axis=0))])
    states = _states_in(key)
    played, under = _at_most(heard.tones, MOST_PLAYED), _at_most(heard.under, MOST_UNDER)
    begins, goes_on = (under @ _likely_low(*how_often) for how_often in (BEGINNING, GOING_ON))
    others = _at_most(sung, MOST_SUNG) @ _likely(SUNG) + goes_on
    others[0] += [state.usual for state in states]
    # What is held over is not another chord because the bass moves.
    begins = np.array(BASS_TELLS)[beats.strengths, None] * (begins - goes_on) / (1 + heard.held)
    is_struck = heard.tones.sum(axis=1, keepdims=True) > A_STRIKE
    has_bass = 2 * np.count_nonzero(under.sum(axis=1) > HAS_BASS) >= len(beats)
    by_hand = {}
    for hand in HANDS:
        if hand != ROOTED or not has_bass:
            by_hand[hand] = played @ _likely(PLAYED, hand)
            by_hand[hand] += LACKING * (is_struck & (heard.tones @ _needed(hand) < SOUNDS))
            if not has_bass:
                tells = _likely_low(*OVER_ROOT) if hand == ROOTED else _likely(PLAYED, hand)
                by_hand[hand] += LOWEST_TELLS * heard.lowest @ tells
            by_hand[hand][0] += HANDS[hand]
    struck = SELDOM * np.minimum(1.0, played.sum(axis=1, keepdims=True) / 2)
    any_hand = np.max([*by_hand.values()], axis=0) + struck + others
    moves = _moves_in(key)
    scores = np.stack([np.maximum(any_hand, own + others) for own in by_hand.values()])
    return states, _likeliest(scores, begins, moves, beats.strengths, CHANGES), heard.under


def harmonise_melody(melody: list[Note], bars: list[Bar]) -> tuple[list[Harmony], str]:
    """The chords of bars from their melody alone, all in the key it seems to be in; and that key, 'G major'."""
    key = key_of(melody)
    states = [State((key.tonic + degree) % 12, shape, usual) for degree, shape, usual in DEGREES[key.mode]]
    beats = Beats(bars)
    scores = beats.heard(melody).tones @ _likely(SUNG)[:, [CHORDS.index(state[:2]) for state in states]]
    scores[[0, -1], 0] += ENDING
    scores[0] += [state.usual for state in states]
    row = _likeliest(scores[None], np.zeros_like(scores), _moves(states), beats.strengths, ALONE_CHANGES)
    return _chords(beats, states, row, np.zeros((len(beats), 12))), key.name


def _at_most(heard: np.ndarray, most: float) -> np.ndarray:
    return heard * np.minimum(1.0, most / np.maximum(heard.sum(axis=1, keepdims=True), 1e-9))


@cache
def _states_in(key: Key) -> list[State]:
    """Every chord, and how usual it is in a key."""
    inside, states = key_names(key.fifths), []
    for root, shape in CHORDS:
        foreign = sum((root + step) % 12 not in inside for step in shape)
        states.append(State(root, shape, SHAPES[shape][0] + FOREIGN * foreign + TONIC * (root == key.tonic)))
    return states


@cache
def _likely(how_often: tuple[float, ...], hand: str = FULL) -> np.ndarray:
    """The logarithm of how likely a note is each pitch class over each chord, (12, chords)."""
    *tones, tension, other = how_often
    by_shape = {}
    for shape, (_, tensions) in SHAPES.items():
        weights = np.full(12, other)
        weights[[*tensions]] = tension
        weights[[*shape]] = tones[: len(shape)]
        if hand == ROOTLESS and _is_rootless(shape):
            weights[0] = other
            weights[NINTH] = tones[0]
            weights[THIRTEENTH] = tones[0] / 2 if _kind(shape) == "dom" else weights[THIRTEENTH]
        elif hand == GUIDES:
            weights[0] = other
            weights[[*shape[2:-1]]] = tension
        elif hand == FIFTHS:
            weights[[shape[1], *shape[3:]]] = tension
        by_shape[shape] = weights
    return _over_roots(by_shape)


@cache
def _likely_low(tones: tuple[float, ...], other: float) -> np.ndarray:
    """The same of a bass, which plays each interval so often where it is the chord's, and any other."""
    return _over_roots({shape: np.where(np.isin(range(12), shape), tones, other) for shape in SHAPES})


@cache
def _needed(hand: str) -> np.ndarray:
    """Which pitch classes a hand's chord must have one of, (12, chords)."""
    needed = np.zeros((12, len(CHORDS)))
    for number, (root, shape) in enumerate(CHORDS):
        tones = (0,)
        if hand == GUIDES:
            tones = shape[1:]
        elif hand == ROOTLESS and _is_rootless(shape):
            tones = {*STAND_INS} - {*shape}
        needed[[(root + step) % 12 for step in tones], number] = 1.0
    return needed


def _is_rootless(shape: tuple[int, ...]) -> bool:
    """Whether a rootless hand leaves out the root of a chord: it has a seventh, and is not diminished."""
    return len(shape) > 3 and 6 not in shape


def _over_roots(by_shape: dict[tuple, np.ndarray]) -> np.ndarray:
    """The logarithms of weights above the root, told by shape, as shares of each pitch class, (12, chords)."""
    logs = {shape: np.log(weights / weights.sum()) for shape, weights in by_shape.items()}
    return np.array([np.roll(logs[shape], root) for root, shape in CHORDS]).T


def _kind(shape: tuple[int, ...]) -> str:
    """What a chord is to the one that follows."""
    if 4 in shape:
        return "dom" if 10 in shape else "maj"
    if 3 in shape:
        return "min" if 7 in shape else "hdim" if 10 in shape else "dim"
    return "sus"


class Moves(NamedTuple):
    """How chords follow each other, by groups of states that follow alike: the `members` of each group, (most, groups),
    with the number of states where there is none; the `group` of each state; and the logarithms of how likely each
    group's states (columns) lead to another (rows), and of how usual each state is."""

    members: np.ndarray
    group: np.ndarray
    likely: np.ndarray
    usual: np.ndarray


def _moves(states: list[State]) -> Moves:
    """The moves of a key's states."""
    kinds = [*MOVES]
    groups = sorted({(kinds.index(_kind(state.shape)), state.root) for state in states})
    group = np.array([groups.index((kinds.index(_kind(state.shape)), state.root)) for state in states])
    inside = [np.flatnonzero(group == number) for number in range(len(groups))]
    members = np.full((len(groups), max(map(len, inside))), len(states))
    for row, numbers in zip(members, inside, strict=True):
        row[: len(numbers)] = numbers
    table = np.zeros((len(MOVES), 12, len(MOVES)))
    for row, known in zip(table, MOVES.values(), strict=True):
        row += (UNCOUNTED + 1 - sum(known.values())) / row.size
        for (rise, after), often in known.items():
            row[rise, kinds.index(after)] += often
    kind, root = np.array(groups).T
    often = table[kind[:, None], (root[None, :] - root[:, None]) % 12, kind[None, :]]
    usual = np.array([state.usual for state in states])
    often /= often @ np.bincount(group, np.exp(usual))[:, None]
    likely = np.ascontiguousarray(np.log(often).T, np.float32)
    return Moves(members.T.copy(), group, likely, usual.astype(np.float32))


@cache
def _moves_in(key: Key) -> Moves:
    return _moves(_states_in(key))


def _likeliest(
    scores: np.ndarray, begins: np.ndarray, moves: Moves, strengths: list[int], changes: tuple[float, ...]
) -> list[int]:
    """For each beat the number of its state, in the likeliest row of them. `scores` are (hands, beats, states); what
    `begins` adds where the chord changes is (beats, states)."""
    arrives, scores = begins.astype(np.float32) + moves.usual, scores.astype(np.float32)
    logs = [(np.float32(change), np.float32(np.log1p(-np.exp(change)))) for change in changes]  # to change, to stay
    padded = np.full((len(scores), scores.shape[2] + 1), -np.inf, np.float32)
    best = [scores[:, 0] + begins[0].astype(np.float32)]
    for beat, strength in enumerate(strengths[1:], 1):
        change, stay = logs[strength]
        padded[:, :-1] = best[-1]
        of_groups = padded.take(moves.members, axis=1).max(axis=1)
        arriving = (moves.likely + of_groups[:, None]).max(axis=2)
        changed = arriving.take(moves.group, axis=1) + (arrives[beat] + change)
        best.append(np.maximum(changed, best[-1] + stay) + scores[:, beat])
    hand = int(best[-1].max(axis=1).argmax())
    row = [int(best[-1][hand].argmax())]
    for beat in range(len(best) - 1, 0, -1):
        state, before, (change, stay) = row[-1], best[beat - 1][hand], logs[strengths[beat]]
        leaving = before + moves.likely[moves.group[state], moves.group]
        has_changed = leaving.max() + (arrives[beat, state] + change) > before[state] + stay
        row.append(int(leaving.argmax()) if has_changed else state)
    return row[::-1]


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
