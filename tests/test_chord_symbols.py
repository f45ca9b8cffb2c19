import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from music.chord_names import name_chord
from music.chord_symbols import COMMON, parse_changes, parse_symbol, tone_name
from music.keys import FLAT_ROOTS, pitch_class
from music.units import to_steps
from music.voicings import voice_changes

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
    (): "N.C. NC n.c.",
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


@pytest.mark.parametrize(("intervals", "spelling"), [(i, s) for i, row in SPELLINGS.items() for s in row.split()])
def test_spellings(intervals, spelling):
    assert parse_symbol(spelling).intervals == intervals


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
    ("text", "says"), [("H7", "G7"), ("Cmja7", "Cmaj7"), ("cm7", "Cm7"), ("C-5", "C5"), ("?", "C")]
)
def test_unknown_symbols_name_what_looks_like_them(text, says):
    with pytest.raises(ValueError, match="is not a chord symbol") as error:
        parse_symbol(text)
    assert says in str(error.value)


def texts(changes):
    return [[symbol.text for symbol in bar] for bar in changes]


@pytest.mark.parametrize(
    ("chart", "bars"),
    [
        ("Dm7 G7 | Cmaj7", [["Dm7", "G7"], ["Cmaj7"]]),
        ("|| Dm7 | G7 ||\n| C |\n\n| F |", [["Dm7"], ["G7"], ["C"], ["F"]]),
        ("|: A | B :| C", [["A"], ["B"], ["A"], ["B"], ["C"]]),
        ("A :| B", [["A"], ["A"], ["B"]]),
        ("A |: B :|: C :||", [["A"], ["B"], ["B"], ["C"], ["C"]]),
        ("Am7 | % | F/A / | / G", [["Am7"], ["Am7"], ["F/A", "F/A"], ["F/A", "G"]]),
        ("C // F | G7(b9, #11) /", [["C", "C", "C", "F"], ["G7(b9,#11)", "G7(b9,#11)"]]),
        ("N.C. | C///", [["N.C."], ["C", "C", "C", "C"]]),
    ],
)
def test_charts(chart, bars):
    assert texts(parse_changes(chart)) == bars


@pytest.mark.parametrize(
    ("chart", "message"),
    [
        ("", "empty"),
        (" \n", "empty"),
        (None, "empty"),
        ("| | ||", "no chord"),
        ("C | F | G7 Bbmja7", "bar 3, chord 2: 'Bbmja7'.*Bbmaj7"),
        ("% | C", "bar 1: '%'"),
        ("/ C", "bar 1, chord 1"),
        ("C % | F", "stands alone"),
        ("C \x00", "control character"),
        ("|: C | F", "never closed"),
        ("|: C |: F :|", "inside another"),
        ("C " * 17, "17 chords"),
        ("C|" * 10_001, "10000 bars"),
        ("|: " + "C|" * 6000 + ":|", "10000 bars"),
        ("C" * 100_001, "100001 characters"),
        ("C" * 50_000, "not a chord symbol"),
    ],
)
def test_bad_charts_are_told_in_one_sentence(chart, message):
    with pytest.raises(ValueError, match=message) as error:
        parse_changes(chart)
    assert len(str(error.value)) < 300


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60) | st.text("ABCDEFGabm7#♭()/|:% \n-+Δo69,", max_size=60))
def test_any_text_is_a_chart_or_a_value_error(text):
    try:
        assert parse_changes(text)
    except ValueError as error:
        assert str(error)


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


def test_voicings_by_hand():
    bars = voice_changes(parse_changes("Dm7 G7 | N.C. | C/E / F"))
    assert [[chord.offset for chord in bar] for bar in bars.values()] == [[0, 2], [4], [8, 8 + 8 / 3]]
    assert bars[0][0].quarter_length == 2 and bars[2][0].quarter_length == pytest.approx(8 / 3)
    assert min(bars[2][0].pitches) % 12 == 4
    assert voice_changes([]) == {}


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(symbols, st.sampled_from(["", "/C", "/F#", "/A"])), min_size=1, max_size=6))
def test_voicings_say_their_chord_in_the_middle_of_the_keyboard(written):
    changes = parse_changes("|".join(text + bass for text, bass in written))
    for bar, chords in voice_changes(changes).items():
        (symbol,), (chord,) = changes[bar], chords
        over = {(pitch - symbol.root) % 12 for pitch in chord.pitches}
        assert over - {(symbol.bass - symbol.root) % 12} <= set(symbol.intervals)
        assert {3, 4, 10, 11} & set(symbol.intervals) <= over | {3}  # the sharp ninth gives way
        assert 4 <= len(chord.pitches) <= 6 and min(chord.pitches) >= 45 and max(chord.pitches) <= 72
        assert list(chord.pitches) == sorted(set(chord.pitches))
        assert symbol.bass == symbol.root or min(chord.pitches) % 12 == symbol.bass


def test_voices_move_little():
    chords = [chord for bar in voice_changes(parse_changes("Dm7 | G7 | Cmaj7 | A7alt |" * 4)).values() for chord in bar]
    tops = [abs(a.pitches[-1] - b.pitches[-1]) for a, b in pairwise(chords)]
    assert max(tops) <= 4 and sum(tops) / len(tops) < 2.5
    assert chords == [c for bar in voice_changes(parse_changes("Dm7 | G7 | Cmaj7 | A7alt |" * 4)).values() for c in bar]


def test_a_long_chart_is_voiced_on_the_grid():
    generator = random.Random(1)
    chart = "|".join(
        " ".join(generator.choice(FLAT_ROOTS) + generator.choice(COMMON) for _ in range(3)) for _ in range(300)
    )
    for chords in voice_changes(parse_changes(chart), bar_length=to_steps(3.5)).values():
        assert sum(chord.duration for chord in chords) == 42


def test_no_room_is_said():
    with pytest.raises(ValueError, match="no room"):
        voice_changes(parse_changes("C"), low=60, high=70)
    with pytest.raises(ValueError, match="too many"):
        voice_changes(parse_changes("C F " * 8), bar_length=to_steps(1.0))
