"""PyTorch. `pytorch.py WORK eager|compiled|delve|cockpit`: the last two with their measurements."""

import gc
import sys
import tempfile
import warnings

import torch
from torch import nn

from runners import work

ACTIVATIONS = {"tanh": nn.Tanh, "relu": nn.ReLU, "sigmoid": nn.Sigmoid}


def network_of(task: dict) -> nn.Sequential:
    """The work as a Sequential, logits out."""
    layers: list[nn.Module] = []
    width = work.FEATURES
    if "filters" in task:
        layers.append(nn.Unflatten(1, (1, 28, 28)))
        channels, side = 1, 28
        for place, filters in enumerate(task["filters"]):
            if place:
                layers.append(nn.MaxPool2d(2))
                side //= 2
            layers += [nn.Conv2d(channels, filters, 3), nn.ReLU()]
            channels, side = filters, side - 2
        layers.append(nn.Flatten())
        width = channels * side * side
    for units, activation in task["hidden"]:
        layers.append(nn.Linear(width, units))
        if task.get("batch_norm"):
            layers.append(nn.BatchNorm1d(units))
        layers.append(ACTIVATIONS[activation]())
        if "dropout" in task:
            layers.append(nn.Dropout(task["dropout"]))
        width = units
    return nn.Sequential(*layers, nn.Linear(width, work.CLASSES))


def main(name: str, kind: str) -> None:
    """Serve."""
    warnings.simplefilter("ignore")
    task, (pictures, labels) = work.WORK[name], work.floats()
    x, y = torch.from_numpy(pictures), torch.from_numpy(labels)
    torch.manual_seed(0)
    model, loss = network_of(task), nn.CrossEntropyLoss()
    optimizers = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}
    optimizer = optimizers[task["optimizer"]](model.parameters(), lr=work.RATES[task["optimizer"]])
    batch = task["batch"]
    rows = work.ROWS if batch > 1 else work.SHORT
    tracker = cockpit = None
    if kind == "delve":
        from delve import SaturationTracker

        tracker = SaturationTracker(tempfile.mkdtemp(), save_to="csv", modules=model, stats=["lsat"], device="cpu")
    if kind == "cockpit":
        from backpack import extend
        from cockpit import Cockpit
        from cockpit.utils.configuration import configuration

        extend(model), extend(loss)
        cockpit = Cockpit(model.parameters(), quantities=configuration("economy"))
        separate = extend(nn.CrossEntropyLoss(reduction="none"))
    steps = [0]

    def step(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        optimizer.zero_grad()
        value = loss(model(x), y)
        value.backward()
        optimizer.step()
        return value.detach()

    def watched(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        optimizer.zero_grad()
        outputs = model(x)
        value = loss(outputs, y)
        info = {
            "batch_size": len(x),
            "individual_losses": separate(outputs, y),
            "loss": value,
            "optimizer": optimizer,
        }
        with cockpit(steps[0], info=info):
            value.backward(create_graph=cockpit.create_graph(steps[0]))
        optimizer.step()
        steps[0] += 1
        return value.detach()

    one = torch.compile(step) if kind == "compiled" else watched if cockpit else step

    def epoch(rows: int = rows) -> None:
        nonlocal cockpit
        if cockpit:  # a new one an epoch: it keeps 2 GB of each, graphs that hold themselves
            cockpit, steps[0] = Cockpit(model.parameters(), quantities=configuration("economy")), 0
            gc.collect()
        order, total = torch.randperm(rows), torch.zeros(())
        for start in range(0, rows, batch):
            part = order[start : start + batch]
            total += one(x[part], y[part])
        if tracker:
            tracker.add_saturations()
        float(total)

    epoch(batch * 50 + batch // 2)
    work.serve(epoch, work.ROWS / rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
