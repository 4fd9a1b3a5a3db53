"""Redpanda's sizing guidelines: a rate and a memory for each core, memory for each partition."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capacity.demand.demand import Demand
from capacity.laws.storage import stored_bytes
from capacity.rules.opinion import DiskSpace, Opinion, Traffic
from capacity.rules.rule import Rule, constant, round_up, value
from streamfacts.units import GIB

NAME = "redpanda"
SOURCE = "https://docs.redpanda.com/current/deploy/redpanda/manual/sizing/"


def cores(written_bytes_s: ArrayLike) -> NDArray[np.float64]:
    """Return cores for the writes of a cluster, those of followers among them, spread over three brokers or more.

    Parameters
    ----------
    written_bytes_s : by all copies [byte/s]

    Returns
    -------
    cores of the cluster [core], at least two on each of three brokers

    Examples
    --------
    >>> float(cores(300e6)), float(cores(3e9))
    (6.0, 30.0)
    """
    brokers, least = value(NAME, "least_brokers"), value(NAME, "least_cores")
    each = round_up(np.asarray(written_bytes_s, float) / value(NAME, "core_rate") / brokers)
    return brokers * np.maximum(each, least)


def memory_bytes(core_count: ArrayLike, partition_replicas: ArrayLike) -> NDArray[np.float64]:
    """Return memory: 2 GB a core, and not less than 2 MB a partition replica [byte].

    Parameters
    ----------
    core_count : cores of the cluster [core]
    partition_replicas : partitions times copies [1]

    Examples
    --------
    >>> float(memory_bytes(6, 30_000) / 1e9)
    60.0
    """
    by_cores = np.asarray(core_count, float) * value(NAME, "core_memory")
    return np.maximum(by_cores, np.asarray(partition_replicas, float) * value(NAME, "partition_memory"))


def opinion(demand: Demand) -> Opinion:
    """Return what the guidelines say, at the peak."""
    written = demand.peak_wire_bytes_s * demand.replication_factor
    vcpu = cores(written)
    disk = DiskSpace(stored_bytes(demand.wire_bytes_s, demand.held_s), demand.replication_factor, np.asarray(1.0))
    brokers = np.full(np.shape(vcpu), float(constant(NAME, "least_brokers")))
    broker_rate = value(NAME, "core_rate") * vcpu / brokers
    traffic = Traffic(written, broker_rate, np.asarray(1.0), "writes of every copy; no reads", at_peak=True)
    return Opinion(
        unit="broker",
        units=brokers,
        vcpu=vcpu,
        memory_gib=memory_bytes(vcpu, demand.partitions * demand.replication_factor) / GIB,
        disk_bytes=disk.provisioned_bytes,
        needs={"traffic": traffic.needed, "smallest cluster": brokers},
        traffic=traffic,
        disk=disk,
    )


RULES = (
    Rule(
        NAME,
        "Redpanda guidelines",
        "Redpanda",
        "Redpanda, self-managed",
        SOURCE,
        opinion,
        valid="the documented use cases go from 75 MB/s to 1,000 MB/s",
        notes=(
            "100 MB/s for each core is taken to count followers' writes too; the page speaks of writes for each core",
            "three brokers, larger ones for more load; the page adds brokers for fault tolerance without a number",
            "no headroom is stated for disks",
        ),
    ),
)
