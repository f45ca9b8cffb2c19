"""What is read, improvised, and written: tune, solo, piece.

A tune is what was read of a file: its melody and chords by bar. A solo is notes by bar over chords by bar. A piece is a
solo with what accompanies it, finished for the writers.

Conventions: times in grid steps. In a tune they count from the start of the file and bars have the file's numbers; in
a solo bars follow one another from 0, and what is told by bar counts from its bar line. Left to others: what is
improvised over (`music/chorus.py`).
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from music.note_types import types_at
from music.notes import Bar, Chord, Note, Nuance, moved
from music.units import GRID

UNTOLD_TEMPO = 120.0  # quarters a minute, of a file that does not tell
DRUM_CHANNEL = 9  # of General MIDI
SOLO = "Solo"  # the name of the part that leads
ROLES = ("melody", "chords", "bass", "drums", "click", "other")  # what a track of a file may be to its reader


class TrackView(NamedTuple):
    """A track of a file as one sees it: its `name`, its role, one of ROLES, and `why`; the `bars` it plays in, by
    number from 0, as runs from the first to the last."""

    name: str
    role: str
    why: str
    bars: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Tune:
    """Melody and chords by bar number, from the start of the file; all three hold the same bars.

    A bar without notes is one in which the melody rests; every bar has chords. `tempo` is the one that holds longest,
    in quarters a minute. `told`: what was chosen and why, a line each. `abstract_grammars`: the melody as grammar,
    a line for each bar, and `path`: the file, as soon as they are known. Where the file says so, `fifths` are its key's
    sharps (flats below 0), and `sections` the names of those that begin with a bar. `nuances`: of each bar's notes how
    they were played, none of what is written; `program`: the melody's instrument in General MIDI, from 0, where it is
    known; `strikes`: what a pianist struck in each bar, where one does, named by its chord; `tracks`: what the file
    holds; `begins`: the quarter from which on it is the solo, where a marker or the listener says so. Of a database's
    solo are known its `player`, its `title` and its `style` ('BEBOP'); '' where they are not.
    """

    melody: dict[int, list[Note]]
    chords: dict[int, list[Chord]]
    bars: dict[int, Bar]
    tempo: float = UNTOLD_TEMPO
    told: tuple[str, ...] = ()
    abstract_grammars: tuple[str, ...] = ()
    path: Path = Path()
    fifths: int | None = None
    sections: dict[int, str] = field(default_factory=dict)
    nuances: dict[int, list[Nuance]] = field(default_factory=dict)
    program: int | None = None
    strikes: dict[int, list[Chord]] = field(default_factory=dict)
    tracks: tuple[TrackView, ...] = ()
    begins: float | None = None
    player: str = ""
    title: str = ""
    style: str = ""

    @property
    def name(self) -> str:
        """What it is called: 'Charlie Parker, Donna Lee', or as its file is."""
        return ", ".join(filter(None, (self.player, self.title))) or self.path.stem

    @property
    def is_struck(self) -> bool:
        """Whether a pianist is heard in it."""
        return bool(self.strikes)

    @property
    def strikes_by_bar(self) -> list[list[Chord]]:
        """What is struck in each bar, from its bar line."""
        return [moved(self.strikes.get(number, []), -bar.start) for number, bar in self.bars.items()]

    def struck(self, first: int = 0, last: int | None = None) -> list[Chord]:
        """What is struck in its bars, or from the `first` to the `last` of them, from the start of the first."""
        bars = slice(first, None if last is None else last + 1)
        return from_start(self.strikes_by_bar[bars], lay_out([*self.bars.values()][bars]))

    @property
    def values(self) -> list[str]:
        """The values of its grammar, in order."""
        return [value for line in self.abstract_grammars for value in line.split()]

    @property
    def solo(self) -> "Solo":
        """The melody over its chords, bars one after the other whatever was left out between them."""
        bars = self.bars.items()
        return Solo(
            lay_out([bar for _, bar in bars]),
            [moved(self.melody[number], -bar.start) for number, bar in bars],
            [moved(self.chords[number], -bar.start) for number, bar in bars],
            self.values,
            fifths=self.fifths,
            sections={
                place: self.sections[number] for place, (number, _) in enumerate(bars) if number in self.sections
            },
            nuances_by_bar=[self.nuances[number] for number in self.bars] if self.nuances else [],
        )


@dataclass(frozen=True)
class Solo:
    """Notes by bar over chords by bar; `values`: what was sampled, or read, of the grammar for it.

    `n_terms` and `fallbacks`: how many terms were realised, and how many of them had no pitch as asked. `fifths` and
    `sections` as of a chorus. `nuances_by_bar`: of each bar's notes how they are played; nothing for a solo as written.
    """

    bars: list[Bar]
    notes_by_bar: list[list[Note]]
    chords_by_bar: list[list[Chord]]
    values: list[str] = field(default_factory=list)
    n_terms: int = 0
    fallbacks: int = 0
    fifths: int | None = None
    sections: dict[int, str] = field(default_factory=dict)
    nuances_by_bar: list[list[Nuance]] = field(default_factory=list)

    @property
    def nuances(self) -> list[Nuance]:
        """How each of its notes is played; nothing for a solo as written."""
        return [nuance for nuances in self.nuances_by_bar for nuance in nuances]

    @cached_property
    def notes(self) -> list[Note]:
        """All notes by onset, from the start of the solo."""
        return from_start(self.notes_by_bar, self.bars)

    @cached_property
    def chords(self) -> list[Chord]:
        """All chords by onset, from the start of the solo."""
        return from_start(self.chords_by_bar, self.bars)

    @cached_property
    def types(self) -> str:
        """What each note is over its chord (C, S, A or X), a letter a note; X where there is no chord."""
        return "".join(
            types_at(chords, note.onset)[note.pitch % 12]
            for notes, chords in zip(self.notes_by_bar, self.chords_by_bar, strict=True)
            for note in notes
        )

    @property
    def length(self) -> int:
        """The length of all bars in grid steps."""
        return self.bars[-1].end if self.bars else 0


class Part(NamedTuple):
    """One track: its `name`, General MIDI `program` (0 to 127), `channel` (9 for drums), its notes or chords, and how
    each of them is played; nothing: as written."""

    name: str
    program: int
    channel: int
    music: list[Note] | list[Chord]
    nuances: Sequence[Nuance] = ()


@dataclass(frozen=True)
class Piece:
    """A solo, finished: `tempo` in quarters a minute; `parts`: the tracks as played, solo, chords and what accompanies
    them, in which `style`; `written_for`: whom its score is written for, 'C', 'Bb' or 'Eb', None: for who plays;
    `count_in`: whether a bar is counted first where it is heard."""

    title: str
    tempo: float
    solo: Solo
    parts: list[Part] = field(default_factory=list)
    written_for: str | None = None
    count_in: bool = False
    style: str = "swing"


def lay_out(bars: list[Bar]) -> list[Bar]:
    """Bars one after the other from 0, whatever was left out between them."""
    laid, start = [], 0
    for bar in bars:
        laid.append(bar._replace(start=start))
        start += bar.length
    return laid


def into_bars(
    notes: list[Note], bars: list[Bar], chords_by_bar: list[list[Chord]]
) -> tuple[list[Bar], list[list[Note]], list[list[Chord]]]:
    """Put notes, from the start of a solo, into the bars in which they begin: bars, notes and chords by bar.

    Where notes come after the last bar, bars like it are added, without chords.
    """
    bars, chords_by_bar = list(bars), list(chords_by_bar)
    for note in notes:
        while not bars or note.onset >= bars[-1].end:
            last = bars[-1] if bars else Bar(-4 * GRID, 4 * GRID)
            bars.append(last._replace(start=last.end))
            chords_by_bar.append([])
    starts = [bar.start for bar in bars]
    notes_by_bar = [[] for _ in bars]
    for note in sorted(notes):
        number = bisect_right(starts, note.onset) - 1
        notes_by_bar[number].append(note._replace(onset=note.onset - starts[number]))
    return bars, notes_by_bar, chords_by_bar


def from_start(music: list[list], bars: list[Bar]) -> list:
    """Notes or chords by bar, as one list that counts from the start."""
    return [item for bar, items in zip(bars, music, strict=True) for item in moved(items, bar.start)]
