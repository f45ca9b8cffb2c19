import io
from pathlib import Path

import mido
import pytest
from conftest import bar, chord, note
from hypothesis import given
from hypothesis import strategies as st

from music.notes import Note, Nuance
from music.piece import Part
from reading.midi import midi_in
from writing.midi import TICKS_PER_QUARTER, midi_bytes, played

STEP = TICKS_PER_QUARTER // 12


def part(music):
    return Part("Solo", 26, 3, music)


def test_what_sounds_by_hand():
    line = [note(0.0, 2.0, 60, 70), note(1.0, 2.0, 60, 80), note(1.0, 1.0, 60, 90), note(0.5, 0.25, 62)]
    assert sorted(played(part(line))) == [(0, 480, 60, 70), (240, 360, 62, 90), (480, 1440, 60, 90)]
    assert played(part([Note(3, 0, 60, 50)])) == [(3 * STEP, 4 * STEP, 60, 50)]  # nothing is too short to be heard
    assert sorted(played(part([chord(1.0, 0.5, (48, 55), 60)]))) == [(480, 720, 48, 60), (480, 720, 55, 60)]
    assert played(part([])) == []


NOTES = st.builds(Note, st.integers(0, 60), st.integers(0, 30), st.integers(60, 63), st.integers(1, 127))


@given(st.lists(NOTES))
def test_no_key_is_struck_while_it_is_held_and_the_file_says_the_same(notes):
    sounding = sorted(played(part(notes)))
    assert {(start, pitch) for start, _, pitch, _ in sounding} == {(note.onset * STEP, note.pitch) for note in notes}
    for start, end, pitch, _ in sounding:
        assert start < end
        assert not [other for other in sounding if other[2] == pitch and start < other[0] < end]
    content = midi_bytes([part(notes)], 97.0, bars=[bar(0.0, 4.0)])
    assert read(content) == sounding


def wheel(notes, nuances) -> list[tuple[int, float]]:
    """Where the pitch wheel is put, as (tick, semitones), read by mido."""
    now, semitones, found = 0, 2, []
    for message in mido.MidiFile(file=io.BytesIO(midi_bytes([part(notes)._replace(nuances=nuances)], 97.0))).tracks[1]:
        now += message.time
        if message.type == "control_change" and message.control == 6:
            semitones = message.value
        if message.type == "pitchwheel":
            assert message.channel == 3
            found.append((now, round(message.pitch / 8192 * semitones, 2)))
    return found


@pytest.mark.parametrize(
    ("first", "second", "put"),
    [
        ((), (), []),
        (((0.25, 1.0), (0.5, 0.0)), (), [(120, 1.0), (240, 0.0)]),
        (((0.25, 1.0),), (), [(120, 1.0), (504, 0.0)]),  # back before the next note, which is late
        (((0.0, -1.5),), ((0.0, 0.5), (0.1, 0.0)), [(0, -1.5), (504, 0.5), (552, 0.0)]),
        (((0.0, 7.5), (0.9, 1.0)), (), [(0, 7.5), (504, 0.0)]),  # what comes when it is over is not its own
        ((), ((0.25, 1.0),), [(624, 1.0), (1224, 0.0)]),  # and after the last
        (((0.0, 2.0),), ((0.0, -2.0),), [(0, 2.0), (504, -2.0), (1224, 0.0)]),
    ],
)
def test_the_wheel_by_hand(first, second, put):
    notes = [note(0.0, 1.0, 60), note(1.0, 1.0, 62)]
    assert wheel(notes, [Nuance(0.0, 0.75, first), Nuance(0.05, 0.5, second)]) == put


TICKS = st.integers(1, 11 * STEP)
BENT = st.lists(st.tuples(st.integers(0, 400), st.integers(-24 * 8, 24 * 8)), max_size=4)


@given(st.lists(st.tuples(st.integers(1, 30), TICKS, TICKS, BENT), max_size=8))
def test_what_is_played_is_read_back_to_the_tick_and_how_it_is_written(played_so):
    notes, nuances, at = [], [], 0
    for steps, late, ticks, points in [*played_so, (1, 1, 1, [])]:
        ticks, bent = min(ticks, (steps + 12) * STEP - late), []
        for tick, eighths in sorted(dict(points).items()):
            if tick < ticks and eighths / 8 != (bent[-1][1] if bent else 0.0):
                bent.append((round(tick / TICKS_PER_QUARTER, 6), eighths / 8))
        notes.append(Note(at, steps, 60 + len(notes) % 3, 80))
        nuances.append(Nuance(round(late / TICKS_PER_QUARTER, 6), round(ticks / TICKS_PER_QUARTER, 6), tuple(bent)))
        at += steps + 12
    content = midi_bytes([part(notes)._replace(nuances=nuances)], 97.0)
    (track,) = midi_in(content, Path("a.mid")).tracks
    assert track.written == [(one.onset, one.duration) for one in notes] and track.counted == 0
    for raw, one, nuance in zip(track.notes(), notes, nuances, strict=True):
        found = track.nuance(raw, one)
        assert found[:2] == pytest.approx(nuance[:2], abs=2e-6)
        assert [at for at, _ in found.bends] == pytest.approx([at for at, _ in nuance.bends], abs=2e-6)
        assert [bend for _, bend in found.bends] == pytest.approx([bend for _, bend in nuance.bends], abs=0.004)


def read(content: bytes) -> list[tuple[int, int, int, int]]:
    """What the second track of a file strikes, as mido reads it."""
    now, held, found = 0, {}, []
    for message in mido.MidiFile(file=io.BytesIO(content)).tracks[1]:
        now += message.time
        if message.type == "note_on":
            assert message.note not in held and message.channel == 3
            held[message.note] = now, message.velocity
        elif message.type == "note_off":
            start, velocity = held.pop(message.note)
            found.append((start, now, message.note, velocity))
    assert not held
    return sorted(found)
