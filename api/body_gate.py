"""What every JSON body passes before anything reads it: no string, number or nesting in it does harm later."""

import json
from collections.abc import Sequence
from typing import Any, Never

from jsonpointer import JsonPointer

from satnet.errors import FieldError, InvalidJson

MOST_LEVELS = 64
MOST_VALUES = 1_000_000  # the bound on bytes refuses a body first, unless it was raised
_LEAST_INTEGER, _MOST_INTEGER = -(2**63), 2**63 - 1
_INFINITY = float("inf")


class _Repeated(dict[str, Any]):
    """An object that names a key twice; JSON parsers do not agree on which of the values counts."""

    key: str


class _Refusal(Exception):
    """Why a value is refused; callers add their step to `path`, innermost first."""

    def __init__(self, code: str, detail: str, got: object = None) -> None:
        self.code, self.detail, self.got = code, detail, got
        self.path: list[str | int] = []


def parse_json(content: bytes) -> Any:
    """The value that UTF-8 encoded JSON stands for.

    Raises:
        InvalidJson: it is not JSON, is nested deeper than 64 levels, repeats a key, or holds a string with a NUL
            character or half of a surrogate pair, an integer of more than 64 bits, or a number beyond a double's range;
            a pointer names the place.
    """
    try:
        _check_count(content)
        value = json.loads(content.decode(), object_pairs_hook=_object, parse_constant=_refuse_constant)
        # Without an escape a string holds neither: UTF-8 has no surrogates, and JSON no bare control characters.
        _check(value, MOST_LEVELS, b"\\u" in content)
    except _Refusal as refusal:
        pointer = "#" + JsonPointer.from_parts(reversed(refusal.path)).path
        raise InvalidJson([FieldError(pointer, refusal.detail, refusal.code, refusal.got)]) from refusal
    except UnicodeDecodeError as error:
        raise _malformed(f"the body is not UTF-8: {error.reason} at byte {error.start}") from error
    except RecursionError as error:
        raise _malformed(f"at most {MOST_LEVELS} levels of nesting are allowed", "too_deep") from error
    except ValueError as error:
        raise _malformed(f"the body is not JSON: {error}") from error
    return value


def _malformed(detail: str, code: str = "malformed") -> InvalidJson:
    return InvalidJson([FieldError("#", detail, code)])


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) == len(pairs):
        return content
    repeated, seen = _Repeated(content), set[str]()
    repeated.key = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
    return repeated


def _refuse_constant(name: str) -> Never:
    raise ValueError(f"{name} is not a JSON number")


def _check_count(content: bytes) -> None:
    most = content.count(b",") + content.count(b"[") + content.count(b"{") + 1
    if most > MOST_VALUES:
        raise _Refusal("too_many_values", f"at most {MOST_VALUES} values are allowed, got up to {most}")


def _check(value: Any, levels: int, escapes: bool) -> None:
    """Raise _Refusal for the first value that is refused; `levels` more may be nested in it."""
    if isinstance(value, str):
        if escapes:
            _check_text(value)
    elif isinstance(value, list):
        _check_items(enumerate(value), levels, escapes)
    elif isinstance(value, dict):
        _check_keys(value, escapes)
        _check_items(value.items(), levels, escapes)
    else:
        _check_number(value)


def _check_number(value: float | None) -> None:
    if isinstance(value, float):
        if value in (_INFINITY, -_INFINITY):
            raise _Refusal("number_too_large", "the number is beyond the range of a double")
    elif value is not None and not _LEAST_INTEGER <= value <= _MOST_INTEGER:
        detail = f"the integer needs more than 64 bits; allowed: {_LEAST_INTEGER} to {_MOST_INTEGER}"
        raise _Refusal("number_too_large", detail)


def _check_keys(content: dict[str, Any], escapes: bool) -> None:
    if escapes:
        for key in content:
            _check_text(key)
    if isinstance(content, _Repeated):
        refusal = _Refusal("repeated_key", "the key stands here more than once")
        refusal.path.append(content.key)
        raise refusal


def _check_items(items: Any, levels: int, escapes: bool) -> None:
    if not levels:
        raise _Refusal("too_deep", f"at most {MOST_LEVELS} levels of nesting are allowed")
    step: str | int = ""
    try:
        for step, value in items:  # noqa: B007 - the handler reads it
            _check(value, levels - 1, escapes)
    except _Refusal as refusal:
        refusal.path.append(step)
        raise


def _check_text(text: str) -> None:
    if "\0" in text:
        raise _Refusal("nul_character", "a NUL character is not allowed in text", text)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        half = text[error.start]
        raise _Refusal("lone_surrogate", f"{half!r} is half of a surrogate pair, and no character") from error
