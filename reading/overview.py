"""What each track of a file is to the reader, and in which bars it plays: the view from above.

Left to others: choosing (`reading/choosing.py`), the table of it (`reading/listing.py`), the picture
(`writing/page.py`).
"""

import re
from itertools import pairwise

import numpy as np

from music.piece import TrackView
from music.units import GRID, step_under
from reading.raw_tune import RawNote, RawTune, Track
from reading.track_names import names_bass
from reading.track_roles import LONG, is_bass, is_called_drums, is_click, is_percussion, shown

CLICK = re.compile(r"click|metronom|count.?(in|off)", re.IGNORECASE)
HEARD = "heard for the chords"  # why a track counts that nobody asked for, and which does not strike them
STEP, BROKEN = 2, 0.5  # semitones of a step, and share of wider ones from which a line is broken chords
ALONE = 0.85  # share of notes that start alone in what plays one note at a time


def overview(
    raw: RawTune, melody: dict[int, str] | None = None, chords: dict[str, str] | None = None
) -> tuple[TrackView, ...]:
    """The tracks of a file, in order; `melody` and `chords` tell why some, by number and by what they are called, were
    chosen to be that."""
    melody, chords, views = melody or {}, chords or {}, []
    starts, longest = _bar_starts(raw), LONG * raw.ticks_per_quarter
    for number, track in enumerate(raw.tracks):
        notes = track.notes()
        role, why = ("melody", melody[number]) if number in melody else _role(track, notes)
        heard = chords.get(shown(raw, number)) if role == "other" else None
        if heard:
            role, why = "chords" if heard != HEARD or _are_broken(notes) else role, heard
        views.append(TrackView(track.name or "unnamed", role, why, _bars_with(notes, starts, longest)))
    return tuple(views)


def _role(track: Track, notes: list[RawNote]) -> tuple[str, str]:
    """What a track is by itself, and why."""
    if track.is_drums:
        return "drums", f"channel {track.channel + 1}"
    if CLICK.search(track.name) or is_click(notes):
        return "click", "its name" if CLICK.search(track.name) else "one or two pitches, evenly"
    if is_percussion(track):
        return "drums", "its name" if is_called_drums(track) else "its sound"
    if is_bass(track):
        return "bass", "its name" if names_bass(track.name) else "its instrument"
    alone = len({note.onset for note in notes}) >= ALONE * len(notes)
    return "other", "one note at a time" if alone else "several notes at once"


def _bar_starts(raw: RawTune) -> list[float]:
    """Where the bars start, in ticks, up to that of the last onset."""
    units = raw.ticks_per_quarter
    last = max(next(tick for tick, is_on, *_ in reversed(track.events) if is_on) for track in raw.tracks)
    count = raw.bars.number(step_under(last, units)) + 1
    return [raw.bars[number].start * units / GRID for number in range(count)]


def _are_broken(notes: list[RawNote]) -> bool:
    """Whether notes are chords, struck together or one note after the other."""
    wide = sum(abs(after.pitch - before.pitch) > STEP for before, after in pairwise(notes))
    return wide >= BROKEN * len(notes)


def _bars_with(notes: list[RawNote], starts: list[float], longest: int) -> tuple[tuple[int, int], ...]:
    """The bars in which some of the notes sound, as runs of (first, last), by where the bars start; a note of more
    ticks hangs."""
    onsets, ends, *_ = np.array(notes, dtype=np.int64).T
    firsts = np.searchsorted(starts, onsets, "right")
    lasts = np.maximum(firsts, np.searchsorted(starts, np.minimum(ends - 1, onsets + longest), "right"))
    count = len(starts) + 2
    is_heard = np.cumsum(np.bincount(firsts, minlength=count) - np.bincount(lasts + 1, minlength=count)) > 0
    changes = np.flatnonzero(np.diff(is_heard, prepend=False)).tolist()
    return tuple((first - 1, after - 2) for first, after in zip(changes[::2], changes[1::2], strict=True))
