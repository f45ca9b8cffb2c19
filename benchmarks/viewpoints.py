"""N-grams of a solo's tokens from several points of view: the interval, the degree over the chord, the place in the
bar, the register, and what this solo did before (multiple viewpoints: Conklin and Witten, 1995).

A solo is a line of tokens, as MINGUS sees it: notes and rests, each with one of eleven durations. Of every token is
told, from those before it alone: whether it is a rest; which pitch, if it is none; and which duration, if it is one,
and if it is none. Where a token lies in its bar, and over which chord, is taken from where the one before it ends.
Left to others: how n-grams are counted and pooled (`benchmarks/ngrams.py`), where tokens come from
(`benchmarks/mingus.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from ngrams import NO, BackOff, before, nested, recalled

DURATIONS = np.array([4, 2, 1, 1 / 2, 1 / 4, 1 / 8, 3, 3 / 2, 3 / 4, 1 / 6, 1 / 12])  # quarters
REST = 128  # as a pitch
N_DURATIONS, N_PITCHES, N_INTERVALS, WIDEST = len(DURATIONS), 128, 49, 24
UNIT = 24  # of a quarter, in which places are told
BAR = 4 * UNIT
NO_ROOT, N_KINDS = 12, 7  # of chords: major, dominant, minor, half-diminished, diminished, suspended, none
NEAR, FAR, LONG = 25.0, 60.0, 300.0  # tokens, of a memory
HOME, WEIGHT_HOME = 64, 0.5  # a register, before any note
WIDE = 40  # semitones from the register


class Tokens(NamedTuple):
    """A solo: `pitches`, `durations` (indices), and `places` from its start, (n,); and of each quarter the `changes`:
    the chord's root and kind, (n_quarters, 2)."""

    pitches: np.ndarray
    durations: np.ndarray
    places: np.ndarray
    changes: np.ndarray


def chord_kind(root: int | None, tones: Sequence[int]) -> tuple[int, int]:
    """Root and kind of a chord of these pitch classes."""
    if root is None or not len(tones):
        return NO_ROOT, 6
    above = {(tone - root) % 12 for tone in tones}
    if 4 in above:
        return root, int(10 in above)
    if 3 in above:
        flat = 6 in above and 7 not in above
        return root, (3 if 10 in above else 4) if flat else 2
    return root, 5


class Past(NamedTuple):
    """Of all tokens of solos, one after the other, what came and what was known before it, (n,) each: `begins` a solo;
    `is_rest`; the `place` in the bar and the chord's `root` and `kind` where the token before ends."""

    pitches: np.ndarray
    durations: np.ndarray
    begins: np.ndarray
    is_rest: np.ndarray
    place: np.ndarray
    root: np.ndarray
    kind: np.ndarray


def past_of(solos: Sequence[Tokens]) -> Past:
    """The tokens of solos one after the other."""
    columns = []
    for solo in solos:
        ends = solo.places + np.round(DURATIONS * UNIT).astype(int)[solo.durations]
        ends = np.minimum(ends, (solo.places // BAR + 1) * BAR)  # none goes over a bar line
        there = np.append(solo.places[:1], ends[:-1])
        root, kind = solo.changes[np.minimum(there // UNIT, len(solo.changes) - 1)].T
        begins = np.arange(len(there)) == 0
        columns.append((solo.pitches, solo.durations, begins, solo.pitches == REST, there % BAR, root, kind))
    return Past(*map(np.concatenate, zip(*columns, strict=True)))


# --- Durations, and whether a token is a rest ------------------------------------------------------------------------


@dataclass
class RhythmViews:
    """What is told of rests and durations, as counted in a `past`."""

    past: Past

    def __post_init__(self):
        views, is_rest = self._views(self.past), self.past.is_rest.astype(int)
        self.rests = [BackOff(view, is_rest, 2) for view in views]
        self.durations = []
        for rest in (0, 1):
            such = is_rest == rest
            self.durations.append([BackOff(view[such], self.past.durations[such], N_DURATIONS) for view in views])

    @staticmethod
    def _views(past: Past) -> list[np.ndarray]:
        token = past.durations + N_DURATIONS * past.is_rest
        last = [before(token, past.begins, steps) for steps in range(1, 6)]
        number = np.arange(len(token))
        starts = np.where(past.begins | (before(past.is_rest.astype(int), past.begins, 1) == 1), number, 0)
        since = np.minimum(number - np.maximum.accumulate(starts), 12)  # tokens in this phrase
        return [
            nested(*last),
            nested(past.place, *last[:3]),
            nested(past.place % UNIT, *last[:2], past.place),
            nested(since, last[0], past.place),
        ]

    def tell(self, past: Past) -> tuple[np.ndarray, list[np.ndarray]]:
        """Opinions, (experts, n, outcomes) each: of a rest (0: none), and of the duration of a note and of a rest."""
        views, nothing = self._views(past), np.zeros((len(past.begins), 1), np.int64)
        rests = [model(view) for model, view in zip(self.rests, views, strict=True)]
        rests.append(recalled(views[0][:, 1:4], past.is_rest.astype(int), past.begins, rests[1]))
        durations = []
        for rest, models in enumerate(self.durations):
            told = [model(view) for model, view in zip(models, views, strict=True)]
            came = np.where(past.is_rest == rest, past.durations, NO)
            for contexts, memory in ((views[0][:, :4], np.inf), (views[1][:, 1:3], LONG), (nothing, NEAR)):
                told.append(recalled(contexts, came, past.begins, told[1], memory))
            durations.append(np.stack(told))
        return np.stack(rests), durations


# --- Pitches ---------------------------------------------------------------------------------------------------------


class _Line(NamedTuple):
    """Of the notes alone, (n,) each: as in `Past`, and the `last` pitch, the `interval` from it (an index) and those
    before, the pitch over the root (`degree`), the last one over the same, the `beat`'s accent, the `rest` before, the
    duration of the token before, and the `register` so far."""

    pitches: np.ndarray
    begins: np.ndarray
    root: np.ndarray
    kind: np.ndarray
    last: np.ndarray
    interval: np.ndarray
    before: list[np.ndarray]
    degree: np.ndarray
    last_degree: np.ndarray
    accent: np.ndarray
    rest: np.ndarray
    duration: np.ndarray
    register: np.ndarray


def _line_of(past: Past) -> _Line:
    notes = np.flatnonzero(~past.is_rest)
    pitches, root, kind = past.pitches[notes], past.root[notes], past.kind[notes]
    solo = np.cumsum(past.begins)[notes]
    begins = np.append(True, np.diff(solo) > 0)[: len(notes)]
    last = np.where(begins, HOME, np.roll(pitches, 1))
    interval = np.where(begins, NO, np.clip(pitches - last, -WIDEST, WIDEST) + WIDEST)
    over = np.where(root == NO_ROOT, 0, root)
    in_beat, beat = past.place[notes] % UNIT, past.place[notes] // UNIT
    accent = np.where(in_beat == 0, beat % 2, np.where(in_beat == UNIT // 2, 2, 3))
    fade, register = np.exp(-1 / NEAR), np.zeros(len(notes))
    total, weight = 0.0, 0.0
    for number, pitch in enumerate(pitches):
        if begins[number]:
            total, weight = HOME * WEIGHT_HOME, WEIGHT_HOME
        register[number] = total / weight
        total, weight = total * fade + pitch, weight * fade + 1
    return _Line(
        pitches,
        begins,
        root,
        kind,
        last,
        interval,
        [before(interval, begins, steps) for steps in range(1, 5)],
        (pitches - over) % 12,
        np.where(begins, NO, (last - over) % 12),
        accent,
        np.where(begins, 1, before(past.is_rest.astype(int), past.begins, 1)[notes]),
        before(past.durations, past.begins, 1)[notes],
        np.round(register).astype(int),
    )


@dataclass
class PitchViews:
    """What is told of the pitch of notes, as counted in a `past`."""

    past: Past

    def __post_init__(self):
        line = _line_of(self.past)
        follows = ~line.begins
        self.intervals = [BackOff(view[follows], line.interval[follows], N_INTERVALS) for view in self._views(line)]
        self.degrees = [BackOff(view, line.degree, 12) for view in self._degree_views(line)]
        near = np.exp(-((np.arange(-6, 7) / 2) ** 2) / 2)
        away = np.bincount(np.clip(line.pitches - line.register, -WIDE, WIDE) + WIDE, minlength=2 * WIDE + 1)
        self.away = np.convolve(away + 0.02, near / near.sum(), "same")

    @staticmethod
    def _views(line: _Line) -> list[np.ndarray]:
        b, height = line.before, np.clip((line.last - line.register) // 2, -6, 6) + 6
        way = np.where(b[0] == NO, 3, np.sign(b[0] - WIDEST) + 1)
        how = np.where(line.rest > 0, line.duration, line.accent)
        return [
            nested(*b),
            nested(line.last_degree, line.kind, *b[:3]),
            nested(line.last_degree, line.kind, line.accent, b[0]),
            nested(line.rest, how, b[0]),
            nested(height, way, b[0]),
        ]

    @staticmethod
    def _degree_views(line: _Line) -> list[np.ndarray]:
        return [nested(line.kind, line.accent, line.rest), nested(line.last_degree, line.kind)]

    def tell(self, past: Past) -> np.ndarray:
        """Opinions of the pitches of all notes, (experts, n_notes, 128): weights, of which not all add up to 1."""
        line, keys = _line_of(past), np.arange(N_PITCHES)
        said = [model(view) for model, view in zip(self.intervals, self._views(line), strict=True)]
        b, base = line.before, said[0]
        said.append(recalled(nested(*b[:3])[:, 1:], line.interval, line.begins, base))
        said.append(recalled(nested(line.last_degree, line.kind)[:, 1:], line.interval, line.begins, base, LONG))
        at = keys - line.last[:, None] + WIDEST
        near = (at >= 0) & (at < N_INTERVALS)
        told = [np.where(near, np.take_along_axis(each, np.clip(at, 0, N_INTERVALS - 1), 1), 0) for each in said]

        over = (keys - np.where(line.root == NO_ROOT, 0, line.root)[:, None]) % 12
        for model, view in zip(self.degrees, self._degree_views(line), strict=True):
            told.append(np.take_along_axis(model(view), over, 1))
        away = self.away[np.clip(keys - line.register[:, None], -WIDE, WIDE) + WIDE]
        told.append(away / away.sum(axis=1, keepdims=True))
        n = len(line.pitches)
        nothing, even = np.zeros((n, 1), np.int64), np.full((n, 12), 1 / 12)
        classes = recalled(nothing, line.pitches % 12, line.begins, even, NEAR)
        told.append(classes[:, keys % 12])
        cached = recalled(nothing, line.pitches, line.begins, told[-2])
        last = np.where(line.begins, NO, line.last)
        two = nested(last, before(last, line.begins, 1))[:, 1:]
        told.append(recalled(two, line.pitches, line.begins, cached))
        return np.stack(told).astype(np.float32)
