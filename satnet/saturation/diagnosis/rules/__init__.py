"""The rules in files by cause, in the order of causes; a rule of these files is in the diagnosis by being there."""

from satnet.saturation.diagnosis.rule import Rule
from satnet.saturation.diagnosis.rules import (
    gradients,
    initialization,
    input,
    learning_rate,
    loss,
    outcome,
    saturation,
)
from satnet.saturation.diagnosis.run import STALLED
from satnet.saturation.diagnosis.thresholds import Threshold

KINDS = (input, initialization, loss, learning_rate, saturation, gradients, outcome)
RULES: dict[str, Rule] = {
    one.name: one for kind in KINDS for one in vars(kind).values() if isinstance(one, Rule)
}  # a cause stands before its consequences
DEFAULTS: dict[str, Threshold] = STALLED | {
    name: threshold for one in RULES.values() for name, threshold in one.thresholds.items()
}
