"""Whoever waits for an experiment: woken by the store, bounded in number, gone with its client."""

from typing import Annotated

from fastapi import Depends, Request

from api.waiting.hub import Hub


async def get_hub(request: Request) -> Hub:
    """The application's hub."""
    hub: Hub = request.app.state.hub
    return hub


HubDep = Annotated[Hub, Depends(get_hub)]

__all__ = ["Hub", "HubDep"]
