"""Notes, chords and bars, and how a meter falls into beats: what everything that is played is made of.

Times are whole grid steps (`music/units.py`), pitches are MIDI numbers. `offset` and `quarter_length` say the same
times in quarters, in music21's words, for where music is shown. Pitches are spelled the one way music21 spells a MIDI
number (63 is E-4, 68 is G#4): names compare as spelled.

Left to others: what is made of them (`music/piece.py`) and what a note means over a chord (`music/note_types.py`).
"""

from collections import Counter
from collections.abc import Iterable
from functools import cache
from itertools import accumulate, pairwise
from typing import NamedTuple, TypeVar

from music.units import GRID, to_quarters

PITCH_CLASS_NAMES = ("C", "C#", "D", "E-", "E", "F", "F#", "G", "G#", "A", "B-", "B")


def _end(item) -> int:
    """When a note or chord ends."""
    return item.onset + item.duration


def _offset(item) -> float:
    """Its onset in quarters."""
    return to_quarters(item.onset)


def _quarter_length(item) -> float:
    """Its duration in quarters."""
    return to_quarters(item.duration)


class Note(NamedTuple):
    """One sounding note: `onset` and `duration` in grid steps, `pitch` a MIDI number, `velocity` 1 to 127."""

    onset: int
    duration: int
    pitch: int
    velocity: int = 90

    @property
    def name(self) -> str:
        """The pitch as spelled, with its octave: 'E-4'."""
        return pitch_name(self.pitch)

    end = property(_end)
    offset = property(_offset)
    quarter_length = property(_quarter_length)


class Nuance(NamedTuple):
    """How a note is played, beside how it is written: `late`, by how much it starts after its place (below 0: before
    it), and `length`, how long it sounds, in quarters. `bends`: where the pitch wheel stands from when on, as
    `(quarters after the start, semitones)`; none: in the middle."""

    late: float
    length: float
    bends: tuple[tuple[float, float], ...] = ()


class Chord(NamedTuple):
    """Notes struck together, and what they mean: times in grid steps, `pitches` MIDI numbers as struck, `velocity`
    their rounded mean.

    `root` is a pitch class, `symbol` the name on a lead sheet, as written or as worked out once, `tones` the pitch
    classes that are the chord's: of a symbol all that it means, of a voicing those that are struck. `bass` is the pitch
    class that belongs under it, and `is_written` tells whether its symbol was written where it begins. N.C. has its
    symbol and nothing else.
    """

    onset: int
    duration: int
    pitches: tuple[int, ...]
    velocity: int
    root: int | None
    symbol: str
    tones: tuple[int, ...]
    bass: int | None
    is_written: bool = False

    @property
    def names(self) -> list[str]:
        """The pitches as spelled, with octaves, in the order they were struck."""
        return [pitch_name(pitch) for pitch in self.pitches]

    end = property(_end)
    offset = property(_offset)
    quarter_length = property(_quarter_length)


class Bar(NamedTuple):
    """One bar: where it starts and how long it is (grid steps), and its meter."""

    start: int
    length: int
    meter: tuple[int, int] = (4, 4)

    @property
    def end(self) -> int:
        return self.start + self.length

    @property
    def lacking(self) -> int:
        """How much of its meter it lacks, in grid steps: of a pickup, and of a last bar that is cut for it."""
        return max(0, 4 * GRID * self.meter[0] // self.meter[1] - self.length)

    @property
    def beats(self) -> tuple[int, ...]:
        """The lengths of its beats in grid steps, which fill the bar: 4/4 -> (12, 12, 12, 12), 2/2 -> (24, 24).

        In eighths and sixteenths three make a beat (6/8 -> (18, 18)), or two, with a three at the end where their
        number is odd (7/8 -> (12, 12, 18)). In a bar that its meter does not fill the last is cut, or quarters follow.
        """
        return _beats(self.length, self.meter)

    @property
    def pulses(self) -> tuple[int, ...]:
        """The beats, those of a half note and longer in quarters: what a bass walks in and an eye reads."""
        pulses = []
        for beat in self.beats:
            pulses += [GRID] * (beat // GRID) if beat >= 2 * GRID and beat % GRID == 0 else [beat]
        return tuple(pulses)

    @property
    def halves(self) -> tuple[int, ...]:
        """The lengths of the two parts that it falls into, at a beat, the first the longer where they differ: 4/4 ->
        (24, 24), 5/4 -> (36, 24). A bar of three equal beats, or shorter than three quarters, stays whole."""
        beats = self.beats
        if self.length < 3 * GRID or len(beats) < 2 or (len(beats) == 3 and len(set(beats)) == 1):
            return (self.length,)
        lines = list(accumulate(beats[:-1]))
        first = min(reversed(lines), key=lambda line: abs(2 * line - self.length))
        return first, self.length - first

    def shares(self, count: int) -> tuple[int, ...]:
        """How long each of so many chords sounds, as a reader divides a bar: evenly where the beats allow it, otherwise
        the later ones change faster: 4/4 by 3 -> (24, 12, 12), 5/4 by 2 -> (36, 24), 3/4 by 2 -> (24, 12).

        Raises ValueError where there are more than grid steps.
        """
        if not 0 < count <= self.length:
            raise ValueError(f"{count} chords, too many for {to_quarters(self.length):g} quarters")
        shares = _shares(self.pulses, count)
        places = [round(number * self.length / count) for number in range(count + 1)]  # for the shortest of cut beats
        return shares if min(shares) else tuple(after - before for before, after in pairwise(places))


@cache
def _shares(beats: tuple[int, ...], count: int) -> tuple[int, ...]:
    if count == 1:
        return (sum(beats),)
    if count >= len(beats):  # the first beats have the fewest
        shares, each = (
            [],
            [count // len(beats) + (number >= len(beats) - count % len(beats)) for number in range(len(beats))],
        )
        for beat, chords in zip(beats, each, strict=True):
            places = [round(number * beat / chords) for number in range(chords + 1)]
            shares += [after - before for before, after in pairwise(places)]
        return tuple(shares)
    if len(set(beats)) == 1 and len(beats) % count == 0:
        return (sum(beats) // count,) * count
    half = -(-len(beats) // 2)
    first = min(count // 2, half)
    return _shares(beats[:half], first) + _shares(beats[half:], count - first)


@cache
def _beats(length: int, meter: tuple[int, int]) -> tuple[int, ...]:
    count, unit = meter[0], 4 * GRID // meter[1]
    if 4 * GRID % meter[1]:
        beats = []
    elif meter[1] < 8 or count < 2:
        beats = [unit] * count
    elif count % 3 == 0:
        beats = [3 * unit] * (count // 3)
    else:
        beats = [2 * unit] * (count // 2)
        beats[-1] += count % 2 * unit
    filling = []
    while length > 0:
        filling.append(min(beats[len(filling)] if len(filling) < len(beats) else GRID, length))
        length -= filling[-1]
    return tuple(filling)


def meters_of(bars: Iterable[Bar]) -> str:
    """The meters of bars in words, the commonest first: '4/4', '4/4 and 3/4'."""
    return " and ".join("{}/{}".format(*meter) for meter, _ in Counter(bar.meter for bar in bars).most_common())


Music = TypeVar("Music", Note, Chord)


def moved(music: list[Music], by: int) -> list[Music]:
    """Notes or chords so many grid steps later."""
    return [item._replace(onset=item.onset + by) for item in music]


def pitch_name(midi: int) -> str:
    """music21's spelling of a MIDI number: 60 -> 'C4', 63 -> 'E-4'."""
    return f"{PITCH_CLASS_NAMES[midi % 12]}{midi // 12 - 1}"
