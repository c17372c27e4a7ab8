"""A short form of benchmarks/load.py."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

LOAD = Path(__file__).parents[3] / "benchmarks" / "load.py"

pytestmark = pytest.mark.service


def test_a_service_under_load_answers_without_an_error():
    # given
    sizes = {"seconds": 4, "submitters": 2, "pollers": 5, "streams": 50, "waits": 50}
    options = [part for name, size in sizes.items() for part in (f"--{name}", str(size))]

    # when
    done = subprocess.run([sys.executable, LOAD, *options], capture_output=True, text=True, timeout=150)

    # then
    assert done.returncode == 0, done.stdout + done.stderr
    counts = {name: int(count) for name, count in re.findall(r"^\| ([\w ]+) \| (\d+) \|$", done.stdout, re.M)}
    assert counts["errors"] == 0
    assert counts["stream"] == 50
    assert counts["event"] >= 50
    assert counts["long poll"] >= 50
    assert counts["submit"] >= 2
