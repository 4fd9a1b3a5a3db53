"""Record batches of a workload: as measured, or as its producers fill them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from capacity.laws import batches, records
from capacity.laws.coefficients import fitted
from capacity.laws.exactly_once import cpu_for_loss, throughput_lost
from capacity.workload.workload import Workload
from streamfacts.arrays import Array
from streamfacts.tables import assumption

#: Returns a field of the workload as an array, or a default.
Get = Callable[..., Array]

#: Fields that say how producers fill batches; with any of them `batch` is the most that one holds.
HOW_FILLED = ("linger", "producers")


@dataclass(frozen=True)
class Batches:
    """What is known of a workload's batches before its partitions are.

    Attributes
    ----------
    most_bytes : a full batch before compression [byte]
    full : records of a full batch [1]
    measured : whether batches are as the workload states them, not as producers fill them
    linger_s : how long a producer waits [s]
    """

    most_bytes: Array
    full: Array
    measured: bool
    linger_s: Array
    message_bytes: Array
    compression_ratio: Array
    headers: int

    def wire_bytes(self, per_batch: Array) -> Array:
        """Return the bytes of one record on the wire with so many in a batch [byte].

        Framing is that of a full batch, whose offset deltas take the most bytes.
        """
        framed = self.message_bytes + records.record_overhead_bytes(self.message_bytes, self.full, self.headers)
        header = float(assumption("record_batch_header_bytes"))
        return np.asarray(header / per_batch + framed / self.compression_ratio)

    def filled(self, records_s: Array, streams: Array) -> Array:
        """Return the records of an average batch [1]; see `laws.batches.lingered_records`."""
        if self.measured:
            return self.full
        return batches.lingered_records(records_s, streams, self.linger_s, self.full)


def batches_of(w: Workload, get: Get, message: Array, ratio: Array) -> Batches:
    """Return what a workload says of its batches; `get` returns a field as an array, or its default."""
    most = get("batch", float(assumption("producer_batch_bytes")))
    return Batches(
        most_bytes=most,
        full=records.records_per_batch(message, most, w.headers),
        measured=w.batch is not None and not any(getattr(w, name) is not None for name in HOW_FILLED),
        linger_s=get("linger", float(assumption("producer_linger_s"))),
        message_bytes=message,
        compression_ratio=ratio,
        headers=w.headers,
    )


def producers_of(w: Workload, get: Get, records_s: Array, bytes_s: Array) -> Array:
    """Return the producers of a workload [1]: as given, else the fewest that carry the peak."""
    if w.producers is not None:
        return np.ceil(get("producers"))
    point = fitted().point
    return batches.fewest_producers(records_s, bytes_s, point["producer_record_us"], point["producer_mb_s"])


def exactly_once_cpu(w: Workload, get: Get) -> Array:
    """Return the CPU that idempotent or transactional producers need over others [1], 1 where neither is asked."""
    lost = np.asarray(float(assumption("idempotence_throughput_lost")) if w.idempotence else 0.0)
    if w.transactions is not None:
        names = ("transaction_throughput_lost", "transaction_interval_s", "transaction_throughput_lost_most")
        transactional = throughput_lost(get("transactions"), *(float(assumption(name)) for name in names))
        lost = np.maximum(lost, transactional)
    return cpu_for_loss(lost)
