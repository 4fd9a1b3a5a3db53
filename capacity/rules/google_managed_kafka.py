"""Google's guide to the size of a Managed Service for Apache Kafka cluster: vCPU by write-equivalent bytes."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capacity.demand.demand import Demand
from capacity.rules.opinion import Opinion, Outside, Traffic
from capacity.rules.rule import Rule, constant, round_up, value

NAME = "google-managed-kafka"
SOURCE = "https://cloud.google.com/managed-service-for-apache-kafka/docs/plan-cluster-size"


def write_equivalent_bytes_s(
    produce_bytes_s: ArrayLike, consume_bytes_s: ArrayLike, replicas: ArrayLike
) -> NDArray[np.float64]:
    """Return writes with replication plus a quarter of all reads, those of followers among them [byte/s].

    Parameters
    ----------
    produce_bytes_s, consume_bytes_s : by clients [byte/s]
    replicas : copies of each partition [1]

    References
    ----------
    "Plan the size of your Managed Service for Apache Kafka cluster", steps 1 to 3.

    Examples
    --------
    >>> float(write_equivalent_bytes_s(100e6, 300e6, 3) / 1e6)
    425.0
    """
    produce, copies = np.asarray(produce_bytes_s, float), np.asarray(replicas, float)
    reads = np.asarray(consume_bytes_s, float) + produce * (copies - 1)
    return np.asarray(produce * copies + reads / value(NAME, "read_weight"))


def vcpus(equivalent_bytes_s: ArrayLike, use_up_to: ArrayLike) -> NDArray[np.float64]:
    """Return vCPU for a write-equivalent rate at a target utilisation, at least three [vCPU].

    Parameters
    ----------
    equivalent_bytes_s : see `write_equivalent_bytes_s` [byte/s]
    use_up_to : target utilisation [1]

    Examples
    --------
    >>> float(vcpus(425e6, 0.5))
    43.0
    """
    needed = np.asarray(equivalent_bytes_s, float) / value(NAME, "vcpu_rate") / np.asarray(use_up_to, float)
    return np.maximum(round_up(needed), value(NAME, "least_vcpu"))


def opinion(demand: Demand) -> Opinion:
    """Return what the guide says at the average load; with a peak its share of the average is the target."""
    load = write_equivalent_bytes_s(
        demand.wire_bytes_s, demand.wire_bytes_s * demand.fan_out, demand.replication_factor
    )
    target = np.where(demand.peak_ratio > 1.0, 1.0 / demand.peak_ratio, value(NAME, "use_up_to"))
    vcpu = vcpus(load, target)
    traffic = Traffic(
        load,
        np.asarray(value(NAME, "vcpu_rate")),
        target,
        "writes of every copy, and reads by consumers and followers at a quarter",
        at_peak=False,
    )
    batch = value(NAME, "least_batch")
    return Opinion(
        unit="vCPU",
        units=vcpu,
        vcpu=vcpu,
        memory_gib=vcpu * float(constant(NAME, "gib_per_vcpu")),
        traffic=traffic,
        needs={"traffic": traffic.needed, "smallest cluster": np.asarray(value(NAME, "least_vcpu"))},
        outside=(
            Outside(
                np.asarray(demand.batch_wire_bytes < batch),
                f"batches below {batch / 1e3:g} kB get less from a vCPU; the guide does not say how much",
            ),
        ),
    )


RULES = (
    Rule(
        NAME,
        "Google Managed Kafka guide",
        "Google Cloud",
        "Google Cloud Managed Service for Apache Kafka",
        SOURCE,
        opinion,
        valid="batches of 10 kB and more; at least 3 vCPU",
        notes=(
            "MBps is read as 10^6 bytes a second",
            "the target utilisation is average over peak where a peak is given, else the guide's start of 50%",
        ),
    ),
)
