"""Changes that are given for a tune which has only a solo, or others than these: laid over its bars.

The changes begin with the bar of the tune's first note, or where the listener says, and are played as often as the tune
lasts. Left to others: reading them (`reading/changes.py`), the grammar over them (`preprocess.py`).
"""

from dataclasses import replace

from music.chorus import Chorus, usual_bar
from music.notes import Bar, Chord, meters_of, moved
from music.piece import Tune
from music.units import GRID
from reading.meters import Bars, Stretch, by_bar
from reading.raw_tune import some


def over_changes(tune: Tune, chorus: Chorus, from_beat: float | None = None) -> Tune:
    """The tune over these changes, its grammar not yet written.

    They begin with the bar of `from_beat` (quarters), or else with the tune's first bar; with the next one where that
    is a pickup, and with the file's first bar where only then they end with the tune. Where the tune's usual bar is not
    as long as theirs, it gets their bars; where a single one is not, its chords share it.
    """
    chorus = chorus.without_pickup()
    told = [line for line in tune.told if not line.startswith("chords:")]
    if usual_bar(list(tune.bars.values())).length != usual_bar(chorus.bars).length:
        tune = _in_bars_of(chorus, tune)
        told.append(f"bars: of {meters_of(chorus.bars)}, as TUNE_CHORDS has them")
    begin, count = _first_bar(tune, len(chorus.bars), from_beat), len(chorus.bars)
    chords, sections = {}, {}
    for number, bar in tune.bars.items():
        place = (number - begin) % count
        played = chorus.chords_by_bar[place]
        if number < begin:  # a pickup: over the chord that leads to the first one
            chords[number] = [played[-1]._replace(onset=bar.start, duration=bar.length)]
            continue
        chords[number] = _laid(played, chorus.bars[place], bar)
        if place in chorus.sections:
            sections[number] = chorus.sections[place]
    times = (max(tune.bars) - begin) // count + 1
    told.append(f"chords: {some(count, 'bar')} of TUNE_CHORDS, played {some(times, 'time')} from bar {begin + 1} on")
    fifths = tune.fifths if chorus.fifths is None else chorus.fifths
    told = (*told, *chorus.told[:-1])
    return replace(tune, chords=chords, told=told, fifths=fifths, sections=sections, strikes={})


def _first_bar(tune: Tune, count: int, from_beat: float | None) -> int:
    """The number of the tune's bar that the changes, `count` bars, begin with."""
    first, last = min(tune.bars), max(tune.bars)
    bar, notes = tune.bars[first], tune.melody[first]
    if from_beat is not None:
        before = bar.start - from_beat * GRID
        return first - max(0, -int(-before // bar.length))
    starts_late = bool(notes) and 2 * (notes[0].onset - bar.start) >= bar.length
    if bar.lacking or (starts_late and last > first and (last - first) % count == 0):
        return first + 1
    if first < count and (last - first + 1) % count and (last + 1) % count == 0:
        return 0
    return first


def _laid(chords: list[Chord], theirs: Bar, bar: Bar) -> list[Chord]:
    """The chords of one bar of changes, in a bar of the tune."""
    if theirs.length == bar.length:
        return moved(chords, bar.start)
    lengths = bar.shares(len(chords))
    starts = [bar.start + sum(lengths[:number]) for number in range(len(chords))]
    return [
        chord._replace(onset=start, duration=length)
        for chord, start, length in zip(chords, starts, lengths, strict=True)
    ]


def _in_bars_of(chorus: Chorus, tune: Tune) -> Tune:
    """The tune's melody in bars as the changes have them: from the file's beginning where all are alike, otherwise from
    the tune's first bar on."""
    notes = [note for in_bar in tune.melody.values() for note in in_bar]
    played = dict(zip(notes, (one for in_bar in tune.nuances.values() for one in in_bar), strict=False))
    end = max(bar.end for bar in tune.bars.values())
    alike = len({(bar.length, bar.meter) for bar in chorus.bars}) == 1
    start, number, stretches = 0 if alike else min(bar.start for bar in tune.bars.values()), 0, []
    while start < end:
        for bar in chorus.bars:
            stretches.append(Stretch(start, bar.length, bar.meter, number))
            start, number = start + bar.length, number + 1
    bars = Bars(stretches)
    melody = by_bar(notes, bars)
    numbers = range(min(melody), max(melody) + 1)
    rested = {number for number in numbers if any(_meet(bars[number], bar) for bar in tune.bars.values())}
    melody = {number: melody.get(number, []) for number in sorted(rested | set(melody))}
    nuances = {number: [played[note] for note in in_bar] for number, in_bar in melody.items()} if played else {}
    return replace(tune, melody=melody, bars={number: bars[number] for number in melody}, nuances=nuances)


def _meet(bar: Bar, other: Bar) -> bool:
    return bar.start < other.end and other.start < bar.end
