"""A network and its measurements in NumPy, float64, the obvious way; gradients by finite differences."""

import math

import numpy as np

from satnet.spec import expand_layers

_erf = np.vectorize(math.erf)
_SELU = (1.05070098735548049342, 1.67326324235437728482)


def _sigmoid(z):
    return 1 / (1 + np.exp(-z))


def _softplus(z):
    return np.log1p(np.exp(-np.abs(z))) + np.maximum(z, 0)


ACTIVATIONS = {
    "linear": lambda z: z,
    "sigmoid": _sigmoid,
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
    "relu6": lambda z: np.clip(z, 0, 6),
    "leaky_relu": lambda z: np.where(z > 0, z, 0.2 * z),
    "elu": lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),
    "selu": lambda z: _SELU[0] * np.where(z > 0, z, _SELU[1] * np.expm1(np.minimum(z, 0))),
    "softplus": _softplus,
    "softsign": lambda z: z / (1 + np.abs(z)),
    "gelu": lambda z: 0.5 * z * (1 + _erf(z / math.sqrt(2))),
    "silu": lambda z: z * _sigmoid(z),
    "hard_silu": lambda z: z * np.clip(z / 6 + 0.5, 0, 1),
    "mish": lambda z: z * np.tanh(_softplus(z)),
    "hard_sigmoid": lambda z: np.clip(z / 6 + 0.5, 0, 1),
    "hard_tanh": lambda z: np.clip(z, -1, 1),
    "exponential": np.exp,
}


def softmax(z):
    shifted = np.exp(z - z.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def convolve(x, kernel):
    """Valid padding, stride 1: x (rows, h, w, in), kernel (kh, kw, in, out)."""
    high, wide = kernel.shape[:2]
    rows = [
        [
            np.tensordot(x[:, i : i + high, j : j + wide, :], kernel, axes=([1, 2, 3], [0, 1, 2]))
            for j in range(x.shape[2] - wide + 1)
        ]
        for i in range(x.shape[1] - high + 1)
    ]
    return np.stack([np.stack(row, axis=1) for row in rows], axis=1)


class Reference:
    """The spec's network with the weights of a built one."""

    def __init__(self, spec, network):
        self.layers = expand_layers(spec)
        self.model = network.model
        self.names, counts = [], {}
        for layer in self.layers:
            counts[layer.type] = counts.get(layer.type, 0) + 1
            self.names.append(f"{layer.type}_{counts[layer.type]}")
        self.weights = {
            layer.name: [np.asarray(w, np.float64) for w in layer.get_weights()] for layer in self.model.layers
        }

    def _normalized(self, name, x, batch_statistics):
        gamma, beta, mean, variance = self.weights[f"{name}_batch_normalization"]
        if batch_statistics:
            axes = tuple(range(x.ndim - 1))
            mean, variance = x.mean(axis=axes), x.var(axis=axes)
        return gamma * (x - mean) / np.sqrt(variance + 1e-3) + beta

    def forward(self, x, *, batch_statistics=False, given=None):
        """Prediction, and per hidden layer (z, a, pieces); `given` replaces the z of one layer."""
        x, seen = np.asarray(x, np.float64), {}
        for layer, name in zip(self.layers, self.names, strict=True):
            if layer.type == "flatten":
                x = x.reshape(len(x), -1)
            elif layer.type == "reshape":
                x = x.reshape(len(x), *layer.target_shape)
            else:
                x, z, a, pieces = self._weighted(layer, name, x, batch_statistics, (given or {}).get(name))
                seen[name] = (z, a, pieces)
        return x, seen

    def _weighted(self, layer, name, x, batch_statistics, given):
        kernel, bias = self.weights[name]
        z = (convolve(x, kernel) if layer.type == "conv2d" else x @ kernel) + bias
        if layer.batch_normalization == "before_activation":
            z = self._normalized(name, z, batch_statistics)
        pieces = None
        if layer.type == "maxout":
            pieces = z.reshape(len(z), layer.units, layer.pieces)
            z = pieces.max(axis=-1)
        z = z if given is None else given
        if layer.type == "maxout":
            a = z
        else:
            a = softmax(z) if layer.activation.name == "softmax" else ACTIVATIONS[layer.activation.name](z)
        after = layer.batch_normalization == "after_activation"
        return (self._normalized(name, a, batch_statistics) if after else a), z, a, pieces

    def row_losses(self, x, y, **options):
        """Categorical cross-entropy of each row, from the logits."""
        z = self.forward(x, **options)[1][self.names[-1]][0]
        z = z - z.max(axis=-1, keepdims=True)
        return -(y * (z - np.log(np.exp(z).sum(axis=-1, keepdims=True)))).sum(axis=-1)

    def delta(self, name, x, y, step=1e-6):
        """dLoss_row/dz of one layer by central differences; all rows at once, entry by entry."""
        z = self.forward(x)[1][name][0]
        result = np.zeros_like(z)
        for place in np.ndindex(*z.shape[1:]):
            where = (slice(None), *place)
            up, down = z.copy(), z.copy()
            up[where] += step
            down[where] -= step
            change = self.row_losses(x, y, given={name: up}) - self.row_losses(x, y, given={name: down})
            result[where] = change / (2 * step)
        return result

    def kernel_gradient(self, name, x, y, step=1e-6):
        """d(mean loss)/dW of one layer by central differences."""
        kernel = self.weights[name][0]
        result = np.zeros_like(kernel)
        for place in np.ndindex(*kernel.shape):
            kept = kernel[place]
            kernel[place] = kept + step
            up = self.row_losses(x, y).mean()
            kernel[place] = kept - step
            down = self.row_losses(x, y).mean()
            kernel[place] = kept
            result[place] = (up - down) / (2 * step)
        return result


def effective_dimension(a):
    """Share of eigendirections of the covariance that hold 99 % of the variance."""
    values = np.sort(np.linalg.eigvalsh(np.cov(a.T, bias=True)))[::-1].clip(0)
    return (np.searchsorted(np.cumsum(values) / values.sum(), 0.99) + 1) / len(values)
