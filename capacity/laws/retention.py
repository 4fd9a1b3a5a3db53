"""Bytes that a log keeps: by size, for ever, or compacted to the latest record of each key."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from streamfacts.arrays import Array


def size_bound_bytes(held_bytes: ArrayLike, partitions: ArrayLike, retention_bytes: ArrayLike) -> Array:
    """Return the bytes kept by time and by size, whichever is reached first, one copy [byte].

    A log may hold up to one segment more than `retention.bytes`, since only whole segments are deleted.

    Parameters
    ----------
    held_bytes : what the retention time alone keeps [byte]
    partitions : of the workload [1]
    retention_bytes : `retention.bytes` of each [byte]

    References
    ----------
    https://kafka.apache.org/40/configuration/topic-configs, `retention.bytes`

    Examples
    --------
    >>> float(size_bound_bytes(5000.0, 3, 1000.0))
    3000.0
    """
    return np.asarray(np.minimum(held_bytes, np.asarray(partitions, float) * np.asarray(retention_bytes, float)))


def written_bytes(bytes_s: ArrayLike, month_s: float, start_bytes: ArrayLike = 0.0) -> Array:
    """Return the bytes there are at the end of each month where nothing is deleted, one copy [byte].

    Parameters
    ----------
    bytes_s : average rate of each month, months on the last axis [byte/s]
    month_s : seconds in a month [s]
    start_bytes : what is there before the first month [byte]; broadcast against the months

    Examples
    --------
    >>> written_bytes([1.0, 1.0, 2.0], 100.0, 50.0).tolist()
    [150.0, 250.0, 450.0]
    """
    return np.asarray(np.cumsum(np.asarray(bytes_s, float), axis=-1) * month_s + np.asarray(start_bytes, float))


def uncleaned_bytes(live_bytes: ArrayLike, dirty_ratio: ArrayLike) -> Array:
    """Return the bytes that a compacted log holds beyond its live records when the cleaner starts on it [byte].

    The cleaner leaves a log alone until the dirty part is `min.cleanable.dirty.ratio` of it: live x r / (1 - r).

    Parameters
    ----------
    live_bytes : live records of a log [byte]
    dirty_ratio : share of the log that may be dirty [1], below 1

    References
    ----------
    https://kafka.apache.org/40/configuration/topic-configs, `min.cleanable.dirty.ratio`

    Examples
    --------
    >>> float(uncleaned_bytes(100.0, 0.5))
    100.0
    """
    ratio = np.asarray(dirty_ratio, float)
    return np.asarray(np.asarray(live_bytes, float) * ratio / (1.0 - ratio))


def cleaner_passes(live_bytes: ArrayLike, dirty_bytes: ArrayLike) -> tuple[Array, Array]:
    """Return the bytes that the cleaner reads and writes for each byte written to a compacted log [1].

    Each time the dirty part is full the cleaner reads it once for the offsets of its keys and then the whole log, and
    writes the live records anew: (live + 2 dirty) / dirty read and live / dirty written.

    Parameters
    ----------
    live_bytes : live records of a log [byte]
    dirty_bytes : what is written between two cleanings [byte], above 0

    References
    ----------
    https://kafka.apache.org/documentation/#compaction

    Examples
    --------
    >>> [float(x) for x in cleaner_passes(100.0, 50.0)]
    [4.0, 2.0]
    """
    turns = np.asarray(live_bytes, float) / np.asarray(dirty_bytes, float)
    return np.asarray(turns + 2.0), np.asarray(turns)
