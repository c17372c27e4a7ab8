"""How each phenomenon looks: the loss and the number its rule goes by, epoch by epoch, from the presets that show it.

.venv/bin/python benchmarks/diagnosis_pictures.py
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from satnet import presets
from satnet.service.local import run_local

_BARS = "▁▂▃▄▅▆▇█"
_LAYER = {
    "input_not_standardized": "saturated_fraction",
    "saturated_at_start": "saturated_fraction",
    "saturation_growing": "saturated_fraction",
    "born_dead": "dead_unit_fraction",
    "dying_relu": "dead_unit_fraction",
    "sigmoid_collapse": "saturated_low",
    "learning_rate_high": "update_ratio",
    "learning_rate_low": "movement",
    "nearly_linear": "gate",
    "symmetric_weights": "effective_dimension",
    "initializer_mismatch": "weight_std",
}
_NETWORK = {
    "vanishing_gradient": "vanish_ratio",
    "exploding_gradient": "vanish_ratio",
    "loss_mismatch": "saturated_wrong",
    "bad_start": "loss_over_chance",
}


def spark(values: Sequence[float | None]) -> str:
    """Its first and last value around one bar an epoch; a gap where there is none."""
    known = [value for value in values if value is not None]
    low, high = min(known), max(known)
    flat = high - low <= 0.05 * abs(high)  # noise is not drawn as a course
    bars = [" " if value is None else _BARS[3 if flat else round((value - low) / (high - low) * 7)] for value in values]
    return f"{known[0]:.3g} {''.join(bars)} {known[-1]:.3g}"


def number(rule: str, record: dict[str, Any]) -> float | None:
    """What the rule goes by, of the layer where it is worst."""
    if rule in _NETWORK:
        return record["network"][_NETWORK[rule]]  # type: ignore[no-any-return]  # a record is JSON
    if rule == "overfitting":
        return record["validation"]["loss"]  # type: ignore[no-any-return]  # a record is JSON
    values = [layer[_LAYER[rule]] for layer in record["layers"] if layer[_LAYER[rule]] is not None]
    return max(values) if values else None


def main() -> None:
    """One line a preset."""
    for preset in presets.describe():
        rule, name = preset["shows"], preset["name"]
        if not rule or preset["spec"]["dataset"]["name"] == "mnist":
            continue
        records = run_local(preset["spec"], data_dir=Path("nowhere"))["epochs"][:41]
        line = f"{name:22} loss {spark([record['train']['loss'] for record in records]):38}"
        known = rule in _LAYER or rule in _NETWORK or rule == "overfitting"
        metric = _LAYER.get(rule) or _NETWORK.get(rule) or "validation loss"
        numbers = [number(rule, record) for record in records] if known else []
        if any(value is not None for value in numbers):
            line += f" {metric} {spark(numbers)}"
        print(line.rstrip(), flush=True)


if __name__ == "__main__":
    main()
