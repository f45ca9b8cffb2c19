from dataclasses import replace

import pytest
from conftest import four_bars

from improvising.arranging import Arrangement
from improvising.copies import copies_of
from music.piece import Solo, Tune, lay_out
from preprocess import read_tune

# Four bars of eighths over C major 7, no four values of which stand in two places.
PITCHES = [
    [60, 64, 62, 67, 71, 65, 69, 72],
    [67, 60, 69, 74, 65, 62, 71, 64],
    [72, 71, 60, 65, 76, 67, 74, 62],
    [64, 74, 65, 60, 71, 72, 62, 69],
]


def tune_of(write_tune, bars, name="tune.mid") -> Tune:
    return read_tune(write_tune(four_bars([pitch for bar in bars for pitch in bar]), name=name))


@pytest.fixture
def tune(write_tune) -> Tune:
    return tune_of(write_tune, PITCHES)


def bars_of(tune: Tune, *numbers: int) -> Solo:
    """A solo of some of a tune's bars, from 0, in this order."""
    solo = tune.solo
    columns = ([column[number] for number in numbers] for column in (solo.bars, solo.notes_by_bar, solo.chords_by_bar))
    bars, notes, chords = columns
    return Solo(lay_out(bars), notes, chords)


def with_pitch(solo: Solo, number: int, pitch: int) -> Solo:
    """The solo with another pitch on one of its first bar's notes."""
    first = list(solo.notes_by_bar[0])
    first[number] = first[number]._replace(pitch=pitch)
    return replace(solo, notes_by_bar=[first, *solo.notes_by_bar[1:]])


def told(solo, *tunes):
    return [(copy.first, copy.last, copy.where) for copy in copies_of(solo, list(tunes), Arrangement(97.0))]


def test_the_source_s_own_bars_are_one_copy(tune):
    solo = bars_of(tune, 1, 2)
    (copy,) = copies_of(solo, [tune], Arrangement(97.0))
    assert (copy.first, copy.last, copy.where) == (0, 15, "bars 2 to 3")
    assert copy.passage.solo.notes == solo.notes and copy.passage.solo.chords == solo.chords
    assert copy.passage.solo.bars[0].start == 0
    assert (copy.passage.title, copy.passage.tempo) == ("tune, bars 2 to 3", 97.0)
    assert told(bars_of(tune, 3), tune) == [(0, 7, "bar 4")]


def test_a_whole_tune_is_one_copy(our_tune):
    tune = read_tune(our_tune)
    assert told(tune.solo, tune) == [(0, len(tune.solo.notes) - 1, "bars 1 to 24")]


def test_a_run_of_three_is_none_and_one_of_four_is(tune):
    assert told(with_pitch(bars_of(tune, 1), 3, 77), tune) == []  # the 4th value and the 5th, which starts from it
    assert told(with_pitch(bars_of(tune, 1), 4, 77), tune) == [(0, 3, "bar 2")]
    assert told(with_pitch(bars_of(tune, 1), 2, 77), tune) == [(4, 7, "bar 2")]


def test_of_two_tunes_the_name_is_told_and_no_run_goes_from_one_to_the_other(write_tune, tune):
    raised = tune_of(write_tune, [[pitch + 1 for pitch in bar] for bar in PITCHES], "raised.mid")
    assert told(bars_of(raised, 2), tune, raised) == [(0, 7, "bar 3 of raised")]
    assert told(bars_of(tune, 2), tune, raised) == [(0, 7, "bar 3 of tune")]
    last, first = bars_of(tune, 3), bars_of(raised, 0)
    columns = ([*one, *two] for one, two in zip(vars_of(last), vars_of(first), strict=True))
    bars, notes, chords = columns
    both = told(Solo(lay_out(bars), notes, chords), tune, raised)
    assert both == [(0, 7, "bar 4 of tune"), (8, 15, "bar 1 of raised")]


def vars_of(solo: Solo):
    return solo.bars, solo.notes_by_bar, solo.chords_by_bar


def test_of_two_that_overlap_the_longest_is_told(write_tune):
    """The solo's bar goes on from the middle of the first bar with the second one, which shares that middle with it."""
    first, second = [60, 64, 62, 67, 71, 65, 69, 72], [67, 64, 62, 67, 71, 76, 60, 74]
    tune = tune_of(write_tune, [first, second, *PITCHES[2:]])
    solo = bars_of(tune, 0)
    mixed = [note._replace(pitch=pitch) for note, pitch in zip(solo.notes, [*first[:5], *second[5:]], strict=True)]
    assert told(replace(solo, notes_by_bar=[mixed]), tune) == [(2, 7, "bar 2")]


def test_what_a_longer_one_leaves_over_is_told_too(tune):
    """The last bar's first value begins the first bar, too: the copy of the third bar takes it along."""
    assert tune.abstract_grammars[3].split()[0] == tune.abstract_grammars[0].split()[0]
    solo = bars_of(tune, 2, 0)
    assert told(solo, tune) == [(0, 8, "bars 3 to 4"), (9, 15, "bar 1")]


def test_nothing_is_copied_of_nothing(tune):
    assert told(Solo([], [], []), tune) == []
    assert copies_of(bars_of(tune, 0), [], Arrangement(97.0)) == []
