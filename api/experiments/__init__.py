"""/v1/experiments: one file a concern."""

from api.experiments import artifacts, change, control, diagnosis, epochs, events, read, submit

ROUTERS = [part.router for part in (submit, read, change, control, epochs, events, diagnosis, artifacts)]

__all__ = ["ROUTERS"]
