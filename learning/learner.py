"""Who trains: a process of its own, which brings TensorFlow while everything else is still being read.

Only that process ever imports `learning/network.py`; it is told what to do, and answers in NumPy. This module is light,
so that it starts at once. Left to others: what is trained, and that it is kept (`learning/training.py`).
"""

import sys
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from time import monotonic
from typing import NamedTuple

import numpy as np

from learning.lessons import Lessons, Schedule
from running.console import PATIENCE, show
from running.helpers import Helper, result_of

LEARNER = Helper()


@dataclass(frozen=True)
class Training:
    """How a network is trained: the width of its LSTM (`n_a`), `epochs`, the windows in a step (`batch_size`), and the
    `seed` of its first weights and of the windows' order."""

    n_a: int
    epochs: int
    batch_size: int
    seed: int


class Network(NamedTuple):
    """A trained network: its `weights` in the order of Keras (see `inference_model.OneStep`), the loss of each epoch,
    (epochs,), the `keras_file` that Keras saved of it, or b'' where only the weights are known, and the loss of what
    was held out, (epochs,), or nothing where nothing was."""

    weights: list[np.ndarray]
    losses: np.ndarray
    keras_file: bytes = b""
    held_losses: np.ndarray = np.zeros(0)

    @property
    def best_epoch(self) -> int:
        """After which its weights are: the last, or that with the least loss of what was held out."""
        return int(self.held_losses.argmin()) + 1 if len(self.held_losses) else len(self.losses)

    @property
    def n_a(self) -> int:
        return len(self.weights[3])

    @property
    def n_parameters(self) -> int:
        return sum(array.size for array in self.weights)


def wake_learner() -> None:
    """Let the process start now: TensorFlow takes seconds to come."""
    LEARNER.begin(_wake)


def end_learner() -> None:
    """Let the process go, which holds more than half a gigabyte; it starts again when it is needed."""
    LEARNER.end()


def begin_training(inputs: np.ndarray, targets: np.ndarray, n_values: int, training: Training) -> tuple[Future, Future]:
    """Begin to train on windows of indices, both (n, Tx): when TensorFlow is there, and a Network to come. The progress
    of training is shown."""
    return _begin(_train, inputs, targets, n_values, training)


def begin_lessons(lessons: Lessons, schedule: Schedule, training: Training) -> tuple[Future, Future]:
    """The same for the lessons of a library."""
    return _begin(_train_on_library, lessons, schedule, training)


def _begin(train: Callable, *arguments) -> tuple[Future, Future]:
    sys.stdout.flush()  # what was told before stands before it
    return LEARNER.begin(_wake), LEARNER.begin(train, *arguments)


def keras_file_of(network: Network, Tx: int) -> bytes:
    """The file that Keras saves of a network, made now where it is not there yet."""
    return network.keras_file or result_of(LEARNER.begin(_saved_by_keras, network.weights, Tx), "the file of SAVE")


# --- In the other process --------------------------------------------------------------------------------------------


def _wake() -> None:
    import learning.network  # noqa: F401


def _train(inputs: np.ndarray, targets: np.ndarray, n_values: int, training: Training) -> Network:
    from learning.network import train_network

    return Network(*train_network(inputs, targets, n_values, training, _showing(training.epochs, inputs.shape[1])))


def _train_on_library(lessons: Lessons, schedule: Schedule, training: Training) -> Network:
    from learning.shared_parts import train_on_library

    show_epoch = _showing(training.epochs, lessons.Tx)
    weights, losses, held_losses, file = train_on_library(lessons, schedule, training, show_epoch)
    if len(losses) < training.epochs:
        show(
            f"{'training':<12}ended after epoch {len(losses)}: nothing better was heard for {schedule.patience}",
            done=True,
        )
    return Network(weights, losses, file, held_losses)


def _showing(epochs: int, Tx: int) -> Callable:
    """What shows how far training is, after each epoch."""
    begun = monotonic()
    show(f"{'training':<12}epoch 0 of {epochs}")

    def on_epoch(epoch: int, loss: float, held_loss: float | None = None) -> None:
        text = f"epoch {epoch} of {epochs}, loss {loss:.2f} summed over {Tx} steps"
        text += f", {held_loss:.2f} of what is held out" if held_loss else ""
        left = (monotonic() - begun) / epoch * (epochs - epoch)
        text += f", about {left:.0f} s left" if left > PATIENCE else ""
        show(f"{'training':<12}{text}", done=epoch == epochs)

    return on_epoch


def _saved_by_keras(weights: list[np.ndarray], Tx: int) -> bytes:
    from learning.network import build, keras_file

    model = build(len(weights[0]), len(weights[1]), Tx, seed=0)[0]
    model.set_weights(weights)
    return keras_file(model)
