"""Changes that a user gives: a line of chord symbols, a text file of them, a link of iReal Pro or a lead sheet, to a
chorus.

Left to others: reading a chart (`reading/charts.py`), a link (`reading/ireal.py`) or a sheet (`reading/scores.py`),
voicing it (`music/voicings.py`).
"""

import difflib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from music.chorus import Chorus
from music.keys import fifths_of
from music.notes import Bar, meters_of, moved
from music.voicings import voice_changes
from reading.bounds import read_apart
from reading.charts import Chart, parse_chart, played_chart, told_of_alternates
from reading.ireal import Song, bars_of, is_ireal, songs_of
from reading.raw_tune import some
from reading.score_text import FORMATS, label
from running.files import read_bounded
from running.settings import flag

LONGEST_FILE = 5_000_000  # bytes of a file of changes: a playlist of some thousand songs
NO_LIST = "SONG (--song) names {!r}, and these changes are no list of songs; leave it out"
ENDINGS = (".txt", ".chords", ".html", ".htm", ".irealb", *FORMATS)


def names_file(text: str) -> bool:
    """Whether changes are a file's name instead of changes."""
    return "|" not in text and not is_ireal(text) and Path(text).suffix.lower() in ENDINGS


def typed_chorus(text: str, bar: Bar, song: str = "", setting: str = "CHORDS") -> Chorus:
    """Changes as a user types them, or as they stand in a file of that name, the first bar in the meter of `bar`; of a
    playlist the `song` with this title, '' for the first.

    Raises ValueError, naming the `setting`, the symbol and its place, for what cannot be read, and for a file that
    cannot.
    """
    try:
        return _typed_chorus(text, bar, song)
    except ValueError as error:
        raise ValueError(f"{setting} ({flag(setting)}): {error}") from error


def _typed_chorus(text: str, bar: Bar, song: str) -> Chorus:
    if names_file(text) and Path(text).suffix.lower() in FORMATS:
        if song:
            raise ValueError(NO_LIST.format(label(song)))
        chart = _sheet_chart(Path(text))
    else:
        chart = _text_chart(text, bar, song)
    if all(symbol.root is None for written in chart.changes for _, symbol in written):
        raise ValueError("it holds no chord, only N.C.; there must be one")
    voiced = voice_changes(chart.changes)
    chords = [moved(voiced[number], -laid.start) for number, laid in enumerate(chart.bars)]
    told = f"{some(len(chart.bars), 'bar')} of {meters_of(chart.bars)}"
    return Chorus(chart.bars, chords, (*chart.told, told), chart.fifths, chart.sections, chart.title, chart.style)


def _sheet_chart(path: Path) -> Chart:
    """The changes of a lead sheet; what music21 reads, in another process."""
    from reading.scores import read_sheet

    if FORMATS[path.suffix.lower()] == "musicxml":
        return read_sheet(path)
    chart = _read_apart(read_sheet, path, path.stat().st_mtime_ns if path.exists() else 0)
    if isinstance(chart, str):
        raise ValueError(chart)
    return chart


@lru_cache(maxsize=1)
def _read_apart(read_sheet: Callable, path: Path, _: int) -> Chart | str:
    """The sheet as it is at that time: bringing music21 takes a second, and a run asks twice."""
    (found,) = read_apart(read_sheet, [(path,)])
    return found


def _text_chart(text: str, bar: Bar, song: str) -> Chart:
    if names_file(text):
        text = read_bounded(text, LONGEST_FILE, "a file of changes").decode("utf-8-sig", errors="replace")
    if song and not is_ireal(text):
        raise ValueError(NO_LIST.format(label(song)))
    return _song_chart(text, song) if is_ireal(text) else parse_chart(text, bar.meter)


def _song_chart(text: str, name: str) -> Chart:
    """The chart of one of the songs of a link."""
    songs = songs_of(text)
    song = _song_named(songs, name)
    title = label(song.title)
    others = f", the first of {len(songs)} songs: SONG names another one" if len(songs) > 1 and not name else ""
    told = f"song: {title!r}" + (f", in {label(song.key)}" if song.key else "") + others
    try:
        bars, alternates = bars_of(song)
        chart = played_chart(bars, (told, *told_of_alternates(alternates)))
        return chart._replace(fifths=fifths_of(song.key), title=title, style=label(song.style))
    except ValueError as error:
        raise ValueError(f"the song {title!r}: {error}") from None


def _song_named(songs: list[Song], name: str) -> Song:
    """The song with this title, however its letters are written."""
    titles = {song.title.casefold(): song for song in reversed(songs)}
    if not name:
        return songs[0]
    if name.casefold() not in titles:
        close = difflib.get_close_matches(name.casefold(), titles, n=3, cutoff=0) or list(titles)[:1]
        named = " or ".join(repr(label(titles[title].title)) for title in close)
        raise ValueError(f"SONG (--song) names {label(name)!r}, which this list does not hold; did you mean {named}?")
    return titles[name.casefold()]
