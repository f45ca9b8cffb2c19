import os
import subprocess
import sys

import numpy as np
import pytest
from conftest import ROOT

from data_utils import NOTHING, one_hot, training_windows, window_starts
from inference_model import music_inference_model
from learning import network
from learning.learner import Training
from learning.network import djmodel, make_optimizer, shared_layers, train, train_network
from learning.training import weight_shapes
from preprocess import get_corpus_data, get_musical_data
from running.quiet_tensorflow import keras, tf


def layers_and_inputs(n_values=78, Tx=30):
    LSTM_cell, densor = shared_layers(n_values, 64, seed=1)
    model = djmodel(Tx, LSTM_cell, densor, n_values)
    indices = np.random.default_rng(0).integers(0, n_values, (5, Tx))
    indices[:, 0] = NOTHING
    return LSTM_cell, densor, model, one_hot(indices, n_values)


def test_one_pass_equals_thirty_explicit_steps_of_the_shared_layers():
    LSTM_cell, densor, model, X = layers_and_inputs()
    a = c = np.zeros((5, 64), np.float32)
    steps = []
    for t in range(30):
        _, (a, c) = LSTM_cell.cell(X[:, t], [a, c])
        steps.append(densor(a))
    assert np.abs(model(X).numpy() - np.stack(steps, axis=1)).max() < 1e-5


def test_one_step_model_fed_back_gives_what_the_training_model_gives():
    LSTM_cell, densor, model, X = layers_and_inputs()
    inference_model = music_inference_model(LSTM_cell, densor, 78)
    a = c = np.zeros((5, 64), np.float32)
    for t in range(30):
        probabilities, a, c = inference_model([tf.constant(X[:, t]), tf.constant(a), tf.constant(c)])
        assert np.abs(model(X).numpy()[:, t] - probabilities.numpy()).max() < 1e-5


def test_the_models_share_their_layers_and_count_as_the_original():
    LSTM_cell, densor, model, _ = layers_and_inputs()
    inference_model = music_inference_model(LSTM_cell, densor, 78)
    assert model.count_params() == inference_model.count_params() == 41_678
    assert {id(v) for v in model.variables} == {id(v) for v in inference_model.variables}


def test_the_rate_of_adam_decays():
    optimizer = make_optimizer()
    variable = keras.Variable(np.zeros(1, np.float32))
    rates = []
    for _ in range(101):
        rates.append(float(optimizer.learning_rate))
        optimizer.apply([np.ones(1, np.float32)], [variable])
    assert [rates[0], rates[1], rates[100]] == pytest.approx([0.01, 0.01 / 1.01, 0.005])


def test_training_uses_the_decaying_rate():
    """Adam's first steps are as long as the rate, whatever the gradient: their sum tells which rates were used."""
    optimizer = make_optimizer()
    variable = keras.Variable(np.zeros(1, np.float32))
    for _ in range(3):
        optimizer.apply([np.ones(1, np.float32)], [variable])
    assert float(variable.value[0]) == pytest.approx(-(0.01 + 0.01 / 1.01 + 0.01 / 1.02), rel=1e-4)


def windows_of(path):
    corpus, values, values_indices, _ = get_corpus_data(get_musical_data(path)[1])
    indices = np.array([values_indices[value] for value in corpus])
    return (*training_windows(indices, window_starts([len(corpus)], 60, 30), 30), len(values))


def trained(path, seed, epochs):
    inputs, targets, n_values = windows_of(path)
    LSTM_cell, densor = shared_layers(n_values, 64, seed)
    model = djmodel(30, LSTM_cell, densor, n_values)
    losses = train(model, inputs, targets, Training(64, epochs, batch_size=32, seed=seed))
    return losses, model


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_loss_on_metheny_ends_where_the_original_s_does(metheny, seed):
    losses, _ = trained(metheny, seed, 100)
    assert losses.shape == (100,)
    assert losses[0] == pytest.approx(125.9, abs=1.0)
    assert 6.5 < losses[-1] < 8.5


def test_the_loss_is_the_cross_entropy_summed_over_the_steps(our_tune):
    inputs, targets, n_values = windows_of(our_tune)
    LSTM_cell, densor = shared_layers(n_values, 64, 0)
    model = djmodel(30, LSTM_cell, densor, n_values)
    probabilities = model(one_hot(inputs, n_values)).numpy()
    by_hand = -(one_hot(targets, n_values) * np.log(probabilities)).sum(axis=(1, 2)).mean()
    losses = train(model, inputs, targets, Training(64, epochs=1, batch_size=60, seed=0))
    assert losses[0] == pytest.approx(by_hand, rel=1e-4)


def test_training_is_repeatable_and_reports_its_last_epoch(our_tune):
    told = []
    inputs, targets, n_values = windows_of(our_tune)
    LSTM_cell, densor = shared_layers(n_values, 64, 3)
    model = djmodel(30, LSTM_cell, densor, n_values)
    training = Training(64, epochs=12, batch_size=32, seed=3)
    losses = train(model, inputs, targets, training, on_epoch=lambda epoch, loss: told.append((epoch, loss)))
    again, other = trained(our_tune, 3, 12)
    assert (losses == again).all()
    assert all((one == two).all() for one, two in zip(model.get_weights(), other.get_weights(), strict=True))
    assert told[-1] == (12, pytest.approx(losses[-1]))


def test_what_is_handed_on_is_what_was_trained(our_tune, tmp_path):
    """The one-step model's weights, the losses, and a file that Keras opens: all of the same training."""
    losses, model = trained(our_tune, 3, 2)
    weights, told, file = train_network(*windows_of(our_tune), Training(64, 2, 32, 3), lambda epoch, loss: None)
    assert (told == losses).all()
    assert [array.shape for array in weights] == weight_shapes(73, 64)
    (tmp_path / "network.keras").write_bytes(file)
    opened = keras.models.load_model(tmp_path / "network.keras", compile=False)
    for mine, theirs, kept in zip(weights, model.get_weights(), opened.get_weights(), strict=True):
        assert (mine == theirs).all() and (mine == kept).all()


def test_a_training_without_memory_is_told_in_words_that_need_no_tensorflow(our_tune, monkeypatch):
    def fail(*arguments):
        raise tf.errors.ResourceExhaustedError(None, None, "no room for a tensor")

    monkeypatch.setattr(network, "train", fail)
    with pytest.raises(MemoryError, match="no room"):
        train_network(*windows_of(our_tune), Training(64, 1, 32, 0), lambda epoch, loss: None)


TRAIN_AND_PRINT = """
import hashlib, os, sys
if len(sys.argv) > 2:
    os.sched_setaffinity(0, {int(sys.argv[2])})
sys.path.insert(0, sys.argv[1])
import numpy as np
from learning.learner import Training
from learning.network import train_network
windows = np.random.default_rng(0).integers(0, 78, (60, 31))
weights, losses, _ = train_network(windows[:, :-1], windows[:, 1:], 78, Training(64, 20, 32, 0), lambda *_: None)
print(hashlib.sha256(b"".join(array.tobytes() for array in (*weights, losses))).hexdigest())
"""


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system does not choose cores for a process")
def test_one_core_learns_the_same_weights_as_all_of_them():
    one = str(min(os.sched_getaffinity(0)))
    digests = [
        subprocess.run([sys.executable, "-c", TRAIN_AND_PRINT, str(ROOT), *core], capture_output=True, text=True)
        for core in ([], [one])
    ]
    assert digests[0].stdout == digests[1].stdout and len(digests[0].stdout) == 65, digests[0].stderr
