"""Replicates that sums over cells call independent are so in every respondent's weights."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveylib.stats.replicates import independent
from surveylib.stats.replicates_sure import apart, is_nothing_left

laws = settings(deadline=None, max_examples=50)


def jackknife(units):
    return (1 - np.eye(units)) * units / (units - 1)


def halves(units, count, random):
    """Factors of pairs of units: replicates follow from one another where they are many."""
    signs = random.choice([-1, 1], (units // 2, count))
    return np.repeat(signs, 2, axis=0) * np.tile([[1], [-1]], (units // 2, 1)) + 1.0


def sample(kind, units, count, seed, *, rows=400):
    random = np.random.default_rng(seed)
    factors = {
        "jackknife": lambda: jackknife(units),
        "halves": lambda: halves(units, count, random),
        "bootstrap": lambda: random.multinomial(units, np.full(units, 1 / units), count).T * 1.0,
        "plain": lambda: random.uniform(0.5, 1.5, (units, count)),
    }[kind]()
    unit = np.concatenate([np.arange(units), random.integers(0, units, rows)])
    return factors[unit] * random.uniform(0.5, 2, len(unit))[:, None], random


def summed(weights, cell):
    """Sums over cells, the rows of each, and the squares of all."""
    cells = np.unique(cell)
    sums = np.array([weights[cell == one].sum(axis=0) for one in cells])
    return sums, np.array([(cell == one).sum() for one in cells]), (weights**2).sum(axis=0)


samples = {
    "kind": st.sampled_from(["jackknife", "halves", "bootstrap", "plain"]),
    "units": st.sampled_from([4, 6, 12]),
    "count": st.integers(2, 16),
    "cells": st.sampled_from([1, 3, 10, 60, 10_000]),
    "seed": st.integers(0, 2**16),
}


@laws
@given(**samples)
def test_what_cells_are_sure_of_is_what_all_rows_say(kind, units, count, cells, seed):
    weights, random = sample(kind, units, count, seed)
    found = apart(*summed(weights, random.integers(0, cells, len(weights))))
    if found.known is None:
        return
    left = ((weights @ found.mixtures.T) ** 2).sum(axis=0)
    if is_nothing_left(left):
        assert found.known == independent(weights)
    else:
        assert found.known < independent(weights)


@pytest.mark.parametrize("kind", ["jackknife", "halves", "bootstrap", "plain"])
def test_cells_of_single_rows_leave_nothing_unsure(kind):
    weights, _ = sample(kind, 12, 16, 1)
    found = apart(*summed(weights, np.arange(len(weights))))
    assert found.known == independent(weights)
    assert is_nothing_left(((weights @ found.mixtures.T) ** 2).sum(axis=0))


def test_one_cell_tells_replicates_apart_from_nothing():
    weights, _ = sample("jackknife", 6, 6, 1)
    found = apart(*summed(weights, np.zeros(len(weights), int)))
    assert found.known == 1
    assert not is_nothing_left(((weights @ found.mixtures.T) ** 2).sum(axis=0))


@pytest.mark.parametrize("wrong", [0.0, np.nan, np.inf])
def test_weights_that_are_none_are_settled_elsewhere(wrong):
    weights, _ = sample("plain", 6, 4, 1)
    weights[:, 2] = wrong
    assert apart(*summed(weights, np.arange(len(weights)))).known is None
