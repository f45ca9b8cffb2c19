"""A written chart as a pianist's left hand plays it: voicings of four or five notes that move as little as they can.

Conventions: times in grid steps from the start, pitches as MIDI numbers, bars counted from 0. Left to
others: reading the chart (`music/chord_symbols.py`) and the rhythm of the accompaniment; here each chord is held.
"""

from functools import cache
from itertools import pairwise, product

from music.chord_symbols import Symbol
from music.notes import Chord


def voice_changes(
    changes: list[list[tuple[int, Symbol]]],
    low: int = 45,
    high: int = 72,
    velocity: int = 72,
) -> dict[int, list[Chord]]:
    """Piano voicings of a chart, by bar number from 0, from the start, each held as long as it says.

    A bar is its symbols, each with its length in grid steps; bars follow one another.

    Four or five notes from `low` to `high` (MIDI numbers), where the chord's third (or fourth), its seventh or sixth,
    an altered fifth and its tensions come before root and fifth; a slash bass is the lowest note. Each voicing is the
    one that moves least from the one before. The same chord again within a bar is held on. N.C. is a chord of no
    pitches, no changes are no bars. Raises ValueError where there is no room: less than 24 semitones.
    """
    if high - low < 24:
        raise ValueError(f"low {low} and high {high} leave no room for voicings; leave at least 24 semitones between")
    voiced, previous, before, onset = {}, (), None, 0
    for number, bar in enumerate(changes):
        voiced[number] = chords = []
        for duration, symbol in bar:
            meaning = _meaning(symbol)
            if chords and meaning == before:
                chords[-1] = chords[-1]._replace(duration=chords[-1].duration + duration)
            else:
                pitches = () if symbol.root is None else _next_voicing(previous, meaning, low, high)
                previous = pitches or previous
                sounding, named = (pitches, velocity if pitches else 0), (symbol.text, symbol.tones, symbol.bass)
                chords.append(Chord(onset, duration, *sounding, symbol.root, *named, is_written=True))
            before, onset = meaning, onset + duration
    return voiced


def _meaning(symbol: Symbol) -> tuple:
    """What is played of a symbol, however it is spelled: its root, intervals and bass."""
    return symbol.root, symbol.intervals, symbol.bass


@cache
def _next_voicing(previous: tuple[int, ...], chord: tuple, low: int, high: int) -> tuple[int, ...]:
    """The voicing with the fewest semitones to go; the top voice counts twice over, and the middle pulls a little."""

    def cost(voicing):
        spread = sum(abs(pitch - (low + high) / 2) for pitch in voicing) / len(voicing)
        # A gap of more than a sixth, and a second in the depth, sound hollow or muddy.
        rough = sum(upper - lower > 9 for lower, upper in pairwise(voicing[1:])) * 6
        rough += sum(upper - lower < 3 and lower < 50 for lower, upper in pairwise(voicing)) * 6
        rough += (voicing[-1] - voicing[-2] == 1) * 4 + max(0, voicing[-1] - voicing[0] - 19) * 2
        if not previous:
            return spread + rough
        moved = sum(min(abs(pitch - other) for other in previous) for pitch in voicing)
        moved += sum(min(abs(pitch - other) for other in voicing) for pitch in previous)
        return moved + 2 * abs(voicing[-1] - previous[-1]) + rough + 0.5 * spread

    return min(_voicings(chord, low, high), key=lambda voicing: (cost(voicing), voicing))


@cache
def _voicings(chord: tuple, low: int, high: int) -> list[tuple[int, ...]]:
    root, intervals, bass = chord
    tones = [(root + interval) % 12 for interval in _voiced_intervals(intervals)]
    places = [[pitch for pitch in range(low, high + 1) if pitch % 12 == tone] for tone in tones]
    voicings = {tuple(sorted(set(pitches))) for pitches in product(*places)}
    if bass != root:
        depths = [pitch for pitch in range(low, low + 12) if pitch % 12 == bass]
        voicings = {
            (depth, *(pitch for pitch in voicing if pitch > depth))
            for voicing in voicings
            for depth in depths
            if all(pitch > depth or (pitch - bass) % 12 == 0 for pitch in voicing)
        }
    return sorted({_filled(voicing, low, high) for voicing in voicings})


def _filled(voicing: tuple[int, ...], low: int, high: int) -> tuple[int, ...]:
    """A voicing of three notes or fewer with octaves doubled above, where there is no room below, to make four."""
    octaves = [pitch + 12 for pitch in voicing] + [pitch + 24 for pitch in voicing] + [pitch - 12 for pitch in voicing]
    free = [pitch for pitch in octaves if low <= pitch <= high and pitch not in voicing]
    return tuple(sorted([*voicing, *free[: max(0, 4 - len(voicing))]]))


def _voiced_intervals(intervals: tuple[int, ...]) -> list[int]:
    """The four or five tones to play, those that tell the chord first."""
    tones = set(intervals)
    third = next((tone for tone in (4, 3, 5, 2) if tone in tones), None)
    seventh = next((tone for tone in (10, 11, 9) if tone in tones), None)
    telling = [tone for tone in (third, seventh) if tone is not None]
    altered = [tone for tone in (6, 8) if tone in tones and 7 not in tones]
    if {1, 3, 6, 8} <= tones:  # alt: the sharp ninth and the flat thirteenth stand for all four
        altered = [8, 3]
    rest = [tone for tone in (6, 9, 1, 3, 2, 8, 5) if tone in tones]
    order = list(dict.fromkeys(telling + altered + rest))
    order = order[: 5 if len(order) > 4 and not {1, 3, 6, 8} <= tones else 4]
    for tone in (0, 7):
        if len(order) < 4 and tone in tones:
            order.append(tone)
    return order
