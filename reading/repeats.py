"""Tunes of a folder that repeat one another: the same melody again, with other chords or without, or the chords alone.

Corpora come as `tune/melody.mid`, `tune/chords.mid` and `tune/full.mid`, as folders side by side, or in several
formats. Of each tune a few bytes are kept, so that many can be compared. Left to others: what is done about it.
"""

import re
from collections import defaultdict
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from music.piece import Tune
from music.units import GRID

FEWEST = 8  # notes by which a melody is known
# Grid steps; in the first such windows, if there are enough, it is seen whether only chords are played.
WINDOW, FEWEST_WINDOWS, MOST_WINDOWS = 4 * GRID, 4, 64
ALL_CHORD = 0.95  # share of notes that are chord tones of the whole, in a copy that has only its chords
# What a copy's file or folder is called that has only the chords.
CHORDS = re.compile(r"(?i)chord|accomp|harmon|comping|backing|piano|rhythm")


class Print(NamedTuple):
    """What a tune is known by: digests of its melody's `line`, places and pitches, and of its `pitches` alone, None of
    few notes; how much it has beside them (`rank`); the tones of its chords and of its notes in the first windows, as
    bits; its `path`."""

    line: bytes | None
    pitches: bytes | None
    rank: tuple[bool, ...]
    chords: tuple[int, ...]
    notes: tuple[int, ...]
    path: Path


def print_of(tune: Tune) -> Print:
    """What a tune is known by."""
    notes = [note for in_bar in tune.melody.values() for note in in_bar]
    line = pitches = None
    if len(notes) >= FEWEST:
        first = notes[0].onset
        line = _digest([(note.onset - first, note.pitch) for note in notes])
        pitches = _digest([note.pitch for note in notes])
    chords = [chord for in_bar in tune.chords.values() for chord in in_bar]
    is_whole = any(view.role not in ("melody", "drums", "click") for view in tune.tracks)
    is_whole = is_whole or any(chord.is_written for chord in chords)
    spans = [(chord.onset, chord.end, chord.tones) for chord in chords]
    played = [(note.onset, note.onset + 1, (note.pitch % 12,)) for note in notes]
    rank = bool(tune.style), bool(tune.player), is_whole, bool(tune.nuances)
    return Print(line, pitches, rank, _windows(spans), _windows(played), tune.path)


def repeats_among(prints: list[Print]) -> dict[int, str]:
    """Which of some tunes, by number, are in another one of them, and how that is told; of several alike the one stays
    that has most beside the melody, else the first."""
    order = sorted(range(len(prints)), key=lambda number: prints[number].rank, reverse=True)
    known, told, beside = {}, {}, defaultdict(list)
    for number in order:
        one, name = prints[number], _name(prints[number].path)
        keys = [] if one.line is None else [one.line, (one.pitches, name)]
        whole = next((known[key] for key in keys if key in known), None)
        if whole is not None:
            told[number] = f"{one.path}: repeats the melody of {prints[whole].path}"
            continue
        known |= dict.fromkeys(keys, number)
        for place in {one.path.parent, name}:
            beside[place].append(number)
    for number in order:
        one = prints[number]
        if number in told or not CHORDS.search(f"{one.path.parent.name}/{one.path.stem}"):
            continue
        for other in (*beside[one.path.parent], *beside[_name(one.path)]):
            if other != number and other not in told and _has_only_chords(one, prints[other]):
                told[number] = f"{one.path}: has only the chords of {prints[other].path}"
                break
    return told


def _has_only_chords(one: Print, whole: Print) -> bool:
    """Whether what was read as a melody are tones of the chords of a whole tune that was read."""
    windows = list(zip(one.notes, whole.chords, strict=False))
    tones = [(bin(notes & chords).count("1"), bin(notes).count("1")) for notes, chords in windows if notes and chords]
    fitting, every = sum(fit for fit, _ in tones), sum(count for _, count in tones)
    return whole.rank >= one.rank and len(tones) >= FEWEST_WINDOWS and fitting >= ALL_CHORD * every


def _windows(sounding: list[tuple[int, int, tuple[int, ...]]]) -> tuple[int, ...]:
    """The pitch classes that sound in each of the first windows, as bits, of (onset, end, pitch classes)."""
    bits = [0] * MOST_WINDOWS
    for onset, end, tones in sounding:
        for window in range(onset // WINDOW, min((end - 1) // WINDOW + 1, MOST_WINDOWS)):
            for tone in tones:
                bits[window] |= 1 << tone
    return tuple(bits)


def _name(path: Path) -> str:
    """A file's name without its ending, and without the one of the Weimar Jazz Database."""
    return path.stem.removesuffix("_FINAL").lower()


def _digest(notes: list) -> bytes:
    return blake2b(repr(notes).encode(), digest_size=8).digest()
