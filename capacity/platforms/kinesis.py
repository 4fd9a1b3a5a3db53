"""Amazon Kinesis Data Streams: provisioned shards, on-demand standard, on-demand advantage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capacity.laws.batches import batch_streams, lingered_records
from capacity.laws.storage import stored_bytes
from capacity.sizing.constraint import Constraint, Limit, units_needed
from capacity.sizing.offer import Context, Offer, Option, Protocol
from capacity.sizing.sizing import Part, Sizing
from capacity.systems.quotas import lagging_reads, quota_share, service_level, walls, with_catch_up
from capacity.systems.states import NORMAL
from streamfacts.tables import Fact, limit
from streamfacts.units import GIB, HOUR, KIB, MIB
from streamfacts.usage import UsageLine

SHARED, FAN_OUT = "shared reads", "enhanced fan-out"


def _to_other_regions(context: Context) -> UsageLine:
    d = context.demand
    gib = context.gib(d.payload_bytes_s * d.cross_region_copies)
    return UsageLine("aws.transfer.inter-region", gib, "GiB", formula="average write x other regions")


def _fan_out_consumers(context: Context, consumers: Any) -> Part:
    how = "consumer groups, or the option fan_out_consumers"
    return Part("enhanced fan-out consumers", context.spread(consumers), "consumers", how)


def _configurations() -> NDArray[Any]:
    return np.array([SHARED, FAN_OUT])


def _readers(context: Context) -> tuple[Any, Any, Any]:
    """Return (share of the reads over enhanced fan-out, such consumers, reads shared), a row a configuration."""
    d = context.demand
    groups = np.maximum(d.consumer_groups, np.ceil(d.fan_out))
    named = int(context.options["fan_out_consumers"])
    chosen = np.minimum(float(named), groups) if named else groups
    enhanced = context.rows((context.names == FAN_OUT).astype(float))
    consumers = enhanced * chosen
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(groups > 0, consumers / groups, 0.0)
    return share, consumers, d.fan_out * (1.0 - share)


def _record_limits(context: Context, offer: str, consumers: Any) -> list[Limit]:
    d = context.demand

    def fact(name: str) -> Fact:
        return limit("aws", offer, name)

    def at_most(name: str, demand: Any, wall: Fact, unit: str, scale: float) -> Limit:
        return Limit(name, np.asarray(demand, float), np.asarray(wall.value * scale), unit, wall.source)

    groups = np.maximum(d.consumer_groups, np.ceil(d.fan_out))
    polls = np.maximum(groups - consumers, 0.0) * float(context.options["polls_per_s"])
    calls = limit("aws", "kinesis-provisioned", "shard_read_calls_s")
    durable = "https://aws.amazon.com/kinesis/data-streams/faqs/"
    return [
        at_most("record size", d.max_message_bytes, fact("max_record_mib"), "bytes", MIB),
        at_most("retention", d.retention_s, fact("retention_max_h"), "seconds", HOUR),
        at_most("enhanced fan-out consumers", consumers, fact("max_efo_consumers"), "consumers", 1.0),
        Limit(
            "reads of a shard by shared consumers",
            polls,
            calls.value,
            "calls/s",
            calls.source,
            advice="enhanced fan-out, or fewer polls_per_s and so a later read",
        ),
        Limit("copies", d.replication_factor, 3.0, "copies", durable),
        Limit("zones", d.zones, 3.0, "zones", durable),
    ]


def _in_region(offer: str, name: str, region: str) -> Fact:
    try:
        return limit("aws", offer, name, region)
    except LookupError:
        return limit("aws", offer, name, "other")


def _kept(context: Context, offer: str) -> tuple[Any, Any]:
    """Return bytes kept in the first paid band (24 h to 7 d) and in the one beyond [byte]."""
    d = context.demand
    free = limit("aws", offer, "retention_default_h").value * HOUR
    # on-demand advantage has one price for everything beyond 24 h
    first_band = "retention_max_h" if offer == "kinesis-on-demand-advantage" else "extended_retention_max_h"
    extended = limit("aws", offer, first_band).value * HOUR
    first = np.where(d.retention_s <= extended, np.maximum(d.held_s - free, 0.0), extended - free)
    beyond = np.where(d.retention_s > extended, np.maximum(d.held_s - extended, 0.0), 0.0)
    return stored_bytes(d.payload_bytes_s, first), stored_bytes(d.payload_bytes_s, beyond)


def _hot_shard(walls: Sequence[tuple[Any, ...]]) -> list[Limit]:
    """What one shard takes as limits on the busiest: the records of a key go to one, however many there are.

    `walls` are name, what the busiest shard has, what one takes, unit and source of both.
    """
    advice = "keys that spread more evenly"
    return [
        Limit(f"{name} of the busiest shard", has, takes, unit, source, advice=advice)
        for name, has, takes, unit, source in walls
    ]


def _keys(context: Context) -> tuple[str, ...]:
    even = () if np.any(context.demand.hottest) else ("keys spread evenly over the shards",)
    return (*_NOTES, *even)


def _aggregated(context: Context) -> Any:
    """Return how many records the producer library puts into one [1].

    As many as make the size that is asked for; where the workload says how its producers write, no more than reach a
    shard from one of them while it waits: the time of `linger`, else the library's own.
    """
    d = context.demand
    most = np.maximum(float(context.options["aggregate_kib"]) * KIB / d.message_bytes, 1.0)
    if not {"linger", "producers"} & d.given:
        return most
    shards = np.maximum(
        d.partitions if d.partitions_given else 1.0,
        d.peak_payload_bytes_s / (limit("aws", "kinesis-provisioned", "shard_write_mib_s").value * MIB),
    )
    wait = d.linger_s if "linger" in d.given else float(limit("aws", "kinesis-provisioned", "kpl_buffered_s"))
    return lingered_records(d.records_s, batch_streams(shards, 1.0, d.producers), wait, most)


def _provisioned(context: Context) -> Sizing:
    d, hours, offer = context.demand, context.hours_per_month, "kinesis-provisioned"
    share, consumers, shared_reads = _readers(context)
    use, use_source = quota_share(d)
    record = d.message_bytes * _aggregated(context)
    records_s = d.payload_bytes_s / record
    write = d.peak_payload_bytes_s

    walls: list[tuple[Any, ...]] = []

    def of_shard(name: str, demand: Any, key: str, scale: float, unit: str, formula: str) -> Constraint:
        wall = limit("aws", offer, key)
        even = Constraint(
            name,
            NORMAL,
            np.asarray(demand),
            np.asarray(wall.value * scale),
            use,
            unit,
            f"{wall.source}; {use_source}",
            formula,
        )
        if not np.any(d.hottest):
            return even
        walls.append((name, d.hottest * demand, even.capacity * use, unit, wall.source))
        others = even.carrying(even.demand * (1.0 - d.hottest))
        return replace(others, lost=1.0, formula=f"{formula}, less that of the busiest shard, on the others")

    constraints = [
        of_shard("write bytes", write, "shard_write_mib_s", MIB, "bytes/s", "peak write, before compression"),
        of_shard(
            "write records",
            records_s * d.peak_ratio,
            "shard_write_records_s",
            1.0,
            "records/s",
            "peak records, aggregated if asked",
        ),
        *with_catch_up(
            of_shard(
                "shared reads",
                write * shared_reads,
                "shard_read_mib_s",
                MIB,
                "bytes/s",
                "peak write x fan-out of shared consumers",
            ),
            d.payload_bytes_s * lagging_reads(d, shared_reads),
        ),
        *with_catch_up(
            of_shard(
                "one fan-out consumer",
                write * (share > 0),
                "shard_efo_mib_s",
                MIB,
                "bytes/s",
                "peak write, once for each consumer",
            ),
            d.payload_bytes_s * lagging_reads(d, np.minimum(1.0, consumers)),
        ),
    ]
    units = context.units_or(units_needed(constraints, 1.0, 1.0))
    quota = _in_region(offer, "account_shard_quota", d.region)
    limits = [*_record_limits(context, offer, consumers), *_hot_shard(walls)]
    limits.append(
        Limit(
            "shards in the account",
            units * d.clusters,
            quota.value,
            "shards",
            quota.source,
            advice="a quota that AWS raises on request",
        )
    )
    unit_bytes = limit("aws", offer, "put_payload_unit_kib").value * KIB
    put_units = records_s * np.ceil(record / unit_bytes)
    long_kept = context.spread(_kept(context, offer)[1])
    free = limit("aws", offer, "retention_default_h").value * HOUR
    lines = [
        UsageLine("aws.kinesis.shard", units * hours, "shard-hour", formula=f"shards x {hours:g} h"),
        UsageLine(
            "aws.kinesis.put-payload-units",
            context.spread(put_units * context.seconds / 1e6),
            "million-units",
            formula="records x ceil(record / 25 KiB)",
        ),
        UsageLine(
            "aws.kinesis.shard-extended-retention",
            np.where(d.retention_s > free, units * hours, 0.0),
            "shard-hour",
            formula=f"shards x {hours:g} h if kept longer than 24 h",
        ),
        UsageLine(
            "aws.kinesis.long-term-retention",
            long_kept / GIB,
            "GiB-month",
            "provisioned",
            "average write x retention beyond 7 d",
        ),
        UsageLine(
            "aws.kinesis.fan-out-consumer",
            units * hours * consumers,
            "consumer-shard-hour",
            formula=f"shards x fan-out consumers x {hours:g} h",
        ),
        UsageLine(
            "aws.kinesis.fan-out-data",
            context.gib(d.payload_bytes_s * d.fan_out * share),
            "GiB",
            "provisioned",
            "average write x fan-out over enhanced fan-out",
        ),
        _to_other_regions(context),
    ]
    parts = (_fan_out_consumers(context, consumers),)
    return context.sizing("shard", units, constraints, limits, lines, parts, (*_keys(context), *service_level(d)))


def _on_demand(context: Context, *, mode: str) -> Sizing:
    d, hours, offer = context.demand, context.hours_per_month, f"kinesis-{mode}"
    share, consumers, shared_reads = _readers(context)
    use, use_source = quota_share(d)
    streams = context.units_or(float(context.options["streams"]))
    write = d.peak_payload_bytes_s

    def of_stream(name: str, demand: Any, key: str, formula: str) -> Constraint:
        wall = _in_region(offer, key, d.region)
        capacity = np.asarray(wall.value * MIB)
        return Constraint(
            name,
            NORMAL,
            np.asarray(demand),
            capacity,
            use,
            "bytes/s",
            f"{wall.source}; {use_source}",
            formula,
        )

    constraints = [
        of_stream("write bytes", write, "max_write_mib_s", "peak write, before compression"),
        *with_catch_up(
            of_stream(
                "shared reads", write * shared_reads, "max_read_mib_s", "peak write x fan-out of shared consumers"
            ),
            d.payload_bytes_s * lagging_reads(d, shared_reads),
        ),
    ]
    limits = walls(constraints, streams, "more streams, or a quota that AWS raises on request")
    limits += _record_limits(context, offer, consumers)
    if np.any(d.hottest):
        wall = limit("aws", "kinesis-provisioned", "shard_write_mib_s")
        limits += _hot_shard([("write bytes", d.hottest * write, wall.value * MIB, "bytes/s", wall.source)])
    count = limit("aws", offer, "on_demand_streams")
    limits.append(
        Limit(
            "on-demand streams in the account",
            streams * d.clusters,
            count.value,
            "streams",
            count.source,
            advice="a quota that AWS raises on request",
        )
    )

    step = limit("aws", offer, "record_rounding_bytes").value
    rounded = d.records_s * np.ceil(d.message_bytes / step) * step
    written = context.gib(rounded)
    read_shared = context.gib(d.payload_bytes_s * shared_reads)
    read_fan_out = context.gib(d.payload_bytes_s * d.fan_out * share)
    written_formula, read_formula = (
        "records x record rounded up to 1 KiB",
        "average write x fan-out of shared consumers",
    )
    if mode == "on-demand-advantage":
        least_in, least_out = (limit("aws", offer, f"advantage_min_{way}_mib_s").value * MIB for way in ("in", "out"))
        written = np.maximum(written, context.gib(least_in / d.clusters))
        shortfall = np.maximum(context.gib(least_out / d.clusters) - read_shared - read_fan_out, 0.0)
        read_shared = read_shared + shortfall
        written_formula += ", at least 25 MiB/s in the account and region"
        read_formula += ", topped up to 25 MiB/s of reads in the account and region"
    extended, long_kept = (context.spread(kept) / GIB for kept in _kept(context, offer))
    lines = [
        UsageLine("aws.kinesis.stream", streams * hours, "stream-hour", mode, f"streams x {hours:g} h"),
        UsageLine("aws.kinesis.data-in", written, "GiB", mode, written_formula),
        UsageLine("aws.kinesis.data-out", read_shared, "GiB", mode, read_formula),
        UsageLine(
            "aws.kinesis.fan-out-data", read_fan_out, "GiB", mode, "average write x fan-out over enhanced fan-out"
        ),
        UsageLine(
            "aws.kinesis.extended-retention",
            extended,
            "GiB-month",
            mode,
            "average write x retention beyond 24 h, in the first band",
        ),
        UsageLine(
            "aws.kinesis.long-term-retention",
            long_kept,
            "GiB-month",
            mode,
            "average write x retention beyond the first band",
        ),
        _to_other_regions(context),
    ]
    parts = (_fan_out_consumers(context, consumers),)
    return context.sizing("stream", streams, constraints, limits, lines, parts, (*_keys(context), *service_level(d)))


_POLLS = Option("polls_per_s", 1.0, "how often each shared consumer group reads each shard [1/s]", low=0.001, high=5.0)
_NOTES = ("records are written one by one and not compressed, unless the producer aggregates",)
_FAN_OUT_CONSUMERS = Option(
    "fan_out_consumers",
    0,
    "consumers on enhanced fan-out where it is chosen; 0 stands for every consumer group",
    high=1000,
)
_GUARANTEES = {
    "copies": "3",
    "zones": "3",
    "availability": "99.9% a month (https://aws.amazon.com/kinesis/sla/)",
    "disks": "managed",
}
_NOT_MODELLED = (
    "hot shards where the workload does not say hottest_partition or skew: keys are then taken as even",
    "interface endpoints (PrivateLink) and NAT, which bill each GiB that does not go over public addresses",
    "long-term retrieval, delivery to S3 or Iceberg, Lambda and Firehose",
)
_SOURCES = (
    "https://aws.amazon.com/kinesis/data-streams/pricing/",
    "https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html",
)


def _offer(name: str, title: str, model: Any, options: tuple[Option, ...]) -> Offer:
    return Offer(
        name=name,
        title=title,
        family="Amazon Kinesis Data Streams",
        provider="aws",
        configurations=_configurations,
        model=model,
        configuration_is="reads",
        options=options,
        protocols=(Protocol.KINESIS,),
        kind="kinesis",
        own_streams=True,
        metrics=("kinesis",),
        guarantees=_GUARANTEES,
        not_modelled=_NOT_MODELLED,
        lacks=("the Kafka protocol", "log compaction", "transactions"),
        sources=_SOURCES,
        unused={
            "retention_bytes": "records of a stream are kept for a time, whatever their size",
            "idempotence": "a setting of Kafka's producer",
        },
        impossible={"compacted": _SOURCES[1], "transactions": _SOURCES[1]},
    )


OFFERS = (
    _offer(
        "kinesis-provisioned",
        "Kinesis provisioned",
        _provisioned,
        (
            _FAN_OUT_CONSUMERS,
            _POLLS,
            Option(
                "aggregate_kib",
                0.0,
                "records aggregated by the producer library up to this size [KiB], if they arrive in time where"
                " linger or producers are given; 0 for none",
                high=1024.0,
            ),
        ),
    ),
    _offer(
        "kinesis-on-demand-standard",
        "Kinesis on-demand standard",
        partial(_on_demand, mode="on-demand-standard"),
        (_FAN_OUT_CONSUMERS, _POLLS, Option("streams", 1, "streams that the load is spread over", low=1, high=100000)),
    ),
    _offer(
        "kinesis-on-demand-advantage",
        "Kinesis on-demand advantage",
        partial(_on_demand, mode="on-demand-advantage"),
        (_FAN_OUT_CONSUMERS, _POLLS, Option("streams", 1, "streams that the load is spread over", low=1, high=100000)),
    ),
)
