"""Ids of experiments, sweeps, keys and datasets, and the cursors that are made of them."""

import json
import re
import secrets
import threading
import time

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_NUMBER = f"[0-7][{_ALPHABET}]{{25}}"  # 128 bits; the first of 26 characters holds three
EXPERIMENT_CURSOR = rf"^[0-9]{{1,15}}_exp_{_NUMBER}$"  # created (ms), id
DATASET_CURSOR = rf"^[0-9]{{1,15}}_ds_{_NUMBER}$"  # created (ms), id
_lock = threading.Lock()
_latest = 0  # number of the id that was made last
EVENT_ID = r"^[0-9]{1,19}(-[0-9]{1,19})?$"  # Redis's own


def new_id(prefix: str = "exp_") -> str:
    """An id that sorts by time: 48 bits of milliseconds and 80 random ones in Crockford's base 32.

    It sorts after those that this process made before, in the same millisecond too.
    """
    global _latest
    with _lock:
        number = (time.time_ns() // 1_000_000 << 80) | secrets.randbits(80)
        if number >> 80 <= _latest >> 80:
            number = _latest + 1 + secrets.randbits(64)
        _latest = number
    return prefix + _encoded(number)


def content_id(prefix: str, digest: bytes) -> str:
    """An id that stands for a content: the first 128 bits of its digest."""
    return prefix + _encoded(int.from_bytes(digest[:16]))


def id_pattern(prefix: str) -> str:
    """The regular expression of ids of one kind."""
    return f"^{prefix}{_NUMBER}$"


def _encoded(number: int) -> str:
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


def is_id(text: str, prefix: str) -> bool:
    """Whether `new_id` or `content_id` can have made it."""
    return re.fullmatch(id_pattern(prefix)[1:-1], text) is not None


def datasets_in(spec: object) -> list[str]:
    """Ids of all uploaded datasets that a spec or a part of it names, wherever they stand."""
    return sorted(set(re.findall(rf'"(ds_{_NUMBER})"', json.dumps(spec))))
