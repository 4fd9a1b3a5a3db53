"""Google Cloud Pub/Sub: bytes published and delivered, and what topics or subscriptions retain."""

from __future__ import annotations

from typing import Any

import numpy as np

from capacity.laws.batches import batch_streams, lingered_records
from capacity.laws.storage import stored_bytes
from capacity.sizing.constraint import Constraint, Limit
from capacity.sizing.offer import Context, Offer, Option, Protocol
from capacity.sizing.placement import ROUNDING
from capacity.sizing.sizing import Part, Sizing
from capacity.systems.quotas import count_share, lagging_reads, quota_share, service_level, walls, with_catch_up
from capacity.systems.states import NORMAL
from streamfacts.errors import MissingFact
from streamfacts.tables import Fact, limit
from streamfacts.units import DAY, GIB, HOUR, TIB
from streamfacts.usage import UsageLine

NAME = "pubsub"
_PRICING = "https://cloud.google.com/pubsub/pricing"
_RAISED = "a default of the project, which Google may raise on request"


def _fact(name: str) -> Fact:
    return limit("gcp", NAME, name)


def _quota(name: str, region: str) -> Fact | None:
    """Return a quota of the region, None where Google's current figure was not found."""
    try:
        return limit("gcp", NAME, name, region)
    except MissingFact:
        return None


def _messages_per_request(context: Context) -> Any:
    """Return messages in a request: as the option says, else those of the workload's producer batch [1]."""
    d = context.demand
    asked = float(context.options["messages_per_request"])
    written = d.wire_bytes_s > 0
    if asked or d.batches_measured:
        in_a_batch = d.batch_wire_bytes * d.records_s / np.where(written, d.wire_bytes_s, 1.0)
        several = np.where(written, np.floor(asked or in_a_batch + ROUNDING), 1.0)
    else:  # a topic has no partitions that would split a producer's batch; an average is no whole number
        streams = batch_streams(1.0, float(context.options["topics"]), d.producers, keyed=False)
        several = lingered_records(d.records_s, streams, d.linger_s, d.full_batch_records)
    fitting = np.floor(_fact("max_request_mb").value * 1e6 / d.message_bytes)
    return np.clip(several, 1.0, np.clip(fitting, 1.0, _fact("max_request_messages").value))


def _model(context: Context) -> Sizing:
    d = context.demand
    overhead = float(context.options["overhead_bytes"])
    messages = _messages_per_request(context)
    requests_s = d.records_s / messages
    volume_s = d.payload_bytes_s + d.records_s * overhead
    # at least 1000 bytes a request, whether it publishes or delivers
    billed_s = np.maximum(volume_s, requests_s * _fact("request_min_bytes").value)
    subscriptions = np.maximum(d.consumer_groups, np.ceil(d.fan_out)) + d.cross_region_copies
    delivered = d.fan_out + d.cross_region_copies
    topics = context.units_or(float(context.options["topics"]))

    notes = [
        "one publish request a producer batch of the workload, delivered in batches of the same size"
        if not context.options["messages_per_request"]
        else "requests of the size given, published and delivered",
        "messages are billed uncompressed",
    ]
    constraints: list[Constraint] = []

    def of_the_project(
        name: str, demand: Any, quota: Fact, scale: float, used: tuple[float, str], unit: str, formula: str
    ) -> Constraint:
        # shared by all topics, so a further topic adds nothing
        of_one = np.asarray(quota.value * scale / topics)
        source = f"{quota.source}; {used[1]}"
        return Constraint(name, NORMAL, np.asarray(demand) * d.clusters, of_one, used[0], unit, source, formula)

    constraints.append(
        of_the_project(
            "subscriptions in the project",
            subscriptions * topics,
            _fact("project_subscriptions"),
            1.0,
            count_share(d, "quota"),
            "subscriptions",
            "(consumer groups + other regions) x topics",
        )
    )
    for name, quota_name, demand, backlog, formula in (
        ("publish throughput of the region", "publish_mb_s", billed_s, None, "peak bytes published to all topics"),
        (
            "subscriber throughput of the region",
            "subscribe_mb_s",
            billed_s * d.fan_out,
            billed_s * lagging_reads(d),
            "the same x fan-out",
        ),
    ):
        quota = _quota(quota_name, d.region)
        if quota is None:
            notes.append(f"Google's quota on the {name} was not found for {d.region} and is not checked")
            continue
        at_peak = of_the_project(name, demand * d.peak_ratio, quota, 1e6, quota_share(d), "bytes/s", formula)
        constraints += [at_peak] if backlog is None else with_catch_up(at_peak, backlog * d.clusters)
    limits = [*walls(constraints, topics, _RAISED), *_message_limits(context)]
    notes += service_level(d)

    replay = str(context.options["replay"])
    copies = {"topic": np.ones(()), "subscriptions": np.asarray(subscriptions), "none": np.zeros(())}[replay]
    how = {
        "topic": "average bytes of messages x retention, kept once for all subscriptions",
        "subscriptions": "average bytes of messages x retention x subscriptions",
        "none": "nothing is kept once it is acknowledged",
    }[replay]
    snapshots_s = float(context.options["snapshot_hours"]) * HOUR
    lines = [
        UsageLine(
            "gcp.pubsub.throughput",
            context.spread(billed_s * (1.0 + delivered) * context.seconds / TIB),
            "TiB",
            formula=f"average bytes, uncompressed, with {overhead:g} bytes beside each body and at least 1000 bytes a "
            "request, x (1 published + fan-out + other regions delivered)",
        ),
        UsageLine(
            "gcp.pubsub.storage",
            context.spread(stored_bytes(volume_s, d.held_s, copies) / GIB),
            "GiB-month",
            "subscription" if replay == "subscriptions" else "topic",
            how,
        ),
        UsageLine(
            "gcp.pubsub.storage",
            context.spread(stored_bytes(volume_s, snapshots_s) / GIB),
            "GiB-month",
            "snapshot",
            "average bytes of messages x hours held by snapshots",
        ),
        UsageLine(
            "gcp.transfer.inter-region",
            context.gib(volume_s * d.cross_region_copies),
            "GiB",
            formula="average bytes of messages x other regions; none between zones",
        ),
    ]
    stream = _fact("stream_mb_s")
    ordering_key = _fact("ordering_key_mb_s")
    parts = (
        Part("messages in a request", context.spread(messages), "messages", "producer batch, or the option"),
        Part(
            "bytes of a request",
            context.spread(messages * (d.message_bytes + overhead)),
            "bytes",
            f"messages x (body + {overhead:g} bytes); below 1000 bytes it is billed as 1000",
            _PRICING,
        ),
        Part("subscriptions", context.spread(subscriptions), "subscriptions", "consumer groups + other regions"),
        Part(
            "StreamingPull streams",
            context.spread(np.ceil(billed_s * d.peak_ratio * delivered / (stream.value * 1e6) - ROUNDING)),
            "streams",
            "peak bytes delivered / 10 MB/s of one",
            stream.source,
        ),
        Part(
            "ordering keys, if messages are ordered",
            context.spread(np.ceil(billed_s * d.peak_ratio / (ordering_key.value * 1e6) - ROUNDING)),
            "keys",
            "peak bytes published / 1 MB/s of one, spread evenly",
            ordering_key.source,
        ),
    )
    return context.sizing("topic", topics, constraints, limits, lines, parts, notes)


def _message_limits(context: Context) -> list[Limit]:
    d = context.demand
    size, kept = _fact("max_message_mb"), _fact("retention_max_d")
    out = [Limit("message size", d.max_message_bytes, np.asarray(size.value * 1e6), "bytes", size.source)]
    if context.options["replay"] != "none":
        out.append(Limit("retention", d.retention_s, np.asarray(kept.value * DAY), "seconds", kept.source))
    return out


OFFERS = (
    Offer(
        name=NAME,
        title="Pub/Sub",
        family="Google Cloud",
        provider="gcp",
        configurations=lambda: np.array(["pull subscriptions"]),
        model=_model,
        configuration_is="configuration",
        options=(
            Option(
                "messages_per_request",
                0,
                "messages in a publish or delivery request; 0 stands for the workload's producer batch",
                high=1000,
            ),
            Option(
                "overhead_bytes",
                20.0,
                "bytes billed beside each body [byte]: 20 of timestamp, attributes, message id, ordering key",
                high=1e6,
            ),
            Option(
                "replay",
                "topic",
                "what keeps messages for the workload's retention: the topic, each subscription, or nothing",
                allowed=("topic", "subscriptions", "none"),
            ),
            Option(
                "snapshot_hours", 0.0, "hours of messages held by snapshots, of all snapshots together", high=8760.0
            ),
            Option("topics", 1, "topics that the load is spread over", low=1, high=10000),
        ),
        protocols=(Protocol.PUBSUB,),
        kind="pubsub",
        own_streams=True,
        guarantees={
            "copies": "several, in more than one zone; the number is not promised",
            "zones": "of one region, chosen by the service",
            "availability": "99.95% a month (https://cloud.google.com/pubsub/sla)",
            "disks": "managed",
        },
        lacks=("the Kafka protocol", "partitions and offsets", "log compaction"),
        not_modelled=(
            "the length of the message id, which Google bills and does not state",
            "redelivery, and a backlog of unacknowledged messages",
            "BigQuery and Cloud Storage subscriptions, import topics, transforms: 40 to 80 USD a TiB on top",
            "transfer to clients outside the region",
            "committed prices; the free 10 GiB a month are of the billing account, not of the workload",
            "order across keys, offsets, compaction, transactions: Kafka clients must be changed",
        ),
        sources=(_PRICING, "https://cloud.google.com/pubsub/quotas"),
        unused={
            "retention_bytes": "messages are kept for a time, whatever their size",
            "idempotence": "a setting of Kafka's producer",
            "keyed": "a topic has no partitions",
        },
        impossible={name: "https://cloud.google.com/pubsub/docs/overview" for name in ("compacted", "transactions")},
    ),
)
