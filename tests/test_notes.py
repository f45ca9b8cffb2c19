from fractions import Fraction

import pytest
from conftest import chord, note
from hypothesis import given
from hypothesis import strategies as st

from music.notes import pitch_name
from music.units import GRID, quantize, to_quarters, to_steps, to_ticks
from reading.meters import find_bars


def test_names_are_those_music21_gives():
    from music21 import pitch

    assert [pitch_name(midi) for midi in range(12, 128)] == [
        pitch.Pitch(midi).nameWithOctave for midi in range(12, 128)
    ]
    assert note(0.0, 1.0, 63).name == "E-4"
    assert chord(0.0, 1.0, (68, 61, 70)).names == ["G#4", "C#4", "B-4"]


@pytest.mark.parametrize(
    ("ticks_given", "quarters"), [(0, 0), (40, 1 / 3), (28, 0.25), (36, 1 / 3), (12, 0.0), (96, 1), (44, 0.5), (95, 1)]
)
def test_quantize_by_hand(ticks_given, quarters):
    assert quantize(ticks_given, 96) == to_steps(quarters)


@given(st.integers(0, 10**7), st.integers(1, 2000))
def test_quantize_takes_the_nearest_and_of_two_the_smaller(count, ticks_per_quarter):
    exact = Fraction(count, ticks_per_quarter)
    grid = [Fraction(round(exact * d) + step, d) for d in (3, 4) for step in (-1, 0, 1)]
    best = min((abs(exact - value), value) for value in grid if value >= 0)[1]
    assert quantize(count, ticks_per_quarter) == best * GRID


@given(st.integers(0, 10**6))
def test_grid_round_trip(steps):
    assert to_steps(to_quarters(steps)) == steps
    assert to_ticks(steps, 480) == steps * 40


def test_bar_number_is_exact_at_the_bar_line():
    bars, _ = find_bars([], 96, 0)
    onsets = [to_steps(quarters) for quarters in (475.75, 476.0, 479.75, 480 - 1 / 12, 480.0)]
    assert [bars.number(onset) for onset in onsets] == [118, 119, 119, 119, 120]
