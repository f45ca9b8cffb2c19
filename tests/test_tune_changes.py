"""Changes that are given for a tune: where they begin, in which bars, and what the grammar makes of them."""

from dataclasses import replace

import pytest
from conftest import ROOT, bar, note

import music_generate
from music.chorus import Chorus
from music.notes import Bar, Nuance
from music.piece import Tune
from music.units import GRID
from preprocess import read_tune, with_changes
from reading.changes import typed_chorus
from reading.tune_changes import over_changes

BLUES = "F7 | Bb7 | F7 | % | Bb7 | % | F7 | D7 | Gm7 | C7 | F7 | C7"
TINY = ["--epochs", "1", "--cache", "", "--sound=no", "--score=no", "--pictures=no", "--page=no"]


def tune_of_bars(numbers, quarters=4.0, meter=(4, 4), late=0.0):
    """A tune with a C in each of the bars, counted from 0; in the first of them `late` quarters after its beginning."""
    bars = {number: bar(number * quarters, quarters, meter) for number in numbers}
    first = min(numbers)
    melody = {
        number: [note(number * quarters + (late if number == first else 0.0), 1.0, 60)] for number, bar in bars.items()
    }
    return Tune(melody, {}, bars, told=("melody: one", "chords: made"))


def symbols(tune):
    """The symbols of each bar with their places in it, in quarters."""
    return {
        number: [((chord.onset - tune.bars[number].start) / GRID, chord.symbol) for chord in chords]
        for number, chords in tune.chords.items()
    }


def over(tune, text, meter=(4, 4), from_beat=None):
    return over_changes(tune, typed_chorus(text, bar(0.0, 4.0 * meter[0] / meter[1], meter)), from_beat)


def test_changes_are_played_as_often_as_the_tune_lasts():
    tune = over(tune_of_bars([3, 4, 5, 8, 9]), "[A] Dm7 G7 | Cmaj7")
    assert symbols(tune) == {
        3: [(0.0, "Dm7"), (2.0, "G7")],
        4: [(0.0, "Cmaj7")],
        5: [(0.0, "Dm7"), (2.0, "G7")],
        8: [(0.0, "Cmaj7")],  # bars in which the tune rests count
        9: [(0.0, "Dm7"), (2.0, "G7")],
    }
    assert all(sum(chord.duration for chord in chords) == 4 * GRID for chords in tune.chords.values())
    assert tune.sections == {3: "A", 5: "A", 9: "A"}
    assert tune.told == ("melody: one", "chords: 2 bars of TUNE_CHORDS, played 4 times from bar 4 on")


def test_they_begin_after_a_pickup():
    late = over(tune_of_bars(range(5), late=3.0), "C | F | G | Am")
    assert [symbols(late)[number][0][1] for number in range(5)] == ["Am", "C", "F", "G", "Am"]
    tune = tune_of_bars(range(5))
    short = replace(tune, bars=tune.bars | {0: bar(3.0, 1.0)}, melody=tune.melody | {0: [note(3.0, 1.0, 60)]})
    cut = over(short, "C | F | G B7")
    assert symbols(cut)[0] == [(0.0, "B7")] and cut.chords[0][0].duration == GRID
    assert symbols(cut)[1] == [(0.0, "C")]


def test_they_begin_with_the_file_where_only_then_they_end_with_the_tune():
    assert symbols(over(tune_of_bars(range(1, 8)), "C | F | G | Am"))[1] == [(0.0, "F")]
    assert symbols(over(tune_of_bars(range(1, 9)), "C | F | G | Am"))[1] == [(0.0, "C")]


def test_they_begin_where_the_listener_says():
    tune = tune_of_bars(range(5, 9))
    assert symbols(over(tune, "C | F | G", from_beat=16.0))[5] == [(0.0, "F")]
    assert symbols(over(tune, "C | F | G", from_beat=15.5))[5] == [(0.0, "G")]
    assert symbols(over(tune, "C | F | G", from_beat=21.0))[5] == [(0.0, "C")]


def test_a_tune_gets_the_bars_of_its_changes():
    """A file without a time signature is in 4/4 until somebody says what it is."""
    tune = over(tune_of_bars(range(6)), "3/4 C | F | G | Am")
    assert {(one.length, one.meter) for one in tune.bars.values()} == {(36, (3, 4))}
    assert [one.start for one in tune.bars.values()] == [36 * number for number in range(7)]
    assert [len(notes) for notes in tune.melody.values()] == [1, 1, 1, 0, 1, 1, 1]
    assert "bars: of 3/4, as TUNE_CHORDS has them" in tune.told
    mixed = over(tune_of_bars([2, 3, 4]), "5/4 C | % | 2/4 F | 5/4 G")
    assert [(one.start, one.meter) for one in mixed.bars.values()] == [(96, (5, 4)), (156, (5, 4))]
    assert symbols(mixed) == {0: [(0.0, "C")], 1: [(0.0, "C")]}


@pytest.mark.parametrize("text", ["3/4 C | F | G | Am", "5/4 C | % | 2/4 F | 5/4 G", "C | F | G | Am"])
def test_each_note_is_played_as_it_was_in_whatever_bar_it_is(text):
    tune = tune_of_bars([2, 3, 4, 5])
    nuances = {n: [Nuance(0.01 * n, 0.5, ((0.0, float(n)),))] for n in tune.bars}
    found = over(replace(tune, nuances=nuances, program=65, strikes=tune.chords), text)
    assert list(found.nuances) == list(found.bars) == list(found.melody)
    for number, notes in found.melody.items():
        assert found.nuances[number] == [nuances[note.onset // 48][0] for note in notes]
    assert sum(map(len, found.nuances.values())) == 4 and (found.program, found.is_struck) == (65, False)
    assert over(tune, text).nuances == {}  # of what is written none


def test_a_single_bar_of_another_length_is_shared():
    tune = tune_of_bars(range(4))
    tune = replace(tune, bars=tune.bars | {3: bar(12.0, 2.0, (2, 4))})
    assert symbols(over(tune, "C | F | G | Am D7"))[3] == [(0.0, "Am"), (1.0, "D7")]


def test_a_chart_with_a_pickup_is_laid_without_it():
    bars = [Bar(0, 12, (3, 4)), Bar(12, 36, (3, 4)), Bar(48, 24, (3, 4))]
    chords = [typed_chorus(text, bar(0.0, 3.0, (3, 4))).chords_by_bar[0] for text in ("G7", "C", "F")]
    chorus = Chorus(bars, chords, ("",))
    looped = chorus.without_pickup()
    assert [one.length for one in looped.bars] == [36, 36]
    assert [(chord.onset, chord.symbol) for chord in looped.chords_by_bar[1]] == [(0, "F"), (24, "G7")]
    again = chorus.repeated(3)
    assert [one.length for one in again.bars] == [12, 36, 36, 36, 36, 36, 24]
    assert [one.start for one in again.bars] == [0, 12, 48, 84, 120, 156, 192]
    tune = over_changes(tune_of_bars(range(4), 3.0, (3, 4)), chorus)
    assert [[symbol for _, symbol in found] for found in symbols(tune).values()] == [["C"], ["F", "G7"]] * 2


def test_sections_are_where_they_were_in_every_chorus():
    chorus = typed_chorus("[A] C | F | [B] G", bar(0.0, 4.0))
    assert chorus.repeated(2).sections == {0: "A", 2: "B", 3: "A", 5: "B"}
    upbeat = replace(chorus, bars=[Bar(0, 12), *chorus.bars[1:]])
    assert upbeat.repeated(2).sections == {0: "A", 2: "B", 4: "B"}


def test_the_grammar_speaks_of_them(our_tune):
    (tune,) = with_changes([read_tune(our_tune)], "C#maj7")
    assert {chord.symbol for chords in tune.chords.values() for chord in chords} == {"C#maj7"}
    values, own = tune.values, read_tune(our_tune).values
    assert [value[1:] for value in values] == [value[1:] for value in own]  # lengths and intervals are the line's
    assert sum(value[0] == "C" for value in values) < sum(value[0] == "C" for value in own) / 2


def test_what_cannot_be_is_told(our_tune):
    tune = read_tune(our_tune)
    with pytest.raises(ValueError, match=r"TUNE_CHORDS \(--tune-chords\): bar 1, chord 1: 'H7'.*German name of B"):
        with_changes([tune], "H7")
    with pytest.raises(ValueError, match="gives the changes of one tune, TUNE is a folder of 2"):
        with_changes([tune, tune], "C")
    assert with_changes([tune, tune], "") == [tune, tune]


def test_a_run_learns_over_them(tmp_path, write_tune, capsys):
    line = [(48 * step, 48 * step + 40, 62 + step % 7, 80) for step in range(192)]
    path = write_tune([("Sax", 0, line)])
    arguments = [str(path), "--output", str(tmp_path / "out"), *TINY]
    results = music_generate.main([*arguments, "--tune-chords", BLUES])
    told = capsys.readouterr().out
    assert "chords: 12 bars of TUNE_CHORDS, played 2 times from bar 1 on" in told
    assert [chord.symbol for chord in results.best.solo.chords][:6] == ["F7", "Bb7", "F7", "F7", "Bb7", "Bb7"]
    sheet = tmp_path / "blues.abc"
    sheet.write_text('X:1\nT:B\nM:4/4\nL:1/1\nK:F\n"F7"z|"Bb7"z|"F7"z|"Cm7 "z:|\n')
    results = music_generate.main([*arguments, "--tune-chords", str(sheet)])
    assert [chord.symbol for chord in results.best.solo.chords][:5] == ["F7", "Bb7", "F7", "Cm7", "F7"]
    link = "irealbook://One=A=Swing=C=n=[T34C   |D-7 ]\nirealbook://Two=A=Swing=C=n=[T44Eb  |Ab7 ]"
    results = music_generate.main([*arguments, "--tune-chords", link, "--song", "Two"])
    assert [chord.symbol for chord in results.best.solo.chords][:3] == ["Eb", "Ab7", "Eb"]


def test_the_rhythm_of_strange_bars_is_told(tmp_path, capsys):
    tune = str(ROOT / "data/our_tune.mid")
    music_generate.main([tune, "--chords", "3/4 Dm7 | G7 | 4/4 C", "--output", str(tmp_path), *TINY])
    told = capsys.readouterr().out
    assert "changes     3 bars of 3/4 and 4/4" in told
    assert "bars of 3/4: with the rhythm of the tune's beats, whose bars are of 4/4" in told
