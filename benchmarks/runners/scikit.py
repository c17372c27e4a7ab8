"""scikit-learn's MLPClassifier, an epoch a call. Dense networks of one activation, without batch norm and dropout."""

import sys
import warnings

from sklearn.neural_network import MLPClassifier

from runners import work


def main(name: str) -> None:
    """Serve."""
    warnings.simplefilter("ignore")
    task, (x, y) = work.WORK[name], work.floats()
    activation = {"sigmoid": "logistic"}.get(task["hidden"][0][1], task["hidden"][0][1])
    batch = task["batch"]
    rows = work.ROWS if batch > 1 else work.SHORT
    model = MLPClassifier(
        [units for units, _ in task["hidden"]],
        activation=activation,
        solver=task["optimizer"],
        batch_size=batch,
        learning_rate_init=work.RATES[task["optimizer"]],
        alpha=0.0,
        momentum=0.0,
        max_iter=1,
        warm_start=True,
        random_state=0,
    )
    work.serve(lambda: model.fit(x[:rows], y[:rows]), work.ROWS / rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
