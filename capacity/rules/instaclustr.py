"""Instaclustr's performance model of Kafka with and without tiered storage: bytes a second by resource."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from capacity.demand.demand import Demand
from capacity.laws.storage import stored_bytes
from capacity.rules.opinion import DiskSpace, Opinion
from capacity.rules.rule import Rule, value
from streamfacts.arrays import Array

NAME = "instaclustr"


def loads(
    write_bytes_s: ArrayLike,
    replicas: ArrayLike,
    realtime_bytes_s: ArrayLike,
    delayed_bytes_s: ArrayLike = 0.0,
    remote_bytes_s: ArrayLike = 0.0,
    tiered: ArrayLike = False,
) -> dict[str, Array]:
    """Return the load of the whole cluster on its disks and on its network [byte/s].

    Parameters
    ----------
    write_bytes_s : by producers [byte/s]
    replicas : copies of each partition [1]
    realtime_bytes_s : read from the page cache [byte/s]
    delayed_bytes_s : read from local disks [byte/s]
    remote_bytes_s : read from the remote tier [byte/s]
    tiered : whether every byte is also copied to the remote tier, any shape

    Examples
    --------
    1,000 MB/s with three copies, tiered, read once at the tip, once from disk and once from the remote tier:

    >>> load = loads(1000, 3, 1000, 1000, 1000, True)
    >>> float(load["disks"]), float(load["network"])
    (5000.0, 8000.0)
    """
    w, r = np.asarray(write_bytes_s, float), np.asarray(replicas, float)
    realtime, delayed = np.asarray(realtime_bytes_s, float), np.asarray(delayed_bytes_s, float)
    copied = np.where(np.asarray(tiered, bool), w, 0.0)
    remote = value(NAME, "remote_passes") * np.asarray(remote_bytes_s, float)
    return {
        "disks": np.asarray(w * r + copied + delayed),
        "network": np.asarray(w * r + copied + realtime + delayed + remote),
    }


def opinion(demand: Demand) -> Opinion:
    """Return the loads at the average, without a remote tier, all consumers at the tip of the log."""
    w = demand.wire_bytes_s
    load = loads(w, demand.replication_factor, w * demand.fan_out)
    disk = DiskSpace(stored_bytes(w, demand.held_s), demand.replication_factor, np.asarray(1.0))
    return Opinion(
        unit="",
        disk_bytes=disk.provisioned_bytes,
        disk=disk,
        quantities={
            "disk load": (load["disks"], "bytes/s"),
            "network load, local disks": (load["network"], "bytes/s"),
            "network load, EBS": (load["network"] + load["disks"], "bytes/s"),
        },
    )


RULES = (
    Rule(
        NAME,
        "Instaclustr model",
        "Instaclustr (NetApp)",
        "Apache Kafka with and without tiered storage",
        "https://www.instaclustr.com/blog/how-to-size-apache-kafka-clusters-for-tiered-storage-part-2/",
        opinion,
        valid="average rates, data only, the cluster as a whole; CPU is left out",
        notes=(
            "it states loads, not brokers or vCPU: these follow from a machine's bandwidth",
            "with EBS the disks' load is on the network too",
        ),
    ),
)
