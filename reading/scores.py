"""From a written score to raw tracks and chord symbols: MusicXML by our own reader, ABC, kern and MEI by music21.

Bars are the form's: the score's measures as they are played, counted from 0 whatever numbers they bear. Of a file of
several tunes, the first is read. Grace notes are left out, tied notes are one. Times become ticks and parts tracks. No
file but the one that is named is opened, and nothing is fetched or written. Left to others: MusicXML
(`reading/musicxml.py`), from measures to what sounds (`reading/measures.py`), which part leads, and what is made of it
(`reading/choosing.py`), the text (`reading/score_text.py`).
"""

import io
import os
import re
import warnings
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from music.chord_names import spelled_symbol
from music.chord_symbols import Symbol, parse_symbol
from music.form import Marks
from music.piece import DRUM_CHANNEL
from reading.abc_text import AbcSign, Respelled, respelled
from reading.charts import Chart, read_text_signs
from reading.kinds import SCORE, refuse_other_kinds
from reading.measures import (
    TICKS,
    WrittenMeasure,
    WrittenNote,
    WrittenPart,
    WrittenScore,
    chart_of,
    raw_tune_of,
)
from reading.musicxml import read_musicxml
from reading.raw_tune import HIGHEST_TEMPO, LOWEST_TEMPO, RawTune
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

MEANT_FLAT = re.compile(r"(^|/)([A-Ga-g])-")  # music21 writes 'B-7/E-' for Bb7/Eb
# What music21 raises over scores that are broken, beside its own exceptions.
NOT_MUSIC = (ParseError, ArithmeticError, AssertionError, AttributeError, LookupError, OSError, RuntimeError)
NOT_MUSIC += (StopIteration, TypeError, ValueError)


def read_score(path: str | os.PathLike) -> RawTune:
    """What a score holds, its form played once, its symbols over its parts.

    Raises ValueError, naming the file and a fix, where it cannot be read or has no notes.
    """
    return _of_score(Path(path), lambda score: raw_tune_of(Path(path), score))


def read_sheet(path: str | os.PathLike) -> Chart:
    """The changes that stand over a score, its form played once. Raises ValueError as `read_score` does, and where no
    chord symbol stands in it."""
    return _of_score(Path(path), chart_of)


def _of_score(path: Path, made: Callable[[WrittenScore], Any]) -> Any:
    """What is made of the score in a file."""
    kind = FORMATS.get(path.suffix.lower())
    if kind is None:
        raise ValueError(f"{path}: no score by its ending; those that end in {' '.join(FORMATS)} are read")
    refuse_other_kinds(path, SCORE)
    data = read_bounded(path, MAX_FILE_BYTES, "a score")
    try:
        text = score_text(data, path.suffix.lower())
        return made(read_musicxml(text) if kind == "musicxml" else _by_music21(text, kind))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _by_music21(text: str, kind: str) -> WrittenScore:
    """What music21 reads of a text of some kind."""
    told, abc = (), Respelled(text, [], [])
    if kind == "abc":
        text, told = first_tune(text)
    check_text(text, kind)
    if kind == "abc":
        abc = respelled(text)
        text = abc.text
    score = _parsed(text, kind, abc)
    return score._replace(told=(*told, *abc.told, *score.told))


# --- From text to parts -----------------------------------------------------------------------------------------------


def _parsed(text: str, kind: str, abc: Respelled) -> WrittenScore:
    """What music21 reads, as plain numbers; all that its reading may raise is one ValueError."""
    from music21 import converter
    from music21.exceptions21 import Music21Exception

    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            return _written(converter.parseData(text, format=kind), abc)
    except (Music21Exception, *NOT_MUSIC) as error:
        raise ValueError(
            f"damaged, or no {kind} score: music21 cannot read it ({first_line(error)}); {READABLE_ELSEWHERE}"
        ) from error


def _written(score, abc: Respelled) -> WrittenScore:
    """The score's measures and parts; what music21 took for symbols in ABC is what it stands for."""
    # Long: music21's measures are walked through once, and whatever stands in them is taken.
    from music21 import harmony, instrument, key, meter, stream, tempo

    if isinstance(score, stream.Opus):
        score = score.scores[0]
    if any(player.transposition is not None for player in score[instrument.Instrument]):
        score.toSoundingPitch(inPlace=True)
    elements = [element for element in score[harmony.ChordSymbol]]
    named = dict(zip(map(id, elements), abc.symbols, strict=True)) if len(elements) == len(abc.symbols) else {}

    def meaning(element) -> list[Symbol | str | AbcSign | None]:
        return named.get(id(element), []) if named else [_symbol(element)]

    measures, parts, tempos, unread = [], [], [], []
    for part in list(getattr(score, "parts", ())) or [score]:
        inner = list(part.getElementsByClass(stream.Measure)) or [part]  # some have none: it is one long measure
        in_force, ending_of = (4, 4), _endings(part, abc.endings)
        notes, of_part = [], []
        for number, measure in enumerate(inner):
            signature = next(iter(measure.getElementsByClass(meter.TimeSignature)), None)
            if signature and signature.numerator > 0:
                in_force = signature.numerator, signature.denominator
            flat = measure.flatten()
            found = [(one, symbol) for one in flat[harmony.ChordSymbol] for symbol in meaning(one)]
            signs = [sign for _, sign in found if isinstance(sign, AbcSign)]
            in_force = next((sign.meter for sign in signs if sign.meter), in_force)
            length = round(measure.highestTime * TICKS) or 4 * TICKS * in_force[0] // in_force[1]
            marks = _marks(measure)._replace(ending=ending_of.get(id(measure), ()))
            if number == len(measures):
                measures.append(WrittenMeasure(length, in_force, marks))
            elif length > measures[number].length:
                measures[number] = measures[number]._replace(length=length)
            _mark(measures, number, signs)
            notes.append(_notes(flat))
            of_part.append([])
            for element, symbol in found:
                if isinstance(symbol, Symbol):
                    of_part[-1].append((round(element.offset * TICKS), symbol))
                elif not isinstance(symbol, AbcSign):
                    unread.append((symbol or element.figure or "", number + 1))
            for mark in flat.getElementsByClass(tempo.MetronomeMark):
                speed = mark.getQuarterBPM()
                if speed and LOWEST_TEMPO <= speed <= HIGHEST_TEMPO:
                    tempos.append((number, round(mark.offset * TICKS), round(float(speed), 3)))
        players = part[instrument.Instrument]
        is_drums = any(isinstance(one, instrument.Percussion) and one.midiChannel == DRUM_CHANNEL for one in players)
        name = getattr(part, "partName", None) or next((one.instrumentName for one in players), None) or ""
        parts.append(WrittenPart(label(str(name)), is_drums, notes, of_part))
    _mark(measures, len(measures), abc.at_end)
    signature = next(iter(score[key.KeySignature]), None)
    return WrittenScore(measures, parts, tempos, tuple(unread), signature.sharps if signature else None)


def _mark(measures: list[WrittenMeasure], number: int, signs: list[AbcSign]) -> None:
    """Write down what signs say of the measure of this number, or of the one before."""
    for sign in signs:
        place = number - sign.of_bar_before
        if -len(measures) <= place < len(measures):
            marks = measures[place].marks._replace(**sign.marks.given)
            section = sign.section or measures[place].section
            measures[place] = measures[place]._replace(marks=marks, section=section)


def _endings(part, said: tuple[tuple[int, ...], ...]) -> dict[int, tuple[int, ...]]:
    """The numbers of the ending that a measure belongs to, by the measure's id; as they are `said` in ABC, of whose
    numbers music21 reads the first."""
    from music21 import spanner

    found = {}
    brackets = list(part[spanner.RepeatBracket])
    numbers = said if len(said) == len(brackets) else [tuple(bracket.numberRange) for bracket in brackets]
    for bracket, of_ending in zip(brackets, numbers, strict=True):
        for measure in bracket.getSpannedElements():
            found[id(measure)] = of_ending
    return found


def _marks(measure) -> Marks:
    """What decides at a measure what is played after it."""
    from music21 import bar, expressions, repeat

    marks, signs = Marks(), Marks()
    for line, at_end in (
        (getattr(measure, "leftBarline", None), False),
        (getattr(measure, "rightBarline", None), True),
    ):
        if isinstance(line, bar.Repeat):
            times = line.times if isinstance(line.times, int) else 2
            marks = marks._replace(times=min(max(times, 2), 64)) if at_end else marks._replace(opens=True)
    for mark in measure.getElementsByClass(repeat.RepeatMark):
        if isinstance(mark, repeat.Segno):
            marks = marks._replace(segno=True)
        elif isinstance(mark, repeat.Coda):
            marks = marks._replace(coda=True)
        elif isinstance(mark, repeat.RepeatExpression):
            signs = read_text_signs(mark.getText() or "", signs)
    for words in measure.getElementsByClass(expressions.TextExpression):
        signs = read_text_signs(words.content or "", signs)
    return marks._replace(**signs.given)


def _notes(flat) -> list[WrittenNote]:
    """The notes of a measure, in ticks; grace notes and unpitched ones left out."""
    from music21 import chord, harmony, note

    notes = []
    for element in flat.notes:
        start, end = round(element.offset * TICKS), round((element.offset + element.quarterLength) * TICKS)
        if isinstance(element, harmony.Harmony) or element.duration.isGrace or end <= start or start < 0:
            continue
        for single in element.notes if isinstance(element, chord.ChordBase) else (element,):
            if not isinstance(single, note.Note):
                continue
            tie = single.tie or element.tie
            kind = tie.type if tie else ""
            notes.append(
                WrittenNote(start, end, single.pitch.midi, kind in ("stop", "continue"), kind in ("start", "continue"))
            )
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
