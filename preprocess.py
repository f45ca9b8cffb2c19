"""From a MIDI file to chords and lines of grammar: the data set.

Any MIDI file with pitches is a tune. Its melody is quantised to the grid and paired with chords bar by bar, by real bar
number (counted from 0 at the start of the file). Chords are those that are struck, where there are; else they are made
from what sounds. Whatever is chosen is told, and `Selection` overrules it.

Left to others: which tracks (`reading/choosing.py`), notes and chords of a track (`reading/grouping.py`), chords that
nobody strikes (`reading/harmonise.py`), bars (`reading/meters.py`), the grammar of a bar (`grammar.py`), windows and
one-hot tensors (`data_utils.py`).
"""

import os
from collections import defaultdict, deque
from dataclasses import dataclass, replace

from grammar import parse_melody
from music.notes import Chord, Note
from music.piece import Bar
from reading.choosing import Parts, choose_parts, list_names
from reading.grouping import LONGEST_NOTE, SHORTEST_NOTE, melody_notes, struck_chords
from reading.harmonise import harmonise, harmonise_melody
from reading.meters import Bars, find_bars
from reading.midi_tracks import MidiTune, RawNote, read_midi

LONGEST_REST = 2  # bars in a row in which the melody may rest and which still belong to the tune
LOWEST_TEMPO, HIGHEST_TEMPO = 5.0, 1000.0  # quarters a minute: beyond them a file's tempo is a mistake
DEFAULT_TEMPO = 120.0  # of a file that does not tell


@dataclass(frozen=True)
class Selection:
    """Which part of a file is the tune: track numbers, and a window in quarters, both ends included, by onset.

    None means: let the reader decide.
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
    """Melody and chords by bar number, offsets in quarters from the start of the file; all three hold the same bars.

    A bar without notes is one in which the melody rests; every bar has chords. `tempo` is the one at the tune's first
    bar, in quarters a minute. `told`: what was chosen and why, a line each.
    """

    melody: dict[int, list[Note]]
    chords: dict[int, list[Chord]]
    bars: dict[int, Bar]
    tempo: float = DEFAULT_TEMPO
    told: tuple[str, ...] = ()


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
    """One line of grammar for each bar of a tune; a bar of rest is 'R' and its length: 'R,4.000'."""
    return [
        parse_melody(notes, tune.chords[bar]) if notes else f"R,{tune.bars[bar].length:.3f}"
        for bar, notes in tune.melody.items()
    ]


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
    """The quantised melody and the chords of a file, by bar.

    Up to two bars in a row in which the melody rests are bars without notes; longer rests are left out. A bar without a
    chord of its own keeps the one before it (the tune's first bars: the one after). What `selection` leaves open is
    known for a known file and otherwise chosen.
    Raises ValueError, naming the file and a fix, where it cannot be read, has no melody, or nothing in the window.
    """
    midi = read_midi(path)
    try:
        return _read_tune(midi, selection)
    except ValueError as error:
        raise ValueError(f"{midi.path}: {error}") from error


def _read_tune(midi: MidiTune, selection: Selection) -> Tune:
    last_tick = max(tick for track in midi.tracks for tick, is_on, *_ in track.events if is_on)
    bars, told_of_bars = find_bars(midi.meters, midi.ticks_per_quarter, last_tick)
    known, reason = KNOWN_TUNES.get(midi.sha256), "as asked"
    if known:
        asked = {name: value for name, value in vars(selection).items() if value is not None}
        selection = replace(known, **asked)
        reason = "as asked, or known by the file's checksum" if asked else "known by the file's checksum"
    window = None
    if selection.from_beat is not None or selection.to_beat is not None:
        window = (
            0.0 if selection.from_beat is None else selection.from_beat,
            float("inf") if selection.to_beat is None else selection.to_beat,
        )
    parts = choose_parts(midi, bars, selection.melody_track, selection.chord_tracks, window, reason)
    notes = inside(melody_notes(parts.line, midi.ticks_per_quarter), *parts.window)
    melody = with_rests(by_bar(notes, bars))
    bars_of_tune = {number: bars[number] for number in melody}
    chords, told_of_chords = _find_chords(midi, parts, bars, bars_of_tune, notes)
    tempo, told_of_tempo = _tempo_at(midi, next(iter(bars_of_tune.values())).start)
    told = (*midi.told, *told_of_bars, *parts.told, told_of_chords, *told_of_tempo)
    return Tune(melody, chords, bars_of_tune, tempo, told)


def inside(music: list, from_beat: float, to_beat: float) -> list:
    """The notes or chords that start in the window, both ends included."""
    return [item for item in music if from_beat <= item.offset <= to_beat]


def by_bar(music: list, bars: Bars) -> dict[int, list]:
    """Notes or chords by bar number, bars in order."""
    by_number = defaultdict(list)
    for item in music:
        by_number[bars.number(item.offset)].append(item)
    return dict(sorted(by_number.items()))


def with_rests(melody: dict[int, list[Note]]) -> dict[int, list[Note]]:
    """The melody with its short rests, as bars without notes."""
    complete, before = {}, None
    for number, notes in melody.items():
        if before is not None and number - before - 1 <= LONGEST_REST:
            complete.update({silent: [] for silent in range(before + 1, number)})
        complete[number] = notes
        before = number
    return complete


def _find_chords(
    midi: MidiTune, parts: Parts, bars: Bars, bars_of_tune: dict[int, Bar], melody: list[Note]
) -> tuple[dict[int, list[Chord]], str]:
    """The chords of the tune's bars, and what is told of them."""
    names = list_names([voice.name for voice in parts.voices])
    if parts.strikes:
        chords = [chord for voice in parts.voices for chord in struck_chords(voice.notes, midi.ticks_per_quarter)]
        chords.sort(key=lambda chord: chord.offset)
        chords_by_bar = by_bar(inside(chords, *parts.window), bars)
        if chords_by_bar:  # none where the only ones round onto a beat outside the window
            return _chords_of_bars(chords_by_bar, bars_of_tune), f"chords: {names} ({parts.strikes})"
    first, *_, last = [*bars_of_tune.values()] * 2
    accompaniment = [
        note
        for voice in parts.voices
        for note in _as_played(voice.notes, midi.ticks_per_quarter)
        if note.offset < last.start + last.length and note.offset + note.quarter_length > first.start
    ]
    if accompaniment:
        found = harmonise(accompaniment, melody, bars_of_tune)
        return found, f"chords: made by bar or half bar from what sounds in {names} (none strikes them in most bars)"
    found, key = harmonise_melody(melody, bars_of_tune)
    return found, f"chords: made from the melody alone, in {key} (nothing else with pitches sounds)"


def _as_played(notes: list[RawNote], ticks_per_quarter: int) -> list[Note]:
    """Raw notes as notes that are not quantised."""
    played = []
    for start, end, pitch, velocity in notes:
        length = min(max((end - start) / ticks_per_quarter, SHORTEST_NOTE), LONGEST_NOTE)
        played.append(Note(start / ticks_per_quarter, length, pitch, velocity))
    return played


def _chords_of_bars(chords_by_bar: dict[int, list[Chord]], bars_of_tune: dict[int, Bar]) -> dict[int, list[Chord]]:
    """The chords of each bar; for a bar without, the last one before it, or else the first of all."""
    waiting = deque(chords_by_bar.items())
    held, found = waiting[0][1][0], {}
    for number, bar in bars_of_tune.items():
        while waiting and waiting[0][0] <= number:
            held = waiting.popleft()[1][-1]
        found[number] = chords_by_bar.get(number) or [held._replace(offset=bar.start, quarter_length=bar.length)]
    return found


def _tempo_at(midi: MidiTune, beat: float) -> tuple[float, tuple[str, ...]]:
    """The tempo at a beat, in quarters a minute, and a line on tempos that make no sense, if there are any."""
    tempo, left_out = DEFAULT_TEMPO, []
    for tick, microseconds in midi.tempos:
        quarters_a_minute = 60_000_000 / microseconds if microseconds else float("inf")
        if not LOWEST_TEMPO <= quarters_a_minute <= HIGHEST_TEMPO:
            left_out.append(microseconds)
        elif tick <= beat * midi.ticks_per_quarter:
            tempo = round(quarters_a_minute, 3)
    if not left_out:
        return tempo, ()
    told = f"tempo: {len(left_out)} tempos make no sense and are left out, first {left_out[0]} microseconds a quarter"
    return tempo, (told,)
