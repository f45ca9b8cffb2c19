"""A piece as a MIDI file, through mido: a track of title, tempo, meters and chord symbols, then one named track a part.

The symbols are markers, as written, in UTF-8 as all text. Notes are where they are played. How a solo with feel is
written, its track tells in an event for private use, so that bars of it can be kept as they are.
"""

import io
import math
import os
from collections import defaultdict
from collections.abc import Iterable
from itertools import zip_longest

import mido

from music.instruments import NAMES
from music.notes import Bar, Chord
from music.piece import SOLO, Part, Piece
from music.units import GRID, TICKS_PER_QUARTER, to_ticks
from running.files import write_aside
from writing.count_in import counted_in

PRIVATE = 0x7D  # the manufacturer's number for what is nobody's
WHEEL, USUAL_RANGE = 8192, 2  # the pitch wheel's way in each direction, and the semitones of it if nothing is said


def write_midi(path: str | os.PathLike, piece: Piece) -> None:
    """Write a piece as a type 1 file. Raises ValueError where the folder cannot be written."""
    write_aside(path, piece_bytes(piece))


def piece_bytes(piece: Piece) -> bytes:
    """The MIDI file of a piece."""
    heard, counted = counted_in(piece)
    return midi_bytes(heard.parts, heard.tempo, heard.title, heard.solo.bars, heard.solo.chords, counted)


def midi_bytes(
    parts: list[Part],
    tempo: float,
    title: str = "",
    bars: Iterable[Bar] = (),
    chords: Iterable[Chord] = (),
    counted: int = 0,
) -> bytes:
    """The MIDI file of some parts at a tempo in quarters a minute: the meter of each of the `bars`, 4/4 without any,
    and the symbols of the `chords`, where they change. Of it so many grid steps are `counted` before the music."""
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
    tracks = [head, *(_part_track(part, counted) for part in parts)]
    midi = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_QUARTER, charset="utf-8", tracks=tracks)
    buffer = io.BytesIO()
    midi.save(file=buffer)
    return buffer.getvalue()


def _part_track(part: Part, counted: int) -> mido.MidiTrack:
    track = mido.MidiTrack()
    track.append(mido.MetaMessage("track_name", name=part.name))
    if part.name == SOLO:
        track.append(mido.MetaMessage("instrument_name", name=NAMES[part.program]))
    if part.name == SOLO and (part.nuances or counted):
        written = " ".join([f"{counted}:", *(f"{onset}+{duration}" for onset, duration in _written(part))])
        track.append(mido.MetaMessage("sequencer_specific", data=[PRIVATE, *written.encode()]))
    track.append(mido.Message("program_change", channel=part.channel, program=part.program))
    bends = _bends(part)
    semitones = max([USUAL_RANGE, *(math.ceil(abs(bend)) for bend in bends.values())])
    if semitones > USUAL_RANGE:
        for control, value in ((101, 0), (100, 0), (6, semitones), (38, 0), (101, 127), (100, 127)):
            track.append(mido.Message("control_change", channel=part.channel, control=control, value=value))
    events = []
    for start, end, pitch, velocity in played(part):
        events.append((start, 2, pitch, velocity))
        events.append((end, 0, pitch, 0))
    for tick, bend in bends.items():
        events.append((tick, 1, min(round(bend / semitones * WHEEL), WHEEL - 1), 0))
    now = 0
    for tick, kind, value, velocity in sorted(events):  # at one tick releases come first, then the wheel, then onsets
        if kind == 1:
            track.append(mido.Message("pitchwheel", channel=part.channel, pitch=value, time=tick - now))
        else:
            kind = "note_on" if kind else "note_off"
            track.append(mido.Message(kind, channel=part.channel, note=value, velocity=velocity, time=tick - now))
        now = tick
    return track


def _written(part: Part) -> list[tuple[int, int]]:
    """How each note that the file strikes is written, in the file's order: `(onset, duration)` in grid steps."""
    written = {}
    for note, nuance in zip_longest(part.music, part.nuances):
        struck = _tick(note.offset + (nuance.late if nuance else 0.0)), note.pitch
        written[struck] = note.onset, max(note.duration, written.get(struck, (0, 0))[1])
    return [written[struck] for struck in sorted(written)]


def _bends(part: Part) -> dict[int, float]:
    """Where the pitch wheel of a part stands, in semitones by tick, in order; with the next note it is back."""
    bends, bent = {}, 0.0
    for note, nuance in zip(part.music, part.nuances, strict=False):
        start, end = note.offset + nuance.late, note.offset + nuance.late + nuance.length
        if bent:
            bends[_tick(start)] = bent = 0.0
        for at, bend in nuance.bends:
            if at < nuance.length:
                bends[_tick(start + at)] = bent = bend
    if bent:
        bends[_tick(end) + TICKS_PER_QUARTER] = 0.0  # when it has died away
    return bends


def _tick(quarters: float) -> int:
    return round(quarters * TICKS_PER_QUARTER)


def played(part: Part) -> list[tuple[int, int, int, int]]:
    """What a part sounds as: `(start, end, pitch, velocity)` in ticks. A pitch ends before it starts again, and is
    struck once at a time."""
    by_pitch = defaultdict(dict)
    for item, nuance in zip_longest(part.music, part.nuances):
        start = to_ticks(item.onset, TICKS_PER_QUARTER)
        length = to_ticks(max(item.duration, 1), TICKS_PER_QUARTER)
        if nuance:
            start, end = _tick(item.offset + nuance.late), _tick(item.offset + nuance.late + nuance.length)
            length = max(1, end - start)
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
