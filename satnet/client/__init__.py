"""The Python client: `with Client() as client: client.experiments.create(spec).wait()`."""

from satnet.client.aio import AsyncClient, AsyncExperiment, AsyncSweep
from satnet.client.client import Client
from satnet.client.errors import APIConnectionError, APIStatusError, ClientError, WaitTimeout
from satnet.client.experiments import Experiment
from satnet.client.results import Epochs, Finding
from satnet.client.sweeps import Sweep

__all__ = [
    "APIConnectionError",
    "APIStatusError",
    "AsyncClient",
    "AsyncExperiment",
    "AsyncSweep",
    "Client",
    "ClientError",
    "Epochs",
    "Experiment",
    "Finding",
    "Sweep",
    "WaitTimeout",
]
