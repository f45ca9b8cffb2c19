import numpy as np
import pytest

from data_utils import training_windows, window_starts
from improvising.measures import longest_verbatim_run
from improvising.solos import bar_rules
from inference_model import BarRules, draw, known_runs, music_inference_model, predict_and_sample, sample_bars
from learning.network import djmodel, shared_layers, train
from learning.style import Style, learn_style
from learning.training import Training
from preprocess import read_tune
from running.quiet_tensorflow import tf


@pytest.fixture(scope="module")
def style(our_tune) -> Style:
    return learn_style([read_tune(our_tune)], density=1.0)


def untrained(n_values=12, n_a=8):
    return music_inference_model(*shared_layers(n_values, n_a, seed=4), n_values)


def zeros(batch, n_values=12, n_a=8):
    return [np.zeros((batch, size), np.float32) for size in (n_values, n_a, n_a)]


def test_greedy_takes_the_most_probable_value_and_feeds_it_back():
    model = untrained()
    results, indices, _ = predict_and_sample(model, *zeros(1), n_steps=7)
    x, a, c = zeros(1)
    for step in range(7):
        probabilities, a, c = model([tf.constant(array) for array in (x, a, c)])
        assert indices[0, step] == np.argmax(probabilities)
        x = results[:, step]
        assert x.argmax() == indices[0, step] and x.sum() == 1


def test_a_run_can_go_on_where_another_stopped():
    model = untrained()
    _, whole, _ = predict_and_sample(model, *zeros(2), n_steps=8)
    _, first, state = predict_and_sample(model, *zeros(2), n_steps=3)
    _, rest, _ = predict_and_sample(model, *state, n_steps=5)
    assert (whole == np.concatenate([first, rest], axis=1)).all()


def test_sampling_is_seeded():
    model = untrained()
    one, two, other = (
        predict_and_sample(model, *zeros(3), n_steps=20, temperature=1.0, seed=seed)[1] for seed in (1, 1, 2)
    )
    assert (one == two).all() and (one != other).any()


def test_draw_follows_the_probabilities():
    probabilities = np.tile(np.array([[0.5, 0.0, 0.3, 0.2]], np.float32), (4000, 1))
    uniform = (np.arange(4000, dtype=np.float32) + 0.5) / 4000
    shares = np.bincount(draw(probabilities, 1.0, 0.0, uniform), minlength=4) / 4000
    assert shares == pytest.approx([0.5, 0.0, 0.3, 0.2], abs=0.001)
    sharper = np.bincount(draw(probabilities, 0.5, 0.0, uniform), minlength=4) / 4000
    assert sharper == pytest.approx(np.array([0.25, 0, 0.09, 0.04]) / 0.38, abs=0.001)
    cut = np.bincount(draw(probabilities, 1.0, 0.5, uniform), minlength=4) / 4000
    assert cut == pytest.approx([0.625, 0, 0.375, 0], abs=0.001)
    assert set(np.asarray(draw(probabilities, 0.0, 0.0, uniform))) == {0}


def test_bars_keep_the_grammar_and_end_in_time(style):
    rules = bar_rules(style, "learned", longest_run=0)
    model = untrained(len(style.values))
    indices, places = sample_bars(model, rules, 20, temperature=1.5, seed=3)
    end = 24 * 48
    for values, onsets in zip(indices, places, strict=True):
        values, onsets = values[onsets < end], onsets[onsets < end]
        terms = [style.terms[value] for value in values]
        assert (np.diff(onsets) > 0).all()
        bars = onsets // 48
        for index, (term, onset) in enumerate(zip(terms, onsets, strict=True)):
            begins = index == 0 or bars[index] != bars[index - 1]
            assert (term.lower is None) == begins
            assert onset % 48 + term.duration <= 48
            assert rules.playable[onset, rules.types[values[index]]]
    assert len({tuple(row) for row in indices.tolist()}) == 20


def test_a_batch_of_one_is_a_solo_too_and_seeds_differ(style):
    rules = bar_rules(style.first_bars(2), "learned", longest_run=0)
    model = untrained(len(style.values))
    one, two, other = (sample_bars(model, rules, 1, 1.0, seed=seed)[0].tolist() for seed in (1, 1, 2))
    assert one == two != other


def test_known_runs_are_broken_off(style):
    """A network that has nearly memorised the solo still copies no run longer than it may."""
    inputs, targets = training_windows(style.indices, window_starts([len(style.indices)], 60, 30), 30)
    LSTM_cell, densor = shared_layers(len(style.values), 64, 0)
    model = djmodel(30, LSTM_cell, densor, len(style.values))
    train(model, inputs, targets, Training(epochs=60, batch_size=32, seed=0))
    model = music_inference_model(LSTM_cell, densor, len(style.values))
    copied = {}
    for longest_run in (0, 5):
        rules = bar_rules(style, "learned", longest_run)
        sampled, places = sample_bars(model, rules, 20, temperature=0.7)
        copied[longest_run] = max(
            longest_verbatim_run(row[at < 24 * 48].tolist(), style.indices.tolist())
            for row, at in zip(sampled, places, strict=True)
        )
    assert copied[5] <= 5 < copied[0]


def test_known_runs_by_hand():
    runs = known_runs(np.array([1, 2, 1, 2, 3, 1, 2]), 2)
    assert len(runs.hashes) == 5  # 1 2 leads to 1 and to 3, 2 1 to 2, 2 3 to 1, 3 1 to 2
    assert sorted(runs.followers.tolist()) == [1, 1, 2, 2, 3]
    assert runs.most == 2
    assert len(known_runs(np.array([1, 2]), 2).hashes) == 0


def test_values_that_never_fit_are_still_played_rather_than_nothing():
    """One value, longer than the bar: the loop must end, with one note a bar."""
    rules = BarRules(
        starts_bar=np.array([True, True]),
        steps=np.array([60, 60]),
        types=np.array([0, 0]),
        bars=np.repeat([0, 1, 2], 48),
        in_bar=np.tile(np.arange(48), 3),
        left=np.tile(48 - np.arange(48), 3),
        playable=np.ones((144, 5), bool),
        tables=np.zeros(144, int),
        distances=np.eye(97)[None, None, None, 48].repeat(48, 1).repeat(49, 2),
        first_places=(0,),
        known_runs=known_runs(np.zeros(0, int), 0),
    )
    _, places = sample_bars(untrained(2), rules, 1, 1.0)
    assert places[0].tolist() == [0, 48, 96]
