"""Ceilings: the most payload that each resource of a given cluster lets in, one law a resource.

Each function takes a `Cluster` of shape (clusters,) and coefficients that broadcast against it, and returns MB/s of
10^6 bytes that producers may write to the whole cluster. Infinite where a resource is not known or not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import numpy as np

from capacity.laws import records
from capacity.laws.cpu import REFERENCE_VCPU, busy_cores, effective_cores
from capacity.measured.cluster import BOOKKEEPER, EVENT_HUBS, KAFKA, PULSAR, Cluster
from streamfacts.arrays import Array
from streamfacts.tables import assumption

Coefficients = Mapping[str, Any]

#: Nodes up to which each is worth one: the size of nearly all published tests.
REFERENCE_NODES = 3.0


def ratio_and_batch(cluster: Cluster, c: Coefficients) -> tuple[Array, Array]:
    """Return the compression ratio [1] and the records in a full batch [1], which a producer fills after compression.

    Where the ratio is not told it is a power of the codec's own, more with company: a codec looks at a whole batch, so
    that records which share one compress against each other; what a record alone gains is taken as nothing.

    Parameters
    ----------
    cluster : clusters of shape (clusters,)
    c : coefficients by name, each broadcasting against the clusters

    References
    ----------
    `batch.size` of Kafka's producer bounds the estimated size of a batch after compression.
    """
    alone = records.records_per_batch(cluster.message_bytes, cluster.batch_bytes)
    untold = cluster.codec_ratio ** (c["compression_share"] * (1.0 - 1.0 / alone))
    ratio = np.asarray(np.where(np.isfinite(cluster.compression_ratio), cluster.compression_ratio, untold))
    return ratio, records.records_per_batch(cluster.message_bytes, cluster.batch_bytes * np.maximum(ratio, 1.0))


def wire_share(cluster: Cluster, c: Coefficients) -> Array:
    """Return bytes on the wire and on disk for one byte of payload [1]: format overhead, over compression.

    Parameters
    ----------
    cluster : clusters of shape (clusters,)
    c : coefficients by name, each broadcasting against the clusters
    """
    ratio, per_batch = ratio_and_batch(cluster, c)
    return np.asarray(records.wire_bytes_per_record(cluster.message_bytes, per_batch, ratio) / cluster.message_bytes)


def batches_per_mb(cluster: Cluster, c: Coefficients) -> Array:
    """Return record batches in one MB of payload [1/MB]: a full batch each, at least one record.

    Parameters
    ----------
    cluster : clusters of shape (clusters,)
    c : coefficients by name, each broadcasting against the clusters
    """
    _, per_batch = ratio_and_batch(cluster, c)
    return np.asarray(1e6 / (cluster.message_bytes * per_batch))


def crowding(cluster: Cluster, c: Coefficients) -> Array:
    """Return the share of its rates that a Kafka broker keeps with many partition replicas on it [1].

    Parameters
    ----------
    cluster : clusters of shape (clusters,)
    c : coefficients by name, each broadcasting against the clusters
    """
    replicas = np.where(np.isfinite(cluster.partitions), cluster.partitions, 1.0) * cluster.copies / cluster.nodes
    free = float(assumption("partitions_without_drag"))
    drag = c["partition_drag"] * np.log1p(np.maximum(replicas - free, 0.0) / free)
    return np.asarray(np.where(cluster.system == KAFKA, 1.0 / (1.0 + drag), 1.0))


def nodes_worth(cluster: Cluster, c: Coefficients) -> Array:
    """Return how many nodes the nodes are worth [1]: beyond three, each adds less than the one before.

    Leaders and keys never lie evenly, and the fullest node stops the cluster.

    Parameters
    ----------
    cluster : clusters of shape (clusters,)
    c : coefficients by name, each broadcasting against the clusters
    """
    exponent = np.where(cluster.nodes > REFERENCE_NODES, c["node_scaling"], 1.0)
    worth = REFERENCE_NODES * (cluster.nodes / REFERENCE_NODES) ** exponent
    return np.asarray(np.where(cluster.system == EVENT_HUBS, cluster.nodes, worth))


def busy_cores_per_mb(cluster: Cluster, c: Coefficients) -> Array:
    """Return cores that one MB/s of payload keeps busy on the nodes counted [core].

    Parameters
    ----------
    cluster : clusters of shape (clusters,)
    c : coefficients by name, each broadcasting against the clusters
    """
    wire = wire_share(cluster, c)
    follow = wire * (cluster.copies - 1.0)
    send = wire * (cluster.fan_out + cluster.replication - 1.0)
    return busy_cores(c, wire, follow, send, batches_per_mb(cluster, c), 1e6 / cluster.message_bytes, cluster.tls)


def cpu(cluster: Cluster, c: Coefficients) -> Array:
    """Return the ceiling that CPU sets [MB/s]: cores over cores a MB/s; see `laws.cpu`. A proxy takes its share.

    Parameters
    ----------
    cluster : clusters of shape (clusters,)
    c : coefficients by name, each broadcasting against the clusters
    """
    cores = nodes_worth(cluster, c) * effective_cores(cluster.vcpu, c["cpu_scaling"])
    kafka = cores / busy_cores_per_mb(cluster, c) * crowding(cluster, c)
    # the published ratings of Pulsar's nodes count payload in, at their mix of reads
    broker = cluster.brokers * effective_cores(cluster.vcpu, c["cpu_scaling"]) * c["pulsar_broker_mb_s_per_core"]
    ceiling = np.where(cluster.system == KAFKA, kafka, np.where(cluster.system == PULSAR, broker, np.inf))
    return np.asarray(ceiling * np.where(cluster.proxied, c["proxy_share"], 1.0))


def network(cluster: Cluster, c: Coefficients) -> Array:
    """Return the ceiling of the busier direction of the network interfaces [MB/s].

    Parameters
    ----------
    cluster : clusters of shape (clusters,)
    c : coefficients by name, each broadcasting against the clusters
    """
    wire = wire_share(cluster, c)
    copies_out = cluster.fan_out + cluster.replication - 1.0
    kafka = np.maximum(cluster.copies, copies_out)
    pulsar = cluster.replication + np.maximum(cluster.fan_out, 1.0)
    load = np.where(cluster.system == PULSAR, pulsar, kafka) * wire
    known = np.isfinite(cluster.net_mb_s)
    return np.asarray(np.where(known, nodes_worth(cluster, c) * cluster.net_mb_s * c["network_use"] / load, np.inf))


def disk(cluster: Cluster, c: Coefficients) -> Array:
    """Return the ceiling of writing every copy to disk [MB/s]; a bookie with a journal has one more write.

    Nodes that share one store together write no faster than the store.

    Parameters
    ----------
    cluster : clusters of shape (clusters,)
    c : coefficients by name, each broadcasting against the clusters
    """
    wire = wire_share(cluster, c)
    rate = np.where(np.isfinite(cluster.disk_mb_s), cluster.disk_mb_s, np.inf) * c["disk_use"]
    journal_shares_disk = (cluster.system == PULSAR) & cluster.fsync & (cluster.disks < 2)
    writes = np.where(journal_shares_disk, 2.0, 1.0) * cluster.copies * wire
    own = nodes_worth(cluster, c) * rate
    shared = np.where(np.isfinite(cluster.shared_disk_mb_s), cluster.shared_disk_mb_s, np.inf) * c["disk_use"]
    return np.asarray(np.minimum(own, shared) / writes * crowding(cluster, c))


def fsync(cluster: Cluster, c: Coefficients) -> Array:
    """Return the ceiling of a Kafka broker that flushes each batch before it answers [MB/s].

    A flush takes a fixed time, then the batch's bytes at the disk's rate; flushes of one broker follow each other.

    Parameters
    ----------
    cluster : clusters of shape (clusters,)
    c : coefficients by name, each broadcasting against the clusters
    """
    wire = wire_share(cluster, c)
    rate = np.where(np.isfinite(cluster.disk_mb_s), cluster.disk_mb_s, np.inf) * c["disk_use"]
    flush_ms: Array = np.asarray(np.where(cluster.remote_disk, c["flush_remote_ms"], c["flush_local_ms"]), float)
    batch_mb = wire / batches_per_mb(cluster, c)
    per_broker = 1.0 / (1.0 / rate + flush_ms / 1e3 / batch_mb)
    ceiling = nodes_worth(cluster, c) * per_broker / (cluster.copies * wire) * crowding(cluster, c)
    return np.asarray(np.where((cluster.system == KAFKA) & cluster.fsync, ceiling, np.inf))


def journal(cluster: Cluster, c: Coefficients) -> Array:
    """Return the ceiling of a bookie's journal disk, one of the node's disks where it has several [MB/s].

    Parameters
    ----------
    cluster : clusters of shape (clusters,)
    c : coefficients by name, each broadcasting against the clusters
    """
    wire = wire_share(cluster, c)
    one = np.where(np.isfinite(cluster.disk_mb_s), cluster.disk_mb_s / cluster.disks, np.inf) * c["disk_use"]
    unknown = (cluster.system == BOOKKEEPER) & ~np.isfinite(one)
    one = np.where(unknown, c["journal_mb_s"], one)
    ceiling = nodes_worth(cluster, c) * one / (cluster.copies * wire)
    pulsar = (cluster.system == PULSAR) & cluster.fsync & (cluster.disks >= 2)
    return np.asarray(np.where(pulsar | ((cluster.system == BOOKKEEPER) & cluster.journal), ceiling, np.inf))


def flush_thread(cluster: Cluster, c: Coefficients) -> Array:
    """Return the ceiling of the one thread that flushes the entries of a bookie's ledger directory [MB/s].

    Parameters
    ----------
    cluster : clusters of shape (clusters,)
    c : coefficients by name, each broadcasting against the clusters
    """
    entry_us = c["ledger_entry_us"] + cluster.message_bytes * c["ledger_byte_ns"] / 1e3
    ceiling = cluster.nodes * cluster.message_bytes / entry_us / cluster.copies
    return np.asarray(np.where((cluster.system == BOOKKEEPER) & ~cluster.journal, ceiling, np.inf))


def encrypting_s_per_mb(cluster: Cluster, c: Coefficients) -> Array:
    """Return the time that one TLS connection takes for one MB of payload [s]: its wire bytes, and every request.

    Parameters
    ----------
    cluster : clusters of shape (clusters,)
    c : coefficients by name, each broadcasting against the clusters
    """
    requests = batches_per_mb(cluster, c) * c["stream_tls_request_us"] / 1e6
    return np.asarray(cluster.tls * (wire_share(cluster, c) / np.asarray(c["stream_tls_mb_s"], float) + requests))


def partition(cluster: Cluster, c: Coefficients) -> Array:
    """Return the ceiling of the partitions: what one takes in, times their number [MB/s].

    The leader appends the bytes of a partition one after another, faster on a larger machine. A broker works on one
    request of a connection at a time, so that a producer adds one batch to a partition each time it has answered: at
    once, or, with acks=all, when the followers have fetched. And with acks=all a partition grows no faster than its
    followers fetch it: so many bytes a fetch, one fetch after another.

    Parameters
    ----------
    cluster : clusters of shape (clusters,)
    c : coefficients by name, each broadcasting against the clusters

    References
    ----------
    https://kafka.apache.org/protocol, "Network": "only a single in-flight request per connection";
    `replica.fetch.max.bytes` of the broker's configuration.
    """
    known = np.isfinite(cluster.partitions)
    wire = wire_share(cluster, c)
    faster = (cluster.vcpu / REFERENCE_VCPU) ** c["partition_scaling"]
    answer_ms: Array = np.asarray(np.where(cluster.acks_all, c["answer_all_ms"], c["answer_one_ms"]), float)
    producers = np.where(np.isfinite(cluster.producers), cluster.producers, cluster.producers_assumed)
    # threads that wait for each answer have the round trip in their own law
    waiting = np.where(
        np.isfinite(cluster.senders), 0.0, answer_ms / 1e3 * batches_per_mb(cluster, c) / np.maximum(producers, 1.0)
    )
    appending = wire / (c["partition_mb_s"] * faster) + encrypting_s_per_mb(cluster, c) + waiting
    fetched_mb = float(assumption("replica_fetch_max_bytes")) / 1e6
    fetching = np.where(cluster.acks_all, wire * c["replica_fetch_ms"] / 1e3 / (fetched_mb * faster), 0.0)
    kafka = 1.0 / np.maximum(appending, fetching)
    one = np.where(cluster.system == PULSAR, c["pulsar_partition_mb_s"] * faster, kafka)
    bound = known & ((cluster.system == KAFKA) | (cluster.system == PULSAR))
    return np.asarray(np.where(bound, cluster.partitions * one, np.inf))


def producer(cluster: Cluster, c: Coefficients) -> Array:
    """Return the ceiling of the producer clients, where their number is known [MB/s]: wire bytes and records cost time.

    Parameters
    ----------
    cluster : clusters of shape (clusters,)
    c : coefficients by name, each broadcasting against the clusters
    """
    known = np.isfinite(cluster.producers) & ~np.isfinite(cluster.senders)
    sent = wire_share(cluster, c) / c["producer_mb_s"] + encrypting_s_per_mb(cluster, c)
    seconds = sent + c["producer_record_us"] / cluster.message_bytes
    return np.asarray(np.where(known, cluster.producers / seconds, np.inf))


def sender(cluster: Cluster, c: Coefficients) -> Array:
    """Return the ceiling of threads that each wait for an answer before they send again [MB/s].

    By Little's law their number over the round trip; it grows with the threads that share a core.

    Parameters
    ----------
    cluster : clusters of shape (clusters,)
    c : coefficients by name, each broadcasting against the clusters
    """
    known = np.isfinite(cluster.senders)
    base = np.where(cluster.system == PULSAR, c["sender_pulsar_ms"], c["sender_kafka_ms"])
    crowd = cluster.senders / (cluster.nodes * cluster.vcpu)
    trip_ms = base + c["sender_queue_ms"] * crowd ** float(assumption("sender_queue_exponent"))
    per_request_mb = np.maximum(cluster.batch_bytes, cluster.message_bytes) / 1e6
    return np.asarray(np.where(known, cluster.senders / (trip_ms / 1e3) * per_request_mb, np.inf))


def quota(cluster: Cluster, c: Coefficients) -> Array:
    """Return the ceiling of Event Hubs Dedicated by its capacity units, which take large events better [MB/s].

    Parameters
    ----------
    cluster : clusters of shape (clusters,)
    c : coefficients by name, each broadcasting against the clusters
    """
    each = c["capacity_unit_mb_s"] * (cluster.message_bytes / 1024.0) ** c["capacity_unit_exponent"]
    return np.asarray(np.where(cluster.system == EVENT_HUBS, cluster.nodes * each, np.inf))


class Ceiling(StrEnum):
    """What stops a cluster, each by the name that it has in results."""

    CPU = "CPU"
    NETWORK = "network"
    DISK_WRITE = "disk write"
    FSYNC = "fsync"
    JOURNAL = "journal disk"
    FLUSH_THREAD = "single flush thread"
    PARTITIONS = "partitions"
    PRODUCERS = "producers"
    SENDERS = "sender concurrency"
    QUOTA = "service quota"


#: The law of each.
LAWS = {
    Ceiling.CPU: cpu,
    Ceiling.NETWORK: network,
    Ceiling.DISK_WRITE: disk,
    Ceiling.FSYNC: fsync,
    Ceiling.JOURNAL: journal,
    Ceiling.FLUSH_THREAD: flush_thread,
    Ceiling.PARTITIONS: partition,
    Ceiling.PRODUCERS: producer,
    Ceiling.SENDERS: sender,
    Ceiling.QUOTA: quota,
}
#: Ceilings that versions and tuning of the brokers move, not the hardware alone, and those of the clients' machines.
SOFTWARE = frozenset({Ceiling.CPU, Ceiling.FSYNC, Ceiling.PARTITIONS, Ceiling.SENDERS})
CLIENT = frozenset({Ceiling.PRODUCERS})
#: Order of the norm that joins the ceilings: high enough that the lowest rules, with a bend where two are close.
JOINT = 8.0


def ceilings(cluster: Cluster, c: Coefficients) -> dict[str, Array]:
    """Return resource to the most payload it lets into the cluster [MB/s], broadcast to one shape.

    Parameters
    ----------
    cluster : clusters of shape (clusters,)
    c : coefficients by name, each broadcasting against the clusters
    """
    found: dict[str, Array] = {name: law(cluster, c) for name, law in LAWS.items()}
    arrays = np.broadcast_arrays(*found.values())
    return dict(zip(found, arrays, strict=True))


def departing(found: Mapping[str, Array], software: Any, clients: Any) -> dict[str, Array]:
    """Return ceilings of test beds whose brokers and whose clients depart from the rest.

    Parameters
    ----------
    found : ceilings by resource [MB/s]
    software, clients : logarithm of the factor on the ceilings of `SOFTWARE` and of `CLIENT`, broadcasting against them
    """
    factors = {**dict.fromkeys(SOFTWARE, np.exp(software)), **dict.fromkeys(CLIENT, np.exp(clients))}
    return {name: ceiling * factors.get(name, 1.0) for name, ceiling in found.items()}


def joint(found: Mapping[str, Array]) -> Array:
    """Return the ceiling of all resources together [MB/s], a little below the lowest where others are near it.

    Parameters
    ----------
    found : ceilings by resource [MB/s], broadcasting against each other
    """
    total = sum((1.0 / ceiling) ** JOINT for ceiling in found.values())
    with np.errstate(divide="ignore"):
        return np.asarray(np.asarray(total) ** (-1.0 / JOINT))
