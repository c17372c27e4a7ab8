"""The request that is being answered, for whatever is stored or logged on its behalf."""

from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="")  # empty where nobody asked, as in housekeeping
