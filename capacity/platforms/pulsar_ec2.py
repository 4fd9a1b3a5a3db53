"""Apache Pulsar run by oneself on Amazon EC2: brokers and bookies that scale apart, metadata nodes, offload to S3."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capacity.clouds.cloud import find_cloud
from capacity.laws.storage import stored_bytes
from capacity.sizing.constraint import Constraint, Limit, Resource, units_needed
from capacity.sizing.machines import MachineTable, machine_table
from capacity.sizing.offer import Context, Offer, Option, Protocol
from capacity.sizing.sizing import OF_MACHINE, Part, PartKind, Role, Sizing
from capacity.sizing.smallest_machine import LEAST_VCPU, least_vcpu
from capacity.systems.bookies import (
    BOOKIE_DOWN,
    CATCH_UP,
    NORMAL,
    PulsarPaths,
    bookie_disk_bytes_s,
    fact,
    journal_device_bytes_s,
    journal_thread_bytes_s,
    ledgers_per_second,
    measured_over_rated,
    node_states,
    offload_requests,
    pulsar_fact,
    pulsar_paths,
    rated_cores,
    rereplication_seconds,
)
from capacity.systems.kafka import largest_disk_load, usable_machines
from capacity.systems.states import use_up_to
from streamfacts.arrays import Array
from streamfacts.errors import InputError
from streamfacts.tables import assumption
from streamfacts.units import GIB, MIB
from streamfacts.usage import UsageLine

#: Machines to choose from; each broker machine with each bookie machine.
BROKERS = (
    "m7g.large", "m7g.xlarge", "m7g.2xlarge", "m7g.4xlarge", "m7g.8xlarge",
    "c7g.xlarge", "c7g.2xlarge", "c7g.4xlarge", "c7g.8xlarge",
    "m6i.xlarge", "m6i.2xlarge", "m6i.4xlarge",
)  # fmt: skip
BOOKIES_LOCAL = ("i3en", "i4i", "i4g", "im4gn", "is4gen", "i8g", "i7ie")
BOOKIES_VOLUMES = ("m7g", "r7g", "m6i")
BROKER, BOOKIE = "broker", "bookie"


@cache
def _pairs(local: bool) -> MachineTable:
    """Every broker machine with every bookie machine, as columns "broker_..." and "bookie_..."."""
    known = find_cloud("aws").machines()
    disks = dict(zip(known.names.tolist(), machine_table("aws_ec2")["local_disks"].tolist(), strict=True))
    usable = usable_machines(find_cloud("aws"), local=local, memory_above_gib=0.0)
    enough = usable["memory_gib"] >= fact("bookie", "rated_memory_gib")
    stores = usable.where(np.isin(usable["family"], BOOKIES_LOCAL if local else BOOKIES_VOLUMES) & enough)
    servers = known.where(np.isin(known.names, BROKERS))
    left, right = np.repeat(np.arange(len(servers)), len(stores)), np.tile(np.arange(len(stores)), len(servers))
    columns = {f"broker_{name}": column[left] for name, column in servers.columns.items()}
    columns |= {f"bookie_{name}": column[right] for name, column in stores.columns.items()}
    columns |= {"broker": servers.names[left], "bookie": stores.names[right]}
    columns["bookie_local_disks"] = np.array([float(disks[name]) for name in columns["bookie"].tolist()])
    names = np.array([f"{a} + {b}" for a, b in zip(columns["broker"], columns["bookie"], strict=True)])
    return MachineTable(names, columns)


def _names(local: bool) -> NDArray[Any]:
    return _pairs(local).names


def _machines_of(local: bool, pair: str) -> tuple[str, ...]:
    row = _pairs(local).of(np.array([pair]))
    return str(row["broker"][0]), str(row["bookie"][0])


@dataclass(frozen=True)
class _Quorum:
    """Bookies that a ledger is spread over, copies of each entry, copies that must have answered."""

    ensemble: Any
    write: Any
    acknowledged: Any


def _quorum(context: Context) -> _Quorum:
    """The quorum settings as given, or else as the workload's copies and common practice have them."""
    given = {name: int(context.options[name]) for name in ("ensemble", "write_quorum", "ack_quorum")}
    for smaller, larger in (("write_quorum", "ensemble"), ("ack_quorum", "write_quorum"), ("ack_quorum", "ensemble")):
        if given[smaller] and given[larger] and given[smaller] > given[larger]:
            raise InputError(f"option {smaller}", given[smaller], f"at most {larger}, which is {given[larger]}")
    write = np.asarray(given["write_quorum"] or context.demand.replication_factor, float)
    ensemble = given["ensemble"] or np.maximum(fact("quorum", "ensemble"), write)
    acknowledged = given["ack_quorum"] or np.minimum(fact("quorum", "ack_quorum"), write)
    return _Quorum(np.asarray(ensemble, float), write, np.asarray(acknowledged, float))


@dataclass(frozen=True)
class _Disks:
    """What the disks of one bookie do, for each configuration."""

    journals: Array
    journal_bytes_s: Array
    ledger_bytes_s: Array
    machine_bytes_s: Array
    on_one: Array
    space_bytes: Array
    source: str
    journal_source: str


def _disks(context: Context, rows: MachineTable, local: bool) -> _Disks:
    col, volume = context.rows, find_cloud("aws").volume
    asked, sync = float(context.options["journal_disks"]), bool(context.options["journal_sync"])
    mode = "fsync" if sync else "no_fsync"
    source = f"{rows['bookie_source'][0]} [{rows['bookie_as_of'][0]}]"
    thread = pulsar_fact("bookie", f"journal_thread_{mode}_mib_s").source
    if not local:
        return _Disks(
            journals=context.spread(asked),
            journal_bytes_s=context.spread(
                asked * np.minimum(volume.max_mib_s * MIB, journal_thread_bytes_s(journal_sync=sync))
            ),
            ledger_bytes_s=context.spread(volume.max_mib_s * MIB),
            machine_bytes_s=col(rows["bookie_volume_mb_s"]) * 1e6,
            on_one=context.spread(0.0),
            space_bytes=context.spread(volume.max_gib * GIB),
            source=f"{source}; {volume.source}",
            journal_source=f"{volume.source}; {thread}",
        )
    count = rows["bookie_local_disks"]
    on_one = count < 2
    journals = np.where(on_one, 1.0, np.minimum(asked, count - 1.0))
    ledgers = np.where(on_one, 1.0, count - journals)
    device = rows["bookie_local_write_mb_s"] * 1e6 / count
    held = rows["bookie_local_disk_gb"] * 1e9
    space = np.where(on_one, held - fact("bookie", "journal_kept_gib") * GIB, held * ledgers / count)
    measured = pulsar_fact("i3en.2xlarge", f"journal_{mode}_mib_s").source
    return _Disks(
        journals=col(journals),
        journal_bytes_s=col(journals * journal_device_bytes_s(device, journal_sync=sync)),
        ledger_bytes_s=col(ledgers * device),
        machine_bytes_s=context.spread(np.inf),
        on_one=col(on_one),
        space_bytes=col(space),
        source=source,
        journal_source=f"{measured}; {thread}; {source}",
    )


def _rating(node: str, cpu_rating: str) -> tuple[float, float, float, float, float]:
    """Rated bytes written and read, entries written and read, and vCPU of the rated node."""
    more = measured_over_rated() if cpu_rating == "measured" else 1.0
    return (
        fact(node, "rated_write_mb_s") * 1e6 * more,
        fact(node, "rated_read_mb_s") * 1e6 * more,
        fact(node, "rated_write_entries"),
        fact(node, "rated_read_entries"),
        fact(node, "rated_vcpu"),
    )


def _rating_source(context: Context) -> str:
    source = pulsar_fact("broker", "rated_write_mb_s").source
    if context.options["cpu_rating"] == "measured":
        source += "; " + pulsar_fact("i3en.2xlarge", "measured_ingress_mib_s").source
    return source


def _broker_constraints(context: Context, rows: MachineTable, paths: PulsarPaths) -> list[Constraint]:
    """Brokers: CPU for bytes and for entries, network both ways, memory, topics."""
    d, col = context.demand, context.rows
    normal, cpu_source = use_up_to(d, "cpu", "cpu_use_up_to")
    failure = max(normal, float(assumption("cpu_use_up_to_in_failure")))
    network, network_source = use_up_to(d, "network", "network_use_up_to")
    whole, _ = use_up_to(d, "partitions", "count_use_up_to")
    write_rate, read_rate, write_entries, read_entries, vcpu = _rating("broker", context.options["cpu_rating"])
    machine, rating = f"{rows['broker_source'][0]} [{rows['broker_as_of'][0]}]", _rating_source(context)
    topics = pulsar_fact("broker", "max_topics")
    memory_rate = fact("broker", "rated_write_mb_s") * 1e6 / (fact("broker", "rated_memory_gib") * GIB)
    out: list[Constraint] = []
    for state in node_states(d)[0]:
        left: dict[str, Any] = {"share": state.share, "lost": state.lost}
        read = paths.broker_out - paths.to_bookies + state.backlog
        ceiling = normal if state.name == NORMAL else failure
        bytes_cores = rated_cores(paths.produce, read, write_rate, read_rate, vcpu)
        entry_cores = rated_cores(
            paths.produce / d.batch_wire_bytes, read / d.batch_wire_bytes, write_entries, read_entries, vcpu
        )
        cores, cpu = col(rows["broker_vcpu"]), f"{machine}; {rating}; {cpu_source}"
        nic, wires = col(rows["broker_network_gbps"]) * 1e9 / 8, f"{machine}; {network_source}"
        out += [
            Constraint(
                "CPU for bytes", state.name, bytes_cores, cores, ceiling, "cores", cpu,
                f"the larger of write / {write_rate / vcpu / 1e6:.4g} MB/s and read / {read_rate / vcpu / 1e6:.4g} MB/s"
                " of a vCPU; read = consumers + other regions + offload + backlog", **left,
            ),
            Constraint(
                "CPU for entries", state.name, entry_cores, cores, ceiling, "cores", cpu,
                f"the larger of batches written / {write_entries / vcpu:g} and read / {read_entries / vcpu:g} a second"
                " of a vCPU", **left,
            ),
            Constraint(
                Resource.NETWORK_IN, state.name, paths.broker_in + state.backlog, nic, network, "bytes/s", wires,
                "peak write + read from bookies and the object store + backlog", **left,
            ),
            Constraint(
                Resource.NETWORK_OUT, state.name, paths.broker_out + state.backlog, nic, network, "bytes/s", wires,
                "peak write x (write quorum + fan-out + other regions + offload) + backlog", **left,
            ),
        ]  # fmt: skip
        if state.name != CATCH_UP:
            out += [
                Constraint(
                    Resource.MEMORY, state.name, paths.produce, col(rows["broker_memory_gib"]) * GIB * memory_rate, 1.0,
                    "bytes/s", f"{machine}; {rating}",
                    "peak write, at the memory of the rated node for it (entry cache and buffers)", **left,
                ),
                Constraint(
                    Resource.TOPICS, state.name, d.partitions, float(topics), whole, "topics", topics.source,
                    "partitions, each a topic; those of a lost broker move to the others", **left,
                ),
            ]  # fmt: skip
    return out


def _bookie_constraints(
    context: Context, rows: MachineTable, paths: PulsarPaths, quorum: _Quorum, disks: _Disks, held: Array, local: bool
) -> list[Constraint]:
    """Bookies: CPU, network, memory, journal and ledger disks, space, and enough of them for new ensembles."""
    d, col = context.demand, context.rows
    normal, cpu_source = use_up_to(d, "cpu", "cpu_use_up_to")
    failure = max(normal, float(assumption("cpu_use_up_to_in_failure")))
    network, network_source = use_up_to(d, "network", "network_use_up_to")
    disk, disk_ceiling = use_up_to(d, "disk throughput", "disk_throughput_use_up_to")
    fill, fill_source = use_up_to(d, "disk space", "disk_space_use_up_to")
    write_rate, read_rate, write_entries, read_entries, vcpu = _rating("bookie", context.options["cpu_rating"])
    machine, rating = f"{rows['bookie_source'][0]} [{rows['bookie_as_of'][0]}]", _rating_source(context)
    memory_rate = fact("bookie", "rated_write_mb_s") * 1e6 / (fact("bookie", "rated_memory_gib") * GIB)
    read_only = pulsar_fact("bookie", "read_only_above")
    quorums = pulsar_fact("quorum", "ack_quorum").source
    out: list[Constraint] = []

    def add(name: str, state: Any, demand: Any, capacity: Any, ceiling: Any, unit: str, source: str, how: str) -> None:
        out.append(
            Constraint(
                name, state.name, demand, capacity, ceiling, unit, source, how,
                share=state.share, lost=state.lost, pool=BOOKIE,
            )
        )  # fmt: skip

    for state in node_states(d)[1]:
        # what is written goes to all that are up; in catch-up the backlog lies on those that stayed
        part = state.share if state.name == CATCH_UP else np.ones_like(state.share)
        written, read = paths.to_bookies * part, paths.from_bookies + state.backlog
        journal, ledger = bookie_disk_bytes_s(written, read)
        ceiling = normal if state.name == NORMAL else failure
        cpu, cores = f"{machine}; {rating}; {cpu_source}", col(rows["bookie_vcpu"])
        nic, wires = col(rows["bookie_network_gbps"]) * 1e9 / 8, f"{machine}; {network_source}"
        add(
            "bookie CPU for bytes", state, rated_cores(written, read, write_rate, read_rate, vcpu), cores, ceiling,
            "cores", cpu,
            f"the larger of peak write x write quorum / {write_rate / vcpu / 1e6:.4g} MB/s and read"
            f" / {read_rate / vcpu / 1e6:.4g} MB/s of a vCPU",
        )  # fmt: skip
        entry = d.batch_wire_bytes
        add(
            "bookie CPU for entries", state,
            rated_cores(written / entry, read / entry, write_entries, read_entries, vcpu), cores, ceiling, "cores", cpu,
            f"the larger of batches written / {write_entries / vcpu:g} and read / {read_entries / vcpu:g} a second of a"
            " vCPU",
        )  # fmt: skip
        add(
            "bookie network out", state, read, nic, network, "bytes/s", wires,
            "read by brokers: cold reads, offload, backlog",
        )  # fmt: skip
        add(
            Resource.DISK_LEDGER, state, ledger + disks.on_one * journal if local else ledger, disks.ledger_bytes_s,
            disk, "bytes/s", f"{disks.source}; {disk_ceiling}",
            "peak write x write quorum + read by brokers" + (", and the journal where one disk holds both" * local),
        )  # fmt: skip
        if not local:
            add(
                Resource.DISK_JOURNAL_AND_LEDGER, state, journal + ledger, disks.machine_bytes_s, disk, "bytes/s",
                f"{disks.source}; {disk_ceiling}",
                "peak write x write quorum x 2 + read by brokers, over the machine's link to its volumes",
            )  # fmt: skip
        if state.name == CATCH_UP:
            continue
        add(
            "bookie network in", state, written, nic, network, "bytes/s", wires, "peak write x write quorum",
        )  # fmt: skip
        add(
            Resource.BOOKIE_MEMORY, state, written, col(rows["bookie_memory_gib"]) * GIB * memory_rate, 1.0, "bytes/s",
            f"{machine}; {rating}",
            "peak write x write quorum, at the memory of the rated node for it (write cache, page cache)",
        )  # fmt: skip
        add(
            Resource.DISK_JOURNAL, state, journal, disks.journal_bytes_s, disk, "bytes/s",
            f"{disks.journal_source}; {disk_ceiling}", "peak write x write quorum",
        )  # fmt: skip
        add(
            Resource.ENSEMBLE, state, quorum.ensemble, 1.0, 1.0, "bookies", quorums,
            "bookies that a new ledger is spread over, all of which must be up",
        )  # fmt: skip
        # a volume outlives its machine and moves to the next; a local disk does not, and its content needs room
        if state.name == NORMAL or (local and state.name == BOOKIE_DOWN):
            after = state.name == BOOKIE_DOWN
            add(
                Resource.DISK_SPACE, state, held, disks.space_bytes,
                np.maximum(fill, float(read_only)) if after else fill,
                "bytes", f"{disks.source}; {read_only.source if after else fill_source}",
                "average write x retention on bookies x write quorum"
                + ("; auto-recovery puts what was lost on the others, which must not turn read-only" if after else ""),
            )  # fmt: skip
    return out


def _model(context: Context, *, local: bool, offload: bool) -> Sizing:
    where, d = find_cloud("aws"), context.demand
    rows = _pairs(local).of(context.names)
    quorum, disks = _quorum(context), _disks(context, rows, local)
    proxies = float(context.options["proxies"])
    moved = (d.retention_s > d.hot_retention_s).astype(float) if offload else np.zeros_like(d.retention_s)
    kept = d.hot_held_s if offload else d.held_s
    peak, average = (_paths(context, rate, quorum, moved, offload) for rate in (d.peak_wire_bytes_s, d.wire_bytes_s))
    of_brokers = _broker_constraints(context, rows, peak)
    held = stored_bytes(d.wire_bytes_s, kept, quorum.write)
    of_bookies = _bookie_constraints(context, rows, peak, quorum, disks, held, local)
    brokers = context.units_or(units_needed(of_brokers, d.zones, d.zones))
    least = np.maximum(np.maximum(quorum.ensemble, quorum.write), d.zones)
    asked = float(context.options["bookies"])
    bookies = context.spread(asked if asked else units_needed(of_bookies, least, d.zones))
    limits = _limits(context, quorum, peak, proxies)
    limits += least_vcpu(context, np.minimum(rows["broker_vcpu"], rows["bookie_vcpu"]))
    if asked:
        limits += _limits_of_asked(of_bookies, bookies, asked)
    lines = _machine_lines(context, rows, brokers, bookies)
    parts = [
        *_quorum_parts(context, quorum),
        Part(
            "stored on a bookie",
            context.spread(held / bookies / GIB),
            "GiB",
            "average write x retention on bookies x write quorum / bookies",
        ),
    ]
    volumes, sizes, journal_rate, ledger_rate = _storage(context, disks, of_bookies, bookies, held, local)
    lines += [*volumes, _metadata_volumes(context)]
    parts += sizes
    what = (
        "producers + consumers" + (", twice through proxies" if proxies else "") + " + copies to bookies + their reads"
    )
    lines += where.transfer_lines(context, average.cross_zone, average.cross_region, what)
    if offload:
        stored, extra, part = _object_store(context, average, moved)
        lines += extra
        parts += [part, *stored]
    if not context.brief:
        parts.append(_rereplication(context, rows, disks, average, held, bookies, journal_rate, ledger_rate))
    pools = {BOOKIE: bookies}
    fewest, multiple = {BROKER: d.zones, BOOKIE: least}, {BROKER: d.zones, BOOKIE: d.zones}
    constraints = (*of_brokers, *of_bookies)
    smaller = {
        name: np.minimum(context.rows(rows[f"broker_{name}"]), context.rows(rows[f"bookie_{name}"]))
        for name in OF_MACHINE
    }
    return context.sizing(
        BROKER, brokers, constraints, limits, lines, parts, _NOTES, pools, fewest, multiple, of_one=smaller
    )


_NOTES = (
    "one Pulsar cluster; brokers, bookies and metadata nodes on machines of their own",
    "an entry is a batch of the workload's size; bytes on the wire are those of Kafka's record format",
    "tailing readers are served from the broker's cache; cold_reads, catch-up and offload read from bookies",
    "consumers read from the broker that owns the topic, in another zone for (zones - 1) / zones of the reads",
    "CPU by the node ratings of Pulsar's documentation, which are advice and no maximum, with the usual"
    " headroom kept on top; option cpu_rating=measured takes a benchmark's bytes a core instead",
    "copies of an entry are spread over the zones (rack-aware placement); auto-recovery waits for a lost zone",
    "bookies are not counted in whole replicas: entries of a ledger are striped over its ensemble and a new ledger"
    " takes another, so that data spreads as finely as one likes (https://bookkeeper.apache.org/docs/development/protocol)",
)


def _paths(context: Context, rate: Array, quorum: _Quorum, moved: Array, offload: bool) -> PulsarPaths:
    """Bytes on each path at a rate of writes [byte/s]."""
    d = context.demand
    return pulsar_paths(
        rate,
        d.fan_out,
        quorum.write,
        d.zones,
        # records that still are on the bookies are hot: nothing is cold in an offer that offloads before it does
        cold_reads=d.cold_reads * moved if offload else d.cold_reads,
        offloaded=moved,
        cross_region_copies=d.cross_region_copies,
        proxied=float(context.options["proxies"]) > 0,
    )


def _machine_lines(context: Context, rows: MachineTable, brokers: Array, bookies: Array) -> list[UsageLine]:
    """Hours of brokers, bookies, metadata nodes and proxies in the month."""
    meter, hours = find_cloud("aws").instance_meter, context.hours_per_month
    proxies, nodes = float(context.options["proxies"]), float(context.options["metadata_nodes"])
    lines = [
        UsageLine(meter, brokers * hours, "instance-hour", rows["broker"], f"brokers x {hours:g} h", BROKER),
        UsageLine(
            meter,
            bookies * hours,
            "instance-hour",
            rows["bookie"],
            f"bookies x {hours:g} h",
            counts="" if float(context.options["bookies"]) else BOOKIE,
            role=Role.BOOKIES,
        ),
        UsageLine(
            meter,
            context.spread(nodes * hours),
            "instance-hour",
            str(context.options["metadata_machine"]),
            f"{nodes:g} metadata nodes x {hours:g} h",
            role=Role.METADATA,
        ),
    ]
    if proxies:
        lines.append(
            UsageLine(
                meter,
                context.spread(proxies * hours),
                "instance-hour",
                str(context.options["proxy_machine"]),
                f"{proxies:g} proxies x {hours:g} h",
            )
        )
    return lines


def _metadata_volumes(context: Context) -> UsageLine:
    volume, nodes = find_cloud("aws").volume, float(context.options["metadata_nodes"])
    gib = context.spread(nodes * fact("metadata", "disk_gib"))
    formula = f"volumes of {nodes:g} metadata nodes"
    return UsageLine(volume.size_meter, gib, "GiB-month", volume.sku, formula, role=Role.METADATA)


def _quorum_parts(context: Context, quorum: _Quorum) -> list[Part]:
    """What the cluster keeps its records and its metadata by."""
    source = pulsar_fact("quorum", "ack_quorum").source
    nodes = context.spread(float(context.options["metadata_nodes"]))
    of_nodes = pulsar_fact("metadata", "nodes").source
    ensemble, written = "option ensemble, else 3 or the write quorum", "option write_quorum, else replication_factor"
    acked = "option ack_quorum, else 2 or the write quorum: copies that answer before a write counts"
    return [
        Part("metadata nodes", nodes, "nodes", "ZooKeeper or Oxia; most of them must be up", of_nodes),
        Part("ensemble", context.spread(quorum.ensemble), "bookies", ensemble, source),
        Part("write quorum", context.spread(quorum.write), "copies", written, source),
        Part("ack quorum", context.spread(quorum.acknowledged), "copies", acked, source),
    ]


def _limits_of_asked(constraints: list[Constraint], bookies: Array, asked: float) -> list[Limit]:
    """Constraints of bookies as limits, where their number is given."""
    return [
        Limit(
            f"{c.name} ({c.state}) with {asked:g} bookies",
            c.utilisation(bookies),
            np.asarray(c.ceiling),
            "of capacity",
            c.source,
        )
        for c in constraints
    ]


def _limits(context: Context, quorum: _Quorum, peak: PulsarPaths, proxies: float) -> list[Limit]:
    d = context.demand
    source = pulsar_fact("quorum", "ack_quorum").source
    largest = float(context.options["max_message_mib"]) * MIB
    out = [
        Limit("write quorum", quorum.write, quorum.ensemble, "bookies", source, advice="a larger ensemble"),
        Limit("ack quorum", quorum.acknowledged, quorum.write, "copies", source, advice="a larger write quorum"),
        Limit(
            "message size",
            d.max_message_bytes,
            np.asarray(largest),
            "bytes",
            pulsar_fact("message", "max_message_mib").source,
            advice="option max_message_mib (maxMessageSize and nettyMaxFrameSizeBytes), or chunked messages",
        ),
    ]
    if proxies:
        machines, name = find_cloud("aws").machines(), str(context.options["proxy_machine"])
        one = machines.where(machines.names == name)
        ceiling, ceiling_source = use_up_to(d, "network", "network_use_up_to")
        nic = float(one["network_gbps"][0]) * 1e9 / 8
        out.append(
            Limit(
                "network of a proxy",
                (peak.produce + peak.consume) / proxies,
                np.asarray(nic * ceiling),
                "bytes/s",
                f"{one.source}; {ceiling_source}",
                advice="more proxies or larger ones",
            )
        )
    return out


def _storage(
    context: Context, disks: _Disks, constraints: list[Constraint], bookies: Array, held: Array, local: bool
) -> tuple[list[UsageLine], list[Part], Array, Array]:
    """Lines and parts of the bookies' disks, and what its journals and its ledger disks do [byte/s]."""
    volume = find_cloud("aws").volume
    if local:
        parts = [
            Part("journal devices of a bookie", context.spread(disks.journals), "disks", "option journal_disks, leaving"
                 " at least one for ledgers; an only disk holds both", disks.source),
            Part("ledger space of a bookie", context.spread(disks.space_bytes / GIB), "GiB", "the other local disks, or"
                 " the only one without the journal's files", disks.source),
        ]  # fmt: skip
        return [], parts, disks.journal_bytes_s, disks.ledger_bytes_s
    io_bytes = float(assumption("disk_io_bytes"))
    of_journal = [c for c in constraints if c.name == Resource.DISK_JOURNAL]
    of_ledger = [c for c in constraints if c.name == Resource.DISK_LEDGER]
    journals = disks.journals
    journal_mib_s, journal_iops = volume.bought(largest_disk_load(of_journal, bookies) / journals, io_bytes)
    ledger_mib_s, ledger_iops = volume.bought(largest_disk_load(of_ledger, bookies), io_bytes)
    journal_gib = context.spread(float(context.options["journal_gib"]))
    fill, _ = use_up_to(context.demand, "disk space", "disk_space_use_up_to")
    ledger_gib = np.maximum(np.ceil(held / bookies / fill / GIB), 1.0)
    lines = [
        replace(
            line,
            formula=f"{kind} volumes: {line.formula}",
            # journal volumes are of one size: so many for each bookie
            counts=BOOKIE if role and line.meter == volume.size_meter else "",
            role=role,
        )
        for kind, role, of, count, size, rate, iops, least in (
            (
                "journal", Role.JOURNAL, "bookies x journal disks", bookies * journals,
                journal_gib, journal_mib_s, journal_iops, None,
            ),
            ("ledger", "", "bookies", bookies, ledger_gib, ledger_mib_s, ledger_iops, held / fill / GIB),
        )
        for line in volume.lines(count, size, rate, iops, 0.0, least, of)
    ]  # fmt: skip
    named = pulsar_fact("bookie", "journal_gib").source
    load = "its largest load over all states / ceiling"
    parts = [
        Part("journal volumes of a bookie", context.spread(journals), "volumes", "option journal_disks"),
        Part("journal volume", journal_gib, "GiB", "option journal_gib", named),
        Part("journal volume throughput", journal_mib_s, "MiB/s", load, volume.source),
        Part("ledger volume", ledger_gib, "GiB", "stored bytes / bookies / fill", volume.source),
        Part("ledger volume throughput", ledger_mib_s, "MiB/s", load, volume.source),
    ]
    return lines, parts, journals * journal_mib_s * MIB, ledger_mib_s * MIB


def _object_store(context: Context, average: PulsarPaths, moved: Array) -> tuple[list[Part], list[UsageLine], Part]:
    """What is offloaded: bytes held, requests."""
    d, where = context.demand, find_cloud("aws")
    lag = np.minimum(fact("offload", "deletion_lag_s"), d.hot_retention_s)
    remote = stored_bytes(d.wire_bytes_s, np.maximum(d.held_s - d.hot_held_s + lag, 0.0)) * moved
    ledgers = ledgers_per_second(d.wire_bytes_s, d.partitions, d.batch_wire_bytes) * moved
    put, get = offload_requests(average.upload, average.download, ledgers)
    thousands = context.seconds / 1000
    how = "average write x (retention - hot retention + the lag of 4 h before bookies delete), one copy"
    block, chunk = fact("offload", "block_mib"), fact("offload", "read_buffer_mib")
    lines = [
        UsageLine(where.object_storage_meter, context.spread(remote / GIB), "GiB-month", where.object_sku, how),
        UsageLine(
            where.object_put_meter,
            context.spread(put * thousands),
            "1000-requests",
            where.object_sku,
            f"offload / parts of {block:g} MiB + ledgers x {fact('offload', 'requests_per_ledger'):g}",
        ),
        UsageLine(
            where.object_get_meter,
            context.spread(get * thousands),
            "1000-requests",
            where.object_sku,
            f"cold reads / reads of {chunk:g} MiB",
        ),
    ]
    source = pulsar_fact("offload", "deletion_lag_s").source
    closed = Part(
        "ledgers offloaded in an hour", context.spread(ledgers * 3600), "ledgers", "partitions / time to close one"
    )
    return [closed], lines, Part("object store", context.spread(remote / GIB), "GiB", how, source)  # fmt: skip


def _rereplication(
    context: Context,
    rows: MachineTable,
    disks: _Disks,
    average: PulsarPaths,
    held: Array,
    bookies: Array,
    journal_rate: Array,
    ledger_rate: Array,
) -> Part:
    """Time to put the data of a lost bookie on the others, at average load and without a throttle."""
    d = context.demand
    network, _ = use_up_to(d, "network", "network_use_up_to")
    disk, _ = use_up_to(d, "disk throughput", "disk_throughput_use_up_to")
    survivors = bookies - 1.0
    each = np.maximum(survivors, 1e-9)
    nic = context.rows(rows["bookie_network_gbps"]) * 1e9 / 8
    journal, ledger = bookie_disk_bytes_s(average.to_bookies / each, average.from_bookies / each)
    # a copied byte is read from a ledger disk here, and written to a journal and a ledger disk there
    spare = np.minimum(nic * network - average.to_bookies / each, journal_rate * disk - journal)
    spare = np.minimum(spare, (ledger_rate * disk - ledger - disks.on_one * journal) / (2.0 + disks.on_one))
    spare = np.minimum(spare, (disks.machine_bytes_s * disk - journal - ledger) / 3.0)
    seconds = rereplication_seconds(held / bookies, survivors, np.maximum(spare, 0.0))
    source = "https://bookkeeper.apache.org/docs/admin/autorecovery"
    how = "data of one bookie / what network and disks of all others have left; auto-recovery without a throttle"
    what = "time to re-replicate a bookie"
    return Part(what, context.spread(seconds), "seconds", how, source, PartKind.REBUILD, BOOKIE)


_MACHINES = tuple(find_cloud("aws").machines().names.tolist())
_OPTIONS = (
    Option("ensemble", 0, "bookies that a ledger is spread over (E); 0 for 3, or the write quorum if larger", high=50),
    Option("write_quorum", 0, "copies of each entry (Qw); 0 for the workload's replication_factor", high=50),
    Option("ack_quorum", 0, "copies that answer before a write counts (Qa); 0 for 2, or Qw if smaller", high=50),
    Option("journal_sync", True, "the journal is synced to disk before a bookie answers (journalSyncData)"),
    Option("journal_disks", 1, "journal disks of a bookie, each with a journal directory of its own", low=1, high=8),
    Option("journal_gib", 256.0, "size of a journal volume [GiB], with volumes", low=12.0, high=65536.0),
    Option("bookies", 0, "bookies that are already there; 0 for as many as are needed", high=1e6),
    Option("cpu_rating", "documented", "bytes a core carries: the documentation's node ratings, or a benchmark's",
           allowed=("documented", "measured")),
    Option("metadata_nodes", 3, "nodes of the metadata store", allowed=(3, 5)),
    Option("metadata_machine", "m7g.large", "machine type of the metadata nodes", allowed=_MACHINES),
    LEAST_VCPU,
    Option("proxies", 0, "Pulsar proxies between clients and brokers; 0 for none", high=10000),
    Option("proxy_machine", "m7g.xlarge", "machine type of the proxies", allowed=_MACHINES),
    Option("max_message_mib", 5.0, "largest message that brokers and bookies are set to take [MiB]", low=1, high=1024),
)  # fmt: skip


def _offer(disks: str, title: str, *, offload: bool) -> Offer:
    local = disks == "nvme"
    return Offer(
        name=f"pulsar-ec2-{disks}{'-offload' if offload else ''}",
        title=f"Pulsar on EC2, {title}{', offloaded to S3' if offload else ''}",
        family="Apache Pulsar, self-managed",
        provider=find_cloud("aws").provider,
        configurations=partial(_names, local),
        model=partial(_model, local=local, offload=offload),
        configuration_is="broker machine + bookie machine",
        options=_OPTIONS,
        machines=partial(_machines_of, local),
        protocols=(Protocol.PULSAR,),
        self_managed=True,
        metrics=("pulsar",),
        kind="pulsar-self",
        tiered_as="" if offload else f"pulsar-ec2-{disks}-offload",
        guarantees={
            "copies": "the write quorum, else the workload's replication factor",
            "zones": "the workload's zones",
            "availability": "none promised; depends on how it is run",
            "disks": "lost with the machine" if local else "outlive the machine",
        },
        not_modelled=(
            "load balancers and NAT",
            "burst credits of network and volumes; only baselines count",
            "what TLS, acknowledgements of single messages and many consumers on a topic cost in CPU: the node ratings"
            " do not say; CPU of proxies; differences in speed between CPU generations",
            "latency of syncs on network volumes, which may bound a journal before its throughput does; padding of"
            " small synced journal writes to 4 KiB",
            "space that deleted ledgers hold until entry logs are compacted; indexes and cursors",
            "retention by ledger: records stay until the whole ledger may go",
            "auto-recovery during the loss of a zone, which would need half as much space again with three zones",
            "limits of the metadata store on ledgers and topics; failing brokers' time to reload topics",
            "what receives the bytes of cross_region_copies: a study of resilience sizes it, nothing else does",
        ),
        sources=(
            "https://pulsar.apache.org/docs/deploy-bare-metal/",
            "https://bookkeeper.apache.org/docs/getting-started/concepts",
            find_cloud("aws").pricing_page,
        ),
        unused={"compacted": "compaction of Pulsar writes the latest records beside the topic and deletes none"},
    )


OFFERS = tuple(
    _offer(disks, title, offload=offload)
    for disks, title in (("ebs", "EBS gp3"), ("nvme", "local NVMe"))
    for offload in (False, True)
)
