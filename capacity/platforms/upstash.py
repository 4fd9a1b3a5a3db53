"""Upstash Kafka on AWS, shut down on 2025-03-11: kept to read old bills and comparisons."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from capacity.laws.storage import stored_bytes
from capacity.platforms._managed import GB, MB, at_most, gigabytes
from capacity.sizing.constraint import Constraint, Limit
from capacity.sizing.offer import Context, Offer, Protocol
from capacity.sizing.sizing import Sizing
from capacity.systems.quotas import lagging_reads, quota_share, service_level, walls, with_catch_up
from capacity.systems.states import NORMAL
from streamfacts.tables import limit
from streamfacts.usage import UsageLine

_OFFER = "upstash-kafka"
_PAGE = "https://github.com/upstash/docs/blob/02ceb23f362436470a19b2377ad241c7101a9341/kafka/overall/pricing.mdx"
_END = "https://github.com/upstash/docs/blob/ab9e3bb63c70624f950e8cf1356eddce197ee578/kafka/overall/getstarted.mdx"
SINGLE, MULTI = "pay-as-you-go-single", "pay-as-you-go-multi"
PLANS = ("pro-2k", "pro-10k", "enterprise-100k")


def _model(context: Context) -> Sizing:
    d = context.demand
    by_use = np.isin(context.names, (SINGLE, MULTI))

    def per_plan(name: str) -> NDArray[np.float64]:
        values = []
        for plan in context.names:
            try:
                values.append(limit("upstash", _OFFER, name, str(plan)).value)
            except LookupError:
                values.append(np.inf)
        return context.rows(values)

    copies, rates = per_plan("copies"), per_plan("messages_s")
    moved = 1.0 + d.fan_out + d.cross_region_copies
    messages = d.records_s * moved
    share, why = quota_share(d)
    at_peak = Constraint(
        "messages",
        NORMAL,
        messages * d.peak_ratio,
        rates,
        share,
        "messages/s",
        f"{_PAGE}; {why}",
        "peak messages x (1 + fan-out + other regions)",
    )
    constraints = with_catch_up(at_peak, d.records_s * lagging_reads(d))
    units = context.units_or(1.0)
    split = "a larger plan, or split over several clusters"
    month = limit("upstash", _OFFER, "messages_month", MULTI)
    limits = [
        *walls(constraints, units, split),
        Limit(
            "messages in a month, where the price cap is reached",
            context.spread(messages * context.seconds),
            np.where(context.rows(by_use.astype(float)) > 0, month.value * units, np.inf),
            "messages",
            month.source,
            advice=split,
        ),
        Limit("partitions", d.partitions, per_plan("max_partitions") * units, "partitions", _PAGE, advice=split),
        Limit("message size", d.max_message_bytes, per_plan("max_message_mb") * MB, "bytes", _PAGE),
        Limit("copies", d.replication_factor, copies, "copies", _PAGE),
        at_most("zones", d.zones, limit("upstash", _OFFER, "copies", MULTI), "zones"),
    ]
    use = context.rows(by_use.astype(float))
    stored = stored_bytes(d.wire_bytes_s, d.held_s, copies)
    kind = np.where(context.names == SINGLE, "single-replica", "multi-replica")
    plan = np.where(by_use, PLANS[0], context.names)
    lines = [
        UsageLine(
            "upstash.kafka.messages",
            context.spread(messages * context.seconds / 1e5) * use,
            "100k-messages",
            kind,
            "messages produced and consumed, at the average",
        ),
        UsageLine(
            "upstash.kafka.plan", units * (1.0 - use), "cluster-month", plan, "clusters on a plan of fixed price"
        ),
        UsageLine(
            "upstash.kafka.data-in",
            gigabytes(context, d.wire_bytes_s) * (1.0 - use),
            "gigabyte",
            formula="average write on the wire, on plans of fixed price",
        ),
        UsageLine(
            "upstash.kafka.data-out",
            gigabytes(context, d.wire_bytes_s * (d.fan_out + d.cross_region_copies)) * (1.0 - use),
            "gigabyte",
            formula="average write on the wire x (fan-out + other regions), on plans of fixed price",
        ),
        UsageLine(
            "upstash.kafka.storage",
            context.spread(stored / GB),
            "gigabyte-month",
            formula="average write on the wire x retention x replicas: the page counts all of them",
        ),
    ]
    notes = (f"the service is gone: deprecated 2024-09-11, shut down 2025-03-11 ({_END})", "GB are 10^9 bytes")
    return context.sizing("cluster", units, constraints, limits, lines, (), (*notes, *service_level(d)))


OFFERS = (
    Offer(
        name=_OFFER,
        title="Upstash Kafka (shut down 2025-03-11)",
        family="Other managed Kafka and Pulsar",
        provider="aws",
        configurations=lambda: np.array([SINGLE, MULTI, *PLANS]),
        model=_model,
        configuration_is="plan",
        protocols=(Protocol.KAFKA,),
        kind="kafka-managed",
        counts_region_copies=True,
        guarantees={
            "copies": "3, or 1 with a single replica",
            "zones": "3, or 1 with a single replica",
            "availability": f"99.99%, or 99.5% with a single replica ({_PAGE}); none since it was shut down",
            "disks": "managed",
        },
        not_modelled=(
            "bandwidth of pay-as-you-go above its free quota, and the monthly price cap over messages and storage",
            "free tier, REST API, connectors",
        ),
        closed=f"withdrawn: deprecated 2024-09-11, shut down 2025-03-11 ({_END})",
        sources=(_PAGE, "https://github.com/upstash/upstash-web"),
    ),
)
