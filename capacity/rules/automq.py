"""AutoMQ's comparison of providers: brokers by their outbound bytes, for Kafka and for AutoMQ itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capacity.demand.demand import Demand
from capacity.laws.storage import stored_bytes
from capacity.rules.opinion import DiskSpace, Opinion, Outside, Traffic
from capacity.rules.rule import Rule, constant, round_up, value

NAME, KAFKA = "automq", "automq-for-kafka"
SOURCE = (
    "https://github.com/AutoMQ/kafka-provider-comparison/blob/"
    "2b78cc88c878e462faa3f3b2ac06f4c396d99b5c/cost-explanation/"
)


def kafka_out_factor(fan_out: ArrayLike, replicas: ArrayLike) -> NDArray[np.float64]:
    """Return the bytes that leave Kafka brokers for each byte written: to followers and to consumers [1].

    Parameters
    ----------
    fan_out : bytes read for each byte written [1]
    replicas : copies of each partition [1]

    Examples
    --------
    >>> float(kafka_out_factor(1, 3))
    3.0
    """
    return np.asarray(np.asarray(replicas, float) - 1 + np.asarray(fan_out, float))


def automq_out_factor(fan_out: ArrayLike) -> NDArray[np.float64]:
    """Return the same for AutoMQ: an upload, half a byte of compaction, and consumers [1].

    Parameters
    ----------
    fan_out : bytes read for each byte written [1]

    Examples
    --------
    >>> float(automq_out_factor(1))
    2.5
    """
    return np.asarray(value(NAME, "upload_factor") + value(NAME, "compaction_factor") + np.asarray(fan_out, float))


def brokers(write_bytes_s: ArrayLike, out_factor: ArrayLike) -> NDArray[np.float64]:
    """Return r6i.large brokers that carry the outbound bytes [broker].

    Parameters
    ----------
    write_bytes_s : by producers [byte/s]
    out_factor : bytes out for each byte in [1]

    Examples
    --------
    >>> float(brokers(500 * 2**20, 3.0)), float(brokers(500 * 2**20, 2.5))
    (15.0, 13.0)
    """
    return round_up(np.asarray(write_bytes_s, float) * np.asarray(out_factor, float) / value(KAFKA, "broker_rate"))


def requests_s(write_bytes_s: ArrayLike) -> dict[str, NDArray[np.float64]]:
    """Return object-store requests that AutoMQ counts on for a write rate, PUT and GET [1/s].

    Parameters
    ----------
    write_bytes_s : by producers [byte/s]

    Examples
    --------
    >>> {k: round(float(v), 1) for k, v in requests_s(500 * 2**20).items()}
    {'PUT': 147.3, 'GET': 63.6}
    """
    share = np.asarray(write_bytes_s, float) / value(NAME, "requests_at")
    return {k: np.asarray(share * float(constant(NAME, f"{k.lower()}_requests"))) for k in ("PUT", "GET")}


def _opinion(demand: Demand, factor: NDArray[np.float64], counts: str) -> Opinion:
    w = demand.peak_wire_bytes_s
    units = brokers(w, factor)
    return Opinion(
        unit="broker",
        units=units,
        vcpu=units * float(constant(KAFKA, "vcpu")),
        memory_gib=units * float(constant(KAFKA, "memory")),
        configuration="r6i.large",
        traffic=Traffic(w * factor, np.asarray(value(KAFKA, "broker_rate")), np.asarray(1.0), counts, at_peak=True),
    )


def kafka(demand: Demand) -> Opinion:
    """Return r6i.large brokers of Apache Kafka, at the peak, and disks without headroom."""
    said = _opinion(
        demand, kafka_out_factor(demand.fan_out, demand.replication_factor), "bytes out to followers and consumers"
    )
    disk = DiskSpace(stored_bytes(demand.wire_bytes_s, demand.held_s), demand.replication_factor, np.asarray(1.0))
    return replace(said, disk=disk, disk_bytes=disk.provisioned_bytes)


def automq(demand: Demand) -> Opinion:
    """Return r6i.large brokers of AutoMQ, at the peak, with its request counts and its small disks."""
    said = _opinion(
        demand,
        automq_out_factor(demand.fan_out),
        "bytes out to the object store, half of it again for compaction, and to consumers",
    )
    assert said.units is not None
    put_get = {f"{k} requests": (v, "1/s") for k, v in requests_s(demand.wire_bytes_s).items()}
    stored = stored_bytes(demand.wire_bytes_s, demand.held_s)
    at = value(NAME, "requests_at")
    return replace(
        said,
        disk_bytes=said.units * value(NAME, "wal_disk"),
        quantities={**put_get, "object store, one copy": (stored, "bytes")},
        outside=(
            Outside(
                np.asarray((demand.wire_bytes_s < at / 20) | (demand.wire_bytes_s > at * 2)),
                "requests were counted at 20 to 70 MB/s and are used by the authors at 500 MB/s",
            ),
        ),
    )


_READ = (
    "MB/s is read as 2^20 bytes, since the authors divide by 1,024",
    "controllers, three of the servers, are not counted apart",
    "no headroom is kept: brokers for the whole of their baseline",
)
RULES = (
    Rule(
        KAFKA,
        "AutoMQ's rule for Kafka",
        "AutoMQ",
        "Apache Kafka on r6i.large and gp3",
        SOURCE + "kafka.md",
        kafka,
        valid="published for 500 MB/s read once",
        notes=_READ,
    ),
    Rule(
        NAME,
        "AutoMQ's rule for AutoMQ",
        "AutoMQ",
        "AutoMQ on r6i.large and S3",
        SOURCE + "automq.md",
        automq,
        valid="published for 500 MB/s read once",
        notes=_READ,
    ),
)
