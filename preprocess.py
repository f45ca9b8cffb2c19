"""From a MIDI file to chords and lines of grammar: the data set.

The notes of the melody's track and the chords of the harmony's tracks are quantised to the grid and paired bar by bar,
by real bar number (`floor(offset / 4)`, counted from 0 at the start of the file). The rules are those of the family's
programs on the music21 they were written for, worked out over raw ticks, so that every music21 gives the same.

Left to others: the grammar of a bar (`grammar.py`), windows and one-hot tensors (`data_utils.py`).
"""

import hashlib
import os
import re
from collections import defaultdict
from dataclasses import dataclass, replace

from grammar import parse_melody
from midi_file import MidiTune, RawNote, Track, read_midi
from notes import Chord, Note, bar_number, quantize

BEATS_PER_BAR = 4.0
SHORTEST_NOTE = 0.25  # quarters: what a melody note gets whose length rounds to nothing


@dataclass(frozen=True)
class Selection:
    """Which part of a file is the tune: track numbers, and a window in quarters, both ends included, by onset.

    None means: let `select_tracks` decide.
    """

    melody_track: int | None = None
    chord_tracks: tuple[int, ...] | None = None
    from_beat: float | None = None
    to_beat: float | None = None


# Solos whose place in the file no rule can find: the file's sha256 and where the solo is.
KNOWN_TUNES = {
    "0da8322ceab36b036682b5ece0c315193f7b701a3340a0ca5a523b107c6f428d": Selection(5, (0,), 476.0, 548.0),
}


@dataclass(frozen=True)
class Tune:
    """Melody and chords by bar number, offsets in quarters from the start of the file; both hold the same bars."""

    melody: dict[int, list[Note]]
    chords: dict[int, list[Chord]]


def get_musical_data(
    path: str | os.PathLike, selection: Selection = Selection()
) -> tuple[dict[int, list[Chord]], list[str]]:
    """Read a tune and write each bar of its melody as grammar.

    Returns `chords`, the chords of each bar by bar number, and `abstract_grammars`, one line of grammar for each of
    those bars, in order. Source: the family's `get_musical_data`. Raises ValueError as `read_tune` does.
    """
    tune = read_tune(path, selection)
    return tune.chords, write_grammars(tune)


def write_grammars(tune: Tune) -> list[str]:
    """One line of grammar for each bar of a tune."""
    return [parse_melody(tune.melody[bar], tune.chords[bar]) for bar in tune.melody]


def get_corpus_data(abstract_grammars: list[str]) -> tuple[list[str], list[str], dict[str, int], dict[int, str]]:
    """All terms in order, the unique ones sorted, and the maps from value to index and from index to value.

    Source: the family's `get_corpus_data`, which numbers the values in the changing order of a set. No grammars, or
    empty ones, give an empty corpus.
    """
    corpus = [term for line in abstract_grammars for term in line.split()]
    values = sorted(set(corpus))
    values_indices = {value: index for index, value in enumerate(values)}
    indices_values = dict(enumerate(values))
    return corpus, values, values_indices, indices_values


def read_tune(path: str | os.PathLike, selection: Selection = Selection()) -> Tune:
    """The quantised melody and chords of a file, by bar.

    A bar in which the melody rests is left out; a bar without a chord of its own keeps the one before it (the tune's
    first bars: the one after). What `selection` leaves open is known for a known file and otherwise chosen.
    Raises ValueError, naming the file and a fix, where there is no melody, no chord, or nothing in the window.
    """
    midi = read_midi(path)
    selection = select_tracks(midi, selection)
    window = (selection.from_beat, selection.to_beat)
    melody_track = midi.tracks[selection.melody_track]
    melody = by_bar(inside(melody_notes(melody_track, midi.ticks_per_quarter), *window))
    if not melody:
        raise ValueError(
            f"{midi.path}: the melody's track {selection.melody_track} ({melody_track.name or 'unnamed'}) has no note "
            f"between beats {window[0]:g} and {window[1]:g}; change FROM_BEAT, TO_BEAT or MELODY_TRACK"
        )
    chords = [
        chord
        for number in selection.chord_tracks
        for chord in piano_chords(midi.tracks[number], midi.ticks_per_quarter)
    ]
    chords.sort(key=lambda chord: chord.offset)
    chords_by_bar = by_bar(inside(chords, *window))
    if not chords_by_bar:
        names = ", ".join(f"{number} ({midi.tracks[number].name or 'unnamed'})" for number in selection.chord_tracks)
        raise ValueError(
            f"{midi.path}: no chord of two or more notes struck together between beats {window[0]:g} and "
            f"{window[1]:g} in track {names}; set CHORD_TRACKS to a track with chords"
        )
    return Tune(melody, {bar: _chords_of_bar(chords_by_bar, bar) for bar in melody})


def select_tracks(midi: MidiTune, selection: Selection = Selection()) -> Selection:
    """Fill in what `selection` leaves open: from `KNOWN_TUNES`, or by name and by what the tracks hold.

    The melody is the track named guitar, solo, melody or lead, else the busiest that is mostly one note at a time;
    the chords are the track named piano, keys or chords, else the one with most chords; the window is the whole file,
    or from a marker 'Solo' to the next marker. Raises ValueError where a track number does not exist.
    """
    known = KNOWN_TUNES.get(hashlib.sha256(midi.path.read_bytes()).hexdigest(), Selection())
    chosen = {field: value if value is not None else getattr(known, field) for field, value in vars(selection).items()}
    count = len(midi.tracks)
    for number in (chosen["melody_track"], *(chosen["chord_tracks"] or ())):
        if number is not None and not 0 <= number < count:
            raise ValueError(
                f"{midi.path}: there is no track {number}: {count} tracks hold notes, numbered from 0: "
                + ", ".join(f"{index} {track.name or 'unnamed'}" for index, track in enumerate(midi.tracks))
            )
    if chosen["chord_tracks"] is None:
        chosen["chord_tracks"] = (_find_chords(midi, chosen["melody_track"]),)
    if chosen["melody_track"] is None:
        chosen["melody_track"] = _find_melody(midi, chosen["chord_tracks"])
    window = _solo_window(midi)
    if chosen["from_beat"] is None:
        chosen["from_beat"] = window[0]
    if chosen["to_beat"] is None:
        chosen["to_beat"] = window[1]
    return replace(selection, **chosen)


def melody_notes(track: Track, ticks_per_quarter: int) -> list[Note]:
    """The track's notes, quantised, by onset; of notes struck and released together, the highest."""
    notes = []
    for group in group_notes(track.notes(), ticks_per_quarter):
        top = max(group, key=lambda note: note.pitch)
        offset, length = _quantized(group[0], ticks_per_quarter)
        notes.append(Note(offset, length or SHORTEST_NOTE, top.pitch, top.velocity))
    return notes


def piano_chords(track: Track, ticks_per_quarter: int) -> list[Chord]:
    """The track's chords, quantised, by onset: its groups of two or more notes."""
    chords = []
    for group in group_notes(track.notes(), ticks_per_quarter):
        if len(group) > 1:
            velocity = round(sum(note.velocity for note in group) / len(group))
            pitches = tuple(note.pitch for note in group)
            chords.append(Chord(*_quantized(group[0], ticks_per_quarter), pitches, velocity))
    return chords


def group_notes(notes: list[RawNote], ticks_per_quarter: int) -> list[list[RawNote]]:
    """Group notes that are struck and released together, within a sixteenth of a quarter of the group's first.

    `notes` are in order of onset. A note that joined a group opens none of its own, but may join a second one, as it
    could in the music21 that the family used. A group of one is a note by itself.
    """
    slack = ticks_per_quarter / 16
    groups, taken = [], set()
    for index, opener in enumerate(notes):
        if index in taken:
            continue
        group = [opener]
        for later in range(index + 1, len(notes)):
            note = notes[later]
            if note.start - opener.start > slack:
                break
            if abs(note.end - opener.end) <= slack:
                taken.add(later)
                group.append(note)
        groups.append(group)
    return groups


def inside(music: list, from_beat: float, to_beat: float) -> list:
    """The notes or chords that start in the window, both ends included."""
    return [item for item in music if from_beat <= item.offset <= to_beat]


def by_bar(music: list) -> dict[int, list]:
    """Notes or chords by bar number, bars in order."""
    bars = defaultdict(list)
    for item in music:
        bars[bar_number(item.offset, BEATS_PER_BAR)].append(item)
    return dict(sorted(bars.items()))


def _quantized(note: RawNote, ticks_per_quarter: int) -> tuple[float, float]:
    return quantize(note.start, ticks_per_quarter), quantize(note.end - note.start, ticks_per_quarter)


def _chords_of_bar(chords_by_bar: dict[int, list[Chord]], bar: int) -> list[Chord]:
    if bar in chords_by_bar:
        return chords_by_bar[bar]
    earlier = [number for number in chords_by_bar if number < bar]
    held = chords_by_bar[max(earlier)][-1] if earlier else chords_by_bar[min(chords_by_bar)][0]
    return [held._replace(offset=bar * BEATS_PER_BAR, quarter_length=BEATS_PER_BAR)]


def _find_chords(midi: MidiTune, melody_track: int | None) -> int:
    others = [n for n, track in enumerate(midi.tracks) if n != melody_track and not track.is_drums]
    named = [n for n in others if re.search("piano|keys|chord", midi.tracks[n].name, re.IGNORECASE)]
    if named:
        return named[0]
    counts = {n: len(piano_chords(midi.tracks[n], midi.ticks_per_quarter)) for n in others}
    if not any(counts.values()):
        raise ValueError(
            f"{midi.path}: no track holds chords (notes struck together); set CHORD_TRACKS to one that does"
        )
    return max(counts, key=counts.get)


def _find_melody(midi: MidiTune, chord_tracks: tuple[int, ...]) -> int:
    others = [n for n, track in enumerate(midi.tracks) if n not in chord_tracks and not track.is_drums]
    named = [n for n in others if re.search("guit|solo|melod|lead", midi.tracks[n].name, re.IGNORECASE)]
    candidates = named or [n for n in others if not re.search("bass", midi.tracks[n].name, re.IGNORECASE)]
    if not candidates:
        raise ValueError(f"{midi.path}: no track is left for the melody beside the chords; set MELODY_TRACK")
    return max(candidates, key=lambda n: len(group_notes(midi.tracks[n].notes(), midi.ticks_per_quarter)))


def _solo_window(midi: MidiTune) -> tuple[float, float]:
    for index, (tick, text) in enumerate(midi.markers):
        if "solo" in text.lower():
            later = [next_tick for next_tick, _ in midi.markers[index:] if next_tick > tick]
            start = tick / midi.ticks_per_quarter
            # A note played just ahead of the next section's first beat rounds onto it and is not the solo's.
            return start, later[0] / midi.ticks_per_quarter - 1 / 12 if later else float("inf")
    return 0.0, float("inf")
