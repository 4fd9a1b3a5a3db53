"""Requests to an object store by a log that keeps its records there."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from streamfacts.arrays import Array


def objects_written(
    bytes_s: ArrayLike, object_bytes: ArrayLike, interval_s: ArrayLike, writers: ArrayLike = 1.0
) -> Array:
    """Return objects a second that brokers write when each ends one once it is full or old enough.

    A writer with little traffic writes by the clock and one with much by size, so many small brokers write more
    objects than few large ones for the same bytes. Nothing is written where nothing comes in.

    Parameters
    ----------
    bytes_s : average rate of all writers, as stored [byte/s]
    object_bytes : size at which an object is written [byte]
    interval_s : age at which an object is written [s]
    writers : brokers that share the bytes evenly [1]

    Returns
    -------
    objects a second, one PUT each [1/s]

    References
    ----------
    WarpStream, delayed sequencing (2026-02): a batch ends at 250 ms or 4 MB. The same rule in published models of
    KIP-1150 (diskless topics).

    Examples
    --------
    >>> float(objects_written(100 * 2**20, 4 * 2**20, 0.25)), float(objects_written(1.0, 4 * 2**20, 0.25, 6))
    (25.0, 24.0)
    """
    rate = np.asarray(bytes_s, float)
    by_size = rate / np.asarray(object_bytes, float)
    by_clock = np.asarray(writers, float) / np.asarray(interval_s, float)
    return np.asarray(np.where(rate > 0, np.maximum(by_size, by_clock), 0.0))


def objects_cached(objects: ArrayLike, fan_out: ArrayLike, caches: ArrayLike) -> Array:
    """Return reads a second of new objects by caches that fetch each object once for all their readers.

    An object holds records of many partitions, so every cache with a reader at the tail fetches all of them. Readers
    beyond the first cost nothing.

    Parameters
    ----------
    objects : objects written [1/s]
    fan_out : bytes read for each byte written [1]
    caches : caches that do not share, one a zone [1]

    Returns
    -------
    objects fetched a second, one GET each [1/s]

    References
    ----------
    WarpStream, distributed mmap (2023-10): the brokers of a zone have one cache between them.

    Examples
    --------
    >>> float(objects_cached(25.0, 4, 3)), float(objects_cached(25.0, 0, 3))
    (75.0, 0.0)
    """
    readers = np.minimum(np.asarray(fan_out, float), 1.0)
    return np.asarray(np.asarray(objects, float) * np.asarray(caches, float) * readers)


def objects_compacted(bytes_s: ArrayLike, part_bytes: ArrayLike, passes: ArrayLike = 1.0) -> Array:
    """Return parts a second that background compaction writes when it turns small objects into large ones.

    It reads every object that went in once a pass too; those reads are `passes` x the objects written.

    Parameters
    ----------
    bytes_s : average rate stored [byte/s]
    part_bytes : size of a part of an upload [byte]
    passes : how often a byte is written again [1]

    Returns
    -------
    parts written a second, one PUT each [1/s]

    Examples
    --------
    >>> float(objects_compacted(100 * 2**20, 4 * 2**20))
    25.0
    """
    rate = np.asarray(bytes_s, float) * np.asarray(passes, float)
    return np.asarray(rate / np.asarray(part_bytes, float))
