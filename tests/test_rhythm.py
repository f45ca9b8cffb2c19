import random

import numpy as np
import pytest
from conftest import bar, note

from learning.rhythm import beat_steps, draw_velocities, learn_rhythm
from preprocess import read_tune

FOUR = bar(0.0, 4.0)
# One bar: a sixteenth, an eighth on the second sixteenth, then nothing until the next bar's first beat.
TUNE = [(FOUR, [note(0.0, 0.25, 60, 100), note(0.25, 0.5, 62, 50)]), (FOUR, [note(0.0, 0.25, 64, 90)])]


def test_distances_are_probabilities_that_favour_what_was_played():
    rhythm = learn_rhythm([TUNE], [FOUR], 3)
    distances = rhythm.distances[48]
    assert np.allclose(distances.sum(axis=2), 1)
    assert distances[0, 3].argmax() == 3
    assert distances[3, 6].argmax() == 45
    assert rhythm.first_places == (0,)


def test_onsets_stay_on_the_grid_and_notes_are_hardly_cut():
    place, steps, distance = np.nonzero(learn_rhythm([TUNE], [FOUR], 3).distances[48])
    assert (distance >= np.minimum(np.maximum(steps - 1, 2), 47)).all()
    landing = (place + distance) % 48
    assert all(step % 12 in (0, 3, 4, 6, 8, 9) and step <= 45 for step in landing)


def test_velocities_come_from_the_same_place():
    rhythm = learn_rhythm([TUNE], [FOUR], 3)
    notes = [note(0.0, 0.25, 70), note(0.25, 0.25, 71), note(2.25, 0.25, 71)]
    drawn = draw_velocities(notes, FOUR, rhythm, random.Random(0))
    assert drawn[0].velocity in (100, 90)
    assert drawn[1].velocity == 50
    assert drawn[2].velocity == 50  # never played there: the same place of the beat


def test_one_note_alone_goes_on_back_to_back():
    rhythm = learn_rhythm([[(FOUR, [note(1.0, 0.5, 60, 70)])]], [FOUR], 6)
    assert rhythm.distances[48][12, 6].argmax() == 6
    assert rhythm.first_places == (12,)


def test_a_bar_of_rest_is_one_long_silent_note():
    rhythm = learn_rhythm([[(FOUR, TUNE[0][1]), (FOUR, []), (FOUR, [note(1.0, 0.25, 60, 80)])]], [FOUR], 3)
    assert rhythm.distances[48][0, 48].argmax() == 60  # from the bar of rest to the second beat of the next
    assert 0 not in rhythm.velocities[48][0]


def test_each_length_of_bar_has_its_table_even_if_the_tune_has_none():
    waltz, compound = bar(0.0, 3.0, (3, 4)), bar(0.0, 3.0, (6, 8))
    rhythm = learn_rhythm([TUNE], [waltz, bar(3.0, 3.5, (7, 8))], 3)
    assert sorted(rhythm.distances) == [36, 42]
    assert rhythm.distances[36].shape[0] == 36 and len(rhythm.velocities[42]) == 42
    assert (beat_steps(waltz), beat_steps(compound)) == (12, 18)


@pytest.mark.parametrize("density", [0.7, 0.85, 1.0])
def test_a_long_solo_is_as_dense_as_is_wanted(our_tune, density):
    """Walking through the table for long gives the mean distance of the source, over the density."""
    tune = read_tune(our_tune)
    notes = [note for bar in tune.melody.values() for note in bar]
    bars = [
        (bar, [note._replace(offset=note.offset - bar.start) for note in tune.melody[number]])
        for number, bar in tune.bars.items()
    ]
    table = learn_rhythm([bars], [FOUR], 3, density).distances[48]
    generator, place, walked = np.random.default_rng(0), 0, []
    lengths = [min(note.duration, 48) for note in notes]
    for _ in range(6000):
        row = table[place, generator.choice(lengths)]
        walked.append(generator.choice(len(row), p=row))
        place = (place + walked[-1]) % 48
    wanted = np.diff([note.onset for note in notes]).mean() / density
    assert np.mean(walked) == pytest.approx(wanted, rel=0.05)
