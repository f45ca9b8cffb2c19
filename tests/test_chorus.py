import pytest
from conftest import bar

from music.chorus import usual_bar
from music.piece import lay_out
from music.units import to_quarters
from reading.changes import typed_chorus

FOUR = bar(0.0, 4.0)


def written(chorus):
    """The symbols with their onsets from the start, in quarters."""
    bars = zip(chorus.bars, chorus.chords_by_bar, strict=True)
    return [(to_quarters(bar.start + chord.onset), chord.symbol) for bar, chords in bars for chord in chords]


def test_typed_changes_become_bars_with_chords_and_names():
    chorus = typed_chorus("Dm7 | G7 | Cmaj7 A7", FOUR)
    assert chorus.bars == [bar(0.0, 4.0), bar(4.0, 4.0), bar(8.0, 4.0)]
    assert [[chord.offset for chord in chords] for chords in chorus.chords_by_bar] == [[0.0], [0.0], [0.0, 2.0]]
    assert written(chorus) == [(0.0, "Dm7"), (4.0, "G7"), (8.0, "Cmaj7"), (10.0, "A7")]
    assert {2, 5, 0} <= {pitch % 12 for pitch in chorus.chords_by_bar[0][0].pitches}


def test_changes_in_three_four_and_played_twice():
    chorus = typed_chorus("F | Bb", bar(0.0, 3.0, (3, 4))).repeated(2)
    assert chorus.bars == [bar(start, 3.0, (3, 4)) for start in (0.0, 3.0, 6.0, 9.0)]
    assert written(chorus) == [(0.0, "F"), (3.0, "Bb"), (6.0, "F"), (9.0, "Bb")]


def test_a_moved_chord_is_spelled_for_its_new_key():
    chorus = typed_chorus("E7/G# | A/C# | C#m7 | G#dim7 | B/D#", FOUR)
    assert [text for _, text in written(chorus.transposed(0))] == ["E7/G#", "A/C#", "C#m7", "G#dim7", "B/D#"]
    assert [text for _, text in written(chorus.transposed(-1))] == ["Eb7/G", "Ab/C", "Cm7", "Gdim7", "Bb/D"]


@pytest.mark.parametrize(("by", "names"), [(3, ["Fm7", "Bb7/D"]), (-2, ["Cm7", "F7/A"]), (0, ["Dm7", "G7/B"])])
def test_changes_move_to_another_key(by, names):
    chorus = typed_chorus("Dm7 | G7/B", FOUR)
    moved = chorus.transposed(by)
    assert [text for _, text in written(moved)] == names
    for before, after in zip(chorus.chords_by_bar, moved.chords_by_bar, strict=True):
        assert [pitch + by for pitch in before[0].pitches] == list(after[0].pitches)


def test_a_text_file_holds_changes_too(tmp_path):
    path = tmp_path / "blues.txt"
    path.write_text("F7 | Bb7 |\nF7 | % ")
    assert [text for _, text in written(typed_chorus(str(path), FOUR))] == ["F7", "Bb7", "F7", "F7"]


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
    assert lay_out(bars) == [bar(0.0, 3.0, (3, 4)), bar(3.0, 4.0), bar(7.0, 3.0, (3, 4))]
    assert usual_bar(bars) == bar(0.0, 3.0, (3, 4))
    assert usual_bar([]) == FOUR
