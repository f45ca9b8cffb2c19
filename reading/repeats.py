"""Tunes of a folder that repeat one another: the same melody again, with other chords or without, or the chords alone.

Corpora come as `tune/melody.mid`, `tune/chords.mid` and `tune/full.mid`, as folders side by side, or in several
formats. Of each tune some hundred bytes are kept, so that many can be compared. Left to others: what is done about it.
"""

import re
from array import array
from collections import defaultdict
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from music.piece import Tune
from music.units import GRID

FEWEST = 8  # notes by which a melody is known
RUN, RUNS = (
    5,
    12,
)  # notes of a run of pitches, and how many of a melody's runs, by a rule that takes like ones, are kept
ALIKE = 0.5  # share of these that are the same in two readings of one melody, of files of one name
# Grid steps; in the first such windows, if there are enough, it is seen whether only chords are played.
WINDOW, FEWEST_WINDOWS, MOST_WINDOWS = 4 * GRID, 4, 64
ALL_CHORD = 0.95  # share of notes that are chord tones of the whole, in a copy that has only its chords
MOST_BESIDE = 50  # of one name or folder that a tune is compared with
# What files and folders of copies are called: those that have only the chords, and any.
CHORDS = re.compile(r"(?i)chord|accomp|harmon|comping|backing|piano|rhythm")
PARTS = re.compile(rf"(?i)({CHORDS.pattern[4:]}|melod(y|ies)|solo|lead|full|final|whole|all|mix)(s|ed|iment|y)?$")


class Print(NamedTuple):
    """What a tune is known by: a digest of its melody's `line`, places and pitches; some of its `runs` of pitches;
    how much it has beside them (`rank`); the tones of its `chords` and of its `notes` in the first windows, as bits;
    its `path`. Of few notes there are no line and no runs."""

    line: bytes
    runs: frozenset[bytes]
    rank: tuple[bool, ...]
    chords: bytes
    notes: bytes
    path: Path


def print_of(tune: Tune) -> Print:
    """What a tune is known by."""
    notes = [note for in_bar in tune.melody.values() for note in in_bar]
    chords = [chord for in_bar in tune.chords.values() for chord in in_bar]
    line, runs = b"", frozenset()
    if len(notes) >= FEWEST:
        pitches = [note.pitch for note in notes]
        line = _digest([(note.onset - notes[0].onset, note.pitch) for note in notes])
        runs = frozenset(sorted({_digest(pitches[at : at + RUN]) for at in range(len(pitches) - RUN + 1)})[:RUNS])
    is_whole = any(view.role not in ("melody", "drums", "click") for view in tune.tracks)
    is_whole = is_whole or any(chord.is_written for chord in chords)
    rank = bool(tune.style), bool(tune.player), is_whole, bool(tune.nuances)
    tones = _windows([(chord.onset, chord.end, chord.tones) for chord in chords])
    played = _windows([(note.onset, note.onset + 1, (note.pitch % 12,)) for note in notes])
    return Print(line, runs, rank, tones, played if _may_be_chords(tune.path) else b"", tune.path)


def repeats_among(prints: list[Print]) -> dict[int, str]:
    """Which of some tunes, by number, are in another one of them, and how that is told; of several alike the one stays
    that has most beside the melody, else the first."""
    order = sorted(range(len(prints)), key=lambda number: prints[number].rank, reverse=True)
    lines, beside, told = {}, defaultdict(list), {}
    for number in order:
        one = prints[number]
        places = one.path.parent, _name(one.path)
        alike = (other for other in beside[places[1]][:MOST_BESIDE] if _are_alike(one, prints[other]))
        whole = lines.get(one.line) if one.line in lines else next(alike, None)
        if whole is not None:
            told[number] = f"{one.path}: repeats the melody of {prints[whole].path}"
            continue
        if one.line:
            lines[one.line] = number
        for place in places:
            beside[place].append(number)
    for number in order:
        one = prints[number]
        if number in told or not one.notes:
            continue
        near = [beside[place] for place in (_name(one.path), one.path.parent) if len(beside[place]) <= MOST_BESIDE]
        for other in (other for numbers in near for other in numbers):
            if other != number and other not in told and _has_only_chords(one, prints[other]):
                told[number] = f"{one.path}: has only the chords of {prints[other].path}"
                break
    return told


def _are_alike(one: Print, other: Print) -> bool:
    return len(one.runs & other.runs) >= ALIKE * max(len(one.runs), len(other.runs), 1)


def _has_only_chords(one: Print, whole: Print) -> bool:
    """Whether what was read as a melody are tones of the chords of a whole tune that was read."""
    windows = zip(array("H", one.notes), array("H", whole.chords), strict=True)
    tones = [((notes & chords).bit_count(), notes.bit_count()) for notes, chords in windows if notes and chords]
    fitting, every = sum(fit for fit, _ in tones), sum(count for _, count in tones)
    return whole.rank >= one.rank and len(tones) >= FEWEST_WINDOWS and fitting >= ALL_CHORD * every


def _windows(sounding: list[tuple[int, int, tuple[int, ...]]]) -> bytes:
    """The pitch classes that sound in each of the first windows, as bits, of (onset, end, pitch classes)."""
    bits = array("H", [0] * MOST_WINDOWS)
    for onset, end, tones in sounding:
        for window in range(onset // WINDOW, min((end - 1) // WINDOW + 1, MOST_WINDOWS)):
            for tone in tones:
                bits[window] |= 1 << tone
    return bits.tobytes()


def _may_be_chords(path: Path) -> bool:
    return bool(CHORDS.search(f"{path.parent.name}/{path.stem}"))


def _name(path: Path) -> str:
    """What copies of a tune have in common: their name without the part that they hold, or else their folder."""
    return PARTS.sub("", path.stem).strip(" _-.").lower() or str(path.parent)


def _digest(notes: list) -> bytes:
    return blake2b(repr(notes).encode(), digest_size=8).digest()
