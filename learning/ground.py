"""The bars to play in as arrays, and notes in them as lines: what is counted, and what is sampled over.

Left to others: what is counted (`learning/experts.py`), and sampling (`learning/sampler.py`).
"""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from grammar import TYPES
from learning.sampler import FREE, Ground, Sampled
from music.note_types import sounding_chord, types_at
from music.notes import Bar, Chord
from music.piece import Solo

Beats = tuple[int, ...]  # of a bar


class Line(NamedTuple):
    """Notes of solos one after the other, as arrays, (n,): the place, the MIDI pitch, the duration in grid steps, the
    velocity; of its place (see `Ground`) the step in the bar and in the pulse, the bar and its shape, the accent; its
    type over the chord, whether chord and bar are new, and whether it begins a solo."""

    places: np.ndarray
    pitches: np.ndarray
    durations: np.ndarray
    velocities: np.ndarray
    in_bar: np.ndarray
    in_pulse: np.ndarray
    bars: np.ndarray
    shapes: np.ndarray
    accents: np.ndarray
    kinds: np.ndarray
    new_chord: np.ndarray
    new_bar: np.ndarray
    begins: np.ndarray

    @property
    def distances(self) -> np.ndarray:
        """Until the next onset of the solo, (n,); 0 where there is none."""
        return np.where(np.roll(self.begins, -1), 0, np.roll(self.places, -1) - self.places)

    @property
    def intervals(self) -> np.ndarray:
        """From the note before in semitones, (n,); 0 where there is none."""
        return np.where(self.begins, 0, self.pitches - np.roll(self.pitches, 1))


def ground_of(bars: list[Bar], chords_by_bar: list[list[Chord]], shapes: Sequence[Beats]) -> Ground:
    """Bars and chords as arrays; `shapes` are the beats of which experts know."""
    tables, columns, n_chords, previous = {}, [], -1, ()
    for number, (bar, chords) in enumerate(zip(bars, chords_by_bar, strict=True)):
        begins = sorted({0, *(chord.onset for chord in chords if 0 < chord.onset < bar.length)})
        for begin, end in zip(begins, [*begins[1:], bar.length], strict=True):
            chord = sounding_chord(chords, begin)
            meaning = (chord.root, frozenset(chord.tones)) if chord else None
            n_chords, previous = n_chords + (meaning != previous), meaning
            table = tables.setdefault(types_at(chords, begin), len(tables))
            columns.append((end - begin, number, shapes.index(bar.beats), n_chords, table))
    lengths, *there = np.array([*columns, (1, len(bars), 0, n_chords + 1, 0)]).T
    numbers, shape, chord, table = np.repeat(there, lengths, axis=1)
    places = np.concatenate([*(_places_in(bar._replace(start=0)) for bar in bars), [[0], [0], [0], [0]]], axis=1)
    in_bar, in_pulse, left, accents = places
    kinds = np.array([[TYPES.index(kind) for kind in table] for table in tables])
    free = np.full((1, len(numbers)), FREE)
    return Ground(numbers, in_bar, in_pulse, left, shape, accents, chord, table, kinds, free, free)


@cache
def _places_in(bar: Bar) -> np.ndarray:
    """Of each step in a bar: where in the bar and in the pulse it is, how far from the next bar, and its accent."""
    in_bar, in_pulse = np.arange(bar.length), np.array(in_pulse_of(bar))
    accents = np.where(np.isin(in_bar, (0, bar.halves[0])), 0, 1 + (in_pulse > 0))
    return np.stack([in_bar, in_pulse, bar.length - in_bar, accents])


def in_pulse_of(bar: Bar) -> list[int]:
    """For each place in a bar its place in the pulse."""
    return [step for pulse in bar.pulses for step in range(pulse)]


def line_of(solos: list[Solo], shapes: Sequence[Beats]) -> Line:
    """The notes of solos as a line."""
    lines = []
    for solo in solos:
        places, durations, pitches, velocities = np.array(solo.notes, int).reshape(-1, 4).T
        lines.append(line_on(ground_of(solo.bars, solo.chords_by_bar, shapes), places, pitches, durations, velocities))
    return joined(lines)


def line_sampled(sampled: Sampled, ground: Ground, steps: np.ndarray) -> Line:
    """What was sampled as a line; `steps` are the durations of the values."""
    lines = []
    for values, places, pitches in zip(sampled.values, sampled.places, sampled.pitches, strict=True):
        played = places < ground.end
        lines.append(line_on(ground, places[played], pitches[played], steps[values[played]]))
    return joined(lines)


def line_on(
    ground: Ground, places: np.ndarray, pitches: np.ndarray, durations: np.ndarray, velocities: np.ndarray | None = None
) -> Line:
    """The notes of one solo over its ground."""
    first = np.arange(len(places)) == 0
    kinds = ground.kinds[ground.tables[places], pitches % 12]
    there = [column[places] for column in (ground.in_bar, ground.in_pulse, ground.bars, ground.shapes, ground.accents)]
    new = [first | (numbers != np.roll(numbers, 1)) for numbers in (ground.chords[places], ground.bars[places])]
    return Line(
        places, pitches, durations, durations * 0 if velocities is None else velocities, *there, kinds, *new, first
    )


def joined(lines: list[Line]) -> Line:
    """Lines one after the other."""
    return Line(*(np.concatenate(columns) for columns in zip(*lines, strict=True)))
