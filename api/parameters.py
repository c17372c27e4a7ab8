"""Path, query and header parameters that several routes take, with what OpenAPI says of them."""

import re
from typing import Annotated, Any

from fastapi import Depends, Header, Path, Query

from satnet.records.ids import EVENT_ID, EXPERIMENT_CURSOR, id_pattern

MOST_WAIT = 60.0  # seconds
MOST_EPOCH = 1_000_000_000


def _id(prefix: str, description: str) -> Any:
    """An id in a path; api.access answers 404 where it has another form."""
    return Path(description=description, json_schema_extra={"pattern": id_pattern(prefix)})


ExperimentId = Annotated[str, _id("exp_", "The experiment's id, `exp_...`.")]
SweepId = Annotated[str, _id("swp_", "The sweep's id, `swp_...`.")]
KeyId = Annotated[str, _id("key_", "The key's id, `key_...`; not its text.")]
Fold = Annotated[int | None, Query(ge=0, le=1000, description="Only this cross-validation fold, counted from 0.")]
Limit = Annotated[int, Query(ge=1, le=200, description="The most items on a page, 1 to 200.")]
Owner = Annotated[
    str | None,
    Query(max_length=64, description="Only what belongs to this owner; with other than an admin's key, to oneself."),
]
After = Annotated[str | None, Query(pattern=EXPERIMENT_CURSOR, description="The `next` cursor of the page before.")]
AfterSweep = Annotated[
    str | None, Query(pattern=id_pattern("swp_"), description="The `next` cursor of the page before.")
]
DryRun = Annotated[bool, Query(description="Check the body, estimate the cost and store nothing.")]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="A key of your choice. Repeating a request with the same key and body creates nothing new; "
        "the same key with another body is refused (422).",
    ),
]
IfNoneMatch = Annotated[
    str | None,
    Header(
        alias="If-None-Match",
        max_length=1000,
        description="The `ETag` you have; while it is current the answer is 304.",
    ),
]
LastEventId = Annotated[
    str | None,
    Header(
        alias="Last-Event-ID",
        pattern=EVENT_ID,
        description="The id of the last event you received; the stream goes on after it.",
    ),
]


async def wait_seconds(
    prefer: Annotated[
        str | None,
        Header(
            alias="Prefer",
            description="`wait=N` (RFC 7240) holds the answer for up to N seconds, at most 60.",
        ),
    ] = None,
) -> float:
    """N of `Prefer: wait=N`, at most 60; 0 where there is none."""
    match = re.search(r"\bwait\s*=\s*\"?(\d+(?:\.\d+)?)", prefer) if prefer else None
    return min(float(match[1]), MOST_WAIT) if match else 0.0


Wait = Annotated[float, Depends(wait_seconds)]
