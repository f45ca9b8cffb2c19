"""The evaluation's measures of sense, worked by hand; and that a classifier tells apart what differs."""

import json
from dataclasses import replace

import numpy as np
import pytest
import sense
import told_apart
import weimar
from conftest import ROOT, bar, chord, note

from music.piece import Solo
from preprocess import read_tune

C, F = (60, 64, 67), (65, 69, 72)


def solo(*bars_of_notes, chords=(C, F)) -> Solo:
    bars = [bar(4.0 * number, 4.0) for number in range(len(bars_of_notes))]
    by_bar = [[chord(0.0, 4.0, chords[number % 2])] for number in range(len(bars))]
    return Solo(bars, list(bars_of_notes), by_bar)


# Up a scale, a leap and back, an approach tone that resolves; a rest; over F by step to its chord tone, and up.
TURN = solo(
    [
        note(0.0, 0.25, 60, 60),
        note(0.25, 0.25, 62, 60),
        note(0.5, 0.25, 64, 60),
        note(0.75, 0.25, 66, 60),
        note(1.0, 0.5, 72, 100),
        note(1.5, 0.5, 67, 60),
        note(2.0, 0.5, 68, 90),
        note(2.5, 0.5, 67, 60),
    ],
    [note(0.5, 1.0, 69, 60), note(1.5, 0.5, 72, 60)],
)


def test_measures_by_hand():
    found = sense.measure(TURN)
    assert found["chord tones on beats 1 and 3"] == pytest.approx(1 / 2)  # C and, an approach tone, G sharp
    assert found["A or X on the beat"] == pytest.approx(1 / 3)
    assert found["new chord: lands on C"] == found["new chord: by step to C"] == 1
    assert found["A goes to C by a semitone"] == 1 and found["A left by a leap"] == 0
    assert found["phrase ends on C"] == 1
    assert found["its last note, in mean lengths"] == pytest.approx(0.5 / 0.45)  # of two phrases
    assert found["mean leap (semitones)"] == pytest.approx((2 + 2 + 2 + 6 + 5 + 1 + 1 + 2 + 3) / 9)
    assert found["leap over a bar line"] == 2
    assert found["leaps turned back"] == 1  # the sixth up; and the fourth down after it
    assert found["scale runs"] == pytest.approx(1 / 7)
    assert found["arpeggios"] == 0
    assert found["turns of three intervals that recur"] == 0
    assert found["longest stream of equal gaps"] == 4
    assert found["peaks louder (sd)"] > 1 and found["velocity with pitch (r)"] > 0.5


def test_what_is_told_of_the_next_by_hand():
    one, two = np.array([1, 2, 1, 2]), np.array([3, 4, 3, 4])
    assert sense.information(one, two) == pytest.approx(1)
    assert sense.information(one, np.array([3, 3, 4, 4])) == pytest.approx(0)
    assert sense.information(one[:0], two[:0]) == 0


def test_arpeggios_streams_and_density():
    thirds = solo([note(number / 2, 0.5, pitch) for number, pitch in enumerate((60, 64, 67, 71, 60, 64, 67, 71))])
    found = sense.measure(thirds)
    assert found["arpeggios"] == pytest.approx(4 / 6) and found["longest stream of equal gaps"] == 7
    assert found["turns of three intervals that recur"] == pytest.approx(2 / 5)
    eight, four = [note(n / 2, 0.5, 60 + n) for n in range(8)], [note(n, 0.5, 60 + n) for n in range(4)]
    assert sense.measure(solo(eight, eight, four, four))["variation of density"] == pytest.approx(4 / 12)


def test_of_nothing_nothing_is_measured():
    assert all(np.isnan(value) for value in sense.measure(solo([note(0.0, 1.0, 60)])).values())
    silent = sense.measure(solo([note(number, 1.0, 60) for number in range(4)], chords=((), ())))
    assert np.isnan(silent["leaps turned back"]) and silent["velocity with pitch (r)"] == 0


def test_notes_are_heard_until_the_next_one_begins():
    overlapping = solo([note(0.0, 2.0, 60), note(0.5, 0.5, 62), note(1.0, 0.5, 64), note(2.0, 2.0, 65)])
    assert sense.line(overlapping).durations.tolist() == [6, 6, 6, 24]


def test_every_measure_has_a_human_column():
    humans = json.loads((ROOT / "benchmarks/humans.json").read_text())
    assert list(humans) == list(sense.MEASURES)
    assert all(spread > 0 for _, spread in humans.values())


def test_a_classifier_tells_another_rhythm_and_not_the_same_bars(our_tune):
    source = read_tune(our_tune).solo
    generator = np.random.default_rng(0)

    def shuffled(of: Solo) -> Solo:
        order = generator.permutation(len(of.bars))
        return replace(
            of,
            notes_by_bar=[of.notes_by_bar[number] for number in order],
            chords_by_bar=[of.chords_by_bar[number] for number in order],
        )

    def moved(of: Solo) -> Solo:
        return replace(
            of, notes_by_bar=[[one._replace(pitch=one.pitch + 30) for one in bar] for bar in of.notes_by_bar]
        )

    others = [shuffled(source) for _ in range(8)]
    assert told_apart.told_apart(source, [moved(other) for other in others]) > 0.9
    assert told_apart.told_apart(shuffled(source), others) < 0.8
    assert np.isnan(told_apart.told_apart(source, others[:2]))


# --- The Weimar Jazz Database ----------------------------------------------------------------------------------------

NOTES = """onset,duration,period,division,bar,beat,tatum,beat_duration,signature,pitch,loud_max,loud_median,chord
0.5,0.25,4,2,1,1,1,0.5,"4/4",60,0.5,60,C6
0.75,0.4,4,2,1,1,2,0.5,"4/4",62,0.5,80,C6
2.5,0.5,4,3,2,1,2,0.5,"4/4",64,0.5,70,G79b
3.0,0.5,4,1,2,2,1,0.5,"4/4",65,0.5,,G79b
"""
BEATS = "onset,bar,beat,signature,chord\n" + "".join(
    f"{number / 2},{1 + number // 4},{1 + number % 4},'4/4',{'C6' if number == 0 else 'G79b' if number == 4 else ''}\n"
    for number in range(8)
)


def test_a_solo_of_the_database_is_read_as_a_tune(tmp_path):
    (tmp_path / "A_FINAL.csv").write_text(NOTES)
    (tmp_path / "A_FINAL_beattrack.csv").write_text(BEATS)
    assert weimar.solos_in(tmp_path) == ["A"]
    tune = weimar.tune_of(tmp_path, "A", tmp_path)
    assert [(note.onset, note.pitch) for note in tune.solo.notes] == [(0, 60), (6, 62), (52, 64), (60, 65)]
    assert [one.symbol for one in tune.solo.chords] == ["C6", "G7b9"]
    assert len({note.velocity for note in tune.solo.notes}) == 4
    with pytest.raises(ValueError, match="holds no solo of the Weimar Jazz Database"):
        weimar.solos_in(tmp_path / "nothing")
    assert weimar.symbol_of("NC") is None
