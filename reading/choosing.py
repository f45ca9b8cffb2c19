"""Put together what is read of a file: the melody's line, the notes of its harmony, the window, and why.

What the listener asks for is taken; the rest is found (`reading/track_roles.py`). One track may be both melody and
harmony: then its upper line is the melody and the rest the harmony. Windows are in quarters, both ends included, by
onset.
"""

from collections.abc import Iterable
from typing import NamedTuple

from reading.grouping import melody_notes, split_hands
from reading.meters import Bars
from reading.midi_tracks import MidiTune, RawNote
from reading.track_roles import (
    EVERYTHING,
    Voice,
    between,
    find_facts,
    find_melody,
    find_struck_chords,
    find_window,
    holds_two_hands,
    inside,
    is_percussion,
    shown,
)

Window = tuple[float, float]
MOST_NAMES = 6  # of tracks in one line


class Parts(NamedTuple):
    """What a tune is made of: the raw notes of the melody's `line`, the `voices` of its harmony, the `window`;
    `strikes` is how the voices strike chords, '' where chords have to be made from what sounds; `told` says why."""

    line: list[RawNote]
    voices: list[Voice]
    window: Window
    strikes: str
    told: tuple[str, ...]


def choose_parts(
    midi: MidiTune,
    bars: Bars,
    melody_track: int | None,
    chord_tracks: tuple[int, ...] | None,
    window: Window | None,
    reason: str,
) -> Parts:
    """Choose what is None: the tracks by what they play in the window; the window, the whole file or its marked solo.

    `reason` is told of what is not None. ValueError where a track does not exist or nothing plays in the window.
    """
    _check_numbers(midi, [melody_track, *(chord_tracks or ())])
    scope = window or EVERYTHING
    number, why = melody_track, reason
    if number is None:
        number, why = find_melody(midi, scope, bars, chord_tracks or ())
    line, rest = midi.tracks[number].notes(), []
    in_scope = inside(line, scope, midi.ticks_per_quarter)
    is_both = bool(chord_tracks) and number in chord_tracks
    if in_scope and not is_both:
        is_both = holds_two_hands(midi.tracks[number], find_facts(in_scope, midi.ticks_per_quarter, bars))
    if is_both:
        line, rest = split_hands(line, midi.ticks_per_quarter)
    melody_bars = _bars_played(line, scope, bars, midi.ticks_per_quarter)
    if not melody_bars:
        raise ValueError(
            f"the melody's {shown(midi, number)} has no note {between(scope)}; "
            "change FROM_BEAT, TO_BEAT or MELODY_TRACK"
        )
    told = [f"melody: {'the upper line of ' if rest else ''}{shown(midi, number)} ({why})"]

    voices = []
    if rest and (chord_tracks is None or number in chord_tracks):
        voices.append(Voice(f"the rest of {shown(midi, number)}", rest))
    for other, track in enumerate(midi.tracks):
        is_wanted = not is_percussion(track) if chord_tracks is None else other in chord_tracks
        if other != number and is_wanted:
            voices.append(Voice(shown(midi, other), track.notes()))
    struck = _strikes(voices, scope, bars, melody_bars, midi.ticks_per_quarter)
    if struck and chord_tracks is None:
        voices = [voices[struck[0]]]

    *marked, marker = find_window(midi)
    if window is None and marker:
        marked_bars = _bars_played(line, marked, bars, midi.ticks_per_quarter)
        if marked_bars and (not struck or _strikes(voices, marked, bars, marked_bars, midi.ticks_per_quarter)):
            scope = tuple(marked)
            told.append(f"solo: {between(scope)}, from the marker '{marker}'")
        else:
            told.append(f"solo: the whole file, for melody and chords do not both play at the marker '{marker}'")
    else:
        told.append(f"solo: {between(scope)} ({reason})" if window else "solo: the whole file (nothing marks one)")
    return Parts(line, voices, scope, struck[1] if struck else "", tuple(told))


def list_names(names: list[str]) -> str:
    """Names in one line, the first few of them."""
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more


def _check_numbers(midi: MidiTune, numbers: Iterable[int | None]) -> None:
    count = len(midi.tracks)
    for number in numbers:
        if number is not None and not 0 <= number < count:
            raise ValueError(
                f"there is no track {number}: {count} tracks hold notes, numbered from 0: "
                + list_names([f"{index} {track.name or 'unnamed'}" for index, track in enumerate(midi.tracks)])
                + "; choose one of these"
            )


def _bars_played(line: list[RawNote], window: Window, bars: Bars, ticks_per_quarter: int) -> set[int]:
    notes = melody_notes(line, ticks_per_quarter)
    return {bars.number(note.offset) for note in notes if window[0] <= note.offset <= window[1]}


def _strikes(
    voices: list[Voice], window: Window, bars: Bars, wanted: set[int], ticks_per_quarter: int
) -> tuple[int, str] | None:
    """`find_struck_chords` of what the voices play in a window."""
    heard = [Voice(voice.name, inside(voice.notes, window, ticks_per_quarter)) for voice in voices]
    return find_struck_chords(heard, ticks_per_quarter, bars, wanted)
