"""MIDI files in and out.

Reading yields raw tracks whose times are ticks from the start of the file; only a track that is asked for its notes
is turned into notes. Writing, through mido, takes notes and chords in quarters. Left to others: the bytes that are read
(`reading/midi_bytes.py`), choosing tracks (`reading/track_roles.py`), quantising (`reading/grouping.py`).

Track numbers count only the tracks that hold notes, from 0. A track whose notes are in several channels, as all notes
of a type 0 file are, counts as one track for each channel, in order of channel.
"""

import hashlib
import io
import os
import stat
from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import mido

from music.notes import GRID, Chord, Note, ticks
from music.piece import Bar, Part, Piece
from reading.midi_bytes import FileEvents, TrackEvents, read_events
from running.files import write_aside

TICKS_PER_QUARTER = 480  # of the files written: a multiple of 12, so the whole grid is exact
DRUM_CHANNEL = 9
MAX_FILE_BYTES = 4_000_000  # no tune comes near; a larger file is a mistake or an attack
SLACK = 16  # notes within this part of a quarter of each other are struck, or released, together

# General MIDI's families of eight programs: what a channel without a name of its own is called.
FAMILIES = ("Piano", "Chime", "Organ", "Guitar", "Bass", "Strings", "Ensemble", "Brass")
FAMILIES += ("Reed", "Pipe", "Synth", "Pad", "Effects", "Ethnic", "Percussion", "Noise")


class RawNote(NamedTuple):
    """A note in ticks: sounds from `start` up to `end`."""

    start: int
    end: int
    pitch: int
    velocity: int


@dataclass(frozen=True)
class Track:
    """One channel of one track: its events `(tick, is_on, pitch, velocity)` in file order, not yet notes."""

    name: str
    programs: tuple[int, ...]
    channel: int
    ticks_per_quarter: int
    events: list[tuple[int, bool, int, int]]

    @property
    def is_drums(self) -> bool:
        return self.channel == DRUM_CHANNEL

    def notes(self) -> list[RawNote]:
        """The notes by onset: a note runs from its note-on to the first later note-off of its pitch.

        A note-off ends one note, the oldest that still sounds; one without a note is nothing. A note that is never
        released ends where the next one after it begins, the last ones with the track.
        """
        sounding = defaultdict(deque)
        notes = []
        for tick, is_on, pitch, velocity in self.events:
            if is_on:
                sounding[pitch].append(len(notes))
                notes.append(RawNote(tick, -1, pitch, velocity))
            elif sounding[pitch]:
                started = sounding[pitch].popleft()
                start, _, pitch, velocity = notes[started]
                notes[started] = RawNote(start, tick, pitch, velocity)
        unended = [index for waiting in sounding.values() for index in waiting]
        if unended:
            starts = [*(note.start for note in notes), self.events[-1][0]]
            for index in unended:
                following = bisect_right(starts, starts[index] + self.ticks_per_quarter // SLACK, hi=len(notes))
                notes[index] = notes[index]._replace(end=starts[following])
        return notes


@dataclass(frozen=True)
class MidiTune:
    """What a MIDI file holds: the tracks with notes; its meter changes, markers and tempos (microseconds a quarter) as
    `(tick, value)`, in order of time; the `sha256` of the file, and what was odd about it (`told`)."""

    path: Path
    ticks_per_quarter: int
    tracks: list[Track]
    meters: list[tuple[int, tuple[int, int]]]
    markers: list[tuple[int, str]]
    tempos: list[tuple[int, int]]
    sha256: str
    told: tuple[str, ...] = ()


def read_midi(path: str | os.PathLike) -> MidiTune:
    """Read a Standard MIDI File of type 0 or 1, bare or in a RIFF file.

    Raises ValueError, naming the file, where it is missing, too large, not MIDI, truncated, or holds no notes.
    """
    path = Path(path)
    data = _read_bytes(path)
    try:
        file = read_events(data)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    tracks = [track for events in file.tracks for track in _by_channel(events, file)]
    if not tracks:
        raise ValueError(f"{path}: no track holds a note; choose a file with a melody and chords")
    told = ()
    if len(file.tracks) < file.promised:
        told = (f"file: {len(file.tracks)} tracks are there of {file.promised} that it promises",)
    sha256 = hashlib.sha256(data).hexdigest()
    return MidiTune(path, file.ticks_per_quarter, tracks, file.meters, file.markers, file.tempos, sha256, told)


def _read_bytes(path: Path) -> bytes:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise ValueError(f"{path}: not a file but a folder or a device; give the path of a .mid file")
        if status.st_size > MAX_FILE_BYTES:
            raise ValueError(
                f"{path}: a MIDI file has at most {MAX_FILE_BYTES:,} bytes here, this one has {status.st_size:,}; "
                "take a smaller one"
            )
        return path.read_bytes()
    except OSError as error:
        raise ValueError(f"{path}: cannot be read ({error.strerror}); is the path right?") from error


def _by_channel(events: TrackEvents, file: FileEvents) -> list[Track]:
    """The tracks that one track chunk gives: one for each channel in which it strikes a note."""
    channels = sorted(channel for channel, notes in events.notes.items() if any(is_on for _, is_on, _, _ in notes))
    tracks = []
    for channel in channels:
        programs = tuple(events.programs.get(channel, ()))
        name = events.name
        if len(channels) > 1:
            name = f"{FAMILIES[programs[0] // 8] if programs else 'unnamed'}, channel {channel + 1}"
        tracks.append(Track(name, programs, channel, file.ticks_per_quarter, events.notes[channel]))
    return tracks


def write_midi(path: str | os.PathLike, piece: Piece) -> None:
    """Write a piece as a type 1 file: a track of title, tempo and meters, then one named track a part.

    The file is written aside and moved into place. Raises ValueError where the folder cannot be written.
    """
    write_aside(path, midi_bytes(piece.parts, piece.tempo, piece.title, piece.bars))


def midi_bytes(parts: list[Part], tempo: float, title: str = "", bars: Iterable[Bar] = ()) -> bytes:
    """The MIDI file of some parts at a tempo in quarters a minute; the meter of each of the `bars`, 4/4 without any."""
    head = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(tempo))])
    if title:
        head.insert(0, mido.MetaMessage("track_name", name=title.encode("latin-1", "replace").decode("latin-1")))
    now, meter = 0, None
    for bar in bars or (Bar(0.0, 4.0),):
        if bar.meter != meter:
            meter, start = bar.meter, ticks(bar.start, TICKS_PER_QUARTER)
            sign = {"numerator": meter[0], "denominator": meter[1], "time": start - now}
            head.append(mido.MetaMessage("time_signature", **sign))
            now = start
    midi = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_QUARTER, tracks=[head, *map(_part_track, parts)])
    buffer = io.BytesIO()
    midi.save(file=buffer)
    return buffer.getvalue()


def _part_track(part: Part) -> mido.MidiTrack:
    track = mido.MidiTrack()
    track.append(mido.MetaMessage("track_name", name=part.name))
    track.append(mido.Message("program_change", channel=part.channel, program=part.program))
    events = []
    for start, end, pitch, velocity in _without_overlap(part.music):
        events.append((start, 1, pitch, velocity))
        events.append((end, 0, pitch, 0))
    now = 0
    for tick, is_on, pitch, velocity in sorted(events):  # at one tick releases come before onsets
        kind = "note_on" if is_on else "note_off"
        track.append(mido.Message(kind, channel=part.channel, note=pitch, velocity=velocity, time=tick - now))
        now = tick
    return track


def _without_overlap(music: list[Note] | list[Chord]) -> list[tuple[int, int, int, int]]:
    """`(start, end, pitch, velocity)` in ticks; a pitch ends before it starts again, and is struck once at a time."""
    by_pitch = defaultdict(dict)
    for item in music:
        start = ticks(item.offset, TICKS_PER_QUARTER)
        length = max(ticks(item.quarter_length, TICKS_PER_QUARTER), TICKS_PER_QUARTER // GRID)
        for pitch in item.pitches if isinstance(item, Chord) else (item.pitch,):
            longest = max(length, by_pitch[pitch].get(start, (0, 0))[0])
            by_pitch[pitch][start] = (longest, item.velocity)
    played = []
    for pitch, struck in by_pitch.items():
        starts = sorted(struck)
        for start, following in zip(starts, [*starts[1:], None], strict=True):
            length, velocity = struck[start]
            end = start + length if following is None else min(start + length, following)
            played.append((start, end, pitch, velocity))
    return played
