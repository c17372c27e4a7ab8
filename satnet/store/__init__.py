"""What is stored in Redis: every change is one Lua script, and nothing else imports redis."""

from satnet.store.attempts import Grant, Place
from satnet.store.folds import FoldGrant
from satnet.store.store import Store

__all__ = ["FoldGrant", "Grant", "Place", "Store"]
