"""The truth, in Redis: every change is one Lua script, and nothing else in satnet imports redis."""

from satnet.store.store import Grant, Store

__all__ = ["Grant", "Store"]
