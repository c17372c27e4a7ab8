"""Train in this process, apply the first remedy to the spec, and train again.

Run `.venv/bin/python examples/without_a_service.py`. A remedy is a JSON Patch; any library for RFC 6902 can apply it.
"""

from pathlib import Path

import jsonpatch

from satnet import presets
from satnet.service.local import run_local

DATA = Path("data")  # for downloaded datasets; digits comes with scikit-learn


def report(title, document):
    """Print one line: accuracy, saturation of the first hidden layer, findings that are more than information."""
    last = document["epochs"][-1]
    alarms = [finding["id"] for finding in document["findings"] if finding["severity"] != "info"]
    saturated = last["layers"][0]["saturated_fraction"]
    print(f"{title}: accuracy {last['validation']['accuracy']:.3f}, {saturated:.0%} saturated, alarms: {alarms}")


spec = presets.load("saturated-digits")
sick = run_local(spec, data_dir=DATA)
report("as it is", sick)
patch = sick["findings"][0]["remedies"][0]["patch"]
report(
    f"{patch[0]['path']} = {patch[0]['value']}", run_local(jsonpatch.apply_patch(sick["spec"], patch), data_dir=DATA)
)
