"""Latency of publishing against load, where measurements of several loads on one kind of cluster reach."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike

from capacity.measured.cluster import KAFKA, Cluster
from streamfacts.arrays import Array
from streamfacts.tables import read_rows


@dataclass(frozen=True)
class Latency:
    """Publish latency of clusters, arrays of shape (clusters,); NaN with a reason where no measurement reaches.

    `p99_ms` is the fitted 99th percentile [ms], `low_ms` and `high_ms` hold 90% of the measurements behind it, `why`
    says what lies outside and is empty inside.
    """

    p99_ms: Array
    low_ms: Array
    high_ms: Array
    why: tuple[str, ...]


@cache
def _facts() -> dict[str, float]:
    return {row["name"]: row["value"] for row in read_rows("calibration/latency")}


def waiting_ms(vcpu: ArrayLike, load: ArrayLike) -> Array:
    """Return the 99th percentile of a publish that all replicas acknowledge [ms].

    p99 = floor / vcpu + queue x (vcpu / 8)^d x load^m / (1 - load): a floor that falls with the machine's size and a
    wait that grows with the load on its network interface.

    Parameters
    ----------
    vcpu : virtual CPUs of a broker [core]
    load : use of its network interface's baseline [1], below 1

    References
    ----------
    `data/calibration/latency.csv`, fitted on two grids of a public harness on Amazon MSK; 9% is left unexplained.
    """
    f = _facts()
    v, rho = np.asarray(vcpu, float), np.asarray(load, float)
    queue = f["queue_ms"] * (v / 8.0) ** f["queue_vcpu_exponent"] * rho ** f["queue_load_exponent"] / (1.0 - rho)
    return np.asarray(f["floor_ms_core"] / v + queue)


def network_load(cluster: Cluster, load_mb_s: ArrayLike) -> Array:
    """Return the use of the network interfaces' baseline at a load [1]: copies out of the leader and to consumers.

    Parameters
    ----------
    cluster : clusters of shape (clusters,)
    load_mb_s : payload into the cluster [MB/s]
    """
    out = cluster.fan_out + cluster.replication - 1.0
    per_node = np.asarray(load_mb_s, float) * np.maximum(cluster.copies, out) / cluster.nodes
    return np.asarray(per_node / cluster.net_mb_s)


def publish_p99(cluster: Cluster, limit_mb_s: ArrayLike) -> Latency:
    """Return publish latency at the clusters' own load, and why not where it is out of reach.

    Parameters
    ----------
    cluster : clusters of shape (clusters,) with `load_mb_s`
    limit_mb_s : their predicted limit, above which a queue only grows [MB/s]
    """
    f = _facts()
    rho = network_load(cluster, cluster.load_mb_s)
    v = cluster.vcpu
    outside = [
        (~np.isfinite(cluster.load_mb_s), "no load is given"),
        (cluster.load_mb_s > np.asarray(limit_mb_s, float), "the load is above the predicted limit"),
        (cluster.system != KAFKA, "no series of loads was measured on this system"),
        (~cluster.acks_all | cluster.fsync, "the series were measured with acks=all and no flush before the answer"),
        (cluster.tls, "the series were measured without TLS"),
        (~cluster.remote_disk, "the series were measured on network volumes"),
        ((cluster.message_bytes < 512) | (cluster.message_bytes > 2048), "the series were measured at 1 KiB a message"),
        ((v < f["least_vcpu"]) | (v > f["most_vcpu"]) | ~cluster.vcpu_known,
         f"the series cover {f['least_vcpu']:g} to {f['most_vcpu']:g} virtual CPUs a broker"),
        (~np.isfinite(rho), "the network interface is not known"),
        (rho > f["most_load"], f"the series end at {f['most_load']:.0%} of the network interface"),
    ]  # fmt: skip
    why = tuple(next((text for where, text in outside if where[i]), "") for i in range(len(cluster)))
    inside = np.array([not text for text in why])
    p99 = np.where(inside, waiting_ms(np.where(inside, v, 8.0), np.where(inside, rho, 0.0)), np.nan)
    spread = np.exp(1.645 * f["residual_log_sd"])
    return Latency(p99, p99 / spread, p99 * spread, why)
