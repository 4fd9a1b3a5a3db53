"""S. Alioune's browser calculator: brokers by network, disk writes and disk space, each half used."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capacity.demand.demand import Demand
from capacity.laws.storage import stored_bytes
from capacity.rules.opinion import DiskSpace, Opinion, Outside
from capacity.rules.rule import Rule, round_up, value

NAME = "syalioune"


def needs(
    peak_bytes_s: ArrayLike, consumer_groups: ArrayLike, replicas: ArrayLike, stored: ArrayLike
) -> dict[str, NDArray[np.float64]]:
    """Return brokers that network, disk writes and disk space each ask for, not rounded [broker].

    Parameters
    ----------
    peak_bytes_s : by producers, compressed [byte/s]
    consumer_groups : readers of each write [1]
    replicas : copies of each partition [1]
    stored : bytes of all copies with the calculator's headroom [byte]

    Examples
    --------
    >>> {k: float(v) for k, v in needs(1e9, 3, 3, 200e12).items()}
    {'network': 9.6, 'disk writes': 3.0, 'disk space': 20.0}
    """
    peak, r = np.asarray(peak_bytes_s, float), np.asarray(replicas, float)
    half, disks = value(NAME, "use_up_to"), value(NAME, "disks")
    moved = peak * (r + np.asarray(consumer_groups, float))
    return {
        "network": moved / (value(NAME, "network") * half),
        "disk writes": peak * r / (value(NAME, "disk_write") * disks * half),
        "disk space": np.asarray(stored, float) / (value(NAME, "broker_disk") * half),
    }


def opinion(demand: Demand) -> Opinion:
    """Return brokers at the peak on the hardware that `data/model/rules.csv` assumes, and disks with 35% on top."""
    copies = demand.replication_factor
    disk = DiskSpace(
        stored_bytes(demand.wire_bytes_s, demand.held_s), copies, np.asarray(1 / value(NAME, "disk_factor"))
    )
    asked = needs(demand.peak_wire_bytes_s, demand.consumer_groups, copies, disk.provisioned_bytes)
    units = np.maximum.reduce([round_up(need) for need in asked.values()])
    units = np.maximum(units, copies)
    most = value(NAME, "partitions_per_broker")
    return Opinion(
        unit="broker",
        units=units,
        disk_bytes=disk.provisioned_bytes,
        needs={**asked, "one broker a copy": np.asarray(copies, float)},
        disk=disk,
        outside=(
            Outside(
                np.asarray(demand.partitions * copies > most * units), f"more than {most:,.0f} partitions a broker"
            ),
        ),
    )


RULES = (
    Rule(
        NAME,
        "Alioune's sizing calculator",
        "S. Alioune",
        "Apache Kafka on any machine",
        "https://github.com/syalioune/kafka-sizing-calculator/blob/2ae5bf8d69d7636c8e46367b6333410a734f4c06/README.md",
        opinion,
        valid="up to 4,000 partitions a broker",
        notes=(
            "hardware is the user's; data/model/rules.csv assumes 10 Gb/s, four NVMe disks of 500 MB/s and 20 TB"
            " a broker",
            "its CPU and memory go by tiers of ingress that its formulas do not state",
        ),
    ),
)
