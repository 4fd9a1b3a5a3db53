"""Cluster: a running or planned cluster as its benchmark would describe it, in canonical arrays.

The fields are the columns of `data/evidence/evidence.csv`, so that a published measurement, a line of somebody's own
table and a YAML file are the same thing. What is not given is filled in where a default exists, and named in `assumed`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capacity.measured.cluster_fields import OPENMESSAGING, Told, read_row
from capacity.sizing.machines import machine_table
from streamfacts.arrays import Array, Flags
from streamfacts.errors import InputError, InputErrors
from streamfacts.tables import assumption, read_rows

KAFKA, PULSAR, BOOKKEEPER, EVENT_HUBS = "Kafka", "Pulsar", "BookKeeper", "Event Hubs Dedicated"
#: Words of a system's name, and the laws that it follows.
SYSTEMS = {
    "kafka": KAFKA,
    "redpanda": KAFKA,
    "confluent": KAFKA,
    "msk": KAFKA,
    "strimzi": KAFKA,
    "pulsar": PULSAR,
    "bookkeeper": BOOKKEEPER,
    "event hubs": EVENT_HUBS,
}
#: Names of machine types as clouds write them, "m7g.large" or "Standard_D4s_v6"; "physical" is none.
_TYPE_OF_A_CLOUD = re.compile(r"[A-Za-z0-9]+([._-][A-Za-z0-9]+)+$")
NONE_WORDS = {"", "none", "no", "off", "false", "plaintext", "nan", "uncompressed"}


@dataclass(frozen=True)
class Cluster:
    """Canonical arrays of shape (clusters,), NaN where nothing is known and no default exists.

    Rates are MB/s of 10^6 bytes. `nodes` are the brokers of a Kafka cluster, the capacity units of Event Hubs
    Dedicated, and the nodes that run the bookies of Pulsar (with `brokers` apart if they are apart). `copies` is what
    lies on the nodes counted: a row about one broker of a larger cluster carries the leader's copy only. `filled` has
    each field that was not told, with what stands in for it.
    """

    system: NDArray[np.str_]
    nodes: Array
    brokers: Array
    vcpu: Array
    net_mb_s: Array
    disk_mb_s: Array
    shared_disk_mb_s: Array
    disks: Array
    remote_disk: Flags
    partitions: Array
    replication: Array
    copies: Array
    acks_all: Flags
    fsync: Flags
    journal: Flags
    message_bytes: Array
    batch_bytes: Array
    compressed: Flags
    compression_ratio: Array
    codec_ratio: Array
    tls: Flags
    fan_out: Array
    producers: Array
    producers_assumed: Array
    senders: Array
    load_mb_s: Array
    proxied: Flags
    vcpu_known: Flags
    test_bed: NDArray[np.str_]
    filled: tuple[tuple[tuple[str, str], ...], ...]

    def __len__(self) -> int:
        return len(self.nodes)

    def take(self, keep: Any) -> Cluster:
        """Return the clusters at these positions or where a mask is true."""
        index = np.arange(len(self))[keep]
        changed = {f.name: getattr(self, f.name)[index] for f in fields(self) if f.name != "filled"}
        return Cluster(**changed, filled=tuple(self.filled[i] for i in index))

    @property
    def assumed(self) -> tuple[tuple[str, ...], ...]:
        """What was filled in and why, in words, by cluster."""
        return tuple(tuple(f"{name}: {why}" for name, why in of_one) for of_one in self.filled)

    @classmethod
    def of(cls, clusters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | Any) -> Cluster:
        """Return the canonical arrays of one mapping, a list of them, or a DataFrame.

        Parameters
        ----------
        clusters : `system`, `nodes` and any other columns of `data/evidence/evidence.csv`; besides them `producers`
            (producer clients), `senders` (threads that each wait for an answer), `records_per_request`, `brokers` and
            `bookies` of Pulsar, and `compression_ratio`, each a number [1], and `load_mb_s` [MB/s]; `waits` (producers
            wait for each answer), `journal` (of a bookie) and `proxied`, each yes or no; `benchmark`, openmessaging or
            other. Nothing is read from `note`, `hardware` and `source`.

        Raises
        ------
        InputError, InputErrors
            for a field that is unknown, missing, not a number or out of its range.
        """
        if isinstance(clusters, Mapping):
            rows: list[Mapping[str, Any]] = [clusters]
        elif hasattr(clusters, "to_dict"):
            rows = clusters.to_dict("records")
        else:
            rows = list(clusters)
        if not rows:
            raise InputError("cluster", "nothing", "one cluster or more")
        errors: list[InputError] = []
        parsed = []
        for row in rows:
            try:
                parsed.append(_row(row))
            except InputErrors as several:
                errors += several.errors
            except InputError as error:
                errors.append(error)
        if errors:
            raise errors[0] if len(errors) == 1 else InputErrors(errors)
        filled = tuple(tuple(p.pop("filled")) for p in parsed)
        columns = {f.name: np.array([p[f.name] for p in parsed]) for f in fields(cls) if f.name != "filled"}
        return cls(**columns, filled=filled)


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    told = read_row(row)
    system = _system(told.text["system"])
    assumed: list[tuple[str, str]] = []
    nodes, brokers = _nodes(told, row)
    copies = _copies(told, system, nodes, assumed)
    return {
        "system": system,
        "nodes": nodes,
        "brokers": brokers,
        **_machine_of(told, system, assumed),
        **copies,
        **_answers(told, system, copies["replication"], assumed),
        "producers_assumed": _producers(told, system, assumed),
        **_records(told, assumed),
        "partitions": told.number["partitions"],
        **_compression(told),
        "tls": told.text["tls"].lower() not in NONE_WORDS,
        "fan_out": _given(told, "consumers_fanout", 1.0, "read once", assumed),
        "producers": told.number["producers"],
        "senders": told.number["senders"],
        "load_mb_s": told.number["load_mb_s"],
        "proxied": told.flag["proxied"] is True,
        "test_bed": told.text["test_bed"],
        "filled": assumed,
    }


def _given(told: Told, name: str, default: float, why: str, assumed: list[tuple[str, str]]) -> float:
    if told.has(name):
        return told.number[name]
    assumed.append((name, why))
    return default


def _nodes(told: Told, row: Mapping[str, Any]) -> tuple[float, float]:
    """Nodes that hold the records, and brokers; `bookies` are the nodes of Pulsar where brokers lie apart."""
    nodes = told.number["bookies"] if told.has("bookies") else told.number["nodes"]
    if not np.isfinite(nodes):
        raise InputError("nodes", row.get("nodes", "nothing"), "the number of brokers, a whole number of 1 or more")
    return nodes, told.number["brokers"] if told.has("brokers") else nodes


def _machine_of(told: Told, system: str, assumed: list[tuple[str, str]]) -> dict[str, Any]:
    name = told.text["instance_type"]
    machine = _machine(name)
    if not told.has("vcpu_per_node") and _TYPE_OF_A_CLOUD.match(name) and not machine:
        raise InputError(
            "instance_type",
            name,
            "a machine type of EC2 in the tables, such as m7g.large; of any other give vcpu_per_node (and"
            " net_gbps_per_node) too",
        )
    kind = told.text["disk_kind"].lower()
    found = {
        "vcpu_per_node": machine.get("vcpu", np.nan),
        "net_gbps_per_node": machine.get("network_baseline_gbps", np.nan),
        "disk_mb_s_per_node": _disk_rate(kind, machine),
    }
    vcpu, net, disk = (told.number[field] if told.has(field) else value for field, value in found.items())
    unknown = float(assumption("unknown_vcpu"))
    if system in (KAFKA, PULSAR):
        if not np.isfinite(vcpu):
            assumed.append(("vcpu_per_node", f"not known, {unknown:g} assumed"))
        for field, value in (("net_gbps_per_node", net), ("disk_mb_s_per_node", disk)):
            if not np.isfinite(value):
                assumed.append((field, "not known, so that it does not bind"))
    return {
        "vcpu": vcpu if np.isfinite(vcpu) else unknown,
        "vcpu_known": np.isfinite(vcpu),
        "net_mb_s": net * 125.0,
        "disk_mb_s": disk,
        "shared_disk_mb_s": told.number["shared_storage_mb_s"],
        **_disks(kind),
    }


def _compression(told: Told) -> dict[str, Any]:
    """Whether records are compressed, the ratio if told, and what the codec reaches on the data of its page."""
    codec = told.text["compression"].lower()
    compressed = codec not in NONE_WORDS or (not codec and told.has("compression_ratio"))
    ratio = told.number["compression_ratio"] if compressed else 1.0
    return {"compressed": compressed, "compression_ratio": ratio, "codec_ratio": _codec_ratio(codec)}


def _codec_ratio(codec: str) -> float:
    if codec in NONE_WORDS:
        return 1.0
    ratios = {row["codec"]: float(row["ratio"]) for row in read_rows("model/compression")}
    # a codec that is not in the table is taken as the least of those that are
    return next((ratio for name, ratio in ratios.items() if name in codec), min(ratios.values()))


def _producers(told: Told, system: str, assumed: list[tuple[str, str]]) -> float:
    """Producer clients that write to a partition where their number is not told."""
    if told.has("producers"):
        return told.number["producers"]
    unknown = float(assumption("unknown_producers"))
    if system == KAFKA and not told.has("senders"):
        assumed.append(("producers", f"not known, {unknown:g} assumed to write to each partition"))
    return unknown


def _disks(kind: str) -> dict[str, Any]:
    """Number of disks of a node, and whether they lie across a network, of `disk_kind` ("2x2500 GB local NVMe")."""
    count = re.search(r"(\d+)\s*x\s*\d", kind)
    remote = re.search(r"ebs|cloud|block|network|nas|ontap|gp2|gp3|io1|io2|premium|pd-", kind)
    return {"disks": float(count.group(1)) if count else 1.0, "remote_disk": bool(remote) and "local" not in kind}


def _copies(told: Told, system: str, nodes: float, assumed: list[tuple[str, str]]) -> dict[str, float]:
    copies = 1.0 if system == BOOKKEEPER else 3.0
    why = f"{copies:g} cop{'y' if copies == 1 else 'ies'} assumed"
    replication = _given(told, "replication", copies, why, assumed)
    if replication > nodes:
        why = f"{nodes:g} of a larger cluster, as {replication:g} copies need as many nodes; each record that they lead"
        assumed.append(("nodes", f"{why} lies here once"))
    return {"replication": replication, "copies": min(replication, nodes)}


def _answers(told: Told, system: str, replication: float, assumed: list[tuple[str, str]]) -> dict[str, bool]:
    """What a producer's answer waits for: every replica, a flush, a bookie's journal."""
    acks, journal = told.text["acks"].lower(), told.flag["journal"] is not False
    if system == KAFKA and not acks:
        assumed.append(("acks", "all assumed"))
    leader_only = re.match(r"(acks=?)?[01]\b|leader|none", acks) or re.search(r"acks?1\b|(fsync|async)-1\b", acks)
    fsync = bool(re.search(r"\bfsync|\bsync flush|flush each|flush=1", acks))
    if system == KAFKA:
        fsync = fsync or "redpanda" in told.text["system"].lower()
    elif system == PULSAR and "async" in acks:
        fsync = False
    elif system in (PULSAR, BOOKKEEPER):
        fsync = "nofsync" not in acks and "no journal" not in acks and (journal or system == BOOKKEEPER)
    return {
        "acks_all": not leader_only and replication > 1,
        "fsync": fsync,
        "journal": system == BOOKKEEPER and journal,
    }


def _records(told: Told, assumed: list[tuple[str, str]]) -> dict[str, float]:
    """Message and batch; who waits for each answer sends the records of one request at once."""
    default = float(assumption("default_message_bytes"))
    message = _given(told, "message_bytes", default, "the default message size assumed", assumed)
    if told.has("batch_bytes"):
        batch = told.number["batch_bytes"]
    elif told.has("records_per_request"):
        batch = message * told.number["records_per_request"]
    elif told.has("senders") or told.flag["waits"]:
        batch = message
        assumed.append(("batch_bytes", "one record a request, as senders wait for each answer"))
    elif told.choice["benchmark"] == OPENMESSAGING:
        batch = float(assumption("benchmark_batch_bytes"))
        assumed.append(("batch_bytes", "the OpenMessaging Benchmark's 1 MiB"))
    else:
        batch = float(assumption("producer_batch_bytes"))
        assumed.append(("batch_bytes", "the producer's default"))
    return {"message_bytes": message, "batch_bytes": batch}


def _system(name: str) -> str:
    lower = name.lower()
    for word in ("bookkeeper", "pulsar", "event hubs"):
        if word in lower:
            return SYSTEMS[word]
    for word, system in SYSTEMS.items():
        if word in lower:
            return system
    raise InputError("system", name or "nothing", f"a name with one of {', '.join(SYSTEMS)} in it")


def _machine(name: str) -> dict[str, float]:
    table, brokers = machine_table("aws_ec2"), machine_table("aws_msk")
    on = np.flatnonzero(brokers.names == name)
    found = np.flatnonzero(table.names == (brokers["ec2_machine"][on[0]] if len(on) else name))
    if not len(found):
        return {}
    columns = ("vcpu", "network_baseline_gbps", "local_write_iops_4k", "ebs_baseline_mb_s")
    return {column: float(table[column][found[0]]) for column in columns}


def _disk_rate(kind: str, machine: Mapping[str, float]) -> float:
    if ("nvme" in kind or "local" in kind) and "nas" not in kind:
        return machine.get("local_write_iops_4k", np.nan) * float(assumption("local_disk_io_bytes")) / 1e6
    if "gp2" in kind:
        own = machine.get("ebs_baseline_mb_s", np.inf)
        return min(float(assumption("gp2_volume_mb_s")), own)
    return float("nan")
