import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from music.chord_names import name_chord
from music.chord_symbols import COMMON, over_bass, parse_symbol, tone_name
from music.keys import FLAT_ROOTS, pitch_class

SPELLINGS = {
    (0, 4, 7, 11): "Bbmaj7 BbM7 Bb^7 BbΔ Bb△7 Bbma7 BbMaj7 Bb7M B♭maj7",
    (0, 3, 7, 10): "C-7 Cm7 Cmi7 Cmin7 Ebm7 E♭m7",
    (0, 3, 6, 10): "Cm7b5 Cø Cø7 F#m7b5 C-7b5 Cm7(b5)",
    (0, 3, 6, 9): "C°7 Co7 Cdim7",
    (0, 3, 6): "Cdim C° Co",
    (0, 4, 7, 10): "G7 F♯7 C7/Bb C7/bb",
    (0, 1, 3, 4, 6, 8, 10): "G7alt Galt",
    (0, 3, 4, 7, 10): "G7#9 G7(#9) G7+9",
    (0, 1, 4, 7, 8, 10): "G7b9b13 G7(b9,b13)",
    (0, 4, 8, 10): "G7#5 G+7 Gaug7 G7+ G7+5",
    (0, 4, 8): "Gaug G+",
    (0, 4, 7, 9): "C6 Cmaj6",
    (0, 2, 4, 7, 9): "C69 C6/9 C6/9/E",
    (0, 3, 7, 9): "Cm6 C-6",
    (0, 3, 7, 11): "CmMaj7 C-^7 C-Δ Cm(maj7) CmM7",
    (0, 2, 4, 7, 10): "C9 C7(9)",
    (0, 2, 5, 7, 10): "C9sus4 C9sus C11",
    (0, 2, 4, 7, 9, 10): "C13",
    (0, 5, 7, 10): "C7sus C7sus4",
    (0, 2, 7): "Csus2",
    (0, 2, 4, 7): "Cadd9 C(add9) C2",
    (0, 2, 3, 7, 10): "Cm9",
    (0, 2, 3, 5, 7, 10): "Cm11",
    (0, 2, 4, 7, 11): "Cmaj9 C^9",
    (0, 4, 6, 7, 11): "Cmaj7#11 CΔ#11",
    (0, 2, 4, 7, 9, 11): "Cmaj13",
    (0, 4, 7): "C F/A Bb CM",
    (0, 7): "C5",
    (0, 1, 4, 6, 7, 10): "C7(b9,#11) C7b9#11",
    (): "N.C. NC n.c. n",
}
# What the two usual fonts, iReal and people write besides, and where an accidental belongs to the root and where not.
MORE_SPELLINGS = {
    (0, 1, 4, 7): "C(b9) Bbb9 Bb(b9)",
    (0, 4, 6, 7): "C(#11) C(♯11)",
    (0, 3, 4, 7): "G(#9)",
    (0, 4, 6): "C(b5) Bbb5 C-5",
    (0, 4, 7): "C/c A/C♯ Dbb C## Cmaj CMA",
    (0, 4, 7, 10): "Bbb7 Ebb7 C##7 D𝄫7 E♭♭7 Cdom7 Cdominant7",
    (0, 3, 6, 10): "Dh7 Ch F#ø C-7(b5) Cm7(♭5) F#h7/C Cm7-5",
    (0, 2, 3, 6, 10): "Ch9 Cm9b5 Cø9",
    (0, 3, 6, 9): "B07 Bo7 F#07/A",
    (0, 3, 6): "F#0 C0 Bo",
    (0, 3, 7, 11): "Ebm/maj7 Cm(+7) Cm+7 Cm#7 Cm(#7) C-(^7) C-Δ7 Cmin(maj7) Cmi(ma7) CMI(MA7)",
    (0, 2, 3, 7, 11): "Cm9(maj7) C-^9 CmMaj9",
    (0, 3, 6, 11): "CdimM7 C°maj7 Co^7",
    (0, 2, 4, 7, 10): "C7/9 C9 C7(9) C7add9",
    (0, 2, 4, 7, 11): "Cmaj7/9 C^9 Cma9 CM9",
    (0, 4, 7, 9, 10): "C7/13 C7(13) C7add13",
    (0, 2, 4, 7, 9, 10): "C9/13 C13 C9(13)",
    (0, 2, 5, 7): "Csus24",
    (0, 5, 7): "Csus C4 C(sus4) Csus4",
    (0, 5, 7, 10): "G7sus G7(sus) G7(sus4)",
    (0, 2, 5, 7, 10): "Csus9 C9sus C11sus",
    (0, 1, 5, 7, 10): "G7susb9 G7b9sus G7sus(b9) G7(b9)sus4 G7b9sus4",
    (0, 5, 7, 9, 10): "C7sus13",
    (0, 4, 5, 7, 10): "C7susadd3 C7(11)",
    (0, 3, 7, 10): "CMIN7 Cminor7 CMI7",
    (0, 1, 3, 4, 6, 8, 10): "C7alt. Calt C7(alt) C7altered",
    (0, 4, 8, 10): "C7aug C+7 C7(#5) C7+",
    (0, 4, 8, 11): "C^7+ CΔ+ C^7#5 C+M7 Cmaj7(#5)",
    (0, 3, 8, 10): "C-7#5",
    (0, 3, 7, 8): "C-b6 Cm(b6) Cmb6",
    (0, 1, 4, 6, 7, 10): "C7(b9/#11) C7(b9,#11) C7b9(#11)",
    (0, 1, 4, 7, 9, 10): "C7b9,13 C13b9 C13(b9)",
    (0, 2, 7): "C5add9 Csus2",
    (0, 2, 4, 7, 9): "Eb6/9 C6(9) C6add9",
    (0, 4, 7, 9, 11): "C6(maj7)",
}
NAMED = {
    (): "N.C.",
    (44, 58, 60, 63, 67): "Abmaj9",
    (44, 60, 63, 67): "Abmaj7",
    (55, 56, 60, 63): "Abmaj7",  # the root on top of a close voicing
    (55, 58, 62, 65): "Gm7",
    (53, 60, 61, 68): "Dbmaj7/F",
    (53, 55, 58, 60, 63): "F9sus4",
    (48, 52, 58, 63): "C7#9",
    (58, 62, 64, 69): "Bbmaj7#11",
    (52, 57, 58, 62): "C13",  # no root
    (56, 61, 62, 66): "E13",  # no root
    (51, 56, 61, 65, 68, 72): "Eb13sus4",
    (55, 59, 61, 64): "C#m7b5/G",
    (53, 55, 60, 64): "C/F",
    (48, 51, 54, 57): "Cdim7",
    (48, 52, 55, 57): "C6",
    (52, 55, 60): "C/E",
    (60,): "C5",
}
voicings = st.lists(st.integers(24, 96), min_size=1, max_size=8, unique=True).map(lambda p: tuple(sorted(p)))
symbols = st.builds(lambda root, suffix: root + suffix, st.sampled_from(FLAT_ROOTS), st.sampled_from(COMMON))


@pytest.mark.parametrize(
    ("intervals", "spelling"),
    [(i, s) for known in (SPELLINGS, MORE_SPELLINGS) for i, row in known.items() for s in row.split()],
)
def test_spellings(intervals, spelling):
    assert parse_symbol(spelling).intervals == intervals


@pytest.mark.parametrize(
    ("text", "root", "bass"),
    [
        ("C(b9)", "C", "C"),
        ("G(#9)", "G", "G"),
        ("C(#11)/E", "C", "E"),
        ("A/C♯", "A", "C#"),
        ("C/g", "C", "G"),
        ("C/bb", "C", "Bb"),
        ("Bbb7", "Bbb", "Bbb"),
        ("Bbb5", "Bb", "Bb"),
        ("Ebb7/Dbb", "Ebb", "Dbb"),
        ("F##m7b5", "F##", "F##"),
        ("Ebm/maj7", "Eb", "Eb"),
        ("C6/9/E", "C", "E"),
        ("C7/b9", "C", "C"),
    ],
)
def test_the_root_is_read_first_and_the_bass_last(text, root, bass):
    symbol = parse_symbol(text)
    assert (symbol.root_name, symbol.bass_name, symbol.text) == (root, bass, text)
    assert (symbol.root, symbol.bass) == (pitch_class(root), pitch_class(bass))


def test_a_chord_in_parentheses_is_the_chord():
    assert parse_symbol("(Dm7)") == parse_symbol("Dm7") and parse_symbol("(A/C♯)").text == "A/C♯"


@pytest.mark.parametrize(
    "text", ["H7", "Cb11b", "C7)", "(C7", "C9.", "C(m7", "C711", "C/H", "c7", "Cm5", "C:7", "Cx", ""]
)
def test_what_means_nothing_is_refused(text):
    with pytest.raises(ValueError, match="is not a chord symbol"):
        parse_symbol(text)


def test_a_chord_over_another_bass():
    assert over_bass(parse_symbol("Cm7/Eb"), "F").text == "Cm7/F"
    assert over_bass(parse_symbol("C6/9"), "bb").bass == 10
    assert over_bass(parse_symbol("N.C."), "C").text == "N.C."


def test_roots_and_basses():
    symbol = parse_symbol("Ebm7/bb")
    assert (symbol.root, symbol.root_name, symbol.bass, symbol.bass_name) == (3, "Eb", 10, "Bb")
    assert parse_symbol("C6/9").bass == 0
    assert parse_symbol("N.C.")[1:] == (None, "", (), None, "", "")


def test_what_music21_knows_too_is_the_same():
    from music21 import harmony

    figures = " m 7 maj7 m7 m7b5 dim dim7 aug 6 m6 9 m9 M9 m11 sus2 sus4 7sus4 mM7 +7"
    for root in ("C", "F#", "A"):
        for figure in figures.split(" "):
            theirs = {pitch.pitchClass for pitch in harmony.ChordSymbol(root + figure).pitches}
            ours = parse_symbol(root + figure)
            assert {(ours.root + interval) % 12 for interval in ours.intervals} == theirs, root + figure


@pytest.mark.parametrize(
    ("text", "says"),
    [("H7", "B7 or"), ("Cmja7", "Cmaj7"), ("cm7", "Cm7"), ("C5b", "C5"), ("?", "C")],
)
def test_unknown_symbols_name_what_looks_like_them(text, says):
    with pytest.raises(ValueError, match="is not a chord symbol") as error:
        parse_symbol(text)
    assert says in str(error.value)


@pytest.mark.parametrize(("pitches", "name"), NAMED.items())
def test_names_by_hand(pitches, name):
    assert name_chord(pitches) == name


@settings(max_examples=500, deadline=None)
@given(voicings)
def test_every_voicing_has_a_symbol_that_holds_it(pitches):
    symbol = parse_symbol(name_chord(pitches))
    said = {(symbol.root + interval) % 12 for interval in symbol.intervals} | {symbol.bass}
    assert {pitch % 12 for pitch in pitches} <= said


def test_even_all_twelve_notes_have_a_symbol():
    assert len(parse_symbol(name_chord(tuple(range(48, 60)))).intervals) == 11


@given(voicings, st.integers(-6, 6))
def test_names_are_the_same_up_to_spelling_in_any_key(pitches, fifths):
    plain, spelled = parse_symbol(name_chord(pitches)), parse_symbol(name_chord(pitches, fifths))
    assert (plain.root, plain.intervals, plain.bass) == (spelled.root, spelled.intervals, spelled.bass)


@given(symbols)
def test_a_root_position_chord_is_named_as_it_was_written(text):
    symbol = parse_symbol(text)
    again = parse_symbol(name_chord(tuple(36 + symbol.root + interval for interval in symbol.intervals)))
    assert (again.root, again.intervals) == (symbol.root, symbol.intervals) or len(symbol.intervals) < 4


@given(symbols, st.integers(0, 11))
def test_spelled_tones_are_those_tones(text, tone):
    assert pitch_class(tone_name(parse_symbol(text), tone)) == tone


def test_tones_are_spelled_by_degree():
    assert [tone_name(parse_symbol("D7"), tone) for tone in (6, 9, 0)] == ["F#", "A", "C"]
    assert [tone_name(parse_symbol("Cm7b5"), tone) for tone in (3, 6, 10)] == ["Eb", "Gb", "Bb"]
    assert tone_name(parse_symbol("Bbmaj7#11"), 4) == "E"


@pytest.mark.parametrize(
    ("text", "intervals"),
    [
        ("C7(9+)", (0, 3, 4, 7, 10)),
        ("C7/9+", (0, 3, 4, 7, 10)),
        ("C7M(11+)", (0, 4, 6, 7, 11)),
        ("C7(13-)", (0, 4, 7, 8, 10)),
        ("Cm7(5-)", (0, 3, 6, 10)),
        ("Cm5-/7", (0, 3, 6, 10)),
        ("C5+", (0, 4, 8)),
        ("C7(5+/9+)", (0, 3, 4, 8, 10)),
        ("C7(4)", (0, 5, 7, 10)),
        ("C7(4/9)", (0, 2, 5, 7, 10)),
        ("Cmaj7(4)", (0, 4, 5, 7, 11)),
        ("C7+9", (0, 3, 4, 7, 10)),  # in front it is as before
        ("C9+", (0, 2, 4, 8, 10)),
        ("Co7(b13)", (0, 3, 6, 8, 9)),
        ("Cm6(b13)", (0, 3, 7, 8, 9)),
        ("C13b13", (0, 2, 4, 7, 8, 10)),
        ("CMadd9", (0, 2, 4, 7)),
        ("CSUS4", (0, 5, 7)),
        ("Csus7", (0, 5, 7, 10)),
        ("CAdd9", (0, 2, 4, 7)),
        ("Cdiminished7", (0, 3, 6, 9)),
        ("Caugmented", (0, 4, 8)),
        ("CMajor7", (0, 4, 7, 11)),
        ("Cj7", (0, 4, 7, 11)),
    ],
)
def test_other_dialects(text, intervals):
    """Brazil writes accidentals behind the degree, and a fourth over a dominant for its third."""
    assert parse_symbol(text).intervals == intervals
