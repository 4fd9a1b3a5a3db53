"""Confluent Cloud on AWS: Basic, Standard, Enterprise and Freight in elastic units (eCKU), Dedicated in CKU."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from capacity.clouds.cloud import find_cloud
from capacity.demand.demand import Demand
from capacity.laws.storage import stored_bytes
from capacity.sizing.constraint import Constraint, Limit, Resource, units_needed
from capacity.sizing.follower_fetch import FOLLOWER_FETCH
from capacity.sizing.offer import Context, Offer, Option, Protocol
from capacity.sizing.partitions import carried_partitions, fewest_words, guidelines
from capacity.sizing.sizing import Part, Sizing
from capacity.systems.quotas import count_share, lagging_reads, quota_share, service_level, with_catch_up
from capacity.systems.states import NORMAL
from streamfacts.arrays import Array
from streamfacts.tables import Fact
from streamfacts.tables import limit as fact
from streamfacts.units import GIB, KIB, MIB, TIB
from streamfacts.usage import UsageLine

_TYPES = "https://docs.confluent.io/cloud/current/clusters/cluster-types.html"
_DIMENSIONS = "https://docs.confluent.io/cloud/current/billing/billing-dimensions.html"
_FOLLOWERS = "https://docs.confluent.io/cloud/current/networking/fetch-from-follower.html"
_FREIGHT_CLIENTS = "https://docs.confluent.io/cloud/current/client-apps/optimizing/freight.html"
_PNI = "https://docs.confluent.io/cloud/current/networking/aws-pni.html"
_NETWORKING = "https://docs.confluent.io/cloud/current/networking/aws-overview.html"
_PRICING = "https://www.confluent.io/pricing/"

PUBLIC, PEERING, PRIVATELINK, PNI = "public", "peering", "privatelink", "pni"
ONCE, REPLICATED = "once", "after-replication"


ECKU, CKU = "eCKU", "CKU"


@dataclass(frozen=True)
class _Type:
    """What tells the cluster types apart beyond the figures in `data/limits/confluent.csv`."""

    sku: str
    unit: str
    networking: tuple[str, ...]
    availability: tuple[str, ...]
    storage_metered: str
    price_range: bool

    @property
    def offer(self) -> str:
        return f"confluent-{self.sku}"

    @property
    def elastic(self) -> bool:
        return self.unit == ECKU

    def limit(self, name: str, resource: str | None = None) -> Fact:
        return fact("confluent", self.offer, name, resource)


BASIC = _Type("basic", ECKU, (PUBLIC,), ("99.5%",), REPLICATED, False)
STANDARD = _Type("standard", ECKU, (PUBLIC,), ("99.9%", "99.99%"), REPLICATED, True)
ENTERPRISE = _Type("enterprise", ECKU, (PNI, PRIVATELINK), ("99.9%", "99.99%"), REPLICATED, True)
FREIGHT = _Type("freight", ECKU, (PNI,), ("99.99%",), ONCE, True)
DEDICATED = _Type("dedicated", CKU, (PEERING, PRIVATELINK, PUBLIC), ("99.99%", "99.95%"), REPLICATED, False)


def _of_partition(kind: _Type, d: Demand) -> list[tuple[str, Any, float, str]]:
    """Return what the peak is of all partitions and what the guideline lets one carry, by direction."""
    write = d.peak_wire_bytes_s
    loads = {"ingress": write, "egress": write * (d.fan_out + d.cross_region_copies)}
    out = []
    for way, load in loads.items():
        most = kind.limit(f"partition_{way}_mib_s")
        out.append((f"{way} of the busiest partition", load, most.value * MIB, most.source))
    return out


def _partitions(kind: _Type, d: Demand) -> Array:
    """Return the partitions given, or as many as the peak needs at what one partition carries."""
    return carried_partitions(d, [(load, most) for _, load, most, _ in _of_partition(kind, d)])


def compacted_share(context: Context) -> Array:
    """Return the share of the partitions that is compacted [1]: the option's, else the workload's."""
    return np.maximum(context.demand.compacted_share, float(context.options.get("compacted_share", 0.0)))


def _constraints(kind: _Type, context: Context, peak: Any, *, billed: bool = False) -> list[Constraint]:
    """Return every dimension of a unit at `peak` times the average load.

    What is `billed` is what the load uses, without headroom and without what a catch-up adds for some hours.
    """
    d, options = context.demand, context.options
    partition_share = count_share(d, "partitions")
    shares: dict[str, tuple[float, str]] = {}
    shares |= dict.fromkeys((Resource.PARTITIONS, Resource.COMPACTED_PARTITIONS), partition_share)
    shares[Resource.CONNECTIONS] = count_share(d, "connections")
    write = d.wire_bytes_s * peak
    read = write * (d.fan_out + d.cross_region_copies)
    partitions = _partitions(kind, d)

    def of_unit(name: str, demand: Any, key: str, unit: str, formula: str, scale: float = 1.0) -> Constraint:
        one = kind.limit(key)
        share = shares.get(name) or quota_share(d)
        ceiling, why = (1.0, "what is used is billed") if billed else share
        source = f"{one.source}; {why}"
        return Constraint(name, NORMAL, np.asarray(demand), one.value * scale, ceiling, unit, source, formula)

    fetched = float(options["fetch_kib"]) * KIB
    backlog = d.wire_bytes_s * lagging_reads(d)
    reads = [
        (
            of_unit("egress", read, "egress_mib_s", "bytes/s", "write on the wire x (fan-out + other regions)", MIB),
            backlog,
        ),
        (
            of_unit(
                "requests",
                write / d.batch_wire_bytes + read / fetched,
                "requests_s",
                "requests/s",
                f"produced batches, one a request, + bytes read / {fetched / KIB:g} KiB of a fetch",
            ),
            backlog / fetched,
        ),
    ]
    out = [
        of_unit("ingress", write, "ingress_mib_s", "bytes/s", "write on the wire", MIB),
        *(c for normal, more in reads for c in ([normal] if billed else with_catch_up(normal, more))),
        of_unit(Resource.PARTITIONS, partitions, "partitions", "partitions", fewest_words(d)),
    ]
    compacted = compacted_share(context)
    if kind is not FREIGHT and np.any(compacted > 0):
        out.append(
            of_unit(
                Resource.COMPACTED_PARTITIONS,
                partitions * compacted,
                "compacted_partitions",
                "partitions",
                "partitions x share of them that is compacted",
            )
        )
    if d.connections is not None:
        out.append(of_unit(Resource.CONNECTIONS, d.connections, "connections", "connections", "as given"))
    if options["connection_attempts"]:
        attempts = options["connection_attempts"] / d.clusters
        out.append(of_unit("connection attempts", attempts, "connection_attempts_s", "attempts/s", "as given"))
    return out


def _limits(kind: _Type, context: Context, units: Array) -> list[Limit]:
    d, options = context.demand, context.options
    split = "split over several clusters"

    def at_most(name: str, demand: Any, wall: Fact, unit: str, scale: float = 1.0, advice: str = "") -> Limit:
        return Limit(name, np.asarray(demand, float), wall.value * scale, unit, wall.source, advice=advice)

    most = kind.limit("max_units", options["networking"] if kind is ENTERPRISE else None)
    partitions = _partitions(kind, d)
    copies = kind.limit("replication_factor")
    zones = 1.0 if options["availability"] == "99.95%" else 3.0
    out = [
        at_most(f"{kind.unit}s in a cluster", units, most, f"{kind.unit}s", advice=split),
        at_most("partitions in a cluster", partitions, kind.limit("max_partitions"), "partitions", advice=split),
        at_most("message size", d.max_message_bytes, kind.limit("max_message_mib"), "bytes", MIB),
        at_most("copies", d.replication_factor, copies, "copies"),
        Limit("zones", d.zones, zones, "zones", _TYPES, advice="an availability of 99.99%" if zones == 1 else ""),
        at_most("clusters in the organisation", context.spread(d.clusters), kind.limit("max_clusters"), "clusters"),
    ]
    share = compacted_share(context)
    compacted = partitions * share
    exactly_once = options.get("transactions", False) or bool({"transactions", "idempotence"} & d.given)
    if kind is FREIGHT:
        asked: dict[str, tuple[Any, str, bool]] = {
            "compacted partitions": (compacted, "partitions", bool(np.any(share > 0))),
            "idempotent producers or transactions": (
                float(exactly_once),
                "features",
                bool(exactly_once),
            ),
        }
        for name, (demand, unit, is_asked) in asked.items():
            if is_asked:
                out.append(
                    Limit(name, demand, 0.0, unit, f"{_TYPES}; {_FREIGHT_CLIENTS}", advice="Freight has none of it")
                )
    elif np.any(share > 0):
        wall = kind.limit("max_compacted_partitions")
        out.append(at_most("compacted partitions in a cluster", compacted, wall, "partitions", advice=split))
    if d.connections is not None:
        wall = kind.limit("max_connections")
        out.append(at_most("connections to a cluster", d.connections, wall, "connections", advice=split))
    if options["connection_attempts"]:
        wall, attempts = kind.limit("max_connection_attempts_s"), options["connection_attempts"] / d.clusters
        out.append(at_most("connection attempts on a cluster", attempts, wall, "attempts/s", advice=split))
    if kind is BASIC:
        held = stored_bytes(d.wire_bytes_s, d.held_s)
        out.append(at_most("storage before replication", held, kind.limit("storage_tib"), "bytes", TIB, split))
    return out


def _network_lines(context: Context, zones: float) -> list[UsageLine]:
    """Return what the user's own AWS account is charged: Confluent bills its side within data in and data out."""
    d, options, where = context.demand, context.options, find_cloud("aws")
    aligned = bool(options.get("zone_aligned", False))
    paths = d.paths(copies=3.0, zones=zones, follower_fetch=aligned or bool(options.get("follower_fetch", False)))
    lines = []
    if options["networking"] in (PNI, PEERING):
        crossing = paths.consume_cross_zone + (0.0 if aligned else paths.produce_cross_zone)
        how = "(producers + consumers across zones) x 1: the other direction is Confluent's (fetch-from-follower.html)"
        lines.append(UsageLine(where.zone_meter, context.gib(crossing), "GiB", formula=how))
    elif options["networking"] == PRIVATELINK:
        endpoints = context.spread(zones * context.hours_per_month / d.clusters)
        moved = context.gib(paths.produce + paths.consume + paths.cross_region)
        lines += [
            UsageLine(
                "aws.privatelink.endpoint",
                endpoints,
                "endpoint-hour",
                formula=f"one VPC, {zones:g} zones x {context.hours_per_month:g} h, shared by all clusters",
            ),
            UsageLine("aws.privatelink.data", moved, "GiB", formula="average write x (1 + fan-out + other regions)"),
        ]
    lines.append(
        UsageLine(
            where.region_meter,
            context.gib(paths.cross_region),
            "GiB",
            formula="average write x other regions, by a replicator in the user's account",
        )
    )
    return lines


def _model(context: Context, *, kind: _Type) -> Sizing:
    d, options, hours = context.demand, context.options, context.hours_per_month
    least = kind.limit("min_units", options["availability"])
    constraints = _constraints(kind, context, d.peak_ratio)
    needed = units_needed(constraints, least.value, 1.0)
    units = context.units_or(needed)
    parts = [
        Part(
            f"least {kind.unit}s",
            context.spread(least.value),
            f"{kind.unit}s",
            f"for the {options['availability']} uptime SLA",
            least.source,
        ),
        Part(
            "partitions",
            context.spread(_partitions(kind, d)),
            "partitions",
            fewest_words(d),
            kind.limit("partition_ingress_mib_s").source,
        ),
    ]

    sku = kind.sku + ("-lowest" if options.get("rate") == "lowest" else "")
    if kind.elastic:
        average = options["ecku_billed"] == "average"
        used = _constraints(kind, context, 1.0 if average else d.peak_ratio, billed=True)
        load = units_needed(used, least.value, 1.0)
        billed = context.units_or(load)
        whose = "given" if context.units is not None else f"that the {'average' if average else 'peak'} load uses"
        how = f"eCKUs {whose} x {hours:g} h"
        parts.append(Part("eCKUs billed", billed, "eCKUs", how, _TYPES))
        if kind is BASIC:
            first = np.minimum(billed, 1.0)
            lines = [
                UsageLine("confluent.ecku", first * hours, "eCKU-hour", "basic-first", f"the first eCKU x {hours:g} h"),
                UsageLine("confluent.ecku", (billed - first) * hours, "eCKU-hour", sku, f"beyond the first: {how}"),
            ]
        else:
            lines = [UsageLine("confluent.ecku", billed * hours, "eCKU-hour", sku, how)]
    else:
        lines = [UsageLine("confluent.cku", units * hours, "CKU-hour", sku, f"CKUs x {hours:g} h")]
        for paid in ("credit card", "invoice"):
            wall = kind.limit("self_service_units", paid)
            how = f"the most that can be bought without a request when paid by {paid}"
            parts.append(Part(f"CKUs by {paid}", context.spread(wall.value), "CKUs", how, wall.source))

    replicated = options["storage_metered"] == REPLICATED
    copies = kind.limit("replication_factor").value if replicated else 1.0
    stored = stored_bytes(d.wire_bytes_s, d.held_s, copies) / GIB
    basis = f"x {copies:g} copies: metered after replication (billing-dimensions.html)" if replicated else "once"
    zones = 1.0 if options["availability"] == "99.95%" else 3.0
    lines += [
        UsageLine(
            "confluent.data-in",
            context.gib(d.wire_bytes_s),
            "GiB",
            sku,
            "average write on the wire, as batched and compressed (billing-dimensions.html)",
        ),
        UsageLine(
            "confluent.data-out",
            context.gib(d.wire_bytes_s * (d.fan_out + d.cross_region_copies)),
            "GiB",
            sku,
            "average write on the wire x (fan-out + other regions)",
        ),
        UsageLine(
            "confluent.storage", context.spread(stored), "GiB-month", kind.sku, f"average write x retention {basis}"
        ),
        *_network_lines(context, zones),
    ]
    if options["support"] != "none":
        lines.append(
            UsageLine(
                "confluent.support",
                context.spread(1.0 / d.clusters),
                "plan-month",
                options["support"],
                "one plan for the organisation, whatever the number of clusters",
            )
        )
    limits = _limits(kind, context, units)
    of_one = {"partitions": context.spread(_partitions(kind, d))}
    advice = guidelines(d, _partitions(kind, d), _of_partition(kind, d))
    said = (*_assumptions(kind, options), *advice, *service_level(d))
    cautions = _warnings(d, options)
    return context.sizing(kind.unit, units, constraints, limits, lines, parts, said, warnings=cautions, of_one=of_one)


def _warnings(d: Demand, options: Any) -> tuple[str, ...]:
    """What the uptime SLA leaves out of the loss that is to be survived."""
    if d.survive != "zone" or options["availability"] not in ("99.5%", "99.9%"):
        return ()
    promised = options["availability"]
    return (f"a {promised} SLA: to stay up with a zone lost is not promised (option availability; {_TYPES})",)


def _assumptions(kind: _Type, options: Any) -> tuple[str, ...]:
    out = [
        "MBps of the limits are 2^20 bytes, as in Confluent's sizing tool kcp; GB of the bill are 2^30, as it states",
        "limits of a unit hold while a machine or, in a cluster of several zones, a zone is down",
        "list prices of the base region; the multiplier by cloud region is not public",
    ]
    if kind.price_range:
        end = "upper" if options["rate"] == "highest" else "lower"
        out.append(f"every GB and eCKU at the {end} end of the published range (option rate)")
    if kind.elastic and options["ecku_billed"] == "average":
        out.append("eCKU-hours follow the load: the month has those of its average, rounded up (option ecku_billed)")
    if kind is FREIGHT:
        out.append("storage billed once: the page calls Freight's price effective before replication (storage_metered)")
    return tuple(out)


def _options(kind: _Type) -> tuple[Option, ...]:
    first, *others = kind.availability
    out = [
        Option(
            "availability",
            first,
            "uptime SLA, which sets the least units",
            allowed=(first, *others),
        ),
        Option("networking", kind.networking[0], "how clients reach the cluster", allowed=kind.networking),
        Option(
            "storage_metered",
            kind.storage_metered,
            "whether stored bytes are billed after replication (three copies) or once",
            allowed=(REPLICATED, ONCE),
        ),
        Option("compacted_share", 0.0, "share of the partitions that is compacted; at least the workload's", high=1.0),
        Option("connection_attempts", 0.0, "new client connections a second at peak; 0 is not checked", high=1e7),
        Option("fetch_kib", 1024.0, "bytes that a consumer fetches at once on average [KiB]", low=0.01, high=56320.0),
        Option(
            "support",
            "none",
            "support plan; its price is a share of usage with a minimum and is not public",
            allowed=("none", "developer", "business", "premier"),
        ),
    ]
    if kind.elastic:
        out.append(
            Option("ecku_billed", "average", "load whose eCKUs are billed every hour", allowed=("average", "peak"))
        )
    if kind.price_range:
        doc = "end of the published range of rates that is billed; where in between is not public"
        out.append(Option("rate", "highest", doc, allowed=("highest", "lowest"), price_ends=("lowest", "highest")))
    if kind in (ENTERPRISE, DEDICATED):
        out.append(FOLLOWER_FETCH)
    if kind is FREIGHT:
        out += [
            Option("zone_aligned", True, "clients name their zone, so that they are served in it"),
            Option("transactions", False, "whether idempotent producers or transactions are needed"),
        ]
    return tuple(out)


_NOT_MODELLED = (
    "annual commitments, whose discount is not public, and the thresholds from which rates fall with usage",
    "what copies bytes to other regions, outside a study of resilience: Cluster Linking or machines of a replicator",
    "connectors, Flink, ksqlDB, Schema Registry, Tableflow, audit logs and the REST API",
    "how fast units are added; API keys, ACLs and the rate of partition changes",
    "organisations created before 2024-04-16, whose Basic and Standard clusters have a base and a partition charge",
    "traffic between zones over PrivateLink; NAT, public addresses and internet transfer on the user's account",
)


def _offer(kind: _Type, title: str, promised: dict[str, str], more: tuple[str, ...] = ()) -> Offer:
    return Offer(
        name=kind.offer,
        title=f"Confluent Cloud {title}",
        family="Confluent Cloud",
        lacks=("a promise to survive a zone",) if kind is BASIC else (),
        provider="aws",
        configurations=lambda: np.array([kind.unit]),
        model=partial(_model, kind=kind),
        configuration_is="unit",
        options=_options(kind),
        protocols=(Protocol.KAFKA,),
        kind="kafka-managed",
        region_copies=("cluster-linking", "mirrormaker-2") if kind in (ENTERPRISE, DEDICATED) else None,
        counts_region_copies=True,
        metrics=("confluent", *(("confluent-dedicated",) if kind is DEDICATED else ())),
        guarantees={
            "copies": "3",
            "zones": promised.get("zones", "3"),
            "availability": f"{promised['sla']} a month (https://www.confluent.io/confluent-cloud-uptime-sla/)",
            "disks": promised.get("disks", "managed, tiered to object storage"),
        },
        not_modelled=(*_NOT_MODELLED, *more),
        sources=(_TYPES, _DIMENSIONS, _PRICING, _NETWORKING, _FOLLOWERS),
    )


OFFERS = (
    _offer(BASIC, "Basic", {"sla": "99.5%", "zones": "not promised"}),
    _offer(STANDARD, "Standard", {"sla": "99.99% with two eCKUs or more, 99.9% with one"}),
    _offer(
        ENTERPRISE,
        "Enterprise",
        {"sla": "99.99% with two eCKUs or more, 99.9% with one"},
        (f"the network interfaces that PNI asks for in the user's VPC ({_PNI})",),
    ),
    _offer(
        FREIGHT,
        "Freight",
        {"sla": "99.99%", "disks": "none; object storage, with relaxed latency"},
        ("latency, which is relaxed; only some AWS regions have Freight",),
    ),
    _offer(
        DEDICATED,
        "Dedicated",
        {"sla": "99.99% in several zones, 99.95% in one", "zones": "3, or 1 at the 99.95% SLA"},
        ("Transit Gateway; the load metric of a cluster, which decides when it is full",),
    ),
)
