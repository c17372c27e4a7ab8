"""The Python client: `with Client() as client: client.experiments.create(spec).wait()`."""

from satnet.client.client import Client, Experiment
from satnet.client.errors import APIConnectionError, APIStatusError, ClientError, WaitTimeout

__all__ = ["APIConnectionError", "APIStatusError", "Client", "ClientError", "Experiment", "WaitTimeout"]
