"""Seconds an epoch: satnet with its measurements on beside its peers, in turn, in one call.

    make bench                            (environment of the peers, all networks, docs/performance.md)
    .venv/bin/python benchmarks/compare.py --peers PYTHON [--rounds 5] [--only NAME] [--tables NAME ...] [--write]

Every runner is a process of its own that loads 60,000 x 784 rows, compiles and warms up first, and then trains for a
second when it is its turn, while the others wait. Validation is off. At batch size 1 the slow ones run 4,000 steps,
scaled. `--write` puts the tables into docs/performance.md.
"""

import argparse
import os
import platform
import re
import statistics
import subprocess
import sys
from pathlib import Path

from runners.work import WORK

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "performance.md"
TENSORBOARD = HERE.parent / ".venv-peers" / "tensorboard"
DENSE = [name for name, task in WORK.items() if task["hidden"] and not {"batch_norm", "dropout"} & set(task)]
STOCK = "Keras fit"
OURS, OFF = "satnet, measuring", "satnet, not measuring"
RUNNERS = {  # name -> script, argument, whose Python, networks (all: None)
    OURS: ("ours.py", "on", False, None),
    OFF: ("ours.py", "off", False, None),
    STOCK: ("stock.py", "plain", False, None),
    "fit, steps_per_execution=500": ("stock.py", "steps", False, None),
    "fit, jit_compile": ("stock.py", "jit", False, [name for name in WORK if name[:3] not in ("con", "dro")]),
    "JAX scan": ("scan.py", None, True, DENSE),
    "PyTorch, eager": ("pytorch.py", "eager", True, None),
    "PyTorch, compiled": ("pytorch.py", "compiled", True, None),
    "scikit-learn": ("scikit.py", None, True, DENSE),
}
SOME = [name for name in WORK if name.endswith(("784-25-10, batch 64, sgd", "784-256-128-10, batch 64, adam"))]
MEASURING = {
    OURS: ("ours.py", "on", False, SOME),
    STOCK: ("stock.py", "plain", False, SOME),
    "Keras, callback by hand": ("stock.py", "callback", False, SOME),
    "Keras, TensorBoard histogram_freq=1": ("stock.py", "tensorboard", False, SOME),
    "PyTorch, eager": ("pytorch.py", "eager", True, SOME),
    "PyTorch, Delve": ("pytorch.py", "delve", True, SOME),
    "PyTorch, Cockpit (economy)": ("pytorch.py", "cockpit", True, SOME[:1]),
}
XLA = {OURS: ("ours.py", "on", False, None), "satnet, the other choice": ("ours.py", "other", False, None)}


class Runner:
    """One process, that runs an epoch when told to."""

    def __init__(self, python: str, script: str, argument: str | None, work: str) -> None:
        """Start it and wait until it is warm; `failed` if it never was."""
        command = [python, str(HERE / "runners" / script), work, *([argument] if argument else [])]
        path = os.pathsep.join([str(HERE), *([str(TENSORBOARD)] if argument == "tensorboard" else [])])
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": path},
        )
        self.failed = "" if self._line() == "ready" else "failed"
        if self.failed:
            last = (self._process.communicate()[1].strip().splitlines() or ["said nothing"])[-1]
            print(f"{script} {argument or ''} on {work}: {last}", file=sys.stderr, flush=True)

    def _line(self) -> str:
        """The next line that is ours: libraries print there too."""
        for line in self._process.stdout:
            if line.strip() == "ready" or re.fullmatch(r"[\d.e-]+", line.strip()):
                return line.strip()
        return ""

    def epoch(self) -> float | None:
        """Seconds of one epoch, of those in its turn; None once the process has died."""
        try:
            self._process.stdin.write("\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return None
        line = self._line()
        return float(line) if line else None

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()


def timed(kinds: dict, work: str, peers: str, rounds: int) -> dict[str, float | None]:
    """Median seconds by runner; None for those that this network is not for, or that failed."""
    runners = {}
    for name, (script, argument, foreign, networks) in kinds.items():
        if networks is None or work in networks:
            runners[name] = Runner(peers if foreign else sys.executable, script, argument, work)
    times = {name: [] for name, runner in runners.items() if not runner.failed}
    for _ in range(rounds):
        for name, seconds in times.items():
            seconds.append(runners[name].epoch())
    for runner in runners.values():
        runner.stop()
    return {name: None if None in times.get(name, [None]) else statistics.median(times[name]) for name in kinds}


def seconds(value: float | None) -> str:
    """For a table."""
    return "-" if value is None else f"{value:.3f} s" if value < 10 else f"{value:.1f} s"


def ratio(value: float | None, ours: float) -> str:
    """How many times as long it takes."""
    return "-" if value is None else f"{value / ours:.2f} x" if value / ours < 10 else f"{value / ours:.0f} x"


def table(kinds: dict, results: dict[str, dict]) -> str:
    """A row a runner, a column a network: seconds, and times satnet's."""
    lines = ["| | " + " | ".join(results) + " |", "| --- |" + " --- |" * len(results)]
    for name in kinds:
        cells = [f"{seconds(times[name])} ({ratio(times[name], times[OURS])})" for times in results.values()]
        lines.append(f"| {name} | " + " | ".join(cells).replace("- (-)", "-") + " |")
    return "\n".join(lines)


def versions(peers: str) -> str:
    """The machine and what ran on it."""
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    parts = [
        f"{os.cpu_count()} cores ({model.group(1) if model else platform.machine()})",
        platform.python_version(),
    ]
    for python, names in ((sys.executable, "keras tensorflow numpy"), (peers, "jax torch scikit-learn delve")):
        code = (
            f"from importlib.metadata import version as v; print(*(n + ' ' + v(n) for n in {names.split()}), sep=', ')"
        )
        done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
        parts.append(done.stdout.strip())
    return ", ".join(parts)


def write(section: str, text: str) -> None:
    """Replace a marked part of the page."""
    start, end = f"<!-- {section} -->", f"<!-- end of {section} -->"
    page = PAGE.read_text()
    before, rest = page.split(start)
    PAGE.write_text(f"{before}{start}\n{text}\n{end}{rest.split(end)[1]}")


def main() -> None:
    """The tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", required=True, help="a Python with JAX, PyTorch and scikit-learn")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="")
    parser.add_argument("--tables", nargs="*", default=["compare", "measuring", "xla"])
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    about = f"{versions(arguments.peers)}; medians of {arguments.rounds}."
    print(about, flush=True)
    for section, kinds, works in (("compare", RUNNERS, WORK), ("measuring", MEASURING, SOME), ("xla", XLA, WORK)):
        results = {}
        for work in works if section in arguments.tables else ():
            if arguments.only in work:
                results[work] = timed(kinds, work, arguments.peers, arguments.rounds)
                print(table(kinds, {work: results[work]}), flush=True)
        if results and arguments.write:
            write(section, f"\n{about}\n\n{table(kinds, results)}\n")


if __name__ == "__main__":
    main()
