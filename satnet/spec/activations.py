"""The activations a spec may name; each is Keras's of that name."""

from satnet.spec.activation_traits import ACTIVATIONS
from satnet.spec.named import Named


class Activation(Named):
    """An activation function of Keras."""

    kind = "activation"
    allowed = {name: traits.parameters for name, traits in ACTIVATIONS.items()}
