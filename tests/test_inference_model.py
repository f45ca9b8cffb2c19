from dataclasses import replace

import numpy as np
import pytest
from conftest import playing
from hypothesis import given
from hypothesis import strategies as st

from data_utils import training_windows, window_starts
from improvising.measures import longest_verbatim_run, notes_a_bar
from improvising.solos import bar_rules, generate_music
from inference_model import (
    FREE,
    NOTHING,
    BarRules,
    OneStep,
    draw,
    known_runs,
    music_inference_model,
    predict_and_sample,
    sample_bars,
)
from learning.learner import Training
from learning.network import shared_layers, train_network
from learning.style import Style, learn_style
from preprocess import read_tune

BAR = 48  # places in a bar of our tune, which has 24 of them
END = 24 * BAR


def learned_from(path, epochs=30) -> tuple[Style, list[np.ndarray]]:
    """What is learned of a tune with the program's own settings."""
    style = learn_style([read_tune(path)])
    windows = training_windows(style.indices, window_starts([len(style.indices)], 60, 30), 30)
    training = Training(n_a=64, epochs=epochs, batch_size=32, seed=0)
    return style, train_network(*windows, len(style.values), training, lambda epoch, loss: None)[0]


@pytest.fixture(scope="module")
def learned(our_tune) -> tuple[Style, list[np.ndarray]]:
    return learned_from(our_tune)


@pytest.fixture(scope="module")
def style(learned) -> Style:
    return learned[0]


def in_keras(weights):
    """The Keras model with these weights."""
    n_values, n_a = len(weights[0]), len(weights[1])
    model = music_inference_model(*shared_layers(n_values, n_a, seed=0), n_values)
    model.set_weights(weights)
    return model


def untrained(n_values=12, n_a=8) -> OneStep:
    return OneStep(music_inference_model(*shared_layers(n_values, n_a, seed=4), n_values).get_weights())


def zeros(batch, n_values=12, n_a=8):
    return [np.zeros((batch, size), np.float32) for size in (n_values, n_a, n_a)]


def random_inputs(generator, batch, n_values, n_a):
    """One-hot values, the first of them nothing, and states far from zero."""
    x = np.eye(n_values, dtype=np.float32)[generator.integers(0, n_values, batch)]
    x[0] = 0
    return [x, *(generator.uniform(-most, most, (batch, n_a)).astype(np.float32) for most in (1, 20))]


# --- The one-step model ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch", [1, 2, 33])
@pytest.mark.parametrize(("n_values", "n_a"), [(78, 64), (12, 8), (3, 1), (150, 100)])
def test_one_step_in_numpy_is_the_keras_model_s(batch, n_values, n_a):
    generator = np.random.default_rng(0)
    shapes = [(n_values, 4 * n_a), (n_a, 4 * n_a), (4 * n_a,), (n_a, n_values), (n_values,)]
    weights = [generator.normal(0, 0.5, shape).astype(np.float32) for shape in shapes]
    one_step, reference = OneStep(weights), in_keras(weights)
    assert one_step.input_shape == reference.input_shape
    inputs = random_inputs(generator, batch, n_values, n_a)
    given = [array.copy() for array in inputs]
    found, expected = one_step(inputs), reference(inputs)
    for mine, theirs in zip(found, expected, strict=True):
        assert mine.dtype == np.float32
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-5)
    assert all((one == two).all() for one, two in zip(inputs, given, strict=True))  # a caller keeps what it gave


def test_fed_back_for_long_both_say_the_same_at_every_step(learned):
    style, weights = learned
    one_step, reference = OneStep(weights), in_keras(weights)
    generator, one_hot = np.random.default_rng(1), np.eye(len(style.values), dtype=np.float32)
    mine = theirs = random_inputs(generator, 3, len(style.values), 64)
    for _ in range(400):
        found, expected = one_step(mine), [np.asarray(array) for array in reference(theirs)]
        for one, two in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, two, rtol=1e-5, atol=1e-5)
        x = one_hot[draw(expected[0], 1.0, 0.0, generator.random(3))]
        mine, theirs = [x, *found[1:]], [x, *expected[1:]]


def test_the_original_s_greedy_values_come_from_both(learned):
    style, weights = learned
    start = zeros(1, len(style.values), 64)
    mine, theirs = (
        predict_and_sample(model, *start, n_steps=50, temperature=0) for model in (OneStep(weights), in_keras(weights))
    )
    assert mine[1].shape == (1, 50) and len(set(mine[1][0].tolist())) > 2
    assert (mine[0] == theirs[0]).all() and (mine[1] == theirs[1]).all()
    for one, two in zip(mine[2], theirs[2], strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-5, atol=1e-5)


def test_the_same_bars_come_from_both(learned):
    style, weights = learned
    rules = bar_rules(style.first_bars(8), "learned", longest_run=8)
    for batch, temperature, min_p in ((1, 1.0, 0.0), (5, 0.7, 0.05)):
        mine, theirs = (
            sample_bars(model, rules, batch, temperature, min_p, seed=2)
            for model in (OneStep(weights), in_keras(weights))
        )
        assert (mine[0] == theirs[0]).all() and (mine[1] == theirs[1]).all()


def test_nothing_overflows_however_certain_the_network_is(learned):
    one_step = OneStep([1000 * array for array in learned[1]])
    inputs = random_inputs(np.random.default_rng(2), 9, len(learned[0].values), 64)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        probabilities, a, c = one_step(inputs)
    assert probabilities.sum(axis=1) == pytest.approx(1, abs=1e-6)
    assert np.isfinite(a).all() and np.isfinite(c).all()


# --- Running freely --------------------------------------------------------------------------------------------------


def test_greedy_takes_the_most_probable_value_and_feeds_it_back():
    model = untrained()
    results, indices, _ = predict_and_sample(model, *zeros(1), n_steps=7)
    x, a, c = zeros(1)
    for step in range(7):
        probabilities, a, c = model([x, a, c])
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


# --- Drawing a value -------------------------------------------------------------------------------------------------


def shares_of(probabilities, temperature, min_p, kinds=None, n=8000):
    """How often each value is drawn, with evenly spread uniform numbers."""
    rows = np.tile(np.array([probabilities], np.float32), (n, 1))
    drawn = draw(rows, temperature, min_p, (np.arange(n) + 0.5) / n, None if kinds is None else np.array(kinds))
    return np.bincount(drawn, minlength=len(probabilities)) / n


def test_draw_follows_the_probabilities():
    probabilities = [0.5, 0.0, 0.3, 0.2]
    assert shares_of(probabilities, 1.0, 0.0) == pytest.approx([0.5, 0.0, 0.3, 0.2], abs=0.001)
    sharper = shares_of(probabilities, 0.5, 0.0)
    assert sharper == pytest.approx(np.array([0.25, 0, 0.09, 0.04]) / 0.38, abs=0.001)
    assert shares_of(probabilities, 1.0, 0.5) == pytest.approx([0.625, 0, 0.375, 0], abs=0.001)
    assert shares_of(probabilities, 0.0, 0.0).tolist() == [1, 0, 0, 0]


def test_with_kinds_the_temperature_counts_inside_a_kind_by_hand():
    probabilities, kinds = [0.4, 0.3, 0.1, 0.2], [0, 1, 0, 1]
    sharper = shares_of(probabilities, 0.5, 0.0, kinds)
    assert sharper == pytest.approx([0.5 * 16 / 17, 0.5 * 9 / 13, 0.5 * 1 / 17, 0.5 * 4 / 13], abs=0.001)
    assert shares_of(probabilities, 1.0, 0.5, kinds) == pytest.approx([0.5, 0.3, 0.0, 0.2], abs=0.001)
    assert shares_of(probabilities, 1.0, 0.0, kinds) == pytest.approx(probabilities, abs=0.001)
    assert shares_of(probabilities, 0.0, 0.0, kinds).tolist() == [1, 0, 0, 0]


PROBABILITIES = st.lists(st.sampled_from([0.0, 1e-30, 0.01, 0.2, 0.5, 1.0]), min_size=6, max_size=6).filter(any)


@given(PROBABILITIES, st.permutations([0, 0, 1, 1, 1, 2]), st.sampled_from([0.1, 0.5, 1.5, 10.0]), st.booleans())
def test_every_kind_keeps_its_share(probabilities, kinds, temperature, with_min_p):
    probabilities, kinds = np.array(probabilities) / sum(probabilities), np.array(kinds)
    drawn = shares_of(probabilities, temperature, 0.3 if with_min_p else 0.0, kinds)
    for kind in range(3):
        assert drawn[kinds == kind].sum() == pytest.approx(probabilities[kinds == kind].sum(), abs=0.001)
    assert not drawn[probabilities == 0].any()


# --- Inside bars -----------------------------------------------------------------------------------------------------


def test_bars_keep_the_grammar_and_end_in_time(style):
    rules = bar_rules(style, "learned", longest_run=0)
    model = untrained(len(style.values))
    indices, places = sample_bars(model, rules, 20, temperature=1.5, seed=3)
    for values, onsets in zip(indices, places, strict=True):
        values, onsets = values[onsets < END], onsets[onsets < END]
        terms = [style.terms[value] for value in values]
        assert (np.diff(onsets) > 0).all()
        bars = onsets // BAR
        for index, (term, onset) in enumerate(zip(terms, onsets, strict=True)):
            begins = index == 0 or bars[index] != bars[index - 1]
            assert (term.lower is None) == begins
            assert onset % BAR + term.duration <= BAR
            assert rules.playable[onset, rules.types[values[index]]]
    assert len({tuple(row) for row in indices.tolist()}) == 20


def test_a_batch_of_one_is_a_solo_too_and_seeds_differ(style):
    rules = bar_rules(style.first_bars(2), "learned", longest_run=0)
    model = untrained(len(style.values))
    one, two, other = (sample_bars(model, rules, 1, 1.0, seed=seed)[0].tolist() for seed in (1, 1, 2))
    assert one == two != other


@pytest.mark.parametrize("tune", ["our_tune", "metheny"])
def test_the_temperature_leaves_the_player_s_density(tune, request):
    style, weights = learned_from(request.getfixturevalue(tune))
    for temperature in ("0.5", "1", "1.5"):
        solos = generate_music(OneStep(weights), style, playing("--temperature", temperature), 60, seed=0)
        density = np.mean([notes_a_bar(solo) for solo in solos])
        assert density == pytest.approx(notes_a_bar(style.source), rel=0.1), temperature


def test_known_runs_are_broken_off(our_tune):
    """A network that has nearly memorised the solo still copies no run longer than it may."""
    style, weights = learned_from(our_tune, epochs=60)
    copied = {}
    for longest_run in (0, 5):
        rules = bar_rules(style, "learned", longest_run)
        sampled, places = sample_bars(OneStep(weights), rules, 20, temperature=0.7)
        copied[longest_run] = max(
            longest_verbatim_run(row[at < END].tolist(), style.indices.tolist())
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
        bars=np.repeat([0, 1, 2], BAR),
        in_bar=np.tile(np.arange(BAR), 3),
        left=np.tile(BAR - np.arange(BAR), 3),
        playable=np.ones((3 * BAR, 5), bool),
        tables=np.zeros(3 * BAR, int),
        distances=np.eye(97)[None, None, None, BAR].repeat(BAR, 1).repeat(BAR + 1, 2),
        first_places=(0,),
        known_runs=known_runs(np.zeros(0, int), 0),
        kept=np.full(3 * BAR, FREE),
    )
    _, places = sample_bars(untrained(2), rules, 1, 1.0)
    assert places[0].tolist() == [0, 48, 96]


# --- Kept bars -------------------------------------------------------------------------------------------------------


def keeping(rules: BarRules, solo: dict[int, int], bars) -> BarRules:
    """The rules with these bars kept as they are in a solo, told as its values by their places."""
    kept = np.where(np.isin(rules.bars, list(bars)), NOTHING, FREE)
    for place, value in solo.items():
        if rules.bars[place] in bars:
            kept[place] = value
    return replace(rules, kept=kept)


def as_solo(indices, places) -> dict[int, int]:
    """A sampled row as values by their places."""
    return {place: value for place, value in zip(places.tolist(), indices.tolist(), strict=True) if place < END}


def of_bars(solo: dict[int, int], bars) -> dict[int, int]:
    return {place: value for place, value in solo.items() if place // BAR in bars}


@pytest.mark.parametrize("rhythm", ["learned", "filled"])
@pytest.mark.parametrize(
    ("bars", "empty"),
    [
        ({0}, set()),
        ({23}, set()),
        ({0, 23}, set()),
        ({4, 5, 6, 11}, set()),
        (set(range(24)) - {9}, set()),
        (set(range(24)), set()),
        ({7}, {7}),
        ({0, 23}, {0, 23}),
        ({0, 1, 2}, {0, 1}),
        ({8, 9, 10, 11}, {9, 10}),
        ({21, 22, 23}, {22, 23}),
        (set(range(24)), set(range(24)) - {9}),
    ],
)
def test_kept_bars_come_out_as_they_were_and_free_ones_are_played(learned, rhythm, bars, empty):
    style, weights = learned
    free_rules, model = bar_rules(style, rhythm, longest_run=8), OneStep(weights)
    before = as_solo(*(rows[0] for rows in sample_bars(model, free_rules, 1, 1.0, seed=1)))
    before = of_bars(before, set(range(24)) - empty)
    indices, places = sample_bars(model, keeping(free_rules, before, bars), 8, 1.0, seed=2)
    solos = [as_solo(*row) for row in zip(indices, places, strict=True)]
    free = set(range(24)) - bars
    for solo, at in zip(solos, places, strict=True):
        assert of_bars(solo, bars) == of_bars(before, bars)
        assert (np.diff(at[at < END]) > 0).all()
        assert len(solo) == (at < END).sum()
        played = of_bars(solo, free)
        for place, value in played.items():
            begins = not any(other // BAR == place // BAR for other in played if other < place)
            assert (style.terms[value].lower is None) == begins
        if rhythm == "filled":
            assert {place // BAR for place in played} == free
        else:  # with learned gaps a bar may be passed over, as the player does, but none is left too late for a value
            assert all(place % BAR + style.terms[value].duration <= BAR for place, value in played.items())
    assert {place // BAR for solo in solos for place in of_bars(solo, free)} == free
    assert len({tuple(solo.items()) for solo in solos}) == (8 if free else 1)


def test_a_first_bar_that_is_kept_begins_where_it_does_however_late_solos_begin(learned):
    style, weights = learned
    rules = replace(bar_rules(style, "learned", longest_run=0), first_places=(30,))
    before = {6: 0, 33: 1}
    _, places = sample_bars(OneStep(weights), rules, 4, 1.0)
    assert places[:, 0].tolist() == [30] * 4
    for row in zip(*sample_bars(OneStep(weights), keeping(rules, before, {0}), 4, 1.0), strict=True):
        assert of_bars(as_solo(*row), {0}) == before


class Overheard:
    """A model, and what it was given and what it answered."""

    def __init__(self, model):
        self.model, self.input_shape, self.given, self.answered = model, model.input_shape, [], []

    def __call__(self, inputs):
        self.given.append(inputs)
        self.answered.append(self.model(inputs))
        return self.answered[-1]


def test_the_network_hears_what_is_kept_and_goes_on_from_there(learned):
    style, weights = learned
    rules, model = bar_rules(style, "learned", longest_run=0), OneStep(weights)
    before = as_solo(*(rows[0] for rows in sample_bars(model, rules, 1, 1.0, seed=1)))
    heard = Overheard(model)
    indices, _ = sample_bars(heard, keeping(rules, before, {0, 1, 2, 6}), 3, 1.0, seed=2)
    assert len(heard.given) == indices.shape[1]
    assert not any(array.any() for array in heard.given[0])
    for step, (x, a, c) in enumerate(heard.given[1:], 1):
        assert (x == np.eye(len(style.values))[indices[:, step - 1]]).all()
        assert (a == heard.answered[step - 1][1]).all() and (c == heard.answered[step - 1][2]).all()
