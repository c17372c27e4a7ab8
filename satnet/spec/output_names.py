"""What classes, labels and targets are called."""

from satnet.spec.datasets import Dataset, ResolvedData, Task


def output_names(dataset: Dataset, resolved: ResolvedData | None, task: Task, count: int) -> list[str]:
    """The `count` classes, labels or targets: by name where they have names, else by number.

    Classes have the names that were found in somebody's own data, labels and targets those of their columns.
    """
    if task == "classification":
        names = None if resolved is None else resolved.class_names
    else:
        names = [dataset.target] if isinstance(dataset.target, str) else dataset.target
    if names is not None and len(names) == count:
        return list(names)
    return ["target"] if task == "regression" and count == 1 else [str(number) for number in range(count)]
