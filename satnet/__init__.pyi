from satnet.client import AsyncClient as AsyncClient
from satnet.client import Client as Client
from satnet.monitor.callback import SaturationMonitor as SaturationMonitor
from satnet.spec import ExperimentSpec as ExperimentSpec

__version__: str
