from conftest import chord
from hypothesis import given, settings
from hypothesis import strategies as st

from music.note_types import _derive, _scales, first_scale_tones, is_major, note_types, sounding_chord, types_at
from music.units import to_steps


def classes(pitches):
    return tuple(sorted({pitch % 12 for pitch in pitches}))


def test_a_major_seventh_by_hand():
    # Of the scales that hold all four, music21 takes G major: F# is its own, F only lies beside E.
    assert note_types((0, 4, 7, 11)) == "CASACASCASAC"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(28, 90), min_size=2, max_size=7))
def test_the_scale_is_the_one_music21_derives(pitches):
    from music21 import chord, pitch, scale

    sounding = chord.Chord([pitch.Pitch(midi) for midi in pitches])
    for kind in ("MajorScale", "DorianScale"):
        derived = {pitch.name for pitch in getattr(scale, kind)().derive(sounding).getPitches()}
        assert _derive(_scales(kind), classes(pitches)).names == derived


@given(st.lists(st.integers(0, 127), min_size=1, max_size=7))
def test_chord_tones_are_c_and_nothing_else_is(pitches):
    types = note_types(classes(pitches))
    assert {index for index, kind in enumerate(types) if kind == "C"} == {pitch % 12 for pitch in pitches}
    for index, kind in enumerate(types):
        if kind == "A":
            assert any((index + step) % 12 in {pitch % 12 for pitch in pitches} for step in (-1, 1))


def test_first_scale_tones_are_major_or_blues():
    assert first_scale_tones((0, 4, 7)) in ((0, 2, 4, 5, 7, 9, 11), (0, 2, 4, 6, 7, 9, 11))
    assert len(first_scale_tones((0, 3, 7))) == 6


def test_the_sounding_chord_is_the_last_that_has_begun():
    early, later, same_time = chord(1.0, 1.0, (60,)), chord(2.0, 1.0, (62,)), chord(2.0, 0.5, (64,))
    chords = [early, later, same_time]
    assert sounding_chord(chords, to_steps(0.0)) == early
    assert sounding_chord(chords, to_steps(1.75)) == early
    assert sounding_chord(chords, to_steps(2.0)) == same_time


def test_no_chord_is_passed_over():
    silent = chord(1.0, 1.0, ())
    early = chord(0.0, 1.0, (48, 52, 55))
    assert sounding_chord([early, silent], to_steps(1.5)) == early
    assert sounding_chord([silent], 0) is None
    assert types_at([silent], 0) == "X" * 12


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(28, 90), min_size=2, max_size=6))
def test_octaves_and_order_do_not_matter_to_the_quality(pitches):
    from music21 import chord, pitch

    quality = chord.Chord([pitch.Pitch(midi) for midi in pitches]).quality
    assert is_major(classes(pitches)) == (quality == "major")
