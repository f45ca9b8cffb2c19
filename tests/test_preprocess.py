import hashlib
import json

import pytest
from conftest import four_bars

from grammar import parse_melody
from music.units import GRID
from preprocess import Selection, get_corpus_data, get_musical_data, read_tune, write_grammars
from reading.grouping import group_notes
from reading.midi import read_midi
from reading.raw_tune import RawNote

GRAMMARS_SHA256 = "4efb38cde40b8bffcac868ac7a6a37f483a6f5fdeedc8d243001a5b3fa685891"
MEASURES_SHA256 = (
    "0c3969181954b4c22def6f838e6fb8ac85a55d58b25f67f4600f8cf6ca9f101a"  # of the tune as `canonical` writes it
)


def canonical(tune):
    """Every note and chord by bar, as text that does not depend on how a float is printed."""
    bars = {
        kind: {
            str(bar): [[item.onset, item.duration, names(item), item.velocity] for item in music]
            for bar, music in part.items()
        }
        for kind, part in (("melody", tune.melody), ("chords", tune.chords))
    }
    return json.dumps(bars, sort_keys=True)


def names(item):
    return item.names if hasattr(item, "names") else [item.name]


def test_metheny_exactly(metheny):
    chords, abstract_grammars = get_musical_data(metheny)
    assert list(chords) == list(range(119, 137))
    assert hashlib.sha256("\n".join(abstract_grammars).encode()).hexdigest() == GRAMMARS_SHA256
    assert hashlib.sha256(canonical(read_tune(metheny)).encode()).hexdigest() == MEASURES_SHA256
    corpus, values, values_indices, indices_values = get_corpus_data(abstract_grammars)
    assert len(corpus) == 193
    assert len(values) == 78
    assert {kind: sum(value[0] == kind for value in values) for kind in "CSAX"} == {"C": 37, "S": 24, "A": 12, "X": 5}
    assert sum("<" not in value for value in values) == 4
    assert values == sorted(values)
    assert all(indices_values[values_indices[value]] == value for value in values)


def test_our_tune_needs_the_quantiser_and_gives_a_solo(our_tune):
    _, abstract_grammars = get_musical_data(our_tune)
    assert len(abstract_grammars) == 24
    assert len(get_corpus_data(abstract_grammars)[0]) >= 190
    midi = read_midi(our_tune)
    guitar = next(track for track in midi.tracks if track.name == "Guitar")
    off_grid = [note for note in guitar.notes() if note.onset * GRID % midi.ticks_per_quarter]
    assert len(off_grid) > len(guitar.notes()) / 2


def test_a_tiny_tune_worked_by_hand(write_tune):
    chords, grammars = get_musical_data(write_tune(four_bars()))
    assert list(chords) == [0, 1, 2, 3]
    assert chords[1][0].offset == 4.0
    assert grammars[0].split()[:3] == ["C,0.500", "S,0.500,<P4,m-2>", "C,0.500,<P4,m-2>"]


def test_corpus_of_nothing():
    assert get_corpus_data([]) == ([], [], {}, {})
    assert get_corpus_data(["", ""])[0] == []


def test_short_rests_are_bars_and_long_ones_left_out(write_tune):
    melody = [(384 * bar, 384 * bar + 90, 60, 80) for bar in (1, 4, 8)]
    chords = [(384 * bar, 384 * bar + 90, pitch, 70) for bar in range(10) for pitch in (40 + bar, 55, 60)]
    tune = read_tune(write_tune([("Guitar", 0, melody), ("Piano", 1, chords)]))
    assert list(tune.melody) == list(tune.chords) == list(tune.bars) == [1, 2, 3, 4, 8]
    assert [len(notes) for notes in tune.melody.values()] == [1, 0, 0, 1, 1]
    assert tune.chords[3][0].onset == tune.bars[3].start
    assert write_grammars(tune) == ["C,1.000", "R,4.000", "R,4.000", "C,1.000", "C,1.000"]


def test_a_bar_without_a_chord_keeps_the_one_before(write_tune):
    tracks = [("Guitar", 0, [(0, 90, 60, 80), (384, 470, 62, 80)]), ("Piano", 1, [(0, 90, p, 70) for p in (48, 52)])]
    tune = read_tune(write_tune(tracks))
    assert tune.chords[1][0].symbol == "C"
    assert tune.chords[1][0].offset == 4.0
    assert parse_melody(tune.melody[1], tune.chords[1])


def test_grouping_by_hand():
    # tpq 96: six ticks of slack, both ends; the third is released too late; the fourth starts too late.
    notes = [RawNote(0, 50, 60, 80), RawNote(6, 56, 64, 80), RawNote(6, 57, 67, 80), RawNote(7, 50, 70, 80)]
    assert group_notes(notes, 96) == [[notes[0], notes[1]], [notes[2]], [notes[3]]]


def test_a_note_taken_once_opens_no_group_but_may_join_another():
    first, shared, second = RawNote(0, 50, 60, 80), RawNote(4, 53, 64, 80), RawNote(2, 58, 67, 80)
    assert group_notes([first, second, shared], 96) == [[first, shared], [second, shared]]


def test_window_ends_are_included_by_onset(write_tune):
    path = write_tune(four_bars())
    tune = read_tune(path, Selection(from_beat=4.0, to_beat=8.0))
    assert [len(bar) for bar in tune.melody.values()] == [8, 1]


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        (Selection(melody_track=7), "there is no track 7: 2 tracks hold notes"),
        (Selection(chord_tracks=(0, -1)), "there is no track -1: 2 tracks hold notes"),
        (Selection(from_beat=100.0), "no track but drums has a note from beat 100 on"),
        (Selection(melody_track=0, from_beat=9, to_beat=8), "track 0 'Guitar' has no note between beats 9 and 8"),
    ],
)
def test_a_selection_that_finds_nothing_is_told(write_tune, selection, message):
    with pytest.raises(ValueError, match=message):
        read_tune(write_tune(four_bars()), selection)


def test_what_is_asked_for_is_taken_and_told(write_tune):
    tune = read_tune(write_tune(four_bars()), Selection(melody_track=1, chord_tracks=(0,), from_beat=4.0))
    assert [note.pitch for note in tune.melody[1]] == [59]
    assert tune.chords[1][0].pitches == (48, 52, 55, 59)  # Cmaj7, from C D E F G A B C and the B
    assert tune.told == (
        "melody: the upper line of track 1 'Piano' (as asked)",
        "solo: from beat 4 on (as asked)",
        "chords: heard in track 0 'Guitar'",
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a MIDI file: it is empty"),
        (b"RIFF1234", "starts with b'RIFF'"),
        (b"MThd\0\0", "damaged or truncated"),
    ],
)
def test_what_is_not_midi_is_told(tmp_path, content, message):
    path = tmp_path / "broken.mid"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        get_musical_data(path)
