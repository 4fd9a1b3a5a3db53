"""Cluster: a running or planned cluster as its benchmark would describe it, in canonical arrays.

The fields are the columns of `data/evidence.csv`, so that a published measurement, a line of somebody's own table and
a YAML file are the same thing. What is not given is filled in where a default exists, and named in `assumed`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capacity.sizing.machines import machine_table
from streamfacts.errors import InputError, InputErrors, unknown_name
from streamfacts.tables import assumption

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

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
#: Number columns: least and most allowed.
NUMBERS: dict[str, tuple[float, float]] = {
    "nodes": (1, 1e5),
    "vcpu_per_node": (0.1, 1024),
    "memory_gib_per_node": (0.1, 1e5),
    "net_gbps_per_node": (1e-3, 1e4),
    "disk_mb_s_per_node": (0.1, 1e6),
    "partitions": (1, 1e7),
    "replication": (1, 20),
    "message_bytes": (1, 1e9),
    "batch_bytes": (1, 1e9),
    "compression_ratio": (0.5, 1000),
    "consumers_fanout": (0, 1e4),
    "producers": (1, 1e6),
    "senders": (1, 1e7),
    "brokers": (1, 1e5),
    "bookies": (1, 1e5),
    "load_mb_s": (0, 1e7),
    "year": (2000, 2200),
}
TEXTS = ("system", "source", "test_bed", "hardware", "instance_type", "disk_kind", "acks", "compression", "tls", "note")
#: What BookKeeper calls the numbers of copies.
_QUORUMS = {"ensemble", "write_quorum", "ack_quorum", "ensemble_size", "e", "qw", "qa"}
#: Names of machine types as clouds write them, "m7g.large" or "Standard_D4s_v6"; "physical" is none.
_TYPE_OF_A_CLOUD = re.compile(r"[A-Za-z0-9]+([._-][A-Za-z0-9]+)+$")
_PRODUCERS, _ONE_PRODUCER = r"(?:^|[\s;,(])(\d+) (?:omb )?producers?\b", r"(single|one) producer\b"
NONE_WORDS = {"", "none", "no", "off", "false", "plaintext", "nan", "uncompressed"}


@dataclass(frozen=True)
class Cluster:
    """Canonical arrays of shape (clusters,), NaN where nothing is known and no default exists.

    Rates are MB/s of 10^6 bytes. `nodes` are the brokers of a Kafka cluster, the capacity units of Event Hubs
    Dedicated, and the nodes that run the bookies of Pulsar (with `brokers` apart if they are apart). `copies` is what
    lies on the nodes counted: a row about one broker of a larger cluster carries the leader's copy only.
    """

    system: NDArray[np.str_]
    nodes: Array
    brokers: Array
    vcpu: Array
    net_mb_s: Array
    disk_mb_s: Array
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
    tls: Flags
    fan_out: Array
    producers: Array
    senders: Array
    load_mb_s: Array
    proxied: Flags
    vcpu_known: Flags
    test_bed: NDArray[np.str_]
    assumed: tuple[tuple[str, ...], ...]

    def __len__(self) -> int:
        return len(self.nodes)

    def take(self, keep: Any) -> Cluster:
        """Return the clusters at these positions or where a mask is true."""
        index = np.arange(len(self))[keep]
        changed = {f.name: getattr(self, f.name)[index] for f in fields(self) if f.name != "assumed"}
        return Cluster(**changed, assumed=tuple(self.assumed[i] for i in index))

    @classmethod
    def of(cls, clusters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | Any) -> Cluster:
        """Return the canonical arrays of one mapping, a list of them, or a DataFrame.

        Parameters
        ----------
        clusters : `system`, `nodes` and any other columns of `data/evidence.csv`; besides them `producers` (producer
            clients), `senders` (threads that each wait for an answer), `brokers` and `bookies` of Pulsar, and
            `compression_ratio`, each a number [1], and `load_mb_s` [MB/s]. "single producer", "4 producers" or "N=25
            sender threads" in `hardware` or `note` are read where the number itself is not given.

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
        assumed = tuple(tuple(p.pop("assumed")) for p in parsed)
        columns = {f.name: np.array([p[f.name] for p in parsed]) for f in fields(cls) if f.name != "assumed"}
        return cls(**columns, assumed=assumed)


#: Columns of a table of measurements that say what came out, not what went in.
_OUTCOMES = {
    *("measured_mb_s_in_total", "measured_msg_s", "p99_ms", "cpu_pct", "bottleneck"),
    *("id", "group", "role", "why", "as_of", "confidence"),
}


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    known = {*NUMBERS, *TEXTS}
    for name in row:
        if str(name) not in known | _OUTCOMES and not _blank(row[name]):
            if str(name).lower() in _QUORUMS:
                raise InputError("cluster field", str(name), "replication, which for Pulsar is the write quorum;"
                                 " the ensemble and the ack quorum are not in the model")  # fmt: skip
            raise unknown_name("cluster field", str(name), known)
    text = {name: "" if _blank(row.get(name)) else str(row[name]).strip() for name in TEXTS}
    errors: list[InputError] = []
    number: dict[str, float] = {}
    for name in NUMBERS:
        try:
            number[name] = _number(name, row.get(name))
        except InputError as error:
            errors.append(error)
    if errors:
        raise errors[0] if len(errors) == 1 else InputErrors(errors)
    system = _system(text["system"])
    assumed: list[str] = []

    def given(name: str, default: float, why: str) -> float:
        if np.isfinite(number[name]):
            return number[name]
        assumed.append(f"{name}: {why}")
        return default

    said = f"{text['hardware']}; {text['note']}".lower()
    apart = re.search(r"(\d+) brokers? \+ (\d+) bookies", said)
    for name, place in (("brokers", 1), ("bookies", 2)):
        if apart and not np.isfinite(number[name]):
            number[name] = float(apart[place])
    bookies = number["bookies"]
    if not np.isfinite(number["nodes"]):
        if not np.isfinite(bookies):
            raise InputError("nodes", row.get("nodes", "nothing"), "the number of brokers, a whole number of 1 or more")
        number["nodes"] = bookies
    nodes = bookies if np.isfinite(bookies) else number["nodes"]
    machine = _machine(text["instance_type"])
    vcpu = number["vcpu_per_node"]
    if not np.isfinite(vcpu):
        if _TYPE_OF_A_CLOUD.match(text["instance_type"]) and not machine:
            raise InputError(
                "instance_type",
                text["instance_type"],
                "a machine type of EC2 in the tables, such as m7g.large; of any other give vcpu_per_node (and"
                " net_gbps_per_node) too",
            )
        vcpu = machine.get("vcpu", np.nan)
    net = number["net_gbps_per_node"]
    if not np.isfinite(net):
        net = machine.get("network_baseline_gbps", np.nan)
    kind = text["disk_kind"].lower()
    remote = bool(re.search(r"ebs|cloud|block|network|nas|ontap|gp2|gp3|io1|io2|premium|pd-", kind)) and (
        "local" not in kind
    )
    count = re.search(r"(\d+)\s*x\s*\d", kind)
    disk = number["disk_mb_s_per_node"]
    if not np.isfinite(disk):
        disk = _disk_rate(kind, machine)
    for name, value in (("vcpu_per_node", vcpu), ("net_gbps_per_node", net), ("disk_mb_s_per_node", disk)):
        if not np.isfinite(value) and system in (KAFKA, PULSAR):
            assumed.append(f"{name}: not known, so that it does not bind" if name != "vcpu_per_node" else
                           f"{name}: not known, {float(assumption('unknown_vcpu')):g} assumed")  # fmt: skip
    acks = text["acks"].lower()
    fsync = bool(re.search(r"\bfsync|\bsync flush|flush each|flush=1", acks)) or "redpanda" in text["system"].lower()
    if system == PULSAR and "async" in acks:
        fsync = False
    elif system in (PULSAR, BOOKKEEPER):
        fsync = "nofsync" not in acks and "no journal" not in f"{acks} {said}"
    copies = 1.0 if system == BOOKKEEPER else 3.0
    replication = given("replication", copies, f"{copies:g} cop{'y' if copies == 1 else 'ies'} assumed")
    if replication > nodes:
        assumed.append(
            f"nodes: {nodes:g} of a larger cluster, as {replication:g} copies need as many nodes; each record that"
            " they lead lies here once"
        )
    if system == KAFKA and not acks:
        assumed.append("acks: all assumed")
    leader_only = re.match(r"(acks=?)?[01]\b|leader|none", acks) or re.search(r"acks?1\b|(fsync|async)-1\b", acks)
    message = given("message_bytes", float(assumption("default_message_bytes")), "the default message size assumed")
    senders = _said(number["senders"], said, r"n=(\d+) (?:sender )?threads", r"(?!)")
    if not np.isfinite(senders):
        product = re.search(r"(\d+) senders x (\d+) threads", said)
        senders = float(product[1]) * float(product[2]) if product else float("nan")
    waits = np.isfinite(senders) or "synchronous sends" in said
    if waits and not np.isfinite(number["batch_bytes"]):
        per_request = re.search(r"mean (\d+(?:\.\d+)?)\) (?:messages )?per request", said)
        batch = message * (float(per_request[1]) if per_request else 1.0)
    elif re.search(r"openmessaging|\bomb\b|streamnative", f"{said} {text['source'].lower()}"):
        batch = given("batch_bytes", float(assumption("benchmark_batch_bytes")), "the OpenMessaging Benchmark's 1 MiB")
    else:
        batch = given("batch_bytes", float(assumption("producer_batch_bytes")), "the producer's default")
    codec = text["compression"].lower()
    compressed = codec not in NONE_WORDS
    return {
        "system": system,
        "nodes": nodes,
        "brokers": number["brokers"] if np.isfinite(number["brokers"]) else nodes,
        "vcpu": vcpu if np.isfinite(vcpu) else float(assumption("unknown_vcpu")),
        "vcpu_known": np.isfinite(vcpu),
        "net_mb_s": net * 125.0,
        "disk_mb_s": disk,
        "disks": float(count.group(1)) if count else 1.0,
        "remote_disk": remote,
        "partitions": number["partitions"],
        "replication": replication,
        "copies": min(replication, nodes),
        "acks_all": not leader_only and replication > 1,
        "fsync": fsync,
        "journal": system == BOOKKEEPER and "ledger" not in text["system"].lower(),
        "message_bytes": message,
        "batch_bytes": batch,
        "compressed": compressed,
        "compression_ratio": number["compression_ratio"],
        "tls": text["tls"].lower() not in NONE_WORDS,
        "fan_out": given("consumers_fanout", 1.0, "read once"),
        "producers": _said(number["producers"], said, _PRODUCERS, _ONE_PRODUCER),
        "senders": senders,
        "load_mb_s": number["load_mb_s"],
        "proxied": "prox" in said and "no proxy" not in said,
        "test_bed": text["test_bed"] or text["source"],
        "assumed": assumed,
    }


def _blank(value: Any) -> bool:
    return value is None or (isinstance(value, float) and np.isnan(value)) or str(value).strip() == ""


def _number(name: str, value: Any) -> float:
    low, high = NUMBERS[name]
    if _blank(value):
        return float("nan")
    text = str(value).strip()
    ends = re.fullmatch(r"(\d+(?:\.\d+)?)\s*-\s*(\d+(?:\.\d+)?)", text)
    if ends:
        number = float(np.sqrt(float(ends[1]) * float(ends[2])))
    else:
        try:
            number = float(text)
        except ValueError:
            raise InputError(name, value, f"a number from {low:g} to {high:g}") from None
    if not low <= number <= high:
        raise InputError(name, value, f"a number from {low:g} to {high:g}")
    return number


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
    table = machine_table("aws_ec2")
    found = np.flatnonzero(table.names == name.removeprefix("kafka."))
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


def _said(number: float, said: str, counted: str, single: str) -> float:
    if np.isfinite(number):
        return number
    found = re.search(counted, said)
    if found:
        return float(next(group for group in found.groups() if group))
    return 1.0 if re.search(single, said) else float("nan")
