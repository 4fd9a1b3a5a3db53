"""What idempotent and transactional producers cost, as published."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from streamfacts.arrays import Array


def throughput_lost(commit_s: ArrayLike, lost: ArrayLike, measured_s: ArrayLike, most: ArrayLike) -> Array:
    """Return the share of its throughput that a producer loses by transactions [1].

    A commit costs the same however many records it ends: the loss grows with the commits a second, up to the most that
    was published.

    Parameters
    ----------
    commit_s : time between two commits of a producer [s]
    lost, measured_s : the loss that was measured, and the time between its commits [1], [s]
    most : the largest loss that was measured [1]

    References
    ----------
    A. Mehta and J. Gustafson, "Transactions in Apache Kafka", 2017, https://www.confluent.io/blog/transactions-apache-kafka/

    Examples
    --------
    >>> throughput_lost([1.0, 0.1, 0.05, 0.001], 0.03, 0.1, 0.4).round(4).tolist()
    [0.003, 0.03, 0.06, 0.4]
    """
    return np.asarray(np.minimum(np.asarray(lost, float) * measured_s / np.asarray(commit_s, float), most))


def cpu_for_loss(lost: ArrayLike) -> Array:
    """Return the CPU for the same throughput over that without the loss [1]: 1 / (1 - lost).

    Parameters
    ----------
    lost : share of the throughput that is lost [1], below 1

    Examples
    --------
    >>> float(cpu_for_loss(0.2))
    1.25
    """
    return np.asarray(1.0 / (1.0 - np.asarray(lost, float)))
