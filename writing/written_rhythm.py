"""From played times to written ones: which notes, rests, ties and triplets a solo is written with, and how spelled.

Conventions: written times are whole 24ths of a quarter from the start of the piece, which MusicXML calls divisions, so
that sixteenths (6), thirty-seconds (3), triplet eighths (8) and sextuplets (4) are all whole. A bar is written pulse by
pulse.

Each pulse is written in sixteenths or in triplets, whichever is nearer to its onsets, because readers cannot read both
in one pulse; sextuplets and finer are for pulses with more notes than that. Two onsets never share a place: 8/12 and
9/12 become the third and the fourth sixteenth. Left to others: MusicXML (`writing/lead_sheet.py`) and chord symbols
(`music/chord_symbols.py`).
"""

from bisect import bisect_left
from functools import cache
from itertools import accumulate, combinations, islice, pairwise, takewhile
from typing import NamedTuple

from music.chord_symbols import Symbol, tone_name
from music.keys import FLAT_ROOTS, SHARP_ROOTS, key_names
from music.notes import Bar, Note
from music.units import GRID, to_quarters

DIVISIONS = 24  # written times in a quarter
A_STEP = DIVISIONS // GRID  # written times in a grid step
# Place of one note in divisions and what choosing it costs in divisions of error: sextuplets, thirty-seconds and single
# grid steps are there for crowded pulses.
PLACES = {6: 0, 8: 0.5, 4: 6, 3: 8, 2: 20}
VALUES = {  # divisions: type and dots
    144: ("whole", 1), 96: ("whole", 0), 72: ("half", 1), 48: ("half", 0), 36: ("quarter", 1), 24: ("quarter", 0),
    18: ("eighth", 1), 12: ("eighth", 0), 9: ("16th", 1), 6: ("16th", 0), 3: ("32nd", 0),
}  # fmt: skip


class Pulse(NamedTuple):
    """One of a bar's pulses: where it starts, its length, and the size of its places, all in divisions; places of 8, 4
    and 2 are of triplets."""

    start: int
    length: int
    place: int

    @property
    def tuplet(self) -> tuple[int, int] | None:
        """How many places there are in the time of how many: (3, 2) in a triplet; None where there is none."""
        places = self.length // self.place
        return (places, places * 2 // 3) if self.place in (8, 4, 2) else None


class Written(NamedTuple):
    """One written note, chord or rest: `start` and `length` in divisions, `notes` the solo's indices (none: a rest).

    `kind` and `dots` are its look ('' for a rest of a whole bar), `pulse` the pulse it starts in; `tied_from` and
    `tied_to` tell whether it continues the one before and is continued."""

    start: int
    length: int
    notes: tuple[int, ...]
    kind: str
    dots: int
    pulse: Pulse
    tied_from: bool = False
    tied_to: bool = False


def notate(bars: list[Bar], solo: list[Note]) -> list[list[Written]]:
    """Write a solo: for each bar what stands in it, in order, filling it exactly; no bars give no bars.

    Every note of the solo is there, once and with its ties, within a place of where it was played; notes that start
    on one grid step are a chord. Gaps shorter than a sixteenth are closed, and so are those a reader would rather
    not see: in a pulse, up to the next note, if no longer than the note and an eighth.
    Raises ValueError for a bar that is no whole number of sixteenths long, for bars that do not follow each other and
    for a note outside all bars.
    """
    spans = _spans(bars)
    groups = {}
    for index in sorted(range(len(solo)), key=lambda i: (solo[i].onset, i)):
        groups.setdefault(solo[index].onset, []).append(index)
    end = spans[-1][1] if spans else 0
    for onset in groups:
        if not 0 <= to_divisions(onset) < end:
            at = to_quarters(onset)
            raise ValueError(f"a note at {at:g} quarters is outside the bars, which end at {end / DIVISIONS:g}")
    placed, pulses_by_bar, onsets = {}, [], sorted(groups)
    for (start, _), bar in zip(spans, bars, strict=True):
        pulses = []
        lines = accumulate((to_divisions(pulse) for pulse in bar.pulses), initial=start)
        for pulse_start, pulse_stop in pairwise(lines):
            inside = onsets[bisect_left(onsets, pulse_start / A_STEP) : bisect_left(onsets, pulse_stop / A_STEP)]
            length = pulse_stop - pulse_start
            place, slots = _places(tuple(to_divisions(onset) - pulse_start for onset in inside), length)
            pulses.append(Pulse(pulse_start, length, place))
            placed |= {onset: pulse_start + slot for onset, slot in zip(inside, slots, strict=True)}
        pulses_by_bar.append(pulses)
    sounding = _sounding(groups, placed, solo, [pulse for pulses in pulses_by_bar for pulse in pulses], end)
    written, at = [], 0
    for (start, stop), bar, pulses in zip(spans, bars, pulses_by_bar, strict=True):
        while at < len(sounding) and sounding[at][1] <= start:
            at += 1
        inside = takewhile(lambda piece, stop=stop: piece[0] < stop, islice(sounding, at, None))
        written.append(_write_bar(start, stop, bar.meter, pulses, list(inside)))
    return written


def to_divisions(steps: int) -> int:
    """Grid steps as written time."""
    return steps * A_STEP


def spell(pitch: int, symbol: Symbol | None, fifths: int, rising: bool) -> tuple[str, int, int]:
    """A MIDI number as letter, alteration (-1 to 1) and octave; see `spelling`."""
    return as_written(pitch, spelling(pitch % 12, symbol, fifths, rising)[0])


def spelling(tone: int, symbol: Symbol | None, fifths: int, rising: bool) -> tuple[str, int]:
    """The name of a pitch class, and how sure it is: 3 for a tone of its chord and 2 for another of the chord's own
    scale, both by degree; 1 by the key; 0 for a passing note, sharp going up and flat going down. E#, B#, Cb and Fb are
    left to keys that hold them."""
    in_key = key_names(fifths)
    rare = {"E#", "B#", "Cb", "Fb"} - set(in_key.values())
    if symbol and symbol.root is not None:
        interval, minor = (tone - symbol.root) % 12, 3 in symbol.intervals and 4 not in symbol.intervals
        is_of_it = interval in symbol.intervals
        if is_of_it or interval in (2, 5, 9, 10, *((3, 8) if minor else (11,))):
            name = tone_name(symbol, tone)
            if name not in rare:
                return name, 3 if is_of_it else 2
    if tone in in_key:
        return in_key[tone], 1
    return (SHARP_ROOTS if rising else FLAT_ROOTS)[tone], 0


def as_written(pitch: int, name: str) -> tuple[str, int, int]:
    """A MIDI number by its name: letter, alteration (-1 to 1) and octave."""
    alter = {"": 0, "#": 1, "b": -1}[name[1:]]
    return name[0], alter, (pitch - alter) // 12 - 1


def _spans(bars: list[Bar]) -> list[tuple[int, int]]:
    spans, at = [], 0
    for number, bar in enumerate(bars, 1):
        length = to_divisions(bar.length)
        if length <= 0 or length % 6:
            long = f"{to_quarters(bar.length):g} quarters long"
            raise ValueError(f"bar {number} is {long}; make it a whole number of sixteenths")
        if to_divisions(bar.start) != at:
            start = f"{to_quarters(bar.start):g} quarters"
            raise ValueError(f"bar {number} starts at {start} and the one before ends at {at / DIVISIONS:g}")
        spans.append((at, at + length))
        at += length
    return spans


@cache
def _places(onsets: tuple[int, ...], length: int) -> tuple[int, tuple[int, ...]]:
    """The size of a pulse's places and the place of each onset, all in divisions from the pulse: least error wins.

    With 8/12 and 9/12 (16 and 18): `_places((0, 16, 18), 24)` -> (6, (0, 12, 18)).
    """
    if not onsets:  # nothing starts here, and what ends here ends on an eighth
        return 12 if length % 12 == 0 else 6, ()
    best = None
    for place, cost in PLACES.items():
        if length % (3 * place if place in (8, 4, 2) else place) or length // place < len(onsets):
            continue
        if best and cost >= best[0]:
            continue
        for slots in combinations(range(0, length, place), len(onsets)):
            error = sum(abs(slot - onset) for slot, onset in zip(slots, onsets, strict=True))
            if best is None or error + cost < best[0]:
                best = (error + cost, place, slots)
    return best[1:]


def _sounding(groups, placed, solo, pulses: list[Pulse], end: int) -> list[tuple[int, int, tuple[int, ...]]]:
    """Start and end in divisions of each group of notes, and its notes."""
    pulse_at = {division: pulse for pulse in pulses for division in range(pulse.start, pulse.start + pulse.length)}
    pieces = []
    for onset, following in pairwise([*sorted(groups), None]):
        start, until = placed[onset], placed.get(following, end)
        released = to_divisions(max(solo[index].end for index in groups[onset]))
        gap, pulse = until - released, pulse_at[start]
        in_pulse = until <= pulse.start + pulse.length
        if gap >= 6 and not (in_pulse and gap <= 12 and gap <= released - start):
            last = pulse_at[released]
            stop = last.start + int((released - last.start) / last.place + 0.5) * last.place
            until = min(until, max(stop, start + pulse.place))
        pieces.append((start, until, tuple(groups[onset])))
    return pieces


def _write_bar(start: int, stop: int, meter: tuple[int, int], pulses: list[Pulse], sounding: list) -> list[Written]:
    # A bar that its meter does not fill has no bar's rest: music21 reads one at the length of the meter.
    if not sounding and (stop - start) * meter[1] == meter[0] * 4 * DIVISIONS:
        return [Written(start, stop - start, (), "", 0, pulses[0])]
    written, at = [], start
    for first, last, notes in [*sounding, (stop, stop, ())]:
        if at < first:
            written += _write(at, first, (), pulses, start, stop)
        if notes:
            begin, until = max(first, start), min(last, stop)
            parts = _write(begin, until, notes, pulses, start, stop)
            for number, part in enumerate(parts):
                tied_from, tied_to = number > 0 or first < start, number < len(parts) - 1 or last > stop
                written.append(part._replace(tied_from=tied_from, tied_to=tied_to))
            at = until
    return written


def _write(start: int, stop: int, notes, pulses: list[Pulse], bar_start: int, bar_stop: int) -> list[Written]:
    """A note or a rest as values that can be read: the longest that fits and does not hide a pulse that counts."""
    parts = []
    while start < stop:
        pulse = next(pulse for pulse in pulses if start < pulse.start + pulse.length)
        pulse_stop = pulse.start + pulse.length
        if pulse.tuplet:
            room = min(stop, pulse_stop) - start
            value = next(value for value in VALUES if value * 2 % 3 == 0 and value * 2 // 3 <= room)
            length = value * 2 // 3
        else:
            # A tuplet has to begin on its pulse, so that nothing reaches into it.
            limit = min([stop, *(other.start for other in pulses if other.start > start and other.tuplet)])
            even = len({other.length for other in pulses}) == 1
            length = value = next(
                value
                for value in VALUES
                if start + value <= limit and _readable(start, value, pulse, bool(notes), even, bar_start, bar_stop)
            )
        parts.append(Written(start, length, notes, *VALUES[value], pulse))
        start += length
    return parts


def _readable(
    start: int, value: int, pulse: Pulse, is_note: bool, even_pulses: bool, bar_start: int, bar_stop: int
) -> bool:
    place, in_bar = start - pulse.start, start - bar_start
    if place + value <= pulse.length:
        if pulse.length == 36:
            return (value != 36 or place == 0) and (value not in (18, 24) or place % 12 == 0) and _aligned(place, value)
        return (is_note or value not in (18, 9)) and _aligned(place, value) and (is_note or place % value == 0)
    if not even_pulses:
        return False
    if pulse.length == 36:
        return place == 0 and is_note and value in (72, 144)
    middle = bar_start + 48 if bar_stop - bar_start == 96 else None
    crosses = middle is not None and start < middle < start + value
    if not is_note:
        return value == 48 and in_bar % 48 == 0 and middle is not None
    if place == 0:
        return value in (48, 72, 96) or (value == 36 and not crosses)
    return place == 12 and value in (24, 36) and not crosses


def _aligned(place: int, value: int) -> bool:
    """Whether a value within a pulse starts where its own kind may: an eighth may be off by a sixteenth, and so on."""
    unit = {36: 12, 24: 12, 18: 6, 12: 6, 9: 3, 6: 3, 3: 3}.get(value, 12)
    crosses = place // 12 != (place + value - 1) // 12 if value < 12 else False
    return place % unit == 0 and not crosses
