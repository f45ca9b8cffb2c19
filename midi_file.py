"""MIDI files in and out, through mido.

Reading yields raw tracks whose times are ticks from the start of the file; only a track that is asked for its notes
is turned into notes. Writing takes notes and chords in quarters. Left to others: quantising and choosing
(`preprocess.py`).

Track numbers count only the tracks that hold notes, from 0.
"""

import io
import os
import struct
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import mido

from files import write_aside
from notes import GRID, Chord, Note, ticks
from piece import Bar, Part, Piece

TICKS_PER_QUARTER = 480  # of the files written: a multiple of 12, so the whole grid is exact
DRUM_CHANNEL = 9
MAX_FILE_BYTES = 4_000_000  # no tune comes near; a larger file is a mistake or an attack
MAX_TICKS_PER_FILE = 2**31  # about half a million bars at 960 ticks a quarter


class RawNote(NamedTuple):
    """A note in ticks: sounds from `start` up to `end`."""

    start: int
    end: int
    pitch: int
    velocity: int


@dataclass(frozen=True)
class Track:
    """One track's events `(tick, is_on, channel, pitch, velocity)` in file order, not yet notes."""

    name: str
    programs: tuple[int, ...]
    channels: tuple[int, ...]
    events: list

    @property
    def is_drums(self) -> bool:
        return self.channels == (DRUM_CHANNEL,)

    def notes(self) -> list[RawNote]:
        """The notes by onset: a note runs from its note-on to the first later note-off of its channel and pitch.

        A note-off ends one note, the oldest that still sounds; a note that is never released ends with the track.
        """
        sounding = defaultdict(deque)
        notes = []
        for tick, is_on, channel, pitch, velocity in self.events:
            waiting = sounding[channel, pitch]
            if is_on:
                waiting.append(len(notes))
                notes.append(RawNote(tick, -1, pitch, velocity))
            elif waiting:
                started = waiting.popleft()
                notes[started] = notes[started]._replace(end=tick)
        last = self.events[-1][0] if self.events else 0
        notes = [note if note.end >= 0 else note._replace(end=last) for note in notes]
        return sorted(notes, key=lambda note: note.start)


@dataclass(frozen=True)
class MidiTune:
    """What a MIDI file holds: the tracks with notes, and its meter changes and markers as `(tick, value)`."""

    path: Path
    ticks_per_quarter: int
    tracks: list[Track]
    meters: list[tuple[int, tuple[int, int]]]
    markers: list[tuple[int, str]]


def read_midi(path: str | os.PathLike) -> MidiTune:
    """Read a Standard MIDI File of type 0 or 1.

    Raises ValueError, naming the file, where it is missing, too large, not MIDI, truncated, or holds no notes.
    """
    path = Path(path)
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise ValueError(f"{path}: a MIDI file has at most {MAX_FILE_BYTES:,} bytes here, this one has {size:,}")
        data = path.read_bytes()
    except OSError as error:
        raise ValueError(f"{path}: cannot be read ({error.strerror}); is the path right?") from error
    if not data.startswith(b"MThd"):
        found = "is empty" if not data else f"starts with {data[:4]!r}"
        raise ValueError(f"{path}: not a MIDI file: it {found} instead of b'MThd'; export the tune as .mid")
    try:
        midi = mido.MidiFile(file=io.BytesIO(data), clip=True)
    except (OSError, EOFError, ValueError, LookupError, TypeError, struct.error) as error:
        reason = str(error) or "it ends too early"
        raise ValueError(f"{path}: a damaged or truncated MIDI file ({reason}); export it again") from error
    if midi.type == 2:
        raise ValueError(f"{path}: MIDI type 2 (independent patterns) is not a tune; export it as type 1")
    if midi.ticks_per_beat <= 0:
        raise ValueError(f"{path}: its time is in SMPTE frames, not in ticks a quarter; export it with musical time")
    tracks, meters, markers = [], [], []
    for midi_track in midi.tracks:
        track = _read_track(midi_track, meters, markers)
        if track.events and track.events[-1][0] > MAX_TICKS_PER_FILE:
            raise ValueError(f"{path}: a track is {track.events[-1][0]:,} ticks long; the file is damaged")
        if any(is_on for _, is_on, *_ in track.events):
            tracks.append(track)
    if not tracks:
        raise ValueError(f"{path}: no track holds a note; choose a file with a melody and chords")
    return MidiTune(path, midi.ticks_per_beat, tracks, sorted(meters), sorted(markers))


def _read_track(midi_track: mido.MidiTrack, meters: list, markers: list) -> Track:
    tick, name, programs, channels, events = 0, "", [], [], []
    for message in midi_track:
        tick += message.time
        kind = message.type
        if kind in ("note_on", "note_off"):
            is_on = kind == "note_on" and message.velocity > 0
            events.append((tick, is_on, message.channel, message.note, message.velocity))
            if message.channel not in channels:
                channels.append(message.channel)
        elif kind == "program_change":
            programs.append(message.program)
        elif kind == "track_name":
            name = name or message.name.strip().strip("\0")
        elif kind == "time_signature":
            meters.append((tick, (message.numerator, message.denominator)))
        elif kind == "marker":
            markers.append((tick, message.text.strip()))
    return Track(name, tuple(programs), tuple(channels), events)


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
