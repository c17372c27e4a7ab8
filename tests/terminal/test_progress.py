"""Progress bars: drawn on a terminal, silent elsewhere."""

import pytest

from satnet.terminal.progress import ExperimentBar, SweepBar

RECORD = {
    "epoch": 3,
    "train": {"loss": 0.5, "accuracy": 0.75},
    "layers": [{"saturated_fraction": 0.25}, {"saturated_fraction": None}],
}
DOCUMENT = {"status": "running", "progress": {"epoch": 3, "epochs": 10, "fraction": 0.3}}
SWEEP = {
    "status": "running",
    "progress": {"succeeded": 2, "failed": 1, "cancelled": 0, "trials": 8},
    "best": {"value": 0.9},
}


@pytest.fixture
def on_terminal(monkeypatch):
    """Rich takes stderr for a terminal."""
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("TERM", "xterm")


@pytest.mark.usefixtures("on_terminal")
def test_a_terminal_shows_epoch_loss_accuracy_and_saturation(capsys):
    # when
    with ExperimentBar() as bar:
        bar.document(DOCUMENT, RECORD)

    # then
    assert bar.visible
    assert "epoch 3  loss 0.5000  accuracy 0.750  saturated 25 %" in capsys.readouterr().err


@pytest.mark.usefixtures("on_terminal")
def test_a_terminal_shows_how_many_trials_are_over(capsys):
    # when
    with SweepBar() as bar:
        bar.document(SWEEP)
        bar._progress.refresh()

    # then
    written = capsys.readouterr().err
    assert "running, best 0.9" in written
    assert "3/8" in written


def test_elsewhere_nothing_is_drawn(capsys):
    # when
    with ExperimentBar() as bar, SweepBar() as other:
        bar.document(DOCUMENT, RECORD)
        other.document(SWEEP)

    # then
    assert not bar.visible
    assert capsys.readouterr().err == ""
