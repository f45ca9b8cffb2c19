import numpy as np
import pytest
from conftest import bar, note

from learning.ground import line_of
from learning.rhythm import gaps_of, learn_holds, learn_waits, mixed, next_longer
from music.notes import Bar, Note
from music.piece import Solo, lay_out

FOUR = bar(0.0, 4.0)


def solo_of(*bars: tuple[Bar, list[Note]]) -> Solo:
    """A solo of bars one after the other, each with its notes, and without chords."""
    return Solo(lay_out([bar for bar, _ in bars]), [notes for _, notes in bars], [[] for _ in bars])


# One bar: a sixteenth, an eighth on the second sixteenth, then nothing until the next bar's first beat.
TUNE = solo_of((FOUR, [note(0.0, 0.25, 60, 100), note(0.25, 0.5, 62, 50)]), (FOUR, [note(0.0, 0.25, 64, 90)]))


def waits_of(solo: Solo, *shapes: Bar) -> tuple[np.ndarray, np.ndarray]:
    """The gaps there are, and the table of each shape."""
    played = list({bar.beats: bar for bar in solo.bars}.values())
    line = line_of([solo], [bar.beats for bar in played])
    gaps = gaps_of(line.distances)
    return gaps, learn_waits(line, gaps, played, shapes or played, 3)


def test_gaps_are_those_that_were_played_and_the_usual_ones():
    assert gaps_of(np.array([3, 45, 0, 1, 500])).tolist() == [2, 3, 4, 6, 45, 192]
    assert next_longer(np.array([2, 3, 6]), np.array([1, 2, 3, 4, 6, 99])).tolist() == [0, 0, 1, 2, 2, 2]


def test_a_count_leans_on_a_wider_one_by_hand():
    assert mixed(np.array([3, 0]), np.array([0.5, 0.5]), 1.0).tolist() == [0.875, 0.125]
    assert mixed(np.array([0, 0]), np.array([0.9, 0.1]), 0.5).tolist() == [0.9, 0.1]


def test_waits_are_probabilities_that_favour_what_was_played_there_after_such_a_gap():
    gaps, (table,) = waits_of(TUNE)
    none, sixteenth = len(gaps), gaps.tolist().index(3)
    assert np.all(table >= 0)
    assert gaps[table[0, none].argmax()] == 3
    assert gaps[table[3, sixteenth].argmax()] == 45
    assert table[3, sixteenth, gaps.tolist().index(45)] > table[3, none, gaps.tolist().index(45)]


def test_a_beat_is_ternary_or_binary_and_stays_so():
    """After a third of a beat comes a third, after a fourth a fourth, at the same place."""
    ternary = [note(third / 3, 1 / 3, 60) for third in range(12)]
    binary = [note(fourth / 4, 0.25, 60) for fourth in range(16)]
    gaps, (table,) = waits_of(solo_of((FOUR, ternary), (FOUR, binary), (FOUR, ternary), (FOUR, binary)))
    third, fourth = gaps.tolist().index(4), gaps.tolist().index(3)
    for place in (12, 24):  # on the first beat the one follows the other
        assert table[place, third].argmax() == third and table[place, fourth].argmax() == fourth


def test_onsets_stay_on_the_grid_and_leave_room_for_the_shortest_value():
    gaps, (table,) = waits_of(TUNE)
    place, _, gap = np.nonzero(table)
    on_the_grid = np.isin(place % 12, (0, 3, 4, 6, 8, 9))  # from elsewhere not every place leads back
    landing = (place + gaps[gap])[on_the_grid] % 48
    assert all(step % 12 in (0, 3, 4, 6, 8, 9) and step <= 45 for step in landing)


def test_a_rest_of_bars_is_one_long_gap():
    solo = solo_of((FOUR, TUNE.notes_by_bar[0]), (FOUR, []), (FOUR, [note(1.0, 0.25, 60, 80)]))
    gaps, (table,) = waits_of(solo)
    assert gaps[table[3, gaps.tolist().index(3)].argmax()] == 45 + 48 + 12


def test_bars_of_other_beats_have_tables_of_their_own_even_if_the_tune_has_none():
    waltz, compound, odd = bar(0.0, 3.0, (3, 4)), bar(0.0, 3.0, (6, 8)), bar(3.0, 3.5, (7, 8))
    gaps, tables = waits_of(TUNE, waltz, compound, odd)
    assert tables.shape == (3, 42, len(gaps) + 1, len(gaps))
    sixteenth = gaps.tolist().index(3)
    for table, beats in zip(tables, ((0, 12, 24), (0,), (0, 12, 24)), strict=True):
        assert all(table[beat, -1].argmax() == sixteenth for beat in beats), "a beat as the tune's"


@pytest.mark.parametrize("n_notes", [1, 2])
def test_a_note_or_two_are_enough(n_notes):
    solo = solo_of((FOUR, [note(1.0 + number, 0.5, 60, 70) for number in range(n_notes)]))
    gaps, (table,) = waits_of(solo)
    assert np.isfinite(table).all() and table.sum(axis=2).all()
    assert set(gaps.tolist()) >= {2, 3, 4, 6}


def test_a_note_is_held_as_long_as_before_such_a_gap_by_hand():
    durations, gaps = np.array([3, 6]), np.array([3, 6, 12])
    held, gap = np.array([0, 0, 1, 1]), np.array([0, 0, 1, 2])
    holds = learn_holds(durations, gaps, held, gap)
    assert holds[0, 1] == 0, "six steps do not fit before the next onset three later"
    assert holds[0, 0] > 1 and holds[1, 1] > holds[1, 0]
    longer = learn_holds(np.array([3, 4]), gaps, np.array([0, 1]), np.array([0, 0]))
    assert longer[0, 1] > 0, "but a legato note may be cut by one step"
