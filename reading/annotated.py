"""From a solo whose beats and notes are annotated, rows by column, to a tune: as it is written, and as it was played.

Bars, beats and chords are taken as told. A note is written at its place in its bar, beat and division, on the grid, and
as long as it sounds in beats; its nuance is where it was played between the beats as they were tapped. Where rows are
not numbered, beats are counted in fours and notes lie where they sound.

Times are ticks, TICKS_PER_QUARTER of them to a quarter, until the notes are on the grid; rows tell seconds. Left to
others: where the rows are from, and how chords are spelled there (`reading/weimar.py`).
"""

import math
import re
from collections.abc import Callable
from itertools import accumulate, pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from music.chord_symbols import Symbol
from music.notes import Bar, Nuance
from music.piece import Tune
from music.units import GRID, TICKS_PER_QUARTER
from reading.choosing import Selection, with_rests
from reading.chords import find_chords, symbol_chords
from reading.grouping import LONGEST_NOTE, melody_notes
from reading.meters import MAX_BARS, Bars, Stretch, by_bar, length_of
from reading.raw_tune import HIGHEST_TEMPO, LOWEST_TEMPO, RawNote, RawTune, some
from reading.track_roles import EVERYTHING, between, inside

QUARTER = TICKS_PER_QUARTER
LOUDNESS = ("loud_med", "loud_median")  # the columns of a note's median loudness, in decibels
SILENCE, PER_DECIBEL = 40, 2.5  # decibels at velocity 0, and velocities for one more
USUAL_LOUDNESS = 72.0  # decibels, where no note of a solo tells
SHORTEST = QUARTER // 24  # ticks
LATEST = 2.0  # quarters: a note farther from its place was annotated elsewhere
BEYOND = 1000  # beats before the first tap and after the last one in which notes may lie


class Row(NamedTuple):
    """A beat or note: its `bar` and `beat`, None where they are not told; its `onset` in seconds; all that is told."""

    bar: int | None
    beat: int | None
    onset: float
    told: dict


class Grid(NamedTuple):
    """The bars of a solo: their numbers there begin with `first`; where the beats of each start, and where it ends, in
    steps from the first bar line."""

    first: int
    bars: Bars
    beats: list[list[int]]

    def tick(self, bar: int, beat: int, share: float = 0.0) -> int:
        """Where such a share of a beat has passed."""
        starts = self.beats[bar - self.first]
        at = min(max(beat, 1), len(starts) - 1) - 1
        return round((starts[at] + share * (starts[at + 1] - starts[at])) * QUARTER / GRID)

    def beat_ticks(self, bar: int, beat: int) -> int:
        """How long a beat is."""
        return max(1, self.tick(bar, beat, 1.0) - self.tick(bar, beat))


class Taps(NamedTuple):
    """When beats were tapped, in seconds, and which ticks they are, both increasing."""

    seconds: np.ndarray
    ticks: np.ndarray

    def tick(self, seconds: float) -> float:
        return float(np.interp(seconds, self.seconds, self.ticks))

    def quarter(self, seconds: float) -> float:
        """How long a quarter lasts there, in seconds."""
        at = min(max(int(np.searchsorted(self.seconds, seconds, "right")), 1), len(self.seconds) - 1)
        return float((self.seconds[at] - self.seconds[at - 1]) / (self.ticks[at] - self.ticks[at - 1])) * QUARTER


def tune_of_rows(
    path: Path, beats: list[dict], notes: list[dict], symbol_of: Callable[[str], Symbol | None], selection: Selection
) -> Tune:
    """The melody, chords and nuances of a solo, by bar from 0, without its grammar.

    Rests and windows are as `reading.choosing.tune_of` has them; chords that are not told are made from the melody.
    Raises ValueError, naming the file and a fix, where there are no beats or notes.
    """
    try:
        return _tune_of(path, beats, notes, symbol_of, selection)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _tune_of(path, beats, notes, symbol_of, selection) -> Tune:
    window, told_of_asked = _window_of(selection)
    beats, notes = _rows(beats), [row for row in _rows(notes) if _pitch(row) is not None]
    if len(beats) < 2:
        raise ValueError("its beats are not annotated, so its notes have no places; take another solo")
    if not notes:
        raise ValueError("it has no notes; take another solo")
    if all(row.bar is None or row.beat is None for row in beats):
        beats = [row._replace(bar=number // 4, beat=number % 4 + 1) for number, row in enumerate(beats)]
        notes = [row._replace(bar=None) for row in notes]
    beats = [row for row in beats if row.bar is not None and row.beat is not None]
    grid = _grid(beats, notes)
    taps = _taps(grid, beats)
    written, played = _written(grid, taps, notes)
    line = melody_notes(written, QUARTER)
    inner = inside(list(line), window)
    if not inner:
        raise ValueError(f"it has no note {between(window)}; change FROM_BEAT or TO_BEAT")
    melody = with_rests(by_bar(inner, grid.bars))
    bars = {number: grid.bars[number] for number in melody}
    symbols, told_of_chords = _symbols(grid, beats, symbol_of)
    if any(symbol.root is not None for _, symbol in symbols):
        chords = symbol_chords(symbols, bars)
    else:
        chords, made = find_chords(RawTune(path, QUARTER, [], grid.bars, [], []), [], [], bars, inner)
        told_of_chords = [f"chords: {made}"]
    return Tune(
        melody,
        chords,
        bars,
        _tempo(taps),
        (*told_of_asked, *told_of_chords),
        path=path,
        sections=_sections(grid, beats, bars),
        nuances={number: [played[line[note]](note.offset) for note in melody[number]] for number in melody},
        begins=None if window == EVERYTHING else max(0.0, window[0]),
    )


def _window_of(selection: Selection) -> tuple[tuple[float, float], list[str]]:
    """The window that is asked for, and what is told of what else is asked for."""
    told = []
    if selection.melody_tracks or selection.chord_tracks:
        told.append("tracks: it has none; MELODY_TRACK and CHORD_TRACKS are for MIDI files and scores")
    if selection.meter or selection.pickup is not None:
        told.append("meter: its bars are as annotated; METER and PICKUP are for MIDI files")
    window = selection.window or EVERYTHING
    for name, place in zip(("FROM_BEAT", "TO_BEAT"), window, strict=True):
        if isinstance(place, str):
            raise ValueError(f"{name} names the marker {place!r}, and a solo has none; give a beat, in quarters from 0")
    if window != EVERYTHING:
        told.append(f"solo: {between(window)} (as asked)")
    return window, told


# --- Rows ------------------------------------------------------------------------------------------------------------


def _number(value: object) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _whole(value: object) -> int | None:
    number = _number(value)
    return None if number is None else round(number)


def _rows(rows: list[dict]) -> list[Row]:
    """The rows that have an onset, in order of time."""
    found = []
    for row in rows:
        if (onset := _number(row.get("onset"))) is not None:
            found.append(Row(_whole(row.get("bar")), _whole(row.get("beat")), onset, row))
    return sorted(found, key=lambda row: row.onset)


def _pitch(row: Row) -> int | None:
    pitch = _whole(row.told.get("pitch"))
    return pitch if pitch is not None and 0 <= pitch <= 127 else None


def _text(row: Row, name: str) -> str:
    return str(row.told.get(name) or "").strip(" \"'")


def _meter(row: Row) -> tuple[int, int] | None:
    """The meter that a row tells, as '3/4' or in two columns; None for none that makes a bar."""
    found = re.fullmatch(r"(\d{1,2})\s*/\s*(\d{1,2})", _text(row, "signature"))
    parts = found.groups() if found else (row.told.get("num"), row.told.get("denom"))
    meter = tuple(map(_whole, parts))
    return meter if None not in meter and min(meter) > 0 and length_of(meter) else None


# --- Bars and beats --------------------------------------------------------------------------------------------------


def _grid(beats: list[Row], notes: list[Row]) -> Grid:
    """The bars from the first to the last in which there is a beat or a note, each of the meter that holds in it."""
    rows = [row for row in (*beats, *notes) if row.bar is not None]
    first, last = min(row.bar for row in rows), max(row.bar for row in rows)
    if last - first >= MAX_BARS:
        raise ValueError(f"its bars are numbered from {first:,} to {last:,}, and at most {MAX_BARS:,} are read")
    meters, counted, periods, shares = {}, {}, {}, {}
    for row in beats:
        counted[row.bar] = max(counted.get(row.bar, 0), row.beat)
    for row in (*notes, *beats):  # the beats' own counts
        if row.bar is not None and (meter := _meter(row)):
            meters[row.bar] = meter
            if period := _whole(row.told.get("period")):
                periods[meter] = period
            if told := [int(share) for share in re.findall(r"\d+", _text(row, "beatprops"))]:
                shares[meter] = told
    held = meters[min(meters)] if meters else None
    stretches, lines, start = [], [], 0
    for number in range(first, last + 1):
        held = meters.get(number, held)
        meter = held or (min(max(counted.get(number, 4), 1), 12), 4)  # a free one: as many quarters as are tapped
        length = length_of(meter)
        period = periods.get(meter) or (counted.get(number, 4) if held is None else 0)
        stretches.append(Stretch(start, length, meter, number - first))
        lines.append([*accumulate(_beat_lengths(length, meter, period, shares.get(meter, [])), initial=start)])
        start += length
    return Grid(first, Bars(stretches), lines)


def _beat_lengths(length: int, meter: tuple[int, int], period: int, shares: list[int]) -> list[int]:
    """How long the beats of a bar are that has so many, in grid steps; 0: as its meter counts."""
    count, unit = period or meter[0], length / meter[0]
    if len(shares) == count and sum(shares) == meter[0]:
        lengths = [share * unit for share in shares]
    elif len(of_meter := Bar(0, length, meter).beats) == count != meter[0]:
        lengths = of_meter
    else:
        lengths = [length / count] * count
    places = [round(place) for place in accumulate(lengths, initial=0)]
    return [after - before for before, after in pairwise(places)]


def _taps(grid: Grid, beats: list[Row]) -> Taps:
    seconds, ticks = [], []
    for row in beats:
        tick = grid.tick(row.bar, row.beat)
        if not seconds or (row.onset > seconds[-1] and tick > ticks[-1]):
            seconds.append(row.onset)
            ticks.append(tick)
    if len(seconds) < 2:
        raise ValueError("its beats do not follow one another; take another solo")
    begins, ends = (((seconds[at + 1] - seconds[at]), ticks[at + 1] - ticks[at]) for at in (0, -2))
    seconds = [seconds[0] - BEYOND * begins[0], *seconds, seconds[-1] + BEYOND * ends[0]]
    ticks = [ticks[0] - BEYOND * begins[1], *ticks, ticks[-1] + BEYOND * ends[1]]
    return Taps(np.array(seconds), np.array(ticks, dtype=float))


def _tempo(taps: Taps) -> float:
    """The middle tempo of the beats, in quarters a minute."""
    quarters = np.diff(taps.seconds[1:-1]) / np.diff(taps.ticks[1:-1]) * QUARTER
    tempo = round(60 / float(np.median(quarters)), 1)
    if not LOWEST_TEMPO <= tempo <= HIGHEST_TEMPO:
        raise ValueError(f"its beats are tapped at {tempo:g} quarters a minute, which nobody plays; take another solo")
    return tempo


def _sections(grid: Grid, beats: list[Row], bars: dict[int, Bar]) -> dict[int, str]:
    """The names of the form's parts, by the bar they begin with."""
    sections, before = {}, None
    for row in beats:
        name, chorus = _text(row, "form"), _text(row, "chorus_id")
        if name and (name, chorus) != before:
            before = name, chorus
            if row.bar - grid.first in bars:
                sections.setdefault(row.bar - grid.first, name)
    return sections


def _symbols(
    grid: Grid, beats: list[Row], symbol_of: Callable[[str], Symbol | None]
) -> tuple[list[tuple[int, Symbol]], list[str]]:
    """The changes as (onset, symbol); a beat without one goes on with the one before. And what is told of them."""
    symbols, unread = [], {}
    for row in beats:
        if text := _text(row, "chord"):
            if symbol := symbol_of(text):
                symbols.append((round(grid.tick(row.bar, row.beat) * GRID / QUARTER), symbol))
            else:
                unread[text] = None
    changes = 1 + sum(before[1] != after[1] for before, after in pairwise(symbols))
    told = [f"chords: {some(changes, 'change')}, as annotated"]
    if unread:
        told.append(f"chords: not read, and the one before goes on: {', '.join([*unread][:6])}")
    return symbols, told


# --- Notes -----------------------------------------------------------------------------------------------------------


def _written(grid: Grid, taps: Taps, notes: list[Row]) -> tuple[list[RawNote], dict[RawNote, Callable]]:
    """The notes as they are written, one at a time, by onset; and for each how it is played at a place in quarters."""
    loud = [_loudness(row) for row in notes]
    told = [one for one in loud if one is not None]
    usual = float(np.median(told)) if told else USUAL_LOUDNESS
    found = []
    for row, loudness in zip(notes, loud, strict=True):
        sounds = taps.tick(row.onset)
        tick, quarter = max(0, round(sounds)), taps.quarter(row.onset)
        if row.bar is not None and row.beat is not None:
            division = max(1, _whole(row.told.get("division")) or 1)
            share = ((_whole(row.told.get("tatum")) or 1) - 1) / division
            tick = grid.tick(row.bar, row.beat, min(max(share, 0.0), 1.0))
            lasts = _number(row.told.get("beatdur") or row.told.get("beat_duration"))
            if lasts and lasts > 0:
                quarter = lasts * QUARTER / grid.beat_ticks(row.bar, row.beat)
        length = min(max(0.0, _number(row.told.get("duration")) or 0.0) / quarter, LONGEST_NOTE / GRID)
        velocity = ((usual if loudness is None else loudness) - SILENCE) * PER_DECIBEL
        found.append((tick, sounds / QUARTER, length, _pitch(row), int(min(127, max(1, velocity)))))
    found.sort()
    written, played = [], {}
    for at, (tick, sounds, length, pitch, velocity) in enumerate(found):
        lasts = max(SHORTEST, round(length * QUARTER))
        if at + 1 < len(found):  # a player of one note at a time
            lasts = max(1, min(lasts, found[at + 1][0] - tick))
        note = RawNote(tick, tick + lasts, pitch, velocity)
        written.append(note)
        played.setdefault(note, _nuance(sounds, length))
    return written, played


def _loudness(row: Row) -> float | None:
    told = [loudness for name in LOUDNESS if (loudness := _number(row.told.get(name))) is not None]
    return told[0] if told and told[0] > 0 else None


def _nuance(sounds: float, length: float) -> Callable[[float], Nuance]:
    def at(place: float) -> Nuance:
        late = sounds - place
        return Nuance(round(late, 6) if abs(late) <= LATEST else 0.0, round(length, 6))

    return at
