import random

import numpy as np
from conftest import bar, note

from learning.ground import Line, line_of
from learning.touch import NEAREST, Touch, contour_weight, features, swells
from music.piece import Solo

BARS = [bar(4.0 * number, 4.0) for number in range(8)]


def line_of_bars(bar_of_notes) -> Line:
    return line_of([Solo(BARS, [bar_of_notes] * 8, [[] for _ in BARS])], [BARS[0].beats])


# Up and down again in eighths: the peak is loud, the rest is soft, the first beat in between.
WAVE = [
    note(number / 2, 0.5, pitch, 110 if pitch == 67 else 80 if number == 0 else 50)
    for number, pitch in enumerate((60, 62, 67, 64, 62, 64, 67, 62))
]


def test_peaks_are_as_loud_as_the_player_s():
    line = line_of_bars(WAVE)
    drawn = np.array(Touch(line).draw(line, random.Random(0)))
    peaks = line.pitches == 67
    assert drawn[peaks].min() > drawn[~peaks].mean() + 30


def test_contour_counts_as_much_as_makes_the_line_swell_as_the_player_s():
    """Of two players of one line the first is louder on high notes, the second on the beat; contour counts for more
    with the first."""
    line, generator = line_of_bars(WAVE), np.random.default_rng(0)
    noise = generator.integers(0, 9, len(line.places))
    by_pitch = line._replace(velocities=10 * (line.pitches - 60) + 20 + noise)
    by_beat = line._replace(velocities=60 + 30 * (line.in_pulse == 0) + noise)
    assert contour_weight(by_pitch, line) >= contour_weight(by_beat, line)
    for player in (by_pitch, by_beat):
        weight = contour_weight(player, line)
        drawn = line._replace(velocities=np.array(Touch(player, weight).draw(line, random.Random(1))))
        assert abs(swells(drawn)[0] - swells(player)[0]) < 0.1


def test_swells_by_hand():
    line = line_of_bars(WAVE[:4])
    assert swells(line._replace(velocities=line.pitches))[0] > 0.999
    assert swells(line._replace(velocities=line.pitches * 0 + 64)) == (0, 0)
    single = Line(*(column[:1] for column in line))
    assert swells(single) == (0, 0) and contour_weight(single, line) == contour_weight(line, single) == 1
    short = line_of([Solo(BARS[:1], [WAVE[:3] + WAVE[3:4]], [[]])], [BARS[0].beats])
    louder, peaks = swells(short._replace(velocities=np.array([50, 50, 90, 50])))
    assert louder > 0.8 and peaks == (90 - 60) / np.std([50, 50, 90, 50])


def test_by_place_alone_a_place_is_as_loud_as_it_was():
    line = line_of_bars(WAVE)
    drawn = np.array(Touch(line, contour=0.0).draw(line, random.Random(0)))
    assert set(drawn[line.in_bar == 0].tolist()) <= {80, 50}


def test_velocities_are_the_player_s_and_come_of_the_generator():
    line = line_of_bars(WAVE)
    touch = Touch(line._replace(velocities=np.arange(len(line.places)) + 20))
    one, two, three = (touch.draw(line, random.Random(seed)) for seed in (1, 1, 2))
    assert one == two != three and set(one) <= set(range(20, 20 + len(line.places)))


def test_one_note_of_the_player_is_enough_and_nothing_to_play_is_nothing():
    single = line_of([Solo(BARS[:1], [[note(0.0, 1.0, 60, 77)]], [[]])], [BARS[0].beats])
    line = line_of_bars(WAVE)
    assert Touch(single).draw(line, random.Random(0)) == [77] * len(line.places)
    nothing = Line(*(column[:0] for column in line))
    assert Touch(line).draw(nothing, random.Random(0)) == []
    assert features(single).shape == (1, 9) and NEAREST > 1
