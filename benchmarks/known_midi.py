"""A MIDI file whose truth is known: what is written to it, and what a reader should find.

Times are quarters. Left to others: the music (`real_music.py`), the ways it is played (`ways.py`).
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import mido
from real_music import Change, Music, Sound

from music.piece import DRUM_CHANNEL
from music.units import TICKS_PER_QUARTER


@dataclass(frozen=True)
class Voice:
    """A track: its name ('' for none), General MIDI program (None for none), sounds, channel (None: the next), and when
    its pedal is pressed, (down, up)."""

    name: str
    program: int | None
    sounds: list[Sound]
    channel: int | None = None
    pedals: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Truth:
    """What a file holds: the melody, the chords, where its bars begin (and the last one ends), meter and tempo. Times
    are quarters of the music; `clock` tells where these lie in a file whose own are others, as (music's, file's)."""

    melody: list[Sound]
    changes: list[Change]
    lines: list[float]
    meter: tuple[int, int]
    tempo: float
    clock: tuple[tuple[float, float], ...] = ()

    def as_json(self) -> dict:
        """The same in plain values, chords by their text."""
        changes = [(start, end, symbol.text) for start, end, symbol in self.changes if symbol]
        return vars(self) | {"changes": changes}


@dataclass(frozen=True)
class Take:
    """A file to be: its tracks, its truth, the meter (None: not told), the tempos and the markers that it tells, both
    with their quarters, and whether all is one track (type 0)."""

    voices: list[Voice]
    truth: Truth
    meter: tuple[int, int] | None
    tempos: list[tuple[float, float]] = field(default_factory=list)
    is_one_track: bool = False
    markers: list[tuple[float, str]] = field(default_factory=list)

    def moved(self, place: Callable[[float], float]) -> "Take":
        """The same with every sound at another place; the truth stays."""
        voices = [
            replace(voice, sounds=[one._replace(onset=place(one.onset), end=place(one.end)) for one in voice.sounds])
            for voice in self.voices
        ]
        return replace(self, voices=voices)

    def midi(self) -> mido.MidiFile:
        """The file."""
        tracks, free = [], (number for number in range(16) if number != DRUM_CHANNEL)
        taken = {note.channel for voice in self.voices for note in voice.sounds} | {v.channel for v in self.voices}
        for voice in self.voices:
            channel = voice.channel
            if channel is None and any(note.channel is None for note in voice.sounds):
                channel = next(number for number in free if number not in taken)
            tracks.append(_track(voice, channel))
        conductor = [
            (_tick(at), mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(tempo))) for at, tempo in self.tempos
        ]
        conductor += [(_tick(at), mido.MetaMessage("marker", text=text)) for at, text in self.markers]
        if self.meter:
            numerator, denominator = self.meter
            signature = mido.MetaMessage("time_signature", numerator=numerator, denominator=denominator)
            conductor.insert(0, (0, signature))
        tracks.insert(0, _in_order(conductor))
        file = mido.MidiFile(type=0 if self.is_one_track else 1, ticks_per_beat=TICKS_PER_QUARTER)
        file.tracks += [mido.merge_tracks(tracks)] if self.is_one_track else tracks
        return file

    def save(self, path: Path) -> None:
        """Write the file, and its truth as JSON beside it."""
        self.midi().save(path)
        path.with_suffix(".json").write_text(json.dumps(self.truth.as_json(), indent=1) + "\n")


def truth_of(music: Music) -> Truth:
    """What is to be found where the music is played as it is written."""
    return Truth(music.melody, music.changes, music.lines, music.meter, music.tempo)


def _track(voice: Voice, channel: int | None) -> mido.MidiTrack:
    events = [(0, mido.MetaMessage("track_name", name=voice.name))] if voice.name else []
    channels = {channel if note.channel is None else note.channel for note in voice.sounds}
    if voice.program is not None:
        events += [(0, mido.Message("program_change", channel=one, program=voice.program)) for one in sorted(channels)]
    notes = []
    for onset, end, pitch, velocity, own in voice.sounds:
        start, its = _tick(onset), channel if own is None else own
        notes += [(start, 1, its, pitch, velocity), (max(_tick(end), start + 1), 0, its, pitch, 0)]
    for tick, begins, its, pitch, velocity in sorted(notes):  # at one tick releases come before onsets
        kind = "note_on" if begins else "note_off"
        events.append((tick, mido.Message(kind, skip_checks=True, channel=its, note=pitch, velocity=velocity)))
    for times in voice.pedals:
        for at, value in zip(times, (127, 0), strict=True):
            events.append((_tick(at), mido.Message("control_change", channel=channel, control=64, value=value)))
    return _in_order(events)


def _in_order(events: list[tuple]) -> mido.MidiTrack:
    track, now = mido.MidiTrack(), 0
    for tick, message in sorted(events, key=lambda event: event[0]):
        track.append(message.copy(skip_checks=True, time=tick - now))
        now = tick
    return track


def _tick(quarters: float) -> int:
    return round(quarters * TICKS_PER_QUARTER)
