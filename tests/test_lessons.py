"""Learning a library: what is held out, what is heard, what values share, and a network of plain weights."""

import numpy as np
import pytest

from data_utils import NOTHING, one_hot
from grammar import parse_term
from inference_model import OneStep
from learning.learner import Network, Training
from learning.lessons import (
    HELD_SHARE,
    Lessons,
    held_out,
    lessons_of,
    parts_of,
    schedule_of,
)
from learning.shared_parts import SharedNetwork, train_on_library
from learning.training import network_from_bytes, network_to_bytes, trained_on_library, weight_shapes
from running.quiet_tensorflow import tf

VALUES = ["C,0.500", "C,0.500,<M2,m-2>", "S,0.500,<M2,m-2>", "C,1.000,<M2,m-2>", "X,0.250,<P5,P4>", "R,4.000"]
TERMS = [parse_term(value) for value in VALUES]
TINY = Training(n_a=6, epochs=4, batch_size=8, seed=3)


def library(n_tunes=12, length=50):
    """Tunes in which a value is mostly followed by the next one."""
    generator = np.random.default_rng(0)
    tunes = [(np.arange(length) + generator.integers(6)) % 6 for _ in range(n_tunes)]
    for tune in tunes:
        tune[generator.random(length) < 0.1] = 5
    return np.concatenate(tunes).astype(np.int32), [length] * n_tunes, [("", f"tune {n}") for n in range(n_tunes)]


def lessons(monkeypatch=None, heard=3000, **how) -> Lessons:
    if monkeypatch:
        monkeypatch.setattr("learning.lessons.MOST_VALUES", heard)
    return lessons_of(*library(**how), TERMS, Tx=8, seed=0)


def test_a_player_is_held_out_with_all_his_tunes():
    names = [(f"player {n % 20}", f"tune {n}") for n in range(100)]
    held = held_out(names, HELD_SHARE, 0)
    players = {names[n][0] for n in np.flatnonzero(held)}
    assert [name[0] in players for name in names] == held.tolist()
    assert held.sum() == HELD_SHARE * 100
    assert held_out(names, HELD_SHARE, 1).tolist() != held.tolist() and held_out(names, 0.3, 0).sum() == 30


def test_without_players_titles_are_held_out():
    held = held_out([("", f"tune {n // 2}") for n in range(60)], HELD_SHARE, 0)
    assert (held[::2] == held[1::2]).all() and held.sum() == 6


def test_every_value_is_heard_as_often_as_the_rule_says_and_none_that_is_held_out(monkeypatch):
    taught = lessons(monkeypatch)
    heard = np.zeros(len(taught.indices), int)
    for start, count in zip(taught.starts, taught.counts, strict=True):
        heard[start : start + count] += 1
    held = np.zeros(len(heard), bool)
    for start, count in zip(*taught.held, strict=True):
        assert not held[start : start + count].any()
        held[start : start + count] = True
    assert held.reshape(12, 50).all(axis=1).sum() == 1 and held.sum() == 50
    assert not heard[held].any() and heard[~held].sum() >= 2900
    assert np.ptp(heard[~held]) <= 2
    bars = (taught.starts // 50, (taught.starts + taught.counts - 1) // 50)
    assert (bars[0] == bars[1]).all()  # no window crosses from tune to tune


def test_a_few_tunes_are_all_heard_and_a_vast_library_is_not_heard_whole(monkeypatch):
    assert len(lessons(monkeypatch, n_tunes=3).held[0]) == 0
    assert lessons(monkeypatch, n_tunes=3).counts.sum() == pytest.approx(3000, abs=8)
    assert lessons(monkeypatch, 100).counts.sum() <= 108


def test_the_more_there_is_the_more_is_heard_and_the_less_often():
    heard = [int(lessons(n_tunes=n).counts.sum()) for n in (2, 8, 400)]
    assert heard[0] < heard[1] < heard[2]
    times = [all_ / (50 * n) for all_, n in zip(heard, (2, 8, 360), strict=True)]
    assert times[0] > times[1] > times[2] > 10
    assert heard[1] == pytest.approx(100 * 400**0.8, abs=8)


def test_of_a_large_library_no_more_is_held_out_than_tells_when_to_stop(monkeypatch):
    monkeypatch.setattr("learning.lessons.MOST_HELD", 7)
    assert lessons(monkeypatch, n_tunes=100).held[1].sum() == 7 * 50


def test_windows_begin_with_nothing_and_end_with_the_tune(monkeypatch):
    taught = lessons(monkeypatch)
    inputs, targets = taught.windows(np.array([0, 47]), np.array([8, 3]))
    assert targets[0].tolist() == taught.indices[:8].tolist()
    assert targets[1].tolist() == [*taught.indices[47:50], *[NOTHING] * 5]
    assert (inputs[:, 0] == NOTHING).all() and (inputs[:, 1:] == targets[:, :-1]).all()


def test_values_share_what_they_are_made_of():
    parts = parts_of(TERMS)
    alike = [[int((one == two).sum()) for two in parts] for one in parts]
    assert alike[1][1] == 9  # the whole of it
    assert alike[1][2] == 5  # duration and interval, both together, the interval's middle and width
    assert alike[1][3] == 5  # type and interval, in the same way
    assert alike[1][4] == 0
    assert len(np.unique(parts[:, -1])) == len(TERMS)


def test_the_shared_network_is_the_plain_one():
    network = SharedNetwork(parts_of(TERMS), 6, 8, seed=1)
    for shared in network.shared:
        shared.assign(np.random.default_rng(0).normal(size=shared.shape))
    targets = np.random.default_rng(0).integers(0, 6, (4, 8))
    inputs = np.concatenate([np.full((4, 1), NOTHING), targets[:, :-1]], axis=1)
    losses = network.losses(tf.constant(inputs, tf.int32), tf.constant(targets, tf.int32), 0.0).numpy()
    network.model.set_weights(network.plain())
    by_keras = network.model(one_hot(inputs, 6)).numpy()  # (4, 8, 6)
    a = c = np.zeros((4, 6), np.float32)
    one_step = OneStep(network.plain())
    for t in range(8):
        probabilities, a, c = one_step([one_hot(inputs[:, t], 6), a, c])
        assert np.abs(probabilities - by_keras[:, t]).max() < 1e-5
        assert losses[:, t] == pytest.approx(-np.log(probabilities[np.arange(4), targets[:, t]]), rel=1e-4)


def test_a_library_is_learned_and_the_best_epoch_is_kept(monkeypatch):
    taught, told = lessons(monkeypatch, heard=9000), []
    weights, losses, held_losses, file = train_on_library(
        taught, schedule_of(taught, 6), TINY, lambda *of: told.append(of)
    )
    assert [array.shape for array in weights] == weight_shapes(6, 6) and file[:2] == b"PK"
    assert told == [(n, loss, held) for n, (loss, held) in enumerate(zip(losses, held_losses, strict=True), 1)]
    assert held_losses[-1] < held_losses[0] and held_losses[-1] < 8 * np.log(6) * 0.7  # better than knowing nothing
    network = Network(weights, losses, file, held_losses)
    assert network.best_epoch == np.argmin(held_losses) + 1
    again = network_from_bytes(network_to_bytes(network), weight_shapes(6, 6))
    assert (again.held_losses == held_losses).all()


def test_it_ends_when_nothing_gets_better_and_the_weights_are_those_of_the_best(monkeypatch):
    taught = lessons(monkeypatch, heard=9000)
    reversed_tunes = taught._replace(indices=taught.indices.copy())
    for start, count in zip(*taught.held, strict=True):  # what is held out goes the other way: learning makes it worse
        reversed_tunes.indices[start : start + count] = reversed_tunes.indices[start : start + count][::-1]
    schedule = schedule_of(taught, 6)._replace(patience=2, dropout=0.0)
    training = Training(6, 30, 8, 3)
    weights, losses, held_losses, _ = train_on_library(reversed_tunes, schedule, training, lambda *of: None)
    best = int(np.argmin(held_losses))
    assert len(losses) == best + 3 < 30
    inputs, targets = reversed_tunes.windows(*taught.held)
    assert held_of(weights, inputs, targets) == pytest.approx(held_losses[best], rel=1e-4)


def held_of(weights, inputs, targets) -> float:
    one_step, total = OneStep(weights), 0.0
    a = c = np.zeros((len(inputs), 6), np.float32)
    for t in range(inputs.shape[1]):
        probabilities, a, c = one_step([one_hot(inputs[:, t], 6), a, c])
        there = targets[:, t] != NOTHING
        total -= np.log(probabilities[there, targets[there, t]]).sum()
    return total / len(inputs)


def test_the_same_library_is_learned_once_and_gives_the_same_bytes(monkeypatch, tmp_path):
    taught = lessons(monkeypatch)
    network, kept = trained_on_library(taught, TINY, tmp_path)
    again, kept_again = trained_on_library(taught, TINY, tmp_path)
    other, _ = trained_on_library(taught, TINY, None)
    assert (kept, kept_again) == (False, True)
    for one in (again, other):
        assert [array.tobytes() for array in one.weights] == [array.tobytes() for array in network.weights]
        assert (one.held_losses == network.held_losses).all()
