"""Weighing: scores times weights, and how far the ranking depends on the weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from streamfacts.arrays import Array
from streamfacts.errors import InputError


def first_shares(scores: Any, draws: int = 4096, seed: int = 0, around: Any = None, strength: float = 20.0) -> Array:
    """Return the share of weightings in which each offer comes first [1].

    Parameters
    ----------
    scores : score of each offer on each criterion, shape (offers, criteria) [1]
    draws : weightings drawn from the simplex
    seed : the same seed gives the same shares
    around : weights to draw around, shape (criteria,) [1]; every weighting is as likely as any other if left out
    strength : how close to `around`: a weight w has the standard deviation sqrt(w (1 - w) / (strength + 1)) [1]

    Notes
    -----
    Dirichlet draws, uniform on the simplex without `around`: SMAA's acceptability of the first rank, R. Lahdelma,
    J. Hokkanen and P. Salminen, "SMAA - Stochastic multiobjective acceptability analysis", 1998. Ties go to the
    first in the order given.

    Examples
    --------
    >>> first_shares([[1.0, 0.0], [0.0, 1.0]], 4096).round(1).tolist()
    [0.5, 0.5]
    """
    table = np.asarray(scores, float)
    if table.ndim != 2 or not len(table) or not np.isfinite(table).all():
        raise InputError("scores", f"shape {table.shape}", "a finite score for each of one or more offers and criteria")
    count = table.shape[1]
    alpha = np.ones(count) if around is None else np.maximum(np.asarray(around, float) * strength, 1e-9)
    weights = np.random.default_rng(seed).dirichlet(alpha, draws)
    best = (weights @ table.T).argmax(axis=1)
    return np.bincount(best, minlength=len(table)) / draws


@dataclass(frozen=True)
class Flip:
    """The least weight to move so that another offer comes first.

    Attributes
    ----------
    rival : which offer, as an index
    moved : share of all weight that has to move [1]
    taken : how much is taken from each criterion, shape (criteria,) [1]
    given : the criterion that it goes to, as an index
    """

    rival: int
    moved: float
    taken: Array
    given: int


def flips(scores: Any, weights: Any) -> list[Flip]:
    """Return for each rival of the first offer the least weight to move until it draws level, least first.

    A rival that is nowhere better than the winner is left out: no weights bring it first.

    Parameters
    ----------
    scores : shape (offers, criteria) [1]
    weights : shares that add up to 1, shape (criteria,) [1]

    Notes
    -----
    With d the rival's scores less the winner's, moving a share m from criterion i to j gains m (d_j - d_i). The most is
    gained by giving to the criterion of the largest d and taking from those of the smallest first, each as far as it
    has weight: that is the least movement (a fractional knapsack).

    Examples
    --------
    >>> f = flips([[1.0, 0.0], [0.0, 1.0]], [0.6, 0.4])
    >>> round(f[0].moved, 3), f[0].given
    (0.1, 1)
    """
    table, share = np.asarray(scores, float), np.asarray(weights, float)
    winner = int((table @ share).argmax())
    gap = table - table[winner]
    lead = -(gap @ share)
    given = gap.argmax(axis=1)
    order = np.argsort(gap, axis=1, kind="stable")
    gain = np.take_along_axis(gap.max(axis=1, keepdims=True) - gap, order, axis=1)
    weight = share[order]
    before = np.cumsum(gain * weight, axis=1) - gain * weight
    with np.errstate(divide="ignore", invalid="ignore"):
        take = np.where(gain > 0, np.clip((lead[:, None] - before) / gain, 0.0, weight), 0.0)
    taken = np.zeros_like(take)
    np.put_along_axis(taken, order, take, axis=1)
    possible = (gap.max(axis=1) > 0) & (np.arange(len(table)) != winner)
    found = [Flip(int(r), float(taken[r].sum()), taken[r], int(given[r])) for r in np.flatnonzero(possible)]
    return sorted(found, key=lambda flip: flip.moved)
