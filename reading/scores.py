"""From a written score to raw tracks and chord symbols: MusicXML, ABC, Humdrum kern and MEI, read by music21.

Bars are the score's measures, counted from 0 whatever numbers they bear; repeats are played once. Of a file of several
tunes, the first is read. Grace notes are left out, tied notes are one. Times become ticks, 10,080 a quarter, and parts
tracks. No file but the one that is named is opened, and nothing is fetched or written. Left to others: which
part leads, and what is made of it (`reading/choosing.py`), the text (`reading/score_text.py`).
"""

import io
import os
import re
import warnings
from bisect import bisect_right
from contextlib import redirect_stderr, redirect_stdout
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple
from xml.etree.ElementTree import ParseError

from music.chord_names import spelled_symbol
from music.chord_symbols import Symbol, parse_symbol
from music.piece import DRUM_CHANNEL
from music.units import GRID, SIXTEENTH
from reading.meters import LONGEST_BAR, MAX_BARS, Bars, Stretch, find_bars, meter_of
from reading.raw_tune import HIGHEST_TEMPO, LOWEST_TEMPO, RawTune, Track, some, under_symbols
from reading.score_text import (
    FORMATS,
    MAX_FILE_BYTES,
    READABLE_ELSEWHERE,
    check_text,
    first_line,
    first_tune,
    label,
    score_text,
)
from running.files import read_bounded

TICKS = 10_080  # a quarter: 2**5 * 3**2 * 5 * 7, exact for 32nds, triplets of triplets, quintuplets and septuplets
UNITS = (1, 2, 4, 8, 16, 32, 64)  # denominators of meters that a MIDI file can tell
VELOCITY = 90  # of notes whose loudness the score leaves open
MEANT_FLAT = re.compile(r"(^|/)([A-Ga-g])-")  # music21 writes 'B-7/E-' for Bb7/Eb
# Of what stands in quotes in ABC, what is no annotation; `music/chord_symbols.py` says what is a symbol.
ABC_SYMBOL = re.compile(r"[A-G][#b]?($|[-mMdas+/(^°øΔ#b\d])|N\.?C")

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


def read_score(path: str | os.PathLike, part: int | None = None) -> RawTune:
    """What a score holds, its symbols over its parts; its bars are those of a `part`, None: of the first under symbols.

    Raises ValueError, naming the file and a fix, where it cannot be read or has no notes.
    """
    path = Path(path)
    kind = FORMATS.get(path.suffix.lower())
    if kind is None:
        raise ValueError(f"{path}: no score by its ending; those that end in {' '.join(FORMATS)} are read")
    data = read_bounded(path, MAX_FILE_BYTES, "a score")
    try:
        text, told, unread = score_text(data, path.suffix.lower()), (), 0
        if kind == "abc":
            text, told = first_tune(text)
        check_text(text, kind)
        if kind == "abc":
            text, unread = _respelled(text)
        sheet = _parsed(text, kind)
        if not sheet.tracks:
            raise ValueError("no part of it holds a note with a pitch; choose a score with a melody")
        bars, told_of_bars = _bars(sheet, min(under_symbols(sheet.symbols), default=0) if part is None else part)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    told += told_of_bars
    symbols, unread = sheet.symbols, unread + sheet.unread
    return RawTune(path, TICKS, sheet.tracks, bars, [], sheet.tempos, told, symbols=symbols, unread_symbols=unread)


def _bars(sheet: Sheet, part: int) -> tuple[Bars, tuple[str, ...]]:
    """The bars of a part's measures, on the grid that `reading/meters.py` keeps to, and what is told of them."""
    told = ("bars: repeats are played once",) if sheet.repeats else ()
    measures = sheet.measures[part] if 0 <= part < len(sheet.measures) else []
    if not measures:
        last = max(event[0] for track in sheet.tracks for event in track.events)
        bars, left_out = find_bars(sheet.meters, TICKS, last)
        return bars, (*told, *left_out, "bars: the score has no measures; its meter makes them, or else 4/4")
    starts = sorted({0, *(round(Fraction(4 * tick, TICKS)) * SIXTEENTH for tick in measures)})
    changes = [tick for tick, _ in sheet.meters]
    stretches, number, cut = [], 0, 0
    for start, end in pairwise(starts):
        before = bisect_right(changes, (start + 1) * TICKS // GRID)
        whole = sheet.meters[before - 1][1] if before else (4, 4)
        length = end - start
        is_whole = whole[0] * 4 * GRID == whole[1] * length and whole[1] in UNITS
        meter = whole if is_whole else meter_of(length)
        if length > LONGEST_BAR * GRID:  # chant, or a cadenza
            cut, meter, length = cut + 1, (4, 4), 4 * GRID
        if not stretches or stretches[-1][1:3] != (length, meter):
            stretches.append(Stretch(start, length, meter, number))
        count, rest = divmod(end - start, length)
        number += count
        if rest:
            stretches.append(Stretch(end - rest, rest, meter_of(rest), number))
            number += 1
    if number > MAX_BARS:
        raise ValueError(f"it is {number:,} bars long and at most {MAX_BARS:,} are read; cut it into pieces")
    if cut:
        told += (f"bars: {some(cut, 'measure')} longer than {LONGEST_BAR} quarters, cut into bars of 4/4",)
    return Bars(stretches or [Stretch(0, 4 * GRID, (4, 4), 0)]), told


# --- ABC ---------------------------------------------------------------------------------------------------------


def _respelled(text: str) -> tuple[str, int]:
    """An ABC tune as music21 reads it best, and how many chord symbols in it cannot be read.

    music21 takes 'C-7' for C flat 7, and stumbles over annotations, which stand in quotes too: they are left out.
    """
    unread = 0

    def respell(quoted: re.Match) -> str:
        nonlocal unread
        written = quoted[1].strip(" ()")
        plain = re.sub(r"^([A-G][#b]?)(?:-|minor|min|mi)", r"\1m", written)
        if not ABC_SYMBOL.match(written) or not _is_known(plain):
            unread += bool(ABC_SYMBOL.match(written))
            return ""
        return f'"{plain}"'

    lines = [
        line if re.match(r"[A-Za-z]:|%", line) else re.sub(r'"([^"]*)"', respell, line) for line in text.splitlines()
    ]
    return "\n".join(lines) + "\n", unread


def _is_known(figure: str) -> bool:
    """Whether music21 and this project can both read a chord symbol."""
    from music21 import common, harmony
    from music21.exceptions21 import Music21Exception

    try:
        if parse_symbol(figure).root is not None:
            harmony.ChordSymbol(common.cleanedFlatNotation(figure))
    except (Music21Exception, *NOT_MUSIC):
        return False
    return True


# --- From text to parts -----------------------------------------------------------------------------------------------


def _parsed(text: str, kind: str) -> Sheet:
    """What music21 reads, as plain numbers; all that its reading may raise is one ValueError."""
    from music21 import converter
    from music21.exceptions21 import Music21Exception

    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            return _sheet(converter.parseData(text, format=kind))
    except (Music21Exception, *NOT_MUSIC) as error:
        raise ValueError(
            f"damaged, or no {kind} score: music21 cannot read it ({first_line(error)}); {READABLE_ELSEWHERE}"
        ) from error


def _sheet(score) -> Sheet:
    from music21 import bar, harmony, instrument, meter, repeat, stream, tempo

    if isinstance(score, stream.Opus):
        score = score.scores[0]
    if any(player.transposition is not None for player in score[instrument.Instrument]):
        score.toSoundingPitch(inPlace=True)
    tracks, symbols, measures, meters, tempos, repeats, unread = [], [], [], {}, {}, False, 0
    without_notes = []
    for part in list(getattr(score, "parts", ())) or [score]:
        flat = part.flatten()
        written = []
        for element in flat.getElementsByClass(harmony.ChordSymbol):
            symbol = _symbol(element)
            unread += symbol is None
            if symbol and symbol.root is not None:
                written.append((round(element.offset * TICKS), symbol))
        notes = _notes(flat)
        if notes:
            events = [event for start, end, pitch in notes for event in ((start, True, pitch), (end, False, pitch))]
            events = [(*event, VELOCITY) for event in sorted(events)]  # at one tick releases come before onsets
            players = flat.getElementsByClass(instrument.Instrument)
            channels = [player.midiChannel for player in players if isinstance(player, instrument.Percussion)]
            channel = DRUM_CHANNEL if DRUM_CHANNEL in channels else 0
            name = getattr(part, "partName", None) or next((player.instrumentName for player in players), None) or ""
            tracks.append(Track(label(str(name)), (), channel, TICKS, events))
            symbols.append(written)
            inner = list(part.getElementsByClass(stream.Measure))
            ends = [round((inner[-1].offset + inner[-1].highestTime) * TICKS)] if inner else []
            measures.append([*(round(measure.offset * TICKS) for measure in inner), *ends])
        else:
            without_notes += written
        for sign in flat.getElementsByClass(meter.TimeSignature):
            meters.setdefault(round(sign.offset * TICKS), (sign.numerator, sign.denominator))
        for mark in [*flat.getElementsByClass(tempo.MetronomeMark), *score.getElementsByClass(tempo.MetronomeMark)]:
            speed = mark.getQuarterBPM()
            if speed and LOWEST_TEMPO <= speed <= HIGHEST_TEMPO:
                tempos.setdefault(round(mark.offset * TICKS), round(float(speed), 3))
        repeats = repeats or bool(flat.getElementsByClass((bar.Repeat, repeat.RepeatMark)))
    return Sheet(
        tracks, [*symbols, without_notes], measures, sorted(meters.items()), sorted(tempos.items()), unread, repeats
    )


def _notes(flat) -> list[tuple[int, int, int]]:
    """The notes of a part as (start, end, pitch), in ticks; ties joined, grace notes and unpitched ones left out."""
    from music21 import chord, harmony, note

    notes, tied = [], {}
    for element in flat.notes:
        start, end = round(element.offset * TICKS), round((element.offset + element.quarterLength) * TICKS)
        if isinstance(element, harmony.Harmony) or element.duration.isGrace or end <= start or start < 0:
            continue
        for single in element.notes if isinstance(element, chord.ChordBase) else (element,):
            if not isinstance(single, note.Note):
                continue
            pitch, tie = single.pitch.midi, single.tie or element.tie
            before = tied.pop(pitch, None) if tie and tie.type in ("stop", "continue") else None
            if before is not None and notes[before][1] == start:
                notes[before] = (notes[before][0], end, pitch)
            else:
                before = len(notes)
                notes.append((start, end, pitch))
            if tie and tie.type in ("start", "continue"):
                tied[pitch] = before
    return notes


def _symbol(element) -> Symbol | None:
    """One of music21's chord symbols as one of ours: by its text, else by its pitches; None where it has neither."""
    from music21.exceptions21 import Music21Exception

    try:
        text = MEANT_FLAT.sub(r"\1\2b", element.figure or "").replace(" ", "")
        root, tones = element.root(), {pitch.pitchClass for pitch in element.pitches}
    except (Music21Exception, *NOT_MUSIC):  # such as one that is a function of the key and has no root
        return None
    try:
        return parse_symbol(text.replace("alter", "").replace("subtract", "no"))
    except ValueError:
        if root is None or len(tones) < 2:
            return None
        bass = element.bass() or root
        intervals = {(tone - root.pitchClass) % 12 for tone in tones}
        return spelled_symbol(root.pitchClass, intervals, bass.pitchClass)
