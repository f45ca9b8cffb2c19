"""A score as it is written, measure by measure, and how it sounds: its form played once, as raw tracks and bars.

Left to others: finding measures in a file (`reading/musicxml.py`, `reading/scores.py`), the order in which they are
played (`music/form.py`), choosing from what sounds (`reading/choosing.py`).
"""

from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from music.chord_symbols import Symbol, parse_symbol
from music.form import Marks, ending_names, played_order
from music.piece import DRUM_CHANNEL
from music.units import GRID, SIXTEENTH, quantize
from reading.charts import Chart
from reading.meters import LONGEST_BAR, MAX_BARS, Bars, Stretch, held_in_bars, meter_of
from reading.raw_tune import RawTune, Track, some
from reading.score_text import label

TICKS = 10_080  # a quarter: 2**5 * 3**2 * 5 * 7, exact for 32nds, triplets of triplets, quintuplets and septuplets
LONGEST_MEASURE = 1000 * TICKS
MOST_MEASURES = MAX_BARS
UNITS = (1, 2, 4, 8, 16, 32, 64)  # denominators of meters that a MIDI file can tell
MOST_NAMED = 3  # symbols that cannot be read
VELOCITY = 90  # of notes whose loudness the score leaves open


class WrittenNote(NamedTuple):
    """A note in ticks from the start of its measure, and whether a tie leads to it and from it."""

    start: int
    end: int
    pitch: int
    tied_from: bool = False
    tied_to: bool = False


class WrittenMeasure(NamedTuple):
    """A measure: how long it is (ticks), the meter in force, its marks, and the section that begins with it."""

    length: int
    meter: tuple[int, int]
    marks: Marks = Marks()
    section: str = ""


class WrittenPart(NamedTuple):
    """A part: for each measure its notes and its chord symbols (tick, symbol); how many slashes stand for notes."""

    name: str
    is_drums: bool
    notes: list[list[WrittenNote]]
    symbols: list[list[tuple[int, Symbol]]]
    slashes: int = 0


class WrittenScore(NamedTuple):
    """A score: its measures, its parts, its tempos as (measure, tick, quarters a minute), symbols that make no sense
    with the number of their measure, its key's sharps (flats below 0) if it says, and what is told of it."""

    measures: list[WrittenMeasure]
    parts: list[WrittenPart]
    tempos: list[tuple[int, int, float]]
    unread: tuple[tuple[str, int], ...] = ()
    fifths: int | None = None
    told: tuple[str, ...] = ()


def raw_tune_of(path: Path, score: WrittenScore) -> RawTune:
    """A score as it sounds, its form played once. ValueError where it has no notes, or more bars than are read."""
    if not any(notes for part in score.parts for notes in part.notes):
        symbols = sum(len(here) for part in score.parts for here in part.symbols)
        if symbols and any(part.slashes for part in score.parts):
            raise ValueError(
                f"it has no melody: slashes stand for what a band plays over its {some(symbols, 'symbol')}; give "
                "it as CHORDS, and choose a TUNE with a melody"
            )
        raise ValueError("no part of it holds a note with a pitch; choose a score with a melody")
    order, told = _order(score)
    starts = list(accumulate((score.measures[measure].length for measure in order), initial=0))
    bars, n_bars, told_of_bars = _bars(score, order, starts)
    tracks, symbols = _tracks(score, order, starts)
    tempos = {}
    for measure, tick, tempo in sorted(score.tempos):
        if measure in order:
            tempos.setdefault(starts[order.index(measure)] + tick, tempo)
    return RawTune(
        path,
        TICKS,
        tracks,
        bars,
        [],
        sorted(tempos.items()),
        (*score.told, *told, *told_of_bars),
        symbols=symbols,
        n_bars=n_bars,
        fifths=score.fifths,
        sections=_sections(score, order, starts, bars),
    )


def chart_of(score: WrittenScore) -> Chart:
    """The changes of a score alone, its form played once; a bar begins with the chord that goes on. ValueError where no
    chord symbol stands in it."""
    order, told = _order(score)
    starts = list(accumulate((score.measures[measure].length for measure in order), initial=0))
    numbered, n_bars, told_of_bars = _bars(score, order, starts)
    bars = [numbered[number] for number in range(n_bars)]
    sounding = {}
    for place, measure in enumerate(order):
        for part in score.parts:
            for tick, symbol in _at(part.symbols, measure):
                sounding.setdefault(quantize(starts[place] + tick, TICKS), symbol)
    if not sounding:
        raise ValueError("no chord symbol stands in it; choose a sheet with changes")
    held = held_in_bars(sorted(sounding.items(), key=lambda one: one[0]), bars)
    changes = [[(duration, symbol) for _, duration, symbol in in_bar] for in_bar in held]
    return Chart(
        bars, changes, _sections(score, order, starts, numbered), (*score.told, *told, *told_of_bars), score.fifths
    )


def _tracks(score: WrittenScore, order: list[int], starts: list[int]) -> tuple[list[Track], list[list]]:
    """The parts with notes as tracks, and the symbols over each of them, last those over parts without."""
    tracks, symbols, without_notes = [], [], []
    for part in score.parts:
        sounding = [
            (starts[place] + tick, symbol)
            for place, measure in enumerate(order)
            for tick, symbol in _at(part.symbols, measure)
        ]
        notes = _notes(part, order, starts)
        if not notes:
            without_notes += sounding
            continue
        events = [event for start, end, pitch in notes for event in ((start, True, pitch), (end, False, pitch))]
        events = [(*event, VELOCITY) for event in sorted(events)]  # at one tick releases come before onsets
        tracks.append(Track(part.name, (), DRUM_CHANNEL if part.is_drums else 0, TICKS, events))
        symbols.append(sounding)
    return tracks, [*symbols, sorted(without_notes, key=lambda one: one[0])]


def _sections(score: WrittenScore, order: list[int], starts: list[int], bars: Bars) -> dict[int, str]:
    """The sections, and the endings, by the bar that they begin with."""
    endings = ending_names([measure.marks for measure in score.measures])
    names = [measure.section or endings.get(number, "") for number, measure in enumerate(score.measures)]
    return {
        bars.number(_on_grid(start)): names[measure]
        for start, measure in zip(starts, order, strict=False)
        if names[measure]
    }


def _on_grid(tick: int) -> int:
    """The sixteenth that a tick is nearest to, in grid steps."""
    return round(4 * tick / TICKS) * SIXTEENTH


def _at(by_measure: list[list], measure: int) -> list:
    """What a part holds in a measure; some end before others."""
    return by_measure[measure] if measure < len(by_measure) else []


def _order(score: WrittenScore) -> tuple[list[int], tuple[str, ...]]:
    """The measures as they are played, and what is told of them and of what could not be read in them."""
    written, unread = len(score.measures), _told_of_unread(score.unread)
    marks = _with_one_coda([measure.marks for measure in score.measures])
    try:
        order = played_order(marks, MAX_BARS)
    except ValueError as error:
        if "more than" in str(error):
            raise
        told = (f"form: played as it is written, for its signs cannot be followed ({error})",)
        return list(range(written)), (*unread, *told)
    told = (f"form: {written} measures written, {len(order)} played",) if order != list(range(written)) else ()
    return order, (*unread, *told)


def _told_of_unread(unread: tuple[tuple[str, int], ...]) -> tuple[str, ...]:
    """A line on symbols that make no sense: how many, and where the first of them stand."""
    if not unread:
        return ()
    named = []
    for text, measure in unread[:MOST_NAMED]:
        try:
            parse_symbol(text)
            why = f"{label(text)!r} has no root"
        except ValueError as error:
            why = str(error)
        named.append(f"measure {measure}: {why}")
    more = f", and {len(unread) - MOST_NAMED} more" if len(unread) > MOST_NAMED else ""
    return (f"unread: {some(len(unread), 'symbol')} ({', '.join(named)}{more})",)


def _with_one_coda(marks: list[Marks]) -> list[Marks]:
    """The last coda sign is the coda's; those before it, at the end of a measure, lead there."""
    codas = [number for number, mark in enumerate(marks) if mark.coda]
    for number in codas[:-1]:
        marks[number] = marks[number]._replace(coda=False, to_coda=True)
    return marks


def _notes(part: WrittenPart, order: list[int], starts: list[int]) -> list[tuple[int, int, int]]:
    """The notes of a part as they sound, (start, end, pitch), ties joined."""
    notes, tied = [], {}
    for place, measure in enumerate(order):
        for start, end, pitch, tied_from, tied_to in sorted(_at(part.notes, measure)):
            start, end = starts[place] + start, starts[place] + end
            before = tied.pop(pitch, None) if tied_from else None
            if before is not None and notes[before][1] == start:
                notes[before] = (notes[before][0], end, pitch)
            else:
                before = len(notes)
                notes.append((start, end, pitch))
            if tied_to:
                tied[pitch] = before
    return notes


def _bars(score: WrittenScore, order: list[int], starts: list[int]) -> tuple[Bars, int, tuple[str, ...]]:
    """The bars of the measures, on the grid that `reading/meters.py` keeps to, how many, and what is told of them."""
    lines = [_on_grid(tick) for tick in starts]
    stretches, number, cut = [], 0, 0
    for place, measure in enumerate(order):
        start, whole = lines[place], score.measures[measure].meter
        length = lines[place + 1] - start
        if not length:
            continue
        nominal = 4 * GRID * whole[0] // whole[1]
        meter = whole if length <= nominal and whole[1] in UNITS else meter_of(length)
        step = length
        if length > LONGEST_BAR * GRID:  # chant, a cadenza, or a score without measures
            cut, meter = cut + 1, whole if GRID <= nominal <= LONGEST_BAR * GRID else (4, 4)
            step = 4 * GRID * meter[0] // meter[1]
        while length > 0:
            bar = min(step, length)
            if not stretches or stretches[-1][1:3] != (bar, meter):
                stretches.append(Stretch(start, bar, meter, number))
            start, length, number = start + bar, length - bar, number + 1
            if number > MAX_BARS:
                raise ValueError(f"it is {number:,} or more bars long and at most {MAX_BARS:,} are read; cut it")
    told = (
        (f"bars: {some(cut, 'measure')} longer than {LONGEST_BAR} quarters, cut into bars of its meter",) if cut else ()
    )
    return Bars(stretches or [Stretch(0, 4 * GRID, (4, 4), 0)]), number, told
