"""Write the generated parts of docs/ between their markers, from the code.

    .venv/bin/python docs/generate.py

A part stands between `<!-- generated: NAME -->` and `<!-- end of NAME -->`; everything else is written by hand.
"""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from satnet.records import schema
from satnet.saturation.diagnosis import DEFAULTS, RULES
from satnet.saturation.regions import region
from satnet.spec import Dataset, dataset_info
from satnet.spec.activation_traits import ACTIVATIONS, ActivationTraits
from satnet.spec.experiment import Saturation
from satnet.spec.parameters import defaults
from satnet.spec.reference import Entry, Field, reference

DOCS = Path(__file__).parent
SPEC = reference()
EPSILON = Saturation().epsilon


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def record_table(record: Any) -> str:
    """The fields of a typed record with their meaning."""
    fields = schema.record_fields(record).values()
    return table(("field", "meaning"), [(f"`{field.name}`", field.about.description) for field in fields])


def data_tables() -> str:
    """What epoch 0 says of the rows: the record, and those inside it."""
    inner = {name: field.inner for name, field in schema.record_fields(schema.DataRecord).items() if field.inner}
    tables = [record_table(schema.DataRecord), *(f"`{name}`:\n\n{record_table(one)}" for name, one in inner.items())]
    return "\n\n".join(tables)


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


def regions() -> str:
    """Where each activation is saturated at the default epsilon."""
    heads = ("activation", "S", "low: z <=", "high: z >=", "saturation")
    return table(heads, [_region(traits) for traits in ACTIVATIONS.values() if traits.slope is not None])


def _region(traits: ActivationTraits) -> tuple[str, ...]:
    found = region(traits.name, defaults(traits.parameters), EPSILON)
    low, high = ("-" if edge is None else f"{edge:.4f}" for edge in (found.low, found.high))
    sides = (("low", traits.low), ("high", traits.high))
    kinds = [f"{side}: {'soft' if tail == 'soft' else 'hard'}" for side, tail in sides if tail is not None]
    if traits.dies:
        kinds.append("inactive and dead units instead of a low side")
    return f"`{traits.name}`", f"{traits.slope:.4g}", low, high, "; ".join(kinds) or "none"


def parts(kind: str) -> str:
    """Parts of the spec, each with a heading and a table of its fields."""
    return "\n\n".join(part(entry) for entry in SPEC[kind])


def part(entry: Entry) -> str:
    """One part of the spec, or one thing that it may name."""
    head = f"### {entry.name or 'The experiment'}\n\n{entry.about}"
    if not entry.fields:
        return f"{head} No fields besides `type`."
    rows = [(f"`{one.name}`", value(one), default(one), one.about) for one in entry.fields]
    return f"{head}\n\n{table(('field', 'value', 'default', 'meaning'), rows)}"


def value(field: Field) -> str:
    """What a field may be."""
    if field.type.startswith("string") and field.allowed and " characters" not in field.allowed:
        words = ", ".join(f"`{word}`" for word in field.allowed.split(", "))
        return words + field.type.removeprefix("string")
    allowed = re.sub(r">= (\S+), <= (\S+)", r"\1 to \2", field.allowed)
    allowed = re.sub(r"at least (\d+) items, at most (\d+) items", r"\1 to \2 items", allowed)
    return ", ".join(filter(None, (field.type, re.sub(r"\b(\d+) to \1\b", r"\1", allowed))))


def default(field: Field) -> str:
    """The default of a field; that of a part with a table of its own stands there."""
    if field.name == "loss":
        return "by the output activation"
    if not field.default:
        return "required"
    content = json.loads(field.default)
    if isinstance(content, dict) and content:
        return f"`{json.dumps(content['name'])}`" if "name" in content else "its defaults"
    return f"`{field.default}`"


def names(kind: str) -> str:
    """Names that a spec may contain, with their parameters."""
    rows = [
        (f"`{entry.name}`", "<br>".join(f"`{one.name}`: {value(one)}; {default(one)}" for one in entry.fields) or "-")
        for entry in SPEC[kind]
    ]
    return table((kind, "parameters: value; default"), rows)


def datasets() -> str:
    """Each dataset with its size and options."""
    heads = ("dataset", "rows are", "shape", "classes", "training rows", "test rows", "options: value; default")
    return table(heads, [_dataset(entry) for entry in SPEC["dataset"]])


def _dataset(entry: Entry) -> tuple[str, ...]:
    info = dataset_info(Dataset.model_validate({"name": entry.name}))
    if info is None:
        raise ValueError(f"{entry.name} has no known size")
    shape = " x ".join(str(size) for size in info.input_shape)
    options = "<br>".join(f"`{one.name}`: {value(one)}; {default(one)}" for one in entry.fields) or "-"
    rows = f"{info.train_rows:,}", f"{info.test_rows:,}"
    return f"`{entry.name}`", entry.about, shape, str(info.classes or "regression"), *rows, options


PAGES: dict[str, dict[str, Callable[[], str]]] = {
    "diagnosis.md": {"causes": causes, "thresholds": threshold_table},
    "saturation.md": {
        "epoch record": lambda: record_table(schema.EpochRecord),
        "layer record": lambda: record_table(schema.LayerRecord),
        "network record": lambda: record_table(schema.NetworkRecord),
        "data record": data_tables,
        "regions": regions,
    },
    "spec.md": {
        "fields": lambda: parts("spec"),
        "datasets": datasets,
        "layers": lambda: parts("layer"),
        "activations": lambda: names("activation"),
        "initializers": lambda: names("initializer"),
        "regularizers": lambda: names("regularizer"),
        "losses": lambda: ", ".join(f"`{entry.name}`" for entry in SPEC["loss"]),
        "optimizers": lambda: names("optimizer"),
        "schedules": lambda: parts("learning_rate_schedule"),
    },
}


def filled(page: str) -> str:
    """The page's text with every generated part as the code has it now. Raises ValueError where a marker is missing."""
    text = (DOCS / page).read_text()
    for name, make in PAGES[page].items():
        pattern = rf"(<!-- generated: {name} -->\n).*?(\n<!-- end of {name} -->)"
        content = f"\n{make()}\n"
        text, count = re.subn(
            pattern, lambda found, content=content: found[1] + content + found[2], text, flags=re.DOTALL
        )
        if count != 1:
            raise ValueError(f"{page} has {count} places for '{name}', and needs 1")
    return text


if __name__ == "__main__":
    for page in PAGES:
        (DOCS / page).write_text(filled(page))
