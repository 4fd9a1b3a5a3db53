"""What brokers and bookies of Apache Pulsar carry: bytes by path, disks, CPU from the published node ratings, offload.

A broker owns a topic: producers write to it and consumers read from it. It sends each entry (a batch of messages) to
as many bookies as the write quorum says, and answers once the ack quorum of them has it. A bookie writes each entry
twice: to its journal, and later to an entry log on a ledger disk.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from capacity.demand.demand import Demand
from capacity.sizing.constraint import InState
from streamfacts.arrays import Array
from streamfacts.tables import Fact, assumption, limit
from streamfacts.units import MIB

NORMAL, BROKER_DOWN, BOOKIE_DOWN = InState.NORMAL, InState.BROKER_DOWN, InState.BOOKIE_DOWN
ZONE_DOWN, CATCH_UP = InState.ZONE_DOWN, InState.CATCH_UP


def pulsar_fact(resource: str, name: str) -> Fact:
    """Return one row of `data/limits/pulsar.csv`, which all offers of Pulsar have in common.

    Parameters
    ----------
    resource : broker, bookie, ledger, offload ... as in the table
    name : of the limit [text]
    """
    return limit("pulsar", "pulsar", name, resource)


def fact(resource: str, name: str) -> float:
    """Return the value of one row of `data/limits/pulsar.csv`, in the unit of the row.

    Parameters
    ----------
    resource : broker, bookie, ledger, offload ... as in the table
    name : of the limit [text]
    """
    return float(pulsar_fact(resource, name))


@dataclass(frozen=True)
class PulsarState:
    """One state of brokers or of bookies: which are left, and the backlog read on top [byte/s]."""

    name: InState
    share: Array
    lost: Array
    backlog: Array


@dataclass(frozen=True)
class PulsarPaths:
    """Byte rates of one cluster by path [byte/s]."""

    produce: Array
    to_bookies: Array
    consume: Array
    from_bookies: Array
    upload: Array
    download: Array
    cross_region: Array
    cross_zone: Array

    @property
    def broker_in(self) -> Array:
        """What brokers receive: from producers, from bookies, from the object store [byte/s]."""
        return self.produce + self.from_bookies + self.download

    @property
    def broker_out(self) -> Array:
        """What brokers send: to bookies, to consumers, to other regions, to the object store [byte/s]."""
        return self.to_bookies + self.consume + self.cross_region + self.upload


def node_states(demand: Demand) -> tuple[list[PulsarState], list[PulsarState]]:
    """Return the states to survive, of the brokers and of the bookies, the normal one first.

    Brokers hold no data, so that returned ones take their topics at once: catch-up is on all of them. After the
    outage of a zone its records lie on the bookies that stayed, and catch-up reads from those alone.

    Parameters
    ----------
    demand : arrays of any shape
    """
    zones = np.asarray(demand.zones, float)
    one, nothing = np.ones_like(zones), np.zeros_like(zones)
    groups = np.minimum(demand.fan_out, float(assumption("lagging_groups")))
    backlog = demand.wire_bytes_s * demand.outage_s / demand.catch_up_s * groups
    brokers, bookies = [PulsarState(NORMAL, one, nothing, nothing)], [PulsarState(NORMAL, one, nothing, nothing)]
    stayed = one
    if demand.survive != "none":
        brokers.append(PulsarState(BROKER_DOWN, one, one, nothing))
        bookies.append(PulsarState(BOOKIE_DOWN, one, one, nothing))
    if demand.survive == "zone":
        several = zones > 1
        stayed = np.where(several, (zones - 1.0) / zones, 1.0)
        down = PulsarState(ZONE_DOWN, stayed, np.where(several, 0.0, 1.0), nothing)
        brokers.append(down)
        bookies.append(down)
    brokers.append(PulsarState(CATCH_UP, one, nothing, backlog))
    bookies.append(PulsarState(CATCH_UP, stayed, nothing, backlog))
    return brokers, bookies


def pulsar_paths(
    wire_bytes_s: ArrayLike,
    fan_out: ArrayLike,
    write_quorum: ArrayLike,
    zones: ArrayLike,
    *,
    cold_reads: ArrayLike = 0.0,
    offloaded: ArrayLike = 0.0,
    cross_region_copies: ArrayLike = 0.0,
    proxied: bool = False,
) -> PulsarPaths:
    """Return the bytes a second on every path of a Pulsar cluster.

    A client, and each of the bookies of an entry, is in another zone than the broker with probability
    (zones - 1) / zones: reads go through the broker that owns the topic, so that rack-aware consumers do not exist.
    Reads of what the broker no longer caches come from bookies, or from the object store once offloaded. Offload
    reads every byte from a bookie and uploads it. Proxies add one more hop between clients and brokers.

    Parameters
    ----------
    wire_bytes_s : produced bytes on the wire [byte/s]
    fan_out : bytes read for each byte written [1]
    write_quorum, zones : copies and zones [1]
    cold_reads : share of reads that no broker cache serves [1]
    offloaded : 1 where ledgers move to an object store, 0 where all stay on bookies [1]
    cross_region_copies : other regions to which the brokers replicate every byte [1]
    proxied : whether clients go through proxies [true or false]

    Returns
    -------
    PulsarPaths, each [byte/s]

    References
    ----------
    https://pulsar.apache.org/docs/concepts-architecture-overview/ (brokers own topics, bookies store ledgers)

    Examples
    --------
    >>> p = pulsar_paths(300.0, 3, 3, 3)
    >>> float(p.broker_in), float(p.broker_out), round(float(p.cross_zone))
    (300.0, 1800.0, 1400)
    """
    write = np.asarray(wire_bytes_s, float)
    moved = np.asarray(offloaded, float)
    z = np.asarray(zones, float)
    away = (z - 1.0) / z
    consume = write * np.asarray(fan_out, float)
    cold = consume * np.asarray(cold_reads, float)
    upload = write * moved
    to_bookies = write * np.asarray(write_quorum, float)
    from_bookies = cold * (1.0 - moved) + upload
    clients = (write + consume) * (2.0 if proxied else 1.0)
    return PulsarPaths(
        produce=write,
        to_bookies=to_bookies,
        consume=consume,
        from_bookies=from_bookies,
        upload=upload,
        download=cold * moved,
        cross_region=write * np.asarray(cross_region_copies, float),
        cross_zone=(clients + to_bookies + from_bookies) * away,
    )


def rated_cores(
    write: ArrayLike, read: ArrayLike, rated_write: ArrayLike, rated_read: ArrayLike, rated_vcpu: ArrayLike
) -> Array:
    """Return the vCPU of rated nodes that a load takes: the larger part of the two ratings, times the node's vCPU.

    A node is rated for its writes and its reads at once, so neither is added to the other.

    Parameters
    ----------
    write, read : load [byte/s or 1/s]
    rated_write, rated_read : what one node is rated for, in the same unit [byte/s or 1/s]
    rated_vcpu : vCPU of that node [core]

    Returns
    -------
    vCPU [core]

    References
    ----------
    https://pulsar.apache.org/docs/deploy-bare-metal/ "Hardware recommendations": broker of 8 CPU 100 MB/s in and
    200 out; bookie of 4 CPU 75 MB/s in and 75 out.

    Examples
    --------
    >>> float(rated_cores(100e6, 200e6, 100e6, 200e6, 8)), float(rated_cores(100e6, 300e6, 100e6, 200e6, 8))
    (8.0, 12.0)
    """
    parts = np.maximum(
        np.asarray(write, float) / np.asarray(rated_write, float),
        np.asarray(read, float) / np.asarray(rated_read, float),
    )
    return np.asarray(parts * np.asarray(rated_vcpu, float))


def measured_over_rated() -> float:
    """Return how many times the rated bytes a core carried in a published benchmark [1].

    Three nodes of 8 vCPU, each broker and bookie at once, took 605 MiB/s with three copies. By the ratings that is
    several times their vCPU. Disks bound that test, so it is what cores carried at least, at saturation.
    """
    node = "i3en.2xlarge"
    write = fact(node, "measured_ingress_mib_s") * MIB
    written = write * fact(node, "measured_write_quorum")
    rated = write / (fact("broker", "rated_write_mb_s") * 1e6) * fact("broker", "rated_vcpu")
    rated += written / (fact("bookie", "rated_write_mb_s") * 1e6) * fact("bookie", "rated_vcpu")
    return rated / (fact(node, "measured_nodes") * fact(node, "measured_vcpu"))


def bookie_disk_bytes_s(to_bookies_bytes_s: ArrayLike, read_bytes_s: ArrayLike = 0.0) -> tuple[Array, Array]:
    """Return what all journals write, and what all ledger disks write and read together.

    Every byte that reaches a bookie is written twice: once to a journal, once to an entry log.

    Parameters
    ----------
    to_bookies_bytes_s : ingress x write quorum [byte/s]
    read_bytes_s : read from the ledger disks: catch-up, cold reads, offload [byte/s]

    Returns
    -------
    journals, ledger disks [byte/s]

    References
    ----------
    https://bookkeeper.apache.org/docs/getting-started/concepts "Journals", "Entry logs"

    Examples
    --------
    >>> journal, ledger = bookie_disk_bytes_s(300.0)
    >>> float(journal + ledger) / 300.0
    2.0
    """
    written = np.asarray(to_bookies_bytes_s, float)
    total = written * fact("bookie", "copies_of_entry_written")
    return written, np.asarray(total - written + np.asarray(read_bytes_s, float))


def journal_device_bytes_s(device_write_bytes_s: ArrayLike, *, journal_sync: bool = True) -> Array:
    """Return what one journal device takes.

    The measured rate of one device of an i3en.2xlarge, scaled by the documented random writes of this device over
    that one's, up to what a single journal thread was measured to do. Nothing larger was measured: low confidence.

    Parameters
    ----------
    device_write_bytes_s : documented random writes of one device [byte/s]
    journal_sync : whether the journal is synced before the answer, which is the default [true or false]

    Returns
    -------
    journal writes of one device [byte/s]

    References
    ----------
    https://streamnative.io/blog/perspective-on-pulsars-performance-compared-to-kafka (300 MiB/s synced, 605 not)
    https://github.com/apache/bookkeeper/pull/2150 (549 MiB/s synced, 734 not: the journal alone)

    Examples
    --------
    >>> round(float(journal_device_bytes_s(266.24e6)) / 2**20)
    300
    """
    mode = "fsync" if journal_sync else "no_fsync"
    node = "i3en.2xlarge"
    measured = fact(node, f"journal_{mode}_mib_s") * MIB
    scale = np.asarray(device_write_bytes_s, float) / (fact(node, "journal_device_mb_s") * 1e6)
    return np.asarray(np.minimum(measured * scale, journal_thread_bytes_s(journal_sync=journal_sync)))


def journal_thread_bytes_s(*, journal_sync: bool = True) -> float:
    """Return what one journal directory, which has one thread, was measured to take [byte/s].

    Parameters
    ----------
    journal_sync : whether the journal is synced before the answer [true or false]
    """
    return fact("bookie", f"journal_thread_{'fsync' if journal_sync else 'no_fsync'}_mib_s") * MIB


def ledgers_per_second(bytes_s: ArrayLike, partitions: ArrayLike, entry_bytes: ArrayLike) -> Array:
    """Return how many ledgers all partitions close a second.

    A ledger is closed when it is full (50,000 entries or 2 GiB), but not before 10 minutes and not after 4 hours.

    Parameters
    ----------
    bytes_s : average rate written by all partitions [byte/s]
    partitions : partitions that share it evenly [1]
    entry_bytes : size of an entry, that is of a batch [byte]

    Returns
    -------
    ledgers a second [1/s]

    References
    ----------
    ServiceConfiguration.java of Apache Pulsar: managedLedgerMaxEntriesPerLedger, MaxSizePerLedgerMbytes,
    MinLedgerRolloverTimeMinutes, MaxLedgerRolloverTimeMinutes

    Examples
    --------
    >>> float(ledgers_per_second(100 * 2**20, 10, 64 * 1024) * 600)
    10.0
    """
    rate = np.asarray(bytes_s, float)
    count = np.asarray(partitions, float)
    full = np.minimum(fact("ledger", "max_entries") * np.asarray(entry_bytes, float), fact("ledger", "max_mib") * MIB)
    longest = fact("ledger", "max_rollover_s")
    with np.errstate(divide="ignore", invalid="ignore"):
        seconds = np.where(rate > 0, full * count / np.where(rate > 0, rate, 1.0), longest)
    return np.asarray(count / np.clip(seconds, fact("ledger", "min_rollover_s"), longest))


def offload_requests(upload_bytes_s: ArrayLike, download_bytes_s: ArrayLike, ledgers: ArrayLike) -> tuple[Array, Array]:
    """Return write and read requests a second of the offload to an object store.

    Parameters
    ----------
    upload_bytes_s : offloaded [byte/s], in parts of 64 MiB
    download_bytes_s : read back [byte/s], in reads of 1 MiB
    ledgers : ledgers offloaded a second [1/s]; each starts and ends an upload and has one index object

    Returns
    -------
    write requests, read requests [1/s]

    References
    ----------
    https://pulsar.apache.org/docs/tiered-storage-aws/ "Size of block read/write"

    Examples
    --------
    >>> put, get = offload_requests(128 * 2**20, 10 * 2**20, 0.1)
    >>> round(float(put), 6), float(get)
    (2.3, 10.0)
    """
    parts = np.asarray(upload_bytes_s, float) / (fact("offload", "block_mib") * MIB)
    put = parts + np.asarray(ledgers, float) * fact("offload", "requests_per_ledger")
    return np.asarray(put), np.asarray(np.asarray(download_bytes_s, float) / (fact("offload", "read_buffer_mib") * MIB))


def rereplication_seconds(held_bytes: ArrayLike, survivors: ArrayLike, spare_bytes_s: ArrayLike) -> Array:
    """Return the time to copy what one lost bookie held: all survivors read and write their shares at once.

    Parameters
    ----------
    held_bytes : bytes on the lost bookie [byte]
    survivors : bookies left [1]
    spare_bytes_s : what one survivor can copy beside its load [byte/s]

    Returns
    -------
    time [s]; infinite where nothing is spare

    References
    ----------
    https://bookkeeper.apache.org/docs/admin/autorecovery (fragments are spread over the other bookies)

    Examples
    --------
    >>> float(rereplication_seconds(1e12, 5, 100e6))
    2000.0
    """
    rate = np.maximum(np.asarray(survivors, float), 0.0) * np.asarray(spare_bytes_s, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(rate > 0, np.asarray(held_bytes, float) / np.where(rate > 0, rate, 1.0), np.inf))
