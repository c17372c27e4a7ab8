"""The states of an experiment and of a sweep."""

from typing import Literal, get_args

TerminalStatus = Literal["succeeded", "failed", "cancelled"]
Status = Literal["queued", "running", "paused", "succeeded", "failed", "cancelled"]
SweepStatus = Literal["running", "paused", "succeeded", "failed", "cancelled"]
TrialStatus = Literal["queued", "running", "paused", "succeeded", "failed", "cancelled", "deleted", "invalid"]
STATUSES: tuple[str, ...] = get_args(Status)
TERMINAL: tuple[str, ...] = get_args(TerminalStatus)
