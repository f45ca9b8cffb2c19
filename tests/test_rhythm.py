import random

import numpy as np

from notes import Note
from rhythm import draw_velocities, learn_rhythm

# One bar: a sixteenth, an eighth on the second sixteenth, then nothing until the next bar's first beat.
MELODY = {7: [Note(28.0, 0.25, 60, 100), Note(28.25, 0.5, 62, 50)], 8: [Note(32.0, 0.25, 64, 90)]}


def test_distances_are_probabilities_that_favour_what_was_played():
    rhythm = learn_rhythm(MELODY, 48, {3, 6})
    assert np.allclose(rhythm.distances.sum(axis=2), 1)
    assert rhythm.distances[0, 3].argmax() == 3
    assert rhythm.distances[3, 6].argmax() == 45
    assert rhythm.first_places == (0,)


def test_onsets_stay_on_the_grid_and_notes_are_hardly_cut():
    rhythm = learn_rhythm(MELODY, 48, {3, 4, 6})
    place, steps, distance = np.nonzero(rhythm.distances)
    assert (distance >= np.maximum(steps - 1, 2)).all()
    landing = (place + distance) % 48
    assert all(step % 12 in (0, 3, 4, 6, 8, 9) and step <= 45 for step in landing)


def test_velocities_come_from_the_same_place():
    rhythm = learn_rhythm(MELODY, 48, {3, 6})
    drawn = draw_velocities([Note(0.0, 0.25, 70), Note(0.25, 0.25, 71), Note(2.25, 0.25, 71)], rhythm, random.Random(0))
    assert drawn[0].velocity in (100, 90)
    assert drawn[1].velocity == 50
    assert drawn[2].velocity == 50  # never played there: the same place of the beat


def test_one_note_alone_goes_on_back_to_back():
    rhythm = learn_rhythm({0: [Note(1.0, 0.5, 60, 70)]}, 48, {6})
    assert rhythm.distances[12, 6].argmax() == 6
    assert rhythm.first_places == (12,)
