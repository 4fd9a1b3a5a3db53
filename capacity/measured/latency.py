"""Latency of publishing against load, where published measurements of several loads and settings reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike

from capacity.measured.cluster import KAFKA, PULSAR, Cluster
from streamfacts.arrays import Array
from streamfacts.tables import read_rows

#: Virtual CPUs that waiting is measured at.
REFERENCE_VCPU = 8.0
#: Seed of what a measurement departs from the law by, behind the ends of an interval.
SEED = 20_221_130
#: Ends of the 90% interval.
ENDS = (0.05, 0.95)


@dataclass(frozen=True)
class Latency:
    """Publish latency of clusters, arrays of shape (clusters,); NaN with a reason where no measurement reaches.

    `p99_ms` is the 99th percentile [ms]: the geometric mean over what is not known about the cluster's limit, so that
    it grows steadily where the load comes near it. `low_ms` and `high_ms` hold 90% of the cases, `saturated` is the
    odds [1] that the load is more than the cluster takes, `why` says what lies outside and is empty inside.
    """

    p99_ms: Array
    low_ms: Array
    high_ms: Array
    saturated: Array
    why: tuple[str, ...]


@cache
def facts() -> dict[str, float]:
    """Return the constants of the law by name, in the units of `data/calibration/latency.csv`."""
    return {row["name"]: row["value"] for row in read_rows("calibration/latency")}


def idle_ms(cluster: Cluster, f: Mapping[str, float]) -> Array:
    """Return the 99th percentile of a publish without any load to wait behind [ms].

    A floor that falls with the machine's size, less where the leader alone answers; what each partition replica on a
    broker adds, several times that where followers go through them too; and the flush of the leader, and of the
    followers, where the answer waits for it.

    Parameters
    ----------
    cluster : clusters of shape (clusters,)
    f : constants of the law by name
    """
    replicas = np.where(np.isfinite(cluster.partitions), cluster.partitions, 1.0) * cluster.copies / cluster.nodes
    waits_for_all = cluster.acks_all
    floor = f["floor_ms_core"] / cluster.vcpu * np.where(waits_for_all, 1.0, f["leader_share"])
    crowd = f["replica_us"] / 1e3 * replicas * np.where(waits_for_all, f["replica_all_factor"], 1.0)
    kafka = floor + crowd + cluster.fsync * f["flush_ms"] * np.where(waits_for_all, 2.0, 1.0)
    # the fastest of several bookies answers where one is enough, so that no flush is waited for
    flush = cluster.fsync * waits_for_all * f["pulsar_flush_ms"]
    pulsar = f["pulsar_floor_ms_core"] / cluster.vcpu + f["pulsar_replica_us"] / 1e3 * replicas + flush
    return np.asarray(np.where(cluster.system == PULSAR, pulsar, kafka))


def publish_ms(cluster: Cluster, limit_mb_s: ArrayLike, f: Mapping[str, float]) -> Array:
    """Return the 99th percentile of a publish at the clusters' own load [ms].

    idle + queue x (vcpu / 8)^d x u^m / (1 - u), with the use u of the limit; where the limit is reached the producers'
    buffers are full and a publish waits for its turn in them, which is the most that is measured.

    Parameters
    ----------
    cluster : clusters of shape (clusters,) with `load_mb_s`
    limit_mb_s : the most that each takes, broadcasting against the clusters [MB/s]
    f : constants of the law by name

    References
    ----------
    `data/calibration/latency.csv`, fitted on the rows of `data/evidence/evidence.csv` whose `latency` is "publish".
    """
    use = cluster.load_mb_s / np.asarray(limit_mb_s, float)
    queue = f["queue_ms"] * (cluster.vcpu / REFERENCE_VCPU) ** f["queue_vcpu_exponent"]
    full = np.where(cluster.system == PULSAR, f["pulsar_full_ms"], f["full_ms"])
    waiting = queue * np.minimum(use, 1.0) ** f["queue_load_exponent"]
    waits = 1.0 / (1.0 / full + np.maximum(1.0 - use, 0.0) / np.maximum(waiting, 1e-12))
    return np.asarray(idle_ms(cluster, f) + waits)


def publish_p99(cluster: Cluster, limits_mb_s: Array) -> Latency:
    """Return publish latency at the clusters' own load, and why not where it is out of reach.

    Parameters
    ----------
    cluster : clusters of shape (clusters,) with `load_mb_s`
    limits_mb_s : draws of their limit, shape (draws, clusters) [MB/s]
    """
    f = facts()
    v = cluster.vcpu
    outside = [
        (~np.isfinite(cluster.load_mb_s), "no load is given"),
        (~np.isin(cluster.system, (KAFKA, PULSAR)), "no series of loads was measured on this system"),
        (cluster.tls, "the series were measured without TLS"),
        ((cluster.message_bytes < f["least_message"]) | (cluster.message_bytes > f["most_message"]),
         f"the series were measured at {f['least_message']:g} to {f['most_message']:g} bytes a message"),
        ((v < f["least_vcpu"]) | (v > f["most_vcpu"]) | ~cluster.vcpu_known,
         f"the series cover {f['least_vcpu']:g} to {f['most_vcpu']:g} virtual CPUs a broker"),
    ]  # fmt: skip
    why = tuple(next((text for where, text in outside if where[i]), "") for i in range(len(cluster)))
    inside = np.array([not text for text in why])
    spread = f["residual_log_sd"] * np.random.default_rng(SEED).standard_normal((len(limits_mb_s), 1))
    log = np.log(publish_ms(cluster, limits_mb_s, f))
    low, high = np.quantile(log + spread, ENDS, axis=0)
    p99, least, most = (np.where(inside, np.exp(x), np.nan) for x in (log.mean(axis=0), low, high))
    odds = np.where(inside, (cluster.load_mb_s >= limits_mb_s).mean(axis=0), np.nan)
    return Latency(p99, least, most, odds, why)
