"""The Python client: `with Client() as client: client.experiments.create(spec).wait()`."""

from satnet.client.async_client import AsyncClient, AsyncExperiment
from satnet.client.client import Client, Experiment
from satnet.client.errors import APIConnectionError, APIStatusError, ClientError, WaitTimeout
from satnet.client.results import Epochs, Finding

__all__ = [
    "APIConnectionError",
    "APIStatusError",
    "AsyncClient",
    "AsyncExperiment",
    "Client",
    "ClientError",
    "Epochs",
    "Experiment",
    "Finding",
    "WaitTimeout",
]
