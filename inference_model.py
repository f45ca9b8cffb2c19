"""Sampling: the shared layers run one step at a time, each chosen value fed back in.

`music_inference_model` makes the one-step model, `predict_and_sample` lets it run freely for a number of values, and
`sample_bars` lets it run inside bars, where the grammar and the rhythm say what may come next. Both loops are compiled
whole. TensorFlow is imported when it is first needed. Left to others: turning values into notes (`grammar.py`), what
was learned of rhythm (`learning/rhythm.py`).

Conventions: axes are (batch, values); a state `a` or `c` is (batch, n_a).
"""

import inspect
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from learning.quiet_tensorflow import keras


def music_inference_model(LSTM_cell: "keras.layers.LSTM", densor: "keras.layers.Dense", n_values: int) -> "keras.Model":
    """The one-step model: (value, a, c) -> (probabilities, a, c), made of the same layers as the training model.

    The value is one-hot, (batch, n_values); so are the probabilities. Source: the family's `music_inference_model`.
    """
    from learning.quiet_tensorflow import keras

    n_a = LSTM_cell.units
    x = keras.Input((n_values,))
    a0, c0 = keras.Input((n_a,)), keras.Input((n_a,))
    if not LSTM_cell.built:
        LSTM_cell.build((None, None, n_values))
    _, (a, c) = LSTM_cell.cell(x, [a0, c0])
    return keras.Model([x, a0, c0], [densor(a), a, c], name="music_inference_model")


def predict_and_sample(
    inference_model: "keras.Model",
    x_initializer: np.ndarray,
    a_initializer: np.ndarray,
    c_initializer: np.ndarray,
    n_steps: int = 50,
    temperature: float = 0.0,
    min_p: float = 0.0,
    seed: int = 0,
) -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Let the model run freely: `(results, indices, state)`.

    The initializers are (batch, n_values), (batch, n_a) and (batch, n_a). `results` are the chosen values one-hot,
    (batch, n_steps, n_values), `indices` the same as numbers, (batch, n_steps), and `state` the last (x, a, c), from
    which one may go on. Temperature 0 takes the most probable value, as the original does; above 0 values are drawn,
    see `draw`. Source: the family's `predict_and_sample`.
    """
    from learning.quiet_tensorflow import tf

    # Many parameters: they are the family's.
    arguments = [tf.constant(array, tf.float32) for array in (x_initializer, a_initializer, c_initializer)]
    temperature, min_p = tf.constant(temperature, tf.float32), tf.constant(min_p, tf.float32)
    indices, state = _free_loop(inference_model)(
        *arguments, tf.constant(n_steps), temperature, min_p, tf.constant(seed)
    )
    n_values = inference_model.output_shape[0][-1]
    return tf.one_hot(indices, n_values).numpy(), indices.numpy(), tuple(part.numpy() for part in state)


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


def _hash_weights(length: int) -> np.ndarray:
    """Odd weights whose weighted sums, modulo 2**64, tell runs of values apart."""
    return np.random.RandomState(0).randint(1, 2**62, length, dtype=np.int64) * 2 + 1


@dataclass(frozen=True)
class BarRules:
    """What may be sampled where. Places count grid steps from the start of the solo, over all its bars.

    `starts_bar` (n_values,): whether a value has no interval. `steps` (n_values,): its duration in grid steps. `types`
    (n_values,): the number of its type. `bars` (n_places,): the bar of each place; `in_bar` and `left`: the steps since
    its bar line and until the next. `playable` (n_places, n_types): whether the chord there has a tone of the type.
    `tables` (n_places,): which of the `distances`, (n_tables, longest bar, longest duration + 1, longest distance + 1),
    holds there. `first_places`: where in its bar the first note may come. `known_runs`: what would be copied.
    """

    starts_bar: np.ndarray
    steps: np.ndarray
    types: np.ndarray
    bars: np.ndarray
    in_bar: np.ndarray
    left: np.ndarray
    playable: np.ndarray
    tables: np.ndarray
    distances: np.ndarray
    first_places: tuple[int, ...]
    known_runs: KnownRuns


def sample_bars(
    inference_model: "keras.Model", rules: BarRules, batch: int, temperature: float, min_p: float = 0.0, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Sample `batch` solos over all bars: `(indices, places)`, both (batch, n).

    A solo is over where its place lies behind the last bar. The first value of a bar has no interval and later ones
    have one; a value fits into the rest of its bar, the chord of its place has a tone of its type, and it does not go
    on with a known run, each as far as there are such values. States start at zero and go on from bar to bar.
    """
    from learning.quiet_tensorflow import tf

    runs, longest = rules.known_runs, rules.distances.shape[2] - 1
    first_places = np.random.RandomState(seed).choice(rules.first_places, batch)
    arguments = {
        "first_places": np.minimum(first_places, rules.left[0] - 1),
        "allowed": _allowed_values(rules),  # (2, longest bar + 1, n_values)
        "playable": rules.playable,
        "types": rules.types,
        "steps": np.minimum(rules.steps, longest),
        "bars": rules.bars,
        "in_bar": rules.in_bar,
        "left": rules.left,
        "tables": rules.tables,
        "cumulative": rules.distances.cumsum(axis=3),
        "hash_weights": _hash_weights(runs.length),
        "hashes": runs.hashes,
        "followers": runs.followers,
        "ranks": np.arange(runs.most),
        "temperature": temperature,
        "min_p": min_p,
        "seed": seed,
    }
    tensors = {name: tf.constant(arguments[name], spec.dtype) for name, spec in _bar_signature().items()}
    indices, places = _bar_loop(inference_model)(**tensors)
    return indices.numpy(), places.numpy()


def draw(probabilities, temperature, min_p, uniform):
    """Choose a value for each row: (batch, n_values) and a uniform number (batch,) -> (batch,) int32.

    Temperature 0: the most probable. Above it: drawn in proportion to `p ** (1 / temperature)`, leaving out values
    whose share is less than `min_p` times the largest (min-p, Nguyen et al. 2024). A probability of 0 is never drawn.
    """
    from learning.quiet_tensorflow import tf

    logits = tf.math.log(probabilities) / tf.maximum(temperature, 1e-6)
    weights = tf.exp(logits - tf.reduce_max(logits, axis=1, keepdims=True))
    weights = tf.where(weights >= min_p, weights, 0.0)
    cumulative = tf.cumsum(weights, axis=1)
    drawn = tf.reduce_sum(tf.cast(cumulative <= uniform[:, None] * cumulative[:, -1:], tf.int32), axis=1)
    likeliest = tf.argmax(probabilities, axis=1, output_type=tf.int32)
    return tf.where(temperature > 0, tf.minimum(drawn, tf.shape(probabilities)[1] - 1), likeliest)


@lru_cache(maxsize=4)
def _free_loop(inference_model: "keras.Model"):
    from learning.quiet_tensorflow import tf

    states = [tf.TensorSpec([None, shape[-1]]) for shape in inference_model.input_shape]
    numbers = [tf.TensorSpec([], dtype) for dtype in (tf.int32, tf.float32, tf.float32, tf.int32)]

    # Without autograph, whose rewriting takes longer than the tracing itself; one trace serves every batch.
    @tf.function(input_signature=[*states, *numbers], autograph=False)
    def loop(x, a, c, n_steps, temperature, min_p, seed):
        def body(step, x, a, c, chosen):
            probabilities, a, c = inference_model([x, a, c])
            uniform = tf.random.stateless_uniform([tf.shape(x)[0]], seed=tf.stack([seed, step]))
            value = draw(probabilities, temperature, min_p, uniform)  # (batch,)
            return step + 1, tf.one_hot(value, x.shape[1]), a, c, chosen.write(step, value)

        start = (tf.constant(0), x, a, c, tf.TensorArray(tf.int32, size=n_steps))
        _, x, a, c, chosen = tf.while_loop(lambda step, *_: step < n_steps, body, start)
        return tf.transpose(chosen.stack()), (x, a, c)

    return loop


def _bar_signature() -> dict:
    """What the compiled loop takes; open sizes, so that one trace serves every batch and every tune."""

    from learning.quiet_tensorflow import tf

    def numbers(axes: int, dtype=tf.int32) -> tf.TensorSpec:
        return tf.TensorSpec([None] * axes, dtype)

    return {
        "first_places": numbers(1),
        "allowed": numbers(3, tf.bool),
        "playable": numbers(2, tf.bool),
        "types": numbers(1),
        "steps": numbers(1),
        "bars": numbers(1),
        "in_bar": numbers(1),
        "left": numbers(1),
        "tables": numbers(1),
        "cumulative": numbers(4, tf.float32),
        "hash_weights": numbers(1, tf.int64),
        "hashes": numbers(1, tf.int64),
        "followers": numbers(1),
        "ranks": numbers(1),
        "temperature": numbers(0, tf.float32),
        "min_p": numbers(0, tf.float32),
        "seed": numbers(0),
    }


@lru_cache(maxsize=4)
def _bar_loop(inference_model: "keras.Model"):
    from learning.quiet_tensorflow import tf

    n_values, n_a = inference_model.input_shape[0][-1], inference_model.input_shape[1][-1]

    # Long: one compiled graph.
    def copies(run, hash_weights, hashes, followers, ranks):
        """Which values would go on with a known run: (batch, n_values) bool."""
        wanted = tf.reduce_sum(run * hash_weights, axis=1)  # (batch,)
        found = tf.minimum(tf.searchsorted(hashes, wanted)[:, None] + ranks, tf.shape(hashes)[0] - 1)  # (batch, most)
        same = tf.equal(tf.gather(hashes, found), wanted[:, None])
        following = tf.where(same, tf.gather(followers, found), -1)
        return tf.reduce_any(tf.one_hot(following, n_values, True, False, dtype=tf.bool), axis=1)

    def where_any(narrow, wide):
        """The narrower choice in the rows in which it leaves one."""
        return tf.where(tf.reduce_any(narrow, axis=1, keepdims=True), narrow, wide)

    def loop(
        first_places, allowed, playable, types, steps, bars, in_bar, left, tables, cumulative,
        hash_weights, hashes, followers, ranks, temperature, min_p, seed,
    ):  # fmt: skip
        # Many parameters: all tensors of a compiled graph have to be handed in, and on from step to step.
        batch, end = tf.shape(first_places)[0], tf.shape(bars)[0]

        def body(step, place, is_first, run, x, a, c, chosen, places):
            # Many parameters: what one step of the graph hands on to the next.
            probabilities, a, c = inference_model([x, a, c])
            here = tf.minimum(place, end - 1)
            fits = tf.gather_nd(allowed, tf.stack([is_first, tf.gather(left, here)], axis=1))  # (batch, n_values)
            fits = where_any(fits & tf.gather(tf.gather(playable, here), types, axis=1), fits)
            fits = where_any(fits & ~copies(run, hash_weights, hashes, followers, ranks), fits)
            # The least of a probability keeps an allowed value possible where the softmax has rounded it to zero.
            probabilities = tf.where(fits, tf.maximum(probabilities, 1e-30), 0.0)
            uniform = tf.random.stateless_uniform([2, batch], seed=tf.stack([seed, step]))
            value = draw(probabilities, temperature, min_p, uniform[0])  # (batch,)
            at = tf.stack([tf.gather(tables, here), tf.gather(in_bar, here), tf.gather(steps, value)], axis=1)
            row = tf.gather_nd(cumulative, at)  # (batch, longest distance + 1)
            distance = tf.reduce_sum(tf.cast(row <= uniform[1][:, None] * row[:, -1:], tf.int32), axis=1)
            after = place + distance
            crossed = tf.gather(bars, tf.minimum(after, end - 1)) != tf.gather(bars, here)
            run = tf.concat([run, tf.cast(value, tf.int64)[:, None]], axis=1)[:, 1:]
            x = tf.one_hot(value, n_values)
            chosen, places = chosen.write(step, value), places.write(step, place)
            return step + 1, after, tf.cast(crossed, tf.int32), run, x, a, c, chosen, places

        nothing = [tf.zeros([batch, size]) for size in (n_values, n_a, n_a)]
        no_run = tf.fill([batch, tf.shape(hash_weights)[0]], tf.constant(-1, tf.int64))  # of the last values
        noted = [tf.TensorArray(tf.int32, size=0, dynamic_size=True) for _ in range(2)]
        start = (tf.constant(0), first_places, tf.ones([batch], tf.int32), no_run, *nothing, *noted)
        *_, chosen, places = tf.while_loop(lambda step, place, *_: tf.reduce_any(place < end), body, start)
        return tf.transpose(chosen.stack()), tf.transpose(places.stack())

    specs = _bar_signature()
    signature = [specs[name] for name in inspect.signature(loop).parameters]
    return tf.function(loop, input_signature=signature, autograph=False)


def _allowed_values(rules: BarRules) -> np.ndarray:
    """(2, longest bar + 1, n_values): by whether it is a bar's first value, and by the steps left in the bar."""
    left = np.arange(rules.left.max() + 1)
    fits = rules.steps[None, :] <= left[:, None]  # (longest bar + 1, n_values)
    allowed = np.stack([fits & ~rules.starts_bar, fits & rules.starts_bar])
    for kind, of_kind in enumerate((~rules.starts_bar, rules.starts_bar)):
        if not of_kind.any():  # a corpus whose bars hold one note each has no value with an interval
            of_kind = ~of_kind
        shortest = of_kind & (rules.steps == rules.steps[of_kind].min())
        allowed[kind] = np.where(allowed[kind].any(axis=1, keepdims=True), allowed[kind], shortest)
    return allowed
