import random
from itertools import pairwise

import pytest
from conftest import chord, note
from hypothesis import given, settings
from hypothesis import strategies as st

from grammar import (
    Term,
    filled_onsets,
    interval_bounds,
    late_onsets,
    parse_melody,
    parse_term,
    realise,
    semitones,
    unparse_grammar,
)
from music.note_types import note_types, sounding_chord
from music.units import GRID

C_MINOR_7 = chord(0.0, 4.0, (48, 51, 55, 58))


def test_parse_by_hand():
    notes = [note(0.0, 0.5, 75), note(0.5, 1 / 3, 72), note(1.0, 0.25, 77)]
    assert parse_melody(notes, [C_MINOR_7]) == "C,0.500 C,0.333,<P1,d-5> S,0.250,<m6,M2>"


def test_parse_of_nothing():
    assert parse_melody([], []) == parse_melody([], [C_MINOR_7]) == ""
    with pytest.raises(ValueError, match="needs a chord"):
        parse_melody([note(0.0, 1.0, 60)], [])


def test_interval_names_by_hand():
    assert interval_bounds(0, 2) == ("P4", "m-2")
    assert interval_bounds(0, 0) == ("m3", "m-3")
    assert semitones("m-2") == -1
    assert semitones("P4") == 5


@given(st.integers(0, 11), st.integers(-127, 127))
def test_bounds_lie_a_minor_third_either_side(pitch_class, step):
    upper, lower = interval_bounds(pitch_class, step)
    assert (semitones(lower), semitones(upper)) == (step - 3, step + 3)


def test_terms_are_read_and_nonsense_refused():
    assert parse_term("S,0.333,<P4,m-2>") == Term("S", 4, -1, 5)
    assert parse_term("C,0.500") == Term("C", 6)
    for text in ("", "Q,0.250", "C", "C,x", "C,0.250,<P4>", "C,0.250,<P4,zz>", "C,-0.250", "C,0.000", "C,inf"):
        with pytest.raises(ValueError, match="is not a term"):
            parse_term(text)


def test_onsets_by_hand():
    terms = [Term("C", 6), Term("C", 3, -3, 3), Term("C", 4, -3, 3)]
    assert filled_onsets(terms) == [0, 6, 9]
    assert late_onsets(terms) == [6, 9, 13]


terms_of_a_bar = st.lists(
    st.tuples(st.sampled_from("CSAX"), st.sampled_from([3, 4, 6, 8]), st.integers(-9, 9)), min_size=1, max_size=12
)
chords_of_a_bar = st.lists(
    st.tuples(st.integers(0, 47), st.lists(st.integers(30, 80), min_size=2, max_size=6)), min_size=1, max_size=3
)


def bar_of(raw_terms, raw_chords):
    terms = [
        Term(kind, duration, *((centre - 3, centre + 3) if index else ()))
        for index, (kind, duration, centre) in enumerate(raw_terms)
    ]
    chords = [chord(start / GRID, 1, tuple(pitches)) for start, pitches in sorted(raw_chords)]
    return terms, chords


@settings(max_examples=100, deadline=None)
@given(terms_of_a_bar, chords_of_a_bar, st.integers(0, 10**6))
def test_the_original_way_asks_the_same_of_a_note(raw_terms, raw_chords, seed):
    terms, chords = bar_of(raw_terms, raw_chords)
    notes, fallbacks = realise(terms, late_onsets(terms), chords, random.Random(seed))
    unlike = 0
    for previous, asked, played in zip(notes, terms[1:], notes[1:], strict=False):
        types = note_types(sounding_chord(chords, played.onset).tones)
        reached = asked.lower <= played.pitch - previous.pitch <= asked.upper
        unlike += not (types[played.pitch % 12] == asked.type and reached)
        assert 48 <= played.pitch <= 127
    # Lifted to octave 3, or kept from leaving MIDI's range: perhaps out of the interval.
    moved = sum(note.pitch < 60 or note.pitch > 115 for note in notes[1:])
    assert unlike <= fallbacks + moved


def test_a_note_starts_late_in_the_original():
    assert [note.offset for note in unparse_grammar("C,0.500 S,0.250,<P4,m-2>", [C_MINOR_7])] == [0.5, 0.75]


def test_no_repeated_pitch_where_another_fits():
    terms = [Term("C", 3), *(Term("C", 3, -3, 3) for _ in range(12))]
    for seed in range(20):
        notes, _ = realise(terms, late_onsets(terms), [C_MINOR_7], random.Random(seed))
        assert all(one.pitch != two.pitch for one, two in pairwise(notes))


def test_realising_nothing():
    assert realise([], [], [], random.Random(0)) == ([], 0)
    assert unparse_grammar("", [C_MINOR_7]) == []
    with pytest.raises(ValueError, match="over a chord"):
        realise([Term("C", 3)], [0], [], random.Random(0))
