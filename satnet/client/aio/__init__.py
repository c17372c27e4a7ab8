"""The client for asyncio: the same methods, awaited."""

from satnet.client.aio.client import AsyncClient
from satnet.client.aio.experiments import AsyncExperiment
from satnet.client.aio.sweeps import AsyncSweep

__all__ = ["AsyncClient", "AsyncExperiment", "AsyncSweep"]
