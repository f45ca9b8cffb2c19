import io

import mido
from conftest import bar, chord, note
from hypothesis import given
from hypothesis import strategies as st

from music.notes import Note
from music.piece import Part
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
