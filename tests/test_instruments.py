"""Instruments: what texts mean, and how their parts are written."""

import pytest

from music.instruments import NAMES, NO_PITCH, program_in, program_of, readers_of


def test_general_midi_has_128_names_each_of_which_means_its_program():
    assert len(NAMES) == 128 == len(set(NAMES)) and (NAMES[0], NAMES[127]) == ("Acoustic Grand Piano", "Gunshot")
    for program, name in enumerate(NAMES):
        assert program_of(name) == program_of(name.upper()) == program_of(f" {program} ") == program
        assert program >= NO_PITCH or program_in(name) == program


@pytest.mark.parametrize(
    ("text", "program"),
    [
        ("Tenor Saxophone", 66), ("tenor", 66), ("Alto 1", 65), ("SOPRANO SAXOPHONE", 64), ("Bari Sax", 67),
        ("sax", 66), ("Lead Guitar", 26), ("Nylon Guitar", 24), ("acoustic guitar", 25), ("guit.", 26), ("Vibes", 11),
        ("Fender Rhodes", 4), ("Grand Piano (left hand)", 0), ("Flugelhorn", 56), ("Trumpet 2", 56),
        ("Trombone", 57), ("Bass Clarinet", 71), ("Upright Bass", 32), ("Honky-Tonk piano", 3), ("Lead Vocals", 53),
    ],
)  # fmt: skip
def test_what_players_call_an_instrument(text, program):
    assert program_in(text) == program_of(text) == program


@pytest.mark.parametrize("text", ["", "Track 1", "Solo", "Subbass", "Gunshot", "26"])
def test_a_track_s_name_may_name_none(text):
    assert program_in(text) is None


@pytest.mark.parametrize(
    ("text", "meant"),
    [("Trumpit", "Trumpet"), ("obo", "Oboe"), ("128", ""), ("-1", ""), ("1.5", ""), ("", ""), ("0026", "")],
)
def test_what_is_no_instrument_is_told_with_the_likeliest(text, meant):
    with pytest.raises(ValueError, match=f"{text!r} is no instrument; is '{meant}.*' meant?"):
        program_of(text)


@pytest.mark.parametrize(
    ("program", "key", "readers"),
    [
        (26, None, [("Guitar", 0, "G8")]), (26, "C", [("Guitar", 0, "G8")]),
        (32, None, [("Bass", 0, "F8")]), (43, "C", [("Bass", 0, "F8")]),
        (0, None, [("Acoustic Grand Piano", 0, "")]), (57, None, [("Trombone", 0, "")]),
        (56, None, [("Trumpet in Bb", 2, "G")]), (59, None, [("Trumpet in Bb", 2, "G")]),
        (64, None, [("Soprano saxophone", 2, "G")]), (65, None, [("Alto saxophone", 9, "G")]),
        (66, None, [("Tenor saxophone", 14, "G")]), (67, None, [("Baritone saxophone", 21, "G")]),
        (60, None, [("Horn in F", 7, "G")]), (69, None, [("English horn", 7, "G")]),
        (71, None, [("Clarinet in Bb", 2, "G")]),
        (66, "Bb", [("Tenor saxophone", 14, "G")]), (71, "Bb", [("Clarinet in Bb", 2, "G")]),  # who reads so anyway
        (65, "Eb", [("Alto saxophone", 9, "G")]), (67, "Eb", [("Baritone saxophone", 21, "G")]),
        (65, "Bb", [("Trumpet in Bb", 2, "G"), ("Tenor saxophone", 14, "G")]),
        (26, "Eb", [("Alto saxophone", 9, "G"), ("Baritone saxophone", 21, "G")]),
    ],
)  # fmt: skip
def test_who_reads_a_part(program, key, readers):
    assert [(one.name, one.above, one.clef) for one in readers_of(program, key)] == readers


@pytest.mark.parametrize("program", range(128))
def test_a_part_in_c_is_written_as_it_sounds_and_others_as_their_key_says(program):
    for key, above in (("C", 0), ("Bb", 2), ("Eb", 9)):
        assert {reader.above % 12 for reader in readers_of(program, key)} == {above}
    (own,) = readers_of(program, None)
    assert own.program == program
