"""From what a file holds to a tune: the melody's line and the rests that belong to it, the window, the chords, and why.

MIDI files and scores alike. What the listener asks for is taken; the rest is found (`reading/track_roles.py`): the
melody is the part that chord symbols stand over, else the track that leads in the solo; several tracks may share it.
Its chords are the symbols, or the markers; else they are heard in all that sounds, or made from the melody alone
(`reading/chords.py`). One track may be both melody and harmony: then its upper line is the melody.

Windows are in quarters, both ends included, by onset; raw notes in ticks; what is made of them in grid steps.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import NamedTuple

from music.instruments import program_in
from music.notes import Bar, Chord, Note
from music.piece import UNTOLD_TEMPO, Tune
from music.units import GRID, nearest_step, to_quarters
from reading.chords import (
    as_struck,
    bass_line,
    find_chords,
    find_striking,
    find_symbols,
    marked_symbols,
    strikes_over,
    symbol_chords,
)
from reading.fetching import METHENY_SHA256
from reading.grouping import group_notes, melody_notes, one_line, split_voices, strikes, struck_chords
from reading.hands import split_hands
from reading.meters import Bars, by_bar
from reading.overview import HEARD, overview
from reading.raw_tune import SLACK, RawNote, RawTune, list_names, some, under_symbols
from reading.sections import find_solo, with_beats
from reading.track_roles import (
    EVERYTHING,
    Strand,
    Window,
    between,
    find_melody,
    holds_two_hands,
    inside,
    is_percussion,
    shown,
)

# Share of a track's notes that are the melody's, in any octave, from which it is the melody once more, or half of it.
DOUBLING = 0.9
LONGEST_REST = 2  # bars in a row in which the melody may rest and which still belong to the tune


@dataclass(frozen=True)
class Selection:
    """Which part of a file is the tune: track numbers, and a window in quarters, both ends included, by onset; and of a
    MIDI file its meter, as '3/4', and the quarters before its first bar line.

    Several tracks may share the melody. An end of the window may be a marker's text. None means: let the reader decide.
    """

    melody_track: int | tuple[int, ...] | None = None
    chord_tracks: tuple[int, ...] | None = None
    from_beat: float | str | None = None
    to_beat: float | str | None = None
    meter: str | None = None
    pickup: float | None = None

    @property
    def melody_tracks(self) -> tuple[int, ...]:
        """The tracks that are asked for as the melody, each once."""
        asked = self.melody_track
        return tuple(dict.fromkeys(asked)) if isinstance(asked, tuple) else () if asked is None else (asked,)

    @property
    def window(self) -> Window | None:
        """The window that is asked for, open where only one end is."""
        if self.from_beat is None and self.to_beat is None:
            return None
        return self.from_beat or EVERYTHING[0], EVERYTHING[1] if self.to_beat is None else self.to_beat


# Solos whose place in the file no rule can find: the file's sha256 and where the solo is.
KNOWN_TUNES = {
    METHENY_SHA256: Selection(5, (0,), 476.0, 548.0),
}


class Line(NamedTuple):
    """The melody's track: its `number`, its raw `notes` that are the melody, and the `rest` of them; `why` it is."""

    number: int
    notes: list[RawNote]
    rest: list[RawNote]
    why: str


def tune_of(raw: RawTune, selection: Selection = Selection()) -> Tune:
    """The quantised melody and the chords of a file, by bar.

    Up to two bars in a row in which the melody rests are bars without notes; longer rests are left out. A bar without a
    chord of its own keeps the one before it (the tune's first bars: the one after). What `selection` leaves open is
    known for a known file and otherwise chosen.
    Raises ValueError, naming the file and a fix, where it has no melody, or nothing in the window.
    """
    try:
        return _tune_of(raw, selection)
    except ValueError as error:
        raise ValueError(f"{raw.path}: {error}") from error


def _tune_of(raw: RawTune, selection: Selection) -> Tune:
    selection, reason = _with_what_is_known(raw, selection)
    asked, whole = selection.melody_tracks, raw
    _check_numbers(raw, [*asked, *(selection.chord_tracks or ())])
    raw = _with_one_melody(raw, asked)
    window, marker, told_of_window = _find_window(whole, selection, reason)
    selection = replace(selection, melody_track=next(iter(asked), None), from_beat=window[0], to_beat=window[1])
    line = _find_line(raw, selection, reason, marker)
    as_it_was = melody_notes(line.notes, raw.ticks_per_quarter)
    notes = inside(_melody(raw, as_it_was), window)
    if not notes:
        raise ValueError(
            f"the melody's {shown(raw, line.number)} has no note {between(window)}; "
            "change FROM_BEAT, TO_BEAT or MELODY_TRACK"
        )
    melody = by_bar(notes, raw.bars)
    melody = _with_all_bars(melody, raw, window) if raw.n_bars else with_rests(melody)
    bars = {number: raw.bars[number] for number in melody}
    found = _find_chords(raw, selection, reason, line, bars, notes)
    upper = "the upper line of " if line.rest and not raw.is_written else ""
    told_of_melody = f"melody: {upper}{shown(raw, line.number)} ({line.why})"
    tracks = overview(whole, dict.fromkeys(asked or [line.number], line.why), found.why)
    return Tune(
        melody,
        found.by_bar,
        bars,
        _tempo_of(raw, list(bars.values())),
        (*raw.told, told_of_melody, told_of_window, f"chords: {found.told}"),
        fifths=raw.fifths,
        sections={number: name for number, name in raw.sections.items() if number in bars},
        strikes=found.strikes,
        tracks=tracks,
        begins=None if window == EVERYTHING else max(0.0, window[0]),
        **_as_played(raw, line, as_it_was, melody),
    )


class Chords(NamedTuple):
    """The chords of each bar, and what is struck; what is `told` of them; by the strands they are from, `why`."""

    by_bar: dict[int, list[Chord]]
    strikes: dict[int, list[Chord]]
    told: str
    why: dict[str, str]


def _find_chords(
    raw: RawTune, selection: Selection, reason: str, line: Line, bars: dict[int, Bar], melody: list[Note]
) -> Chords:
    """The chords under a melody: the symbols, else what sounds; those of a known tune as they are struck."""
    symbols, told = find_symbols(raw, selection.chord_tracks, line.number)
    if not symbols and (symbols := marked_symbols(raw)):
        told = f"{some(len(symbols), 'symbol')}, from the file's markers"
    strands, units = _accompaniment(raw, selection.chord_tracks, line), raw.ticks_per_quarter
    # What is written together is seldom a chord struck by itself: a score is heard as a whole.
    struck = None if raw.is_written else find_striking(raw, strands, selection.window, _bars_of(melody, raw.bars))
    striking = [] if not struck else strands if selection.chord_tracks else [strands[struck[0]]]
    is_pinned = bool(striking) and raw.sha256 in KNOWN_TUNES
    group = group_notes if is_pinned else strikes
    hands = [chord for strand in striking for chord in struck_chords(group(strand.notes, units), units)]
    hands = sorted(inside(hands, selection.window), key=lambda chord: chord.onset)
    why = dict.fromkeys([strand.name for strand in strands], reason if selection.chord_tracks else HEARD)
    why |= {strand.name: struck[1] for strand in striking if not selection.chord_tracks}
    names = f"{list_names([strand.name for strand in striking])} ({struck[1]})" if struck else ""
    if is_pinned:
        chords = as_struck(hands, bass_line(raw, line.number, striking), bars, raw, melody)
        return Chords(chords, chords, names, {strand.name: reason for strand in striking})
    if symbols:
        chords = symbol_chords(symbols, bars)
        return Chords(chords, strikes_over(hands, chords, bars), told, {})
    chords, told = find_chords(raw, strands, hands, bars, melody)
    return Chords(chords, strikes_over(hands, chords, bars), told + f"; struck by {names}" * bool(names), why)


def _with_what_is_known(raw: RawTune, selection: Selection) -> tuple[Selection, str]:
    """The selection with what is known of this very file, and the reason that is told of what is selected."""
    known = KNOWN_TUNES.get(raw.sha256)
    if not known:
        return selection, "as asked"
    asked = {name: value for name, value in vars(selection).items() if value is not None}
    if isinstance(selection.from_beat, str):  # it ends where its section does
        asked.setdefault("to_beat", None)
    reason = "as asked, or known by the file's checksum" if asked else "known by the file's checksum"
    return replace(known, **asked), reason


def _check_numbers(raw: RawTune, numbers: Iterable[int | None]) -> None:
    count = len(raw.tracks)
    for number in numbers:
        if number is not None and not 0 <= number < count:
            raise ValueError(
                f"there is no track {number}: {count} tracks hold notes, numbered from 0: "
                + ", ".join(f"{index} {track.name or 'unnamed'}" for index, track in enumerate(raw.tracks))
                + "; choose one of these"
            )


def _with_one_melody(raw: RawTune, numbers: tuple[int, ...]) -> RawTune:
    """The file with what several tracks play as one line in the first of them, and nothing in the others."""
    if len(numbers) < 2:
        return raw
    shared, slack = [raw.tracks[number] for number in numbers], raw.ticks_per_quarter // SLACK
    line = one_line([track.notes() for track in shared], slack)
    events = [(note.onset, True, note.pitch, note.velocity) for note in line]
    events += [(note.end, False, note.pitch, 0) for note in line]
    bends = sorted((bend for track in shared for bend in track.bends), key=lambda bend: bend[0])
    name = " and ".join(track.name or "unnamed" for track in shared)
    tracks = [replace(track, events=[]) if number in numbers else track for number, track in enumerate(raw.tracks)]
    tracks[numbers[0]] = replace(shared[0], name=name, events=sorted(events), bends=bends)
    return replace(raw, tracks=tracks)


# --- The melody ------------------------------------------------------------------------------------------------------


def _find_line(raw: RawTune, selection: Selection, reason: str, marker: str) -> Line:
    """The track of the melody, and which of its notes are the melody's; the window's `marker` may name the player."""
    window, number, why = selection.window or EVERYTHING, selection.melody_track, reason
    if number is None:
        led = under_symbols(raw.symbols or [[]])
        others = set(range(len(raw.tracks))) - set(led) if led else selection.chord_tracks or ()
        number, why = find_melody(raw, window, others, marker)
        if number in led:
            why = f"{some(len(raw.symbols[number]), 'chord symbol')} over it"
    track, units = raw.tracks[number], raw.ticks_per_quarter
    notes = track.notes()
    is_both = number in (selection.chord_tracks or ())
    if not is_both and not raw.is_written:
        in_window = inside(notes, window, units)
        is_both = bool(in_window) and holds_two_hands(track, in_window, raw.bars)
    if is_both:
        return Line(number, *split_hands(notes, units), why)
    return Line(number, *(split_voices(notes, units) if raw.is_written else (notes, [])), why)


def _as_played(raw: RawTune, line: Line, as_it_was: dict[Note, RawNote], melody: dict[int, list[Note]]) -> dict:
    """The melody's instrument, and how its notes were played; what is written was not played."""
    track, first = raw.tracks[line.number], min(note.onset for note in as_it_was.values())
    in_window = [as_it_was[note].onset for notes in melody.values() for note in notes]
    program = track.program(min(in_window, default=first)) if track.programs else program_in(track.name)
    if raw.is_written:
        return {"program": program}
    return {
        "program": program,
        "nuances": {
            number: [track.nuance(as_it_was[note], note) for note in notes] for number, notes in melody.items()
        },
    }


def _melody(raw: RawTune, line: dict[Note, RawNote]) -> list[Note]:
    notes = list(line)
    if raw.is_written:  # of two notes that round to one place, the first
        notes = sorted({note.onset: note for note in reversed(notes)}.values())
    return notes


def with_rests(melody: dict[int, list[Note]]) -> dict[int, list[Note]]:
    """The melody with its short rests, as bars without notes."""
    complete, before = {}, None
    for number, notes in melody.items():
        if before is not None and number - before - 1 <= LONGEST_REST:
            complete.update({silent: [] for silent in range(before + 1, number)})
        complete[number] = notes
        before = number
    return complete


def _with_all_bars(melody: dict[int, list[Note]], raw: RawTune, window: Window) -> dict[int, list[Note]]:
    """The melody with all bars of a score that the window touches: the form is what is written."""
    numbers = (
        n
        for n in range(raw.n_bars)
        if to_quarters(raw.bars[n].end) > window[0] and to_quarters(raw.bars[n].start) <= window[1]
    )
    return {number: melody.get(number, []) for number in numbers}


def _bars_of(music: list, bars: Bars) -> set[int]:
    return {bars.number(item.onset) for item in music}


def _accompaniment(raw: RawTune, chord_tracks: tuple[int, ...] | None, line: Line) -> list[Strand]:
    """What sounds beside the melody, and is not the melody once more; or what of it is asked for."""
    strands, units = [], raw.ticks_per_quarter
    sung = {(nearest_step(note.onset, units) + near, note.pitch % 12) for note in line.notes for near in (-1, 0, 1)}
    if line.rest and (chord_tracks is None or line.number in chord_tracks):
        strands.append(Strand(f"the rest of {shown(raw, line.number)}", line.rest, raw.tracks[line.number].pedals))
    for number, track in enumerate(raw.tracks):
        is_wanted = not is_percussion(track) if chord_tracks is None else number in chord_tracks
        if number == line.number or not is_wanted or not track.events:
            continue
        notes = track.notes()
        alike = sum((nearest_step(note.onset, units), note.pitch % 12) in sung for note in notes)
        if chord_tracks is not None or alike < DOUBLING * max(len(notes), len(line.notes) / 2):
            strands.append(Strand(shown(raw, number), notes, track.pedals))
    return strands


# --- The window ------------------------------------------------------------------------------------------------------


def _find_window(raw: RawTune, selection: Selection, reason: str) -> tuple[Window, str, str]:
    """The window that is asked for, else the marked solo, else everything; its marker's text; what is told of it."""
    low, high = with_beats(raw, selection.from_beat, selection.to_beat)
    asked_for = replace(selection, from_beat=low, to_beat=high).window
    if asked_for:
        marker = selection.from_beat if isinstance(selection.from_beat, str) else ""
        return asked_for, marker, f"solo: {between(asked_for)} ({reason})"
    found = find_solo(raw)
    if not found:
        return EVERYTHING, "", "solo: the whole file (nothing marks one)"
    window, marker = found
    asked = [raw.tracks[number] for number in selection.melody_tracks] or raw.tracks
    heard = (inside(track.notes(), window, raw.ticks_per_quarter) for track in asked if not is_percussion(track))
    if any(heard):
        return window, marker, f"solo: {between(window)}, from the marker '{marker}'"
    return EVERYTHING, "", f"solo: the whole file, for no melody plays at the marker '{marker}'"


def _tempo_of(raw: RawTune, bars: list[Bar]) -> float:
    """The tempo that holds for most beats of some bars, in quarters a minute, of two the first; where none holds for
    half of them, because it follows a player, the middle one."""
    changes = [(tick * GRID / raw.ticks_per_quarter, tempo) for tick, tempo in raw.tempos]
    stretches, held, bar = [*pairwise([(0, UNTOLD_TEMPO), *changes, (float("inf"), 0.0)])], defaultdict(float), 0
    for (begin, tempo), (until, _) in stretches:
        while bar < len(bars) and bars[bar].start < until:
            held[tempo] += max(0.0, min(until, bars[bar].end) - max(begin, bars[bar].start))
            if bars[bar].end > until:
                break
            bar += 1
    usual, by_tempo = max(held, key=held.get), sorted(held.items())
    if 2 * held[usual] >= sum(held.values()):
        return usual
    return by_tempo[bisect_left([*accumulate(beats for _, beats in by_tempo)], sum(held.values()) / 2)][0]
