"""Two published rules for Pulsar: DataStax's production sizing, and the ratings of Apache Pulsar's deployment guide."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from capacity.demand.demand import Demand
from capacity.laws.storage import stored_bytes
from capacity.rules.opinion import DiskSpace, Opinion, Outside, Traffic
from capacity.rules.rule import Rule, constant, round_up, value
from streamfacts.arrays import Array

DATASTAX, APACHE = "datastax", "pulsar-bare-metal"


def datastax_nodes(
    message_bytes: ArrayLike, messages_s: ArrayLike, kept_s: ArrayLike, replicas: ArrayLike, zones: ArrayLike
) -> dict[str, Array]:
    """Return bookies by the disk that unacknowledged messages fill, and a broker for three of them [node].

    Parameters
    ----------
    message_bytes : average message, uncompressed [byte]
    messages_s : messages a second [1/s]
    kept_s : time to live of a message that nobody acknowledges [s]
    replicas, zones : of the cluster; nodes are a multiple of the zones [1]

    Examples
    --------
    100,000 messages a second of 1 KB for three hours:

    >>> {k: float(v) for k, v in datastax_nodes(1000, 100_000, 3 * 3600, 3, 3).items()}
    {'bookie': 3.0, 'broker': 3.0}
    """
    rate = np.asarray(message_bytes, float) * np.asarray(messages_s, float)
    raw = round_up(stored_bytes(rate, kept_s, replicas) / _ledger())
    z = np.asarray(zones, float)
    return {
        "bookie": _multiple(raw, z),
        "broker": _multiple(round_up(raw / value(DATASTAX, "bookies_of_a_broker")), z),
    }


def _ledger() -> float:
    return value(DATASTAX, "ledger_disk") * value(DATASTAX, "disk_use_up_to")


def _multiple(count: Array, of: Array) -> Array:
    return np.asarray(np.maximum(np.ceil(count / of - 1e-9), 1.0) * of)


def datastax(demand: Demand) -> Opinion:
    """Return nodes at the average, with the workload's retention as the time to live."""
    nodes = datastax_nodes(
        demand.message_bytes, demand.records_s, demand.held_s, demand.replication_factor, demand.zones
    )
    disk = DiskSpace(
        stored_bytes(demand.payload_bytes_s, demand.held_s),
        demand.replication_factor,
        np.asarray(value(DATASTAX, "disk_use_up_to")),
    )
    two = 2 * demand.zones
    return Opinion(
        unit="broker",
        units=nodes["broker"],
        vcpu=_sum(DATASTAX, "vcpu", nodes),
        memory_gib=_sum(DATASTAX, "memory", nodes),
        disk_bytes=nodes["bookie"] * value(DATASTAX, "ledger_disk"),
        pools={"bookie": nodes["bookie"]},
        disk=disk,
        outside=(
            Outside(
                np.asarray(nodes["bookie"] < two),
                "fewer than the two bookies a zone that the same page asks for high availability",
            ),
        ),
    )


def apache_nodes(write_bytes_s: ArrayLike, read_bytes_s: ArrayLike, replicas: ArrayLike) -> dict[str, Array]:
    """Return brokers and bookies by the ratings of one node, not rounded [node].

    Parameters
    ----------
    write_bytes_s, read_bytes_s : by clients [byte/s]
    replicas : bookies that each entry is written to [1]

    Examples
    --------
    >>> {k: float(v) for k, v in apache_nodes(300e6, 300e6, 3).items()}
    {'broker': 3.0, 'bookie': 12.0}
    """
    w, out = np.asarray(write_bytes_s, float), np.asarray(read_bytes_s, float)
    return {
        "broker": np.maximum(w / value(APACHE, "broker_write"), out / value(APACHE, "broker_read")),
        "bookie": w * np.asarray(replicas, float) / value(APACHE, "bookie_write"),
    }


def apache(demand: Demand) -> Opinion:
    """Return brokers and bookies at the peak, at least the three of each of the guide."""
    w = demand.peak_wire_bytes_s
    needs = apache_nodes(w, w * demand.fan_out, demand.replication_factor)
    least = value(APACHE, "least_nodes")
    nodes = {name: np.maximum(round_up(need), least) for name, need in needs.items()}
    vcpu = _sum(APACHE, "vcpu", nodes)
    needed_vcpu = sum(need * float(constant(APACHE, f"{name}_vcpu")) for name, need in needs.items())
    load = w * (1 + demand.fan_out + demand.replication_factor)
    return Opinion(
        unit="broker",
        units=nodes["broker"],
        vcpu=vcpu,
        memory_gib=_sum(APACHE, "memory", nodes),
        pools={"bookie": nodes["bookie"]},
        needs=needs,
        traffic=Traffic(
            load,
            np.asarray(load / needed_vcpu * vcpu / nodes["broker"]),
            np.asarray(1.0),
            "what clients write and read, and writes of every copy to bookies",
            at_peak=True,
        ),
    )


def _sum(rule: str, resource: str, nodes: dict[str, Array]) -> Array:
    return np.asarray(sum(n * float(constant(rule, f"{name}_{resource}")) for name, n in nodes.items()))


RULES = (
    Rule(
        DATASTAX,
        "DataStax production sizing",
        "DataStax",
        "Apache Pulsar (Luna Streaming)",
        "https://docs.datastax.com/en/luna-streaming/3.1-3.x/install-upgrade/production-cluster-sizing.html",
        datastax,
        valid="retention off, tiering off; disk space alone decides",
        notes=(
            "the workload's retention stands for the time to live of its backlog",
            "bookies of the 4 TB ledger disk of its example; metadata nodes and proxies, one a zone each, come on top",
            "no network, journal or CPU",
        ),
        against="pulsar-ec2-ebs",
    ),
    Rule(
        APACHE,
        "Apache Pulsar deployment guide",
        "Apache Pulsar",
        "Apache Pulsar on bare metal",
        "https://pulsar.apache.org/docs/deploy-bare-metal/",
        apache,
        valid="1,000 topics on the guide's machines: brokers of 8 vCPU, bookies of 4",
        notes=(
            "ratings of one node, with no headroom; disks are not stated",
            "bookies are rated for 75 MB/s of writes: entries of every copy are counted against it",
        ),
        against="pulsar-ec2-ebs",
    ),
)
