"""Bars that are kept of a solo made before, while the rest is played anew.

They are kept as notes, so that they stay as they are whatever else is set; for the network they are read back as
values, the likest that it knows. Left to others: how the rest is sampled around them (`inference_model.py`).
"""

from collections.abc import Iterable
from pathlib import Path

from grammar import Term, parse_term
from improvising.measures import read_back
from music.notes import Bar, Chord, Note
from music.piece import Piece, Solo, into_bars
from music.units import nearest_step
from reading.midi import read_midi
from writing.midi import TICKS_PER_QUARTER, played

Kept = dict[int, list[Note]]  # the notes of each bar that is kept, from its bar line; bars count from 0


def kept_of_file(path: Path, numbers: Iterable[int], bars: list[Bar]) -> Kept:
    """The bars with these `numbers`, from 1, of a MIDI file that a run wrote, as of a solo over `bars`.

    Raises ValueError for a file that cannot be read or holds no solo, and where there are not so many bars.
    """
    tune = read_midi(path)
    tracks = [track for track in tune.tracks if track.name == "Solo"]
    if not tracks:
        raise ValueError(f"{path}: has no track named Solo, from which bars could be kept; take one that a run wrote")
    struck = [(note.onset, note.end, note.pitch, note.velocity) for note in tracks[0].notes()]
    return _kept(struck, tune.ticks_per_quarter, numbers, bars)


def kept_of_piece(piece: Piece, numbers: Iterable[int], bars: list[Bar]) -> Kept:
    """The same of a piece, as its MIDI file would have it."""
    return _kept(played(piece.parts[0].music), TICKS_PER_QUARTER, numbers, bars)


def values_of_bar(notes: list[Note], bar: Bar, chords: list[Chord], terms: list[Term]) -> list[tuple[int, int, int]]:
    """A kept bar as the network hears it: (place in the bar, index of the likest of the `terms`, MIDI pitch) for each
    onset; none where the bar has no chord."""
    read = read_back(Solo([bar], [notes], [chords]))
    heard = {notes[number].onset: (_likest(parse_term(value), terms), notes[number].pitch) for number, value in read}
    return [(place, *known) for place, known in sorted(heard.items()) if place < bar.length]


def _kept(struck: list[tuple[int, int, int, int]], ticks: int, numbers: Iterable[int], bars: list[Bar]) -> Kept:
    beyond = [number for number in numbers if not 1 <= number <= len(bars)]
    if beyond:
        raise ValueError(f"KEEP_BARS (--keep-bars) names bar {beyond[0]}, the solo has {len(bars)}; name others")
    notes = []
    for onset, end, pitch, velocity in struck:
        start = nearest_step(onset, ticks)
        notes.append(Note(start, max(1, nearest_step(end, ticks) - start), pitch, velocity))
    _, by_bar, _ = into_bars(notes, bars, [[] for _ in bars])
    return {number - 1: by_bar[number - 1] for number in numbers}


def _likest(term: Term, terms: list[Term]) -> int:
    """The index of the term that is most like this one: as to interval or none, then type, duration, interval."""

    def unlikeness(index: int) -> tuple:
        other = terms[index]
        moved = 0 if None in (term.lower, other.lower) else abs(term.lower + term.upper - other.lower - other.upper)
        return (
            (term.lower is None) != (other.lower is None),
            term.type != other.type,
            abs(term.duration - other.duration),
            moved,
        )

    return min(range(len(terms)), key=unlikeness)
