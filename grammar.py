"""The abstract grammar: a bar of melody as a line of terms, and terms as notes again.

A term is `TYPE,DURATION[,<UPPER,LOWER>]`; terms are separated by one space. TYPE is what the note is over the chord
that sounds (C, S, A or X: `harmony.py`), DURATION its sounding length in quarters with three decimals, and UPPER and
LOWER the directed interval from the bar's previous note plus and minus a minor third, as music21 names them. The first
note of a bar has no interval. After Gillick, Tang and Keller, "Learning Jazz Grammars" (2009).

Left to others: which durations and onsets are played (`rhythm.py`, `qa.py`), reading files (`preprocess.py`).
"""

from functools import lru_cache
from typing import NamedTuple

from harmony import note_types, sounding_chord
from notes import PITCH_CLASS_NAMES, Chord, Note, to_grid


class Term(NamedTuple):
    """One term: `steps` is its duration in grid steps, `lower` and `upper` its interval in semitones or None."""

    type: str
    steps: int
    lower: int | None = None
    upper: int | None = None


def parse_melody(measure_notes: list[Note], measure_chords: list[Chord]) -> str:
    """Write one bar of melody as a line of grammar.

    Notes and chords count their offsets from the same start, in order of onset. A bar without notes is ''.
    Example: E-5 for half a beat, then C5 for a third, over a C minor chord -> 'C,0.500 C,0.333,<P1,d-5>'.
    Raises ValueError for a bar that has notes but no chord.
    """
    if measure_notes and not measure_chords:
        raise ValueError("a bar with notes needs a chord to be written as grammar")
    terms, previous = [], None
    for note in measure_notes:
        types = note_types(sounding_chord(measure_chords, note.offset).pitches)
        term = f"{types[note.pitch % 12]},{note.quarter_length:.3f}"
        if previous is not None:
            term += ",<{},{}>".format(*interval_bounds(previous % 12, note.pitch - previous))
        terms.append(term)
        previous = note.pitch
    return " ".join(terms)


@lru_cache(maxsize=None)
def interval_bounds(pitch_class: int, semitones: int) -> tuple[str, str]:
    """Names of the directed interval plus and minus a minor third, from a note of this pitch class.

    The spelling of both notes decides the names: (0, 2), from C to D, -> ('P4', 'm-2').
    """
    from music21 import interval, pitch

    start = pitch.Pitch(60 + pitch_class)
    end = pitch.Pitch(60 + pitch_class + semitones)
    step = interval.Interval(start, end)
    minor_third = interval.Interval("m3")
    upper = interval.add([step, minor_third])
    lower = interval.subtract([step, minor_third])
    return upper.directedName, lower.directedName


@lru_cache(maxsize=None)
def semitones(directed_name: str) -> int:
    """Size of a directed interval: 'm-2' -> -1, 'P4' -> 5."""
    from music21 import interval

    return int(interval.Interval(directed_name).semitones)
