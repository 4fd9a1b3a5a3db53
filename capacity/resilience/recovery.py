"""Laws of a recovery: lag of a copy, time to catch up, to restore, to rebuild and to rebalance. Arrays throughout."""

from __future__ import annotations

from typing import Any

import numpy as np

from streamfacts.arrays import Array


def replication_lag_s(idle_lag_s: Any, utilisation: Any) -> Array:
    """Return the lag of a link that is used to some part [s].

    The mean time in a queue with one server and random arrivals: idle / (1 - utilisation); infinite from 1 on, where
    the backlog grows without end.

    Parameters
    ----------
    idle_lag_s : lag of the idle link [s]
    utilisation : load over capacity of the link [1]

    References
    ----------
    L. Kleinrock, "Queueing Systems", volume 1, 1975: the M/M/1 queue.

    Examples
    --------
    >>> replication_lag_s(2.0, [0.0, 0.5, 1.0]).tolist()
    [2.0, 4.0, inf]
    """
    return _over(np.asarray(idle_lag_s, float), 1.0 - np.asarray(utilisation, float))


def catch_up_s(outage_s: Any, utilisation: Any) -> Array:
    """Return the time to work off what gathered while nothing was processed [s].

    What gathered is load x outage, and it is worked off with what the load leaves of the capacity: the time is
    outage x utilisation / (1 - utilisation); infinite from 1 on.

    Parameters
    ----------
    outage_s : how long nothing was processed [s]
    utilisation : load over capacity, both constant [1]

    Examples
    --------
    >>> catch_up_s(600.0, [0.0, 0.5, 0.75]).tolist()
    [0.0, 600.0, 1800.0]
    """
    used = np.asarray(utilisation, float)
    return _over(np.asarray(outage_s, float) * used, 1.0 - used)


def restore_s(kept_s: Any, peak_ratio: Any, utilisation: Any) -> Array:
    """Return the time to write a kept span of records back into a cluster that also takes the average load [s].

    In units of the average write rate the cluster takes peak ratio / utilisation, of which 1 is the live load; the span
    is worked off with the rest: kept / (peak ratio / utilisation - 1).

    Parameters
    ----------
    kept_s : span of records to write back [s]
    peak_ratio : peak over average write rate [1]
    utilisation : of the cluster by the peak [1]

    Examples
    --------
    >>> restore_s(86400.0, 1.5, 0.5).tolist()
    43200.0
    """
    used = np.asarray(utilisation, float)
    return _over(np.asarray(kept_s, float) * used, np.asarray(peak_ratio, float) - used)


def rebalance_s(rebuild_s: Any, units: Any) -> Array:
    """Return the time to give one more broker its share of the data [s].

    A replacement fetches what one of n brokers held, one more broker what one of n + 1 will hold, both at the same
    spare rate: rebuild x n / (n + 1).

    Parameters
    ----------
    rebuild_s : time to rebuild a lost broker [s]
    units : brokers that are there [brokers], any shape

    Examples
    --------
    >>> float(rebalance_s(3600.0, 3))
    2700.0
    """
    n = np.asarray(units, float)
    return np.asarray(np.asarray(rebuild_s, float) * n / (n + 1.0))


def _over(work: Array, spare: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(spare > 0, work / np.where(spare > 0, spare, 1.0), np.inf))
