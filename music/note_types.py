"""What each of the twelve pitch classes is over a chord: C, S, A or X.

The meaning is music21's (chord quality, scale derivation). music21 is asked for its scales once; which of them it
would derive from a chord is looked up afterwards. A chord's table is a string of twelve letters, one for each pitch
class from C to B, so that the type of a MIDI pitch is `table[pitch % 12]`.
"""

from functools import cache
from typing import NamedTuple

from music.notes import PITCH_CLASS_NAMES, Chord
from running.answers import are, asked_once

NO_TYPES = "X" * 12  # over no chord
HEXATONIC_BLUES = (0, 3, 5, 6, 7, 10)  # semitones above the tonic


class Scale(NamedTuple):
    """A scale as `tonic` (a pitch class), the names of its notes, and their pitch classes."""

    tonic: int
    names: frozenset[str]
    pitch_classes: frozenset[int]


def types_at(chords: list[Chord], onset: int) -> str:
    """The type of each pitch class over the chord that sounds at `onset`; all X where none does, as over N.C."""
    chord = sounding_chord(chords, onset)
    return note_types(chord.tones) if chord and chord.tones else NO_TYPES


@asked_once(lambda found: isinstance(found, str) and len(found) == 12 and {*found} <= {*"CSAX"})
def note_types(tones: tuple[int, ...]) -> str:
    """The type of each pitch class over a chord of these pitch classes, as twelve letters.

    C: its name is among the chord's; S: its name is in the scale music21 derives from the chord, major for a major
    chord and Dorian for any other; A: it lies a semitone from a chord tone; X: none of these. Names compare as spelled.
    Example: over C E G B, from C to B -> 'CASACASCASAC'.
    """
    scale_names = _derive(_scales("MajorScale" if is_major(tones) else "DorianScale"), tones).names
    neighbours = {(tone + step) % 12 for tone in tones for step in (-1, 1)}
    types = []
    for pitch_class, name in enumerate(PITCH_CLASS_NAMES):
        if pitch_class in tones:
            types.append("C")
        elif name in scale_names:
            types.append("S")
        else:
            types.append("A" if pitch_class in neighbours else "X")
    return "".join(types)


@asked_once(lambda found: are(int, found) and {*found} <= {*range(12)} and len(found) > 0)
def first_scale_tones(tones: tuple[int, ...]) -> tuple[int, ...]:
    """Pitch classes from which the original draws a bar's first scale tone: major, or hexatonic blues if not major."""
    major = _scales("MajorScale")
    if is_major(tones):
        return tuple(sorted(_derive(major, tones).pitch_classes))
    blues = [Scale(tonic, frozenset(), _blues(tonic)) for tonic, *_ in major]
    return tuple(sorted(_derive(blues, tones).pitch_classes))


@cache
def is_major(tones: tuple[int, ...]) -> bool:
    """Whether music21 calls the chord of these pitch classes, each spelled by itself, a major one.

    It asks for names alone: the octaves and the order in which they are struck do not matter to it.
    """
    from music21 import chord, pitch

    return chord.Chord([pitch.Pitch(60 + tone) for tone in tones]).quality == "major"


def has_chord(chords: list[Chord]) -> bool:
    """Whether any of a bar's chords has tones; N.C. has none."""
    return any(chord.tones for chord in chords)


def sounding_chord(chords: list[Chord], onset: int) -> Chord | None:
    """The last chord with tones that starts no later than `onset`; before the first one, the first. None: N.C."""
    chosen = None
    for chord in chords:
        if chord.tones and (chosen is None or chord.onset <= onset):
            chosen = chord
    return chosen


@cache
def _scales(kind: str) -> list[Scale]:
    """music21's scales of one kind on every tonic, in the order in which it prefers them among equals.

    All of them hold seven of the twelve pitch classes, so ranking them by those gives the bare order of preference.
    """
    from music21 import pitch, scale

    every_pitch = [pitch.Pitch(midi) for midi in range(60, 72)]
    ranked = getattr(scale, kind)().deriveRanked(every_pitch, resultsReturned=None)
    scales = []
    for _, concrete in ranked:
        pitches = concrete.getPitches()
        names = frozenset(pitch.name for pitch in pitches)
        scales.append(Scale(concrete.tonic.pitchClass, names, frozenset(pitch.pitchClass for pitch in pitches)))
    return scales


def _derive(scales: list[Scale], tones: tuple[int, ...]) -> Scale:
    """The scale that shares most pitch classes with the chord, as music21's `derive` chooses it."""
    return max(scales, key=lambda scale: len(scale.pitch_classes.intersection(tones)))


def _blues(tonic: int) -> frozenset[int]:
    return frozenset((tonic + step) % 12 for step in HEXATONIC_BLUES)
