"""One class whose methods are the changes and questions that the truth allows."""

from satnet.store.commands import Commands
from satnet.store.documents import Documents
from satnet.store.folds import Folds
from satnet.store.queries import Queries
from satnet.store.questions import Questions
from satnet.store.sweeps import Sweeps
from satnet.store.work import Work


class Store(Commands, Work, Folds, Sweeps, Questions, Documents, Queries):
    """Redis, as satnet uses it. Raises StoreUnavailable wherever Redis is away or refuses."""
