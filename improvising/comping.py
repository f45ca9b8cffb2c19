"""What a pianist strikes of a harmony under a solo: in the rhythm of a style, or of a pianist who was listened to.

For each bar a few patterns are drawn. The one is played that strikes about as often as is wanted: more often where the
solo rests or holds a note, less where it is dense. A strike on the last off-beat before a new chord takes that chord,
and may be held over the bar line. Left to others: the voicings (`music/voicings.py`), the patterns of the styles
(`improvising/styles.py`), how far a player is from the grid.

Conventions: grid steps. A pattern counts from its bar line and is kept in straight eighths, a pulse of three of them
has two off-beats; it is written at the off-beats that the caller wants.
"""

import random
from bisect import bisect_left, bisect_right
from itertools import accumulate, pairwise
from statistics import fmean
from typing import NamedTuple

from improvising.styles import Style, alternatives, groups, off_beats, places, style_of
from music.notes import Bar, Chord, Note
from music.units import GRID, SIXTEENTH

EIGHTH = GRID // 2
ADDED = 2 * GRID  # grid steps that a chord is held, at most, which no pattern strikes
SOFTEST, LOUDEST, USUAL = 45, 80, 62  # velocities
MAKES_ROOM = 9  # velocity, between a usual place of the solo and a rest
FILLS = 0.45  # the part by which a pianist strikes more often where the solo rests
DRAWN = 4  # patterns to choose from, for each bar
REPEATED = 0.8  # what the same pattern again costs, in strikes too many or too few
IN_THE_GAPS = 0.5  # what strikes in the solo's rests are worth, likewise
MOST_OWED = 1.0  # strikes too many or too few that later bars make good
LEAST_BARS, LEAST_STRIKES = 4, 2.0  # of a pianist to learn from; strikes a bar: one who only holds has no rhythm


class Strike(NamedTuple):
    """One strike of a pattern: its `onset` and `duration`, and its velocity beside the pianist's mean."""

    onset: int
    duration: int
    accent: int = 0


Pattern = tuple[Strike, ...]
Slots = dict[int, tuple[int, int]]  # by place in straight eighths: onset, and the step whose chord is taken there


class Rhythm(NamedTuple):
    """The bars of a pianist, by their shape (`Bar.beats`)."""

    patterns: dict[tuple[int, ...], list[Pattern]]


class Struck(NamedTuple):
    """A strike in grid steps from the start, its `chord` by its number, and the step at which that was looked up: later
    than the `onset` on a pulse's last off-beat."""

    onset: int
    end: int
    accent: int
    chord: int
    hears: int


def learn_rhythm(chords: list[list[Chord]], bars: list[Bar]) -> Rhythm | None:
    """The rhythm of a pianist, from what is struck in each bar, with onsets from its bar line.

    Chords without pitches are no strikes, and of those at the same place the first counts. None where there are fewer
    than `LEAST_BARS` bars, or fewer strikes a bar than `LEAST_STRIKES`.
    """
    struck = [[chord for chord in in_bar if chord.pitches] for in_bar in chords]
    velocities = [chord.velocity for in_bar in struck for chord in in_bar]
    if len(bars) < LEAST_BARS or not velocities:
        return None
    usual, patterns = sum(velocities) / len(velocities), {}
    for bar, in_bar in zip(bars, struck, strict=True):
        slots, found = _slots(bar, EIGHTH), {}
        for chord in in_bar:
            place = max([eighth for eighth in slots if 2 * (eighth - chord.onset) < EIGHTH], default=0)  # the nearest
            found.setdefault(place, Strike(place, max(1, chord.end - place), round(chord.velocity - usual)))
        patterns.setdefault(bar.beats, []).append(tuple(found[place] for place in sorted(found)))
    strikes = sum(len(pattern) for of_shape in patterns.values() for pattern in of_shape)
    return Rhythm(patterns) if strikes >= LEAST_STRIKES * len(bars) else None


def comp(
    chords: list[Chord],
    bars: list[Bar],
    solo: list[Note],
    seed: int,
    style: str = "swing",
    offbeat: int = 8,
    rhythm: Rhythm | None = None,
) -> list[Chord]:
    """What a pianist strikes of `chords` under `solo`, both from the start of the piece; all choices come from `seed`.

    A chord sounds until the next one, and the same voicing again is the same chord. Each that lasts a quarter is struck
    where it begins, or at the next place to strike, or on the off-beat before. Where none has begun, and in N.C., the
    piano is silent. `style` is one of `styles.STYLES`, `offbeat` the grid step in a quarter at which its off-beat is
    written; bars of a shape that `rhythm` has are played in it. What is struck keeps its chord's symbol and tones. No
    bars, or no chord with pitches: []. Raises ValueError for another style.
    """
    played, generator = style_of(style), random.Random(f"comping/{seed}")
    bars = [bar for bar in bars if bar.length]
    end = bars[-1].end if bars else 0
    harmony, gaps = _Harmony(chords, end), _Gaps(solo, end)
    strikes, pattern, owed = [], None, 0.0
    for bar in bars:
        slots, before = _slots(bar, offbeat), strikes[-1] if strikes else None
        if all(harmony.at(onset) is None for onset, _ in slots.values()):
            continue
        patterns = _patterns(bar, played, rhythm)
        usual = sum(fmean(map(len, of_group)) for of_group in patterns)
        wanted = usual * (1 + FILLS * gaps.ease(bar.start, bar.end)) + owed
        drawn = [sum(map(generator.choice, patterns), ()) for _ in range(DRAWN)]
        drawn += [each[:-1] for each in drawn]  # a strike is left out where there are too many
        choices = [(each, _strikes(each, bar.start, slots, harmony, before)) for each in drawn]
        costs = [_cost(struck, wanted, gaps) + REPEATED * (each == pattern) for each, struck in choices]
        pattern, struck = choices[costs.index(min(costs))]
        strikes += struck
        owed = max(-MOST_OWED, min(MOST_OWED, wanted - len(struck)))
    ends = [min(strike.end, after.onset) for strike, after in pairwise(strikes)] + [each.end for each in strikes[-1:]]
    comped = []
    for strike, end in zip(strikes, ends, strict=True):
        velocity = round(USUAL + strike.accent + MAKES_ROOM * gaps.around(strike)) + generator.randint(-3, 3)
        times = {"onset": strike.onset, "duration": end - strike.onset}
        comped.append(harmony.chords[strike.chord]._replace(**times, velocity=max(SOFTEST, min(LOUDEST, velocity))))
    return comped


class _Harmony:
    """Chords one after the other, each until the next, the last to the `end`, by their numbers."""

    def __init__(self, chords: list[Chord], end: int):
        self.chords = []
        for chord in chords:
            last = self.chords[-1] if self.chords else None
            is_held = last and (chord.symbol, chord.pitches) == (last.symbol, last.pitches)
            if chord.onset < end and not is_held:
                self.chords.append(chord)
        self.onsets = [chord.onset for chord in self.chords]
        self.ends = [*self.onsets, end][1:]

    def at(self, step: int) -> int | None:
        """The chord that sounds; None in N.C. and before the first."""
        number = bisect_right(self.onsets, step) - 1
        return number if number >= 0 and self.chords[number].pitches else None

    def lasts(self, number: int) -> bool:
        """Whether a chord is long enough that it must be heard."""
        return self.ends[number] - self.onsets[number] >= GRID


class _Gaps:
    """How much room a solo leaves."""

    def __init__(self, solo: list[Note], length: int):
        self.onsets = sorted(note.onset for note in solo)
        self.rate = len(solo) / length if length else 0.0

    def ease(self, start: int, end: int) -> float:
        """1 where no note begins, 0 where as many do as on the average, or there is no solo, -1 where twice as many."""
        if not self.rate:
            return 0.0
        count = bisect_left(self.onsets, end) - bisect_left(self.onsets, start)
        return max(-1.0, 1 - count / (self.rate * (end - start)))

    def around(self, strike: Struck) -> float:
        """The ease within a quarter of a strike."""
        return self.ease(strike.onset - GRID, strike.onset + GRID)


def _slots(bar: Bar, offbeat: int) -> Slots:
    """Where a chord may be struck in a bar."""
    slots = {}
    for start, steps in zip(accumulate(bar.pulses, initial=bar.start), bar.pulses, strict=False):
        slots[start - bar.start] = (start, start)
        between = off_beats(steps, offbeat)
        for eighth, step in zip(off_beats(steps, EIGHTH), between, strict=True):
            hears = start + (steps if step == between[-1] else step)
            slots[start - bar.start + eighth] = (start + step, hears)
    return slots


def _patterns(bar: Bar, style: Style, rhythm: Rhythm | None) -> list[list[Pattern]]:
    """What to draw from: bars as learned, or the style's patterns for each of the bar's groups."""
    if rhythm and bar.beats in rhythm.patterns:
        return [rhythm.patterns[bar.beats]]
    found = []
    for group in groups(bar):
        parsed = [places(pattern, group, EIGHTH) for pattern in alternatives(style.comping, group)]
        lengths = {True: style.hold, False: EIGHTH}
        found.append([tuple(Strike(each.start, lengths[each.is_held]) for each in pattern) for pattern in parsed])
    return found


def _strikes(pattern: Pattern, bar_line: int, slots: Slots, harmony: _Harmony, before: Struck | None) -> list[Struck]:
    """A pattern over the harmony of its bar: without what was anticipated in the bar `before`, and with what it leaves
    out of a new chord, for which its next strike comes early or one is added."""
    given, struck, last = {strike.onset: strike for strike in pattern}, [], before
    for (eighth, (onset, hears)), following in zip(slots.items(), [*slots, None][1:], strict=True):
        chord, strike = harmony.at(onset), given.get(eighth)
        if chord is None:
            continue
        is_anticipated = last is not None and last.onset < last.hears == onset and last.chord == chord
        if strike and is_anticipated and onset in (bar_line, harmony.onsets[chord]):
            continue  # it is held over
        if strike:
            coming = harmony.at(hears)
            chord = chord if coming is None else coming
        elif harmony.lasts(chord) and (last is None or last.chord < chord):
            strike = given.pop(following, Strike(eighth, ADDED))
        else:
            continue
        end = eighth + strike.duration
        end = slots[end][0] if end in slots else max(bar_line + end, onset + SIXTEENTH)
        end = min(end, harmony.ends[chord])
        last = Struck(onset, end, strike.accent, chord, hears)
        struck.append(last)
    return struck


def _cost(struck: list[Struck], wanted: float, gaps: _Gaps) -> float:
    """How far a bar's strikes are from what is wanted: their number, and whether they are where the solo rests."""
    return abs(len(struck) - wanted) - IN_THE_GAPS * sum(map(gaps.around, struck)) / max(1, len(struck))
