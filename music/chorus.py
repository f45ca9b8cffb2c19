"""The changes that are improvised over, moved to another key and played several times.

Conventions: bars follow one another from 0; the chords of each count from its bar line, in grid steps. Left to others:
where changes come from (a tune, or `reading/changes.py`).
"""

from collections import Counter
from dataclasses import dataclass, field, replace

from music.chord_names import transposed
from music.chord_symbols import parse_symbol
from music.keys import key_of
from music.notes import Bar, Chord, moved
from music.piece import Tune, lay_out
from music.units import GRID


@dataclass(frozen=True)
class Chorus:
    """`bars`, the chords of each, what is `told` of how they were read, and where it is known the key's sharps (flats
    below 0), `fifths`, the name of the section that begins with a bar, by number, the `title`, and the `style` in the
    chart's words. `is_struck`: whether the chords are those that a player struck."""

    bars: list[Bar]
    chords_by_bar: list[list[Chord]]
    told: tuple[str, ...] = ()
    fifths: int | None = None
    sections: dict[int, str] = field(default_factory=dict)
    title: str = ""
    style: str = ""
    is_struck: bool = False

    def first_bars(self, count: int) -> "Chorus":
        """The first bars only; 0 or more than there are: all."""
        sections = {number: name for number, name in self.sections.items() if not count or number < count}
        chords = self.chords_by_bar[: count or None]
        return replace(self, bars=self.bars[: count or None], chords_by_bar=chords, sections=sections)

    def repeated(self, times: int) -> "Chorus":
        """The same so many times in a row, with its pickup once."""
        turn = self.without_pickup()
        pickup = len(self.bars) - len(turn.bars)
        bars, chords = self.bars[:pickup] + turn.bars * times, self.chords_by_bar[:pickup] + turn.chords_by_bar * times
        bars[-1], chords[-1] = self.bars[-1], self.chords_by_bar[-1]
        sections = {number: name for number, name in self.sections.items() if number < pickup} | {
            number + pickup + again * len(turn.bars): name
            for again in range(times)
            for number, name in turn.sections.items()
        }
        return replace(self, bars=lay_out(bars), chords_by_bar=chords, sections=sections)

    def without_pickup(self) -> "Chorus":
        """What is played over and over: a pickup is no bar of it, and fills the last bar where that was cut for it."""
        if len(self.bars) < 2 or not self.bars[0].lacking:
            return self
        bars, chords, first = self.bars[1:], self.chords_by_bar[1:], self.bars[0]
        last = bars[-1]
        if last.lacking == first.length:
            bars[-1] = last._replace(length=last.length + first.length)
            chords[-1] = [*chords[-1], *moved(self.chords_by_bar[0], last.length)]
        sections = {number - 1: name for number, name in self.sections.items() if number}
        return replace(self, bars=lay_out(bars), chords_by_bar=chords, sections=sections)

    def transposed(self, semitones: int) -> "Chorus":
        """The same in another key, and spelled for it; more than five semitones down, or six up, go the other way."""
        by = (semitones + 5) % 12 - 5
        if not by:
            return self
        higher = [[_transposed(chord, by) for chord in in_bar] for in_bar in self.chords_by_bar]
        if self.fifths is None:
            fifths = key_of((), [chord for in_bar in higher for chord in in_bar]).fifths
        else:
            fifths = (self.fifths + 7 * by + 6) % 12 - 6
        renamed = [[_renamed(chord, by, fifths) for chord in in_bar] for in_bar in higher]
        return replace(self, chords_by_bar=renamed, fifths=self.fifths if self.fifths is None else fifths)


def tune_chorus(tune: Tune) -> Chorus:
    """The changes of a tune's solo."""
    solo = tune.solo
    return Chorus(solo.bars, solo.chords_by_bar, fifths=solo.fifths, sections=solo.sections, is_struck=tune.is_struck)


def usual_bar(bars: list[Bar]) -> Bar:
    """The commonest length and meter of a tune's bars; a bar of four quarters if there are none."""
    shapes = Counter((bar.length, bar.meter) for bar in bars)
    length, meter = shapes.most_common(1)[0][0] if shapes else (4 * GRID, (4, 4))
    return Bar(0, length, meter)


def _transposed(chord: Chord, by: int) -> Chord:
    return chord._replace(
        pitches=tuple(min(127, max(0, pitch + by)) for pitch in chord.pitches),
        root=_up(chord.root, by),
        tones=tuple(sorted(_up(tone, by) for tone in chord.tones)),
        bass=_up(chord.bass, by),
    )


def _renamed(chord: Chord, by: int, fifths: int) -> Chord:
    return chord._replace(symbol=transposed(parse_symbol(chord.symbol), by, fifths).text)


def _up(pitch_class: int | None, by: int) -> int | None:
    return None if pitch_class is None else (pitch_class + by) % 12
