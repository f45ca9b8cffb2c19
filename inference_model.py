"""Sampling: the shared layers run one step at a time, each chosen value fed back in.

`music_inference_model` makes the one-step model of the trained layers, in Keras; `OneStep` is the same step in NumPy,
on the same weights, and needs no TensorFlow. `predict_and_sample` lets either run freely for a number of values. Left
to others: sampling inside bars (`learning/sampler.py`), turning values into notes (`grammar.py`).

Conventions: axes are (batch, values); a state `a` or `c` is (batch, n_a).
"""

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from running.quiet_tensorflow import keras

    InferenceModel = "OneStep | keras.Model"


def music_inference_model(LSTM_cell: "keras.layers.LSTM", densor: "keras.layers.Dense", n_values: int) -> "keras.Model":
    """The one-step model: (value, a, c) -> (probabilities, a, c), made of the same layers as the training model.

    The value is one-hot, (batch, n_values); so are the probabilities. Source: the family's `music_inference_model`.
    """
    from running.quiet_tensorflow import keras

    n_a = LSTM_cell.units
    x = keras.Input((n_values,))
    a0, c0 = keras.Input((n_a,)), keras.Input((n_a,))
    if not LSTM_cell.built:
        LSTM_cell.build((None, None, n_values))
    _, (a, c) = LSTM_cell.cell(x, [a0, c0])
    return keras.Model([x, a0, c0], [densor(a), a, c], name="music_inference_model")


class OneStep:
    """The one-step model in NumPy: called as `music_inference_model`'s, (value, a, c) -> (probabilities, a, c).

    `weights` are that model's, `get_weights()`: the LSTM's kernel (n_values, 4 n_a), recurrent kernel (n_a, 4 n_a) and
    bias (4 n_a,), its gates in the order input, forget, candidate, output; the softmax layer's kernel (n_a, n_values)
    and bias (n_values,).
    """

    def __init__(self, weights: list[np.ndarray]):
        self.weights = weights
        self.kernel, self.recurrent_kernel, self.bias, self.softmax_kernel, self.softmax_bias = weights
        n_values, n_a = self.softmax_kernel.shape[::-1]
        self.input_shape = [(None, n_values), (None, n_a), (None, n_a)]  # as a Keras model tells it
        # sigmoid(x) = tanh(x / 2) / 2 + 1/2, so that one tanh does for all gates, and nothing overflows.
        self.slopes = np.repeat(np.float32([0.5, 0.5, 1, 0.5]), n_a)

    def __call__(self, inputs: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        x, a, c = inputs
        gates = x @ self.kernel + a @ self.recurrent_kernel + self.bias
        gates = np.tanh(gates * self.slopes) * self.slopes + (1 - self.slopes)
        n_a = a.shape[1]
        let_in, keep, candidate, let_out = (gates[:, start : start + n_a] for start in range(0, 4 * n_a, n_a))
        c = keep * c + let_in * candidate
        a = let_out * np.tanh(c)
        scores = a @ self.softmax_kernel + self.softmax_bias
        weights = np.exp(scores - scores.max(axis=1, keepdims=True))
        return weights / weights.sum(axis=1, keepdims=True), a, c


def predict_and_sample(
    inference_model: "InferenceModel",
    x_initializer: np.ndarray,
    a_initializer: np.ndarray,
    c_initializer: np.ndarray,
    n_steps: int = 50,
    temperature: float = 0.0,
    min_p: float = 0.0,
    seed: int = 0,
) -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Let the model run freely: `(results, indices, state)`.

    The model is a `OneStep` or what `music_inference_model` makes. The initializers are (batch, n_values), (batch, n_a)
    and (batch, n_a). `results` are the chosen values one-hot, (batch, n_steps, n_values), `indices` the same as
    numbers, (batch, n_steps), and `state` the last (x, a, c), from which one may go on. Temperature 0 takes the most
    probable value, as the original does; above 0 values are drawn, see `draw`. Source: the family's
    `predict_and_sample`.
    """
    # Many parameters: they are the family's.
    x, a, c = (np.asarray(array, np.float32) for array in (x_initializer, a_initializer, c_initializer))
    generator, one_hot = np.random.RandomState(seed), np.eye(x.shape[1], dtype=np.float32)
    indices = np.zeros((len(x), n_steps), np.int64)
    for step in range(n_steps):
        probabilities, a, c = map(np.asarray, inference_model([x, a, c]))
        indices[:, step] = draw(probabilities, temperature, min_p, generator.random_sample(len(x)))
        x = one_hot[indices[:, step]]
    return one_hot[indices], indices, (x, a, c)


def draw(
    probabilities: np.ndarray, temperature: float, min_p: float, uniform: np.ndarray, kinds: np.ndarray | None = None
) -> np.ndarray:
    """Choose a value for each row: (batch, n_values) and a uniform number (batch,) -> (batch,).

    Temperature 0: the most probable. Above it: drawn in proportion to `p ** (1 / temperature)`, leaving out values
    whose share is less than `min_p` times the largest (min-p, Nguyen et al. 2024). With `kinds`, the number of each
    value's kind, (n_values,), both count among the values of a kind, and each kind is drawn as often as it was
    probable. A probability of 0 is never drawn.
    """
    return pick(tempered(probabilities, temperature, min_p, kinds), uniform)


def pick(weights: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    """For each row of weights, (batch, n), an index drawn in proportion to them; `uniform` are numbers in [0, 1)."""
    cumulative = weights.cumsum(axis=1)
    below = cumulative[:, :-1] <= uniform[:, None] * cumulative[:, -1:]
    return below.sum(axis=1)


def tempered(
    probabilities: np.ndarray, temperature: float, min_p: float, kinds: np.ndarray | None = None
) -> np.ndarray:
    """The weights, (batch, n_values), by which `draw` chooses."""
    weights = probabilities.astype(np.float64)
    if temperature == 0:
        return np.eye(weights.shape[1])[weights.argmax(axis=1)]
    if temperature != 1 or min_p:
        kinds = np.zeros(probabilities.shape[1], int) if kinds is None else kinds
        order = np.argsort(kinds, kind="stable")
        starts = np.searchsorted(kinds[order], np.arange(kinds.max() + 1))
        likeliest = np.maximum.reduceat(weights[:, order], starts, axis=1)[:, kinds]  # of its kind
        weights = (weights / np.maximum(likeliest, 1e-300)) ** (1 / temperature)
        weights[weights < min_p] = 0
        had, left = (np.add.reduceat(array[:, order], starts, axis=1) for array in (probabilities, weights))
        weights *= (had / np.maximum(left, 1e-300))[:, kinds]
    return weights


class KnownRuns(NamedTuple):
    """Where a run of `length` values of the corpus leads: sorted `hashes` of the runs, (n,), and the value that follows
    each, (n,), each pair once; `most` is how often one hash occurs. Length 0: nothing is known, n is 0."""

    length: int
    hashes: np.ndarray
    followers: np.ndarray
    most: int


def known_runs(indices: np.ndarray, length: int) -> KnownRuns:
    """The runs of a corpus, given as numbers; a corpus that is not longer than `length` has none."""
    if length == 0 or len(indices) <= length:
        return KnownRuns(0, np.zeros(0, np.int64), np.zeros(0, np.int32), 0)
    windows = np.lib.stride_tricks.sliding_window_view(indices.astype(np.int64), length + 1)  # (n, length + 1)
    hashes = (windows[:, :-1] * _hash_weights(length)).sum(axis=1)
    pairs = np.unique(np.stack([hashes, windows[:, -1]], axis=1), axis=0)  # sorted by hash
    most = np.unique(pairs[:, 0], return_counts=True)[1].max()
    return KnownRuns(length, pairs[:, 0].copy(), pairs[:, 1].astype(np.int32), int(most))


@cache
def _hash_weights(length: int) -> np.ndarray:
    """Odd weights whose weighted sums, modulo 2**64, tell runs of values apart."""
    return np.random.RandomState(0).randint(1, 2**62, length, dtype=np.int64) * 2 + 1


def known_followers(run: np.ndarray, known: KnownRuns) -> tuple[np.ndarray, np.ndarray]:
    """Which values would go on with a known run: of (batch, length) last values the rows, and the values, one each."""
    hashes = (run * _hash_weights(known.length)).sum(axis=1)  # (batch,)
    first = known.hashes.searchsorted(hashes)
    met = np.flatnonzero(known.hashes.take(first, mode="clip") == hashes)
    if not len(met):
        return met, met
    found = np.minimum(first[met, None] + np.arange(known.most), len(known.hashes) - 1)  # (n_met, most)
    rows, columns = np.nonzero(known.hashes[found] == hashes[met, None])
    return met[rows], known.followers[found[rows, columns]]
