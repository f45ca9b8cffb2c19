"""Solos of the Weimar Jazz Database as MIDI files: chords as blocks, the melody by its bars, beats and tatums or as it
was played.

The database is not part of this project; `reading/weimar.py` reads it, and tells whose it is. Of the player's timing
either the beat and its division count, or its place between the beats as they were tapped.
"""

from pathlib import Path
from typing import NamedTuple

import mido
import numpy as np

import reading.weimar
from music.chord_symbols import Symbol
from music.piece import Tune
from preprocess import read_tune
from reading.weimar import read_annotated

TICKS = 480  # a quarter


def solos_in(folder: Path) -> list[str]:
    """The names of the solos in a folder; ValueError for a folder without any."""
    names = [path.name.removesuffix("_FINAL.csv") for path in sorted(folder.glob("*_FINAL.csv"))]
    if not names:
        raise ValueError(f"{folder}: holds no solo of the Weimar Jazz Database (NAME_FINAL.csv); name its folder")
    return names


def tune_of(folder: Path, name: str, scratch: Path, as_played: bool = False) -> Tune:
    """A solo as the program reads it from a MIDI file, which is written to the folder `scratch`."""
    path = scratch / f"{name}.mid"
    midi_of(folder, name, as_played).save(path)
    return read_tune(path)


class Recorded(NamedTuple):
    """A solo in ticks: its meter, how long a `beat` is and when the last one ends; a `quarter` in seconds; its notes at
    their written places and as `played`, (onset, length, pitch, velocity), one at a time; where each chord begins, in
    the database's words; when each beat was tapped, in seconds; and the bass's pitch on it, where known."""

    meter: tuple[int, int]
    beat: int
    end: int
    quarter: float
    notes: list[tuple[int, int, int, int]]
    played: list[tuple[int, int, int, int]]
    changes: list[tuple[int, str]]
    taps: list[tuple[int, float]]
    bass: list[tuple[int, int]]


def recorded(folder: Path, name: str) -> Recorded:
    """What the database knows of a solo."""
    beats, notes = read_annotated(folder / f"{name}_FINAL.csv")
    numerator, denominator = map(int, notes[0]["signature"].strip("\"'").split("/"))
    beat = TICKS * 4 // denominator
    first, period = int(beats[0]["bar"]), int(notes[0]["period"])

    def tick(row: dict, share: float = 0.0) -> int:
        return round(((int(row["bar"]) - first) * period + int(row["beat"]) - 1 + share) * beat)

    taps = np.array([[float(row["onset"]), tick(row)] for row in beats]).T
    quarter = float(np.median(np.diff(taps[0]) / np.diff(taps[1]))) * TICKS
    written, played = [], []
    for row in notes:
        length = max(TICKS // 24, round(float(row["duration"]) / float(row["beat_duration"]) * beat))
        loud = (float(row["loud_median"] or 72) - 40) * 2.5  # decibels
        note = (length, round(float(row["pitch"])), int(min(127, max(1, loud))))
        written.append((tick(row, (int(row["tatum"]) - 1) / int(row["division"])), *note))
        played.append((max(0, round(float(np.interp(float(row["onset"]), *taps)))), *note))
    written, played = _one_at_a_time(written), _one_at_a_time(played)
    changes = [(tick(row), row["chord"]) for row in beats if row["chord"]]
    bass = [(tick(row), int(row["bass"])) for row in beats if (row.get("bass") or "").isdigit()]
    times = [(tick(row), float(row["onset"])) for row in beats]
    end = tick(beats[-1]) + beat
    return Recorded((numerator, denominator), beat, end, quarter, written, played, changes, times, bass)


def _one_at_a_time(notes: list[tuple]) -> list[tuple]:
    notes = sorted(notes)
    onsets = [onset for onset, *_ in notes[1:]] + [notes[-1][0] + notes[-1][1]]
    return [
        (onset, max(1, min(length, after - onset)), *rest)
        for (onset, length, *rest), after in zip(notes, onsets, strict=True)
    ]


def midi_of(folder: Path, name: str, as_played: bool = False) -> mido.MidiFile:
    """A solo as a MIDI file of two tracks, at its median tempo."""
    taken = recorded(folder, name)
    played = taken.played if as_played else taken.notes
    bar, end = taken.meter[0] * taken.beat, max(taken.end, played[-1][0] + played[-1][1])
    chords = []
    stops = [*(start for start, _ in taken.changes[1:]), end]
    for (start, text), stop in zip(taken.changes, stops, strict=True):
        symbol = symbol_of(text)
        while symbol and start < stop:  # struck anew in every bar
            until = min(stop, (start // bar + 1) * bar)
            chords += [(start, until - start, 48 + symbol.root + step, 60) for step in symbol.intervals]
            start = until
    file = mido.MidiFile(ticks_per_beat=TICKS)
    meter = mido.MetaMessage("time_signature", numerator=taken.meter[0], denominator=taken.meter[1])
    tempo = mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(60 / taken.quarter))
    file.tracks.append(mido.MidiTrack([tempo, meter]))
    file.tracks += [_track("Solo", 0, 66, played), _track("Piano", 1, 0, chords)]
    return file


def symbol_of(text: str) -> Symbol | None:
    """A chord as the database writes it; None for none that sounds."""
    symbol = reading.weimar.symbol_of(text)
    return symbol if symbol and symbol.intervals else None


def _track(name: str, channel: int, program: int, music: list[tuple]) -> mido.MidiTrack:
    track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
    track.append(mido.Message("program_change", channel=channel, program=program))
    events = [(onset, 1, pitch, velocity) for onset, _, pitch, velocity in music]
    events += [(onset + length, 0, pitch, 0) for onset, length, pitch, _ in music]
    now = 0
    for tick, begins, pitch, velocity in sorted(events):
        kind = "note_on" if begins else "note_off"
        track.append(mido.Message(kind, note=pitch, velocity=velocity, channel=channel, time=tick - now))
        now = tick
    return track
