"""The benchmark that asks whose solo it is: that it tells apart what differs, and nothing where nothing does."""

import numpy as np
import styles_heard
from conftest import bar, chord, note

from music.notes import Nuance
from music.piece import Solo, Tune


def solo(length: float, pitches: tuple[int, ...], n_bars: int = 16, shift: int = 0) -> Solo:
    """Bars of notes of one length, which go round and round the pitches."""
    bars = [bar(4.0 * number, 4.0) for number in range(n_bars)]
    times = np.arange(0, 4, length)
    notes = [
        [note(time, length, pitches[(place + shift + number) % len(pitches)]) for place, time in enumerate(times)]
        for number in range(n_bars)
    ]
    nuances = [[Nuance(0.0, one.quarter_length) for one in in_bar] for in_bar in notes]
    return Solo(bars, notes, [[chord(0.0, 4.0, (48, 52, 55, 59))]] * n_bars, nuances_by_bar=nuances)


STEPS, LEAPS = (60, 62, 64, 65, 67), (60, 67, 64, 72, 55)


def test_solos_are_given_to_whoever_plays_so():
    one = [styles_heard.rows_of(solo(0.5, STEPS, shift=shift)) for shift in range(3)]
    other = [styles_heard.rows_of(solo(0.25, LEAPS, shift=shift)) for shift in range(3)]
    bars, solos = styles_heard.left_out([one, other])
    assert bars.tolist() == [[12, 0], [0, 12]] and solos.tolist() == [[3, 0], [0, 3]]
    judge = styles_heard.Judge([np.concatenate(one), np.concatenate(other)])
    assert styles_heard.judged(judge, [other, one])[1].tolist() == [[0, 3], [3, 0]]
    likely = np.exp(judge.believed(one[0]))
    assert likely.shape == (4, 2) and np.allclose(likely.sum(axis=1), 1) and (likely[:, 0] > 0.99).all()


def test_who_plays_the_same_cannot_be_told_apart():
    rows = [styles_heard.rows_of(solo(0.5, STEPS, shift=shift)) for shift in range(3)]
    judge = styles_heard.Judge([np.concatenate(rows)] * 3)
    assert np.allclose(judge.believed(rows[0]), np.log(1 / 3))
    assert styles_heard.right(np.array([[3, 1], [2, 2]])) == (3 / 4 + 2 / 4) / 2


def test_a_judge_may_be_deaf_to_what_is_beside_the_line():
    one, other = (np.array([[0.1, height, 1.0], [0.2, height, 2.0]]) for height in (0.0, 9.0))
    assert styles_heard.Judge([one, other]).believed(other)[0].argmax() == 1
    assert np.allclose(styles_heard.Judge([one, other], deaf_to=[1]).believed(other), np.log(1 / 2))


def test_measures_of_a_solo_are_near_its_own_half():
    whole = solo(0.5, STEPS)
    halves = [styles_heard.measured([part]) for part in styles_heard.parts(whole, 8)]
    far = styles_heard.measured([solo(0.25, LEAPS)])
    spread = np.ones(len(far))
    assert styles_heard.apart(*halves, spread) < 0.5 < styles_heard.apart(halves[0], far, spread)


def test_half_a_tune_keeps_its_bars_notes_and_grammar_together():
    whole = solo(1.0, STEPS, 5)
    numbered = [dict(enumerate(column)) for column in (whole.notes_by_bar, whole.chords_by_bar, whole.bars)]
    nuances = dict(enumerate(whole.nuances_by_bar))
    tune = Tune(*numbered, abstract_grammars=tuple("abcde"), nuances=nuances, sections={0: "A"})
    first, second = styles_heard.halves_of(tune)
    assert [*first.bars] == [0, 1] and [*second.bars] == [2, 3, 4]
    assert (first.abstract_grammars, second.abstract_grammars) == (("a", "b"), ("c", "d", "e"))
    assert [*second.melody] == [*second.chords] == [*second.nuances] == [2, 3, 4]
