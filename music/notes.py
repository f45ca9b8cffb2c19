"""Notes, chords and the units they are measured in.

Everything that is played is a `Note` or a `Chord`, with times in quarters (beats of a crotchet) as floats and pitches
as MIDI numbers. Times that were quantised lie on the grid of twelfths of a quarter, because a grid time is a multiple
of 1/4 or of 1/3; `to_grid` and `from_grid` go between the two, so that equal times compare as equal integers.
Pitches are spelled the one way music21 spells a MIDI number (63 is E-4, 68 is G#4): names compare as spelled.

Left to others: reading and writing files (`reading/midi_tracks.py`) and what a note means over a chord
(`music/note_types.py`).
"""

from fractions import Fraction
from typing import NamedTuple

GRID = 12  # grid steps in a quarter: the least common multiple of the quarter's fourths and thirds
PITCH_CLASS_NAMES = ("C", "C#", "D", "E-", "E", "F", "F#", "G", "G#", "A", "B-", "B")


class Note(NamedTuple):
    """One sounding note: `offset` and `quarter_length` in quarters, `pitch` a MIDI number, `velocity` 1 to 127."""

    offset: float
    quarter_length: float
    pitch: int
    velocity: int = 90

    @property
    def name(self) -> str:
        """The pitch as spelled, with its octave: 'E-4'."""
        return pitch_name(self.pitch)


class Chord(NamedTuple):
    """Notes struck together: times in quarters, `pitches` MIDI numbers as struck, `velocity` their rounded mean."""

    offset: float
    quarter_length: float
    pitches: tuple[int, ...]
    velocity: int = 90

    @property
    def names(self) -> list[str]:
        """The pitches as spelled, with octaves, in the order they were struck."""
        return [pitch_name(pitch) for pitch in self.pitches]


def pitch_name(midi: int) -> str:
    """music21's spelling of a MIDI number: 60 -> 'C4', 63 -> 'E-4'."""
    return f"{PITCH_CLASS_NAMES[midi % 12]}{midi // 12 - 1}"


def to_grid(quarters: float) -> int:
    """Quarters to the nearest grid step: 0.333333 -> 4."""
    return round(quarters * GRID)


def from_grid(steps: int) -> float:
    """Grid steps to quarters: 4 -> 0.3333333333333333."""
    return steps / GRID


def quantize(ticks: int, ticks_per_quarter: int) -> float:
    """Ticks to the nearest multiple of 1/4 or of 1/3 quarter, in quarters.

    The smaller error wins; on a tie the smaller value does. Example, 96 ticks a quarter: 40 -> 1/3 (error 8 ticks,
    against 16 to 1/2), 28 -> 1/4 (errors 4 and 4).
    """
    candidates = []
    for division in (4, 3):
        below = ticks * division // ticks_per_quarter
        for multiple in (below, below + 1):
            error = abs(ticks * division - multiple * ticks_per_quarter) * (12 // division)
            candidates.append((error, multiple * (GRID // division)))
    return from_grid(min(candidates)[1])


def ticks(quarters: float, ticks_per_quarter: int) -> int:
    """Quarters to the nearest tick."""
    return round(Fraction(to_grid(quarters), GRID) * ticks_per_quarter)
