"""The bytes of a MIDI file as events: what a reader needs who must cope with every file.

A Standard MIDI File is a header chunk and track chunks; a track is a row of deltas (ticks) and events. This reader
takes notes, pitch bends, programs, names, meters, tempos and markers and skips all else: other chunks, wrong key
signatures, bytes after the last chunk, a missing end of track. It keeps no object an event, so that the largest file
that is read costs some hundred megabytes at most. RIFF-wrapped files (RMID) are unwrapped.

Conventions: times are ticks from the start of the file. Errors are ValueErrors that tell what is wrong, without the
file's name: `reading/midi.py` adds it. Left to others: notes, and what the events mean (`reading/midi.py`).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

MAX_NOTES = 100_000  # in a file: an hour of orchestra has no more; a file that has was not made for reading
MAX_BENDS = 100_000  # in a track: those that come after are left out
MAX_TRACKS = 1_000
LONGEST_NAME = 60  # characters shown of a name or marker
DAMAGED = "a damaged or truncated MIDI file ({}); export it again"
TEXTS = (0x01, 0x05, 0x07)  # text, lyrics and cue points, in which some programs write chords
BEND_RANGE, MOST_RANGE = 2.0, 24  # semitones that the pitch wheel bends a note if nothing is said, and at most
NO_PARAMETER = (127, 127)
SYSTEM_DATA = {0xF1: 1, 0xF2: 2, 0xF3: 1}  # data bytes of the system messages that have some; none belongs in a file


@dataclass
class TrackEvents:
    """One track chunk, by channel in order of time. `notes`: the events `(tick, is_on, pitch, velocity)`; `programs`:
    `(tick, program)`; `bends`: `(tick, semitones)`; `parameter` and `bend_range`: which is set by what comes, and how
    far the pitch wheel bends. And its `name`, or its instrument's, and the `private` data of who wrote it."""

    name: str = ""
    private: bytes = b""
    notes: dict[int, list[tuple[int, bool, int, int]]] = field(default_factory=dict)
    programs: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    bends: dict[int, list[tuple[int, float]]] = field(default_factory=dict)
    parameter: dict[int, tuple[int, int]] = field(default_factory=dict)
    bend_range: dict[int, float] = field(default_factory=dict)


@dataclass
class FileEvents:
    """A whole file: `meters`, `tempos` (microseconds a quarter), `markers` and other `texts` as `(tick, value)`, by
    time."""

    ticks_per_quarter: int
    tracks: list[TrackEvents] = field(default_factory=list)
    meters: list[tuple[int, tuple[int, int]]] = field(default_factory=list)
    tempos: list[tuple[int, int]] = field(default_factory=list)
    markers: list[tuple[int, str]] = field(default_factory=list)
    texts: list[tuple[int, str]] = field(default_factory=list)
    promised: int = 0
    n_notes: int = 0


def read_events(data: bytes) -> FileEvents:
    """Read a file of type 0 or 1. ValueError for what is not MIDI, damaged, too full, or of another kind."""
    chunks = _chunks(_unwrapped(data))
    _, header = next(chunks)
    if len(header) < 6:
        raise ValueError(DAMAGED.format("its header ends too early"))
    midi_type, promised, division = struct.unpack(">HHH", header[:6])
    if midi_type == 2:
        raise ValueError("MIDI type 2 (independent patterns) is not a tune; export it as type 1")
    if midi_type > 2:
        raise ValueError(DAMAGED.format(f"type {midi_type}, where 0 and 1 are tunes"))
    if division & 0x8000:
        raise ValueError("its time is in SMPTE frames, not in ticks a quarter; export it with musical time")
    if not division:
        raise ValueError(DAMAGED.format("0 ticks a quarter"))
    file = FileEvents(division, promised=promised)
    for name, content in chunks:
        if name == b"MTrk":
            if len(file.tracks) == MAX_TRACKS:
                raise ValueError(f"it has more than {MAX_TRACKS:,} tracks, too many for a tune; choose another file")
            file.tracks.append(_read_track(content, file))
    for times in (file.meters, file.tempos, file.markers, file.texts):
        times.sort(key=lambda event: event[0])  # of those at one tick the later in the file stays the later
    return file


def decode(text: bytes) -> str:
    """A name as one printable line, in UTF-8, Shift-JIS or Latin-1: b'Fl\\xf6te' -> 'Flöte'.

    MIDI files do not tell their encoding. The bytes 0x80 to 0x9f begin letters in Shift-JIS and are none in Latin-1.
    """
    encodings = ["utf-8", "latin-1"]
    if any(0x80 <= byte <= 0x9F for byte in text):
        encodings.insert(1, "cp932")
    for encoding in encodings:
        try:
            decoded = text.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    printable = "".join(character if character.isprintable() else " " for character in decoded)
    return " ".join(printable.split())[:LONGEST_NAME]


def _unwrapped(data: bytes) -> bytes:
    """The MIDI file in a RIFF file of kind RMID; anything else as it is."""
    if data[:4] == b"RIFF" and data[8:12] == b"RMID":
        position = 12
        while position + 8 <= len(data):
            size = int.from_bytes(data[position + 4 : position + 8], "little")
            if data[position : position + 4] == b"data":
                return data[position + 8 : position + 8 + size]
            position += 8 + size + size % 2
        raise ValueError(DAMAGED.format("a RIFF file without MIDI data"))
    return data


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The header, then each chunk as its name and content, up to the end of the file or to what is no chunk."""
    if data[:4] != b"MThd":
        found = "is empty" if not data else f"starts with {data[:4]!r}"
        raise ValueError(f"not a MIDI file: it {found} instead of b'MThd'; export the tune as .mid")
    position = 0
    while position + 8 <= len(data):
        name, size = data[position : position + 4], int.from_bytes(data[position + 4 : position + 8], "big")
        content = data[position + 8 : position + 8 + size]
        if len(content) < size:
            if name in (b"MThd", b"MTrk"):
                raise ValueError(DAMAGED.format(f"{len(content):,} bytes of a chunk of {size:,}"))
            return
        yield name, content
        position += 8 + size
    if not position:
        raise ValueError(DAMAGED.format("its header ends too early"))


def _read_track(data: bytes, file: FileEvents) -> TrackEvents:
    track = TrackEvents()
    try:
        _read_events(data, track, file)
    except IndexError as error:
        raise ValueError(DAMAGED.format(f"track {len(file.tracks) + 1} ends within an event")) from error
    return track


def _read_events(data: bytes, track: TrackEvents, file: FileEvents) -> None:
    """One pass over a track's bytes."""
    # Long: written out in one loop because every event of a large file goes through it.
    position, size, tick, status, instrument = 0, len(data), 0, 0, ""
    while position < size:
        byte = data[position]
        if byte < 0x80:
            tick += byte
            position += 1
        else:
            delta, position = _variable_length(data, position)
            tick += delta
        byte = data[position]
        if byte < 0xF0:
            if byte >= 0x80:
                status = byte
                position += 1
            elif not status:
                raise ValueError(DAMAGED.format(f"data without an event in track {len(file.tracks) + 1}"))
            kind = status & 0xF0
            if kind == 0xC0 or kind == 0xD0:
                if kind == 0xC0:
                    track.programs.setdefault(status & 0x0F, []).append((tick, data[position] & 0x7F))
                position += 1
                continue
            if kind <= 0x90:
                pitch, velocity = min(data[position], 127), min(data[position + 1], 127)
                is_on = kind == 0x90 and velocity > 0
                if is_on:
                    file.n_notes += 1
                    if file.n_notes > MAX_NOTES:
                        raise ValueError(
                            f"it has more than {MAX_NOTES:,} notes, too many for a tune; take a part of it"
                        )
                track.notes.setdefault(status & 0x0F, []).append((tick, is_on, pitch, velocity))
            elif kind == 0xE0:
                _bend(track, status & 0x0F, tick, (data[position] & 0x7F) + 128 * (data[position + 1] & 0x7F) - 8192)
            elif kind == 0xB0:
                _control(track, status & 0x0F, data[position], data[position + 1])
            position += 2
        elif byte == 0xFF:
            kind = data[position + 1]
            length, position = _variable_length(data, position + 2)
            content = data[position : position + length]
            position += length
            if kind == 0x2F:
                break
            if position > size:
                raise IndexError
            if kind == 0x03:
                track.name = track.name or decode(content)
            elif kind == 0x04:
                instrument = instrument or decode(content)
            elif kind == 0x06:
                file.markers.append((tick, decode(content)))
            elif kind in TEXTS:
                file.texts.append((tick, decode(content)))
            elif kind == 0x51 and length >= 3:
                file.tempos.append((tick, int.from_bytes(content[:3], "big")))
            elif kind == 0x7F:
                track.private = track.private or content
            elif kind == 0x58 and length >= 2:
                file.meters.append((tick, (content[0], 2 ** content[1])))
        elif byte in (0xF0, 0xF7):
            length, position = _variable_length(data, position + 1)
            position += length
        else:
            position += 1 + SYSTEM_DATA.get(byte, 0)
    if position > size:
        raise IndexError
    track.name = track.name or instrument


def _bend(track: TrackEvents, channel: int, tick: int, wheel: int) -> None:
    bends = track.bends.setdefault(channel, [])
    if len(bends) < MAX_BENDS:
        bends.append((tick, wheel / 8192 * track.bend_range.get(channel, BEND_RANGE)))


def _control(track: TrackEvents, channel: int, number: int, value: int) -> None:
    """A controller; only those that say how far the pitch wheel bends, registered parameter 0, count."""
    coarse, fine = track.parameter.get(channel, NO_PARAMETER)
    if number == 101:
        track.parameter[channel] = value, fine
    elif number == 100:
        track.parameter[channel] = coarse, value
    elif number in (98, 99):
        track.parameter[channel] = NO_PARAMETER
    elif number == 6 and (coarse, fine) == (0, 0):
        track.bend_range[channel] = min(value, MOST_RANGE)


def _variable_length(data: bytes, position: int) -> tuple[int, int]:
    """A number of up to four bytes, seven bits in each, and the position after it."""
    value = 0
    for index in range(position, position + 4):
        byte = data[index]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, index + 1
    raise ValueError(DAMAGED.format("a time or length of more than four bytes"))
