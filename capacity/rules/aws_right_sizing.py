"""AWS's equation for the sustained throughput of a Kafka cluster, from its post on right-sizing."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capacity.demand.demand import Demand
from capacity.rules.opinion import Opinion, Traffic
from capacity.rules.rule import Rule, column, round_up, value
from capacity.sizing.machines import machine_table
from streamfacts.units import MIB

NAME = "aws-right-sizing"
SOURCE = (
    "https://aws.amazon.com/blogs/big-data/"
    "best-practices-for-right-sizing-your-apache-kafka-clusters-to-optimize-performance-and-cost/"
)


def sustained_bytes_s(
    brokers: ArrayLike,
    storage_bytes_s: ArrayLike,
    ebs_network_bytes_s: ArrayLike,
    ec2_network_bytes_s: ArrayLike,
    consumer_groups: ArrayLike,
    replicas: ArrayLike,
) -> NDArray[np.float64]:
    """Return the theoretical sustained throughput limit of a cluster, Equation 1 of the post [byte/s].

    Parameters
    ----------
    brokers : in the cluster [broker]
    storage_bytes_s : what the volumes of one broker take [byte/s]
    ebs_network_bytes_s : what one broker's network to its volumes carries [byte/s]
    ec2_network_bytes_s : what one broker's network carries [byte/s]
    consumer_groups : that read from the tip of the log [1]
    replicas : copies of each partition [1]

    References
    ----------
    "Best practices for right-sizing your Apache Kafka clusters to optimize performance and cost", AWS Big Data Blog.

    Examples
    --------
    Nine kafka.m5.2xlarge, three copies, four groups, as MB/s:

    >>> float(sustained_bytes_s(9, 230, 287.5, 512, 4, 3))
    690.0
    """
    n, r = np.asarray(brokers, float), np.asarray(replicas, float)
    by_disk = np.minimum(np.asarray(storage_bytes_s, float), np.asarray(ebs_network_bytes_s, float)) * n / r
    by_network = np.asarray(ec2_network_bytes_s, float) * n / (np.asarray(consumer_groups, float) + r - 1)
    return np.asarray(np.minimum(by_disk, by_network))


def opinion(demand: Demand) -> Opinion:
    """Return the least brokers of each MSK Standard size that carry the peak within 80% of the equation."""
    table = machine_table("aws_msk")
    table = table.where(table["tier"] == "standard")
    w, r, readers = demand.peak_wire_bytes_s, demand.replication_factor, demand.consumer_groups
    disk = column(table, "ebs_baseline_mib_s", demand) * MIB
    network = column(table, "network_baseline_mib_s", demand) * MIB
    keep = value(NAME, "use_up_to")
    needs = {"storage": w * r / (disk * keep), "network out": w * (readers + r - 1) / (network * keep)}
    by_network = needs["network out"] > needs["storage"]
    needed = np.maximum(needs["network out"], needs["storage"])
    units = np.maximum(round_up(needed, value(NAME, "broker_multiple")), value(NAME, "broker_multiple"))
    return Opinion(
        unit="broker",
        units=units,
        vcpu=units * column(table, "vcpu", demand),
        memory_gib=units * column(table, "memory_gib", demand),
        configuration=table.names,
        needs=needs,
        traffic=Traffic(
            np.where(by_network, w * (readers + r - 1), w * r),
            np.where(by_network, network, disk),
            np.asarray(keep),
            "bytes out to consumers and followers, or writes of every copy to volumes, whichever is the tighter",
            at_peak=True,
        ),
    )


RULES = (
    Rule(
        NAME,
        "AWS right-sizing equation",
        "AWS",
        "Kafka on EBS",
        SOURCE,
        opinion,
        valid="sustained rates, without burst credits; groups that read from the tip of the log",
        notes=(
            "80% of the equation is kept as the target; brokers are a multiple of three zones",
            "the volume's rate is taken as that of the machine's network to its volumes",
            "no disk space, no CPU, no loss of a broker",
        ),
        against="msk-standard",
    ),
)
