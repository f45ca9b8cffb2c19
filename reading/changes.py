"""Typed changes: from a line of chord symbols, or a text file of them, to a chorus.

Left to others: reading a chart (`reading/charts.py`), voicing it (`music/voicings.py`).
"""

import os

from music.chorus import Chorus
from music.notes import Bar, moved
from music.voicings import voice_changes
from reading.charts import parse_chart
from running.files import read_bounded

LONGEST_FILE = 200_000  # bytes of a text file of changes


def names_file(text: str) -> bool:
    """Whether changes are a file's name instead of changes."""
    return "|" not in text and os.path.splitext(text)[1].lower() in (".txt", ".chords")


def typed_chorus(text: str, bar: Bar) -> Chorus:
    """Changes as a user types them, or as they stand in a text file of that name, the first in the meter of `bar`.

    Raises ValueError, naming the symbol and its place, for what cannot be read, and for a file that cannot.
    """
    if names_file(text):
        text = read_bounded(text, LONGEST_FILE, "a text file of changes").decode("utf-8-sig", errors="replace")
    chart = parse_chart(text, bar.meter)
    if all(symbol.root is None for written in chart.changes for _, symbol in written):
        raise ValueError("CHORDS (--chords) holds no chord, only N.C.; there must be one to improvise over")
    voiced = voice_changes(chart.changes)
    chords = [moved(voiced[number], -laid.start) for number, laid in enumerate(chart.bars)]
    return Chorus(chart.bars, chords, chart.told)
