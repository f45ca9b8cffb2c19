"""From a written score to a tune: MusicXML, ABC, Humdrum kern and MEI, read by music21.

The melody is the part that chord symbols stand over, else the part that leads; its chords are the symbols, else what
the other parts sound, else what the melody itself asks for. Bars are the score's measures, counted from 0 whatever
numbers they bear; repeats are played once. Of a file of several tunes, the first is read.

Times become ticks, 10,080 a quarter, and parts the tracks of a MIDI file, so that a score is chosen from, quantised and
harmonised as any other file is. Parts are numbered as tracks are: only those that hold notes, from 0. No file but the
one that is named is opened, and nothing is unpacked, fetched or written. Left to others: which part leads
(`reading/track_roles.py`), chords that nobody wrote (`reading/harmonise.py`), how symbols are played
(`music/voicings.py`).
"""

import io
import os
import re
import warnings
from bisect import bisect_left, bisect_right
from contextlib import redirect_stderr, redirect_stdout
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple
from xml.etree.ElementTree import ParseError

from music.chord_symbols import Symbol, parse_symbol
from music.notes import GRID, Chord, Note, from_grid, quantize, to_grid
from music.piece import Bar
from music.voicings import voice_changes
from preprocess import (
    DEFAULT_TEMPO,
    HIGHEST_TEMPO,
    LOWEST_TEMPO,
    Selection,
    Tune,
    by_bar,
    inside,
    with_rests,
)
from reading.choosing import list_names
from reading.grouping import melody_notes, split_hands
from reading.harmonise import harmonise, harmonise_melody
from reading.meters import LONGEST_BAR, MAX_BARS, Bars, Stretch, find_bars, meter_of
from reading.midi_tracks import DRUM_CHANNEL, SLACK, MidiTune, RawNote, Track
from reading.score_text import (
    FORMATS,
    READABLE_ELSEWHERE,
    check_text,
    first_line,
    first_tune,
    label,
    score_bytes,
    score_text,
)
from reading.track_roles import EVERYTHING, Voice, between, find_melody, is_percussion, shown

TICKS = 10_080  # a quarter: 2**5 * 3**2 * 5 * 7, exact for 32nds, triplets of triplets, quintuplets and septuplets
UNITS = (1, 2, 4, 8, 16, 32, 64)  # denominators of meters that a MIDI file can tell
VELOCITY = 90  # of notes whose loudness the score leaves open
MEANT_FLAT = re.compile(r"(^|/)([A-Ga-g])-")  # music21 writes 'B-7/E-' for Bb7/Eb
ABC_SYMBOL = re.compile(r"[A-G][#b]?($|[-mMdas+/(^°øΔ#b\d])|N\.?C")  # what stands in quotes and is no annotation

# What music21 raises over scores that are broken, beside its own exceptions.
NOT_MUSIC = (ParseError, ArithmeticError, AssertionError, AttributeError, LookupError, OSError, RuntimeError)
NOT_MUSIC += (StopIteration, TypeError, ValueError)

Lines = tuple[list[RawNote], list[RawNote]]  # a melody, and the other notes of its part


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
        text, told, unread = score_text(score_bytes(path), path.suffix.lower()), (), 0
        if kind == "abc":
            text, told = first_tune(text)
        check_text(text, kind)
        if kind == "abc":
            text, unread = _respelled(text)
        sheet = _parsed(text, kind)
        return _tune(path, sheet._replace(unread=sheet.unread + unread), selection, told)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


# --- From a score to a tune -------------------------------------------------------------------------------------------


def _tune(path: Path, sheet: Sheet, selection: Selection, told: tuple[str, ...]) -> Tune:
    if not sheet.tracks:
        raise ValueError("no part of it holds a note with a pitch; choose a score with a melody")
    midi = MidiTune(path, TICKS, sheet.tracks, [], [], [], "")
    asked, wanted = selection.melody_track, selection.chord_tracks
    _check_numbers(midi, asked, wanted)
    window = EVERYTHING
    if selection.from_beat is not None or selection.to_beat is not None:
        window = (selection.from_beat or 0.0, EVERYTHING[1] if selection.to_beat is None else selection.to_beat)
    counts = [len(symbols) for symbols in sheet.symbols]
    numbers = range(len(sheet.tracks))
    under_symbols = [number for number in numbers if counts[number] and 2 * counts[number] >= max(counts)]
    bars, told_of_bars = _bars(sheet, min(under_symbols, default=0) if asked is None else asked)

    number, why = asked, "as asked"
    if number is None:
        others = set(numbers) - set(under_symbols) if under_symbols else wanted or ()
        number, why = find_melody(midi, window, bars, others)
        if number in under_symbols:
            why = f"{_some(counts[number], 'chord symbol')} over it"
    line, rest = _line(midi, number, window, number in (wanted or ()))
    first_at = {note.offset: note for note in reversed(melody_notes(line, TICKS))}
    notes = inside(sorted(first_at.values()), *window)
    melody = with_rests(by_bar(notes, bars))
    bars_of_tune = {bar: bars[bar] for bar in melody}

    sources = [part for part, count in enumerate(counts) if count and (wanted is None or part in wanted)]
    if sources:
        source = max(sources, key=lambda part: (counts[part], part == number))
        chords = _symbol_chords(sheet.symbols[source], bars_of_tune)
        told_of_chords = f"{_some(counts[source], 'symbol')}, as written"
    else:
        is_heard = rest and (wanted is None or number in wanted)
        voices = [Voice(f"the rest of {shown(midi, number)}", rest)] if is_heard else []
        for other in numbers if wanted is None else wanted:
            if other != number and (wanted or not is_percussion(midi.tracks[other])):
                voices.append(Voice(shown(midi, other), midi.tracks[other].notes()))
        chords, told_of_chords = _heard_chords(voices, notes, bars_of_tune)
    if sheet.unread:
        told_of_chords += f"; {_some(sheet.unread, 'symbol')} more could not be read"
    solo = "the whole piece" if window == EVERYTHING else f"{between(window)} (as asked)"
    told += (*told_of_bars, f"melody: {shown(midi, number)} ({why})", f"solo: {solo}", f"chords: {told_of_chords}")
    return Tune(melody, chords, bars_of_tune, _tempo_at(sheet.tempos, next(iter(bars_of_tune.values())).start), told)


def _check_numbers(midi: MidiTune, melody_track: int | None, chord_tracks: tuple[int, ...] | None) -> None:
    for number in (melody_track, *(chord_tracks or ())):
        if number is not None and not 0 <= number < len(midi.tracks):
            names = list_names([shown(midi, part) for part in range(len(midi.tracks))])
            raise ValueError(f"there is no part {number}: those with notes are {names}")


def _line(midi: MidiTune, number: int, window: tuple[float, float], is_both: bool) -> Lines:
    """A part's melody and the rest of its notes; `is_both`: whether the part is its own accompaniment."""
    notes = midi.tracks[number].notes()
    line, rest = split_hands(notes, TICKS) if is_both else _uppermost(notes)
    if not inside(melody_notes(line, TICKS), *window):
        raise ValueError(
            f"the melody's {shown(midi, number)} has no note {between(window)}; "
            "change FROM_BEAT, TO_BEAT or MELODY_TRACK"
        )
    return line, rest


def _bars(sheet: Sheet, part: int) -> tuple[Bars, tuple[str, ...]]:
    """The bars of a part's measures, on the grid that `reading/meters.py` keeps to, and what is told of them."""
    told = ("bars: repeats are played once",) if sheet.repeats else ()
    measures = sheet.measures[part] if part < len(sheet.measures) else []
    if not measures:
        last = max(event[0] for track in sheet.tracks for event in track.events)
        bars, left_out = find_bars(sheet.meters, TICKS, last)
        return bars, (*told, *left_out, "bars: the score has no measures; its meter makes them, or else 4/4")
    sixteenth = GRID // 4
    starts = sorted({0, *(round(Fraction(4 * tick, TICKS)) * sixteenth for tick in measures)})
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
        told += (f"bars: {_some(cut, 'measure')} longer than {LONGEST_BAR} quarters, cut into bars of 4/4",)
    return Bars(stretches or [Stretch(0, 4 * GRID, (4, 4), 0)]), told


def _uppermost(notes: list[RawNote]) -> Lines:
    """The top voice: the notes with which no higher one starts or still sounds; and the others."""
    line, under, sounding = [], [], []
    for note in sorted(notes, key=lambda note: (note.start, -note.pitch, -note.end)):
        sounding = [o for o in sounding if o.start == note.start or o.end > note.start + TICKS // SLACK]
        if any(o.start == note.start or o.pitch >= note.pitch for o in sounding):
            under.append(note)
        else:
            line.append(note)
            sounding.append(note)
    return line, under


def _symbol_chords(symbols: list[tuple[int, Symbol]], bars: dict[int, Bar]) -> dict[int, list[Chord]]:
    """Voicings of the symbols in each bar, each held until the next; a bar begins with the chord that goes on."""
    changes = [change for before, change in pairwise([(0, None), *symbols]) if before[1] != change[1]]
    voiced = voice_changes([[symbol] for _, symbol in changes])
    played = [(to_grid(quantize(tick, TICKS)), voiced[index][0]) for index, (tick, _) in enumerate(changes)]
    found, following, held = {}, 0, played[0][1]
    for number, bar in bars.items():
        start, end = to_grid(bar.start), to_grid(bar.start + bar.length)
        at = {}
        while following < len(played) and played[following][0] < end:
            step, chord = played[following]
            if step > start and not at:
                at[start] = held
            at[max(step, start)] = held = chord
            following += 1
        at = at or {start: held}
        found[number] = [
            chord._replace(offset=from_grid(step), quarter_length=from_grid(until - step))
            for (step, chord), until in zip(at.items(), [*list(at)[1:], end], strict=True)
        ]
    return found


def _heard_chords(voices: list[Voice], melody: list[Note], bars: dict[int, Bar]) -> tuple[dict[int, list[Chord]], str]:
    """Chords from what the voices sound, or from the melody where they are silent in most bars; and which."""
    accompaniment = [
        Note(note.start / TICKS, (note.end - note.start) / TICKS, note.pitch, note.velocity)
        for voice in voices
        for note in voice.notes
    ]
    starts, heard = [bar.start for bar in bars.values()], set()
    for note in accompaniment:
        until = bisect_left(starts, note.offset + note.quarter_length)
        heard.update(range(max(bisect_right(starts, note.offset) - 1, 0), until))
    if 2 * len(heard) >= len(bars):
        names = list_names([voice.name for voice in voices])
        return harmonise(accompaniment, melody, bars), f"made by bar or half bar from what sounds in {names}"
    found, key = harmonise_melody(melody, bars)
    return found, f"made from the melody alone, in {key} (no symbols, and nothing else sounds in most bars)"


def _tempo_at(tempos: list[tuple[int, float]], beat: float) -> float:
    """The tempo at a beat, in quarters a minute."""
    before = [tempo for tick, tempo in tempos if tick <= beat * TICKS]
    return before[-1] if before else DEFAULT_TEMPO


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
            is_drums = any(isinstance(player, instrument.Percussion) and player.midiChannel == 9 for player in players)
            name = getattr(part, "partName", None) or next((player.instrumentName for player in players), None) or ""
            tracks.append(Track(label(str(name)), (), DRUM_CHANNEL if is_drums else 0, TICKS, events))
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
        intervals = tuple(sorted((tone - root.pitchClass) % 12 for tone in tones | {root.pitchClass}))
        return Symbol(text, root.pitchClass, _spelled(root), intervals, bass.pitchClass, _spelled(bass))


def _spelled(pitch) -> str:
    return pitch.name.replace("-", "b")


def _some(count: int, what: str) -> str:
    """A count in words: '1 symbol', '2 symbols'."""
    return f"{count} {what}" + ("" if count == 1 else "s")
