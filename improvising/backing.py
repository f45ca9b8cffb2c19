"""Bass and drums for under a solo, in a style, made from its chords.

The bass takes its rhythm from the style (`improvising/styles.py`). On the pulses it plays the cheapest line through all
of them at once (dynamic programming): rules say which pitches a stroke may have, costs say which moves are pleasant,
and small random costs make one seed's line differ from another's. Off the pulses it leads to the stroke that follows.
Left to others: the chords and the solo (`improvising/solos.py`), the piano (`improvising/comping.py`), how loud the
parts are together (`writing/sound.py`).

Conventions: times in grid steps. What is between the beats is at the off-beats that `styles.off_beats` tells.
"""

import random
from bisect import bisect_right
from itertools import accumulate, pairwise
from typing import NamedTuple

from improvising.styles import Layer, Style, alternatives, groups, off_beats, places, style_of
from music.instruments import ACOUSTIC_BASS
from music.notes import Bar, Chord, Note
from music.piece import DRUM_CHANNEL, Part
from music.units import GRID

BASS_CHANNEL = 2
LOWEST, HIGHEST = 28, 52  # the bass's open E string, and two octaves above it
SKIPS = 0.12  # how often a walking bass strikes a beat's pitch again, softly, on the off-beat
# What a move of so many semitones costs the bass, 0 to 12. A repeated pitch costs more than any other move within the
# octave, so that it comes only where nothing else fits. Beyond the fifth a move is a leap, and dear, but not forbidden:
# roots that rise in semitones without end must fall back somewhere.
MOVES = (30.0, 0.2, 0.0, 0.2, 0.3, 0.7, 2.0, 1.2, 8.0, 9.0, 11.0, 13.0, 12.0)
FAR = 60.0  # a move beyond the octave
NO_APPROACH = 6.0  # reaching a new root other than by step
TURNING_BACK = 1.5  # going back to the pitch of two beats ago: a walk leads somewhere
FIFTH_ON_ONE, STAYING = 6.0, 3.0  # of a bass that does not walk: its bars begin with the root, and it may repeat it
WHIM = 1.2  # the largest random cost


class Beat(NamedTuple):
    """One stroke on a pulse in grid steps: its `start`, the `steps` to the next one in its bar or to the bar's end; the
    steps of its `pulse`, and that one's `number` in the bar; the chord that sounds as it starts: its `root`, its `bass`
    and its `tones` (pitch classes). `changes` says that the bass is a new one."""

    start: int
    steps: int
    pulse: int
    number: int
    root: int
    bass: int
    tones: frozenset[int]
    changes: bool


def backing(chords: list[Chord], bars: list[Bar], seed: int, style: str = "swing", offbeat: int = 8) -> list[Part]:
    """Parts 'Bass' and 'Drums' for all `bars`, from the chords under a solo; every choice comes from `seed`.

    `chords` in order of onset, from the start of the piece. A chord sounds until the next; before the first
    one, the first does; N.C. is passed over. `style` is one of `styles.STYLES`, and `offbeat` the grid step in a
    quarter at which its off-beat is written (6 straight, 8 swung). No note lasts beyond its bar. Without bars, or
    without a chord that has tones: []. Raises ValueError for another style.
    """
    played, generator = style_of(style), random.Random(seed)
    chords = [chord for chord in chords if chord.tones]
    bars = [bar for bar in bars if bar.length]
    if not chords or not bars:
        return []
    return [
        Part("Bass", ACOUSTIC_BASS, BASS_CHANNEL, _bass(_Harmony(chords), bars, played, offbeat, generator)),
        Part("Drums", played.kit, DRUM_CHANNEL, _drums(bars, played, offbeat, generator)),
    ]


class _Harmony:
    """Which chord sounds at a grid step."""

    def __init__(self, chords: list[Chord]):
        self.chords, self.onsets = chords, [chord.onset for chord in chords]

    def at(self, step: int) -> Chord:
        return self.chords[max(0, bisect_right(self.onsets, step) - 1)]


def _bass(harmony: _Harmony, bars: list[Bar], style: Style, offbeat: int, generator: random.Random) -> list[Note]:
    beats, between = _strokes(harmony, bars, style, offbeat, generator)
    notes, line = [], _line(beats, style.walks, generator)
    starts = [beat.start for beat in beats]
    for beat, pitch in zip(beats, line, strict=True):
        accent = 4 if beat.changes else 2 if beat.number % 2 else 0
        notes.append(Note(beat.start, beat.steps, pitch, 60 + accent + generator.randint(-2, 3)))
        skips = off_beats(beat.pulse, offbeat) if style.walks and beat.steps == beat.pulse else ()
        if skips and generator.random() < SKIPS:
            notes.append(Note(beat.start + skips[-1], beat.pulse - skips[-1], pitch, 46 + generator.randint(-3, 3)))
    for start, steps in between:
        index = bisect_right(starts, start) - 1
        if index + 1 < len(beats) and harmony.at(start).bass == beats[index + 1].bass:
            index += 1
        notes.append(Note(start, steps, line[index], 52 + generator.randint(-3, 3)))
    notes.sort()
    ends = [min(note.end, after.onset) for note, after in pairwise(notes)] + [notes[-1].end]
    return [note._replace(duration=max(1, end - note.onset - 1)) for note, end in zip(notes, ends, strict=True)]


def _strokes(
    harmony: _Harmony, bars: list[Bar], style: Style, offbeat: int, generator: random.Random
) -> tuple[list[Beat], list[tuple[int, int]]]:
    """When the bass plays: on pulses, where the pattern says so or the chord has a new bass, and between them, where a
    stroke is its start and its steps."""
    beats, between, bass = [], [], None
    for bar in bars:
        drawn = [(generator.choice(alternatives(style.bass, group)), group) for group in groups(bar)]
        wanted = [place for pattern, group in drawn for place in places(pattern, group, offbeat)]
        between += [(bar.start + place.start, bar.length - place.start) for place in wanted if place.is_off]
        on_pulses, in_bar = {place.start for place in wanted}, []
        starts = accumulate(bar.pulses[:-1], initial=bar.start)
        for number, (start, pulse) in enumerate(zip(starts, bar.pulses, strict=True)):
            chord = harmony.at(start)
            if start - bar.start in on_pulses or chord.bass != bass:
                tones = frozenset(chord.tones) | {chord.bass}
                in_bar.append(Beat(start, 0, pulse, number, chord.root, chord.bass, tones, chord.bass != bass))
            bass = chord.bass
        ends = [beat.start for beat in in_bar[1:]] + [bar.end]
        beats += [beat._replace(steps=end - beat.start) for beat, end in zip(in_bar, ends, strict=True)]
    return beats, between


def _line(beats: list[Beat], walks: bool, generator: random.Random) -> list[int]:
    """One pitch a stroke: the line whose costs add up to the least. A state is the pitch of a stroke and the one
    before."""
    best, came_from = {(None, None): 0.0}, []
    for index, beat in enumerate(beats):
        following = beats[index + 1] if index + 1 < len(beats) else None
        costs, origins = {}, {}
        for pitch in _candidates(beat, following, walks):
            own = _place_cost(pitch, beat, walks) + generator.random() * WHIM
            for (earlier, previous), total in best.items():
                cost = total + own
                if previous is not None:
                    cost += _move_cost(previous, pitch, beat, walks)
                    cost += TURNING_BACK if walks and pitch == earlier else 0.0
                if cost < costs.get((previous, pitch), float("inf")):
                    costs[previous, pitch], origins[previous, pitch] = cost, (earlier, previous)
        best = costs
        came_from.append(origins)
    state, line = min(best, key=best.get), []
    for origins in reversed(came_from):
        line.append(state[1])
        state = origins[state]
    return line[::-1]


def _candidates(beat: Beat, following: Beat | None, walks: bool) -> list[int]:
    """What a stroke may have: a new chord's bass, and the bass at the end; before a new bass, where it is neither the
    bar's first nor longer than a pulse, the neighbours within a whole tone. Otherwise root and fifth, or where the bass
    walks, a chord tone on the bar's first, third, fifth pulse, and between them also what passes."""
    if beat.changes or following is None:
        classes = {beat.bass}
    elif beat.number and following.changes and beat.steps == beat.pulse:
        classes = {(following.bass + step) % 12 for step in (-2, -1, 1, 2)}
    elif not walks:
        classes = _root_and_fifth(beat)
    elif beat.number % 2 == 0:
        classes = beat.tones
    else:
        classes = beat.tones | _passing(beat)
    return [pitch for pitch in range(LOWEST, HIGHEST + 1) if pitch % 12 in classes]


def _root_and_fifth(beat: Beat) -> set[int]:
    """The bass and the root's fifth, altered where the chord's is; on weak pulses the root, too."""
    degrees = {(tone - beat.root) % 12 for tone in beat.tones}
    fifth = next((degree for degree in (7, 6, 8) if degree in degrees), 0)
    return {beat.bass, (beat.root + fifth) % 12} | ({beat.root} if beat.number else set())


def _place_cost(pitch: int, beat: Beat, walks: bool) -> float:
    """What a pitch costs by itself: away from the low strings, the root where it says nothing new, and so on."""
    cost = max(0, pitch - 44) * 0.3 + max(0, 31 - pitch) * 0.3
    degree = (pitch - beat.bass) % 12
    if beat.number:
        return cost + (1.0 if degree == 0 and not beat.changes else 0.0)
    if not walks:
        return cost + (FIFTH_ON_ONE if degree else 0.0)
    return cost + (0.0 if degree in (0, 7) else 0.8)


def _passing(beat: Beat) -> frozenset[int]:
    """Pitch classes that pass between the chord's: those of Mixolydian or Ionian over a major third, else of Dorian."""
    degrees = {(tone - beat.root) % 12 for tone in beat.tones}
    third = 4 if 4 in degrees else 3
    fifth = 6 if 6 in degrees and 7 not in degrees else 7
    seventh = 11 if 11 in degrees and 10 not in degrees else 10
    return frozenset((beat.root + degree) % 12 for degree in (0, 2, third, 5, fifth, 9, seventh))


def _move_cost(previous: int, pitch: int, beat: Beat, walks: bool) -> float:
    size = abs(pitch - previous)
    if not (size or walks):
        return STAYING
    cost = MOVES[size] if size < len(MOVES) else FAR
    return cost + (NO_APPROACH if beat.changes and size > 2 else 0.0)


def _drums(bars: list[Bar], style: Style, offbeat: int, generator: random.Random) -> list[Note]:
    notes = []
    for number, bar in enumerate(bars):
        for layer in style.drums:
            if generator.random() < layer.chance:
                notes += _layer(layer, bar, number if layer.in_turn else None, offbeat, generator)
    return sorted(notes)


def _layer(layer: Layer, bar: Bar, turn: int | None, offbeat: int, generator: random.Random) -> list[Note]:
    """What one drum plays in a bar, the patterns as they come or that of its `turn`."""
    notes = []
    for group in groups(bar):
        choices = alternatives(layer.patterns, group)
        pattern = generator.choice(choices) if turn is None else choices[turn % len(choices)]
        for place in places(pattern, group, offbeat):
            on, accented, between = layer.velocities
            velocity = between if place.is_off else on if place.number % 2 else accented
            steps = place.steps if place.is_held else min(place.steps, GRID // 3)
            notes.append(Note(bar.start + place.start, steps, layer.key, velocity + generator.randint(-3, 3)))
    return notes
