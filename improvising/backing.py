"""A walking bass and a ride cymbal for under a solo, made from its chords.

The bass is the cheapest line through all beats at once (dynamic programming): rules say which pitches a beat may have,
costs say which moves are pleasant, and small random costs make one seed's line differ from another's. Left to others:
the chords and the solo (`improvising/solos.py`), how loud the parts are together (`writing/sound.py`).

Conventions: times in grid steps; offbeats fall on two thirds of a beat. The
bass walks, and the ride beats, in the pulses of a bar.
"""

import random
from typing import NamedTuple

from music.notes import Bar, Chord, Note
from music.piece import DRUM_CHANNEL, Part
from music.units import GRID

ACOUSTIC_BASS, BASS_CHANNEL = 32, 2
LOWEST, HIGHEST = 28, 52  # the bass's open E string, and two octaves above it
RIDE, HI_HAT_FOOT = 51, 44  # General MIDI drum keys
SKIPS = 0.12  # how often the bass strikes a beat's pitch again, softly, on the offbeat
RIDE_OFFBEATS = 0.85  # how often the ride plays the offbeat of an accented beat
RIDE_EXTRAS = 0.08  # how often it plays that of another beat

# What a move of so many semitones costs the bass, 0 to 12. A repeated pitch costs more than any other move within the
# octave, so that it comes only where nothing else fits. Beyond the fifth a move is a leap, and dear, but not forbidden:
# roots that rise in semitones without end must fall back somewhere.
MOVES = (30.0, 0.2, 0.0, 0.2, 0.3, 0.7, 2.0, 1.2, 8.0, 9.0, 11.0, 13.0, 12.0)
FAR = 60.0  # a move beyond the octave
NO_APPROACH = 6.0  # reaching a new root other than by step
TURNING_BACK = 1.5  # going back to the pitch of two beats ago: a walk leads somewhere
WHIM = 1.2  # the largest random cost


class Beat(NamedTuple):
    """One beat in grid steps: its `start` and `steps`, its `number` in the bar, and the chord that sounds as it starts:
    its `root`, its `bass` and its `tones` (pitch classes). `changes` says that the bass is a new one."""

    start: int
    steps: int
    number: int
    root: int
    bass: int
    tones: frozenset[int]
    changes: bool


def backing(chords: list[Chord], bars: list[Bar], seed: int) -> list[Part]:
    """Parts 'Bass' and 'Drums' for all `bars`, from the chords under a solo; every choice comes from `seed`.

    `chords` in order of onset, from the start of the piece. A chord sounds until the next; before the first
    one, the first does. No note lasts beyond its bar. Without bars, or without a chord that has tones: [].
    """
    chords = [chord for chord in chords if chord.tones]
    beats = _beats(chords, bars) if chords else []
    if not beats:
        return []
    generator = random.Random(seed)
    return [
        Part("Bass", ACOUSTIC_BASS, BASS_CHANNEL, _bass(beats, generator)),
        Part("Drums", 0, DRUM_CHANNEL, _drums(beats, generator)),
    ]


def _beats(chords: list[Chord], bars: list[Bar]) -> list[Beat]:
    beats, index, bass = [], 0, None
    for bar in bars:
        start = bar.start
        for number, steps in enumerate(bar.pulses):
            while index + 1 < len(chords) and chords[index + 1].onset <= start:
                index += 1
            before, bass = bass, chords[index].bass
            tones = frozenset(chords[index].tones) | {bass}
            beats.append(Beat(start, steps, number, chords[index].root, bass, tones, bass != before))
            start += steps
    return beats


def _bass(beats: list[Beat], generator: random.Random) -> list[Note]:
    notes = []
    for beat, pitch in zip(beats, _walk(beats, generator), strict=True):
        accent = 4 if beat.changes else 2 if beat.number % 2 else 0
        _play(notes, beat.start, beat.steps - 1 if beat.steps > 1 else 1, pitch, 60 + accent + generator.randint(-2, 3))
        if beat.steps >= GRID and generator.random() < SKIPS:
            offbeat = beat.steps * 2 // 3
            notes[-1] = notes[-1]._replace(duration=offbeat - 1)
            _play(notes, beat.start + offbeat, beat.steps - offbeat - 1, pitch, 46 + generator.randint(-3, 3))
    return notes


def _walk(beats: list[Beat], generator: random.Random) -> list[int]:
    """One pitch a beat: the line whose costs add up to the least. A state is the pitch of a beat and the one before."""
    best, came_from = {(None, None): 0.0}, []
    for index, beat in enumerate(beats):
        following = beats[index + 1] if index + 1 < len(beats) else None
        costs, origins = {}, {}
        for pitch in _candidates(beat, following):
            own = _place_cost(pitch, beat, following) + generator.random() * WHIM
            for (earlier, previous), total in best.items():
                cost = total + own
                if previous is not None:
                    cost += _move_cost(previous, pitch, beat) + (TURNING_BACK if pitch == earlier else 0.0)
                if cost < costs.get((previous, pitch), float("inf")):
                    costs[previous, pitch], origins[previous, pitch] = cost, (earlier, previous)
        best = costs
        came_from.append(origins)
    state, line = min(best, key=best.get), []
    for origins in reversed(came_from):
        line.append(state[1])
        state = origins[state]
    return line[::-1]


def _candidates(beat: Beat, following: Beat | None) -> list[int]:
    """What a beat may have: a new chord's bass; before a new bass, its neighbours within a whole tone (the bar's first
    beat excepted); otherwise a chord tone on the bar's first, third, fifth beat, and between them also what passes."""
    if beat.changes:
        classes = {beat.bass}
    elif beat.number and following is not None and following.changes:
        classes = {(following.bass + step) % 12 for step in (-2, -1, 1, 2)}
    elif beat.number % 2 == 0:
        classes = beat.tones
    else:
        classes = beat.tones | _passing(beat)
    return [pitch for pitch in range(LOWEST, HIGHEST + 1) if pitch % 12 in classes]


def _place_cost(pitch: int, beat: Beat, following: Beat | None) -> float:
    """What a pitch costs by itself: away from the low strings, the root where it says nothing new, and so on."""
    cost = max(0, pitch - 44) * 0.3 + max(0, 31 - pitch) * 0.3
    degree = (pitch - beat.bass) % 12
    if following is None:
        return cost + (0.0 if degree == 0 else 10.0)  # the last note stays in the ear: it is the root
    if beat.number == 0:
        return cost + (0.0 if degree in (0, 7) else 0.8)
    return cost + (1.0 if degree == 0 and not beat.changes else 0.0)


def _passing(beat: Beat) -> frozenset[int]:
    """Pitch classes that pass between the chord's: those of Mixolydian or Ionian over a major third, else of Dorian."""
    degrees = {(tone - beat.root) % 12 for tone in beat.tones}
    third = 4 if 4 in degrees else 3
    fifth = 6 if 6 in degrees and 7 not in degrees else 7
    seventh = 11 if 11 in degrees and 10 not in degrees else 10
    return frozenset((beat.root + degree) % 12 for degree in (0, 2, third, 5, fifth, 9, seventh))


def _move_cost(previous: int, pitch: int, beat: Beat) -> float:
    size = abs(pitch - previous)
    cost = MOVES[size] if size < len(MOVES) else FAR
    return cost + (NO_APPROACH if beat.changes and size > 2 else 0.0)


def _drums(beats: list[Beat], generator: random.Random) -> list[Note]:
    """The ride on every beat and on accented ones' offbeats, the hi-hat's foot on accented ones: 2, 4 and so on."""
    notes = []
    for beat in beats:
        accented = beat.number % 2 == 1
        short = min(beat.steps, GRID // 3)
        _play(notes, beat.start, short, RIDE, (58 if accented else 48) + generator.randint(-3, 3))
        if accented:
            _play(notes, beat.start, short, HI_HAT_FOOT, 50 + generator.randint(-3, 3))
        if beat.steps >= GRID and generator.random() < (RIDE_OFFBEATS if accented else RIDE_EXTRAS):
            offbeat = beat.steps * 2 // 3
            _play(notes, beat.start + offbeat, beat.steps - offbeat, RIDE, 40 + generator.randint(-3, 3))
    return notes


def _play(notes: list[Note], start: int, steps: int, pitch: int, velocity: int) -> None:
    notes.append(Note(start, steps, pitch, velocity))
