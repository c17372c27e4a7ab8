"""Everything that the rest of satnet asks of Redis, in one class."""

from satnet.store.api_keys import ApiKeys
from satnet.store.attempts import Attempts
from satnet.store.datasets import Datasets
from satnet.store.external import External
from satnet.store.fleet import Fleet
from satnet.store.folds import Folds
from satnet.store.history import History
from satnet.store.housekeeping import Housekeeping
from satnet.store.owners import Owners
from satnet.store.predictions import Predictions
from satnet.store.sweeps import Sweeps
from satnet.store.trials import Trials
from satnet.store.user_commands import UserCommands


class Store(
    UserCommands,
    Attempts,
    Folds,
    Housekeeping,
    Sweeps,
    Trials,
    Predictions,
    External,
    History,
    Fleet,
    ApiKeys,
    Owners,
    Datasets,
):
    """Redis, as satnet uses it. Raises StoreUnavailable where Redis cannot be reached or refuses."""
