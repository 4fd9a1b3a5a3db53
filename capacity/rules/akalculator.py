"""AKalculator, the Kafka calculator of 2 Minute Streaming: vCPU by bytes in and out, disks half full."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capacity.demand.demand import Demand
from capacity.laws.storage import stored_bytes
from capacity.rules.opinion import DiskSpace, Opinion, Outside, Traffic
from capacity.rules.rule import Rule, round_up, value

NAME = "akalculator"


def vcpus(produce_bytes_s: ArrayLike, consume_bytes_s: ArrayLike) -> NDArray[np.float64]:
    """Return vCPU, each carrying 5 MiB/s of producers and 15 MiB/s of consumers at the same time [vCPU].

    Parameters
    ----------
    produce_bytes_s, consume_bytes_s : by clients [byte/s]

    Examples
    --------
    >>> float(vcpus(100 * 2**20, 300 * 2**20))
    20.0
    """
    by_writes = np.asarray(produce_bytes_s, float) / value(NAME, "vcpu_produce")
    by_reads = np.asarray(consume_bytes_s, float) / value(NAME, "vcpu_consume")
    return round_up(np.maximum(by_writes, by_reads))


def opinion(demand: Demand) -> Opinion:
    """Return what the calculator assumes, at the rate that it is given: the peak."""
    produce = demand.peak_wire_bytes_s
    consume = produce * demand.fan_out
    by_writes, by_reads = produce / value(NAME, "vcpu_produce"), consume / value(NAME, "vcpu_consume")
    disk = DiskSpace(
        stored_bytes(demand.wire_bytes_s, demand.held_s),
        np.asarray(value(NAME, "copies")),
        np.asarray(value(NAME, "disk_use_up_to")),
    )
    copies = value(NAME, "copies")
    return Opinion(
        unit="vCPU",
        units=vcpus(produce, consume),
        vcpu=vcpus(produce, consume),
        disk_bytes=disk.provisioned_bytes,
        needs={"producers": by_writes, "consumers": by_reads},
        traffic=Traffic(
            produce,
            produce / np.maximum(by_writes, by_reads),
            np.asarray(1.0),
            "what producers write, or a third of what consumers read if that is more",
            at_peak=True,
        ),
        disk=disk,
        outside=(
            Outside(
                np.asarray(demand.replication_factor != copies), f"the calculator knows {copies:g} copies and no other"
            ),
        ),
    )


RULES = (
    Rule(
        NAME,
        "AKalculator",
        "2 Minute Streaming",
        "Apache Kafka on VMs",
        "https://2minutestreaming.com/apache-kafka-calculator/resources/assumptions/tldr",
        opinion,
        valid="3 copies, about 1,000 partitions, 3 to 200 brokers",
        notes=("tiered storage, which the calculator also knows, is left off",),
    ),
)
