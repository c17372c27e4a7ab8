"""Sweeps: which points are tried, when a trial ends early, and which point is best."""
