"""How many records a producer puts into a batch: what arrives while it waits, and no more than a batch holds."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from streamfacts.arrays import Array


def batch_streams(partitions: ArrayLike, topics: ArrayLike, producers: ArrayLike, keyed: ArrayLike = True) -> Array:
    """Return over how many open batches the records of a workload are spread [1].

    A producer fills one batch for each partition at a time. Records with a key may go to any partition; those without
    one stay with a partition of their topic until a batch's worth is written to it (KIP-794). Every producer is taken
    to write to all topics.

    Parameters
    ----------
    partitions, topics : of the whole workload [1]
    producers : producer clients [1]
    keyed : whether the key chooses the partition [true or false]

    References
    ----------
    KIP-480 and KIP-794, the sticky partitioner:
    https://cwiki.apache.org/confluence/display/KAFKA/KIP-794%3A+Strictly+Uniform+Sticky+Partitioner

    Examples
    --------
    >>> float(batch_streams(2000, 1, 3)), float(batch_streams(2000, 1, 3, keyed=False))
    (6000.0, 3.0)
    """
    spread = np.where(np.asarray(keyed, bool), np.asarray(partitions, float), np.asarray(topics, float))
    return np.asarray(np.maximum(spread, 1.0) * np.asarray(producers, float))


def lingered_records(records_s: ArrayLike, streams: ArrayLike, linger_s: ArrayLike, most: ArrayLike) -> Array:
    """Return the records of an average batch [1]: the first, and those that arrive while it waits, up to a full one.

    A batch opens with its first record and leaves when it is full or `linger.ms` later. No back-pressure is counted: a
    producer that waits for a slow broker makes larger batches.

    Parameters
    ----------
    records_s : records written by all producers [1/s]
    streams : batches that are filled at the same time, see `batch_streams` [1]
    linger_s : time that a producer waits, `linger.ms` [s]
    most : records that a full batch holds [1], at least 1

    References
    ----------
    https://kafka.apache.org/40/configuration/producer-configs, `linger.ms` and `batch.size`

    Examples
    --------
    20,000 records/s over 2,000 partitions of one producer that waits 5 ms: 10 a second each, so 1.05 a batch.

    >>> float(lingered_records(20_000, 2_000, 0.005, 150))
    1.05
    """
    each = np.asarray(records_s, float) / np.asarray(streams, float)
    return np.asarray(np.minimum(1.0 + each * np.asarray(linger_s, float), np.maximum(most, 1.0)))


def fill_seconds(records: ArrayLike, records_s: ArrayLike, streams: ArrayLike) -> Array:
    """Return how long it takes from the first to the last record of a batch [s].

    Parameters
    ----------
    records : records of a batch [1], at least 1
    records_s : records written by all producers [1/s]
    streams : batches that are filled at the same time, see `batch_streams` [1]

    Examples
    --------
    >>> float(fill_seconds(101, 20_000, 2_000))
    10.0
    """
    return np.asarray((np.asarray(records, float) - 1.0) * np.asarray(streams, float) / np.asarray(records_s, float))


def fewest_producers(records_s: ArrayLike, bytes_s: ArrayLike, record_us: ArrayLike, producer_mb_s: ArrayLike) -> Array:
    """Return the fewest producer clients that carry a rate [1], at least one.

    One client takes a fixed time for a record and a time for its bytes, one after the other.

    Parameters
    ----------
    records_s, bytes_s : written by all of them at peak [1/s], [byte/s]
    record_us : what one client takes for a record [us]
    producer_mb_s : what one client writes of large records [MB/s]

    References
    ----------
    `data/calibration/coefficients.csv`: producer_record_us and producer_mb_s, fitted on published measurements.

    Examples
    --------
    >>> float(fewest_producers(1_000_000, 1e9, 1.0, 500.0))
    3.0
    """
    busy = np.asarray(records_s, float) * np.asarray(record_us, float) / 1e6
    busy = busy + np.asarray(bytes_s, float) / (np.asarray(producer_mb_s, float) * 1e6)
    return np.asarray(np.maximum(np.ceil(busy), 1.0))
