"""From a written score to a tune: MusicXML, ABC, Humdrum kern and MEI, read by music21.

The melody is the part that chord symbols stand over, else the part that leads; its chords are the symbols, else what
the other parts sound, else what the melody itself asks for. Bars are the score's measures, counted from 0 whatever
numbers they bear; repeats are played once. Of a file of several tunes, the first is read.

Times become ticks, 10,080 a quarter, and parts the tracks of a MIDI file, so that a score is chosen from, quantised and
harmonised as any other file is. Parts are numbered as tracks are: only those that hold notes, from 0. No file but the
one that is named is opened, and nothing is unpacked, fetched or written. Left to others: which part leads
(`find_tracks.py`), chords that nobody wrote (`harmonise.py`), how symbols are played (`voicings.py`).
"""

import io
import os
import re
import stat
import warnings
import zipfile
import zlib
from contextlib import redirect_stderr, redirect_stdout
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple
from xml.etree.ElementTree import ParseError

from bars import LONGEST_BAR, MAX_BARS, Bars, Stretch, find_bars
from chord_symbols import Symbol, parse_symbol
from choose_parts import choose_parts, list_names
from find_tracks import between, find_melody, is_percussion
from harmonise import harmonise, harmonise_melody
from midi_file import DRUM_CHANNEL, MidiTune, RawNote, Track
from notes import GRID, Chord, Note, from_grid, to_grid
from piece import Bar
from preprocess import (
    DEFAULT_TEMPO,
    HIGHEST_TEMPO,
    LONGEST_REST,
    LOWEST_TEMPO,
    Selection,
    Tune,
    by_bar,
    inside,
)
from voices import melody_notes, quantize
from voicings import voice_changes

# By the file's ending, what music21 calls its format.
FORMATS = {".musicxml": "musicxml", ".xml": "musicxml", ".mxl": "musicxml", ".mei": "mei", ".abc": "abc"}
FORMATS |= {".krn": "humdrum"}
MAX_FILE_BYTES = 10_000_000  # of a file, and of the score in an .mxl: some hundred times a lead sheet
TICKS = 10_080  # a quarter: 2**5 * 3**2 * 5 * 7, exact for 32nds, triplets of triplets, quintuplets and septuplets
VELOCITY = 90  # of notes whose loudness the score leaves open
LONGEST_NAME = 60  # characters of a part's name or a title
ENCODINGS = re.compile(r"utf-?8|utf-?16|us-ascii|iso-8859-\d+|windows-125\d", re.IGNORECASE)
MEANT_FLAT = re.compile(r"(^|/)([A-Ga-g])-")  # music21 writes 'B-7/E-' for Bb7/Eb
READABLE_ELSEWHERE = "open it in a notation program and save it as MusicXML"

NOT_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, KeyError, ValueError)
# What music21 raises over scores that are broken, beside its own exceptions.
NOT_MUSIC = (ParseError, ArithmeticError, AssertionError, AttributeError, LookupError, OSError, RuntimeError)
NOT_MUSIC += (StopIteration, TypeError, ValueError)


class Sheet(NamedTuple):
    """What a score holds: its parts with notes as `tracks`; the chord `symbols` of each of them, and last those of
    parts without notes, as (tick, symbol); the `measures` of each track as starts and the end in ticks; its `meters`
    and `tempos` (quarters a minute) as (tick, value) in order of time; how many symbols made no sense; and whether
    something is repeated."""

    tracks: list[Track]
    symbols: list[list[tuple[int, Symbol]]]
    measures: list[list[int]]
    meters: list[tuple[int, tuple[int, int]]]
    tempos: list[tuple[int, float]]
    unread: int
    repeats: bool


def read_lead_sheet(path: str | os.PathLike, selection: Selection = Selection()) -> Tune:
    """The quantised melody and the chords of a score, by bar; see `preprocess.Tune`.

    Rests, windows and what `selection` asks for are treated as by `preprocess.read_tune`, with parts for tracks.
    Grace notes are left out, tied notes are one; of notes that sound together, the highest is the melody's. A symbol
    holds until the next one, also through N.C.; bars before the first symbol have that one.
    Raises ValueError, naming the file and a fix, where it cannot be read, has no notes, or nothing in the window.
    """
    path = Path(path)
    kind = FORMATS.get(path.suffix.lower())
    if kind is None:
        raise ValueError(f"{path}: no score by its ending; those that end in {' '.join(FORMATS)} are read")
    try:
        text = _text(_bytes(path), path.suffix.lower())
        told = ()
        if kind == "abc":
            text, told, dropped = _first_tune(text)
        sheet = _parsed(text, kind)
        if kind == "abc":
            sheet = sheet._replace(unread=sheet.unread + dropped)
        return _tune(path, sheet, selection, told)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


# --- From a score to a tune --------------------------------------------------------------------------------------------


def _tune(path: Path, sheet: Sheet, selection: Selection, told: tuple[str, ...]) -> Tune:
    if not sheet.tracks:
        raise ValueError("no part of it holds a note with a pitch; choose a score with a melody")
    midi = MidiTune(path, TICKS, sheet.tracks, [], [], [], "")
    asked, wanted = selection.melody_track, selection.chord_tracks
    window = None
    if selection.from_beat is not None or selection.to_beat is not None:
        window = (selection.from_beat or 0.0, float("inf") if selection.to_beat is None else selection.to_beat)
    counts = [len(symbols) for symbols in sheet.symbols]
    with_symbols = [number for number in range(len(sheet.tracks)) if counts[number] and 2 * counts[number] >= max(counts)]
    bars, told_of_bars = _bars(sheet, asked if asked is not None else min(with_symbols, default=0))

    number, why = asked, "as asked"
    if number is None:
        others = set(range(len(sheet.tracks))) - set(with_symbols) if with_symbols else set(wanted or ())
        number, why = find_melody(midi, window or (0.0, float("inf")), bars, others)
        if number in with_symbols:
            why = f"{counts[number]} chord symbols stand over it"
    sources = [track for track in range(len(counts)) if counts[track] and (wanted is None or track in wanted)]
    source = number if number in with_symbols else max(sources, key=counts.__getitem__, default=None)
    if wanted is not None and source not in wanted:
        source = max(sources, key=counts.__getitem__, default=None)

    if source is not None:
        harmony = ()
    elif wanted is not None:
        harmony = wanted
    else:
        harmony = tuple(n for n, track in enumerate(sheet.tracks) if n != number and not is_percussion(track))
    parts = choose_parts(midi, bars, number, harmony, window, why)
    line, under = _uppermost(parts.line)
    first_at = {note.offset: note for note in reversed(melody_notes(line, TICKS))}
    notes = inside(sorted(first_at.values()), *parts.window)
    melody = _with_rests(by_bar(notes, bars))
    bars_of_tune = {bar: bars[bar] for bar in melody}

    if source is not None:
        chords, told_of_chords = _symbol_chords(sheet.symbols[source], bars_of_tune), f"{counts[source]} symbols"
    else:
        voices = [*(voice.notes for voice in parts.voices), under]
        chords, told_of_chords = _heard_chords(voices, notes, bars_of_tune)
        if parts.voices:
            told_of_chords += " in " + list_names([voice.name for voice in parts.voices])
    if sheet.unread:
        told_of_chords += f"; {sheet.unread} chord symbols cannot be read and are left out"
    solo = f"solo: {between(window)} (as asked)" if window else "solo: the whole piece (nothing else is asked for)"
    told = (*told, *told_of_bars, parts.told[0], solo, f"chords: {told_of_chords}")
    return Tune(melody, chords, bars_of_tune, _tempo_at(sheet.tempos, next(iter(bars_of_tune.values())).start), told)


def _bars(sheet: Sheet, part: int) -> tuple[Bars, tuple[str, ...]]:
    """The bars of a part's measures, on the grid of sixteenths that `bars.py` keeps to, and what is told of them."""
    told = ("bars: repeats are played once",) if sheet.repeats else ()
    measures = sheet.measures[part] if part < len(sheet.measures) else []
    if not measures:
        last = max(event[0] for track in sheet.tracks for event in track.events)
        bars, left_out = find_bars(sheet.meters, TICKS, last)
        return bars, (*told, *left_out, "bars: the score has no measures; its meter makes them, or else 4/4")
    sixteenth = GRID // 4
    starts = sorted({0, *(round(Fraction(4 * tick, TICKS)) * sixteenth for tick in measures)})
    stretches, number, cut, whole = [], 0, 0, (4, 4)
    meters, later = iter(sheet.meters), next(iter(sheet.meters), None)
    next(meters, None)
    for start, end in pairwise(starts):
        while later and later[0] * GRID <= (start + 1) * TICKS:
            whole, later = later[1], next(meters, None)
        length = end - start
        meter = whole if whole[0] * 4 * GRID == whole[1] * length else _meter_of(length)
        if length > LONGEST_BAR * GRID:  # chant, or a cadenza
            cut, meter, length = cut + 1, (4, 4), 4 * GRID
        if not stretches or stretches[-1][1:3] != (length, meter):
            stretches.append(Stretch(start, length, meter, number))
        count, rest = divmod(end - start, length)
        number += count
        if rest:
            stretches.append(Stretch(end - rest, rest, _meter_of(rest), number))
            number += 1
    if number > MAX_BARS:
        raise ValueError(f"it is {number:,} bars long and at most {MAX_BARS:,} are read; cut it into pieces")
    if cut:
        told += (f"bars: {cut} measures longer than {LONGEST_BAR} quarters are cut into bars of 4/4",)
    return Bars(stretches or [Stretch(0, 4 * GRID, (4, 4), 0)]), told


def _meter_of(steps: int) -> tuple[int, int]:
    """The meter of a bar of some sixteenths, in grid steps: 12 -> (1, 4), 18 -> (3, 8)."""
    upper, lower = Fraction(steps, 4 * GRID).as_integer_ratio()
    return (upper, lower) if lower >= 4 else (upper * 4 // lower, 4)


def _uppermost(notes: list[RawNote]) -> tuple[list[RawNote], list[RawNote]]:
    """The notes that no higher one starts with or sounds over from beginning to end, and the others."""
    line, under, sounding = [], [], []
    for note in sorted(notes, key=lambda note: (note.start, -note.pitch, -note.end)):
        sounding = [other for other in sounding if other.end > note.start]
        if any(o.start == note.start or o.pitch >= note.pitch and o.end >= note.end for o in sounding):
            under.append(note)
        else:
            line.append(note)
            sounding.append(note)
    return line, under


def _with_rests(melody: dict[int, list[Note]]) -> dict[int, list[Note]]:
    """The melody with its short rests, as bars without notes."""
    complete = dict(melody)
    for before, after in pairwise(melody):
        if after - before - 1 <= LONGEST_REST:
            complete |= {silent: [] for silent in range(before + 1, after)}
    return dict(sorted(complete.items()))


def _symbol_chords(symbols: list[tuple[int, Symbol]], bars: dict[int, Bar]) -> dict[int, list[Chord]]:
    """Voicings of the symbols in each bar, each held until the next; a bar begins with the chord that goes on."""
    changes = [(quantize(tick, TICKS), symbol) for tick, symbol in symbols if symbol.root is not None]
    changes = [change for before, change in pairwise([(0, None), *changes]) if before[1] != change[1]]
    voiced = voice_changes([[symbol] for _, symbol in changes])
    played = [(to_grid(offset), voiced[index][0]) for index, (offset, _) in enumerate(changes)]
    found, following, held = {}, 0, played[0][1]
    for number, bar in bars.items():
        start, end = to_grid(bar.start), to_grid(bar.start + bar.length)
        at = {}
        while following < len(played) and played[following][0] < end:
            held_before, (step, held) = held, played[following]
            at.setdefault(start, held_before) if step > start else None
            at[max(step, start)] = held
            following += 1
        at = at or {start: held}
        found[number] = [
            chord._replace(offset=from_grid(step), quarter_length=from_grid(until - step))
            for (step, chord), until in zip(at.items(), [*list(at)[1:], end], strict=True)
        ]
    return found
