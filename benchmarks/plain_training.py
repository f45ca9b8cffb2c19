"""The floors of learning and sampling: the same network without Keras, as a TensorFlow graph and in NumPy.

Both learn windows of indices, (m, Tx) and -1 for nothing, with an LSTM of `n_a` units and a softmax layer, Adam with
the original's decay, shuffled batches, and the cross-entropy summed over the Tx steps: what `learning.network.train`
does, written out by hand. Left to others: timing (`speed.py`).

Conventions: the four gates lie side by side in the order input, forget, candidate, output; axes are (batch, values).
"""

from collections.abc import Callable

import numpy as np

RATE, DECAY, BETA_1, BETA_2, EPSILON = 0.01, 0.01, 0.9, 0.999, 1e-7
Weights = list[np.ndarray]  # kernel (n_values, 4 n_a), recurrent (n_a, 4 n_a), bias (4 n_a,), and the softmax's two


def starting_weights(n_values: int, n_a: int, seed: int) -> Weights:
    """Glorot-uniform kernels, orthogonal recurrent weights, biases of zero but one for the forget gate."""
    generator = np.random.default_rng(seed)

    def glorot(rows: int, columns: int) -> np.ndarray:
        return generator.uniform(-1, 1, (rows, columns)) * np.sqrt(6 / (rows + columns))

    recurrent = np.linalg.qr(generator.normal(size=(4 * n_a, n_a)))[0].T
    bias = np.repeat([0.0, 1.0, 0.0, 0.0], n_a)
    softmax = [glorot(n_a, n_values), np.zeros(n_values)]
    return [array.astype(np.float32) for array in (glorot(n_values, 4 * n_a), recurrent, bias, *softmax)]


def shuffled(m: int, epochs: int, seed: int) -> np.ndarray:
    """The order of the windows in every epoch, (epochs, m)."""
    generator = np.random.RandomState(seed)
    return np.stack([generator.permutation(m) for _ in range(epochs)]).astype(np.int32)


def tensorflow_epochs(inputs: np.ndarray, targets: np.ndarray, n_values: int, n_a: int, batch_size: int, seed: int):
    """A compiled function from the order of windows, (epochs, m), to the loss of each epoch, (epochs,)."""
    import tensorflow as tf

    variables = [tf.Variable(array) for array in starting_weights(n_values, n_a, seed)]
    moments = [[tf.Variable(tf.zeros_like(variable)) for variable in variables] for _ in range(2)]
    step_number = tf.Variable(0.0)
    inputs, targets = tf.constant(inputs), tf.constant(targets)
    m, Tx = inputs.shape

    def loss_of(rows):
        kernel, recurrent, bias, softmax, softmax_bias = variables
        X = tf.one_hot(tf.transpose(tf.gather(inputs, rows)), n_values)  # (Tx, batch, n_values)
        Y = tf.one_hot(tf.transpose(tf.gather(targets, rows)), n_values)  # (Tx, batch, n_values)
        from_inputs = X @ kernel + bias  # (Tx, batch, 4 n_a)
        a = c = tf.zeros([tf.shape(rows)[0], n_a])
        outputs = []
        for from_input in tf.unstack(from_inputs):  # indexing instead would cost a gradient of the whole per step
            gates = from_input + a @ recurrent
            i, f, g, o = tf.split(gates, 4, axis=1)
            c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
            a = tf.sigmoid(o) * tf.tanh(c)
            outputs.append(a)
        logits = tf.stack(outputs) @ softmax + softmax_bias  # (Tx, batch, n_values)
        losses = -tf.reduce_sum(Y * tf.nn.log_softmax(logits), axis=2)  # (Tx, batch): 0 where there is no target
        return tf.reduce_mean(tf.reduce_sum(losses, axis=0))

    def learn(rows):
        with tf.GradientTape() as tape:
            loss = loss_of(rows)
        rate = RATE / (1 + DECAY * step_number)
        step_number.assign_add(1.0)
        rate *= tf.sqrt(1 - BETA_2**step_number) / (1 - BETA_1**step_number)
        for variable, first, second, slope in zip(variables, *moments, tape.gradient(loss, variables), strict=True):
            first.assign_add((slope - first) * (1 - BETA_1))
            second.assign_add((slope * slope - second) * (1 - BETA_2))
            variable.assign_sub(rate * first / (tf.sqrt(second) + EPSILON))
        return loss * tf.cast(tf.shape(rows)[0], tf.float32)

    @tf.function(reduce_retracing=True)
    def run_epochs(orders):
        losses = tf.TensorArray(tf.float32, size=tf.shape(orders)[0])
        for epoch in tf.range(tf.shape(orders)[0]):
            total = 0.0
            for start in tf.range(0, m, batch_size):
                total += learn(orders[epoch, start : start + batch_size])
            losses = losses.write(epoch, total / m)
        return losses.stack()

    return lambda orders: run_epochs(tf.constant(orders)).numpy()


def numpy_epochs(
    inputs: np.ndarray, targets: np.ndarray, n_values: int, n_a: int, batch_size: int, seed: int
) -> Callable[[np.ndarray], np.ndarray]:
    """The same function in NumPy, with the gradients of back-propagation through time worked out by hand."""
    weights = starting_weights(n_values, n_a, seed)
    moments = [[np.zeros_like(array) for array in weights] for _ in range(2)]
    state = {"steps": 0}
    m = len(inputs)

    def learn(rows: np.ndarray) -> float:
        loss, slopes = loss_and_slopes(weights, inputs[rows], targets[rows])
        rate = RATE / (1 + DECAY * state["steps"])
        state["steps"] += 1
        rate *= np.sqrt(1 - BETA_2 ** state["steps"]) / (1 - BETA_1 ** state["steps"])
        for array, first, second, slope in zip(weights, *moments, slopes, strict=True):
            first += (slope - first) * np.float32(1 - BETA_1)
            second += (slope * slope - second) * np.float32(1 - BETA_2)
            array -= np.float32(rate) * first / (np.sqrt(second) + np.float32(EPSILON))
        return loss * len(rows)

    def run_epochs(orders: np.ndarray) -> np.ndarray:
        return np.array(
            [sum(learn(order[start : start + batch_size]) for start in range(0, m, batch_size)) / m for order in orders]
        )

    return run_epochs


def loss_and_slopes(weights: Weights, inputs: np.ndarray, targets: np.ndarray) -> tuple[float, Weights]:
    """The loss of a batch of windows, (batch, Tx), and its derivative by each of the weights."""
    kernel, recurrent, bias, softmax, softmax_bias = weights
    batch, Tx = inputs.shape
    n_values, n_a = kernel.shape[0], recurrent.shape[0]
    values = np.arange(n_values)
    X = (inputs.T[..., None] == values).astype(np.float32)  # (Tx, batch, n_values)
    Y = (targets.T[..., None] == values).astype(np.float32)  # (Tx, batch, n_values)

    from_inputs = X @ kernel + bias  # (Tx, batch, 4 n_a)
    a, c = np.zeros((Tx + 1, batch, n_a), np.float32), np.zeros((Tx + 1, batch, n_a), np.float32)
    gates, tanh_c = np.empty_like(from_inputs), np.empty((Tx, batch, n_a), np.float32)
    for t in range(Tx):  # a[t] and c[t] are the states before step t
        at = from_inputs[t] + a[t] @ recurrent
        gates[t] = 1 / (1 + np.exp(-at))
        gates[t, :, 2 * n_a : 3 * n_a] = np.tanh(at[:, 2 * n_a : 3 * n_a])
        i, f, g, o = np.split(gates[t], 4, axis=1)
        c[t + 1] = f * c[t] + i * g
        tanh_c[t] = np.tanh(c[t + 1])
        a[t + 1] = o * tanh_c[t]
    logits = a[1:] @ softmax + softmax_bias  # (Tx, batch, n_values)
    logits -= logits.max(axis=2, keepdims=True)
    log_probabilities = logits - np.log(np.exp(logits).sum(axis=2, keepdims=True))
    loss = -float((Y * log_probabilities).sum()) / batch

    by_logits = (np.exp(log_probabilities) * Y.sum(axis=2, keepdims=True) - Y) / np.float32(batch)
    by_outputs = by_logits @ softmax.T  # (Tx, batch, n_a)
    by_gates, by_a, by_c = np.empty_like(gates), np.zeros((batch, n_a), np.float32), np.zeros((batch, n_a), np.float32)
    for t in reversed(range(Tx)):
        i, f, g, o = np.split(gates[t], 4, axis=1)
        by_a = by_a + by_outputs[t]
        by_c = by_c + by_a * o * (1 - tanh_c[t] ** 2)
        by_gates[t] = np.concatenate(
            [
                by_c * g * i * (1 - i),
                by_c * c[t] * f * (1 - f),
                by_c * i * (1 - g * g),
                by_a * tanh_c[t] * o * (1 - o),
            ],
            axis=1,
        )
        by_a, by_c = by_gates[t] @ recurrent.T, by_c * f
    flat_gates, flat_logits = by_gates.reshape(-1, 4 * n_a), by_logits.reshape(-1, n_values)
    slopes = [X.reshape(-1, n_values).T @ flat_gates, a[:-1].reshape(-1, n_a).T @ flat_gates, flat_gates.sum(axis=0)]
    slopes += [a[1:].reshape(-1, n_a).T @ flat_logits, flat_logits.sum(axis=0)]
    return loss, slopes


def numpy_sampling(weights: Weights, batch: int, n_steps: int, seed: int) -> np.ndarray:
    """Let the network run freely, each drawn value fed back in, without any rules: (batch, n_steps)."""
    kernel, recurrent, bias, softmax, softmax_bias = weights
    generator = np.random.default_rng(seed)
    a = c = np.zeros((batch, recurrent.shape[0]), np.float32)
    from_input, chosen = np.float32(0), np.empty((batch, n_steps), np.int64)
    for step in range(n_steps):
        i, f, g, o = np.split(from_input + a @ recurrent + bias, 4, axis=1)
        c = c / (1 + np.exp(-f)) + np.tanh(g) / (1 + np.exp(-i))
        a = np.tanh(c) / (1 + np.exp(-o))
        weight = np.exp(a @ softmax + softmax_bias)  # (batch, n_values)
        cumulative = weight.cumsum(axis=1)
        chosen[:, step] = (cumulative < generator.random((batch, 1)) * cumulative[:, -1:]).sum(axis=1)
        from_input = kernel[chosen[:, step]]  # (batch, 4 n_a)
    return chosen
