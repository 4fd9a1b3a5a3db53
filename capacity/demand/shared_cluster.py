"""Several applications on one cluster: their demands stacked, and added up to the demand of the shared cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from capacity.demand.demand import Demand
from streamfacts.arrays import Array
from streamfacts.errors import InputError

#: What a cluster has once for all of its topics: applications on one cluster have to agree on it.
SHARED = ("replication_factor", "zones", "cross_region_copies", "region", "tls", "survive", "use_up_to")


def stack(demands: Sequence[Demand]) -> Demand:
    """Return demands of one shape S as one of shape (n, *S).

    Connections are kept only if every demand states them, as the limit is checked only where they are known.

    Raises
    ------
    InputError
        if there is none, or two differ in what a cluster has only once (`SHARED`).
    """
    if not demands:
        raise InputError("applications", "none", "at least one")
    first = demands[0]
    for other in demands[1:]:
        for name in SHARED:
            ours, theirs = getattr(first, name), getattr(other, name)
            if not np.all(ours == theirs):
                raise InputError(name, f"{ours} and {theirs}", "one value for all applications of a shared cluster")
    shape = np.broadcast_shapes(*(d.shape for d in demands))
    arrays = [d.arrays() for d in demands]
    common = set(arrays[0]).intersection(*arrays[1:])
    stacked: dict[str, Any] = {
        name: getattr(first, name) if name in SHARED else np.stack([np.broadcast_to(a[name], shape) for a in arrays])
        for name in arrays[0]
        if name in common
    }
    if "connections" not in common:
        stacked["connections"] = None
    return replace(first, **stacked, partitions_given=all(d.partitions_given for d in demands))


def together(
    demand: Demand, groups: Array | None = None, coincidence: float = 1.0, *, own_streams: bool = False
) -> Demand:
    """Return the demand of the cluster that applications share: what is added is added, the rest is weighed by bytes.

    Bytes written, read and held, records, partitions, topics, consumer groups and connections are sums; the share of
    cold reads is weighed by bytes read. The largest record and the longest retention are those of any application, so
    that limits meet them, and `retained` says how much less than that is held. Outages and the time to catch up are
    the strictest of any. Whatever else a demand carries is weighed by bytes written.

    The peak is the sum of the averages, plus the sum of what each peak adds times `coincidence`, plus the largest
    single addition times the rest: with 1 all peak at the same time, with 0 never two at once.

    Parameters
    ----------
    demand : of shape (n, *S), see `stack`
    groups : 1 where an application belongs to a group and else 0, shape (g, n) [1]; all in one if left out
    coincidence : how far peaks fall together, 0 to 1 [1]
    own_streams : whether each application keeps streams of its own that only its consumer groups read, as on a service
        without clusters; then the groups are the most of any application, not the sum

    Returns
    -------
    Demand of shape S, or (g, *S) with `groups`

    Examples
    --------
    >>> from capacity import Workload
    >>> one = Demand.of(Workload(write="10 MB/s", fan_out=1, measured_at="broker", peak_ratio=2))
    >>> two = Demand.of(Workload(write="30 MB/s", fan_out=3, measured_at="broker", peak_ratio=1))
    >>> both = together(stack([one, two]))
    >>> float(both.wire_bytes_s), float(both.fan_out), float(both.peak_wire_bytes_s)
    (40000000.0, 2.5, 50000000.0)
    """
    if not 0.0 <= coincidence <= 1.0:
        raise InputError("coincidence", coincidence, "a number from 0 (never two peaks at once) to 1 (all at once)")
    shape = demand.shape
    member = np.ones((1, shape[0])) if groups is None else np.asarray(groups, float)
    inside = member.reshape(member.shape + (1,) * (len(shape) - 1)) > 0

    def of(name: str) -> Array:
        return np.broadcast_to(getattr(demand, name), shape)

    def total(values: Array) -> Array:
        return np.tensordot(member, values, axes=1)

    def most(values: Array) -> Array:
        return np.asarray(np.where(inside, values, -np.inf).max(axis=1))

    def kept_by_time(window: str, share: str) -> Array:
        return np.asarray(total(wire * of(window) * of(share)) / (total(wire) * most(of(window))))

    wire, payload, records = of("wire_bytes_s"), of("payload_bytes_s"), of("records_s")
    read = wire * of("fan_out")
    added = wire * (of("peak_ratio") - 1.0)
    peak = total(wire) + coincidence * total(added) + (1.0 - coincidence) * most(added)
    bytes_read = total(read)
    out: dict[str, Any] = {
        "wire_bytes_s": total(wire),
        "payload_bytes_s": total(payload),
        "records_s": total(records),
        "message_bytes": total(payload) / total(records),
        "max_message_bytes": most(of("max_message_bytes")),
        "batch_wire_bytes": total(wire) / total(wire / of("batch_wire_bytes")),
        "peak_ratio": peak / total(wire),
        "fan_out": bytes_read / total(wire),
        "retention_s": most(of("retention_s")),
        "hot_retention_s": most(of("hot_retention_s")),
        "retained": total(wire * of("held_s")) / (total(wire) * most(of("retention_s"))),
        "hot_retained": total(wire * of("hot_held_s")) / (total(wire) * most(of("hot_retention_s"))),
        "retained_by_time": kept_by_time("retention_s", "retained_by_time"),
        "hot_retained_by_time": kept_by_time("hot_retention_s", "hot_retained_by_time"),
        "producers": total(of("producers")),
        "batch_streams": total(of("batch_streams")),
        "batch_fill_s": most(of("batch_fill_s")),
        "cold_reads": total(read * of("cold_reads")) / np.where(bytes_read > 0, bytes_read, 1.0),
        "partitions": total(of("partitions")),
        "topics": total(of("topics")),
        "consumer_groups": most(of("consumer_groups")) if own_streams else total(of("consumer_groups")),
        "outage_s": most(of("outage_s")),
        "catch_up_s": -most(-of("catch_up_s")),
        "clusters": np.asarray(1.0),
    }
    if demand.connections is not None:
        out["connections"] = total(of("connections"))
    for name in demand.arrays():  # factors and the like that the demand may carry besides
        if name not in out and name not in SHARED:
            out[name] = total(wire * of(name)) / total(wire)
    if groups is None:
        out = {name: value[0] if np.ndim(value) else value for name, value in out.items()}
    return replace(demand, **out)


__all__ = ["SHARED", "stack", "together"]
