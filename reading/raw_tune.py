"""What a reader finds in a file, before any of it is chosen: tracks of raw notes, bars, symbols, markers, tempos.

A MIDI file and a written score both become a `RawTune`, whose times are ticks from the start of the file, so that both
are chosen from, quantised and harmonised alike (`reading/choosing.py`). Track numbers count only the tracks that hold
notes, from 0.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict, deque
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from music.chord_symbols import Symbol
from music.notes import Note, Nuance
from music.piece import DRUM_CHANNEL
from reading.meters import Bars

SLACK = 16  # notes within this part of a quarter of each other are struck, or released, together
MOST_NAMES = 6  # of tracks in one line
LOWEST_TEMPO, HIGHEST_TEMPO = 5.0, 1000.0  # quarters a minute: beyond them a file's tempo is a mistake


class RawNote(NamedTuple):
    """A note in ticks: sounds from its `onset` up to its `end`."""

    onset: int
    end: int
    pitch: int
    velocity: int


@dataclass(frozen=True)
class Track:
    """One player of one track: its events `(tick, is_on, pitch, velocity)` in file order, not yet notes, and its first
    channel; its General MIDI `programs` (from 0) as `(tick, program)`, and where its pitch wheel stands, `bends`, as
    `(tick, semitones)`. `written`: of a part that this program wrote, how its notes are written, as `(onset,
    duration)` in grid steps, and how many steps are `counted` before the music. `bent`: of a player with several
    channels, in place of `bends`, where the wheel of each note's own channel stands, by the note's onset and pitch.
    `pedals`: when its pedal goes down and up, as `(tick, is_down)`."""

    name: str
    programs: tuple[tuple[int, int], ...]
    channel: int
    ticks_per_quarter: int
    events: list[tuple[int, bool, int, int]]
    bends: list[tuple[int, float]] = field(default_factory=list)
    written: list[tuple[int, int]] = field(default_factory=list)
    counted: int = 0
    bent: dict[tuple[int, int], list[tuple[int, float]]] = field(default_factory=dict)
    pedals: list[tuple[int, bool]] = field(default_factory=list)

    @property
    def is_drums(self) -> bool:
        return self.channel == DRUM_CHANNEL

    def program(self, tick: int) -> int | None:
        """The program it has at a tick, the first one before that; None if it has none."""
        before = [program for at, program in self.programs if at <= tick] or [one for _, one in self.programs[:1]]
        return before[-1] if before else None

    def nuance(self, note: RawNote, written: Note) -> Nuance:
        """How a note is played that is written so."""
        quarter = self.ticks_per_quarter
        late, length = note.onset / quarter - written.offset, (note.end - note.onset) / quarter
        wheel = self.bent.get((note.onset, note.pitch), self.bends)
        if not wheel:
            return Nuance(round(late, 6), round(length, 6))
        first = bisect_right(wheel, note.onset, key=lambda bend: bend[0])
        last = bisect_left(wheel, note.end, key=lambda bend: bend[0])
        held, bends = wheel[first - 1][1] if first else 0.0, []
        for tick, bend in [(note.onset, held), *wheel[first:last]]:
            if round(bend, 4) != (bends[-1][1] if bends else 0.0):
                bends.append((round((tick - note.onset) / quarter, 6), round(bend, 4)))
        return Nuance(round(late, 6), round(length, 6), tuple(bends))

    def notes(self) -> list[RawNote]:
        """The notes by onset, a list that stays as it is: a note runs from its note-on to the first later note-off of
        its pitch.

        A note-off ends one note, the oldest that still sounds; one without a note is nothing. A note that is never
        released ends where the next one after it begins, the last ones with the track.
        """
        return self._notes

    @cached_property
    def _notes(self) -> list[RawNote]:
        sounding = defaultdict(deque)
        struck, ends = [], []
        for tick, is_on, pitch, velocity in self.events:
            if is_on:
                sounding[pitch].append(len(struck))
                struck.append((tick, pitch, velocity))
                ends.append(None)
            elif sounding[pitch]:
                ends[sounding[pitch].popleft()] = tick
        unended = [index for waiting in sounding.values() for index in waiting]
        if unended:
            onsets = [*(onset for onset, *_ in struck), self.events[-1][0]]
            for index in unended:
                following = bisect_right(onsets, onsets[index] + self.ticks_per_quarter // SLACK, hi=len(struck))
                ends[index] = onsets[following]
        return [RawNote(onset, end, *rest) for (onset, *rest), end in zip(struck, ends, strict=True)]


@dataclass(frozen=True)
class RawTune:
    """What a file holds: the `tracks` with notes; its `bars`; `markers` and `tempos` (quarters a minute) as
    `(tick, value)`, in order of time; for a written score the chord `symbols` over each track, and last those over
    none, as `(tick, symbol)`; the `sha256` of a MIDI file; and what was odd about it (`told`)."""

    path: Path
    ticks_per_quarter: int
    tracks: list[Track]
    bars: Bars
    markers: list[tuple[int, str]]
    tempos: list[tuple[int, float]]
    told: tuple[str, ...] = ()
    sha256: str = ""
    symbols: list[list[tuple[int, Symbol]]] | None = None
    texts: list[tuple[int, str]] = field(default_factory=list)  # of a MIDI file, as its markers: all others
    # Of a written score: how many bars its form has, its key's sharps, and its sections by the bar they begin with.
    n_bars: int | None = None
    fifths: int | None = None
    sections: dict[int, str] = field(default_factory=dict)

    @property
    def is_written(self) -> bool:
        """Whether it is a score, in which the upper voice of a part is its line."""
        return self.symbols is not None


def under_symbols(symbols: list[list]) -> list[int]:
    """The tracks over which chord symbols stand, by the symbols of each and last those over none: the tracks with half
    as many as the one with most, or more."""
    counts = [len(of_track) for of_track in symbols]
    return [number for number, count in enumerate(counts[:-1]) if count and 2 * count >= max(counts)]


def list_names(names: list[str]) -> str:
    """Names in one line, the first few of them."""
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more


def some(count: int, what: str) -> str:
    """A count in words: '1 symbol', '2 symbols'."""
    return f"{count} {what}" + ("" if count == 1 else "s")
