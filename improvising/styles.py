"""The styles of the band, as data: what bass, drums and piano may play in a bar.

A bar is counted in groups of up to four pulses: 4, 3 and 2 in five, 4 and 3 in seven. For groups of one, two, three and
four pulses there are patterns, parted by ` | `, written as they are counted: `1` is the first pulse, `2&` the last
off-beat of the second, `2+` all of its off-beats, and a `-` behind it says that it is held.

Conventions: grid steps that count from the bar line. A quarter has one off-beat, at the step where the caller wants it;
three eighths have two; any other pulse has none, and what a pattern has there is left out. Left to others: who plays
what (`improvising/backing.py`, `improvising/comping.py`), and how far a player is from the grid.
"""

from itertools import accumulate
from typing import NamedTuple

from music.notes import Bar
from music.units import GRID

# General MIDI drum keys; in a brush kit SNARE is a tap, and SWEEP sounds as long as it is held.
KICK, RIM, SNARE, SWEEP, HAT, FOOT, RIDE = 36, 37, 38, 40, 42, 44, 51
STANDARD_KIT, BRUSH_KIT = 0, 40  # General MIDI programs of the drum channel

Patterns = tuple[str, str, str, str]  # for groups of one, two, three and four pulses
Group = list[tuple[int, int]]  # its pulses: where each starts, and its steps


class Layer(NamedTuple):
    """What one drum does: its `key`; its velocities on a pulse, on a group's second and fourth, and between; its
    `patterns`; how often it plays in a bar at all, and whether it takes its patterns in turn or as they come."""

    key: int
    velocities: tuple[int, int, int]
    patterns: Patterns
    chance: float = 1.0
    in_turn: bool = False


class Style(NamedTuple):
    """`bass`, and whether it `walks` (otherwise it plays roots and fifths); `drums` and their `kit`; `comping`, and how
    many grid steps a chord is held at most."""

    bass: Patterns
    walks: bool
    drums: tuple[Layer, ...]
    kit: int
    comping: Patterns
    hold: int


class Place(NamedTuple):
    """A place in a bar: its `start`, the `steps` left of its pulse, its pulse's `number` in the group, from 1."""

    start: int
    steps: int
    number: int
    is_off: bool
    is_held: bool


_SWING = Style(
    bass=("1", "1 2", "1 2 3", "1 2 3 4"),
    walks=True,
    drums=(
        Layer(
            RIDE,
            (48, 58, 40),
            (
                "1",
                "1 2 2& | 1 2 2& | 1 2",
                "1 2 2& 3 | 1 2 2& 3 | 1 2 2& 3 3& | 1 2 3",
                "1 2 2& 3 4 4& | 1 2 2& 3 4 4& | 1 2 2& 3 4 4& | 1 2 2& 3 4 | 1 2 3 4 4& | 1 2 2& 3 3& 4 4&",
            ),
        ),
        Layer(FOOT, (50, 50, 50), ("", "2", "2", "2 4")),
        Layer(KICK, (28, 28, 28), ("1", "1 2", "1 2 3", "1 2 3 4")),
        Layer(SNARE, (31, 31, 31), ("", "2&", "2& | 3&", "2& | 3& | 4& | 4&"), chance=0.2),
        Layer(RIM, (33, 33, 33), ("", "2", "3", "4"), chance=0.06),
    ),
    kit=STANDARD_KIT,
    comping=(
        "1 | 1-",
        "1- | 1 2& | 2&- | 1& | 1 2",
        "1- 2& | 1 2&- | 2& | 1 3& | 2 3 | 1& 3 | 1-",
        "1 2&- | 1- 2& | 2& 4 | 1& 3 | 2& 4& | 1 4&- | 2 4& | 1& 2& 4 | 2 3& | 1 2& 4&- | 2&- | 4&-",
    ),
    hold=18,
)
_STRAIGHT = Style(
    bass=("1", "1 | 1 2 | 1 2&", "1 3 | 1 2& 3 | 1 2&", "1 3 | 1 2& 3 | 1 2& 3 4 | 1 3 4 | 1 2& 3 4&"),
    walks=False,
    drums=(
        Layer(
            RIDE,
            (48, 50, 40),
            (
                "1 1+",
                "1 1+ 2 2+",
                "1 1+ 2 2+ 3 3+",
                "1 1+ 2 2+ 3 3+ 4 4+ | 1 1+ 2 2+ 3 3+ 4 4+ | 1 2 2+ 3 3+ 4 4+ | 1 1+ 2 3 3+ 4",
            ),
        ),
        Layer(FOOT, (40, 40, 40), ("", "2", "2", "2 4")),
        Layer(RIM, (37, 37, 37), ("", "2", "3", "2 4")),
        Layer(KICK, (31, 31, 29), ("1", "1 | 1 2&", "1 | 1 2&", "1 3 | 1 2& 3 | 1 3 3&")),
        Layer(SNARE, (30, 30, 30), ("", "1&", "2&", "2& | 4& | 4&"), chance=0.15),
    ),
    kit=STANDARD_KIT,
    comping=(
        "1-",
        "1- | 1- 2& | 1 2&- | 2&- | 1& 2",
        "1- 2&- | 1- 3& | 1 2& 3& | 1- | 1& 3",
        "1- 2&- | 1- 2& 3& | 1- 2&- 4 | 1- 3& | 1 2&- | 1& 2&- 4 | 1- 4&- | 1 2& 4&- | 2&- 4&-",
    ),
    hold=24,
)
_WALTZ = Style(
    bass=("1", "1 | 1 2", "1 | 1 3 | 1 2 3 | 1 2 3", "1 3 | 1 3 4 | 1 2 3 4"),
    walks=True,
    drums=(
        Layer(
            RIDE,
            (52, 46, 40),
            ("1", "1 2 2& | 1 2", "1 2& 3 | 1 2& 3 | 1 2 2& 3 | 1 2& 3 3&", "1 2 2& 3 4 4& | 1 2& 3 4"),
        ),
        Layer(FOOT, (42, 46, 42), ("", "2", "2 | 2 3 | 2 3", "2 4")),
        Layer(KICK, (30, 30, 30), ("1", "1", "1", "1 3")),
        Layer(SNARE, (31, 31, 31), ("", "2&", "3& | 2& | 3", "2& | 4&"), chance=0.15),
    ),
    kit=STANDARD_KIT,
    comping=(
        "1-",
        "1- | 1 2& | 2& | 1 2",
        "1- | 2& | 1 2&- | 2 3 | 1- 3 | 2- | 1 3&- | 1- 2&",
        "1 2&- | 2& 4 | 1- 3 | 2 4&- | 1- 4",
    ),
    hold=24,
)
_BALLAD = Style(
    bass=("1", "1 | 1 2", "1 | 1 3 | 1 3", "1 3 | 1 3 | 1 3 | 1 3 4 | 1 3 4&"),
    walks=False,
    drums=(
        Layer(SWEEP, (34, 34, 34), ("1-", "1-", "1-", "1- 3-")),
        Layer(SNARE, (36, 38, 32), ("", "2", "2 | 2 3", "2 4 | 2 4 | 2 4 4&")),
        Layer(FOOT, (34, 34, 34), ("", "2", "2", "2 4")),
        Layer(KICK, (28, 28, 28), ("1", "1", "1", "1 | 1 3")),
        Layer(RIDE, (40, 40, 36), ("1", "1", "1 | 1 3", "1 | 1 3 | 1 4 4&"), chance=0.1),
    ),
    kit=BRUSH_KIT,
    comping=(
        "1-",
        "1- | 1- 2- | 1- 2&-",
        "1- | 1- 3- | 1- 2&- | 1- 3&-",
        "1- | 1- 3- | 1- 2&- | 1- 4- | 1- 3&- | 1- 4&- | 2-",
    ),
    hold=48,
)
_BOSSA = Style(
    bass=("1", "1 2&", "1 2& 3 | 1 2& 3 3&", "1 2& 3 4&"),
    walks=False,
    drums=(
        Layer(HAT, (38, 36, 33), ("1 1+", "1 1+ 2 2+", "1 1+ 2 2+ 3 3+", "1 1+ 2 2+ 3 3+ 4 4+")),
        Layer(RIM, (38, 38, 38), ("1", "1 2& | 2", "1 2& | 2 3&", "1 2& 4 | 2 3&"), in_turn=True),  # the clave's
        Layer(KICK, (31, 31, 28), ("1", "1 2&", "1 2& 3", "1 2& 3 4&")),
        Layer(FOOT, (36, 36, 36), ("", "2", "2", "2 4")),
    ),
    kit=STANDARD_KIT,
    comping=(
        "1",
        "1 2& | 1& 2 | 1 2 | 1& 2&",
        "1 2& | 1 2& 3& | 1& 3 | 1 3&",
        "1 2& 4 | 1 2 3& | 1- 2& 3& | 1& 2& 4 | 1& 3 4&- | 2 3& 4&- | 1 2& 4&- | 1- 2&- | 1- 3& | 1 2& 3& 4&",
    ),
    hold=18,
)
_BY_NAME = {"swing": _SWING, "straight": _STRAIGHT, "waltz": _WALTZ, "ballad": _BALLAD, "bossa": _BOSSA}
STYLES = tuple(_BY_NAME)


def style_of(name: str) -> Style:
    """The style of that name. Raises ValueError where there is none."""
    if name not in _BY_NAME:
        raise ValueError(f"there is no style {name!r}; there are {', '.join(STYLES)}")
    return _BY_NAME[name]


def off_beats(steps: int, offbeat: int) -> tuple[int, ...]:
    """Where the off-beats of a pulse of so many `steps` are; `offbeat` is a quarter's."""
    return {GRID: (offbeat,), 3 * GRID // 2: (GRID // 2, GRID)}.get(steps, ())


def groups(bar: Bar) -> list[Group]:
    """The pulses of a bar, in groups as they are counted, the longer ones first."""
    starts = accumulate(bar.pulses, initial=0)
    return _groups(list(zip(starts, bar.pulses, strict=False)))


def _groups(pulses: Group) -> list[Group]:
    if len(pulses) <= 4:
        return [pulses] if pulses else []
    half = -(-len(pulses) // 2)
    return _groups(pulses[:half]) + _groups(pulses[half:])


def alternatives(patterns: Patterns, group: Group) -> list[str]:
    """The patterns for such a group."""
    return patterns[len(group) - 1].split(" | ")


def places(pattern: str, group: Group, offbeat: int) -> list[Place]:
    """The places of a pattern, in order: '1 2&' in quarters -> those at 0 and at 12 + `offbeat`."""
    found = []
    for word in pattern.split():
        number = int(word[0])
        start, steps = group[number - 1]
        between = off_beats(steps, offbeat)
        chosen = between if "+" in word else between[-1:] if "&" in word else (0,)
        found += [Place(start + step, steps - step, number, step > 0, "-" in word) for step in chosen]
    return found
