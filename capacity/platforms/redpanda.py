"""Redpanda Cloud on AWS: Serverless, Dedicated (usage tiers), BYOC (brokers in one's own account)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from capacity.clouds.cloud import find_cloud
from capacity.laws.storage import stored_bytes
from capacity.sizing.constraint import Constraint, Limit, Resource
from capacity.sizing.follower_fetch import FOLLOWER_FETCH
from capacity.sizing.machines import MachineTable
from capacity.sizing.offer import Context, Offer, Option, Protocol
from capacity.sizing.partitions import (
    hottest_of,
    leaders_of,
    partitions_asked,
    partitions_part,
)
from capacity.sizing.sizing import Part, PartKind, Sizing
from capacity.systems.brokers import broker_constraints, rebuild_seconds
from capacity.systems.kafka import REBUILD_FORMULA, broker_machines, usable_machines
from capacity.systems.laid_brokers import lay_brokers
from capacity.systems.quotas import (
    count_share,
    lagging_reads,
    quota_share,
    service_level,
    vcpu_share,
    walls,
    with_catch_up,
)
from capacity.systems.states import NORMAL, states
from streamfacts.tables import Fact
from streamfacts.tables import limit as fact
from streamfacts.units import GIB, MIB
from streamfacts.usage import UsageLine

SERVERLESS, DEDICATED, BYOC = "redpanda-serverless", "redpanda-dedicated", "redpanda-byoc"
#: Families that Redpanda's sizing page names for AWS, and their successors; all with a documented local write rate.
NVME_FAMILIES = ("i3en", "i4i", "is4gen", "im4gn", "i8g")
DEDICATED_TIERS = np.array([f"tier-{n}" for n in range(1, 6)])
BYOC_LARGEST = "tier-9"
_SPLIT = "split over several clusters"
_BILLING = "https://docs.redpanda.com/cloud-data-platform/billing/billing/"
_SERVERLESS = "https://docs.redpanda.com/cloud-data-platform/get-started/cluster-types/serverless/"
_SIZING = "https://docs.redpanda.com/streaming/26.2/deploy/redpanda/manual/sizing/"


def _limit(offer: str, name: str, resource: str | None = None) -> Fact:
    return fact("redpanda", offer, name, resource)


def _at_most(name: str, demand: Any, wall: Fact, unit: str, scale: float = 1.0, advice: str = "") -> Limit:
    return Limit(name, np.asarray(demand, float), np.asarray(wall.value * scale), unit, wall.source, advice=advice)


def _data_lines(context: Context, sku: str) -> list[UsageLine]:
    """Return the bytes that Redpanda meters: on the wire, and each byte once in object storage."""
    d = context.demand
    stored = stored_bytes(d.wire_bytes_s, d.held_s) / GIB
    wire = "average write on the wire, as the proxy reads it"
    return [
        UsageLine("redpanda.data-in", context.gib(d.wire_bytes_s), "GiB", sku, wire),
        UsageLine(
            "redpanda.data-out",
            context.gib(d.wire_bytes_s * (d.fan_out + d.cross_region_copies)),
            "GiB",
            sku,
            "average write on the wire x (fan-out + other regions)",
        ),
        UsageLine(
            "redpanda.storage",
            context.spread(stored),
            "GiB-month",
            sku,
            "average write on the wire x retention, each byte once",
        ),
    ]


def _cluster_constraints(context: Context, offer: str, tiers: NDArray[Any] | None = None) -> list[Constraint]:
    """Return what one cluster carries: one figure each for Serverless, one a tier for Dedicated."""
    d = context.demand
    counted = {name: count_share(d, name) for name in ("partitions", "connections")}
    write = d.peak_wire_bytes_s

    def of_cluster(name: str, demand: Any, key: str, scale: float, unit: str, formula: str) -> Constraint:
        facts = [_limit(offer, key, None if tiers is None else str(t)) for t in (("",) if tiers is None else tiers)]
        values = np.array([each.value for each in facts]) * scale
        capacity = np.asarray(values[0]) if tiers is None else context.rows(values)
        ceiling, reason = counted.get(name) or quota_share(d)
        return Constraint(
            name, NORMAL, np.asarray(demand), capacity, ceiling, unit, f"{facts[0].source}; {reason}", formula
        )

    out = [
        of_cluster("ingress", write, "ingress_mb_s", 1e6, "bytes/s", "peak write on the wire"),
        *with_catch_up(
            of_cluster(
                "egress",
                write * (d.fan_out + d.cross_region_copies),
                "egress_mb_s",
                1e6,
                "bytes/s",
                "peak write on the wire x (fan-out + other regions)",
            ),
            d.wire_bytes_s * lagging_reads(d),
        ),
        of_cluster(Resource.PARTITIONS, d.partitions, "partitions", 1.0, "partitions", "as given, before replication"),
    ]
    if d.connections is not None:
        out.append(of_cluster("connections", d.connections, "connections", 1.0, "connections", "as given"))
    return out


_GB = "Redpanda bills GB and does not define it: read as 2^30 bytes"


# ------------------------------------------------------------------------------------------------- Serverless


def _serverless(context: Context) -> Sizing:
    d, hours = context.demand, context.hours_per_month
    constraints = _cluster_constraints(context, SERVERLESS)
    clusters = context.units_or(1.0)
    zones = _limit(SERVERLESS, "zones")
    limits = [
        *walls(constraints, clusters, _SPLIT),
        _at_most("message size", d.max_message_bytes, _limit(SERVERLESS, "max_message_mib"), "bytes", MIB),
        _at_most("consumer groups", d.consumer_groups, _limit(SERVERLESS, "consumer_groups"), "groups"),
        _at_most("copies", d.replication_factor, _limit(SERVERLESS, "replication_factor"), "copies"),
    ]
    if not context.options["one_zone"]:
        limits.append(_at_most("zones", d.zones, zones, "zones", advice="Dedicated or BYOC in several zones"))
    lines = [
        UsageLine("redpanda.serverless-uptime", clusters * hours, "cluster-hour", formula=f"clusters x {hours:g} h"),
        UsageLine(
            "redpanda.serverless-partition",
            context.spread(d.partitions * hours),
            "partition-hour",
            formula=f"partitions x {hours:g} h",
        ),
        *_data_lines(context, "serverless"),
        UsageLine(
            find_cloud("aws").region_meter,
            context.gib(d.wire_bytes_s * d.cross_region_copies),
            "GiB",
            formula="average write x other regions",
        ),
    ]
    notes = [
        *service_level(d),
        _GB,
        "the list rates of the launch post, taken as those of us-east-1; rates of other regions are not public",
    ]
    if context.options["one_zone"]:
        notes.append("runs in one zone, whatever zones and survive ask for (option one_zone)")
    parts = (Part("zones", context.spread(zones.value), "zones", "of the cluster", zones.source),)
    of_one = {"partitions": context.spread(d.partitions)}
    return context.sizing("cluster", clusters, constraints, limits, lines, parts, notes, of_one=of_one)


# -------------------------------------------------------------------------------------------------- Dedicated


def _dedicated(context: Context) -> Sizing:
    d, hours = context.demand, context.hours_per_month
    constraints = _cluster_constraints(context, DEDICATED, context.names)
    clusters = context.units_or(1.0)
    limits = [
        *walls(constraints, clusters, _SPLIT),
        _at_most("copies", d.replication_factor, _limit(DEDICATED, "replication_factor"), "copies"),
        _at_most("zones", d.zones, _limit(DEDICATED, "zones"), "zones"),
    ]
    lines = [
        UsageLine(
            "redpanda.dedicated-uptime",
            clusters * hours,
            "cluster-hour",
            context.names,
            f"clusters x {hours:g} h, at the price of the tier",
        ),
        *_data_lines(context, "dedicated"),
        UsageLine(
            find_cloud("aws").region_meter,
            context.gib(d.wire_bytes_s * d.cross_region_copies),
            "GiB",
            formula="average write x other regions",
        ),
    ]
    notes = (
        _GB,
        "Redpanda quotes prices of Dedicated by region and tier: none is public, so a quote has to be given",
        "a tier's maxima may not all be reached at once, says its page",
        *service_level(d),
    )
    of_one = {"partitions": context.spread(d.partitions)}
    return context.sizing("cluster", clusters, constraints, limits, lines, (), notes, of_one=of_one)


# ------------------------------------------------------------------------------------------------------- BYOC


def _candidates() -> MachineTable:
    table = usable_machines(find_cloud("aws"), local=True, memory_above_gib=0.0)
    least = _limit(BYOC, "memory_gb").value * 1e9 / GIB
    return table.where(np.isin(table["family"], NVME_FAMILIES) & (table["memory_gib"] >= least * table["vcpu"]))


def _byoc_constraints(context: Context, rows: MachineTable) -> tuple[list[Constraint], Any]:
    """Return Redpanda's rules for cores and memory, and the network and disks of a replicated log."""
    d = context.demand
    machines = broker_machines(context, find_cloud("aws"), rows, local=True)
    core, memory = _limit(BYOC, "write_mb_s"), _limit(BYOC, "memory_mb")
    whole, whole_why = count_share(d, "partitions")
    full, why = vcpu_share(d)
    cpu = [
        Constraint(
            "cores",
            state.name,
            # a failure moves leaders, not replicas: the survivors write what they wrote; catch-up adds the backlog
            d.peak_wire_bytes_s * state.copies_alive + state.backlog_follow,
            context.rows(rows["vcpu"]) * core.value * 1e6,
            full,
            "bytes/s",
            f"{core.source}; {why}",
            "peak write x copies alive + backlog of followers, at 100 MB/s a core",
            share=state.share,
            lost=state.lost,
            leaders=leaders_of(d),
            copies=state.copies_alive,
            lead=0.0,
            hottest=hottest_of(d),
            placed=True,
        )
        for state in states(d)
    ]
    replicas = context.rows(rows["memory_gib"]) * GIB / (memory.value * 1e6)
    partitions = Constraint(
        Resource.PARTITIONS,
        NORMAL,
        partitions_asked(d, stored_bytes(d.wire_bytes_s, d.hot_held_s)) * 3.0,
        replicas,
        whole,
        "partition replicas",
        f"{memory.source}; {rows.source}; {whole_why}",
        "partitions x 3 copies, at 2 MB of memory each",
        leaders=leaders_of(d),
        copies=3.0,
        lead=0.0,
        placed=True,
    )
    left_out = (
        Resource.CPU,
        Resource.PAGE_CACHE,
        Resource.PARTITIONS,
        Resource.CONNECTIONS,
        Resource.DISK_OPERATIONS,
    )
    log = [c for c in broker_constraints(d, machines, tiered=True) if c.name not in left_out]
    return [*cpu, partitions, *log], machines


def _byoc(context: Context) -> Sizing:
    given = context.demand
    copies = _limit(BYOC, "replication_factor")
    # three copies, whatever the workload asks for
    context = Context(
        given.replace(replication_factor=np.full_like(given.replication_factor, copies.value)),
        context.names,
        context.options,
        context.hours_per_month,
        context.units,
        context.shape,
        context.brief,
    )
    d, hours, where = context.demand, context.hours_per_month, find_cloud("aws")
    rows = _candidates().of(context.names)
    constraints, machines = _byoc_constraints(context, rows)
    least = np.maximum(3.0, d.zones)
    laid = lay_brokers(context, d, machines, constraints, d.hot_held_s, least=least, multiple=d.zones)
    units, constraints, layout, once = laid.units, laid.constraints, laid.layout, laid.once
    per_rpu, most_rpu = _limit(BYOC, "vcpu"), _limit(BYOC, "max_rpu")
    rpu = units * context.rows(rows["vcpu"]) / per_rpu.value
    tier = {name: _limit(BYOC, name, BYOC_LARGEST) for name in ("ingress_mb_s", "egress_mb_s", "partitions")}
    write, (use, _) = d.peak_wire_bytes_s, quota_share(d)
    limits = [
        Limit("brokers", units, copies.value, "brokers", "one broker a copy", at_least=True, of_copies=True),
        _at_most("RPUs of a cluster", rpu, most_rpu, "RPUs", advice=_SPLIT),
        _at_most("ingress of the largest tier", write, tier["ingress_mb_s"], "bytes/s", 1e6 * use, _SPLIT),
        _at_most(
            "egress of the largest tier",
            write * (d.fan_out + d.cross_region_copies),
            tier["egress_mb_s"],
            "bytes/s",
            1e6 * use,
            _SPLIT,
        ),
        *laid.placement_limits,
        _at_most("partitions of the largest tier", laid.asked, tier["partitions"], "partitions", 1.0, _SPLIT),
        _at_most("copies", given.replication_factor, copies, "copies"),
        _at_most("zones", d.zones, _limit(BYOC, "zones"), "zones"),
    ]
    if d.connections is not None:
        wall = _limit(BYOC, "connections", BYOC_LARGEST)
        limits.append(_at_most("connections of the largest tier", d.connections, wall, "connections", 1.0, _SPLIT))
    paths = d.paths(copies=copies.value, follower_fetch=context.options["follower_fetch"], tiered=True)
    crossing = paths.clients_cross_zone + paths.replicate_cross_zone
    remote = stored_bytes(d.wire_bytes_s, d.held_s)
    how = "average write x retention, one copy: closed segments go to S3 at once"
    lines = [
        UsageLine(where.instance_meter, units * hours, "instance-hour", context.names, f"brokers x {hours:g} h"),
        UsageLine("redpanda.rpu", rpu * hours, "RPU-hour", "byoc", f"brokers x vCPU / {per_rpu.value:g} x {hours:g} h"),
        *_data_lines(context, "byoc"),
        *where.object_lines(context, remote, paths.tier_upload, paths.tier_download, how),
        *where.transfer_lines(context, crossing, paths.cross_region, "producers + replication + consumers"),
    ]
    disk = context.spread(machines.disk_space_bytes / GIB)
    rebuild = rebuild_seconds(d, machines, units, tiered=True, partitions=laid.partitions)
    parts = (
        partitions_part(d, layout, units, once),
        Part("processing units", rpu, "RPUs", "brokers x vCPU / 2", per_rpu.source),
        Part("local disk of a broker", disk, "GiB", "what the machine carries", machines.source, PartKind.LOCAL_DISK),
        Part("object storage", context.spread(remote / GIB), "GiB", how, _BILLING),
        Part("time to rebuild a broker", rebuild, "seconds", REBUILD_FORMULA, kind=PartKind.REBUILD),
    )
    notes = (
        _GB,
        "Redpanda quotes prices of BYOC by organisation: none is public, so the bill is AWS's part and names the rest",
        "cores by Redpanda's 100 MB/s, which counts replicas and leaves out reads; a vCPU is taken as a core",
        f"the last {float(np.max(d.hot_retention_s)) / 3600:g} h stay on the brokers' disks",
    )
    of_one = layout.of_one(
        disk_bytes=machines.disk_space_bytes,
        vcpu=machines.vcpu,
        memory_gib=machines.memory_bytes / GIB,
        rebuild_s=rebuild,
    )
    return context.sizing("broker", units, constraints, limits, lines, parts, notes, of_one=of_one)


# ----------------------------------------------------------------------------------------------------- offers

_NOT_MODELLED = (
    "Redpanda Connect pipelines, Iceberg topics, private links",
    "annual commitments and the trial credit",
    "users, ACLs, schemas and producer IDs, which have limits of their own",
)


def _offer(name: str, title: str, configurations: Any, model: Any, what: str, options: Any, **promised: str) -> Offer:
    more = (promised.pop("not_modelled"),) if "not_modelled" in promised else ()
    return Offer(
        name=name,
        title=title,
        family="Redpanda Cloud",
        lacks=("survival of a zone: it runs in one",) if name == SERVERLESS else (),
        provider="aws",
        configurations=configurations,
        model=model,
        configuration_is=what,
        options=options,
        protocols=(Protocol.KAFKA,),
        kind="kafka-managed",
        counts_region_copies=True,
        guarantees={"copies": "3", **promised},
        not_modelled=(*more, *_NOT_MODELLED),
        sources=(_BILLING, _SERVERLESS if name == SERVERLESS else _SIZING),
    )


OFFERS = (
    _offer(
        SERVERLESS,
        "Redpanda Serverless",
        lambda: np.array(["serverless"]),
        _serverless,
        "cluster type",
        (Option("one_zone", True, "whether a cluster in one zone will do; Serverless has no other"),),
        zones="1",
        availability="99.9% a month (https://github.com/redpanda-data/cloud-docs)",
        disks="managed, tiered to object storage",
        not_modelled="what the user's own account pays for reaching the cluster: internet or private link, zones",
    ),
    _offer(
        DEDICATED,
        "Redpanda Dedicated",
        lambda: DEDICATED_TIERS,
        _dedicated,
        "tier",
        (),
        zones="1 or 3",
        availability="by contract",
        disks="managed, tiered to object storage",
        not_modelled="traffic between zones in the user's own account, which depends on the kind of link",
    ),
    _offer(
        BYOC,
        "Redpanda BYOC",
        lambda: _candidates().names,
        _byoc,
        "machine",
        (FOLLOWER_FETCH,),
        zones="1 or 3",
        availability="by contract",
        disks="local NVMe, tiered to S3; lost with the machine",
        not_modelled="the small machines that link to the control plane and run Kubernetes in the user's account",
    ),
)
