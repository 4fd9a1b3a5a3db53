"""Kafka protocol on an object store, on machines of one's own at AWS: WarpStream, AutoMQ, Bufstream.

Every byte is stored once, in S3. What replaces disks and replication is requests: how many depends on how often a
broker ends an object, how many zones read it and how often it is compacted.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capacity.clouds.cloud import find_cloud
from capacity.demand.demand import Demand
from capacity.laws.object_store import objects_cached, objects_compacted, objects_written
from capacity.laws.storage import objects_per_second, stored_bytes
from capacity.sizing.constraint import Constraint, Limit, Resource, units_needed
from capacity.sizing.machines import MachineTable, machine_table
from capacity.sizing.offer import Context, Copies, Offer, Option, Protocol
from capacity.sizing.sizing import Part, Sizing
from capacity.systems.states import BROKER_DOWN, CATCH_UP, NORMAL, ZONE_DOWN, use_up_to
from streamfacts.arrays import Array
from streamfacts.tables import Fact, assumption
from streamfacts.tables import limit as fact
from streamfacts.units import GIB, MIB
from streamfacts.usage import UsageLine

WARPSTREAM, AUTOMQ, BUFSTREAM = "warpstream-byoc", "automq-byoc", "bufstream"
#: Whose table of limits each offer has.
_VENDORS = {WARPSTREAM: "warpstream", AUTOMQ: "automq", BUFSTREAM: "bufstream"}
#: Machine families with at least 4 GiB a vCPU that their documentation or tests name, and their successors.
NETWORK_FAMILIES = ("m5n", "m6in", "m6i", "m7i", "m7g", "m8g")
AUTOMQ_FAMILIES = ("r6i", "r7i", "r7g", "r8g", "m7g", "m8g")
SIZES = ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge")


def _limit(offer: str, name: str, resource: str | None = None) -> Fact:
    return fact(_VENDORS[offer], offer, name, resource)


# --------------------------------------------------------------------------------------------------- machines


@cache
def _all_machines() -> MachineTable:
    """The cloud's machines and the network-optimised ones beside them, with the columns a stateless broker needs."""
    cloud, more = find_cloud("aws").machines(), machine_table("aws_ec2_network")
    same = {
        "vcpu": "vcpu",
        "memory_gib": "memory_gib",
        "network_gbps": "network_baseline_gbps",
        "volume_mb_s": "ebs_baseline_mb_s",
        "volume_iops": "ebs_baseline_iops",
        "source": "source",
        "as_of": "as_of",
    }
    columns = {ours: np.concatenate([cloud[ours], more[theirs]]) for ours, theirs in same.items()}
    return MachineTable(np.concatenate([cloud.names, more.names]), columns)


@cache
def _machines(families: tuple[str, ...]) -> MachineTable:
    table = _all_machines()
    sizes = np.array([f"{family}.{size}" for family in families for size in SIZES])
    return table.where(np.isin(table.names, sizes, assume_unique=True))


def _configurations(families: tuple[str, ...]) -> NDArray[Any]:
    return _machines(families).names


# ------------------------------------------------------------------------------------------ what all of them share


def _share(d: Demand, resource: str, default: Fact) -> tuple[float, str]:
    """Return the share of a capacity that may be used and where it comes from."""
    for key in (resource, "all"):
        if key in d.use_up_to:
            return d.use_up_to[key], "the workload's use_up_to"
    return default.value, default.source


def _states(d: Demand) -> list[tuple[str, Any, float]]:
    """Return (state, share of the brokers left, brokers lost). Stateless brokers hold no copies to repair."""
    out: list[tuple[str, Any, float]] = [(NORMAL, 1.0, 0.0)]
    if d.survive in ("broker", "zone"):
        out.append((BROKER_DOWN, 1.0, 1.0))
    if d.survive == "zone":
        out.append((ZONE_DOWN, np.where(d.zones > 1, (d.zones - 1.0) / d.zones, 1.0), 0.0))
    return [*out, (CATCH_UP, 1.0, 0.0)]


def _lagging(d: Demand) -> Array:
    """Return how many readings of every byte a lagging group adds while it catches up [1]."""
    groups = np.minimum(d.fan_out, float(assumption("lagging_groups")))
    return np.asarray(d.outage_s / d.catch_up_s * groups)


def _cpu(
    context: Context, rows: MachineTable, per_vcpu: Any, normal: Any, failure: Any, source: str
) -> list[Constraint]:
    """Bytes written and read, before compression, against what the vCPU take."""
    d = context.demand
    capacity = context.rows(rows["vcpu"]) * per_vcpu
    through = d.peak_payload_bytes_s * (1.0 + d.fan_out)
    how = "peak write x (1 + fan-out), before compression"
    out = []
    for state, share, lost in _states(d):
        demand, words = through, how
        if state == CATCH_UP:
            demand, words = through + d.payload_bytes_s * _lagging(d), f"{how}, + backlog of one group"
        ceiling = normal if state == NORMAL else failure
        out.append(Constraint(Resource.CPU, state, demand, capacity, ceiling, "bytes/s", source, words, share, lost))
    return out


def _network(
    context: Context, rows: MachineTable, out_factor: Any, in_factor: Any, words: tuple[str, str]
) -> list[Constraint]:
    """Bytes on the wire out of and into the machines: the factors are bytes for each byte written."""
    d = context.demand
    share, why = use_up_to(d, "network", "network_use_up_to")
    capacity = context.rows(rows["network_gbps"]) * 1e9 / 8
    source = f"{rows.source}; {why}"
    found = []
    for state, left, lost in _states(d):
        backlog = d.wire_bytes_s * _lagging(d) if state == CATCH_UP else np.zeros(())
        for name, factor, how in (
            (Resource.NETWORK_OUT, out_factor, words[0]),
            (Resource.NETWORK_IN, in_factor, words[1]),
        ):
            demand = d.peak_wire_bytes_s * factor + backlog
            more = ", + backlog of one group" if state == CATCH_UP else ""
            found.append(
                Constraint(name, state, demand, capacity, share, "bytes/s", source, f"{how}{more}", left, lost)
            )
    return found


def _s3_lines(
    context: Context, puts: Any, gets: Any, how_put: str, how_get: str, least: tuple[Any, Any] | None = None
) -> list[UsageLine]:
    """Return the usage of S3: bytes kept once, and requests a second as thousands a month.

    `least` are the requests of a single machine, where more of them make more.
    """
    d, where, thousands = context.demand, find_cloud("aws"), context.seconds / 1000
    stored = stored_bytes(d.wire_bytes_s, d.held_s) / GIB
    how = "average write on the wire x retention, one copy"
    sku, unit = where.object_sku, "1000-requests"
    few = (None, None) if least is None else tuple(np.asarray(x * thousands, float) for x in least)
    return [
        UsageLine(where.object_storage_meter, context.spread(stored), "GiB-month", sku, how),
        UsageLine(where.object_put_meter, context.spread(puts * thousands), unit, sku, how_put, least=few[0]),
        UsageLine(where.object_get_meter, context.spread(gets * thousands), unit, sku, how_get, least=few[1]),
    ]


def _cold_gets(d: Demand) -> tuple[Array, str]:
    """Return requests of readers far behind the tail [1/s], which no cache serves."""
    chunk = float(assumption("tier_fetch_bytes"))
    cold = d.wire_bytes_s * d.fan_out * d.cold_reads
    return objects_per_second(cold, chunk), f"cold reads / {chunk / MIB:g} MiB"


def _zone_lines(context: Context, aligned_bytes_s: Any, how: str) -> list[UsageLine]:
    """Return the usage of bytes between zones: `aligned_bytes_s` with clients in their zone, else 2/3 of all."""
    d = context.demand
    paths = d.paths(copies=1.0)
    crossing = aligned_bytes_s
    if not context.options["zone_aligned"]:
        crossing = aligned_bytes_s + paths.clients_cross_zone
        how = f"{how} + (producers + consumers) x (zones - 1) / zones"
    return find_cloud("aws").transfer_lines(context, crossing, paths.cross_region, how)


def _common_limits(d: Demand, offer: str) -> list[Limit]:
    zones = _limit(offer, "zones")
    return [Limit("copies", d.replication_factor, zones.value, "copies", zones.source)]


def _requests(context: Context, puts: Any, gets: Any, how_put: str, how_get: str, source: str) -> list[Part]:
    return [
        Part("S3 PUT", context.spread(puts), "requests/s", how_put, source),
        Part("S3 GET", context.spread(gets), "requests/s", how_get, source),
    ]


def _machine_line(context: Context, units: Array, what: str) -> UsageLine:
    hours = context.hours_per_month
    return UsageLine(
        find_cloud("aws").instance_meter, units * hours, "instance-hour", context.names, f"{what}s x {hours:g} h", what
    )


# ------------------------------------------------------------------------------------------------- WarpStream


def _warpstream(context: Context) -> Sizing:
    d, hours, options = context.demand, context.hours_per_month, context.options
    rows = _machines(NETWORK_FAMILIES).of(context.names)
    per_vcpu = _limit(WARPSTREAM, "through_mib_s_per_vcpu")
    target, failing = (_limit(WARPSTREAM, name) for name in ("cpu_use_up_to", "cpu_use_up_to_in_failure"))
    normal, why = _share(d, "cpu", target)
    # the published rate is that at the recommended use; the capacity is that at full use
    full = per_vcpu.value * MIB / target.value
    source = f"{per_vcpu.source}; {why}"
    passes = options["compaction_passes"]
    readers = np.minimum(d.fan_out, 1.0) * d.zones
    constraints = [
        *_cpu(context, rows, full, normal, max(normal, failing.value), source),
        *_network(
            context,
            rows,
            1.0 + d.fan_out + passes,
            1.0 + readers + passes,
            (
                f"peak write x (upload + fan-out + {passes:g} of compaction)",
                f"peak write x (1 + zones that read + {passes:g} of compaction)",
            ),
        ),
    ]
    units = context.units_or(units_needed(constraints, d.zones, d.zones))
    most = _limit(WARPSTREAM, "partitions", options["cluster_type"])
    limits = [
        *_common_limits(d, WARPSTREAM),
        Limit(
            f"partitions of a {options['cluster_type']} cluster",
            d.partitions,
            most.value,
            "partitions",
            most.source,
            advice="another cluster type, or split over several clusters",
        ),
    ]
    size, interval = _limit(WARPSTREAM, "batch_mib"), options["batch_interval_s"]
    batch = size.value * MIB
    compacted = objects_compacted(d.wire_bytes_s, batch, passes)
    cold, how_cold = _cold_gets(d)

    def requests(agents: Any) -> tuple[Array, Array]:
        written = objects_written(d.wire_bytes_s, batch, interval, agents)
        return written + compacted, objects_cached(written, d.fan_out, d.zones) + written * passes + cold

    puts, gets = requests(units)
    mib = f"{size.value:g} MiB"
    how_put = f"larger of write / {mib} and agents / {interval:g} s, + write x {passes:g} of compaction / {mib}"
    how_get = f"objects written x (zones that read + {passes:g} of compaction) + {how_cold}"
    quarter_hours = context.spread(hours * 4.0)
    written_gib = context.gib(d.payload_bytes_s)
    stored_gib = context.spread(stored_bytes(d.payload_bytes_s, d.held_s) / GIB)
    lines = [
        _machine_line(context, units, "agent"),
        UsageLine(
            "warpstream.cluster",
            quarter_hours,
            "cluster-15-minutes",
            options["cluster_type"],
            f"one virtual cluster x {hours:g} h x 4",
        ),
        UsageLine(
            "warpstream.data-written", written_gib, "GiB", formula="average write before compression, as metered"
        ),
        UsageLine(
            "warpstream.data-stored",
            stored_gib,
            "GiB-month",
            formula="average write before compression, as metered, x retention",
        ),
        *_s3_lines(context, puts, gets, how_put, how_get, requests(1.0)),
        *_zone_lines(context, np.zeros(()), "none with clients in their zone"),
    ]
    parts = _requests(context, puts, gets, how_put, how_get, size.source)
    notes = (
        "WarpStream meters bytes before compression; S3 holds them as the producers compress",
        "a byte read costs an agent as much CPU as a byte written; the published rate is of one reader",
        "agents for the peak all month: auto-scaling by load would run fewer",
    )
    return context.sizing("agent", units, constraints, limits, lines, parts, notes)


# ----------------------------------------------------------------------------------------------------- AutoMQ


def _automq(context: Context) -> Sizing:
    d, hours, options = context.demand, context.hours_per_month, context.options
    rows, volume = _machines(AUTOMQ_FAMILIES).of(context.names), find_cloud("aws").volume
    upload, compaction = (_limit(AUTOMQ, name) for name in ("upload_factor", "compaction_factor"))
    disk_use, disk_source = use_up_to(d, "disk throughput", "disk_throughput_use_up_to")
    wal_rate = np.minimum(context.rows(rows["volume_mb_s"]) * 1e6, volume.max_mib_s * MIB)
    constraints = _network(
        context,
        rows,
        upload.value + d.fan_out + compaction.value,
        1.0 + compaction.value + d.fan_out * d.cold_reads,
        (
            f"peak write x ({upload.value:g} upload + fan-out + {compaction.value:g} compaction)",
            f"peak write x (1 + {compaction.value:g} compaction + cold reads)",
        ),
    )
    for state, share, lost in _states(d):
        if state != CATCH_UP:
            constraints.append(
                Constraint(
                    Resource.DISK_LOG,
                    state,
                    d.peak_wire_bytes_s,
                    wal_rate,
                    disk_use,
                    "bytes/s",
                    f"{rows.source}; {volume.source}; {disk_source}",
                    "peak write, once to the volume of its broker",
                    share,
                    lost,
                )
            )
    units = context.units_or(units_needed(constraints, np.maximum(3.0, d.zones), d.zones))
    need: Array = np.zeros(())
    for c in constraints:
        if c.name == Resource.DISK_LOG:
            need = np.maximum(need, c.demand / np.maximum(units * c.share - c.lost, 1e-9) / c.ceiling)
    throughput = np.clip(np.ceil(need / MIB), volume.baseline_mib_s, volume.max_mib_s)
    # gp3: four operations for each MiB/s above what is included, and at most 500 for each GiB
    iops = np.maximum(volume.baseline_iops, throughput * 4.0)
    log = _limit(AUTOMQ, "wal_gib")
    log_gib = np.maximum(log.value, np.ceil(iops / 500.0))
    puts_per, gets_per = (_limit(AUTOMQ, name) for name in ("puts_per_mib", "gets_per_mib"))
    cold, how_cold = _cold_gets(d)
    puts = d.wire_bytes_s / MIB * puts_per.value
    gets = d.wire_bytes_s / MIB * gets_per.value + cold
    how_put = f"average write x {puts_per.value:g} PUT/MiB, as AutoMQ measured"
    how_get = f"average write x {gets_per.value:g} GET/MiB, as AutoMQ measured, + {how_cold}"
    left = _limit(AUTOMQ, "cross_zone_share")
    rate = options["rate"]
    lines = [
        _machine_line(context, units, "broker"),
        *volume.lines(units, log_gib, throughput, iops, 0.0),
        UsageLine("automq.cluster", context.spread(hours), "cluster-hour", formula=f"one cluster x {hours:g} h"),
        UsageLine(
            "automq.data-in", context.gib(d.wire_bytes_s), "GiB", rate, "average write after compression, as metered"
        ),
        UsageLine(
            "automq.data-out",
            context.gib(d.wire_bytes_s * (d.fan_out + d.cross_region_copies)),
            "GiB",
            rate,
            "average write after compression, as metered, x (fan-out + other regions)",
        ),
        UsageLine(
            "automq.data-retained",
            context.spread(stored_bytes(d.wire_bytes_s, d.held_s) / GIB),
            "GiB-month",
            rate,
            "average write after compression, as metered, x retention",
        ),
        *_s3_lines(context, puts, gets, how_put, how_get),
        *_zone_lines(context, d.wire_bytes_s * left.value, f"average write x {100 * left.value:.2f}% left"),
    ]
    parts = [
        *_requests(context, puts, gets, how_put, how_get, puts_per.source),
        Part("volume of a broker", log_gib, "GiB", "write-ahead log, at least operations / 500", log.source),
        Part(
            "volume throughput", throughput, "MiB/s", "largest load of the log over all states / ceiling", volume.source
        ),
    ]
    notes = (
        "AutoMQ's rule counts network only: bytes out of a broker against its baseline",
        f"every metered byte at the {rate} published rate (option rate): where the tiers begin is not public",
        "the write-ahead log is on EBS, which stays in its zone; multi-zone clusters may log to S3 for more requests",
    )
    return context.sizing("broker", units, constraints, _common_limits(d, AUTOMQ), lines, parts, notes)


# -------------------------------------------------------------------------------------------------- Bufstream


def _bufstream(context: Context) -> Sizing:
    d, hours, options = context.demand, context.hours_per_month, context.options
    rows = _machines(NETWORK_FAMILIES).of(context.names)
    per_core = _limit(BUFSTREAM, "through_mib_s_per_vcpu")
    normal, why = _share(d, "cpu", _limit(BUFSTREAM, "cpu_use_up_to"))
    failing = assumption("cpu_use_up_to_in_failure")
    source = f"{per_core.source}; {why}"
    readers = np.minimum(d.fan_out, 1.0) * d.zones
    constraints = [
        *_cpu(context, rows, per_core.value * MIB, normal, max(normal, float(failing)), source),
        *_network(
            context,
            rows,
            2.0 + d.fan_out,
            2.0 + readers,
            ("peak write x (upload + fan-out + archive)", "peak write x (1 + zones that read + archive)"),
        ),
    ]
    fewest = _limit(BUFSTREAM, "min_brokers")
    units = context.units_or(units_needed(constraints, np.maximum(fewest.value, d.zones), d.zones))
    etcd = _limit(BUFSTREAM, "write_gib_s")
    limits = [
        *_common_limits(d, BUFSTREAM),
        Limit(
            "writes with etcd as the metadata store",
            d.peak_payload_bytes_s,
            etcd.value * GIB,
            "bytes/s",
            etcd.source,
            advice="split over several clusters, or another metadata store",
        ),
    ]
    interval, size = _limit(BUFSTREAM, "object_interval_s"), _limit(BUFSTREAM, "object_mib")
    base, each = (_limit(BUFSTREAM, name) for name in ("gets_per_broker_s", "gets_per_broker_and_reader_s"))
    cold, how_cold = _cold_gets(d)

    def requests(brokers: Any) -> tuple[Array, Array]:
        puts = objects_written(d.wire_bytes_s, size.value * MIB, interval.value, brokers)
        return puts, np.asarray(brokers * (base.value + each.value * d.fan_out) + cold)

    puts, gets = requests(units)
    how_put = f"larger of brokers / {interval.value:g} s and write / {size.value:g} MiB"
    how_get = f"brokers x ({base.value:.4g} + {each.value:g} x fan-out) a second + {how_cold}"
    nodes, share = _limit(BUFSTREAM, "nodes"), _limit(BUFSTREAM, "metadata_share")
    lines = [
        _machine_line(context, units, "broker"),
        UsageLine(
            find_cloud("aws").instance_meter,
            context.spread(nodes.value * hours),
            "instance-hour",
            options["etcd_machine"],
            f"{nodes.value:g} etcd nodes x {hours:g} h",
        ),
        UsageLine(
            "bufstream.data-written",
            context.gib(d.payload_bytes_s),
            "GiB",
            formula="average write before compression, as metered",
        ),
        *_s3_lines(context, puts, gets, how_put, how_get, requests(1.0)),
        *_zone_lines(context, d.wire_bytes_s * share.value, f"metadata, {100 * share.value:.2f}% of the average write"),
    ]
    parts = [
        *_requests(context, puts, gets, how_put, how_get, f"{interval.source}; {base.source}"),
        Part("etcd nodes", context.spread(nodes.value), "nodes", "one a zone", nodes.source),
    ]
    notes = (
        "Bufstream meters bytes before compression; S3 holds them as the producers compress",
        "a byte read costs a broker as much CPU as a byte written; the published rule is of one reader and data that"
        " compress 4 to 1, and bytes that compress less are taken to cost the same",
        "requests follow the brokers, as in both published tests, from one broker in 80 ms",
    )
    return context.sizing("broker", units, constraints, limits, lines, parts, notes)


# ----------------------------------------------------------------------------------------------------- offers

_ZONE_ALIGNED = Option("zone_aligned", True, "clients name their zone, so that brokers of the same zone serve them")
_NOT_MODELLED = (
    "latency: an acknowledgement waits for S3, some hundreds of milliseconds with S3 Standard",
    "S3 Express One Zone, requests of retries and lists, deletes (free), lifecycle rules, KMS",
    "objects kept for a while after compaction or retention",
    "load balancers, NAT and gateway endpoints",
    "spot prices of machines; commitments to the vendor",
)


def _offer(
    name: str,
    title: str,
    model: Callable[[Context], Sizing],
    families: tuple[str, ...],
    options: tuple[Option, ...],
    availability: str,
    disks: str,
    not_modelled: tuple[str, ...],
    sources: tuple[str, ...],
    closed: str = "",
) -> Offer:
    return Offer(
        name=name,
        title=title,
        family="Diskless Kafka",
        provider="aws",
        configurations=partial(_configurations, families),
        model=model,
        options=(_ZONE_ALIGNED, *options),
        protocols=(Protocol.KAFKA,),
        kind="kafka-diskless",
        copies_on=Copies.OBJECT_STORE,
        guarantees={
            "copies": "kept by S3",
            "zones": "3, by S3",
            "availability": availability,
            "disks": disks,
        },
        not_modelled=(*not_modelled, *_NOT_MODELLED),
        sources=sources,
        closed=closed,
    )


OFFERS = (
    _offer(
        WARPSTREAM,
        "WarpStream BYOC on EC2 and S3",
        _warpstream,
        NETWORK_FAMILIES,
        (
            Option(
                "cluster_type",
                "fundamentals",
                "virtual cluster, which sets the fee, the partitions and the uptime SLA",
                allowed=("dev", "fundamentals", "pro"),
            ),
            Option("batch_interval_s", 0.25, "age at which an agent writes a batch [s]", low=0.025, high=10.0),
            Option("compaction_passes", 1.0, "how often background compaction writes a byte again", high=10.0),
        ),
        "control plane 99.9% (fundamentals), 99.99% (pro), none (dev): https://www.warpstream.com/pricing",
        "none; object storage",
        (
            "Enterprise clusters, schema registry, Tableflow, multi-region clusters (fees x regions)",
            "Lightning topics and agent groups",
        ),
        (
            "https://www.warpstream.com/pricing",
            "https://docs.warpstream.com/warpstream/configuration/deploy/instance-type-selection",
            "https://www.warpstream.com/blog/minimizing-s3-api-costs-with-distributed-mmap",
        ),
    ),
    _offer(
        AUTOMQ,
        "AutoMQ BYOC on EC2 and S3",
        _automq,
        AUTOMQ_FAMILIES,
        (
            Option(
                "rate",
                "highest",
                "end of the published range of rates; where the volume tiers begin is not public",
                allowed=("highest", "lowest"),
                price_ends=("lowest", "highest"),
            ),
        ),
        "not published",
        "a small EBS volume as write-ahead log; object storage",
        ("CPU, which AutoMQ's sizing rule leaves out", "prepaid AKU plans", "auto-scaling and spot machines"),
        (
            "https://docs.automq.com/automq-cloud/subscriptions-and-billings/byoc-env-billings/usage-based-billing",
            "https://github.com/AutoMQ/kafka-provider-comparison",
        ),
    ),
    _offer(
        BUFSTREAM,
        "Bufstream on EC2 and S3",
        _bufstream,
        NETWORK_FAMILIES,
        (
            Option(
                "etcd_machine",
                "m7g.large",
                "machine of the etcd nodes; Buf tested m6in.large",
                allowed=tuple(str(name) for name in _configurations(NETWORK_FAMILIES)),
            ),
        ),
        "none promised; depends on how it is run",
        "none; object storage",
        ("volumes of the etcd nodes", "Spanner or Postgres for metadata; Iceberg archives"),
        ("https://buf.build/docs/bufstream/cost", "https://buf.build/blog/bufstream-on-spanner"),
        closed="withdrawn as an offer of its own: passed to CoreWeave on 2026-05-08 (https://buf.build/product/bufstream)",
    ),
)
