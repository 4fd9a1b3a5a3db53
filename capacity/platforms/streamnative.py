"""StreamNative Cloud on AWS: Serverless and BYOC (Pulsar), both charged in elastic throughput units (ETU)."""

from __future__ import annotations

from typing import Any

import numpy as np

from capacity.clouds.cloud import find_cloud
from capacity.laws.storage import stored_bytes
from capacity.platforms._managed import at_most, client_lines, quota
from capacity.sizing.constraint import Constraint, Limit, units_needed
from capacity.sizing.offer import Context, Copies, Offer, Option, Protocol
from capacity.sizing.sizing import Part, Sizing
from capacity.systems.quotas import lagging_reads, quota_share, service_level, with_catch_up
from capacity.systems.states import BROKER_DOWN, NORMAL, ZONE_DOWN, use_up_to
from streamfacts.tables import Fact, limit
from streamfacts.units import GIB, MIB
from streamfacts.usage import UsageLine

_SERVERLESS, _BYOC = "streamnative-serverless", "streamnative-byoc"
_SKUS = {_SERVERLESS: "serverless", _BYOC: "byoc"}
_BILLING = "https://docs.streamnative.io/cloud/billing/billing-overview"
_SLA = "https://streamnative.io/cloud-uptime-sla"

_BILLED = Option(
    "etu_billed", "average", "ETU-hours follow the load: those of the average, or of the peak", ("average", "peak")
)


def _throughput(context: Context, offer: str, peak: Any, *, billed: bool = False) -> list[Constraint]:
    """Return what one ETU carries against `peak` times the average load.

    What is `billed` is what the load uses, without headroom and without what a catch-up adds for some hours.
    """
    d = context.demand

    def fact(name: str) -> Fact:
        return limit("streamnative", offer, name)

    write = d.wire_bytes_s * peak
    read = write * (d.fan_out + d.cross_region_copies)
    entries = write / d.batch_wire_bytes
    out = "write on the wire x (fan-out + other regions)"
    egress = quota(context, "egress", read, fact("etu_egress_mib_s"), "bytes/s", out, MIB, whole=billed)
    how = "produced batches, an entry each"
    return [
        quota(context, "ingress", write, fact("etu_ingress_mib_s"), "bytes/s", "write on the wire", MIB, whole=billed),
        *([egress] if billed else with_catch_up(egress, d.wire_bytes_s * lagging_reads(d))),
        quota(context, "data entries", entries, fact("etu_entries_s"), "entries/s", how, whole=billed),
    ]


def _etu_line(context: Context, offer: str, given: bool) -> tuple[UsageLine, Part]:
    d, hours = context.demand, context.hours_per_month
    of = str(context.options["etu_billed"])
    load = d.peak_ratio if of == "peak" else 1.0
    used = units_needed(_throughput(context, offer, load, billed=True), 1.0, 1.0)
    billed = context.units_or(used) if given else context.spread(used)
    how = f"ETUs that the {of} load uses, whole ones, x {hours:g} h"
    line = UsageLine("streamnative.etu", billed * hours, "ETU-hour", _SKUS[offer], how)
    return line, Part("ETUs billed", billed, "ETUs", how, _BILLING)


def _serverless(context: Context) -> Sizing:
    d = context.demand
    constraints = _throughput(context, _SERVERLESS, d.peak_ratio)
    units = context.units_or(units_needed(constraints, 1.0, 1.0))
    split = "split over several clusters"
    tops = {
        "ingress": ("max_ingress_mib_s", MIB),
        "egress": ("max_egress_mib_s", MIB),
        "data entries": ("max_entries_s", 1.0),
    }
    share, _ = quota_share(d)
    limits = [
        at_most(
            f"{c.name} of a cluster" if c.state == NORMAL else f"{c.name} of a cluster ({c.state})",
            c.demand,
            limit("streamnative", _SERVERLESS, tops[c.name][0]),
            c.unit,
            tops[c.name][1] * share,
            split,
        )
        for c in constraints
    ]
    etu, billed = _etu_line(context, _SERVERLESS, given=True)
    out = d.fan_out + d.cross_region_copies
    lines = [
        etu,
        UsageLine(
            "streamnative.data-in",
            context.gib(d.wire_bytes_s),
            "GiB",
            "serverless",
            "average write on the wire, before replication",
        ),
        UsageLine(
            "streamnative.data-out",
            context.gib(d.wire_bytes_s * out),
            "GiB",
            "serverless",
            "average write on the wire x (fan-out + other regions)",
        ),
        UsageLine(
            "streamnative.storage",
            context.spread(stored_bytes(d.wire_bytes_s, d.held_s) / GIB),
            "GiB-month",
            "serverless",
            "average write on the wire x retention, one copy",
        ),
        *client_lines(context),
    ]
    notes = (
        "MBps of the limits are 2^20 bytes, as StreamNative counts throughput and storage in binary gigabytes",
        "an entry is a batch of the producer; unbatched messages are an entry each",
        "copies and zones are the service's own, whatever the workload asks",
        "stored bytes count once: that bills are before replication is stated of throughput, and taken for storage too",
        *service_level(d),
    )
    return context.sizing("ETU", units, constraints, limits, lines, (billed,), notes)


# ------------------------------------------------------------------------------------------------------- BYOC


def _surviving(context: Context, constraints: list[Constraint]) -> list[Constraint]:
    """Return the same load on the units that a failure leaves."""
    d = context.demand
    if d.survive == "zone":
        left = np.where(d.zones > 1, (d.zones - 1.0) / d.zones, 1.0)
        # where there is one zone only, it is one unit that can be lost
        kept: dict[str, Any] = {"share": left, "lost": np.where(d.zones > 1, 0.0, 1.0)}
        state = ZONE_DOWN
    elif d.survive == "broker":
        kept, state = {"share": 1.0, "lost": 1.0}, BROKER_DOWN
    else:
        return []
    return [
        Constraint(c.name, state, c.demand, c.capacity, c.ceiling, c.unit, c.source, c.formula, pool=c.pool, **kept)
        for c in constraints
    ]


def _byoc(context: Context) -> Sizing:
    d, options, hours, where = context.demand, context.options, context.hours_per_month, find_cloud("aws")
    write = d.peak_wire_bytes_s
    read = write * (d.fan_out + d.cross_region_copies)

    def fact(name: str) -> Fact:
        return limit("streamnative", _BYOC, name)

    egress = quota(
        context,
        "egress",
        read,
        fact("cu_egress_mib_s"),
        "bytes/s",
        "peak write on the wire x (fan-out + other regions)",
        MIB,
    )
    compute = [
        quota(context, "ingress", write, fact("cu_ingress_mib_s"), "bytes/s", "peak write on the wire", MIB),
        egress,
    ]
    storage = [
        quota(
            context,
            "bookie write",
            write * d.replication_factor,
            fact("su_write_mib_s"),
            "bytes/s",
            "peak write on the wire x copies",
            MIB,
            pool="SU",
        )
    ]
    compute = [*compute, *_surviving(context, compute), *with_catch_up(egress, d.wire_bytes_s * lagging_reads(d))[1:]]
    storage += _surviving(context, storage)
    cu = context.units_or(units_needed(compute, 1.0, 1.0))
    su = context.spread(units_needed(storage, np.maximum(d.replication_factor, d.zones), 1.0))
    etu, billed = _etu_line(context, _BYOC, given=False)
    fill, fill_source = use_up_to(d, "disk space", "disk_space_use_up_to")
    ledger = context.spread(stored_bytes(d.wire_bytes_s, d.held_s, d.replication_factor) / fill / GIB)
    lines = [
        etu,
        UsageLine(
            where.instance_meter,
            (cu + su) * hours,
            "instance-hour",
            options["machine"],
            f"(CUs + SUs) x {hours:g} h, one machine of 2 vCPU and 8 GiB each, paid to AWS",
        ),
        UsageLine(
            where.volume.size_meter,
            ledger,
            "GiB-month",
            where.volume.sku,
            "average write x retention x copies / fill on ledger volumes, paid to AWS",
        ),
        *client_lines(context, own_account=True),
    ]
    limits = (Limit("copies", d.replication_factor, su, "copies", "one bookie a copy"),)
    parts = (billed, Part("ledger volumes", ledger, "GiB", "stored bytes x copies / fill", fill_source))
    notes = (
        "a Pulsar cluster planned in compute and storage units; a Kafka cluster is planned in TUs and charged the same",
        f"a CU and an SU each run on one {options['machine']} (option machine): 2 vCPU and 8 GiB, as they are defined",
        "MBps of the guidelines are 2^20 bytes, as StreamNative counts throughput and storage in binary gigabytes",
        *service_level(d),
    )
    return context.sizing("CU", cu, [*compute, *storage], limits, lines, parts, notes, pools={"SU": np.asarray(su)})


def _small_machines() -> tuple[str, ...]:
    """The EC2 machines of a unit's size."""
    table = find_cloud("aws").machines()
    return tuple(table.names[(table["vcpu"] == 2) & (table["memory_gib"] == 8)].tolist())


OFFERS = (
    Offer(
        name=_SERVERLESS,
        title="StreamNative Serverless",
        family="Other managed Kafka and Pulsar",
        provider="aws",
        configurations=lambda: np.array(["cluster"]),
        model=_serverless,
        configuration_is="configuration",
        options=(
            _BILLED,
            Option(
                "follower_fetch", False, "consumers read in their own zone; not stated of Pulsar, so off by default"
            ),
        ),
        protocols=(Protocol.PULSAR, Protocol.KAFKA),
        kind="pulsar-managed",
        counts_region_copies=True,
        copies_on=Copies.SERVICE,
        guarantees={
            "copies": "the service's own; not stated",
            "zones": "the service's own; not stated",
            "availability": f"by its SLA ({_SLA})",
            "disks": "managed",
        },
        not_modelled=(
            "functions, connectors and Kafka Streams",
            "partitions and topics: no limit is published",
            "private connectivity",
        ),
        sources=(_BILLING,),
    ),
    Offer(
        name=_BYOC,
        title="StreamNative BYOC, Pulsar",
        family="Other managed Kafka and Pulsar",
        provider="aws",
        configurations=lambda: np.array(["pulsar"]),
        model=_byoc,
        configuration_is="engine",
        options=(
            _BILLED,
            Option("machine", "m6i.large", "EC2 machine of a compute or storage unit", allowed=_small_machines()),
            Option(
                "follower_fetch", False, "consumers read in their own zone; not stated of Pulsar, so off by default"
            ),
        ),
        protocols=(Protocol.PULSAR, Protocol.KAFKA),
        kind="pulsar-managed",
        counts_region_copies=True,
        guarantees={
            "copies": "the workload's replication factor, as write quorum",
            "zones": "the workload's zones",
            "availability": f"by its SLA ({_SLA})",
            "disks": "volumes in your own account",
        },
        not_modelled=(
            "Kubernetes, metadata nodes, load balancers and NAT in your account",
            "journal volumes, and provisioned throughput of any volume",
            "offload to object storage, and the Ursa engine, which keeps its data there",
            "partitions and topics: no limit is published",
        ),
        sources=(_BILLING, "https://docs.streamnative.io/docs/billing"),
    ),
)
