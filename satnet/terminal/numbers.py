"""Numbers as a terminal shows them."""

from collections.abc import Sequence


def percent(value: float | None) -> str:
    """0.5 -> 50.0 %."""
    return "-" if value is None else f"{100 * value:.1f} %"


def number(value: float | None, form: str = ".4g") -> str:
    """A number, or '-' where there is none."""
    return "-" if value is None else format(value, form)


def change(ends: Sequence[str]) -> str:
    """Before -> after; '-' where neither is known."""
    return "-" if set(ends) == {"-"} else " -> ".join(ends)
