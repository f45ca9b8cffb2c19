"""The changes that are improvised over: the tune's own or typed ones, moved to another key, played several times.

Conventions: bars follow one another from 0, the chords of each count their offsets from its bar line, in quarters.
Left to others: reading chord symbols (`music/chord_symbols.py`), voicing them (`music/voicings.py`), reading tunes
(`preprocess.py`).
"""

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from music.chord_symbols import MAJOR_ROOTS, parse_changes
from music.notes import Chord, from_grid, to_grid
from music.piece import Bar
from music.voicings import voice_changes

LONGEST_FILE = 200_000  # bytes of a text file of changes


@dataclass(frozen=True)
class Chorus:
    """`bars`, the `chords` of each, and `symbols`: what the user called them, as (offset from the start, text); None
    where the chords are to be named from their notes."""

    bars: list[Bar]
    chords: list[list[Chord]]
    symbols: list[tuple[float, str]] | None = None

    def first_bars(self, count: int) -> "Chorus":
        """The first bars only; 0 or more than there are: all."""
        bars = self.bars[: count or None]
        end = bars[-1].start + bars[-1].length if bars else 0.0
        symbols = self.symbols and [(offset, text) for offset, text in self.symbols if offset < end]
        return Chorus(bars, self.chords[: count or None], symbols)

    def repeated(self, times: int) -> "Chorus":
        """The same so many times in a row."""
        length = sum(to_grid(bar.length) for bar in self.bars)
        symbols = self.symbols and [
            (from_grid(to_grid(offset) + length * turn), text) for turn in range(times) for offset, text in self.symbols
        ]
        return Chorus(lay_out(self.bars * times), self.chords * times, symbols)

    def transposed(self, semitones: int) -> "Chorus":
        """The same in another key; more than half an octave is moved the other way round."""
        by = (semitones + 5) % 12 - 5
        chords = [[_moved(chord, by) for chord in bar] for bar in self.chords]
        symbols = self.symbols and [(offset, _transposed_symbol(text, by)) for offset, text in self.symbols]
        return Chorus(self.bars, chords, symbols)


def typed_chorus(text: str, bar: Bar) -> Chorus:
    """Changes as a user types them, or as they stand in a text file of that name, in bars like `bar`.

    Raises ValueError, naming the symbol and its place, for what cannot be read, and for a file that cannot.
    """
    if "|" not in text and os.path.splitext(text)[1].lower() in (".txt", ".chords"):
        text = _file_text(Path(text))
    changes = parse_changes(text)
    voiced = voice_changes(changes, bar.length)
    bars = lay_out([bar] * len(changes))
    chords, symbols = [], []
    for number, (line, written) in enumerate(zip(bars, changes, strict=True)):
        start = to_grid(line.start)
        chords.append([chord._replace(offset=from_grid(to_grid(chord.offset) - start)) for chord in voiced[number]])
        slot = to_grid(bar.length) / len(written)
        symbols += [(from_grid(start + round(slot * index)), symbol.text) for index, symbol in enumerate(written)]
    if not any(chords):
        raise ValueError("CHORDS (--chords) holds no chord, only N.C.; there must be one to improvise over")
    return Chorus(bars, chords, symbols)


def usual_bar(bars: list[Bar]) -> Bar:
    """The commonest length and meter of a tune's bars; a bar of four quarters if there are none."""
    shapes = Counter((bar.length, bar.meter) for bar in bars)
    length, meter = shapes.most_common(1)[0][0] if shapes else (4.0, (4, 4))
    return Bar(0.0, length, meter)


def lay_out(bars: list[Bar]) -> list[Bar]:
    """Bars one after the other from 0, whatever was left out between them."""
    laid, start = [], 0
    for bar in bars:
        laid.append(bar._replace(start=from_grid(start)))
        start += to_grid(bar.length)
    return laid


def _moved(chord: Chord, by: int) -> Chord:
    return chord._replace(pitches=tuple(min(127, max(0, pitch + by)) for pitch in chord.pitches))


def _transposed_symbol(text: str, by: int) -> str:
    symbol = parse_changes(text)[0][0]
    if symbol.root is None:
        return text
    body = symbol.text.partition("/" + symbol.bass_name)[0] if symbol.bass != symbol.root else symbol.text
    moved = MAJOR_ROOTS[(symbol.root + by) % 12] + body[len(symbol.root_name) :]
    return moved if symbol.bass == symbol.root else f"{moved}/{MAJOR_ROOTS[(symbol.bass + by) % 12]}"


def _file_text(path: Path) -> str:
    try:
        if path.stat().st_size > LONGEST_FILE:
            raise ValueError(f"{path}: a text file of changes has at most {LONGEST_FILE:,} bytes here")
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise ValueError(f"{path}: cannot be read ({error.strerror}); is the path right?") from error
