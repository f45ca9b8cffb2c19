"""The bars of a file: from its meter changes to bars, and from an offset to its bar.

Bars are counted from 0 at the start of the file; before the first time signature they are 4/4, so that in a file that
is 4/4 throughout the bar of an offset is `floor(offset / 4)`. A change within a bar starts a new bar there: the cut bar
gets the meter that it is long (an upbeat of one quarter is a bar of 1/4). A signature that repeats the one in force
changes nothing. Bars are worked out when asked for: a file of any length costs as much as its changes do.

All bars start on the grid, at a multiple of a sixteenth note; inside, positions are grid steps (twelfths of a quarter).
Left to others: reading the time signatures (`reading/midi_bytes.py`).
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple, TypeVar

from music.notes import Bar
from music.units import GRID, SIXTEENTH, nearest_step, step_under

T = TypeVar("T")
MAX_BARS = 20_000  # about ten hours of music
SHORTEST_BAR, LONGEST_BAR = 1, 12  # quarters: what a time signature may ask for


class Stretch(NamedTuple):
    """Bars of one meter: the first one's `start` and the bars' `length` in grid steps, and the first one's `number`."""

    start: int
    length: int
    meter: tuple[int, int]
    number: int


class Bars:
    """The bars of a file, in stretches of one meter; the last stretch goes on for ever."""

    def __init__(self, stretches: list[Stretch]):
        self._stretches = stretches
        self._starts = [stretch.start for stretch in stretches]
        self._numbers = [stretch.number for stretch in stretches]

    def number(self, onset: int) -> int:
        """The number of the bar that a time in grid steps, from 0, falls into."""
        stretch = self._stretches[bisect_right(self._starts, onset) - 1]
        return stretch.number + (onset - stretch.start) // stretch.length

    def __getitem__(self, number: int) -> Bar:
        stretch = self._stretches[bisect_right(self._numbers, number) - 1]
        start = stretch.start + (number - stretch.number) * stretch.length
        return Bar(start, stretch.length, stretch.meter)


def held_in_bars(changes: list[tuple[int, T]], bars: Iterable[Bar]) -> list[list[tuple[int, int, T]]]:
    """What holds in each bar, in order, as (onset, duration, what): each until the next, a bar begins with what goes
    on, and the first ones with the first. `changes` are (onset, what) by onset; of several at once the last counts."""
    found, following, held = [], 0, changes[0][1]
    for bar in bars:
        at = {}
        while following < len(changes) and changes[following][0] < bar.end:
            step, what = changes[following]
            if step > bar.start and not at:
                at[bar.start] = held
            if following or not at:  # the first one sounds already where it comes late
                at[max(step, bar.start)] = held = what
            following += 1
        at = at or {bar.start: held}
        found.append([(step, until - step, at[step]) for step, until in pairwise([*at, bar.end])])
    return found


def by_bar(music: list, bars: Bars) -> dict[int, list]:
    """Notes or chords by bar number, bars in order."""
    by_number = defaultdict(list)
    for item in music:
        by_number[bars.number(item.onset)].append(item)
    return dict(sorted(by_number.items()))


def meter_in(text: str) -> tuple[int, int]:
    """'6/8' -> (6, 8). ValueError for what makes no bar."""
    found = re.fullmatch(r"\s*(\d{1,2})\s*/\s*(\d{1,2})\s*", text)
    meter = (int(found[1]), int(found[2])) if found else (0, 1)
    if not length_of(meter):
        raise ValueError(f"no bar of 1 to 12 quarters is in {text!r}; write METER (--meter) as 3/4 or 6/8")
    return meter


def length_of(meter: tuple[int, int]) -> int:
    """How long a bar of a meter is, in grid steps; 0 for one shorter than a quarter, longer than twelve, or off the
    grid."""
    length, rest = divmod(4 * GRID * meter[0], meter[1]) if meter[1] else (0, 0)
    return 0 if rest or not SHORTEST_BAR * GRID <= length <= LONGEST_BAR * GRID else length


def find_bars(
    meters: list[tuple[int, tuple[int, int]]], ticks_per_quarter: int, last_tick: int, pickup: int = 0
) -> tuple[Bars, tuple[str, ...]]:
    """The bars of a file whose last note starts at `last_tick`, and a line on time signatures that were left out.

    `meters`: `(tick, (numerator, denominator))` in order of time. Left out are those that make bars shorter than a
    quarter, longer than twelve, or off the grid. No meters give 4/4. At the tick `pickup` a meter begins a bar even if
    it is the one in force. ValueError for more than 20,000 bars.
    """
    stretches = [Stretch(0, 4 * GRID, (4, 4), 0)]
    last, left_out = step_under(last_tick, ticks_per_quarter), []
    for tick, meter in meters:
        start = nearest_step(tick, ticks_per_quarter)
        if start > last:
            break
        length = length_of(meter)
        if not length:
            left_out.append((meter, tick // ticks_per_quarter))
        elif meter != stretches[-1].meter or tick == pickup:
            _change(stretches, start, length, meter)
    bars = Bars(stretches)
    count = bars.number(last) + 1
    if count > MAX_BARS:
        raise ValueError(f"it is {count:,} bars long and at most {MAX_BARS:,} are read; cut the silence out of it")
    if not left_out:
        return bars, ()
    (upper, lower), beat = left_out[0]
    shown = f"{upper}/{lower}" if lower < 1000 else f"{upper}/(a number of {len(str(lower))} digits)"
    return bars, (f"bars: {len(left_out)} time signatures make no bar and are left out, first {shown} at beat {beat}",)


def _change(stretches: list[Stretch], start: int, length: int, meter: tuple[int, int]) -> None:
    """Go on with another meter from `start`, a position not before the last stretch."""
    before = stretches[-1]
    whole, cut = divmod(start - before.start, before.length)
    start -= cut % SIXTEENTH
    cut -= cut % SIXTEENTH
    number = before.number + whole
    if not whole:
        stretches.pop()
    if cut:
        stretches.append(Stretch(start - cut, cut, meter_of(cut), number))
        number += 1
    stretches.append(Stretch(start, length, meter, number))


def meter_of(steps: int) -> tuple[int, int]:
    """The meter of a bar that is some sixteenths long: 12 -> (1, 4), 18 -> (3, 8)."""
    for denominator in (4, 8):
        unit = 4 * GRID // denominator
        if steps % unit == 0:
            return steps // unit, denominator
    return steps // SIXTEENTH, 16
