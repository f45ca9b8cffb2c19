"""A MIDI file as tracks of raw notes.

Only a track that is asked for its notes is turned into notes. A track whose notes are in several channels, as all notes
of a type 0 file are, counts as one track for each channel, in order of channel. Left to others: the bytes
(`reading/midi_bytes.py`), choosing among the tracks (`reading/choosing.py`), writing (`writing/midi.py`).
"""

import hashlib
import os
import re
from pathlib import Path

from reading.meters import find_bars
from reading.midi_bytes import FileEvents, TrackEvents, read_events
from reading.raw_tune import HIGHEST_TEMPO, LOWEST_TEMPO, RawTune, Track
from reading.timing import in_time
from running.files import read_bounded

# As `writing/midi.py` notes down how that is written which it plays otherwise.
COUNTED, WRITTEN = re.compile(rb"^}(\d{1,9}):"), re.compile(rb"(\d{1,9})\+(\d{1,9})")
MAX_FILE_BYTES = 4_000_000  # no tune comes near; a larger file is a mistake or an attack

# General MIDI's families of eight programs: what a channel without a name of its own is called.
FAMILIES = ("Piano", "Chime", "Organ", "Guitar", "Bass", "Strings", "Ensemble", "Brass")
FAMILIES += ("Reed", "Pipe", "Synth", "Pad", "Effects", "Ethnic", "Percussion", "Noise")


def read_midi(path: str | os.PathLike, meter: str | None = None, pickup: float | None = None) -> RawTune:
    """Read a Standard MIDI File of type 0 or 1, bare or in a RIFF file; `meter` and `pickup` as `in_time` takes them.

    Raises ValueError, naming the file, where it is missing, too large, not MIDI, truncated, or holds no notes.
    """
    path = Path(path)
    return midi_in(read_bounded(path, MAX_FILE_BYTES, "a MIDI file"), path, meter, pickup)


def midi_in(data: bytes, path: Path, meter: str | None = None, pickup: float | None = None) -> RawTune:
    """The MIDI file with this content. Raises ValueError as `read_midi` does."""
    try:
        file = read_events(data)
        tracks = [track for events in file.tracks for track in _by_channel(events, file)]
        if not tracks:
            raise ValueError("no track holds a note; choose a file with a melody and chords")
        tracks, first_bar, told_of_time = in_time(tracks, file, meter, pickup)
        last_tick = max(tick for track in tracks for tick, is_on, *_ in track.events if is_on)
        bars, told_of_bars = find_bars(file.meters, file.ticks_per_quarter, last_tick, first_bar)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    told = ()
    if len(file.tracks) < file.promised:
        told = (f"file: {len(file.tracks)} tracks are there of {file.promised} that it promises",)
    tempos, told_of_tempos = _tempos(file)
    told += (*told_of_time, *told_of_bars, *told_of_tempos)
    sha256 = hashlib.sha256(data).hexdigest()
    return RawTune(path, file.ticks_per_quarter, tracks, bars, file.markers, tempos, told, sha256, texts=file.texts)


def _by_channel(events: TrackEvents, file: FileEvents) -> list[Track]:
    """The tracks that one track chunk gives: one for each channel in which it strikes a note."""
    channels = sorted(channel for channel, notes in events.notes.items() if any(is_on for _, is_on, _, _ in notes))
    tracks = []
    for channel in channels:
        programs = tuple(events.programs.get(channel, ()))
        name = events.name
        if len(channels) > 1:
            name = f"{FAMILIES[programs[0][1] // 8] if programs else 'unnamed'}, channel {channel + 1}"
        bends = events.bends.get(channel, [])
        written = [(int(onset), int(steps)) for onset, steps in WRITTEN.findall(events.private)]
        counted = int((COUNTED.findall(events.private) or [0])[0])
        notes, quarter = events.notes[channel], file.ticks_per_quarter
        tracks.append(Track(name, programs, channel, quarter, notes, bends, written, counted))
    return tracks


def _tempos(file: FileEvents) -> tuple[list[tuple[int, float]], tuple[str, ...]]:
    """The tempos in quarters a minute, and a line on those that make no sense, if there are any."""
    tempos, left_out = [], []
    for tick, microseconds in file.tempos:
        tempo = 60_000_000 / microseconds if microseconds else float("inf")
        if LOWEST_TEMPO <= tempo <= HIGHEST_TEMPO:
            tempos.append((tick, round(tempo, 3)))
        else:
            left_out.append(microseconds)
    if not left_out:
        return tempos, ()
    told = f"tempo: {len(left_out)} tempos make no sense and are left out, first {left_out[0]} microseconds a quarter"
    return tempos, (told,)
