"""From what a file holds to a tune: the melody's line and the rests that belong to it, the window, the chords, and why.

MIDI files and scores alike. What the listener asks for is taken; the rest is found (`reading/track_roles.py`): the
melody is the part that chord symbols stand over, else the track that leads. Its chords are the symbols; else those that
a track strikes; else they are made from what sounds, or from the melody alone (`reading/harmonise.py`). One track may
be both melody and harmony: then its upper line is the melody and the rest the harmony.

Windows are in quarters, both ends included, by onset; raw notes in ticks; what is made of them in grid steps.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import NamedTuple

from music.instruments import program_in
from music.notes import Bar, Note
from music.piece import UNTOLD_TEMPO, Tune
from music.units import GRID, to_quarters
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
from reading.grouping import group_notes, melody_notes, split_hands, split_voices, strikes, struck_chords
from reading.meters import Bars, by_bar
from reading.raw_tune import RawNote, RawTune, list_names, some, under_symbols
from reading.track_roles import (
    EVERYTHING,
    Strand,
    Window,
    between,
    find_facts,
    find_melody,
    find_window,
    holds_two_hands,
    inside,
    is_percussion,
    shown,
)

LONGEST_REST = 2  # bars in a row in which the melody may rest and which still belong to the tune


@dataclass(frozen=True)
class Selection:
    """Which part of a file is the tune: track numbers, and a window in quarters, both ends included, by onset; and of a
    MIDI file its meter, as '3/4', and the quarters before its first bar line.

    None means: let the reader decide.
    """

    melody_track: int | None = None
    chord_tracks: tuple[int, ...] | None = None
    from_beat: float | None = None
    to_beat: float | None = None
    meter: str | None = None
    pickup: float | None = None

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
    _check_numbers(raw, [selection.melody_track, *(selection.chord_tracks or ())])
    line = _find_line(raw, selection, reason)
    as_it_was = melody_notes(line.notes, raw.ticks_per_quarter)
    played = _melody(raw, as_it_was)
    melody_bars = _bars_of(inside(played, selection.window or EVERYTHING), raw.bars)
    if not melody_bars:
        raise ValueError(
            f"the melody's {shown(raw, line.number)} has no note {between(selection.window or EVERYTHING)}; "
            "change FROM_BEAT, TO_BEAT or MELODY_TRACK"
        )
    symbols, over = find_symbols(raw, selection.chord_tracks, line.number)
    strands = _accompaniment(raw, selection.chord_tracks, line)
    # What is written together is seldom a chord struck by itself: a score is heard as a whole.
    struck = None if raw.is_written else find_striking(raw, strands, selection.window or EVERYTHING, melody_bars)
    striking = strands if selection.chord_tracks else [strands[struck[0]]] if struck else []
    marked = marked_symbols(raw)
    if marked and not symbols:
        symbols, over = marked, f"{some(len(marked), 'symbol')}, from the file's markers"
    window, told_of_window = _find_window(raw, selection, reason, played, strands if struck else None)

    notes = inside(played, window)
    melody = by_bar(notes, raw.bars)
    melody = _with_all_bars(melody, raw, window) if raw.n_bars else with_rests(melody)
    bars = {number: raw.bars[number] for number in melody}
    is_pinned, units = bool(struck) and raw.sha256 in KNOWN_TUNES, raw.ticks_per_quarter
    group = group_notes if is_pinned else strikes
    voicings = [chord for strand in striking if struck for chord in struck_chords(group(strand.notes, units), units)]
    voicings = sorted(inside(voicings, window), key=lambda chord: chord.onset)
    names = f"{list_names([strand.name for strand in striking])} ({struck[1]})" if struck else ""
    if symbols:
        chords, told_of_chords = symbol_chords(symbols, bars), over
    elif is_pinned:
        bass = bass_line(raw, line.number, striking)
        chords, told_of_chords = as_struck(voicings, bass, bars, raw, notes), names
    else:
        chords, told_of_chords = find_chords(raw, strands, voicings, bars, notes)
        told_of_chords += f"; struck by {names}" if names else ""
    upper = "the upper line of " if line.rest and not raw.is_written else ""
    told_of_melody = f"melody: {upper}{shown(raw, line.number)} ({line.why})"
    told = (*raw.told, told_of_melody, told_of_window, f"chords: {told_of_chords}")
    sections = {number: name for number, name in raw.sections.items() if number in bars}
    tune = Tune(melody, chords, bars, _tempo_of(raw, list(bars.values())), told, fifths=raw.fifths, sections=sections)
    return replace(
        tune,
        strikes=chords if is_pinned else strikes_over(voicings, chords, bars),
        **_as_played(raw, line, as_it_was, melody),
    )


def _with_what_is_known(raw: RawTune, selection: Selection) -> tuple[Selection, str]:
    """The selection with what is known of this very file, and the reason that is told of what is selected."""
    known = KNOWN_TUNES.get(raw.sha256)
    if not known:
        return selection, "as asked"
    asked = {name: value for name, value in vars(selection).items() if value is not None}
    reason = "as asked, or known by the file's checksum" if asked else "known by the file's checksum"
    return replace(known, **asked), reason


def _check_numbers(raw: RawTune, numbers: Iterable[int | None]) -> None:
    count = len(raw.tracks)
    for number in numbers:
        if number is not None and not 0 <= number < count:
            raise ValueError(
                f"there is no track {number}: {count} tracks hold notes, numbered from 0: "
                + list_names([f"{index} {track.name or 'unnamed'}" for index, track in enumerate(raw.tracks)])
                + "; choose one of these"
            )


# --- The melody ------------------------------------------------------------------------------------------------------


def _find_line(raw: RawTune, selection: Selection, reason: str) -> Line:
    """The track of the melody, and which of its notes are the melody's."""
    window, number, why = selection.window or EVERYTHING, selection.melody_track, reason
    if number is None:
        led = under_symbols(raw.symbols or [[]])
        others = set(range(len(raw.tracks))) - set(led) if led else selection.chord_tracks or ()
        number, why = find_melody(raw, window, others)
        if number in led:
            why = f"{some(len(raw.symbols[number]), 'chord symbol')} over it"
    track, units = raw.tracks[number], raw.ticks_per_quarter
    notes = track.notes()
    is_both = number in (selection.chord_tracks or ())
    if not is_both and not raw.is_written:
        in_window = inside(notes, window, units)
        is_both = bool(in_window) and holds_two_hands(track, find_facts(in_window, units, raw.bars))
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
    """What sounds beside the melody, or what of it is asked for."""
    strands = []
    if line.rest and (chord_tracks is None or line.number in chord_tracks):
        strands.append(Strand(f"the rest of {shown(raw, line.number)}", line.rest))
    for number, track in enumerate(raw.tracks):
        is_wanted = not is_percussion(track) if chord_tracks is None else number in chord_tracks
        if number != line.number and is_wanted:
            strands.append(Strand(shown(raw, number), track.notes()))
    return strands


# --- The window ------------------------------------------------------------------------------------------------------


def _find_window(
    raw: RawTune, selection: Selection, reason: str, played: list[Note], strands: list[Strand] | None
) -> tuple[Window, str]:
    """The window that is asked for, else the marked solo, else everything, and what is told of it; `strands` are those
    that strike chords, None where that does not matter."""
    if selection.window:
        return selection.window, f"solo: {between(selection.window)} ({reason})"
    *marked, marker = find_window(raw)
    if not marker:
        return EVERYTHING, "solo: the whole file (nothing marks one)"
    window = tuple(marked)
    marked_bars = _bars_of(inside(played, window), raw.bars)
    if marked_bars and (strands is None or find_striking(raw, strands, window, marked_bars)):
        return window, f"solo: {between(window)}, from the marker '{marker}'"
    return EVERYTHING, f"solo: the whole file, for melody and chords do not both play at the marker '{marker}'"


def _tempo_of(raw: RawTune, bars: list[Bar]) -> float:
    """The middle one of the tempos of some bars' beats, in quarters a minute; of two, the slower."""
    changes = [(tick * GRID / raw.ticks_per_quarter, tempo) for tick, tempo in raw.tempos]
    stretches, held, bar = [*pairwise([(0, UNTOLD_TEMPO), *changes, (float("inf"), 0.0)])], defaultdict(float), 0
    for (begin, tempo), (until, _) in stretches:
        while bar < len(bars) and bars[bar].start < until:
            held[tempo] += max(0.0, min(until, bars[bar].end) - max(begin, bars[bar].start))
            if bars[bar].end > until:
                break
            bar += 1
    by_tempo = sorted(held.items())  # the middle one: a tempo that follows a player is another at each beat
    return by_tempo[bisect_left([*accumulate(beats for _, beats in by_tempo)], sum(held.values()) / 2)][0]
