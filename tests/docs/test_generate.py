"""The generated parts of the documentation are what the code says now."""

import runpy
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
GENERATE = runpy.run_path(str(DOCS / "generate.py"))


@pytest.mark.parametrize("page", GENERATE["PAGES"])
def test_generated_tables_are_up_to_date(page):
    # when
    committed = (DOCS / page).read_text()

    # then
    assert committed == GENERATE["filled"](page), "run .venv/bin/python docs/generate.py"


def test_a_cell_with_a_bar_stays_one_cell():
    # when
    text = GENERATE["table"](("field", "meaning"), [("`gate`", "|f'(z)|")])

    # then
    assert text.splitlines()[-1] == r"| `gate` | \|f'(z)\| |"
