import random

import numpy as np
import pytest
from conftest import bar, note

from learning.rhythm import draw_velocities, learn_rhythm
from music.notes import Bar, Note
from music.piece import Solo, lay_out
from preprocess import read_tune

FOUR = bar(0.0, 4.0)


def solo_of(*bars: tuple[Bar, list[Note]]) -> Solo:
    """A solo of bars one after the other, each with its notes, and without chords."""
    return Solo(lay_out([bar for bar, _ in bars]), [notes for _, notes in bars], [[] for _ in bars])


# One bar: a sixteenth, an eighth on the second sixteenth, then nothing until the next bar's first beat.
TUNE = solo_of((FOUR, [note(0.0, 0.25, 60, 100), note(0.25, 0.5, 62, 50)]), (FOUR, [note(0.0, 0.25, 64, 90)]))


def test_distances_are_probabilities_that_favour_what_was_played():
    rhythm = learn_rhythm([TUNE], [FOUR], 3, 1.0)
    distances = rhythm.distances[FOUR.beats]
    assert np.allclose(distances.sum(axis=2), 1)
    assert distances[0, 3].argmax() == 3
    assert distances[3, 6].argmax() == 45
    assert rhythm.first_places == (0,)


def test_onsets_stay_on_the_grid_and_notes_are_hardly_cut():
    place, steps, distance = np.nonzero(learn_rhythm([TUNE], [FOUR], 3, 1.0).distances[FOUR.beats])
    assert (distance >= np.minimum(np.maximum(steps - 1, 2), 47)).all()
    landing = (place + distance) % 48
    assert all(step % 12 in (0, 3, 4, 6, 8, 9) and step <= 45 for step in landing)


def test_velocities_come_from_the_same_place():
    rhythm = learn_rhythm([TUNE], [FOUR], 3, 1.0)
    notes = [note(0.0, 0.25, 70), note(0.25, 0.25, 71), note(2.25, 0.25, 71)]
    drawn = draw_velocities(notes, FOUR, rhythm, random.Random(0))
    assert drawn[0].velocity in (100, 90)
    assert drawn[1].velocity == 50
    assert drawn[2].velocity == 50  # never played there: the same place of the beat


def test_one_note_alone_goes_on_back_to_back():
    rhythm = learn_rhythm([solo_of((FOUR, [note(1.0, 0.5, 60, 70)]))], [FOUR], 6, 1.0)
    assert rhythm.distances[FOUR.beats][12, 6].argmax() == 6
    assert rhythm.first_places == (12,)


def test_a_bar_of_rest_is_one_long_silent_note():
    solo = solo_of((FOUR, TUNE.notes_by_bar[0]), (FOUR, []), (FOUR, [note(1.0, 0.25, 60, 80)]))
    rhythm = learn_rhythm([solo], [FOUR], 3, 1.0)
    assert rhythm.distances[FOUR.beats][0, 48].argmax() == 60  # from the bar of rest to the second beat of the next
    assert 0 not in rhythm.velocities[FOUR.beats][0]


def test_bars_of_other_beats_have_tables_of_their_own_even_if_the_tune_has_none():
    waltz, compound, odd = bar(0.0, 3.0, (3, 4)), bar(0.0, 3.0, (6, 8)), bar(3.0, 3.5, (7, 8))
    rhythm = learn_rhythm([TUNE], [waltz, compound, odd], 3, 1.0)
    assert set(rhythm.distances) == set(rhythm.velocities) == {(12, 12, 12), (18, 18), (12, 12, 18)}
    assert rhythm.distances[waltz.beats].shape[0] == 36 and len(rhythm.velocities[odd.beats]) == 42


def test_a_place_leans_on_the_same_place_of_the_pulse():
    """What was played a sixteenth after a beat of 4/4 comes a sixteenth after every beat of 7/8, the last one too."""
    odd = bar(0.0, 3.5, (7, 8))
    velocities = learn_rhythm([TUNE], [odd], 3, 1.0).velocities[odd.beats]
    assert velocities[3] == velocities[12 + 3] == velocities[24 + 3] == [50]


@pytest.mark.parametrize("density", [0.7, 0.85, 1.0])
def test_a_long_solo_is_as_dense_as_is_wanted(our_tune, density):
    """Walking through the table for long gives the mean distance of the source, over the density."""
    tune = read_tune(our_tune)
    notes = [note for bar in tune.melody.values() for note in bar]
    table = learn_rhythm([tune.solo], [FOUR], 3, density).distances[FOUR.beats]
    generator, place, walked = np.random.default_rng(0), 0, []
    lengths = [min(note.duration, 48) for note in notes]
    for _ in range(6000):
        row = table[place, generator.choice(lengths)]
        walked.append(generator.choice(len(row), p=row))
        place = (place + walked[-1]) % 48
    wanted = np.diff([note.onset for note in notes]).mean() / density
    assert np.mean(walked) == pytest.approx(wanted, rel=0.05)
