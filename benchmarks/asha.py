"""What ASHA saves and what it costs: 60 points on digits, trained to the end, and ended by the sweep's own rule.

    .venv/bin/python benchmarks/asha.py [--seeds 10]

Every point is really trained for all epochs. A trial that ASHA ends is the beginning of the same run, bit for bit, so
what it would have done, one trial after another in a shuffled order, is read off the epochs that are there.
"""

import argparse
import random
import statistics
from pathlib import Path

from satnet.sweeps.early import falls_behind, is_rung
from satnet.sweeps.parse import parse_sweep
from satnet.sweeps.search import all_at_once
from satnet.sweeps.spec import Asha, SweepSpec

EPOCHS = 27
SWEEP = {
    "base": {
        "dataset": {"name": "digits", "validation_fraction": 0.2},
        "layers": [
            {"type": "flatten"},
            {"type": "dense", "units": 25, "activation": "tanh"},
            {"type": "dense", "units": 10, "activation": "softmax"},
        ],
        "training": {"epochs": EPOCHS, "batch_size": 64},
        "optimizer": {"name": "adam", "learning_rate": 0.001},
    },
    "parameters": {
        "/optimizer/learning_rate": [3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0],
        "/layers/1/activation": ["sigmoid", "tanh", "relu"],
        "/layers/1/kernel_initializer": ["glorot_uniform", {"name": "random_normal", "stddev": 1.0}],
    },
    "objective": {"metric": "validation.accuracy"},
    "early_termination": {"name": "asha", "min_epochs": 1, "reduction_factor": 3},
}


def trained(sweep: SweepSpec) -> list[list[float]]:
    """Validation accuracy of each point after each epoch, 1 first."""
    from satnet.sweeps.stacking import group_of
    from satnet.training.group import train_group
    from satnet.training.group_member import Member

    specs = [sweep.spec_at(point, 0) for point in all_at_once(sweep) or []]
    records: list[list[dict]] = [[] for _ in specs]
    groups: dict[str, list[int]] = {}
    for number, spec in enumerate(specs):
        groups.setdefault(group_of(spec), []).append(number)
    for group in groups.values():
        members = [
            Member(specs[one], on_epoch=records[one].append, check=lambda: None, done=lambda _: None) for one in group
        ]
        train_group(members, data_dir=Path("nowhere"))
    return [[record["validation"]["accuracy"] for record in one[1:]] for one in records]


def ended(curves: list[list[float]], asha: Asha, seed: int) -> tuple[int, float]:
    """Epochs that ASHA spends on the curves, and the best final value among those that it lets come to the end."""
    order = list(range(len(curves)))
    random.Random(seed).shuffle(order)
    rungs: dict[str, dict[str, float]] = {}
    spent, best = 0, 0.0
    for number in order:
        for epoch, value in enumerate(curves[number], start=1):
            spent += 1
            if is_rung(asha, epoch):
                ends, rungs[str(number)] = falls_behind(asha, rungs, str(number), epoch, value, 1.0)
                if ends and epoch < len(curves[number]):
                    break
        else:
            best = max(best, curves[number][-1])
    return spent, best


def main() -> None:
    """A line a seed, and the medians."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=10)
    shares, gaps = [], []
    for seed in range(parser.parse_args().seeds):
        sweep = parse_sweep(SWEEP | {"base": SWEEP["base"] | {"seed": seed}})  # type: ignore[dict-item, operator]  # a mapping
        curves = trained(sweep)
        spent, chosen = ended(curves, sweep.early_termination or Asha(name="asha"), seed)
        best = max(curve[-1] for curve in curves)
        shares.append(spent / sum(map(len, curves)))
        gaps.append((best - chosen) / best)
        print(f"seed {seed}: {shares[-1]:.0%} of the epochs; {chosen:.4f} against {best:.4f} of the grid", flush=True)
    print(
        f"medians: {statistics.median(shares):.0%} of the epochs, {statistics.median(gaps):.2%} below the grid's best"
    )


if __name__ == "__main__":
    main()
