"""JAX: the epoch as one `lax.scan`, what a specialist would write; nothing is measured. Dense networks alone."""

import sys

import jax
import jax.numpy as jnp
import numpy as np

from runners import work

ACTIVATIONS = {"tanh": jnp.tanh, "relu": jax.nn.relu, "sigmoid": jax.nn.sigmoid}


def main(name: str) -> None:
    """Serve."""
    task, (pictures, labels) = work.WORK[name], work.floats()
    x, y = jnp.asarray(pictures), jnp.asarray(work.one_hot(labels))
    rng, rate = np.random.default_rng(0), work.RATES[task["optimizer"]]
    sizes = [work.FEATURES, *(units for units, _ in task["hidden"]), work.CLASSES]
    functions = [ACTIVATIONS[activation] for _, activation in task["hidden"]]
    weights = []
    for fan_in, fan_out in zip(sizes, sizes[1:], strict=False):
        limit = (6 / (fan_in + fan_out)) ** 0.5
        kernel = rng.uniform(-limit, limit, (fan_in, fan_out)).astype(np.float32)
        weights.append((jnp.asarray(kernel), jnp.zeros(fan_out)))

    def loss(weights, x, y):
        for (kernel, bias), function in zip(weights, functions, strict=False):
            x = function(x @ kernel + bias)
        logits = x @ weights[-1][0] + weights[-1][1]
        return -jnp.mean(jnp.sum(y * jax.nn.log_softmax(logits), axis=-1)), logits

    def sgd(weights, state, gradient):
        return jax.tree.map(lambda w, g: w - rate * g, weights, gradient), state

    def adam(weights, state, gradient):
        step, mean, square = state
        step = step + 1
        mean = jax.tree.map(lambda m, g: m + 0.1 * (g - m), mean, gradient)
        square = jax.tree.map(lambda v, g: v + 0.001 * (g * g - v), square, gradient)
        size = rate * jnp.sqrt(1 - 0.999**step) / (1 - 0.9**step)
        weights = jax.tree.map(lambda w, m, v: w - size * m / (jnp.sqrt(v) + 1e-7), weights, mean, square)
        return weights, (step, mean, square)

    update = {"sgd": sgd, "adam": adam}[task["optimizer"]]

    @jax.jit
    def train(weights, state, x, y, order):
        def step(carried, rows):
            (value, logits), gradient = jax.value_and_grad(loss, has_aux=True)(carried[0], x[rows], y[rows])
            right = jnp.sum(jnp.argmax(logits, axis=-1) == jnp.argmax(y[rows], axis=-1))
            return update(*carried, gradient), (value, right)

        carried, (values, right) = jax.lax.scan(step, (weights, state), order)
        return *carried, values.sum(), right.sum()

    zeros = jax.tree.map(jnp.zeros_like, weights)
    kept = [weights, (jnp.zeros(()), zeros, zeros)]
    full = work.ROWS // task["batch"]

    def epoch() -> None:
        order = rng.permutation(work.ROWS)[: full * task["batch"]].astype(np.int32).reshape(full, task["batch"])
        *kept[:], total, _ = train(*kept, x, y, jnp.asarray(order))
        float(total)

    epoch()
    work.serve(epoch)


if __name__ == "__main__":
    main(*sys.argv[1:])
