"""A piece as a MIDI file, through mido: a track of title, tempo, meters and chord symbols, then one named track a part.

The symbols are markers, as written, in UTF-8 as all text.
"""

import io
import os
from collections import defaultdict
from collections.abc import Iterable

import mido

from music.notes import Bar, Chord, Note
from music.piece import Part, Piece
from music.units import GRID, to_ticks
from running.files import write_aside

TICKS_PER_QUARTER = 480  # a multiple of 12, so the whole grid is exact


def write_midi(path: str | os.PathLike, piece: Piece) -> None:
    """Write a piece as a type 1 file. Raises ValueError where the folder cannot be written."""
    write_aside(path, piece_bytes(piece))


def piece_bytes(piece: Piece) -> bytes:
    """The MIDI file of a piece."""
    return midi_bytes(piece.parts, piece.tempo, piece.title, piece.solo.bars, piece.solo.chords)


def midi_bytes(
    parts: list[Part], tempo: float, title: str = "", bars: Iterable[Bar] = (), chords: Iterable[Chord] = ()
) -> bytes:
    """The MIDI file of some parts at a tempo in quarters a minute: the meter of each of the `bars`, 4/4 without any,
    and the symbols of the `chords`, where they change."""
    head = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(tempo))])
    if title:
        head.insert(0, mido.MetaMessage("track_name", name=title.encode(errors="replace").decode()))
    now, told = 0, {}
    meters = [(bar.start, "time_signature", bar.meter) for bar in bars or (Bar(0, 4 * GRID),)]
    symbols = [(chord.onset, "marker", chord.symbol) for chord in chords]
    for onset, kind, value in sorted([*meters, *symbols], key=lambda event: event[0]):
        if told.get(kind) == value:
            continue
        told[kind], tick = value, to_ticks(onset, TICKS_PER_QUARTER)
        said = {"text": value} if kind == "marker" else {"numerator": value[0], "denominator": value[1]}
        head.append(mido.MetaMessage(kind, **said, time=tick - now))
        now = tick
    tracks = [head, *map(_part_track, parts)]
    midi = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_QUARTER, charset="utf-8", tracks=tracks)
    buffer = io.BytesIO()
    midi.save(file=buffer)
    return buffer.getvalue()


def _part_track(part: Part) -> mido.MidiTrack:
    track = mido.MidiTrack()
    track.append(mido.MetaMessage("track_name", name=part.name))
    track.append(mido.Message("program_change", channel=part.channel, program=part.program))
    events = []
    for start, end, pitch, velocity in played(part.music):
        events.append((start, 1, pitch, velocity))
        events.append((end, 0, pitch, 0))
    now = 0
    for tick, is_on, pitch, velocity in sorted(events):  # at one tick releases come before onsets
        kind = "note_on" if is_on else "note_off"
        track.append(mido.Message(kind, channel=part.channel, note=pitch, velocity=velocity, time=tick - now))
        now = tick
    return track


def played(music: list[Note] | list[Chord]) -> list[tuple[int, int, int, int]]:
    """What a part sounds as: `(start, end, pitch, velocity)` in ticks. A pitch ends before it starts again, and is
    struck once at a time."""
    by_pitch = defaultdict(dict)
    for item in music:
        start = to_ticks(item.onset, TICKS_PER_QUARTER)
        length = to_ticks(max(item.duration, 1), TICKS_PER_QUARTER)
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
