"""Path, query and header parameters that several routes take, with what OpenAPI says of them."""

import re
from typing import Annotated

from fastapi import Depends, Header, Path, Query

MOST_WAIT = 60.0  # seconds

ExperimentId = Annotated[str, Path(description="The experiment's id, `exp_...`.")]
SweepId = Annotated[str, Path(description="The sweep's id, `swp_...`.")]
Fold = Annotated[int | None, Query(ge=0, description="Only this cross-validation fold, counted from 0.")]
Limit = Annotated[int, Query(ge=1, le=200, description="The most items on a page, 1 to 200.")]
Owner = Annotated[
    str | None,
    Query(max_length=64, description="Only what belongs to this owner; with other than an admin's key, to oneself."),
]
After = Annotated[str | None, Query(description="The `next` cursor of the page before.")]
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
    Header(alias="If-None-Match", description="The `ETag` you have; while it is current the answer is 304."),
]
LastEventId = Annotated[
    str | None,
    Header(alias="Last-Event-ID", description="The id of the last event you received; the stream goes on after it."),
]


def wait_seconds(
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
