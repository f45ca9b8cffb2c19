"""The abstract grammar: a bar of melody as a line of terms, and terms as notes again.

A term is `TYPE,DURATION[,<UPPER,LOWER>]`; terms are separated by one space. TYPE is what the note is over the chord
that sounds (C, S, A or X: `music/note_types.py`), or R for a bar of rest; DURATION is its sounding length in quarters
with three decimals, and UPPER and LOWER the directed interval from the bar's previous note plus and minus a minor
third, as music21 names them. The first note of a bar has no interval. After Gillick, Tang and Keller, "Learning Jazz
Grammars" (2009).

Left to others: which values are played when and, unless as the original does it, with which pitches
(`learning/sampler.py`); repairs (`qa.py`); reading files (`preprocess.py`).
"""

import random
import re
from functools import cache
from itertools import accumulate
from typing import NamedTuple

from music.note_types import first_scale_tones, has_chord, note_types, sounding_chord, types_at
from music.notes import Chord, Note
from music.units import GRID, duration_text, to_steps
from running.answers import are, asked_once

TYPES = "CSAX"  # of notes
REST = "R"
INTERVAL_NAME = re.compile("(P|m|M|A{1,8}|d{1,8})-?[0-9]{1,2}")
WIDEST = 200  # semitones that such a name can mean
LONGEST_DURATION = 64 * GRID  # grid steps: what is longer was not read from music


class Term(NamedTuple):
    """One term: its `duration` in grid steps, `lower` and `upper` its interval in semitones or None."""

    type: str
    duration: int
    lower: int | None = None
    upper: int | None = None


def parse_melody(measure_notes: list[Note], measure_chords: list[Chord]) -> str:
    """Write one bar of melody as a line of grammar.

    Notes and chords count from the same start, in order of onset. A bar without notes is ''.
    Example: E-5 for half a beat, then C5 for a third, over a C minor chord -> 'C,0.500 C,0.333,<P1,d-5>'.
    Raises ValueError for a bar that has notes but no chord.
    """
    if measure_notes and not measure_chords:
        raise ValueError("a bar with notes needs a chord to be written as grammar")
    terms, previous = [], None
    for note in measure_notes:
        types = types_at(measure_chords, note.onset)
        term = f"{types[note.pitch % 12]},{duration_text(note.duration)}"
        if previous is not None:
            term += ",<{},{}>".format(*interval_bounds(previous % 12, note.pitch - previous))
        terms.append(term)
        previous = note.pitch
    return " ".join(terms)


@asked_once(lambda found: are(str, found) and len(found) == 2 and all(map(INTERVAL_NAME.fullmatch, found)))
def interval_bounds(pitch_class: int, semitones: int) -> tuple[str, str]:
    """Names of the directed interval plus and minus a minor third, from a note of this pitch class.

    The spelling of both notes decides the names: (0, 2), from C to D, -> ('P4', 'm-2').
    """
    from music21 import interval, pitch

    low = 144 + pitch_class  # room for any step down: below 12 music21 sees a name without an octave
    start, end = pitch.Pitch(low), pitch.Pitch(low + semitones)
    step = interval.Interval(start, end)
    minor_third = interval.Interval("m3")
    upper = interval.add([step, minor_third])
    lower = interval.subtract([step, minor_third])
    return upper.directedName, lower.directedName


def ask_ahead() -> None:
    """Ask for the names of all intervals within two octaves, so that no later run has to ask for one of them."""
    for pitch_class in range(12):
        for distance in range(-24, 25):
            interval_bounds(pitch_class, distance)


@asked_once(lambda found: type(found) is int and abs(found) <= WIDEST)
def semitones(directed_name: str) -> int:
    """Size of a directed interval: 'm-2' -> -1, 'P4' -> 5. Raises ValueError for what is none."""
    from music21 import interval
    from music21.exceptions21 import Music21Exception

    try:
        if not INTERVAL_NAME.fullmatch(directed_name):  # music21 would reckon with a number of any length
            raise ValueError("not the name of one")
        return int(interval.Interval(directed_name).semitones)
    except (Music21Exception, ValueError, LookupError, AttributeError, TypeError) as error:
        raise ValueError(f"{directed_name!r} is no interval") from error


@cache
def parse_term(text: str) -> Term:
    """A term's parts: 'S,0.333,<P4,m-2>' -> Term('S', 4, -1, 5). Raises ValueError for a text that is no term."""
    try:
        kind, duration, *bounds = text.replace("<", "").replace(">", "").split(",")
        steps = to_steps(float(duration))
        if kind not in (*TYPES, REST) or len(bounds) not in (0, 2) or not 0 < steps <= LONGEST_DURATION:
            raise ValueError("unknown type, or no possible duration or interval")
        upper, lower = (semitones(name) for name in bounds) if bounds else (None, None)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text!r} is not a term such as 'S,0.333,<P4,m-2>' ({error})") from error
    return Term(kind, steps, lower, upper)


def unparse_grammar(grammar: str, chords: list[Chord], generator: random.Random | None = None) -> list[Note]:
    """Realise one bar's line of grammar as notes over the bar's chords, from the bar line, as the original does.

    As `realise`, which also tells how many terms had to fall back. Source: the family's `unparse_grammar`.
    """
    terms = [parse_term(text) for text in grammar.split()]
    return realise(terms, late_onsets(terms), chords, generator or random.Random(0))[0]


def realise(
    terms: list[Term], onsets: list[int], chords: list[Chord], generator: random.Random
) -> tuple[list[Note], int]:
    """Turn one bar's terms into notes at these onsets (grid steps from the bar line), one by one, as the original does;
    return them and how many terms had to fall back.

    Notes are as long as their terms say, however long the bar is. Of the first note C is any note of the chord, S a
    tone of its scale, A and X a semitone beside one, at least from octave 4; later ones are drawn evenly among the
    pitches of the term's type in its interval, at least from octave 3; where there is none, the line moves a whole tone
    (the fall-back). No terms, or rests only, give no notes. Raises ValueError for terms without a chord.
    """
    if terms and not has_chord(chords):
        raise ValueError("terms can be realised only over a chord")
    notes, fallbacks, previous = [], 0, None
    for term, onset in zip(terms, onsets, strict=True):
        if term.type == REST:
            continue
        chord = sounding_chord(chords, onset)
        if previous is None or term.lower is None:
            pitch = _first_pitch(term.type, chord, generator)
        else:
            types = note_types(chord.tones)
            reachable = range(previous + term.lower, previous + term.upper + 1)
            fitting = [pitch for pitch in reachable if types[pitch % 12] == term.type]
            others = [pitch for pitch in fitting if pitch != previous]
            if fitting:
                pitch = generator.choice(others or fitting)
            else:
                pitch = previous + generator.choice((-2, 2))
                fallbacks += 1
            pitch = _raised(pitch, octave=3)
        notes.append(Note(onset, term.duration, pitch))
        previous = pitch
    return notes, fallbacks


def filled_onsets(terms: list[Term]) -> list[int]:
    """Onsets of notes that follow one another without a gap, from the bar line, in grid steps."""
    return list(accumulate((term.duration for term in terms[:-1]), initial=0))


def late_onsets(terms: list[Term]) -> list[int]:
    """Onsets as the original sets them: a note starts when its own duration has passed since the one before."""
    return list(accumulate(term.duration for term in terms))


def _first_pitch(kind: str, chord: Chord, generator: random.Random) -> int:
    pitch = generator.choice(chord.pitches)
    if kind != "C":
        pitch = pitch - pitch % 12 + generator.choice(first_scale_tones(chord.tones))
        if kind != "S":
            pitch += generator.choice((-1, 1))
    return _raised(pitch, octave=4)


def _raised(pitch: int, octave: int) -> int:
    """The pitch in its own octave or, if that is lower, in `octave` (4 begins at MIDI 60); within MIDI's 0 to 127."""
    lowest = 12 * (octave + 1)
    pitch = pitch if pitch >= lowest else lowest + pitch % 12
    return pitch if pitch <= 127 else pitch - 12 * -(-(pitch - 127) // 12)
