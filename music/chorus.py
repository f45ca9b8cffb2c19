"""The changes that are improvised over, moved to another key and played several times.

Conventions: bars follow one another from 0; the chords of each count from its bar line, in grid steps. Left to others:
where changes come from (a tune, or `reading/changes.py`).
"""

from collections import Counter
from dataclasses import dataclass

from music.chord_symbols import MAJOR_ROOTS, parse_changes
from music.notes import Bar, Chord
from music.piece import Tune, lay_out
from music.units import GRID


@dataclass(frozen=True)
class Chorus:
    """`bars`, the chords of each, and `symbols`: what the user called them, as (onset from the start, text); None where
    the chords are to be named from their notes."""

    bars: list[Bar]
    chords_by_bar: list[list[Chord]]
    symbols: list[tuple[int, str]] | None = None

    def first_bars(self, count: int) -> "Chorus":
        """The first bars only; 0 or more than there are: all."""
        bars = self.bars[: count or None]
        end = bars[-1].end if bars else 0
        symbols = self.symbols and [(onset, text) for onset, text in self.symbols if onset < end]
        return Chorus(bars, self.chords_by_bar[: count or None], symbols)

    def repeated(self, times: int) -> "Chorus":
        """The same so many times in a row."""
        length = sum(bar.length for bar in self.bars)
        symbols = self.symbols and [
            (onset + length * turn, text) for turn in range(times) for onset, text in self.symbols
        ]
        return Chorus(lay_out(self.bars * times), self.chords_by_bar * times, symbols)

    def transposed(self, semitones: int) -> "Chorus":
        """The same in another key; more than half an octave is moved the other way round."""
        by = (semitones + 5) % 12 - 5
        chords = [[_moved(chord, by) for chord in bar] for bar in self.chords_by_bar]
        symbols = self.symbols and [(onset, _transposed_symbol(text, by)) for onset, text in self.symbols]
        return Chorus(self.bars, chords, symbols)


def tune_chorus(tune: Tune) -> Chorus:
    """The changes of a tune's solo."""
    solo = tune.solo
    return Chorus(solo.bars, solo.chords_by_bar)


def usual_bar(bars: list[Bar]) -> Bar:
    """The commonest length and meter of a tune's bars; a bar of four quarters if there are none."""
    shapes = Counter((bar.length, bar.meter) for bar in bars)
    length, meter = shapes.most_common(1)[0][0] if shapes else (4 * GRID, (4, 4))
    return Bar(0, length, meter)


def _moved(chord: Chord, by: int) -> Chord:
    return chord._replace(pitches=tuple(min(127, max(0, pitch + by)) for pitch in chord.pitches))


def _transposed_symbol(text: str, by: int) -> str:
    symbol = parse_changes(text)[0][0]
    if symbol.root is None:
        return text
    body = symbol.text.partition("/" + symbol.bass_name)[0] if symbol.bass != symbol.root else symbol.text
    moved = MAJOR_ROOTS[(symbol.root + by) % 12] + body[len(symbol.root_name) :]
    return moved if symbol.bass == symbol.root else f"{moved}/{MAJOR_ROOTS[(symbol.bass + by) % 12]}"
