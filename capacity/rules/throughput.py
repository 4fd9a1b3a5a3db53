"""The rule of Cloudera's documentation and the tool of Red Hat's that builds on it: network and disk throughput."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from capacity.demand.demand import Demand
from capacity.laws.storage import stored_bytes
from capacity.rules.opinion import DiskSpace, Opinion, Traffic
from capacity.rules.rule import Rule, column, constant, round_up, value
from capacity.sizing.machines import machine_table
from streamfacts.arrays import Array

CLOUDERA, RED_HAT = "cloudera", "red-hat"


def loads(
    write_bytes_s: ArrayLike, consumer_groups: ArrayLike, replicas: ArrayLike, lagging: ArrayLike
) -> dict[str, Array]:
    """Return what the cluster writes and reads over the network and moves on its disks [byte/s].

    Parameters
    ----------
    write_bytes_s : by producers [byte/s]
    consumer_groups : readers of each write [1]
    replicas : copies of each partition [1]
    lagging : readers that find nothing in the page cache [1]

    References
    ----------
    "Sizing estimation based on network and disk message throughput", Cloudera Runtime documentation.

    Examples
    --------
    >>> {k: float(v) for k, v in loads(100, 3, 3, 2).items()}
    {'network in': 300.0, 'network out': 500.0, 'disks': 500.0}
    """
    w, c, r, lag = (np.asarray(x, float) for x in (write_bytes_s, consumer_groups, replicas, lagging))
    return {"network in": w * r, "network out": w * (r + c - 1), "disks": w * (r + lag)}


def cached_seconds(memory_bytes: ArrayLike, write_bytes_s: ArrayLike, replicas: ArrayLike) -> Array:
    """Return how long a byte stays in the page cache of the cluster [s].

    Parameters
    ----------
    memory_bytes : of the cluster [byte]
    write_bytes_s : by producers [byte/s]
    replicas : copies of each partition [1]

    Examples
    --------
    One server of 32 GB that takes 50 MB/s of writes:

    >>> float(cached_seconds(32e9, 50e6, 1))
    640.0
    """
    return np.asarray(
        np.asarray(memory_bytes, float) / (np.asarray(write_bytes_s, float) * np.asarray(replicas, float))
    )


def red_hat_brokers(network_use: ArrayLike, disk_use: ArrayLike, most_use: ArrayLike, replicas: ArrayLike) -> Array:
    """Return brokers by the use that the whole load would make of one, with a safety factor [broker].

    Parameters
    ----------
    network_use, disk_use : load of the cluster over the capacity of one broker [1]
    most_use : share of a broker that may be used [1]
    replicas : copies of each partition; there is at least one broker more [1]

    Examples
    --------
    >>> float(red_hat_brokers(0.42, 0.79, 0.6, 3)), float(red_hat_brokers(4.3, 8.05, 0.6, 3))
    (4.0, 22.0)
    """
    use = np.maximum(np.asarray(network_use, float), np.asarray(disk_use, float))
    needed = use / np.asarray(most_use, float) * value(RED_HAT, "safety_factor")
    return round_up(np.maximum(needed, np.asarray(replicas, float) + 1))


def red_hat_vcpu_of_a_broker(network_use: ArrayLike, network_bytes_s: ArrayLike) -> Array:
    """Return vCPU of one broker: two more on a fast network that is used [vCPU].

    Parameters
    ----------
    network_use : load of the cluster over the network of one broker [1]
    network_bytes_s : of one broker [byte/s]

    Examples
    --------
    >>> float(red_hat_vcpu_of_a_broker(0.42, 1.25e9)), float(red_hat_vcpu_of_a_broker(0.42, 125e6))
    (10.0, 8.0)
    """
    fast = np.asarray(network_bytes_s, float) > value(RED_HAT, "fast_network")
    used = np.asarray(network_use, float) > value(RED_HAT, "network_is_used")
    return value(RED_HAT, "vcpu") + np.where(fast & used, value(RED_HAT, "more_vcpu"), 0.0)


def red_hat(demand: Demand) -> Opinion:
    """Return brokers at the peak on the network, disks and ceiling that `data/model/rules.csv` assumes."""
    w, copies = demand.peak_wire_bytes_s, demand.replication_factor
    load = loads(w, demand.consumer_groups, copies, value(RED_HAT, "lagging"))
    nic, disk_rate, most = (value(RED_HAT, name) for name in ("network", "disk_rate", "use_up_to"))
    network = np.maximum(load["network in"], load["network out"])
    network_use, disk_use = network / nic, load["disks"] / disk_rate
    units = red_hat_brokers(network_use, disk_use, most, copies)
    by_disk = disk_use > network_use
    safety = value(RED_HAT, "safety_factor")
    space = DiskSpace(
        stored_bytes(demand.wire_bytes_s, demand.held_s), copies, np.asarray(1 / value(RED_HAT, "disk_factor"))
    )
    return Opinion(
        unit="broker",
        units=units,
        vcpu=units * red_hat_vcpu_of_a_broker(network_use, nic),
        memory_gib=units * float(constant(RED_HAT, "memory")),
        disk_bytes=space.provisioned_bytes,
        needs={
            "disk throughput": disk_use / most * safety,
            "network": network_use / most * safety,
            "smallest cluster": np.asarray(copies + 1),
        },
        traffic=Traffic(
            np.where(by_disk, load["disks"], network),
            np.where(by_disk, disk_rate, nic),
            np.asarray(most / safety),
            "bytes on disks or out of brokers, whichever is the tighter",
            at_peak=True,
        ),
        disk=space,
    )


def cloudera(demand: Demand) -> Opinion:
    """Return machines of every EC2 type at the peak, twice as many as an ideal cluster needs."""
    table = machine_table("aws_ec2")
    table = table.where((table["local_disks"] == 0) & (table["ebs_baseline_mb_s"] > 0))
    load = loads(
        demand.peak_wire_bytes_s,
        demand.consumer_groups,
        demand.replication_factor,
        np.minimum(demand.consumer_groups, value(CLOUDERA, "lagging")),
    )
    network = np.maximum(load["network in"], load["network out"])
    nic = column(table, "network_baseline_gbps", demand) * 1e9 / 8
    disk_rate = column(table, "ebs_baseline_mb_s", demand) * 1e6
    keep = 1 / value(CLOUDERA, "over_ideal")
    needs = {"network": network / (nic * keep), "disk throughput": load["disks"] / (disk_rate * keep)}
    by_disk = needs["disk throughput"] > needs["network"]
    units = np.maximum(round_up(np.maximum(*needs.values())), demand.replication_factor)
    disk = DiskSpace(stored_bytes(demand.wire_bytes_s, demand.held_s), demand.replication_factor, np.asarray(1.0))
    return Opinion(
        unit="broker",
        units=units,
        vcpu=units * column(table, "vcpu", demand),
        memory_gib=units * column(table, "memory_gib", demand),
        disk_bytes=np.broadcast_to(disk.provisioned_bytes, units.shape),
        configuration=table.names,
        needs=needs,
        traffic=Traffic(
            np.where(by_disk, load["disks"], network),
            np.where(by_disk, disk_rate, nic),
            np.asarray(keep),
            "bytes on disks or out of brokers, whichever is the tighter",
            at_peak=True,
        ),
        disk=disk,
    )


RULES = (
    Rule(
        CLOUDERA,
        "Cloudera's estimate",
        "Cloudera",
        "Apache Kafka on any machine; EC2 types here",
        "https://docs.cloudera.com/runtime/7.2.1/kafka-performance-tuning/topics/kafka-tune-sizing-calc.html",
        cloudera,
        valid="loads bound by network and disks; CPU is left out",
        notes=("baselines of EC2 network and EBS stand for what one machine provides", "disk space without headroom"),
    ),
    Rule(
        RED_HAT,
        "Red Hat AMQ Streams sizing tool",
        "A. Yuen, Red Hat",
        "Apache Kafka under AMQ Streams",
        "https://github.com/AndyYuen/kafka-sizing/blob/f78d3321e0471be12895efa3b32447f1904136c4/src/main/java/com/redhat/"
        "kafkasizing/service/SizingServiceImpl.java",
        red_hat,
        valid="enterprise clusters; at least one broker more than copies",
        notes=(
            "the tool asks for network, disk rate and most use; data/model/rules.csv assumes 10 Gb/s, 400 MB/s, 60%",
            "the tool halves vCPU to subscription cores; vCPU are shown",
        ),
    ),
)
