"""A file as a table for the listener: its tracks and what they are, its bars, markers, and what would be read of it.

Bars and beats are numbered as everywhere: bars from 1, as they are shown, beats in quarters from 0. Left to others: the
choices and their reasons (`reading/choosing.py`), the tracks' roles (`reading/overview.py`).
"""

from collections.abc import Iterable
from itertools import groupby
from textwrap import wrap

from music.instruments import NAMES, program_in
from music.notes import pitch_name
from music.piece import UNTOLD_TEMPO, TrackView
from reading.choosing import Selection, tune_of
from reading.overview import overview
from reading.raw_tune import RawTune, Track
from reading.sections import places
from running.console import fitted

WIDTH, TOLD = 120, 12  # columns of a line, and where what is told begins
# The columns, and how wide they are at most; the last one gets what is left.
COLUMNS = {"no": 4, "track": 24, "instrument": 23, "ch": 5, "range": 8, "notes": 6, "bars": 15, "role": 6, "why": WIDTH}
RIGHT = ("no", "ch", "notes")  # figures, which stand right
HINT = "MELODY_TRACK, CHORD_TRACKS (numbers, as --melody-track 1,2), FROM_BEAT, TO_BEAT (beats, or markers' texts)"


def listing(raw: RawTune, selection: Selection = Selection()) -> list[str]:
    """The lines of the table and what stands below, none longer than 120 columns."""
    try:
        tune = tune_of(raw, selection)
        views, told = tune.tracks, tune.told
    except ValueError as error:
        views, told = overview(raw), (*raw.told, f"nothing: {str(error).removeprefix(f'{raw.path}: ')}")
    rows = [dict(zip(COLUMNS, COLUMNS, strict=True)), *(_row(number, raw, view) for number, view in enumerate(views))]
    widths = {name: min(most, max(len(row[name]) for row in rows)) for name, most in COLUMNS.items()}
    lines = [*(_line(row, widths) for row in rows), ""]
    marks = [f"{tick / raw.ticks_per_quarter:g} {text}" for tick, text in raw.markers or places(raw)]
    below = {
        "bars": [_bars(raw, views)],
        "tempo": [_tempos(raw)],
        "markers": [", ".join(marks) or "none"],
        "read": told,
    }
    return lines + [line for what, said in (below | {"otherwise": [HINT]}).items() for line in _told(what, said)]


def _row(number: int, raw: RawTune, view: TrackView) -> dict[str, str]:
    track = raw.tracks[number]
    bars = sum(last - first + 1 for first, last in view.bars)
    pitches = [pitch for _, is_on, pitch, _ in track.events if is_on]
    return {
        "no": str(number),
        "track": view.name,
        "instrument": _instruments(track, view.role),
        "ch": "" if raw.is_written else str(track.channel + 1),
        "range": "" if view.role == "drums" else f"{_pitch(min(pitches))}-{_pitch(max(pitches))}",
        "notes": str(len(pitches)),
        "bars": f"{bars} in {view.bars[0][0] + 1}-{view.bars[-1][1] + 1}",
        "role": view.role,
        "why": view.why,
    }


def _pitch(midi: int) -> str:
    """63 -> 'Eb4'."""
    return pitch_name(midi).replace("-", "b", midi % 12 in (3, 10))


def _line(row: dict[str, str], widths: dict[str, int]) -> str:
    """A row in columns: what is too long is cut."""
    cells = (fitted(text.rjust(widths[name]) if name in RIGHT else text, widths[name]) for name, text in row.items())
    return fitted("  ".join(cells).rstrip(), WIDTH).rstrip()


def _instruments(track: Track, role: str) -> str:
    """What a track's programs are called, the first one first, or else what its name says."""
    if track.is_drums or role == "drums" and not track.programs:
        return "drum kit"
    named = program_in(track.name)
    programs = dict.fromkeys(program for _, program in track.programs) or ([] if named is None else [named])
    return " then ".join(NAMES[program] for program in programs)


def _bars(raw: RawTune, views: Iterable[TrackView]) -> str:
    """'1 of 1/4, 32 of 4/4'."""
    count = raw.n_bars or max(view.bars[-1][1] for view in views) + 1
    meters = groupby("{}/{}".format(*raw.bars[number].meter) for number in range(count))
    return ", ".join(f"{len(list(bars))} of {meter}" for meter, bars in meters)


def _tempos(raw: RawTune) -> str:
    """'120 quarters a minute at first, 60 to 132 in all'."""
    tempos = [tempo for _, tempo in raw.tempos] or [UNTOLD_TEMPO]
    more = f" at first, {min(tempos):g} to {max(tempos):g} in all" if len(set(tempos)) > 1 else ""
    return (
        f"{tempos[0]:g} quarters a minute{more}" if raw.tempos else f"not told, so {UNTOLD_TEMPO:g} quarters a minute"
    )


def _told(what: str, lines: Iterable[str]) -> list[str]:
    """Lines under one word, as a run tells its story, cut into the width."""
    broken = [
        part for line in lines for part in wrap(line, WIDTH - TOLD, subsequent_indent="  ", break_on_hyphens=False)
    ]
    return [f"{what if not number else '':<{TOLD}}{line}" for number, line in enumerate(broken)]
