"""Ask pip-audit about pinned requirements: `audit.py PIP_AUDIT NAME...`, for requirements/NAME.txt.

Exit status: 0 nothing known, 1 a package has a known vulnerability, 3 nothing could be checked.
"""

import json
import subprocess
import sys
from pathlib import Path

_HERE = Path(__file__).parent
_UNREACHABLE = ("ConnectionError", "Connection refused", "ServiceError", "HTTPError", "Max retries", "timed out")


def audit(program: str, path: Path) -> int:
    """The exit status for one file; what was found is printed."""
    command = [program, "--requirement", str(path), "--disable-pip", "--require-hashes", "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        unreachable = any(word in done.stderr for word in _UNREACHABLE)
        reason = "the vulnerability service cannot be reached" if unreachable else "pip-audit failed"
        sys.stdout.write(f"{path.name}: NOT CHECKED, {reason}\n{done.stderr[-800:]}\n")
        return 3
    skipped = [one for one in packages if "skip_reason" in one]
    known = [(one, hole) for one in packages for hole in one.get("vulns", ())]
    for package, hole in known:
        fixed = ", ".join(hole["fix_versions"]) or "no version yet"
        sys.stdout.write(f"{path.name}: {package['name']} {package['version']}: {hole['id']}, fixed in {fixed}\n")
    for package in skipped:
        sys.stdout.write(f"{path.name}: {package['name']}: NOT CHECKED, {package['skip_reason']}\n")
    sys.stdout.write(f"{path.name}: {len(packages)} packages, {len(known)} known vulnerabilities\n")
    return 1 if known else 3 if skipped else 0


def main() -> int:
    """The worst of all files."""
    program, *names = sys.argv[1:]
    return max((audit(program, _HERE / f"{name}.txt") for name in names), default=0)


if __name__ == "__main__":
    sys.exit(main())
