"""/v1/sweeps: one file a concern."""

from api.sweeps import control, read, submit

ROUTERS = [part.router for part in (submit, read, control)]

__all__ = ["ROUTERS"]
