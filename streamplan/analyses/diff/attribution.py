"""Sharing a difference out among the inputs that changed, by a rule that knows no order.

Each input gets its Shapley value: what it adds to the cost, averaged over every order in which the inputs can be
changed one after the other. The shares sum to the whole difference, inputs that do the same get the same, and one that
moves nothing gets nothing.

Source of the rule: L. S. Shapley, "A Value for n-Person Games", in Contributions to the Theory of Games II, 1953.
"""

from __future__ import annotations

from math import factorial

import numpy as np
from numpy.typing import NDArray

from streamfacts.arrays import Array


def subsets(players: int) -> NDArray[np.bool_]:
    """Return which players are in each subset, shape (2^players, players), as booleans; subset i has the bits of i.

    Examples
    --------
    >>> subsets(2).tolist()
    [[False, False], [True, False], [False, True], [True, True]]
    """
    masks = np.arange(2**players)
    return np.asarray(masks[:, None] >> np.arange(players) & 1, bool)


def shapley(costs: Array) -> Array:
    """Return the share of each player.

    Parameters
    ----------
    costs : cost under each subset of changed inputs, in the order of `subsets`, shape (2^n,) [USD/month]

    Returns
    -------
    shares, shape (n,), which sum to the last cost less the first [USD/month]; NaN where a cost is infinite

    Examples
    --------
    Two inputs that alone add 10 and 20 and together 40: the 10 that neither adds alone is halved.

    >>> shapley([100.0, 110.0, 120.0, 140.0]).tolist()
    [15.0, 25.0]
    """
    usd = np.asarray(costs, float)
    players = len(usd).bit_length() - 1
    if not np.isfinite(usd).all():
        return np.full(players, np.nan)
    members = subsets(players)
    size = members.sum(axis=1)
    weight = np.array([factorial(s) * factorial(players - s - 1) / factorial(players) for s in range(players)])
    out = np.zeros(players)
    for player in range(players):
        without = np.flatnonzero(~members[:, player])
        out[player] = weight[size[without]] @ (usd[without | 1 << player] - usd[without])
    return out


__all__ = ["shapley", "subsets"]
