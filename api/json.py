"""The one place where a request or an answer is just JSON."""

from typing import Any

JsonObject = dict[str, Any]
