"""Cruise Control's capacity estimate: leaders and followers share CPU by bytes, brokers by thresholds of capacity."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from capacity.demand.demand import Demand
from capacity.laws.storage import stored_bytes
from capacity.rules.opinion import DiskSpace, Opinion, Traffic
from capacity.rules.rule import Rule, column, round_up, value
from capacity.sizing.machines import machine_table
from streamfacts.arrays import Array

NAME = "cruise-control"


def leader_cpu(
    broker_cpu: ArrayLike,
    leader_in: ArrayLike,
    leader_out: ArrayLike,
    follower_in: ArrayLike,
    share_in: ArrayLike,
    share_out: ArrayLike,
) -> Array:
    """Return the CPU that is put down to one leader replica [the unit of broker_cpu].

    Parameters
    ----------
    broker_cpu : use of the broker, any shape
    leader_in, leader_out, follower_in : bytes a second of all its replicas [byte/s]
    share_in, share_out : bytes a second of this leader [byte/s]

    Examples
    --------
    >>> round(float(leader_cpu(0.6, 40, 120, 80, 10, 30)), 6)
    0.118966
    """
    a, b, c = (value(NAME, f"weight_{k}") for k in ("leader_in", "leader_out", "follower_in"))
    whole = a * np.asarray(leader_in, float) + b * np.asarray(leader_out, float) + c * np.asarray(follower_in, float)
    own = a * np.asarray(share_in, float) + b * np.asarray(share_out, float)
    return np.asarray(np.asarray(broker_cpu, float) * own / whole)


def follower_cpu(leader: ArrayLike, share_in: ArrayLike, share_out: ArrayLike) -> Array:
    """Return the CPU that a follower of that leader would use [the unit of leader].

    Parameters
    ----------
    leader : CPU of the leader, any shape
    share_in, share_out : bytes a second of the leader [byte/s]

    Examples
    --------
    >>> round(float(follower_cpu(0.118966, 10, 30)), 6)
    0.015517
    """
    a, b, c = (value(NAME, f"weight_{k}") for k in ("leader_in", "leader_out", "follower_in"))
    bytes_in, bytes_out = np.asarray(share_in, float), np.asarray(share_out, float)
    return np.asarray(np.asarray(leader, float) * c * bytes_in / (a * bytes_in + b * bytes_out))


def brokers(load: ArrayLike, capacity: ArrayLike, threshold: ArrayLike) -> Array:
    """Return brokers whose capacity, up to a threshold, holds a load [broker].

    Parameters
    ----------
    load, capacity : of the cluster and of a typical broker, in the same unit [1]
    threshold : share of the capacity that may be used [1]

    Examples
    --------
    >>> float(brokers(500, 100, 0.8))
    7.0
    """
    return round_up(np.asarray(load, float) / (np.asarray(capacity, float) * np.asarray(threshold, float)))


def opinion(demand: Demand) -> Opinion:
    """Return brokers of every EC2 type without local disks at the average load, by network and disk space."""
    table = machine_table("aws_ec2")
    table = table.where(table["local_disks"] == 0)
    w, r = demand.wire_bytes_s, demand.replication_factor
    nic = column(table, "network_baseline_gbps", demand) * 1e9 / 8
    use = value(NAME, "network_use_up_to")
    into, out = w * r, w * (demand.fan_out + r - 1)
    disk = DiskSpace(stored_bytes(w, demand.held_s), r, np.asarray(value(NAME, "disk_use_up_to")))
    shape = (len(table), *demand.shape)
    needs = {
        "network in": np.broadcast_to(into / (nic * use), shape),
        "network out": np.broadcast_to(out / (nic * use), shape),
        "partition replicas": np.broadcast_to(demand.partitions * r / value(NAME, "replicas"), shape),
    }
    units = np.maximum(np.maximum.reduce([round_up(need) for need in needs.values()]), r)
    return Opinion(
        unit="broker",
        units=units,
        vcpu=units * column(table, "vcpu", demand),
        memory_gib=units * column(table, "memory_gib", demand),
        disk_bytes=np.broadcast_to(disk.provisioned_bytes, shape),
        configuration=table.names,
        needs=needs,
        traffic=Traffic(
            np.broadcast_to(np.maximum(into, out), shape),
            nic,
            np.asarray(use),
            "bytes into or out of brokers, whichever is more",
            at_peak=False,
        ),
        disk=disk,
    )


RULES = (
    Rule(
        NAME,
        "Cruise Control thresholds",
        "LinkedIn",
        "Apache Kafka on any machine; EC2 types here",
        "https://github.com/linkedin/cruise-control/blob/b14fc29349d44bb4306d435981f617b179bdd7a4/cruise-control/src/main/"
        "java/com/linkedin/kafka/cruisecontrol/config/constants/AnalyzerConfig.java",
        opinion,
        valid="clusters that run already: its CPU shares need a measured use",
        notes=(
            "CPU is left out: without measurements it has no rule",
            "it takes the mean of recent windows, not the peak, and keeps nothing for a broker lost",
            "baselines of EC2 networks stand for the capacity file that it asks for",
        ),
    ),
)
