"""Real music whose melody, chords and bars are known: solos of the Weimar Jazz Database and lead sheets.

Times are quarters from the start, as floats. Left to others: the database's files (`weimar.py`), who accompanies it
(`accompaniment.py`), and what becomes of it in a file (`ways.py`).
"""

import math
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from random import Random
from typing import NamedTuple

import weimar

from music.chord_symbols import Symbol
from music.notes import Bar
from music.units import GRID
from reading.raw_tune import RawTune
from reading.scores import read_score

MOST_BARS = 48  # of a tune: enough to be heard, and soon read
FEWEST_NOTES = 16
DRIFT, STEADINESS = 0.01, 0.95  # of a tempo without a click: how much it changes with a beat, and how much of it stays
LATE, UNEVEN = 0.02, 0.03  # quarters: how late a melody lies that is played, and how its notes differ in it


class Sound(NamedTuple):
    """A note: quarters, MIDI pitch, velocity, and its channel where it has one of its own."""

    onset: float
    end: float
    pitch: int
    velocity: int = 80
    channel: int | None = None


class Change(NamedTuple):
    """A chord and when it holds; None and N.C. stand for none."""

    start: float
    end: float
    symbol: Symbol | None


@dataclass(frozen=True)
class Music:
    """A tune: the `melody` at its written places and as `played`, its `changes`, and the recorded `bass`, where there
    is one. All bars are of one meter, after a `pickup` of so many quarters; `clock` tells when its beats were played
    without a click, as (quarters, seconds)."""

    name: str
    tempo: float
    meter: tuple[int, int]
    length: float
    melody: list[Sound]
    played: list[Sound]
    changes: list[Change]
    clock: list[tuple[float, float]]
    bass: list[Sound]
    pickup: float = 0.0

    @property
    def bar(self) -> float:
        """Quarters in a bar."""
        return 4 * self.meter[0] / self.meter[1]

    @property
    def beat(self) -> float:
        """Quarters in a beat."""
        return Bar(0, round(self.bar * GRID), self.meter).beats[0] / GRID

    @property
    def lines(self) -> list[float]:
        """Where its bars begin, and where the last one ends."""
        count = math.ceil((self.length - self.pickup) / self.bar - 1e-6)
        lines = [self.pickup + number * self.bar for number in range(count + 1)]
        return [0.0, *lines] if self.pickup else lines

    def between(self, start: float, end: float) -> "Music":
        """What begins from `start` to `end` (quarters), counted from there; chords that go on are there from 0."""
        inside = {
            name: [
                note._replace(onset=max(0.0, note.onset - start), end=min(note.end, end) - start)
                for note, place in zip(notes, places, strict=True)
                if start <= place.onset < end and min(note.end, end) > max(note.onset, start)
            ]
            for name, notes, places in (
                ("melody", self.melody, self.melody),
                ("played", self.played, self.melody),
                ("bass", self.bass, self.bass),
            )
        }
        changes = [
            Change(max(0.0, change.start - start), min(end, change.end) - start, change.symbol)
            for change in self.changes
            if change.start < end and change.end > start
        ]
        clock = [(at - start, seconds) for at, seconds in self.clock if start <= at <= end]
        return replace(self, length=min(end, self.length) - start, changes=changes, clock=clock, **inside)

    def with_pickup(self, beats: float = 1) -> "Music | None":
        """The same from so many beats before a bar line on, the first one over which the melody leads; None where it
        never does."""
        length = beats * self.beat
        for line in self.lines[1:-4]:
            if any(line - length <= note.onset < line - 1 / GRID for note in self.melody):
                return replace(self.between(line - length, self.length), pickup=length)
        return None


def solo(folder: Path, name: str) -> Music:
    """A solo of the database, its first bars."""
    taken = weimar.recorded(folder, name)
    unit = weimar.TICKS

    def sounds(notes):
        return [Sound(onset / unit, (onset + length) / unit, pitch, loud) for onset, length, pitch, loud in notes]

    stops = [*(tick for tick, _ in taken.changes[1:]), taken.end]
    changes = [
        Change(tick / unit, stop / unit, weimar.symbol_of(text))
        for (tick, text), stop in zip(taken.changes, stops, strict=True)
    ]
    bass = [Sound(tick / unit, (tick + taken.beat) / unit, pitch) for tick, pitch in taken.bass]
    music = Music(
        name,
        60 / taken.quarter,
        taken.meter,
        taken.end / unit,
        sounds(taken.notes),
        sounds(taken.played),
        changes,
        [(tick / unit, seconds) for tick, seconds in taken.taps],
        bass,
    )
    return music.between(0.0, min(taken.end / unit, MOST_BARS * music.bar))


def sheet(path: Path) -> Music | None:
    """A lead sheet, its first bars, a pickup as the end of a whole bar; None where its bars are not all alike, or it
    lacks notes or symbols."""
    raw = read_score(path)
    bars = [raw.bars[number] for number in range(raw.n_bars)]
    usual = bars[min(1, len(bars) - 1)]
    if {(bar.length, bar.meter) for bar in bars[1:-1]} != {(usual.length, usual.meter)} or usual.lacking:
        return None
    shift = max(0, usual.length - bars[0].length) / GRID
    rng = Random(path.name)
    melody = _upper(raw, shift)
    symbols = sorted((tick / raw.ticks_per_quarter, symbol) for of in raw.symbols for tick, symbol in of)
    if len(melody) < FEWEST_NOTES or not symbols:
        return None
    end = shift + bars[-1].end / GRID
    stops = [shift + at for at, _ in symbols[1:]] + [end]
    changes = [
        Change(shift + at, stop, one) for (at, one), stop in zip(symbols, stops, strict=True) if stop > shift + at
    ]
    tempo = raw.tempos[0][1] if raw.tempos else float(rng.randrange(90, 200, 5))
    played = [_unevenly(note, rng) for note in melody]
    music = Music(path.stem, tempo, usual.meter, end, melody, played, changes, _clock(end, tempo, rng), [])
    return music.between(0.0, min(end, MOST_BARS * music.bar))


def _upper(raw: RawTune, shift: float) -> list[Sound]:
    """The highest note at each onset of the track under most symbols, one at a time."""
    number = max(range(len(raw.tracks)), key=lambda one: len(raw.symbols[one]))
    highest = {}
    for note in raw.tracks[number].notes():
        if note.onset not in highest or note.pitch > highest[note.onset].pitch:
            highest[note.onset] = note
    notes, unit = [highest[onset] for onset in sorted(highest)], raw.ticks_per_quarter
    ends = [min(note.end, after.onset) for note, after in zip(notes, notes[1:], strict=False)] + [notes[-1].end]
    return [
        Sound(shift + note.onset / unit, shift + end / unit, note.pitch, note.velocity)
        for note, end in zip(notes, ends, strict=True)
    ]


def _unevenly(note: Sound, rng: Random) -> Sound:
    late = max(-note.onset, min(rng.gauss(LATE, UNEVEN), (note.end - note.onset) / 2))
    return note._replace(onset=note.onset + late)


def _clock(length: float, tempo: float, rng: Random) -> list[tuple[float, float]]:
    """A tempo that drifts: when each quarter is played."""
    clock, seconds, faster = [], 0.0, 0.0
    for quarter in range(int(length) + 2):
        clock.append((float(quarter), seconds))
        faster = STEADINESS * faster + rng.gauss(0, DRIFT)
        seconds += 60 / tempo * (1 + faster)
    return clock


def places(data: Path) -> tuple[list[Path], list[Path]]:
    """The solos and the sheets of the folder of real music, mixed by chance, always the same. ValueError for none."""
    found = []
    for folder, pattern in (("wjazzd", "*_FINAL.csv"), ("lead_sheets", "*.mxl")):
        paths = sorted((data / folder).glob(pattern))
        if not paths:
            raise ValueError(f"{data / folder} holds no {pattern}; name the folder of real music with --data")
        Random(0).shuffle(paths)
        found.append(paths)
    return found[0], found[1]


@cache
def music_at(path: Path) -> Music | None:
    """The solo or sheet of a file; None for a sheet that will not do."""
    return sheet(path) if path.suffix == ".mxl" else solo(path.parent, path.name.removesuffix("_FINAL.csv"))
