from fractions import Fraction

import pytest
from conftest import bar, chord, note
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


BEATS = {
    (4, 4): (12, 12, 12, 12), (3, 4): (12, 12, 12), (5, 4): (12,) * 5, (2, 2): (24, 24), (3, 2): (24, 24, 24),
    (6, 8): (18, 18), (9, 8): (18, 18, 18), (12, 8): (18,) * 4, (3, 8): (18,), (2, 8): (12,), (1, 8): (6,),
    (5, 8): (12, 18), (7, 8): (12, 12, 18), (11, 8): (12, 12, 12, 12, 18), (7, 16): (6, 6, 9), (6, 16): (9, 9),
}  # fmt: skip


@pytest.mark.parametrize(("meter", "beats"), BEATS.items())
def test_the_meter_makes_the_beats(meter, beats):
    whole = bar(7.0, 4 * meter[0] / meter[1], meter)
    assert whole.beats == beats and sum(beats) == whole.length
    assert sum(whole.pulses) == sum(whole.halves) == whole.length


def test_bars_that_their_meter_does_not_fill():
    assert bar(0.0, 1.5, (4, 4)).beats == (12, 6)  # an upbeat
    assert bar(0.0, 4.0, (6, 8)).beats == (18, 18, 12)  # longer than its meter
    assert bar(0.0, 4.0, (32, 32)).beats == (12,) * 4  # a thirty-second is not on the grid
    assert bar(0.0, 0.0).beats == bar(0.0, 0.0).pulses == ()


def test_long_beats_are_walked_in_quarters():
    assert bar(0.0, 4.0, (2, 2)).pulses == (12,) * 4
    assert bar(0.0, 3.5, (7, 8)).pulses == (12, 12, 18)


def test_bars_fall_into_halves_at_a_beat():
    halves = {(4, 4): (24, 24), (3, 4): (36,), (5, 4): (36, 24), (6, 8): (18, 18), (7, 8): (24, 18), (12, 8): (36, 36)}
    halves |= {(2, 4): (24,), (9, 8): (54,), (2, 2): (24, 24), (7, 4): (48, 36)}
    assert {meter: bar(0.0, 4 * meter[0] / meter[1], meter).halves for meter in halves} == halves
