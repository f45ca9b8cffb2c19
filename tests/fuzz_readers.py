"""Read many odd MIDI files and check what comes out. Run by hand, as long as wanted (see `fuzzing.py`).

Every file is either a tune whose bars, notes, chords and grammar fit together, or refused with one line. Files are
built from odd but legal events, or are our tune with some bytes changed, cut out or put in. `test_any_midi.py` checks
some hundreds in the same way.
"""

import json
import random
import tempfile
from dataclasses import replace
from pathlib import Path

import mido
from fuzzing import ROOT, fuzz

from grammar import parse_term
from music.units import to_quarters
from preprocess import Selection, Tune, read_tune, tune_as_kept, write_grammars
from reading.tune_json import tune_to_json

OUR_TUNE = (ROOT / "data/our_tune.mid").read_bytes()
DIVISIONS = (1, 2, 7, 24, 96, 120, 480, 960, 15360, 32767)
DELTAS = (0, 0, 0, 1, 3, 7, 12, 24, 48, 96, 120, 240, 480, 1000, 30000)
NAMES = ("", "Piano", "Guitar", "Bass", "Solo", "Drums", "a\nb\0", "Fl\xf6te", "\x83s\x83A\x83m", "x" * 300)


def check(path: Path, selection: Selection = Selection()) -> Tune | None:
    """Read a file; the tune, or None where it is refused as it should be. AssertionError where something is wrong."""
    try:
        tune = read_tune(path, selection)
    except ValueError as error:
        assert str(error).startswith(f"{path}: "), error
        assert str(error).isprintable() and len(str(error)) < 600, error
        assert "; " in str(error), f"an error without a fix: {error}"
        return None
    assert list(tune.melody) == list(tune.chords) == list(tune.bars) == sorted(tune.melody)
    assert any(tune.melody.values()) and tune.melody[min(tune.melody)] and tune.melody[max(tune.melody)]
    onsets = [note.onset for notes in tune.melody.values() for note in notes]
    assert onsets == sorted(onsets)
    for number, bar in tune.bars.items():
        assert type(bar.start) is type(bar.length) is int
        assert bar.length * bar.meter[1] == 48 * bar.meter[0] > 0
        if number + 1 in tune.bars:
            assert tune.bars[number + 1].start == bar.end
        sounding = [chord for chord in tune.chords[number] if chord.symbol != "N.C."]
        for item in (*tune.melody[number], *sounding):
            assert type(item.onset) is type(item.duration) is int and bar.start <= item.onset < bar.end
            assert 1 <= item.velocity <= 127 and 0 <= item.quarter_length <= 16
        assert all(0 <= note.pitch <= 127 and note.duration > 0 for note in tune.melody[number])
        assert tune.chords[number] and all(
            len({pitch % 12 for pitch in chord.pitches}) > 1 and all(0 <= pitch <= 127 for pitch in chord.pitches)
            for chord in sounding
        )
    assert 5 <= tune.tempo <= 1000
    assert len(tune.told) >= 3 and all(line.isprintable() and len(line) < 1000 for line in tune.told), tune.told
    lines = write_grammars(tune)
    assert len(lines) == len(tune.bars) and tuple(lines) == tune.abstract_grammars
    for line, notes, bar in zip(lines, tune.melody.values(), tune.bars.values(), strict=True):
        if notes:
            assert len([parse_term(term) for term in line.split()]) == len(notes)
        else:
            assert line == f"R,{to_quarters(bar.length):.3f}"
    kept = tune_as_kept(json.loads(json.dumps(tune_to_json(tune))))
    assert replace(kept, path=path) == tune
    return tune


def odd_file(generator: random.Random) -> bytes:
    """A MIDI file of odd but legal events."""
    pick = generator.choice
    division = pick(DIVISIONS)
    chunks = []
    for _ in range(pick((1, 1, 2, 3, 6, 16))):
        row = bytearray()
        if pick((True, False)):
            row += b"\0\xff\x03" + _text(pick(NAMES))
        channel = pick((0, 1, 2, 9, 9, None))
        low = pick((0, 20, 48, 60, 100))
        for _ in range(pick((0, 1, 5, 40, 200, 600))):
            row += _number(pick(DELTAS) * pick((1, 1, 1, division)) % 2**28)
            row += _odd_event(generator, pick(range(16)) if channel is None else channel, low)
        if pick((True, True, True, False)):
            row += b"\0\xff\x2f\0"
        if pick((True, False)):
            row += generator.randbytes(pick((0, 1, 9))) if row.endswith(b"\xff\x2f\0") else b""
        chunks.append(pick((b"MTrk",) * 9 + (b"XFIH",)) + len(row).to_bytes(4, "big") + row)
    header = b"MThd\0\0\0\6" + b"".join(value.to_bytes(2, "big") for value in (pick((0, 1)), len(chunks), division))
    data = header + b"".join(chunks) + pick((b"", b"", b"\0\0\0", b"some text after the music"))
    if pick((True,) + (False,) * 9):
        data = b"RIFF" + (len(data) + 12).to_bytes(4, "little") + b"RMIDdata" + len(data).to_bytes(4, "little") + data
    return data


def changed(data: bytes, generator: random.Random) -> bytes:
    """A file with up to twenty bytes changed, or pieces of it cut out, doubled or made up."""
    data = bytearray(data)
    for _ in range(generator.choice((1, 1, 2, 5, 20))):
        place, length = generator.randrange(len(data)), generator.choice((1, 2, 10, 300))
        kind = generator.randrange(8)
        if kind == 0:
            del data[place : place + length]
        elif kind == 1:
            data[place:place] = generator.randbytes(length)
        elif kind == 2:
            data[place:place] = data[place : place + length]
        elif kind == 3:
            data[place % 60] = generator.randrange(256)
        else:
            data[place] = generator.choice((0, 0x7F, 0x80, 0xFF, generator.randrange(256)))
        data = data or bytearray(1)
    return bytes(data)


def odd_selection(generator: random.Random) -> Selection:
    """Mostly nothing selected, else tracks and beats that may not exist."""
    pick = generator.choice
    tracks, beats = (None,) * 5 + (0, 1, 2, -1), (None,) * 5 + (0.0, 3.5, 60.0, 1e9, -1.0, float("nan"))
    return Selection(pick(tracks), pick((None, None, None, (0,), (1, 0), (0, 1, 2), ())), pick(beats), pick(beats))


def _odd_event(generator: random.Random, channel: int, low: int) -> bytes:
    kind = generator.randrange(100)
    pitch = min(low + generator.choice((0, 0, 4, 7, 12, generator.randrange(28))), 127)
    if kind < 40:
        return bytes((0x90 | channel, pitch, generator.choice((1, 64, 100, 127))))
    if kind < 85:
        return bytes((generator.choice((0x80, 0x90)) | channel, pitch, 0))
    if kind < 88:
        upper, lower = generator.choice(((3, 2), (6, 3), (5, 2), (7, 3), (4, 2), (0, 0), (255, 0), (1, 255), (9, 5)))
        return b"\xff\x58\4" + bytes((upper, lower, 24, 8))
    if kind < 91:
        return b"\xff\x51\3" + generator.choice((b"\0\0\0", b"\0\0\1", b"\7\xa1\x20", b"\xff\xff\xff"))
    if kind < 93:
        return b"\xff\x06" + _text(generator.choice(("Solo", "A", "")))
    if kind < 95:
        return b"\xff\x59\2" + generator.randbytes(2)
    if kind < 97:
        return b"\xf0" + _text("\x7e\x7f\x09\x01\xf7")
    return bytes((0xC0 | channel, generator.randrange(128)))


def _text(text: str) -> bytes:
    content = text.encode("latin-1")
    return _number(len(content)) + content


def _number(value: int) -> bytes:
    return bytes(mido.midifiles.meta.encode_variable_int(value))


def one_file(folder: Path, generator: random.Random) -> None:
    """Make one file of any kind, and check what is read of it."""
    kind = generator.randrange(3)
    data = OUR_TUNE if kind == 1 else odd_file(generator)
    path = folder / "odd.mid"
    path.write_bytes(changed(data, generator) if kind else data)
    check(path, odd_selection(generator) if generator.randrange(4) == 0 else Selection())


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        fuzz(lambda generator: one_file(Path(folder), generator))
