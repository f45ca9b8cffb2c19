"""Training on a library: a network whose values share what they are made of.

The rows of the LSTM's kernel and of the softmax layer are sums over a value's parts (`learning/lessons.py`), so that
what is heard of one value is learned for its relatives, too. What comes out are plain weights of the same two layers:
improvising does not know the difference. Left to others: what is heard, and how fast it is learned.

Importing this brings TensorFlow, as `learning/network.py` does. Conventions: axes are (batch, time, values).
"""

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from data_utils import NOTHING
from learning.lessons import Lessons, Schedule
from learning.network import best_strategy, build, keras_file
from running.quiet_tensorflow import keras, tf

SPREAD = 0.05  # standard deviation of the parts' first weights
LONGEST_GRADIENT = 1.0
HELD_AT_ONCE = 256  # windows


class SharedNetwork:
    """The two layers' weights while a library is learned: `variables` of the parts, and of the LSTM itself."""

    def __init__(self, parts: np.ndarray, n_a: int, Tx: int, seed: int):
        self.model, self.LSTM_cell, self.densor = build(len(parts), n_a, Tx, seed)
        self.n_values, self.n_a, n_parts = len(parts), n_a, int(parts.max()) + 1
        places = np.stack([np.repeat(np.arange(len(parts)), parts.shape[1]), np.sort(parts, axis=1).ravel()], axis=1)
        self.parts = tf.SparseTensor(places, tf.ones(len(places)), (len(parts), n_parts))
        generator = np.random.RandomState(seed)
        first = [generator.normal(0, SPREAD, (n_parts, size)) for size in (4 * n_a, n_a)] + [np.zeros((n_parts, 1))]
        with best_strategy().scope():
            self.shared = [keras.Variable(array.astype(np.float32)) for array in first]
        self.variables = [*self.shared, self.LSTM_cell.cell.recurrent_kernel, self.LSTM_cell.cell.bias]

    def weights(self) -> tuple[tf.Tensor, ...]:
        """Of each value the rows of the kernel (n_values, 4 n_a), of the softmax layer (n_values, n_a), and its bias
        (n_values, 1)."""
        return tuple(tf.sparse.sparse_dense_matmul(self.parts, shared.value) for shared in self.shared)

    def losses(self, inputs: tf.Tensor, targets: tf.Tensor, dropout: float) -> tf.Tensor:
        """The cross-entropy of each step, (batch, Tx); 0 where there is no target."""
        kernel, softmax_kernel, softmax_bias = self.weights()
        recurrent_kernel, bias = (variable.value for variable in self.variables[-2:])
        nothing = tf.zeros((1, 4 * self.n_a))
        rows = tf.where(inputs == NOTHING, self.n_values, inputs)
        from_inputs = tf.gather(tf.concat([kernel, nothing], 0), rows) + bias  # (batch, Tx, 4 n_a)
        a = c = tf.zeros((tf.shape(inputs)[0], self.n_a))
        outputs = []
        for from_input in tf.unstack(from_inputs, axis=1):
            let_in, keep, candidate, let_out = tf.split(from_input + a @ recurrent_kernel, 4, axis=1)
            c = tf.sigmoid(keep) * c + tf.sigmoid(let_in) * tf.tanh(candidate)
            a = tf.sigmoid(let_out) * tf.tanh(c)
            outputs.append(a)
        outputs = tf.stack(outputs, axis=1)  # (batch, Tx, n_a)
        outputs = tf.nn.dropout(outputs, dropout) if dropout else outputs
        scores = tf.einsum("bta,va->btv", outputs, softmax_kernel) + softmax_bias[:, 0]
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.maximum(targets, 0), scores)
        return tf.where(targets == NOTHING, 0.0, losses)

    def plain(self) -> list[np.ndarray]:
        """The weights of the two layers in the order of Keras."""
        kernel, softmax_kernel, softmax_bias = (array.numpy() for array in self.weights())
        recurrent_kernel, bias = (variable.numpy() for variable in self.variables[-2:])
        return [kernel, recurrent_kernel, bias, softmax_kernel.T.copy(), softmax_bias[:, 0]]


def train_on_library(
    lessons: Lessons, schedule: Schedule, training, on_epoch: Callable[[int, float, float | None], None]
) -> tuple[list[np.ndarray], np.ndarray, np.ndarray, bytes]:
    """Learn the lessons in `training.epochs` equal shares, `training` a `learning.learner.Training`: the weights of the
    one-step model where the held-out loss was least, the loss and the held-out loss of each epoch, (epochs,) both, the
    latter empty where nothing is held out, and the file that Keras saves.

    Losses are means over windows, summed over a window's steps, of which some may have fewer than Tx.
    `on_epoch(epoch, loss, held_loss)` is told after each, of nothing held out None. Raises MemoryError where TensorFlow
    runs out of it.
    """
    try:
        return _train(lessons, schedule, training, on_epoch)
    except tf.errors.ResourceExhaustedError as error:
        raise MemoryError(str(error)[:200]) from None  # the other process has no TensorFlow to understand it with


def _train(lessons: Lessons, schedule: Schedule, training, on_epoch) -> tuple:
    network = SharedNetwork(lessons.parts, training.n_a, lessons.Tx, training.seed)
    keras.utils.set_random_seed(training.seed)  # of what is left out
    bounds = np.linspace(0, len(lessons.starts), training.epochs + 1).astype(int)
    n_batches = sum(-(-(last - first) // training.batch_size) for first, last in pairwise(bounds))
    learn, hear = _compiled(network, schedule, n_batches)
    losses, held_losses, best, best_epoch = [], [], None, 0
    for first, last in pairwise(bounds):
        total = 0.0
        for start in range(first, last, training.batch_size):
            batch = slice(start, min(start + training.batch_size, last))
            total += float(learn(*lessons.windows(lessons.starts[batch], lessons.counts[batch])))
        losses.append(total / max(1, last - first))
        if len(lessons.held[0]):
            held_losses.append(_held_loss(lessons, hear))
        epoch = len(losses)
        if not held_losses or held_losses[-1] <= min(held_losses):
            best, best_epoch = network.plain(), epoch
        on_epoch(epoch, losses[-1], held_losses[-1] if held_losses else None)
        if epoch - best_epoch >= schedule.patience:
            break
    network.model.set_weights(best)
    return best, np.array(losses), np.array(held_losses), keras_file(network.model)


def _held_loss(lessons: Lessons, hear: Callable) -> float:
    """The loss of the windows that are held out."""
    starts, counts = lessons.held
    parts = (slice(start, start + HELD_AT_ONCE) for start in range(0, len(starts), HELD_AT_ONCE))
    return sum(float(hear(*lessons.windows(starts[part], counts[part]))) for part in parts) / len(starts)


def _compiled(network: SharedNetwork, schedule: Schedule, n_batches: int) -> tuple[Callable, Callable]:
    """Two functions of windows, inputs and targets, that return the sum of their losses: one that learns from them, and
    one that only hears them."""
    strategy = best_strategy()
    with strategy.scope():
        optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(schedule.rate, n_batches))
        optimizer.build(network.variables)

    def replica_step(inputs, targets):
        """Learn from this replica's share of a batch; gradients are summed over the replicas."""
        replica = tf.distribute.get_replica_context()
        share = slice(replica.replica_id_in_sync_group, None, replica.num_replicas_in_sync)
        n_heard = tf.math.count_nonzero(targets != NOTHING, dtype=tf.float32)
        values = [variable.value for variable in network.variables]
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(network.losses(inputs[share], targets[share], schedule.dropout))
            squares = sum(tf.nn.l2_loss(value) for value in values[:2]) / replica.num_replicas_in_sync
            wanted = loss / n_heard + schedule.shrink * squares
        gradients = [tf.convert_to_tensor(gradient) for gradient in tape.gradient(wanted, values)]
        optimizer.apply(tf.clip_by_global_norm(gradients, LONGEST_GRADIENT)[0], network.variables)
        return loss

    # Without autograph, whose rewriting takes as long as the tracing itself.
    signature = [tf.TensorSpec((None, network.model.input_shape[1]), tf.int32)] * 2

    @tf.function(input_signature=signature, autograph=False)
    def learn(inputs, targets):
        return strategy.reduce("SUM", strategy.run(replica_step, (inputs, targets)), axis=None)

    @tf.function(input_signature=signature, autograph=False)
    def hear(inputs, targets):
        return tf.reduce_sum(network.losses(inputs, targets, 0.0))

    return learn, hear
