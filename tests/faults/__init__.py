"""Faults on purpose: kills, lost replies, hung and stopped workers, an independent ledger and a checker."""
