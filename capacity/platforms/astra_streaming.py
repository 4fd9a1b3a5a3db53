"""DataStax Astra Streaming (IBM) on AWS: Pulsar on shared clusters, paid by use, or on capacity units of one's own."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from capacity.laws.storage import stored_bytes
from capacity.platforms._managed import GB, MB, gigabytes, quota
from capacity.sizing.constraint import Constraint, Limit, units_needed
from capacity.sizing.offer import Context, Offer, Option, Protocol
from capacity.sizing.sizing import Part, Sizing
from capacity.systems.quotas import lagging_reads, quota_share, service_level, with_catch_up
from streamfacts.tables import Fact, limit
from streamfacts.usage import UsageLine

_OFFER = "astra-streaming"
_PRICES = "https://preview.datastax.com/astra-streaming-capacity-units"
_LIMITS = "https://docs.datastax.com/en/astra-streaming/operations/astream-limits.html"
_REGIONS = "https://docs.datastax.com/en/astra-streaming/operations/astream-regions.html"
SHARED, UNITS = "pay-as-you-go", "capacity-units"


def _fact(name: str, resource: str | None = None) -> Fact:
    return limit("astra", _OFFER, name, resource)


def _by_kind(context: Context, name: str, scale: float = 1.0) -> NDArray[np.float64]:
    """Return a limit of shared clusters and of capacity units, a row a configuration; infinite where none is set."""
    shared = context.names == SHARED
    try:
        dedicated = _fact(name, UNITS).value
    except LookupError:
        dedicated = np.inf
    return np.asarray(context.rows(np.where(shared, _fact(name, SHARED).value, dedicated)) * scale)


def _on_shared(
    context: Context,
    name: str,
    demand: Any,
    backlog: Any,
    one: Fact,
    unit: str,
    how: str,
    scale: float,
    shared: NDArray[np.float64],
) -> list[Constraint]:
    """Return a guardrail of a partition; of what is read also while a `backlog` is read on top."""
    normal = quota(context, name, demand, one, unit, f"{how}, on shared clusters", scale)
    return [normal] if backlog is None else with_catch_up(normal, backlog * shared)


def _model(context: Context) -> Sizing:
    d, options, hours = context.demand, context.options, context.hours_per_month
    shared = context.rows((context.names == SHARED).astype(float))
    out = d.fan_out + d.cross_region_copies
    write, records = d.peak_payload_bytes_s, d.peak_records_s
    # guardrails of a partition hold on shared clusters; those of capacity units are customised
    lagging = lagging_reads(d)
    constraints = [
        c
        for name, demand, backlog, key, unit, how, scale in (
            ("bytes produced", write, None, "partition_producer_mb_s", "bytes/s", "peak write", MB),
            ("messages produced", records, None, "partition_producer_messages_s", "messages/s", "peak messages", 1.0),
            (
                "bytes consumed",
                write * out,
                d.payload_bytes_s * lagging,
                "partition_consumer_mb_s",
                "bytes/s",
                "peak write x readers",
                MB,
            ),
            (
                "messages consumed",
                records * out,
                d.records_s * lagging,
                "partition_consumer_messages_s",
                "messages/s",
                "peak messages x readers",
                1.0,
            ),
        )
        for c in _on_shared(context, name, demand * shared, backlog, _fact(key, SHARED), unit, how, scale, shared)
    ]
    partitions = context.units_or(units_needed(constraints, d.partitions, 1.0))

    rate = float(options["scu_write_mb_s"]) * MB
    least = _fact("min_scus")
    share, _ = quota_share(d)
    scus = np.maximum(least.value, np.ceil(write / (rate * share) - 1e-9)) if rate else context.spread(least.value)
    scus = context.spread(scus) * (1.0 - shared)
    stored = stored_bytes(d.payload_bytes_s, d.held_s)
    block = _fact("storage_block_gb")
    blocks = context.spread(np.ceil(stored / (block.value * GB) - 1e-9)) * (1.0 - shared)

    topics = _by_kind(context, "topics_per_namespace") * _by_kind(context, "namespaces_per_tenant")
    most = topics * _by_kind(context, "tenants") * _fact("partitions_per_topic", SHARED).value
    limits = [
        Limit("partitions in the organisation", partitions * d.clusters, most, "partitions", _LIMITS),
        Limit("message size", d.max_message_bytes, _by_kind(context, "max_message_mb", MB), "bytes", _LIMITS),
        Limit(
            "subscriptions of a topic",
            d.consumer_groups,
            _by_kind(context, "subscriptions_per_topic"),
            "subscriptions",
            _LIMITS,
        ),
        Limit(
            "write rate of one capacity unit",
            context.spread(rate * (1.0 - shared)),
            1.0 - shared,
            "bytes/s",
            _PRICES,
            at_least=True,
            advice="none is published: give the one quoted to you in option scu_write_mb_s",
        ),
    ]

    tier = str(options["tier"])
    least_bytes = _fact("min_billed_message_bytes").value
    message = np.maximum(d.message_bytes, least_bytes)
    billed = d.payload_bytes_s * message / d.message_bytes
    metered = f"average payload before compression, messages of at least {least_bytes:g} bytes"
    lines = [
        UsageLine("astra.streaming.write", gigabytes(context, billed) * shared, "gigabyte", formula=metered),
        UsageLine(
            "astra.streaming.read",
            gigabytes(context, billed * out) * shared,
            "gigabyte",
            formula=f"{metered}, x (fan-out + other regions)",
        ),
        UsageLine(
            "astra.streaming.storage",
            context.spread(stored / GB) * shared,
            "gigabyte-month",
            formula="average payload x retention, once: logical storage",
        ),
        UsageLine("astra.streaming.scu", scus * hours, "SCU-hour", tier, f"capacity units, at least 3, x {hours:g} h"),
        UsageLine(
            "astra.streaming.storage-block",
            blocks * hours,
            "block-hour",
            tier,
            f"average payload x retention, once, in blocks of {block.value:g} GB, x {hours:g} h",
        ),
        UsageLine(
            "astra.streaming.scu-egress",
            gigabytes(context, d.payload_bytes_s * out) * (1.0 - shared),
            "gigabyte",
            tier,
            "average payload x (fan-out + other regions)",
        ),
    ]
    parts = (
        Part(
            "streaming capacity units",
            scus,
            "SCUs",
            "peak write over scu_write_mb_s x share used, at least 3",
            least.source,
        ),
        Part("storage blocks", blocks, "blocks", "stored payload, once / 128 GB", block.source),
    )
    notes = (
        "GB are 10^9 bytes: the namespace policy shows the limit of 25 MB/s as 25,000,000",
        "copies and zones are the service's own, whatever the workload asks",
        "messages count before compression and batching, by their payload",
        "prices of capacity units are those of standard regions of the group that an AWS region lies in",
        *service_level(d),
    )
    return context.sizing("partition", partitions, constraints, limits, lines, parts, notes)


OFFERS = (
    Offer(
        name=_OFFER,
        title="Astra Streaming",
        family="Other managed Kafka and Pulsar",
        provider="aws",
        configurations=lambda: np.array([SHARED, UNITS]),
        model=_model,
        configuration_is="plan",
        options=(
            Option("tier", "standard", "price tier of capacity units", allowed=("standard", "premium", "premium-plus")),
            Option(
                "scu_write_mb_s", 0.0, "write rate of one capacity unit [MB/s] as quoted; 0 for not known", high=1e4
            ),
        ),
        protocols=(Protocol.PULSAR, Protocol.KAFKA, Protocol.RABBITMQ, Protocol.JMS),
        kind="pulsar-managed",
        own_streams=True,
        counts_region_copies=True,
        guarantees={
            "copies": "2 in the default policy (bookkeeperWriteQuorum), which cannot be changed",
            "zones": "not stated",
            "availability": "not established",
            "disks": "managed",
        },
        not_modelled=(
            "topic-partition hours, which an earlier price page lists too",
            "functions and connectors, change data capture",
            "georeplication beyond the bytes that leave, outside a study of resilience",
            "AWS transfer on the user's side: clients come over the internet, or PrivateLink on capacity units",
            "the dedicated-cluster plan by node, closed: its customers move to capacity units",
        ),
        sources=(_PRICES, _LIMITS, _REGIONS),
    ),
)
