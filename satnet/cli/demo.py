"""`satnet demo`: a service for a minute: two networks, their diagnosis, and a remedy put to the test."""

import os
import subprocess
import sys
import tempfile

from rich.console import Console

from satnet.client import Client
from satnet.service.ports import free_port
from satnet.terminal.comparison import print_comparison
from satnet.terminal.experiments import print_report

_READY = 150.0  # seconds that a cold start and one experiment may take


def run_demo() -> int:
    """Start it, train the pair over HTTP, print both reports, stop it; the exit status."""
    console, port = Console(markup=False, emoji=False), free_port()
    with tempfile.TemporaryDirectory(prefix="satnet-demo-") as folder:
        command = [sys.executable, "-m", "satnet.cli", "up", "--host", "127.0.0.1"]
        command += ["--port", str(port), "--data", folder]
        alone = {**os.environ, "SATNET_AUTH": "off", "SATNET_ALLOWED_HOSTS": ""}  # for this program, for a minute
        service = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=alone)
        try:
            console.print("Starting the embedded store, the API and a worker ...")
            line = service.stdout.readline() if service.stdout else ""
            if "ready" not in line:
                console.print("the service did not start; run `satnet up` to see why")
                return 1
            console.print(line.strip(), markup=False, soft_wrap=True)
            return _show_all(console, f"http://127.0.0.1:{port}")
        finally:
            service.terminate()
            service.wait(40)


def _show_all(console: Console, url: str) -> int:
    from satnet import presets

    with Client(url) as client:
        names = ("saturated-digits", "healthy-digits")
        submitted = [client.experiments.create(presets.load(name)) for name in names]
        experiments = [one.wait(timeout=_READY) for one in submitted]
        for experiment in experiments:
            print_report(experiment.document, console)
            console.print()
        if any(one["status"] != "succeeded" for one in experiments):
            return 1
        finding = next(one for one in experiments[0].findings if one.rule == "saturated_at_start")
        console.print(f"Posting the first remedy of {finding.id} back ...", markup=False)
        healed = finding.remedy().wait(timeout=_READY)
        print_comparison(client.experiments.compare(experiments[0]["id"], healed["id"]), console)
    return 0
