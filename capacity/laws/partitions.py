"""Partitions: how many traffic and consumers ask for at least, and how much of the load the busiest one has."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from streamfacts.tables import assumption

Array = NDArray[np.float64]

#: Terms of a harmonic sum that are added one by one; what follows is integrated.
_TERMS = 32


def fewest_partitions(peak_bytes_s: ArrayLike, consumers: ArrayLike = 0.0, topics: ArrayLike = 1.0) -> Array:
    """Return the fewest partitions that will do: for traffic, for consumers, and not fewer than one makes by default.

    Parameters
    ----------
    peak_bytes_s : peak write rate on the wire of all partitions [byte/s]
    consumers : instances of the largest consumer group, each of which needs a partition [1]
    topics : topics, each with a partition [1]

    References
    ----------
    `data/model/assumptions.csv`: `partition_planning_bytes_s`, `default_partitions`.

    Examples
    --------
    >>> fewest_partitions([2e6, 205e6], 12).tolist()
    [12.0, 21.0]
    """
    rate, least = float(assumption("partition_planning_bytes_s")), float(assumption("default_partitions"))
    traffic = np.ceil(np.asarray(peak_bytes_s, float) / rate)
    return np.asarray(np.maximum(np.maximum(traffic, least), np.maximum(np.ceil(consumers), np.ceil(topics))))


def zipf_share(exponent: ArrayLike, partitions: ArrayLike) -> Array:
    """Return the share of the busiest of some partitions whose rates fall as rank^-exponent [1].

    The sum of n^-exponent, by its first terms and Euler and Maclaurin's formula for the rest.

    Parameters
    ----------
    exponent : of Zipf's law [1]; 0 for even rates
    partitions : partitions, 1 or more [1]

    Examples
    --------
    >>> zipf_share([0.0, 1.0], [4.0, 4.0]).round(6).tolist()
    [0.25, 0.48]
    """
    s, n = np.broadcast_arrays(np.asarray(exponent, float), np.asarray(partitions, float))
    rank = np.arange(1.0, _TERMS + 1.0)
    total = (np.where(rank <= n[..., None], rank ** -s[..., None], 0.0)).sum(axis=-1)
    last = np.maximum(n, _TERMS)
    with np.errstate(divide="ignore", invalid="ignore"):
        power = np.where(s == 1.0, np.log(last / _TERMS), (last ** (1.0 - s) - _TERMS ** (1.0 - s)) / (1.0 - s))
    ends = (last**-s - _TERMS**-s) / 2.0 - s * (last ** (-s - 1.0) - _TERMS ** (-s - 1.0)) / 12.0
    return np.asarray(1.0 / (total + power + ends))


def hottest_of_keys(share: ArrayLike, partitions: ArrayLike) -> Array:
    """Return the share of the partition of the busiest key [1]: that key's, and its even part of all the others.

    Parameters
    ----------
    share : share of the write rate of the busiest key [1]
    partitions : partitions that the keys are hashed to [1]

    Examples
    --------
    >>> float(hottest_of_keys(0.1, 9.0))
    0.2
    """
    return np.asarray(share + np.subtract(1.0, share) / np.asarray(partitions, float))
