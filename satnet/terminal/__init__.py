"""Experiments and sweeps as text for a terminal."""
