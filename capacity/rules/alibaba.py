"""Alibaba Cloud's estimate of brokers for ApsaraMQ for Confluent."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capacity.demand.demand import Demand
from capacity.rules.opinion import Opinion, Outside, Traffic
from capacity.rules.rule import Rule, round_up, value

NAME = "alibaba"


def brokers(peak_in_bytes_s: ArrayLike, fan_out: ArrayLike, replicas: ArrayLike) -> NDArray[np.float64]:
    """Return brokers for bytes in and out of them with half of the bandwidth kept, at least four [broker].

    Parameters
    ----------
    peak_in_bytes_s : peak inflow [byte/s]
    fan_out : consumer groups that read it all [1]
    replicas : copies of each partition [1]

    Examples
    --------
    >>> float(brokers(100e6, 3, 3)), float(brokers(1e9, 3, 3))
    (4.0, 40.0)
    """
    return np.maximum(value(NAME, "least_brokers"), round_up(_load(peak_in_bytes_s, fan_out, replicas) / _usable()))


def _load(peak_in_bytes_s: ArrayLike, fan_out: ArrayLike, replicas: ArrayLike) -> NDArray[np.float64]:
    passes = np.asarray(fan_out, float) + 2 * np.asarray(replicas, float) - 1
    return np.asarray(np.asarray(peak_in_bytes_s, float) * passes)


def _usable() -> float:
    return value(NAME, "broker_rate") * value(NAME, "use_up_to")


def opinion(demand: Demand) -> Opinion:
    """Return what the page says, at the peak."""
    w = demand.peak_wire_bytes_s
    load = _load(w, demand.fan_out, demand.replication_factor)
    replicas = demand.partitions * demand.replication_factor
    units = brokers(w, demand.fan_out, demand.replication_factor)
    each, whole = value(NAME, "replicas_per_broker"), value(NAME, "replicas_per_cluster")
    traffic = Traffic(
        load,
        np.asarray(value(NAME, "broker_rate")),
        np.asarray(value(NAME, "use_up_to")),
        "bytes in and out of brokers: producers, followers both ways, consumers",
        at_peak=True,
    )
    return Opinion(
        unit="broker",
        units=units,
        needs={"traffic": traffic.needed, "smallest cluster": np.asarray(value(NAME, "least_brokers"))},
        traffic=traffic,
        outside=(
            Outside(np.asarray(replicas > each * units), f"more than {each:,.0f} partition replicas a broker"),
            Outside(np.asarray(replicas > whole), f"more than {whole:,.0f} partition replicas in a cluster"),
        ),
    )


RULES = (
    Rule(
        NAME,
        "Alibaba Cloud estimate",
        "Alibaba Cloud",
        "ApsaraMQ for Confluent",
        "https://www.alibabacloud.com/help/en/apsaramq-for-kafka/cloud-message-queue-confluent-edition/"
        "suggestions-for-estimating-cluster-resources",
        opinion,
        valid="up to 2,000 partition replicas a broker and 200,000 in a cluster",
        notes=("compute units and disk of a broker, which the page goes on to, are not taken over",),
    ),
)
