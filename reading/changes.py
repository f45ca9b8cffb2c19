"""Changes that a user gives: a line of chord symbols, a text file of them, a link of iReal Pro or a lead sheet, to a
chorus.

Left to others: reading a chart (`reading/charts.py`), a link (`reading/ireal.py`) or a sheet (`reading/musicxml.py`),
voicing it (`music/voicings.py`).
"""

import difflib
import os

from music.chorus import Chorus
from music.keys import fifths_of
from music.notes import Bar, moved
from music.voicings import voice_changes
from reading.charts import Chart, parse_chart, played_chart, told_of_alternates
from reading.ireal import Song, bars_of, is_ireal, songs_of
from reading.measures import chart_of
from reading.musicxml import read_musicxml
from reading.score_text import MAX_FILE_BYTES, label, score_text
from running.files import read_bounded
from running.settings import flag

LONGEST_FILE = 5_000_000  # bytes of a file of changes: a playlist of some thousand songs
SHEETS = (".musicxml", ".xml", ".mxl")
ENDINGS = (".txt", ".chords", ".html", ".htm", ".irealb", *SHEETS)


def names_file(text: str) -> bool:
    """Whether changes are a file's name instead of changes."""
    return "|" not in text and not is_ireal(text) and os.path.splitext(text)[1].lower() in ENDINGS


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
    if os.path.splitext(text)[1].lower() in SHEETS and names_file(text):
        chart = _sheet_chart(text)
    else:
        chart = _text_chart(text, bar, song)
    if all(symbol.root is None for written in chart.changes for _, symbol in written):
        raise ValueError("they hold no chord, only N.C.; there must be one")
    voiced = voice_changes(chart.changes)
    chords = [moved(voiced[number], -laid.start) for number, laid in enumerate(chart.bars)]
    return Chorus(chart.bars, chords, chart.told, chart.fifths, chart.sections)


def _sheet_chart(path: str) -> Chart:
    """The changes of a lead sheet in MusicXML."""
    try:
        data = read_bounded(path, MAX_FILE_BYTES, "a score")
        return chart_of(read_musicxml(score_text(data, os.path.splitext(path)[1].lower())))
    except ValueError as error:
        raise ValueError(str(error) if path in str(error) else f"{path}: {error}") from None


def _text_chart(text: str, bar: Bar, song: str) -> Chart:
    if names_file(text):
        text = read_bounded(text, LONGEST_FILE, "a file of changes").decode("utf-8-sig", errors="replace")
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
        return chart._replace(fifths=fifths_of(song.key))
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
