"""Notes, chords and bars: what everything that is played is made of.

Times are whole grid steps (`music/units.py`), pitches are MIDI numbers. `offset` and `quarter_length` say the same
times in quarters, in music21's words, for where music is shown. Pitches are spelled the one way music21 spells a MIDI
number (63 is E-4, 68 is G#4): names compare as spelled.

Left to others: what is made of them (`music/piece.py`) and what a note means over a chord (`music/note_types.py`).
"""

from typing import NamedTuple, TypeVar

from music.units import to_quarters

PITCH_CLASS_NAMES = ("C", "C#", "D", "E-", "E", "F", "F#", "G", "G#", "A", "B-", "B")


class Note(NamedTuple):
    """One sounding note: `onset` and `duration` in grid steps, `pitch` a MIDI number, `velocity` 1 to 127."""

    onset: int
    duration: int
    pitch: int
    velocity: int = 90

    @property
    def name(self) -> str:
        """The pitch as spelled, with its octave: 'E-4'."""
        return pitch_name(self.pitch)

    @property
    def end(self) -> int:
        return self.onset + self.duration

    @property
    def offset(self) -> float:
        """The onset in quarters."""
        return to_quarters(self.onset)

    @property
    def quarter_length(self) -> float:
        """The duration in quarters."""
        return to_quarters(self.duration)


class Chord(NamedTuple):
    """Notes struck together: times in grid steps, `pitches` MIDI numbers as struck, `velocity` their rounded mean."""

    onset: int
    duration: int
    pitches: tuple[int, ...]
    velocity: int = 90

    @property
    def names(self) -> list[str]:
        """The pitches as spelled, with octaves, in the order they were struck."""
        return [pitch_name(pitch) for pitch in self.pitches]

    @property
    def end(self) -> int:
        return self.onset + self.duration

    @property
    def offset(self) -> float:
        """The onset in quarters."""
        return to_quarters(self.onset)

    @property
    def quarter_length(self) -> float:
        """The duration in quarters."""
        return to_quarters(self.duration)


class Bar(NamedTuple):
    """One bar: where it starts and how long it is (grid steps), and its meter."""

    start: int
    length: int
    meter: tuple[int, int] = (4, 4)

    @property
    def end(self) -> int:
        return self.start + self.length


Music = TypeVar("Music", Note, Chord)


def moved(music: list[Music], by: int) -> list[Music]:
    """Notes or chords so many grid steps later."""
    return [item._replace(onset=item.onset + by) for item in music]


def pitch_name(midi: int) -> str:
    """music21's spelling of a MIDI number: 60 -> 'C4', 63 -> 'E-4'."""
    return f"{PITCH_CLASS_NAMES[midi % 12]}{midi // 12 - 1}"
