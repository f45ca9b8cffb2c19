"""A finished piece: what the writers of MIDI, sound, score, pictures and page are given.

Conventions: offsets and lengths in quarters from the start of the piece, pitches as MIDI numbers.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from music.notes import Chord, Note


class Bar(NamedTuple):
    """One bar: where it starts, how long it is (quarters), and its meter."""

    start: float
    length: float
    meter: tuple[int, int] = (4, 4)


class Part(NamedTuple):
    """One track: its `name`, General MIDI `program` (0 to 127), `channel` (9 for drums), and its notes or chords."""

    name: str
    program: int
    channel: int
    music: list[Note] | list[Chord]


@dataclass(frozen=True)
class Piece:
    """A solo over chords, in bars; `tempo` in quarters a minute.

    `types` is what each note of the solo is over its chord (C, S, A or X), one letter a note. `parts` are the tracks
    as played: the solo, the chords, and whatever accompanies them.
    """

    title: str
    tempo: float
    bars: list[Bar]
    solo: list[Note]
    chords: list[Chord]
    types: str
    parts: list[Part] = field(default_factory=list)

    @property
    def length(self) -> float:
        """The length of all bars in quarters."""
        return self.bars[-1].start + self.bars[-1].length if self.bars else 0.0
