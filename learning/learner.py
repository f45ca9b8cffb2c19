"""Who trains: a process of its own, which brings TensorFlow while everything else is still being read.

Only that process ever imports `learning/network.py`; it is told what to do, and answers in NumPy. This module is light,
so that it starts at once. Left to others: what is trained, and that it is kept (`learning/training.py`).
"""

import sys
from concurrent.futures import Future
from dataclasses import dataclass
from time import monotonic
from typing import NamedTuple

import numpy as np

from running.console import PATIENCE, show
from running.helpers import Helper, result_of

LEARNER = Helper()


@dataclass(frozen=True)
class Training:
    """How a network is trained: the width of its LSTM (`n_a`), `epochs`, the windows in a step (`batch_size`), the
    `seed` of its first weights and of the windows' order, and how many `windows_an_epoch` are taken in turn, None for
    all of them."""

    n_a: int
    epochs: int
    batch_size: int
    seed: int
    windows_an_epoch: int | None = None


class Network(NamedTuple):
    """A trained network: its `weights` in the order of Keras (see `inference_model.OneStep`), the loss of each epoch,
    (epochs,), and the `keras_file` that Keras saved of it, or b'' where only the weights are known."""

    weights: list[np.ndarray]
    losses: np.ndarray
    keras_file: bytes = b""

    @property
    def n_a(self) -> int:
        return len(self.weights[3])

    @property
    def n_parameters(self) -> int:
        return sum(array.size for array in self.weights)


def wake_learner() -> None:
    """Let the process start now: TensorFlow takes seconds to come."""
    LEARNER.begin(_wake)


def begin_training(inputs: np.ndarray, targets: np.ndarray, n_values: int, training: Training) -> tuple[Future, Future]:
    """Begin to train on windows of indices, both (n, Tx): when TensorFlow is there, and a Network to come. The progress
    of training is shown."""
    sys.stdout.flush()  # what was told before stands before it
    return LEARNER.begin(_wake), LEARNER.begin(_train, inputs, targets, n_values, training)


def keras_file_of(network: Network, Tx: int) -> bytes:
    """The file that Keras saves of a network, made now where it is not there yet."""
    return network.keras_file or result_of(LEARNER.begin(_saved_by_keras, network.weights, Tx), "the file of SAVE")


# --- In the other process --------------------------------------------------------------------------------------------


def _wake() -> None:
    import learning.network  # noqa: F401


def _train(inputs: np.ndarray, targets: np.ndarray, n_values: int, training: Training) -> Network:
    from learning.network import train_network

    Tx, begun = inputs.shape[1], monotonic()
    show(f"{'training':<12}epoch 0 of {training.epochs}")

    def on_epoch(epoch: int, loss: float) -> None:
        text = f"epoch {epoch} of {training.epochs}, loss {loss:.2f} summed over {Tx} steps"
        left = (monotonic() - begun) / epoch * (training.epochs - epoch)
        text += f", about {left:.0f} s left" if left > PATIENCE else ""
        show(f"{'training':<12}{text}", done=epoch == training.epochs)

    return Network(*train_network(inputs, targets, n_values, training, on_epoch))


def _saved_by_keras(weights: list[np.ndarray], Tx: int) -> bytes:
    from learning.network import build, keras_file

    model = build(len(weights[0]), len(weights[1]), Tx, seed=0)[0]
    model.set_weights(weights)
    return keras_file(model)
