"""What is stored in Redis: every change is one Lua script, and nothing else imports redis."""

from satnet.store.attempts import Grant, Place
from satnet.store.changes import DELETED, Change, Changes
from satnet.store.folds import FoldGrant
from satnet.store.store import Store

__all__ = ["DELETED", "Change", "Changes", "FoldGrant", "Grant", "Place", "Store"]
