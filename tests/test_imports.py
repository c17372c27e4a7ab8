"""What loading costs: time, modules and memory, in fresh interpreters."""

import subprocess
import sys
import time
from pathlib import Path

HEAVY = ("tensorflow", "keras", "celery", "httpx", "pandas")


def fresh(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_importing_satnet_is_quick_and_loads_nothing_heavy():
    # when
    code = (
        "import sys, time; t = time.perf_counter(); import satnet; d = time.perf_counter() - t;"
        f"print(d, [m for m in {HEAVY} if m in sys.modules])"
    )
    seconds = []
    for _ in range(3):
        text, _, loaded = fresh(code).partition(" ")
        seconds.append(float(text))

    # then
    assert min(seconds) < 0.3
    assert loaded == "[]"


def test_help_loads_neither_keras_nor_celery():
    # when
    code = (
        "import sys; from typer.testing import CliRunner; from satnet.cli import app;"
        "CliRunner().invoke(app, ['--help']);"
        "print([m for m in ('tensorflow', 'keras', 'celery', 'redis') if m in sys.modules])"
    )

    # then
    assert fresh(code) == "[]"


def test_api_stays_small():
    # given
    code = "import api.main, sys, time; print('up', flush=True); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)

    # when
    process.stdout.readline()
    time.sleep(0.1)
    status = Path(f"/proc/{process.pid}/status").read_text()
    process.kill()
    process.wait()
    process.stdout.close()

    # then 150 MB at most
    kilobytes = int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])
    assert kilobytes < 150_000
