"""Random numbers that depend on a seed and on what they are for, not on what ran before."""

import numpy as np

SOURCE, TRAIN_SIZE, TEST_SIZE, VALIDATION, PROBE, SHUFFLE, DROPOUT = range(1, 8)  # what a derived seed is for


def rng_for(seed: int, purpose: int, *more: int) -> np.random.Generator:
    """A generator for one purpose."""
    return np.random.default_rng([seed, purpose, *more])


def seed_of(*parts: int) -> int:
    """A 31-bit seed that depends on all of `parts`."""
    return int(np.random.SeedSequence(parts).generate_state(1)[0] >> 1)
