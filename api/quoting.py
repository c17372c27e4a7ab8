"""What came, as an error quotes it: short, and always JSON."""

import json
from typing import Any

from satnet.records.json_safe import json_safe

MOST_TEXT = 2000  # characters of one text in a problem document
MOST_GOT = 500  # characters of JSON of a quoted value


def shortened(text: str, most: int = MOST_TEXT) -> str:
    """The text, or its beginning and how long it is."""
    return text if len(text) <= most else f"{text[:most]}... ({len(text)} characters)"


def quoted(value: object) -> Any:
    """The value itself where it is short, else the beginning of its JSON or text; null for NaN and infinities."""
    if isinstance(value, str):
        return shortened(value, MOST_GOT)
    try:
        text = json.dumps(json_safe(value), default=str)
    except (RecursionError, TypeError, ValueError):  # nested too deep, keys that are no strings, more than 4,300 digits
        return shortened(f"a value of type {type(value).__name__}")
    return json.loads(text) if len(text) <= MOST_GOT else shortened(text, MOST_GOT)
