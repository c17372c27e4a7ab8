"""Train in this process, apply each proposed remedy to the spec, and train again.

Run `.venv/bin/python examples/without_a_service.py`. Remedies are JSON Patches, so any library for RFC 6902 applies them.
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
for remedy in sick["findings"][0]["remedies"]:
    healed = run_local(jsonpatch.apply_patch(sick["spec"], remedy["patch"]), data_dir=DATA)
    change = remedy["patch"][0]
    report(f"{change['path']} = {change['value']}", healed)
