"""Write the generated tables of docs/ between their markers, from the code.

    .venv/bin/python docs/generate.py

A table stands between `<!-- generated: NAME -->` and `<!-- end of NAME -->`; everything else is written by hand.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from satnet.records import schema
from satnet.saturation.diagnosis import DEFAULTS, RULES

DOCS = Path(__file__).parent


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def record_table(record: Any) -> str:
    """The fields of a typed record with their meaning."""
    fields = schema.record_fields(record).values()
    return table(("field", "meaning"), [(f"`{field.name}`", field.about.description) for field in fields])


def causes() -> str:
    """A picture of which rules cause which, by kind; a rule that neither causes nor is caused is left out."""
    arrows = [(cause, rule.name) for rule in RULES.values() for cause in rule.caused_by]
    drawn = {name for arrow in arrows for name in arrow}
    lines = ["```mermaid", "flowchart LR"]
    for kind in dict.fromkeys(rule.kind for rule in RULES.values()):
        names = [rule.name for rule in RULES.values() if rule.kind == kind and rule.name in drawn]
        if names:
            lines += [f"  subgraph kind_{kind}[{kind.replace('_', ' ')}]", *(f"    {name}" for name in names), "  end"]
    return "\n".join([*lines, *(f"  {cause} --> {name}" for cause, name in arrows), "```"])


def threshold_table() -> str:
    """Every threshold of the diagnosis."""
    rows = [(f"`{name}`", f"{one.value:g}", one.source) for name, one in DEFAULTS.items()]
    return table(("threshold", "default", "source"), rows)


PAGES: dict[str, dict[str, Callable[[], str]]] = {
    "diagnosis.md": {"causes": causes, "thresholds": threshold_table},
    "saturation.md": {
        "epoch record": lambda: record_table(schema.EpochRecord),
        "layer record": lambda: record_table(schema.LayerRecord),
        "network record": lambda: record_table(schema.NetworkRecord),
    },
}


def filled(page: str) -> str:
    """The page's text with every generated part as the code has it now. Raises ValueError where a marker is missing."""
    text = (DOCS / page).read_text()
    for name, make in PAGES[page].items():
        pattern = rf"(<!-- generated: {name} -->\n).*?(\n<!-- end of {name} -->)"
        part = f"\n{make()}\n"
        text, count = re.subn(pattern, lambda found, part=part: found[1] + part + found[2], text, flags=re.DOTALL)
        if count != 1:
            raise ValueError(f"{page} has {count} places for '{name}', and needs 1")
    return text


if __name__ == "__main__":
    for page in PAGES:
        (DOCS / page).write_text(filled(page))
