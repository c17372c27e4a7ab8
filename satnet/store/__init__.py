"""The truth, in Redis: every change is one Lua script, and nothing else in satnet imports redis."""

from satnet.store.folds import FoldGrant
from satnet.store.store import Store
from satnet.store.work import Grant, Place

__all__ = ["FoldGrant", "Grant", "Place", "Store"]
