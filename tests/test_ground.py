import numpy as np
from conftest import bar, chord, note

from learning.ground import ground_of, joined, line_of, line_on
from music.notes import Note
from music.piece import Solo

C, F = (60, 64, 67), (65, 69, 72)
BARS = [bar(0.0, 4.0), bar(4.0, 3.0, (3, 4))]
CHORDS = [[chord(0.0, 2.0, C), chord(2.0, 2.0, F)], [chord(0.0, 3.0, F)]]
NOTES = [[note(0.0, 0.5, 60), note(2.5, 1.0, 64, 50)], [note(1.0, 0.25, 61), note(2.0, 0.25, 53)]]
SHAPES = [bar.beats for bar in BARS]


def test_places_know_their_bar_beat_accent_and_chord():
    ground = ground_of(BARS, CHORDS, SHAPES)
    assert ground.end == 48 + 36
    assert ground.bars[[0, 47, 48, 83, 84]].tolist() == [0, 0, 1, 1, 2]
    assert ground.left[[0, 47, 48, 83]].tolist() == [48, 1, 36, 1]
    assert ground.in_pulse[[0, 5, 12, 60]].tolist() == [0, 5, 0, 0]
    assert ground.accents[[0, 12, 18, 24, 36, 48, 60]].tolist() == [0, 1, 2, 0, 1, 0, 1]
    assert ground.chords[[0, 23, 24, 48, 83, 84]].tolist() == [0, 0, 1, 1, 1, 2], (
        "the same chord goes on over a bar line"
    )
    assert ground.kinds[ground.tables[0]][[0, 4, 7]].tolist() == [0, 0, 0]
    assert ground.kinds[ground.tables[24]][[5, 9, 0]].tolist() == [0, 0, 0]


def test_a_bar_of_no_chord_has_no_types():
    ground = ground_of(BARS, [CHORDS[0], []], SHAPES)
    assert (ground.kinds[ground.tables[50]] == 3).all()


def test_a_scene_is_an_accent_and_whether_chord_and_bar_are_new():
    ground = ground_of(BARS, CHORDS, SHAPES)
    scenes = ground.scene(np.array([0, 18, 24, 48]), np.array([-1, 0, 0, 0]), np.array([-1, 0, 0, 1]))
    assert scenes.tolist() == [0 + 2 + 1, 8, 0 + 2, 0 + 1]


def test_notes_as_a_line():
    line = line_of([Solo(BARS, NOTES, CHORDS)], SHAPES)
    assert line.places.tolist() == [0, 30, 60, 72]
    assert line.in_bar.tolist() == [0, 30, 12, 24] and line.shapes.tolist() == [0, 0, 1, 1]
    assert line.intervals.tolist() == [0, 4, -3, -8]
    assert line.distances.tolist() == [30, 30, 12, 0]
    assert ["CSAX"[kind] for kind in line.kinds] == ["C", "A", "A", "C"]
    assert line.new_chord.tolist() == [True, True, False, False]
    assert line.new_bar.tolist() == [True, False, True, False]
    assert line.velocities.tolist()[1] == 50


def test_lines_that_are_joined_stay_apart():
    solo = Solo(BARS, NOTES, CHORDS)
    line = line_of([solo, solo], SHAPES)
    assert line.begins.tolist() == [True, False, False, False] * 2
    assert line.distances.tolist() == [30, 30, 12, 0] * 2 and line.intervals[4] == 0
    once = line_of([solo], SHAPES)
    assert all((one == two).all() for one, two in zip(joined([once, once]), line, strict=True))


def test_a_line_of_nothing():
    nothing = np.zeros(0, int)
    line = line_on(ground_of(BARS, CHORDS, SHAPES), nothing, nothing, nothing)
    assert not len(line.distances) and not len(line.intervals)


def test_ground_of_a_tune_whose_bars_lie_anywhere_counts_from_its_first():
    later = [one._replace(start=one.start + 960) for one in BARS]
    assert (ground_of(later, CHORDS, SHAPES).bars == ground_of(BARS, CHORDS, SHAPES).bars).all()
    assert Note(0, 3, 60).end == 3
