"""A MIDI file as tracks of raw notes.

Only a track that is asked for its notes is turned into notes. A track whose notes are in several channels, as all notes
of a type 0 file are, counts as one track for each player, in order of channel; a player may have several channels.
Left to others: the bytes (`reading/midi_bytes.py`), choosing among the tracks (`reading/choosing.py`), writing
(`writing/midi.py`).
"""

import hashlib
import os
import re
from collections import defaultdict
from dataclasses import replace
from itertools import groupby, pairwise
from pathlib import Path

from music.piece import DRUM_CHANNEL
from reading.kinds import MIDI, refuse_other_kinds
from reading.meters import find_bars
from reading.midi_bytes import FileEvents, TrackEvents, read_events
from reading.raw_tune import HIGHEST_TEMPO, LOWEST_TEMPO, RawTune, Track, list_names
from reading.smpte import put_in_quarters
from reading.timing import in_time
from running.files import read_bounded

# As `writing/midi.py` notes down how that is written which it plays otherwise.
COUNTED, WRITTEN = re.compile(rb"^}(\d{1,9}):"), re.compile(rb"(\d{1,9})\+(\d{1,9})")
MAX_FILE_BYTES = 4_000_000  # no tune comes near; a larger file is a mistake or an attack
ROTATING, FEW_ROTATING = 8, 4  # channels of one track from which the tenth is no kit but one of many; if in turns
STRINGS, NOTE_TO_NOTE = 4, 0.3  # tracks that may be one guitar's strings, and how often another one's note follows
TOGETHER = 0.35  # of the time that all but the longest of several channels sound, up to which they take turns
NUMBERS = re.compile(r"\s*\d+")

# General MIDI's families of eight programs: what a channel without a name of its own is called.
FAMILIES = ("Piano", "Chime", "Organ", "Guitar", "Bass", "Strings", "Ensemble", "Brass")
FAMILIES += ("Reed", "Pipe", "Synth", "Pad", "Effects", "Ethnic", "Percussion", "Noise")


def read_midi(path: str | os.PathLike, meter: str | None = None, pickup: float | None = None) -> RawTune:
    """Read a Standard MIDI File of type 0 or 1, bare or with something around it, as far as it is whole; `meter` and
    `pickup` as `in_time` takes them.

    Raises ValueError, naming the file, where it is missing, too large, not MIDI, or holds no notes.
    """
    path = Path(path)
    refuse_other_kinds(path, MIDI)
    return midi_in(read_bounded(path, MAX_FILE_BYTES, "a MIDI file"), path, meter, pickup)


def midi_in(data: bytes, path: Path, meter: str | None = None, pickup: float | None = None) -> RawTune:
    """The MIDI file with this content. Raises ValueError as `read_midi` does."""
    try:
        file = read_events(data)
        if file.division & 0x8000:
            put_in_quarters(file)
        tracks, damaged = _tracks(file)
        if not tracks:
            raise ValueError("no track holds a note; choose a file with a melody and chords")
        tracks, first_bar, told_of_time = in_time(tracks, file, meter, pickup)
        last_tick = max(tick for track in tracks for tick, is_on, *_ in track.events if is_on)
        bars, told_of_bars = find_bars(file.meters, file.division, last_tick, first_bar)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    told = list(file.told)
    if len(file.tracks) < file.promised:
        told.append(f"file: {len(file.tracks)} tracks are there of {file.promised} that it promises")
    if damaged:
        told.append(f"file: damaged or cut off, what comes before is used: {list_names(damaged)}")
    tempos, told_of_tempos = _tempos(file)
    told = (*told, *told_of_time, *told_of_bars, *told_of_tempos)
    sha256 = hashlib.sha256(data).hexdigest()
    return RawTune(path, file.division, tracks, bars, file.markers, tempos, told, sha256, texts=file.texts)


def _tracks(file: FileEvents) -> tuple[list[Track], list[str]]:
    """The tracks that hold notes, and those that are damaged with the beat up to which they are read."""
    tracks, damaged = [], []
    for events in file.tracks:
        of_chunk = _by_channel(events, file)
        if events.is_damaged:
            last = max((track.events[-1][0] for track in of_chunk), default=0)
            shown = f"track {len(tracks)} '{events.name or 'unnamed'}'" if of_chunk else "a track without notes"
            damaged.append(f"{shown} after beat {last // file.division}")
        tracks += of_chunk
    return _with_strings_joined(tracks), damaged


def _with_strings_joined(tracks: list[Track]) -> list[Track]:
    """The tracks with those of one guitar's strings as one: neighbours that are called alike but for a number, have the
    same programs, and take turns from note to note, not from phrase to phrase."""
    joined = []
    for _, run in groupby(tracks, key=lambda track: (NUMBERS.sub("", track.name), {*dict(track.programs).values()})):
        alike = list(run)
        joined += [_as_one(alike)] if len(alike) >= STRINGS and _are_strings(alike) else alike
    return joined


def _are_strings(tracks: list[Track]) -> bool:
    """Whether several tracks take turns from note to note, and are no drums."""
    onsets = sorted((tick, number) for number, one in enumerate(tracks) for tick, is_on, *_ in one.events if is_on)
    turns = sum(before != after for (_, before), (_, after) in pairwise(onsets))
    is_drums = any(track.is_drums for track in tracks)
    return not is_drums and turns >= NOTE_TO_NOTE * len(onsets) and _take_turns([track.events for track in tracks])


def _as_one(tracks: list[Track]) -> Track:
    """Several tracks as one, each note with the pitch wheel of its own."""
    events = sorted((event for track in tracks for event in track.events), key=lambda event: event[0])
    bending = [track for track in tracks if track.bends]
    bent = {(tick, pitch): one.bends for one in bending for tick, is_on, pitch, _ in one.events if is_on}
    return replace(tracks[0], name=NUMBERS.sub("", tracks[0].name), events=events, bends=[], bent=bent)


def _by_channel(events: TrackEvents, file: FileEvents) -> list[Track]:
    """The tracks that one track chunk gives: one for each player in it."""
    is_alone = sum(other.n_notes > 0 for other in file.tracks) == 1
    players = _players(events, is_named=bool(events.name or events.programs) and not is_alone)
    written = [(int(onset), int(steps)) for onset, steps in WRITTEN.findall(events.private)]
    counted = int((COUNTED.findall(events.private) or [0])[0])
    tracks = []
    for channels in players:
        first, *more = sorted(channels, key=lambda channel: channel == DRUM_CHANNEL)  # one of many is no drums
        programs = tuple(sorted({change for channel in channels for change in events.programs.get(channel, ())}))
        name = events.name
        if len(players) > 1:
            family = FAMILIES[programs[0][1] // 8] if programs else "unnamed"
            name = f"{family if is_alone or not name else name}, channel {first + 1}"
        notes, bends, bent = events.notes[first], events.bends.get(first, []), {}
        if more:
            notes = sorted((event for one in channels for event in events.notes[one]), key=lambda event: event[0])
            for one in filter(events.bends.get, channels):
                bent |= {(tick, pitch): events.bends[one] for tick, is_on, pitch, _ in events.notes[one] if is_on}
            bends = []
        pedals = sorted(pressed for channel in channels for pressed in events.pedals.get(channel, ()))
        tracks.append(Track(name, programs, first, file.division, notes, bends, written, counted, bent, pedals))
    return tracks


def _striking(events: TrackEvents) -> list[int]:
    """The channels in which a track chunk strikes a note."""
    return sorted(channel for channel, notes in events.notes.items() if any(is_on for _, is_on, _, _ in notes))


def _players(events: TrackEvents, is_named: bool) -> list[list[int]]:
    """The channels of one track chunk, those of one player together: a guitar may have one for each string, MPE takes
    another one with each note. They have the same programs, and where no name or program of the chunk's own says that
    they are one player's (`is_named`), they take turns."""
    channels, alike = _striking(events), defaultdict(list)
    for channel in channels:
        alike[frozenset(program for _, program in events.programs.get(channel, ()))].append(channel)
    players = []
    for together in alike.values():
        take_turns = len(together) > 1 and _take_turns([events.notes[channel] for channel in together])
        is_kit = len(channels) < ROTATING and not (take_turns and len(together) >= FEW_ROTATING)
        if is_kit and DRUM_CHANNEL in together:
            players.append([DRUM_CHANNEL])
            together.remove(DRUM_CHANNEL)
            take_turns = len(together) > 1 and _take_turns([events.notes[channel] for channel in together])
        players += [together] if together and (is_named or take_turns) else [[channel] for channel in together]
    return sorted(players)


def _take_turns(channels: list[list[tuple]]) -> bool:
    """Whether the notes of several channels seldom sound together."""
    spans = [_sounding(notes) for notes in channels]
    total, longest = sum(spans), max(spans)
    union = _sounding(sorted((event for notes in channels for event in notes), key=lambda event: event[0]))
    return total - union <= TOGETHER * (total - longest)


def _sounding(events: list[tuple]) -> int:
    """For how many ticks something sounds."""
    found, held, before = 0, 0, 0
    for tick, is_on, *_ in events:
        found += (tick - before) * (held > 0)
        held, before = max(0, held + (1 if is_on else -1)), tick
    return found


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
