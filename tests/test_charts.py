"""Charts as people type them: bars, slots, meters and the form; and how they are voiced."""

import random
from itertools import pairwise
from pathlib import Path

import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from music.chord_symbols import COMMON
from music.keys import FLAT_ROOTS
from music.units import GRID, to_quarters
from music.voicings import voice_changes
from reading.charts import parse_chart

CHARTS = ROOT.parent / "shared/cases/charts"
symbols = st.builds(lambda root, suffix: root + suffix, st.sampled_from(FLAT_ROOTS), st.sampled_from(COMMON))


def changes_of(text, meter=(4, 4)):
    return parse_chart(text, meter).changes


def texts(chart):
    """The symbols of each bar, one where it begins."""
    return [[symbol.text for _, symbol in bar] for bar in chart.changes]


def beats(text, meter=(4, 4)):
    """Each bar's symbols with their lengths in quarters."""
    return [[(symbol.text, to_quarters(length)) for length, symbol in bar] for bar in changes_of(text, meter)]


@pytest.mark.parametrize(
    ("chart", "bars"),
    [
        ("Dm7 G7 | Cmaj7", [["Dm7", "G7"], ["Cmaj7"]]),
        ("|| Dm7 | G7 ||\n| C |\n\n| F |", [["Dm7"], ["G7"], ["C"], ["F"]]),
        ("|: A | B :| C", [["A"], ["B"], ["A"], ["B"], ["C"]]),
        ("A :| B", [["A"], ["A"], ["B"]]),
        ("A |: B :|: C :||", [["A"], ["B"], ["B"], ["C"], ["C"]]),
        ("|: A :|x3 B", [["A"], ["A"], ["A"], ["B"]]),
        ("|: A :| x4 | B", [["A"], ["A"], ["A"], ["A"], ["B"]]),
        ("|: A x3 :| B", [["A"], ["A"], ["A"], ["B"]]),
        ("|: A (3x) :| B", [["A"], ["A"], ["A"], ["B"]]),
        ("|: A | B |1 C :|2 D | E ||", [["A"], ["B"], ["C"], ["A"], ["B"], ["D"], ["E"]]),
        ("|: A |1. B :|2. C || D |", [["A"], ["B"], ["A"], ["C"], ["D"]]),
        ("|: A |[1 B :|[2 C || |: D |1 E :|2 F |]", [[x] for x in "ABACDEDF"]),
        ("|: A |1,2 B :|3 C |", [[x] for x in "ABABAC"]),
        ("|: A |1-3 B :|4 C |", [[x] for x in "ABABABAC"]),
        ("[A] A | B | [B] C | D |] ", [["A"], ["B"], ["C"], ["D"]]),
        ("A | B Fine | C | D D.C. al Fine", [[x] for x in "ABCDAB"]),
        ("A | Segno B | C To Coda | D D.S. al Coda | Coda E", [[x] for x in "ABCDBCE"]),
        ("A | [Segno] B | C | D | D.S. |", [[x] for x in "ABCDBCD"]),
        ("A | B | D.C. al Coda | [Coda] C", [[x] for x in "ABABC"]),
        ("| Cmaj7 |     | Dbmaj7 |     |", [["Cmaj7"], ["Cmaj7"], ["Dbmaj7"], ["Dbmaj7"]]),
        ("Am7 | % | F/A / | / G", [["Am7"], ["Am7"], ["F/A", "F/A"], ["F/A", "G"]]),
        ("C // F | G7(b9, #11) /", [["C", "C", "C", "F"], ["G7(b9, #11)", "G7(b9, #11)"]]),
        ("C . . F | Dm7, G7", [["C", "C", "C", "F"], ["Dm7", "G7"]]),
        ("N.C. | C///", [["N.C."], ["C", "C", "C", "C"]]),
        ("C7 W/E | W/G", [["C7", "C7/E"], ["C7/G"]]),
        ("1 Am | D |\n3 G | C |\n5. F | E |\n7) A | A", [["Am"], *([x] for x in "DGCFEAA")]),  # bar numbers
        ("1 | A | B | C | D |\n5 | E | F", [[x] for x in "ABCDEF"]),
        ("|: A | B\n1 C :|\n2 D | E", [[x] for x in "ABCABDE"]),  # endings
        ("A\nDm7 | G7\nB\nF | E\nA\nDm7 | G7", [["Dm7"], ["G7"], ["F"], ["E"], ["Dm7"], ["G7"]]),  # sections
        ("A\nD\nE\nA", [["A"], ["D"], ["E"], ["A"]]),
        ("Am | D\nE\nAm | D", [["Am"], ["D"], ["E"], ["Am"], ["D"]]),
        ("Am | D\nA", [["Am"], ["D"], ["A"]]),
        ("|: C | F |1 G :|2 A || B | D | D.C. al 2nd ending", [[x] for x in "CFGCFABDCFA"]),
        ("|: C | F |1 G :|2 A || B | D | D.C. al 1st End.", [[x] for x in "CFGCFABDCFG"]),
        ("C | G (to coda) | F (D.C. al Coda) | (Coda) A", [[x] for x in "CGFCGA"]),
        ("C | G (Fine) | F (D.C.)", [[x] for x in "CGFCG"]),
        ("|: A | [1. B | C ] :| [2. D | E ]", [[x] for x in "ABCADE"]),
        ("C7 | n | W/E W/G", [["C7"], ["n"], ["C7/E", "C7/G"]]),
        ("C7,,D7,F7 | A7(b9,#11), G7, | ,G7 ", [["C7", "C7", "D7", "F7"], ["A7(b9,#11)", "G7", "G7"], ["G7", "G7"]]),
        ("(Dm7) | G7 | (Dm7 G7)", [["Dm7"], ["G7"], ["Dm7", "G7"]]),
        ("A7(Eb7) D | G7b9 (Db7) | C(b5)", [["A7", "D"], ["G7b9", "G7b9"], ["C(b5)"]]),
    ],
)
def test_charts(chart, bars):
    assert texts(parse_chart(chart)) == bars


@pytest.mark.parametrize(
    ("text", "meter", "bars"),
    [
        ("Dm7 G7 C | F", (4, 4), [[("Dm7", 2), ("G7", 1), ("C", 1)], [("F", 4)]]),
        ("C F | C F G", (3, 4), [[("C", 2), ("F", 1)], [("C", 1), ("F", 1), ("G", 1)]]),
        ("C F | C", (5, 4), [[("C", 3), ("F", 2)], [("C", 5)]]),
        ("C F | C F G", (6, 8), [[("C", 1.5), ("F", 1.5)], [("C", 1.5), ("F", 0.75), ("G", 0.75)]]),
        ("C F | C F G", (6, 4), [[("C", 3), ("F", 3)], [("C", 2), ("F", 2), ("G", 2)]]),
        ("C F", (7, 4), [[("C", 4), ("F", 3)]]),
        ("C F G A B", (4, 4), [[("C", 1), ("F", 1), ("G", 1), ("A", 0.5), ("B", 0.5)]]),
        ("C / / F", (4, 4), [[("C", 1), ("C", 1), ("C", 1), ("F", 1)]]),
        ("C | 3/4 F | G | 4/4 A B", (4, 4), [[("C", 4)], [("F", 3)], [("G", 3)], [("A", 2), ("B", 2)]]),
    ],
)
def test_a_bar_is_divided_as_a_reader_does(text, meter, bars):
    assert beats(text, meter) == bars


def test_every_bar_knows_its_meter_and_follows_the_one_before():
    chart = parse_chart("3/4 C | [A] |: F | 5/4 G :| [B] C", (4, 4))
    assert [bar.meter for bar in chart.bars] == [(3, 4), (3, 4), (5, 4), (3, 4), (5, 4), (5, 4)]
    assert [bar.start // GRID for bar in chart.bars] == [0, 3, 6, 11, 14, 19]
    assert chart.sections == {1: "A", 3: "A", 5: "B"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Dm7 G7 Cmaj7", ("one bar of 3 chords: no '|' parts them",)),
        ("Dm7 G7 |", ()),
        ("A7(Eb7) | D (Ab7) | G", ("2 alternates in parentheses passed over",)),
        ("|: A | B :| C", ("form: 3 bars written, 5 played",)),
    ],
)
def test_how_it_was_read_is_told(text, told):
    assert parse_chart(text).told == told


@pytest.mark.skipif(not CHARTS.exists(), reason="the small cases are not here")
@pytest.mark.parametrize("path", sorted(CHARTS.glob("*.txt")), ids=lambda path: path.stem)
def test_whole_charts_are_read_to_the_last_bar(path: Path):
    text = path.read_text()
    chart = parse_chart(text)
    assert len(chart.bars) == text.strip().strip("|").count("|") + 1
    assert all(sum(length for length, _ in bar) == 4 * GRID for bar in chart.changes)


@pytest.mark.parametrize(
    ("chart", "message"),
    [
        ("", "empty"),
        (" \n", "empty"),
        (None, "empty"),
        ("| | ||", "bar 1 is blank"),
        ("|| |:", "no chord"),
        ("| | C |", "bar 1 is blank"),
        ("C | F | G7 Bbmja7", "bar 3, chord 2: 'Bbmja7'.*Bbmaj7"),
        ("C | F | G7 A7(Bbmja7)", "bar 3, chord 2: 'A7.Bbmja7.' is not"),
        ("% | C", "bar 1, chord 1: '%'"),
        ("/ C", "bar 1, chord 1"),
        ("C % | F", "stands alone"),
        ("C \x00", "control character"),
        ("|: C | F", "never closed"),
        ("|: C |: F :|", "inside another"),
        (":| C", "no bar stands in front of it"),
        ("C | F | D.S. al Fine", "a jump to the segno"),
        ("C | 99/4 F", "bar 2: no bar is in 99/4"),
        ("C | 3/7 F", "bar 2: no bar is in 3/7"),
        ("C " * 17, "17 chords"),
        ("C|" * 10_001, "10000 bars"),
        ("|: " + "C|" * 6000 + ":|", "10,000 bars"),
        ("C" * 100_001, "100001 characters"),
        ("C" * 50_000, "not a chord symbol"),
    ],
)
def test_bad_charts_are_told_in_one_sentence(chart, message):
    with pytest.raises(ValueError, match=message) as error:
        parse_chart(chart)
    assert len(str(error.value)) < 300


SIGNS = ["D.C. al Fine", "To Coda", "|", "|:", ":|", "| |", "\n"]
SIGNS += ["C", "Dm7", "%", "/", "x3", "1", "2.", "[A]", "3/4", "Fine", "Segno", "D.S.", "Coda", "(G7)", "N.C.", "W/E"]
signs = st.lists(st.sampled_from(SIGNS)).map(" ".join)


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=60) | st.text("ABCDEFGabm7#♭()/|:% \n-+Δo69,", max_size=60) | signs)
def test_any_text_is_a_chart_or_a_value_error(text):
    try:
        chart = parse_chart(text)
    except ValueError as error:
        assert str(error)
        return
    for bar, changes in zip(chart.bars, chart.changes, strict=True):
        assert sum(length for length, _ in changes) == bar.length and all(length > 0 for length, _ in changes)


# --- Voicings --------------------------------------------------------------------------------------------------------


def test_voicings_by_hand():
    bars = voice_changes(changes_of("Dm7 G7 | N.C. | C/E / F"))
    assert [[chord.offset for chord in bar] for bar in bars.values()] == [[0, 2], [4], [8, 11]]
    assert bars[0][0].quarter_length == 2 and bars[2][0].quarter_length == 3
    assert min(bars[2][0].pitches) % 12 == 4
    assert voice_changes([]) == {}


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(symbols, st.sampled_from(["", "/C", "/F#", "/A"])), min_size=1, max_size=6))
def test_voicings_say_their_chord_in_the_middle_of_the_keyboard(written):
    changes = changes_of("|".join(text + bass for text, bass in written))
    for bar, chords in voice_changes(changes).items():
        ((_, symbol),), (chord,) = changes[bar], chords
        over = {(pitch - symbol.root) % 12 for pitch in chord.pitches}
        assert over - {(symbol.bass - symbol.root) % 12} <= set(symbol.intervals)
        assert {3, 4, 10, 11} & set(symbol.intervals) <= over | {3}  # the sharp ninth gives way
        assert 4 <= len(chord.pitches) <= 6 and min(chord.pitches) >= 45 and max(chord.pitches) <= 72
        assert list(chord.pitches) == sorted(set(chord.pitches))
        assert symbol.bass == symbol.root or min(chord.pitches) % 12 == symbol.bass


def test_voices_move_little():
    chords = [chord for bar in voice_changes(changes_of("Dm7 | G7 | Cmaj7 | A7alt |" * 4)).values() for chord in bar]
    tops = [abs(a.pitches[-1] - b.pitches[-1]) for a, b in pairwise(chords)]
    assert max(tops) <= 4 and sum(tops) / len(tops) < 2.5
    assert chords == [c for bar in voice_changes(changes_of("Dm7 | G7 | Cmaj7 | A7alt |" * 4)).values() for c in bar]


def test_a_long_chart_is_voiced_on_the_grid():
    generator = random.Random(1)
    chart = "|".join(
        " ".join(generator.choice(FLAT_ROOTS) + generator.choice(COMMON) for _ in range(3)) for _ in range(300)
    )
    for chords in voice_changes(changes_of(chart, (7, 8))).values():
        assert sum(chord.duration for chord in chords) == 42


def test_no_room_is_said():
    with pytest.raises(ValueError, match="no room"):
        voice_changes(changes_of("C"), low=60, high=70)


def test_letters_on_lines_of_their_own_are_told_to_be_sections():
    chart = parse_chart("A\nDm7 | G7\nB\nF | E | %\nA\nDm7 | G7")
    assert chart.sections == {0: "A", 2: "B", 5: "A"}
    assert chart.told == ("sections: A, B, A, for these letters have lines of their own",)


@pytest.mark.parametrize("text", ["[A] x2 C | F", "C | F x2", "C | G (2x)"])
def test_times_without_a_repeat_are_told(text):
    chart = parse_chart(text)
    assert len(chart.bars) == 2 and chart.told == ("x2: no :| closes what it repeats; played once",)
