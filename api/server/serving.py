"""uvicorn's server, which tells those who wait that it stops."""

import asyncio
import socket

from uvicorn import Config, Server

from api.server.descriptors import AcceptErrors
from api.waiting import Hub

_BACKLOG = 2048  # connections that the kernel keeps until they are taken


class ApiServer(Server):
    """One API process."""

    def __init__(self, config: Config, hub: Hub) -> None:
        super().__init__(config)
        self._hub = hub

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen with a long queue: `backlog` also says how many connections asyncio takes in one go."""
        asyncio.get_running_loop().set_exception_handler(AcceptErrors())
        listening = sockets or [_as_tcp(self.config.bind_socket())]
        await super().startup(listening)
        for one in listening:
            one.listen(_BACKLOG)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let all answers end that are held, and all streams, then stop."""
        self._hub.close()
        await super().shutdown(sockets)


def _as_tcp(listening: socket.socket) -> socket.socket:
    """The same socket by its protocol's name, without which asyncio leaves Nagle's algorithm on: 40 ms an answer."""
    return socket.socket(listening.family, listening.type, socket.IPPROTO_TCP, fileno=listening.detach())
