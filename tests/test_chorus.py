import pytest
from conftest import bar

from reading.changes import lay_out, typed_chorus, usual_bar

FOUR = bar(0.0, 4.0)


def test_typed_changes_become_bars_with_chords_and_names():
    chorus = typed_chorus("Dm7 | G7 | Cmaj7 A7", FOUR)
    assert [bar.start for bar in chorus.bars] == [0.0, 4.0, 8.0]
    assert [[chord.offset for chord in bar] for bar in chorus.chords] == [[0.0], [0.0], [0.0, 2.0]]
    assert chorus.symbols == [(0.0, "Dm7"), (4.0, "G7"), (8.0, "Cmaj7"), (10.0, "A7")]
    assert {2, 5, 0} <= {pitch % 12 for pitch in chorus.chords[0][0].pitches}


def test_changes_in_three_four_and_played_twice():
    chorus = typed_chorus("F | Bb", bar(0.0, 3.0, (3, 4))).repeated(2)
    assert [bar.start for bar in chorus.bars] == [0.0, 3.0, 6.0, 9.0]
    assert chorus.symbols == [(0.0, "F"), (3.0, "Bb"), (6.0, "F"), (9.0, "Bb")]


@pytest.mark.parametrize(("by", "names"), [(3, ["Fm7", "Bb7/D"]), (-2, ["Cm7", "F7/A"]), (0, ["Dm7", "G7/B"])])
def test_changes_move_to_another_key(by, names):
    chorus = typed_chorus("Dm7 | G7/B", FOUR)
    moved = chorus.transposed(by)
    assert [text for _, text in moved.symbols] == names
    for before, after in zip(chorus.chords, moved.chords, strict=True):
        assert [pitch + by for pitch in before[0].pitches] == list(after[0].pitches)


def test_a_text_file_holds_changes_too(tmp_path):
    path = tmp_path / "blues.txt"
    path.write_text("F7 | Bb7 |\nF7 | % ")
    assert [text for _, text in typed_chorus(str(path), FOUR).symbols] == ["F7", "Bb7", "F7", "F7"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Dm7 | Hm7", "bar 2, chord 1: 'Hm7'"),
        ("N.C. | N.C.", "holds no chord"),
        ("nonsuch.txt", "nonsuch.txt: cannot be read"),
        ("|||", "."),
    ],
)
def test_what_cannot_be_read_is_told(text, message):
    with pytest.raises(ValueError, match=message):
        typed_chorus(text, FOUR)


def test_bars_are_laid_out_and_the_usual_one_found():
    bars = [bar(4.0, 3.0, (3, 4)), bar(11.0, 4.0), bar(15.0, 3.0, (3, 4))]
    assert [bar.start for bar in lay_out(bars)] == [0.0, 3.0, 7.0]
    assert usual_bar(bars) == bar(0.0, 3.0, (3, 4))
    assert usual_bar([]) == FOUR
