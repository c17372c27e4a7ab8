"""`satnet demo`: a whole service for a minute, and what it says of two networks."""

import subprocess
import sys
import tempfile

from rich.console import Console

from satnet.client import Client
from satnet.report import metrics_line, saturation_table
from satnet.up import free_port

_READY = 150.0  # seconds that a cold start may take


def run_demo() -> int:
    """Start it, train the pair over HTTP, print both reports, stop it; the exit status."""
    console, port = Console(), free_port()
    with tempfile.TemporaryDirectory(prefix="satnet-demo-") as folder:
        command = [sys.executable, "-m", "satnet.cli", "up", "--port", str(port), "--data", folder]
        service = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            console.print("Starting the embedded store, the API and a worker ...")
            line = service.stdout.readline() if service.stdout else ""
            if "ready" not in line:
                console.print("the service did not start; run `satnet up` to see why")
                return 1
            console.print(line.strip(), markup=False, soft_wrap=True)
            return _train_pair(console, f"http://127.0.0.1:{port}")
        finally:
            service.terminate()
            service.wait(40)


def _train_pair(console: Console, url: str) -> int:
    from satnet import presets

    with Client(url) as client:
        submitted = [client.experiments.create(presets.load(name)) for name in ("saturated-digits", "healthy-digits")]
        documents = [one.wait(timeout=_READY).document for one in submitted]
    for document in documents:
        console.print(saturation_table(document))
        console.print(metrics_line(document), markup=False)
    if any(document["status"] != "succeeded" for document in documents):
        return 1
    bad, good = (document["summary"]["layers"][0]["epoch_0"]["saturated_fraction"] for document in documents)
    console.print(
        f"\nBefore training, {100 * bad:.0f} % of the first network's tanh outputs were saturated and "
        f"{100 * good:.0f} % of its twin's; they differ in the initializer and the loss.",
        markup=False,
    )
    return 0
