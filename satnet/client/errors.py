"""What the client raises: ClientError > APIConnectionError, APIStatusError, WaitTimeout."""

from typing import Any


class ClientError(Exception):
    """Base of the client's errors."""


class APIConnectionError(ClientError):
    """The service cannot be reached."""


class WaitTimeout(ClientError, TimeoutError):
    """The experiment was not over in time; it goes on."""


class APIStatusError(ClientError):
    """The service answered with a problem (RFC 9457)."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        self.status, self.problem = status, problem
        self.code, self.request_id = problem.get("code"), problem.get("request_id")
        lines = [f"{one['pointer']}: {one['detail']}" for one in problem.get("errors", [])]
        super().__init__("\n".join([f"{status} {problem.get('detail', '')}", *lines]))
