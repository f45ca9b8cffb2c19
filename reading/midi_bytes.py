"""The bytes of a MIDI file as events: what a reader needs who must cope with every file.

A Standard MIDI File is a header chunk and track chunks; a track is a row of deltas (ticks) and events. This reader
takes notes, pitch bends, pedals, programs, names, meters, tempos and markers and skips all else: other chunks, wrong
key signatures, what stands before the header (RIFF, MacBinary, a mail's) or after the last chunk. It keeps no object an
event, so that the largest file that is read costs some hundred megabytes at most.

Lengths of chunks are often wrong: a track is read by its events, up to its end of track, and the next begins at the
next `MTrk`. A length is believed where a chunk, or the file, ends there. Of a track that is damaged, what comes before
the damage is read. Bytes that no event has (data above 127) are a writer's fault where they are few in a track that is
otherwise whole, and else where the damage begins.

Conventions: times are ticks from the start of the file. Errors are ValueErrors that tell what is wrong, without the
file's name: `reading/midi.py` adds it. Left to others: notes, and what the events mean (`reading/midi.py`), time in
frames (`reading/smpte.py`).
"""

import re
import struct
from dataclasses import dataclass, field
from itertools import islice

MAX_NOTES = 100_000  # in a file: an hour of orchestra has no more; a file that has was not made for reading
MAX_BENDS = 100_000  # in a channel of a track, and pedals: those that come after are left out
MAX_TRACKS = 1_000
LONGEST_NAME = 60  # characters shown of a name or marker
DAMAGED = "a damaged or truncated MIDI file ({}); export it again"
TEXTS = (0x01, 0x05, 0x07)  # text, lyrics and cue points, in which some programs write chords
BEND_RANGE, MOST_RANGE = 2.0, 96  # semitones that the pitch wheel bends a note if nothing is said, and at most (MPE)
NO_PARAMETER = (127, 127)
SUSTAIN = 64  # the controller of the pedal that holds what is struck
SYSTEM_DATA = {0xF1: 1, 0xF2: 2, 0xF3: 1}  # data bytes of the system messages that have some; none belongs in a file
TOO_LONG = 1 << 24  # ticks, hours as a rule: no event waits so long for the next one
BLOCK, MOST_BLOCKS = re.compile(rb"\0{32,}"), 3  # of zeros in a track, and how many are looked at
MOST_ODD = 2  # bytes that no event has in a track that is otherwise whole
HEADER = re.compile(rb"MThd\0\0\0")  # with the most of its length, where something stands before it
TRACK = b"MTrk"


@dataclass
class TrackEvents:
    """One track chunk, by channel in order of time. `notes`: the events `(tick, is_on, pitch, velocity)`; `programs`:
    `(tick, program)`; `bends`: `(tick, semitones)`; `pedals`: `(tick, is_down)`; `parameter` and `bend_range`: which is
    set by what comes, and how far the pitch wheel bends. Its `name`, or its `instrument`'s, the `private` data of who
    wrote it, and what it says of the whole file. And whether it has an end of track (`is_ended`) or is damaged, and
    where among its bytes those stand that no event has (`doubts`)."""

    name: str = ""
    instrument: str = ""
    private: bytes = b""
    notes: dict[int, list[tuple[int, bool, int, int]]] = field(default_factory=dict)
    programs: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    bends: dict[int, list[tuple[int, float]]] = field(default_factory=dict)
    pedals: dict[int, list[tuple[int, bool]]] = field(default_factory=dict)
    parameter: dict[int, tuple[int, int]] = field(default_factory=dict)
    bend_range: dict[int, float] = field(default_factory=dict)
    meters: list[tuple[int, tuple[int, int]]] = field(default_factory=list)
    tempos: list[tuple[int, int]] = field(default_factory=list)
    markers: list[tuple[int, str]] = field(default_factory=list)
    texts: list[tuple[int, str]] = field(default_factory=list)
    n_notes: int = 0
    is_ended: bool = False
    is_damaged: bool = False
    doubts: list[int] = field(default_factory=list)


@dataclass
class FileEvents:
    """A whole file: `meters`, `tempos` (microseconds a quarter), `markers` and other `texts` as `(tick, value)`, by
    time. `division`: ticks a quarter, or as the file has it of frames; `promised`: how many tracks the header says;
    `told`: what is odd about the file."""

    division: int
    promised: int = 0
    tracks: list[TrackEvents] = field(default_factory=list)
    meters: list[tuple[int, tuple[int, int]]] = field(default_factory=list)
    tempos: list[tuple[int, int]] = field(default_factory=list)
    markers: list[tuple[int, str]] = field(default_factory=list)
    texts: list[tuple[int, str]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)


class Damage(Exception):
    """Bytes that can be no event."""


def read_events(data: bytes) -> FileEvents:
    """Read a file of type 0 or 1, or the one track with notes of a file of type 2. ValueError for what is not MIDI, too
    full, or of another kind, and where its header is damaged."""
    data, told = _from_header(data)
    midi_type, promised, division = struct.unpack(">HHH", data[8:14])
    if not division:
        raise ValueError(DAMAGED.format("0 ticks a quarter"))
    file = FileEvents(division, promised, told=told)
    position, n_notes = _next_track(data, 14), 0
    while position < len(data):
        if len(file.tracks) == MAX_TRACKS:
            raise ValueError(f"it has more than {MAX_TRACKS:,} tracks, too many for a tune; choose another file")
        track, position = _read_track(data, position + 8, file)
        file.tracks.append(track)
        n_notes += track.n_notes
        if n_notes > MAX_NOTES:
            raise ValueError(f"it has more than {MAX_NOTES:,} notes, too many for a tune; take a part of it")
        for name in ("meters", "tempos", "markers", "texts"):
            getattr(file, name).extend(getattr(track, name))
        position = _next_track(data, position)
    with_notes = sum(track.n_notes > 0 for track in file.tracks)
    if midi_type == 2 and with_notes > 1:
        raise ValueError(f"MIDI type 2, {with_notes} independent patterns, is not a tune; export it as type 1")
    if not with_notes and (len(file.tracks) < promised or any(track.is_damaged for track in file.tracks)):
        raise ValueError(DAMAGED.format("no note is whole"))
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


def _from_header(data: bytes) -> tuple[bytes, list[str]]:
    """A file from its header on, up to the next one's, and what was odd about that."""
    found = HEADER.search(data)
    start = 0 if data[:4] == b"MThd" else found.start() if found else -1
    if start < 0:
        if data[:4] == b"RIFF" and data[8:12] == b"RMID":
            raise ValueError(DAMAGED.format("a RIFF file without MIDI data"))
        found = "is empty" if not data else f"starts with {data[:4]!r}"
        raise ValueError(f"not a MIDI file: it {found} instead of b'MThd'; export the tune as .mid")
    told, data = [], data[start:]
    if len(data) < 14:
        raise ValueError(DAMAGED.format("its header ends too early"))
    following = HEADER.search(data, 14)
    if following:
        told.append("file: the first of several files in one; what follows is left out")
    return data[: following.start()] if following else data, told


def _next_track(data: bytes, position: int) -> int:
    """Where the next track's chunk begins, at a position or after it; the length of the data where there is none."""
    while _is_chunk(data, position) and data[position : position + 4] != TRACK:
        position += 8 + _number(data, position + 4)
    found = data.find(TRACK, position)
    return found if 0 <= found <= len(data) - 8 else len(data)


def _is_chunk(data: bytes, position: int) -> bool:
    """Whether a track's chunk begins there, or another with a name and a length that may be."""
    name = data[position : position + 4]
    is_other = len(name) == 4 and name.isalnum() and position + 8 + _number(data, position + 4) <= len(data)
    return name == TRACK or is_other


def _number(data: bytes, position: int) -> int:
    return int.from_bytes(data[position : position + 4], "big")


def _read_track(data: bytes, start: int, file: FileEvents) -> tuple[TrackEvents, int]:
    """The track whose events begin at `start`, and a position at its end."""
    said = start + _number(data, start - 4)
    is_right = _is_chunk(data, said) or (said == len(data) and len(file.tracks) + 1 >= file.promised)
    found = data.find(TRACK, start)
    stop = said if is_right else found if found >= 0 else len(data)
    track, length = _track_in(data[start:stop])
    if not track.is_ended and start < said < stop:  # perhaps what follows is no music
        shorter, shorter_length = _track_in(data[start:said])
        if not shorter.is_damaged:
            track, length = shorter, shorter_length
    bad = _damage_in(data[start : start + length], track, track.is_ended and is_right)
    if bad is not None:
        track, _ = _track_in(data[start : start + bad])
        track.is_damaged = True
    track.is_damaged = track.is_damaged or (said > len(data) and not track.is_ended)
    return track, start + length


def _damage_in(data: bytes, track: TrackEvents, is_framed: bool) -> int | None:
    """Where the damage of a track that was read of these bytes begins; None for none.

    In a track that ends where its chunk says (`is_framed`), loudness above 127 and a few other odd bytes are passed
    over. A block of zeros is what a download has in the place of a part that it misses.
    """
    for block in islice(BLOCK.finditer(data), MOST_BLOCKS):
        middle = (block.start() + block.end()) // 2
        if any(not _track_in(data[: middle + n])[0].is_damaged for n in range(3)):  # else the data of one event
            return min([block.start(), *track.doubts])
    n_odd = sum(data[place] > 127 for place in track.doubts)
    return track.doubts[0] if track.doubts and (not is_framed or n_odd > MOST_ODD) else None


def _track_in(data: bytes) -> tuple[TrackEvents, int]:
    """The track that these bytes hold, as far as it is whole, and the length of its events: of all bytes where it is
    damaged or not ended."""
    track = TrackEvents()
    try:
        length = _read_events(data, track)
    except (IndexError, Damage):
        track.is_damaged, length = True, len(data)
    track.name = track.name or track.instrument
    track.n_notes = sum(is_on for notes in track.notes.values() for _, is_on, _, _ in notes)
    return track, length


def _read_events(data: bytes, track: TrackEvents) -> int:
    """One pass over a track's bytes; how many there are up to its end."""
    # Long: written out in one loop because every event of a large file goes through it.
    position, size, tick, status = 0, len(data), 0, 0
    while position < size:
        byte = data[position]
        if byte < 0x80:
            tick += byte
            position += 1
        else:
            delta, position = _variable_length(data, position)
            tick += delta
            if delta >= TOO_LONG:
                track.doubts.append(position - 4)
        byte = data[position]
        if byte < 0xF0:
            if byte >= 0x80:
                status = byte
                position += 1
            elif not status:
                raise Damage
            kind = status & 0xF0
            if kind == 0xC0 or kind == 0xD0:
                if kind == 0xC0:
                    track.programs.setdefault(status & 0x0F, []).append((tick, data[position] & 0x7F))
                position += 1
                continue
            first, second = data[position], data[position + 1]
            if first > 127 or second > 127:
                first, second = min(first, 127), min(second, 127)
                track.doubts.append(position)
            if kind <= 0x90:
                is_on = kind == 0x90 and second > 0
                track.notes.setdefault(status & 0x0F, []).append((tick, is_on, first, second))
            elif kind == 0xE0:
                _bend(track, status & 0x0F, tick, first + 128 * second - 8192)
            elif kind == 0xB0:
                _control(track, status & 0x0F, tick, first, second)
            position += 2
        elif byte == 0xFF:
            kind = data[position + 1]
            length, position = _variable_length(data, position + 2)
            content = data[position : position + length]
            position += length
            if kind == 0x2F:
                track.is_ended, position = True, min(position, size)
                break
            if position > size:
                raise IndexError
            if kind == 0x03:
                track.name = track.name or decode(content)
            elif kind == 0x04:
                track.instrument = track.instrument or decode(content)
            elif kind == 0x06:
                track.markers.append((tick, decode(content)))
            elif kind in TEXTS:
                track.texts.append((tick, decode(content)))
            elif kind == 0x51 and length >= 3:
                track.tempos.append((tick, int.from_bytes(content[:3], "big")))
            elif kind == 0x7F:
                track.private = track.private or content
            elif kind == 0x58 and length >= 2:
                track.meters.append((tick, (content[0], 2 ** content[1])))
        elif byte in (0xF0, 0xF7):
            length, position = _variable_length(data, position + 1)
            position += length
        else:
            if byte < 0xF8:
                track.doubts.append(position)
            position += 1 + SYSTEM_DATA.get(byte, 0)
    if position > size:
        raise IndexError
    return position


def _bend(track: TrackEvents, channel: int, tick: int, wheel: int) -> None:
    bends = track.bends.setdefault(channel, [])
    if len(bends) < MAX_BENDS:
        bends.append((tick, wheel / 8192 * track.bend_range.get(channel, BEND_RANGE)))


def _control(track: TrackEvents, channel: int, tick: int, number: int, value: int) -> None:
    """A controller; only the pedal counts, and how far the pitch wheel bends, registered parameter 0."""
    if number == SUSTAIN:
        pedals = track.pedals.setdefault(channel, [])
        if len(pedals) < MAX_BENDS:
            pedals.append((tick, value >= 64))
        return
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
    raise Damage
