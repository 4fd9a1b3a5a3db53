"""Bytes that the topics of a workload hold: by time, by size, for ever, compacted, or as measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from capacity.laws.retention import (
    cleaner_passes,
    size_bound_bytes,
    uncleaned_bytes,
    written_bytes,
)
from capacity.workload.growth import SECONDS_A_MONTH, retained_share
from capacity.workload.workload import Workload
from streamfacts.arrays import Array
from streamfacts.tables import assumption

ONE, NOTHING = np.asarray(1.0), np.asarray(0.0)


@dataclass(frozen=True)
class Held:
    """What is kept, over what the present rate would leave in the retention window [1].

    Attributes
    ----------
    retained, hot_retained : of the retention, and of the part on broker disks when the rest is tiered
    by_time, hot_by_time : the same by time alone, for offers that know no other bound
    cleaner_reads, cleaner_writes : bytes that log cleaners move on each copy for each byte written [1]
    """

    retained: Array
    hot_retained: Array
    by_time: Array
    hot_by_time: Array
    cleaner_reads: Array
    cleaner_writes: Array


def held(
    w: Workload,
    get: Callable[..., Array],
    *,
    wire: Array,
    record: Array,
    level: Array,
    retention: Array,
    hot: Array,
    partitions: Array,
    copies: Array,
    months: int | None,
) -> Held:
    """Return what a workload holds.

    Parameters
    ----------
    get : returns a field of the workload as an array
    wire : average rate written, one copy [byte/s]; months on the last axis where there are any
    record : bytes of one record on the wire [byte]
    level : of the load by month [1], of shape () for a point
    retention, hot : windows of time [s]
    partitions, copies : [1]
    months : of the path; None for a point
    """
    time = retained_share(level, retention) if level.ndim else ONE
    hot_time = retained_share(level, hot) if level.ndim else ONE
    if not (w.kept_forever or w.retention_bytes or w.compacted or w.held):
        return Held(time, hot_time, time, hot_time, NOTHING, NOTHING)
    start = get("held") / copies if w.held is not None else NOTHING
    by_time = wire * retention * time
    reads = writes = NOTHING
    if w.kept_forever:
        by_time = _forever(wire, start, months)
    kept = by_time
    if w.retention_bytes is not None:
        kept = size_bound_bytes(kept, partitions, get("retention_bytes"))
    if w.compacted is not None:
        kept, reads, writes = _compacted(w, get, wire, record, kept, partitions)
    if w.held is not None and not w.kept_forever:
        first = kept[..., :1] if months is not None and kept.ndim else kept
        kept = kept * (start / first)
    retained = kept / (wire * retention)
    hot_kept = np.minimum(wire * hot * hot_time, kept) if w.compacted is None else kept
    if w.held is not None and not w.kept_forever and w.compacted is None:
        hot_kept = np.minimum(hot_kept * (start / first), kept)
    hot_alone = np.minimum(wire * hot * hot_time, by_time) / (wire * hot)
    return Held(retained, hot_kept / (wire * hot), by_time / (wire * retention), hot_alone, reads, writes)


def _forever(wire: Array, start: Array, months: int | None) -> Array:
    """Return the bytes written since the first month at the end of each, or after those of the assumption [byte]."""
    if months is None:
        return np.asarray(wire * SECONDS_A_MONTH * float(assumption("forever_months")) + start)
    return written_bytes(np.broadcast_to(wire, np.broadcast_shapes(wire.shape, (months,))), SECONDS_A_MONTH, start)


def _compacted(
    w: Workload, get: Callable[..., Array], wire: Array, record: Array, kept: Array, partitions: Array
) -> tuple[Array, Array, Array]:
    """Return bytes held where a share of the topics is compacted, and what the cleaner reads and writes [1]."""
    assert w.compacted is not None
    share = get("compacted.share")
    live = get("compacted.keys") * record
    here = np.maximum(np.ceil(partitions * share), 1.0)
    each = wire * share / here
    active = here * np.minimum(float(assumption("segment_bytes")), each * float(assumption("segment_s")))
    dirty = uncleaned_bytes(live, float(assumption("cleanable_dirty_ratio")))
    whole = live + dirty + active
    if "retention" in w.model_fields_set:  # cleanup.policy=compact,delete: whichever is reached first
        whole = np.minimum(whole, kept * share)
    reads, writes = cleaner_passes(live, np.maximum(dirty, active))
    return np.asarray(whole + kept * (1.0 - share)), np.asarray(reads * share), np.asarray(writes * share)


__all__: list[Any] = ["Held", "held"]
