import numpy as np
import pytest
from conftest import learned_from, untrained
from hypothesis import given
from hypothesis import strategies as st

from inference_model import (
    OneStep,
    draw,
    known_followers,
    known_runs,
    music_inference_model,
    predict_and_sample,
)
from learning.network import shared_layers
from learning.style import Style


@pytest.fixture(scope="module")
def learned(our_tune) -> tuple[Style, list[np.ndarray]]:
    return learned_from(our_tune)


def in_keras(weights):
    """The Keras model with these weights."""
    n_values, n_a = len(weights[0]), len(weights[1])
    model = music_inference_model(*shared_layers(n_values, n_a, seed=0), n_values)
    model.set_weights(weights)
    return model


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


def test_known_runs_by_hand():
    runs = known_runs(np.array([1, 2, 1, 2, 3, 1, 2]), 2)
    assert len(runs.hashes) == 5  # 1 2 leads to 1 and to 3, 2 1 to 2, 2 3 to 1, 3 1 to 2
    assert sorted(runs.followers.tolist()) == [1, 1, 2, 2, 3]
    assert runs.most == 2
    assert len(known_runs(np.array([1, 2]), 2).hashes) == 0


def test_what_goes_on_with_a_known_run():
    runs = known_runs(np.array([1, 2, 1, 2, 3, 1, 2]), 2)
    rows, values = known_followers(np.array([[1, 2], [2, 2], [3, 1]]), runs)
    assert sorted(zip(rows.tolist(), values.tolist(), strict=True)) == [(0, 1), (0, 3), (2, 2)]
