"""Bars that are kept of a solo made before, while the rest is played anew.

They are kept as notes, with how they are played, so that they stay as they are whatever else is set; for the network
they are read back as values, the likest that it knows. Left to others: how the rest is sampled around them
(`learning/sampler.py`).
"""

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from grammar import Term, parse_term
from improvising.measures import read_back
from music.notes import Bar, Chord, Note, Nuance, moved
from music.piece import SOLO, Piece, Solo, into_bars
from music.units import GRID, nearest_step
from reading.meters import LONGEST_BAR
from reading.midi import midi_in, read_midi
from reading.raw_tune import RawNote, RawTune, Track
from writing.midi import piece_bytes


class KeptBar(NamedTuple):
    """A bar's notes, from its bar line, and how they are played; nothing: as written."""

    notes: list[Note]
    nuances: list[Nuance]


Kept = dict[int, KeptBar]  # by bar, from 0


def kept_of_file(path: Path, numbers: Iterable[int], bars: list[Bar]) -> Kept:
    """The bars with these `numbers`, from 1, of a MIDI file that a run wrote, as of a solo over `bars`.

    Raises ValueError for a file that cannot be read or holds no solo, and where there are not so many bars.
    """
    return _kept(read_midi(path), numbers, bars)


def kept_of_piece(piece: Piece, numbers: Iterable[int], bars: list[Bar]) -> Kept:
    """The same of a piece, as its MIDI file would have it."""
    return _kept(midi_in(piece_bytes(piece), Path("the solo")), numbers, bars)


def values_of_bar(notes: list[Note], bar: Bar, chords: list[Chord], terms: list[Term]) -> list[tuple[int, int, int]]:
    """A kept bar as the network hears it: (place in the bar, index of the likest of the `terms`, MIDI pitch) for each
    onset; none where the bar has no chord."""
    read = read_back(Solo([bar], [notes], [chords]))
    heard = {notes[number].onset: (_likest(parse_term(value), terms), notes[number].pitch) for number, value in read}
    return [(place, *known) for place, known in sorted(heard.items()) if place < bar.length]


def _kept(tune: RawTune, numbers: Iterable[int], bars: list[Bar]) -> Kept:
    beyond = [number for number in numbers if not 1 <= number <= len(bars)]
    if beyond:
        raise ValueError(f"KEEP_BARS (--keep-bars) names bar {beyond[0]}, the solo has {len(bars)}; name others")
    tracks = [track for track in tune.tracks if track.name == SOLO]
    if not tracks:
        raise ValueError(
            f"{tune.path}: has no track named Solo, from which bars could be kept; take one that a run wrote"
        )
    track = tracks[0]
    struck = track.notes()
    notes, nuances, counted = [_on_grid(raw, track) for raw in struck], [], 0
    if _is_told(track, notes):
        places, counted = zip(notes, track.written, strict=True), track.counted
        notes = [note._replace(onset=onset, duration=steps) for note, (onset, steps) in places]
        nuances = [track.nuance(raw, note) for raw, note in zip(struck, notes, strict=True)]
    _, by_bar, _ = into_bars(moved(notes, -counted), bars, [[] for _ in bars])
    played = iter(nuances)
    nuances_by_bar = [list(islice(played, len(in_bar))) for in_bar in by_bar]
    return {number - 1: KeptBar(by_bar[number - 1], nuances_by_bar[number - 1]) for number in numbers}


def _is_told(track: Track, notes: list[Note]) -> bool:
    """Whether the file tells how these notes are written, each of them near where it sounds."""
    if len(track.written) != len(notes) or not 0 <= track.counted <= 2 * LONGEST_BAR * GRID:
        return False
    return all(
        onset >= track.counted and 0 < steps <= LONGEST_BAR * GRID and abs(onset - note.onset) <= GRID
        for note, (onset, steps) in zip(notes, track.written, strict=True)
    )


def _on_grid(raw: RawNote, track: Track) -> Note:
    onset = nearest_step(raw.onset, track.ticks_per_quarter)
    return Note(onset, max(1, nearest_step(raw.end, track.ticks_per_quarter) - onset), raw.pitch, raw.velocity)


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
