"""Solos of the Weimar Jazz Database as MIDI files: chords as blocks, the melody by its bars, beats and tatums or as it
was played.

The database (Jazzomat Research Project, University of Music Franz Liszt Weimar; Open Database License 1.0) is not part
of this project: https://jazzomat.hfm-weimar.de. Its CSV export has two files a solo, `NAME_FINAL.csv` with the notes
and `NAME_FINAL_beattrack.csv` with the beats and chords. Of the player's timing either the beat and its division count,
or its place between the beats as they were tapped.
"""

import csv
import re
from pathlib import Path

import mido
import numpy as np

from music.chord_symbols import Symbol, parse_or_none
from music.piece import Tune
from preprocess import read_tune

TICKS = 480  # a quarter
# The database writes tensions as one number, the accidental last.
TENSIONS = (("7911#", "9#11"), ("79b", "7b9"), ("79#", "7#9"), ("7913", "13"), ("7911", "11"), ("79", "9"))


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


def midi_of(folder: Path, name: str, as_played: bool = False) -> mido.MidiFile:
    """A solo as a MIDI file of two tracks, at its median tempo."""
    texts = [(folder / f"{name}_FINAL{part}.csv").read_text().splitlines() for part in ("", "_beattrack")]
    notes, beats = (list(csv.DictReader(text)) for text in texts)
    numerator, denominator = map(int, notes[0]["signature"].strip("\"'").split("/"))
    beat = TICKS * 4 // denominator
    first, period = int(beats[0]["bar"]), int(notes[0]["period"])

    def tick(row: dict, share: float = 0.0) -> int:
        return round(((int(row["bar"]) - first) * period + int(row["beat"]) - 1 + share) * beat)

    taps = np.array([[float(row["onset"]), tick(row)] for row in beats]).T
    quarter = float(np.median(np.diff(taps[0]) / np.diff(taps[1]))) * TICKS  # seconds
    played = []
    for row in notes:
        onset = tick(row, (int(row["tatum"]) - 1) / int(row["division"]))
        if as_played:
            onset = max(0, round(float(np.interp(float(row["onset"]), *taps))))
        length = max(TICKS // 24, round(float(row["duration"]) / float(row["beat_duration"]) * beat))
        loud = (float(row["loud_median"] or 72) - 40) * 2.5  # decibels
        played.append((onset, length, round(float(row["pitch"])), int(min(127, max(1, loud)))))
    played.sort()
    ends = [onset for onset, *_ in played[1:]] + [played[-1][0] + played[-1][1]]
    played = [
        (onset, max(1, min(length, end - onset)), *rest)
        for (onset, length, *rest), end in zip(played, ends, strict=True)
    ]

    changes = [(tick(row), row["chord"]) for row in beats if row["chord"]]
    end = max(tick(beats[-1]) + beat, ends[-1])
    chords = []
    stops = [*(start for start, _ in changes[1:]), end]
    for (start, text), stop in zip(changes, stops, strict=True):
        symbol = symbol_of(text)
        while symbol and start < stop:  # struck anew in every bar
            until = min(stop, (start // (period * beat) + 1) * period * beat)
            chords += [(start, until - start, 48 + symbol.root + step, 60) for step in symbol.intervals]
            start = until
    file = mido.MidiFile(ticks_per_beat=TICKS)
    meter = mido.MetaMessage("time_signature", numerator=numerator, denominator=denominator)
    file.tracks.append(mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(60 / quarter)), meter]))
    file.tracks += [_track("Solo", 0, 66, played), _track("Piano", 1, 0, chords)]
    return file


def symbol_of(text: str) -> Symbol | None:
    """A chord as the database writes it: 'Bbj7', 'C-7', 'G79b'; None for none."""
    for theirs, ours in TENSIONS:
        text = re.sub(re.escape(theirs) + "$", ours, text)
    text = re.sub(r"^([A-G][b#]?)sus(.+)$", r"\1\2sus", text.replace("j", "maj").replace("-", "m"))
    symbol = parse_or_none(re.sub("maj$", "maj7", text))
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
