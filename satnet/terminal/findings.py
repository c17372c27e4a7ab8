"""The diagnosis."""

import json
from collections.abc import Sequence

from rich.console import Console

from satnet.records.schema import FindingRecord, Patch

_STYLES = {"warning": "yellow", "critical": "bold red"}


def print_findings(findings: Sequence[FindingRecord], console: Console) -> None:
    """Warnings and criticals in full with their remedies; what is only worth knowing in a line."""
    for finding in findings:
        if finding["severity"] == "info":
            continue
        console.print(f"\n{finding['severity']}: {finding['id']}", style=_STYLES[finding["severity"]])
        console.print(finding["explanation"], markup=False, highlight=False)
        for number, remedy in enumerate(finding["remedies"]):
            console.print(f"  remedy {number}: {patch_line(remedy['patch'])}", markup=False, highlight=False)
    if notes := [finding["id"] for finding in findings if finding["severity"] == "info"]:
        console.print(f"\nworth knowing: {', '.join(notes)}", markup=False, highlight=False)


def patch_line(patch: Patch) -> str:
    """A JSON Patch in one line."""
    parts = []
    for one in patch:
        value = one.get("value")
        text = value if isinstance(value, str) else json.dumps(value)
        parts.append(f"{one['path']} {'+' if one['op'] == 'add' else '='} {text}")
    return "; ".join(parts)
