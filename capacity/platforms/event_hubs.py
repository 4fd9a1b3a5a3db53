"""Azure Event Hubs: Standard by throughput unit, Premium by processing unit, Dedicated by capacity unit."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from capacity.demand.demand import Demand
from capacity.laws.storage import stored_bytes
from capacity.platforms._compacted import compacted_limits
from capacity.sizing.constraint import Constraint, Limit, units_needed
from capacity.sizing.offer import Context, Offer, Option, Protocol
from capacity.sizing.partitions import carried_partitions, fewest_words, guidelines, hottest_of, partition_limits
from capacity.sizing.sizing import Part, Sizing
from capacity.systems.quotas import count_share, lagging_reads, quota_share, service_level, with_catch_up
from capacity.systems.states import NORMAL
from streamfacts.arrays import Array
from streamfacts.tables import Fact, limit, read_rows
from streamfacts.units import DAY, GIB, KIB
from streamfacts.usage import UsageLine

STANDARD, PREMIUM, DEDICATED = "event-hubs-standard", "event-hubs-premium", "event-hubs-dedicated"
#: Microsoft does not say what its MB is; 10^6 bytes is the smaller reading of a rate.
MB = 1e6

_COMPRESSION = "https://learn.microsoft.com/en-us/azure/event-hubs/azure-event-hubs-apache-kafka-overview"
_REPLICAS = "https://learn.microsoft.com/en-us/azure/event-hubs/event-hubs-premium-overview"


def _fact(offer: str, name: str, resource: str | None = None) -> Fact:
    return limit("azure", offer, name, resource)


def _compressed(context: Context, offer: str) -> bool:
    """Whether bytes are metered after compression: only where the Kafka endpoint takes it, and only from Kafka."""
    return offer != STANDARD and context.options["protocol"] == "kafka"


def _bytes_s(context: Context, offer: str) -> tuple[Array, str]:
    """Return the average write as the service counts it [byte/s], and what that is in words."""
    if _compressed(context, offer):
        return context.demand.wire_bytes_s, "write after compression"
    return context.demand.payload_bytes_s, "write, uncompressed"


def _partitions(context: Context, offer: str, peak_bytes_s: Array) -> Part:
    """Partitions: those given, or so many that each has no more than the recommended 1 MB/s."""
    d, each = context.demand, _fact(offer, "planning_mb_s")
    needed = carried_partitions(d, [(peak_bytes_s, each.value * MB)])
    how = "as given" if d.partitions_given else f"{fewest_words(d)}; one carries {each.value:g} MB/s"
    return Part("partitions", context.spread(needed), "partitions", how, each.source)


def _busiest(offer: str, peak_bytes_s: Array) -> list[tuple[str, Array, float, str]]:
    """What is recommended for one partition, beside the peak of all."""
    each = _fact(offer, "planning_mb_s")
    return [("ingress of the busiest partition", peak_bytes_s, each.value * MB, each.source)]


def _common_limits(context: Context, offer: str) -> list[Limit]:
    d = context.demand

    def at_most(name: str, demand: Any, wall: Fact, unit: str, scale: float = 1.0, advice: str = "") -> Limit:
        value = np.asarray(wall.value * scale)
        return Limit(name, np.asarray(demand, float), value, unit, wall.source, advice=advice)

    kafka = context.options["protocol"] == "kafka"
    groups = np.maximum(d.consumer_groups, np.ceil(d.fan_out))
    larger = "self-serve clusters take up to 20 MB where large messages are switched on" if offer == DEDICATED else ""
    return [
        at_most("event size", d.max_message_bytes, _fact(offer, "max_event_kib"), "bytes", KIB, larger),
        at_most("retention", d.retention_s, _fact(offer, "retention_max_d"), "seconds", DAY),
        *compacted_limits(d, _fact(offer, "compacted_partition_max_gb")),
        at_most(
            "Kafka consumer groups in a namespace" if kafka else "consumer groups of an event hub",
            groups,
            _fact(offer, "kafka_consumer_groups" if kafka else "consumer_groups"),
            "groups",
        ),
        Limit("copies", d.replication_factor, 3.0, "copies", _REPLICAS),
        Limit("zones", d.zones, 3.0, "zones", _REPLICAS),
    ]


def _namespaces(d: Demand, offer: str) -> Limit:
    wall = _fact(offer, "namespaces")
    return Limit("namespaces in the subscription", d.clusters, wall.value, "namespaces", wall.source)


def _connections(d: Demand, offer: str) -> list[Constraint]:
    if d.connections is None:
        return []
    wall = _fact(offer, "connections")
    use, use_source = count_share(d, "connections")
    source = f"{wall.source}; {use_source}"
    how = "client connections"
    return [Constraint("connections", NORMAL, d.connections, np.asarray(wall.value), use, "connections", source, how)]


def _kept_above(context: Context, offer: str, units: Array) -> tuple[Array, str]:
    """Return what is stored above the allowance of the units [GiB], and how in words."""
    rate, words = _bytes_s(context, offer)
    included = _fact(offer, "included_storage_gib").value
    stored = context.spread(stored_bytes(rate, context.demand.held_s) / GIB)
    with np.errstate(invalid="ignore"):
        above = np.where(np.isfinite(units), np.maximum(stored - units * included, 0.0), 0.0)
    return above, f"average {words} x retention, stored once, less units x {included:g} GiB included"


def _transfer(context: Context, offer: str) -> UsageLine:
    rate, words = _bytes_s(context, offer)
    gib = context.gib(rate * context.demand.cross_region_copies)
    return UsageLine("azure.transfer.inter-region", gib, "GiB", formula=f"average {words} x other regions")


def _keys(d: Demand) -> list[str]:
    return [] if np.any(d.hottest) else ["keys spread evenly over the partitions"]


# --------------------------------------------------------------------------------------------------- Standard


def _standard(context: Context) -> Sizing:
    d, hours, offer = context.demand, context.hours_per_month, STANDARD
    use, use_source = quota_share(d)
    lagging = lagging_reads(d)
    write, events = d.peak_payload_bytes_s, d.peak_records_s

    def of_unit(name: str, demand: Any, key: str, scale: float, unit: str, formula: str) -> Constraint:
        wall = _fact(offer, key)
        source = f"{wall.source}; {use_source}"
        return Constraint(name, NORMAL, np.asarray(demand), np.asarray(wall.value * scale), use, unit, source, formula)

    constraints = [
        of_unit("ingress bytes", write, "ingress_mb_s", MB, "bytes/s", "peak write, uncompressed"),
        of_unit("ingress events", events, "ingress_events_s", 1.0, "events/s", "peak records, each an event"),
        *with_catch_up(
            of_unit("egress bytes", write * d.fan_out, "egress_mb_s", MB, "bytes/s", "peak write x fan-out"),
            d.payload_bytes_s * lagging,
        ),
        *with_catch_up(
            of_unit("egress events", events * d.fan_out, "egress_events_s", 1.0, "events/s", "peak records x fan-out"),
            d.records_s * lagging,
        ),
    ]
    units = context.units_or(units_needed(constraints, 1.0, 1.0))
    partitions = _partitions(context, offer, write)
    most, each, hubs = (_fact(offer, n) for n in ("max_units", "partitions_per_event_hub", "event_hubs"))
    more = "more namespaces, or Premium or Dedicated"
    limits = [
        Limit("throughput units of a namespace", units, most.value, "units", most.source, advice=more),
        Limit(
            f"partitions of a namespace ({hubs.value:g} event hubs of {each.value:g})",
            partitions.value,
            hubs.value * each.value,
            "partitions",
            each.source,
            advice=more,
        ),
        *_common_limits(context, offer),
        # the recommended rate is that of a whole unit: Standard gives one partition no more
        *partition_limits(d, partitions.value, _busiest(offer, write)),
        _namespaces(d, offer),
    ]
    if d.connections is not None:
        wall, (whole, _) = _fact(offer, "connections"), count_share(d, "connections")
        most_clients = wall.value * whole
        limits.append(
            Limit("connections to a namespace", d.connections, most_clients, "connections", wall.source, advice=more)
        )
    step = _fact(offer, "billing_step_kib").value * KIB
    million_events = d.records_s * np.maximum(np.ceil(d.message_bytes / step), 1.0) * context.seconds / 1e6
    above, how = _kept_above(context, offer, units)
    capture, endpoint = (float(context.options[name]) for name in ("capture", "kafka_endpoint_meter"))
    lines = [
        UsageLine(
            "azure.event-hubs.throughput-unit", units * hours, "TU-hour", "standard", f"throughput units x {hours:g} h"
        ),
        UsageLine(
            "azure.event-hubs.ingress-events",
            context.spread(million_events),
            "million-events",
            "standard",
            "records x ceil(record / 64 KiB); reads are not billed",
        ),
        UsageLine(
            "azure.event-hubs.capture", units * hours * capture, "TU-hour", formula=f"units x {hours:g} h if captured"
        ),
        UsageLine(
            "azure.event-hubs.kafka-endpoint",
            context.spread(hours * endpoint),
            "namespace-hour",
            formula=f"{hours:g} h if that meter is charged",
        ),
        UsageLine("azure.blob.storage", above, "GiB-month", "hot-lrs", f"{how}; billed at the Blob rate"),
        _transfer(context, offer),
    ]
    notes = (
        "throughput units stay at what the peak needs: auto-inflate scales up and never down",
        "no compression on the Kafka endpoint of this tier; a batch does not lower the number of events",
    )
    of_one = {"partitions": partitions.value}
    said = (*notes, *_keys(d), *service_level(d))
    return context.sizing("throughput unit", units, constraints, limits, lines, (partitions,), said, of_one=of_one)


# -------------------------------------------------------------------------------------- Premium and Dedicated


def _throughput(context: Context, offer: str, use: float, use_source: str, source: str) -> list[Constraint]:
    d = context.demand
    rate, words = _bytes_s(context, offer)
    write = rate * d.peak_ratio
    ingress, egress = (float(context.options[f"{way}_mb_s_per_unit"]) * MB for way in ("ingress", "egress"))
    cited = f"{source}; {use_source}"
    return [
        Constraint(
            "ingress", NORMAL, write, np.asarray(ingress), use, "bytes/s", cited, f"peak {words}", hottest=hottest_of(d)
        ),
        *with_catch_up(
            Constraint(
                "egress",
                NORMAL,
                write * d.fan_out,
                np.asarray(egress),
                use,
                "bytes/s",
                cited,
                f"peak {words} x fan-out",
                hottest=hottest_of(d),
            ),
            rate * lagging_reads(d),
        ),
    ]


def _by_unit(name: str, demand: Any, wall: Fact, unit: str, use: float, use_source: str, formula: str) -> Constraint:
    source = f"{wall.source}; {use_source}"
    return Constraint(name, NORMAL, np.asarray(demand), np.asarray(wall.value), use, unit, source, formula)


@cache
def _sold(offer: str) -> Array:
    """Numbers of units that are sold, rising."""
    rows = read_rows("limits/azure")
    return np.sort([row["value"] for row in rows if (row["offer"], row["limit"]) == (offer, "units_sold")])


def _premium(context: Context) -> Sizing:
    d, hours, offer = context.demand, context.hours_per_month, PREMIUM
    use, use_source = quota_share(d)
    whole, whole_source = count_share(d, "partitions")
    source = _fact(offer, "ingress_mb_s", "unit-low").source
    peak = _bytes_s(context, offer)[0] * d.peak_ratio
    partitions = _partitions(context, offer, peak)
    constraints = [
        *_throughput(context, offer, use, use_source, source),
        _by_unit(
            "partitions",
            partitions.value,
            _fact(offer, "partitions"),
            "partitions",
            whole,
            whole_source,
            partitions.formula,
        ),
        *_connections(d, offer),
    ]
    needed = units_needed(constraints, 1.0, 1.0)
    sold = _sold(offer)
    step = np.minimum(np.searchsorted(sold, needed - 1e-9), len(sold) - 1)
    units = context.units_or(np.maximum(needed, sold[step]))
    most = _fact(offer, "max_units")
    limits = [
        Limit(
            "processing units of a namespace",
            units,
            most.value,
            "units",
            most.source,
            advice="more namespaces, or Dedicated",
        ),
        *_common_limits(context, offer),
        _namespaces(d, offer),
    ]
    above, how = _kept_above(context, offer, units)
    lines = [
        UsageLine(
            "azure.event-hubs.processing-unit", units * hours, "PU-hour", formula=f"processing units x {hours:g} h"
        ),
        UsageLine("azure.event-hubs.extended-retention", above, "GiB-month", "premium", how),
        _transfer(context, offer),
    ]
    low, high = (_fact(offer, "ingress_mb_s", f"unit-{end}").value for end in ("low", "high"))
    out_low, out_high = (_fact(offer, "egress_mb_s", f"unit-{end}").value for end in ("low", "high"))
    notes = (
        f"a unit carries about {low:g} to {high:g} MB/s in and {out_low:g} to {out_high:g} MB/s out, as the vendor "
        "says without a promise; the options set what is planned with, and default to the low end",
        f"sold as {', '.join(f'{n:g}' for n in sold)} units",
    )
    of_one = {"partitions": partitions.value}
    said = (*notes, *_keys(d), *guidelines(d, partitions.value, _busiest(offer, peak)), *service_level(d))
    return context.sizing("processing unit", units, constraints, limits, lines, (partitions,), said, of_one=of_one)


def _share_of_benchmark(d: Demand) -> tuple[float, str]:
    for key in ("quota", "all"):
        if key in d.use_up_to:
            return d.use_up_to[key], "the workload's use_up_to"
    known = _fact(DEDICATED, "use_up_to")
    return known.value, known.source


def _dedicated(context: Context) -> Sizing:
    d, hours, offer = context.demand, context.hours_per_month, DEDICATED
    whole, whole_source = count_share(d, "partitions")
    share, share_source = _share_of_benchmark(d)
    measured = _fact(offer, "ingress_mb_s", _SMALL)
    events = _fact(offer, "ingress_events_s", _SMALL)
    peak = _bytes_s(context, offer)[0] * d.peak_ratio
    partitions = _partitions(context, offer, peak)
    constraints = [
        *_throughput(context, offer, share, share_source, measured.source),
        _by_unit(
            "ingress events",
            d.peak_records_s,
            events,
            "events/s",
            share,
            share_source,
            "peak records, up to the highest rate measured",
        ),
        _by_unit(
            "partitions",
            partitions.value,
            _fact(offer, "partitions"),
            "partitions",
            whole,
            whole_source,
            partitions.formula,
        ),
        *_connections(d, offer),
    ]
    units = context.units_or(units_needed(constraints, 1.0, 1.0))
    most, own = _fact(offer, "max_units"), _fact(offer, "max_units_self_serve")
    limits = [
        Limit(
            "capacity units of a cluster",
            units,
            most.value,
            "units",
            most.source,
            advice="several clusters, or a support request",
        ),
        *_common_limits(context, offer),
    ]
    above, how = _kept_above(context, offer, units)
    lines = [
        UsageLine("azure.event-hubs.capacity-unit", units * hours, "CU-hour", formula=f"capacity units x {hours:g} h"),
        UsageLine("azure.event-hubs.extended-retention", above, "GiB-month", "dedicated", how),
        _transfer(context, offer),
    ]
    best = max(_fact(offer, "ingress_mb_s", r).value for r in (_SMALL, "batches-10x10kb", "batches-6x32kb"))
    notes = (
        f"a unit carried {measured.value:g} to {best:g} MB/s in the vendor's benchmark of four legacy units, the low "
        "end with records of 1 KB; no figure is published for today's units. The options set what is planned with",
        f"beyond {own.value:g} units by support request",
    )
    of_one = {"partitions": partitions.value}
    said = (
        *notes,
        *_keys(d),
        *guidelines(d, partitions.value, _busiest(offer, peak)),
        *service_level(d, (share, share_source)),
    )
    return context.sizing("capacity unit", units, constraints, limits, lines, (partitions,), said, of_one=of_one)


_SMALL = "batches-100x1kb"
_PROTOCOL = Option(
    "protocol",
    "kafka",
    "what clients speak; only Kafka compresses, and each has its own limit on groups",
    ("kafka", "amqp"),
)


def _rates(offer: str, resource: str, what: str) -> tuple[Option, ...]:
    return tuple(
        Option(
            f"{way}_mb_s_per_unit",
            _fact(offer, f"{way}_mb_s", resource).value,
            f"{way} planned on one unit [MB/s]; {what}",
            low=0.1,
            high=1000.0,
        )
        for way in ("ingress", "egress")
    )


_SOURCES = (
    "https://azure.microsoft.com/en-us/pricing/details/event-hubs/",
    "https://learn.microsoft.com/en-us/azure/event-hubs/event-hubs-quotas",
    "https://learn.microsoft.com/en-us/azure/event-hubs/event-hubs-scalability",
    _COMPRESSION,
)
_NOT_MODELLED = (
    "the limit on partitions of one event hub, as a workload has partitions of all topics together",
    "private endpoints and their traffic, firewalls, customer-managed keys, schema registry",
    "geo-disaster recovery, which copies no events; geo-replication outside a study of resilience: bytes to another"
    " region count at the bandwidth price, its units do not",
    "Kafka features that differ: transactions and Streams are in preview, no log compaction by default",
    "committed prices",
)


def _offer(name: str, title: str, model: Any, options: tuple[Option, ...], **words: Any) -> Offer:
    return Offer(
        name=name,
        title=title,
        family="Azure Event Hubs",
        provider="azure",
        configurations=lambda: np.array([words["configuration"]]),
        model=model,
        configuration_is="configuration",
        options=(*options, _PROTOCOL),
        protocols=(Protocol.KAFKA, Protocol.AMQP, Protocol.HTTPS),
        kind="event-hubs",
        own_streams=True,
        region_copies=() if name == STANDARD else ("event-hubs-geo-replication", "event-hubs-synchronous"),
        no_region_copy="geo-replication needs Event Hubs Premium or Dedicated; Standard copies names and settings only",
        guarantees={
            "copies": "3",
            "zones": "spread over zones where the region has them",
            "availability": words["availability"],
            "disks": "managed",
        },
        not_modelled=(*words.get("not_modelled", ()), *_NOT_MODELLED),
        sources=_SOURCES,
        unused={"retention_bytes": "events are kept for a time or by key, whatever their size"},
    )


OFFERS = (
    _offer(
        STANDARD,
        "Event Hubs Standard",
        _standard,
        (
            Option("capture", False, "events are also written to object storage (its own bill is not included)"),
            Option(
                "kafka_endpoint_meter",
                False,
                "charge the meter Standard Kafka Endpoint, which the price list holds; whether it is charged is not "
                "established, as Kafka is described as part of the tier",
            ),
        ),
        configuration="namespace",
        availability="not established from an open copy of the agreement",
        not_modelled=("scaling throughput units down by hand between peaks",),
    ),
    _offer(
        PREMIUM,
        "Event Hubs Premium",
        _premium,
        _rates(PREMIUM, "unit-low", "the vendor gives about 5 to 10 in and 10 to 20 out, with no promise"),
        configuration="namespace",
        availability="not established from an open copy of the agreement",
        not_modelled=("a rate of events a unit, which is not published; small records carry fewer bytes",),
    ),
    _offer(
        DEDICATED,
        "Event Hubs Dedicated",
        _dedicated,
        _rates(DEDICATED, _SMALL, "measured by the vendor: 100 to 262 in, 200 to 332 out, by size of record"),
        configuration="cluster",
        availability="99.99% (https://learn.microsoft.com/en-us/azure/event-hubs/event-hubs-dedicated-overview, 2020)",
        not_modelled=(
            "the least size of legacy clusters over availability zones, 8 units",
            "regions where the tier is not sold",
        ),
    ),
)
