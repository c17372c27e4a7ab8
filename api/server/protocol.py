"""HTTP connections with deadlines, and a bound on how many there are."""

import asyncio
from dataclasses import dataclass

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

_WRITE_S = 60.0  # seconds after which a client that reads nothing is given up
_TIMEOUT = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_FULL = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@dataclass(frozen=True)
class Bounds:
    """What connections may cost."""

    most: int  # connections
    header_s: float  # for a request's head, from the connection or from its first byte
    body_s: float  # for a request's body, from its head


def bounded(bounds: Bounds) -> type[H11Protocol]:
    """The protocol of a server with these bounds."""
    return type("BoundedProtocol", (Bounded,), {"bounds": bounds})


class Bounded(H11Protocol):
    """uvicorn's protocol, whose only deadline is that of an idle connection between two requests."""

    bounds: Bounds
    _deadline: asyncio.TimerHandle | None = None  # by which what arrives has to be complete
    _awaited: str | None = None  # "head" or "body"
    _stuck: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection, or refuse it where there are too many."""
        super().connection_made(transport)  # type: ignore[arg-type]  # uvicorn narrows the type
        if len(self.connections) > self.bounds.most:
            self._refuse(_FULL)
        else:
            self._await("head")

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadlines."""
        self._await(None)
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what arrives; a part of a request does not prolong its deadline."""
        if self.transport.is_closing():
            return
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """Go on with the next request, which may be here in part."""
        super().on_response_complete()
        self._look()

    def pause_writing(self) -> None:
        """The client does not read: wait for it, but not for ever."""
        super().pause_writing()
        self._stuck = self.loop.call_later(_WRITE_S, self.transport.abort)

    def resume_writing(self) -> None:
        """It reads again."""
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None
        if self.flow is not None:
            super().resume_writing()

    def _look(self) -> None:
        state = self.conn.their_state
        if state is h11.SEND_BODY:
            self._await("body")
        elif state is h11.IDLE and self.conn.trailing_data[0]:
            self._await("head")
        else:
            self._await(None)

    def _await(self, part: str | None) -> None:
        """Set the deadline of a part of the request; nothing changes where it is set already."""
        if part == self._awaited:
            return
        self._awaited = part
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if part is not None and not self.transport.is_closing():
            seconds = self.bounds.header_s if part == "head" else self.bounds.body_s
            self._deadline = self.loop.call_later(seconds, self._refuse, _TIMEOUT)

    def _refuse(self, answer: bytes) -> None:
        """Answer, unless the request that is late has been answered already, and close."""
        if self._awaited != "body" or not self.cycle.response_started:
            self.transport.write(answer)
        self.transport.close()
