"""Peers of one benchmark, a process each: they warm up, and then run an epoch for every line on stdin."""
