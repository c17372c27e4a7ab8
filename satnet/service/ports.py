"""Ports for servers that this service starts."""

import contextlib
import random
import socket

_SERVERS = (20_000, 32_000)  # ports below those that Linux gives to clients


def free_port() -> int:
    """A port that nobody on loopback listens on.

    It is outside the range that the kernel gives to clients: a client that retries while its server is down could be
    given the server's own port, connect to itself, and keep the server from starting again.
    """
    while True:
        port = random.randrange(*_SERVERS)
        with socket.socket() as probe, contextlib.suppress(OSError):  # somebody has it
            probe.bind(("127.0.0.1", port))
            return port
