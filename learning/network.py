"""The network and its training.

One LSTM and one softmax layer are made once and shared: `djmodel` runs them over whole windows to learn, and
`inference_model.music_inference_model` runs the same two one step at a time to improvise. Left to others: what is
learned, and that it is never learned twice (`learning/training.py`).

Importing this brings TensorFlow: `learning/learner.py` does so in a process of its own.

Conventions: `n_a` is the width of the LSTM, `a` its output and `c` its cell state, both (batch, n_a) and zero at the
start; axes are (batch, time, values).
"""

import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from time import monotonic

import numpy as np

from inference_model import music_inference_model
from running.quiet_tensorflow import keras, tf


def shared_layers(n_values: int, n_a: int, seed: int) -> tuple[keras.layers.LSTM, keras.layers.Dense]:
    """The LSTM and the softmax layer with their starting weights, drawn from `seed`."""
    LSTM_cell = keras.layers.LSTM(
        n_a,
        return_sequences=True,
        kernel_initializer=keras.initializers.GlorotUniform(seed),
        recurrent_initializer=keras.initializers.Orthogonal(seed=seed + 1),
        name="lstm",
    )
    densor = keras.layers.Dense(
        n_values, activation="softmax", kernel_initializer=keras.initializers.GlorotUniform(seed + 2), name="softmax"
    )
    return LSTM_cell, densor


def build(n_values: int, n_a: int, Tx: int, seed: int) -> tuple[keras.Model, keras.layers.LSTM, keras.layers.Dense]:
    """The training model and the two layers it shares with the inference model, on the devices there are."""
    with best_strategy().scope():
        LSTM_cell, densor = shared_layers(n_values, n_a, seed)
        return djmodel(Tx, LSTM_cell, densor, n_values), LSTM_cell, densor


def train_network(
    inputs: np.ndarray,
    targets: np.ndarray,
    n_values: int,
    training,
    on_epoch: Callable[[int, float], None],
) -> tuple[list[np.ndarray], np.ndarray, bytes]:
    """Build the network, train it as `train` does, and make the one-step model of its layers: that model's weights, the
    loss of each epoch, and the file that Keras saves. Raises MemoryError where TensorFlow runs out of it."""
    model, LSTM_cell, densor = build(n_values, training.n_a, inputs.shape[1], training.seed)
    try:
        with best_strategy().scope():
            losses = train(model, inputs, targets, training, on_epoch)
    except tf.errors.ResourceExhaustedError as error:
        raise MemoryError(str(error)[:200]) from None  # the other process has no TensorFlow to understand it with
    return music_inference_model(LSTM_cell, densor, n_values).get_weights(), losses, keras_file(model)


def keras_file(model: keras.Model) -> bytes:
    """What Keras saves of a model, as bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.keras"
        model.save(path)
        return path.read_bytes()


def djmodel(Tx: int, LSTM_cell: keras.layers.LSTM, densor: keras.layers.Dense, n_values: int) -> keras.Model:
    """The training model: (batch, Tx, n_values) one-hot -> (batch, Tx, n_values) probabilities of the next value.

    The states start at zero. All Tx steps are one pass over the sequence, equal to Tx explicit steps of the two shared
    layers. Source: the family's `djmodel`, which unrolls them.
    """
    X = keras.Input((Tx, n_values))
    return keras.Model(X, densor(LSTM_cell(X)), name="djmodel")


def make_optimizer(rate: float = 0.01, decay: float = 0.01) -> keras.optimizers.Adam:
    """Adam with the original's decay, `rate / (1 + decay * step)`, as a schedule: Keras 3 ignores the old argument."""
    schedule = keras.optimizers.schedules.InverseTimeDecay(rate, decay_steps=1, decay_rate=decay)
    return keras.optimizers.Adam(schedule, beta_1=0.9, beta_2=0.999)


def train(
    model: keras.Model,
    inputs: np.ndarray,
    targets: np.ndarray,
    training,
    on_epoch: Callable[[int, float], None] = lambda epoch, loss: None,
    report_every: int | None = None,
) -> np.ndarray:
    """Train on windows of indices, both (n, Tx), -1 for nothing; return the loss of each epoch, (epochs,).

    `training` is a `learning.learner.Training`.

    The loss is the categorical cross-entropy summed over the Tx steps, as a mean over the epoch's windows while they
    were learned from. A window's last target is all zeros: its loss is 0, but its gradient is not, because softmax and
    cross-entropy are one operation to TensorFlow, which takes targets to add up to 1. So it was where the original was
    measured (7.5 after 100 epochs; without that gradient it would be 6.1), and so it is kept.

    Windows are shuffled in every epoch, by the seed. `on_epoch(epoch, loss)` is told after every `report_every` epochs,
    None for about once a second, and at the end. The epochs between run inside one call of the compiled graph, which
    does not change what they learn.
    """
    m = len(inputs)
    run_epochs = _compiled(model, tf.constant(inputs), tf.constant(targets), m, training.batch_size)
    generator, losses, count = np.random.RandomState(training.seed), [], report_every or 1
    while len(losses) < training.epochs:
        begun, count = monotonic(), min(count, training.epochs - len(losses))
        orders = np.stack([generator.permutation(m) for _ in range(count)]).astype(np.int32)
        losses.extend(run_epochs(tf.constant(orders)).numpy())
        on_epoch(len(losses), float(losses[-1]))
        if not report_every and monotonic() - begun < 0.5:
            count *= 2
    return np.array(losses)


def _compiled(model: keras.Model, inputs: tf.Tensor, targets: tf.Tensor, m: int, batch_size: int) -> Callable:
    """Some epochs of m windows in one call: their orders, (epochs, m), -> the loss of each, (epochs,)."""
    optimizer = make_optimizer()
    optimizer.build(model.trainable_variables)
    n_values = model.output_shape[-1]
    strategy = tf.distribute.get_strategy()

    def replica_step(rows):
        """Learn from this replica's share of a batch; gradients are summed over the replicas."""
        replica = tf.distribute.get_replica_context()
        batch = tf.cast(tf.shape(rows)[0], tf.float32)
        share = rows[replica.replica_id_in_sync_group :: replica.num_replicas_in_sync]
        X = tf.one_hot(tf.gather(inputs, share), n_values)  # (share, Tx, n_values)
        Y = tf.one_hot(tf.gather(targets, share), n_values)  # (share, Tx, n_values)
        with tf.GradientTape() as tape:
            step_losses = keras.losses.categorical_crossentropy(Y, model(X, training=True))  # (share, Tx)
            loss = tf.reduce_sum(step_losses) / batch
        gradients = tape.gradient(loss, [variable.value for variable in model.trainable_variables])
        optimizer.apply(gradients, model.trainable_variables)
        return loss * batch

    def batch_step(rows):
        return strategy.reduce("SUM", strategy.run(replica_step, (rows,)), axis=None)

    # Without autograph, whose rewriting takes as long as the tracing itself.
    @tf.function(input_signature=[tf.TensorSpec((None, m), tf.int32)], autograph=False)
    def run_epochs(orders):
        count = tf.shape(orders)[0]

        def one_epoch(epoch, losses):
            def one_batch(start, total):
                return start + batch_size, total + batch_step(orders[epoch, start : start + batch_size])

            _, total = tf.while_loop(lambda start, total: start < m, one_batch, (tf.constant(0), tf.constant(0.0)))
            return epoch + 1, losses.write(epoch, total / m)

        start = (tf.constant(0), tf.TensorArray(tf.float32, size=count))
        return tf.while_loop(lambda epoch, losses: epoch < count, one_epoch, start)[1].stack()

    return run_epochs


@cache
def best_strategy() -> tf.distribute.Strategy:
    """How to train on the devices there are: mirrored on several GPUs, otherwise on one device.

    One and the same for the whole run: the layers are made, and `train` is called, inside its scope.
    """
    if len(tf.config.list_logical_devices("GPU")) > 1:
        return tf.distribute.MirroredStrategy()
    return tf.distribute.get_strategy()
