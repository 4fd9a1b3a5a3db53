"""AWS's sizing script for Amazon MSK: entitlement factors for one zone down, and what goes on the bill."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capacity.demand.demand import Demand
from capacity.laws.storage import stored_bytes
from capacity.rules.opinion import DiskSpace, Opinion, Outside, Traffic
from capacity.rules.rule import Rule, column, round_up, value
from capacity.sizing.machines import machine_table
from capacity.sizing.offer import Option
from streamfacts.arrays import Array
from streamfacts.errors import InputError
from streamfacts.units import GIB, MIB
from streamfacts.usage import HOURS_PER_MONTH, Usage, UsageLine

STANDARD, EXPRESS = "msk-sizing-standard", "msk-sizing-express"
SOURCE = (
    "https://github.com/aws/agent-toolkit-for-aws/blob/d6ad2e44d5e3077b85b63f322e007c84f94f3a6c/skills/"
    "specialized-skills/analytics-skills/managing-amazon-msk/scripts/msk_sizing.py"
)

#: Column of the partitions that a broker holds, by whether the most are asked for.
_PARTITIONS = ("recommended_partitions", "max_partitions")


def brokers_for(demand: ArrayLike, capacity: ArrayLike) -> Array:
    """Return brokers for a need: whole ones, then a multiple of the three zones [broker].

    Parameters
    ----------
    demand, capacity : of the cluster and of one broker, in the same unit [1]

    Examples
    --------
    >>> float(brokers_for(500, 4.85))
    105.0
    """
    zones = value(STANDARD, "zones")
    return round_up(round_up(np.asarray(demand, float) / np.asarray(capacity, float)), zones)


def standard_ingress(
    ebs_bytes_s: ArrayLike, network_bytes_s: ArrayLike, fan_out: ArrayLike, tiered: ArrayLike
) -> tuple[Array, Array]:
    """Return what one broker takes by its volumes and by its network, each at full use [byte/s].

    Parameters
    ----------
    ebs_bytes_s, network_bytes_s : of one broker [byte/s]
    fan_out : bytes read for each byte written [1]
    tiered : whether data go to the remote tier, any shape

    Examples
    --------
    >>> disk, network = standard_ingress(156.25, 234.0, 2.0, True)
    >>> float(disk), round(float(network), 2)
    (19.53125, 22.94)
    """
    tier = np.asarray(tiered, bool)
    storage = value(STANDARD, "storage_factor") + np.where(tier, value(STANDARD, "storage_factor_tiered"), 0.0)
    network = value(STANDARD, "network_factor") + np.where(tier, value(STANDARD, "network_factor_tiered"), 0.0)
    network = network + value(STANDARD, "zone_down_factor") * np.asarray(fan_out, float)
    return np.asarray(ebs_bytes_s, float) / storage, np.asarray(network_bytes_s, float) / network


def standard(
    demand: Demand,
    *,
    use_up_to: ArrayLike | None = None,
    follower_fetch: bool = True,
    provisioned_mib_s: float = 0.0,
    most_partitions: bool = False,
    broker_quota: float | None = None,
    hours_per_month: float = HOURS_PER_MONTH,
) -> Opinion:
    """Return brokers, disks and usage of every Standard size; data older than the hot retention is tiered.

    Parameters
    ----------
    demand : average, peak, fan-out, retention and partitions, of any shape
    use_up_to : share of a broker to plan with [1]; the script's 0.5 if left out
    follower_fetch : whether consumers read in their own zone; else their reads cross zones too
    provisioned_mib_s : provisioned storage throughput of a broker [MiB/s], 0 for none; the sizes that may have it are
        billed for it, and what consumers read on average must fit into it
    most_partitions : whether a broker holds the most partitions that it may, not the recommended number
    broker_quota : brokers of a cluster [broker]; the default quota if left out
    hours_per_month : hours in the billing month [h]

    Raises
    ------
    InputError
        for a provisioned throughput that the script refuses.
    """
    least, most = (value(STANDARD, f"{end}_provisioned") / MIB for end in ("least", "most"))
    if provisioned_mib_s and not least <= provisioned_mib_s <= most:
        raise InputError("provisioned_mib_s", provisioned_mib_s, f"0, or {least:g} to {most:g} MiB/s")
    table = machine_table("aws_msk")
    table = table.where(table["tier"] == "standard")
    keep = np.asarray(value(STANDARD, "use_up_to") if use_up_to is None else use_up_to, float)
    tiered = demand.retention_s > demand.hot_retention_s
    peak, copies = demand.peak_wire_bytes_s, demand.replication_factor
    ebs, nic = (column(table, f"{kind}_baseline_mib_s", demand) * MIB for kind in ("ebs", "network"))
    by_disk, by_network = standard_ingress(ebs, nic, demand.fan_out, tiered)
    ingress = np.minimum(by_disk, by_network) * keep
    space = DiskSpace(
        stored_bytes(demand.wire_bytes_s, np.minimum(demand.hot_retention_s, demand.held_s)),
        copies,
        np.asarray(1 / value(STANDARD, "disk_headroom")),
    )
    disk = space.provisioned_bytes
    replicas = demand.partitions * copies
    partitions = column(table, _PARTITIONS[most_partitions], demand)
    # egress is bound at fan-out times the ingress of a broker, so that it never asks for more than ingress does
    needs = {
        "ingress": peak / ingress,
        "partitions": replicas / partitions,
        "storage": disk / value(STANDARD, "max_volume"),
    }
    units = np.maximum.reduce(
        [
            np.broadcast_to(brokers_for(peak, ingress), (len(table), *demand.shape)),
            brokers_for(replicas, partitions),
            np.broadcast_to(
                brokers_for(disk, value(STANDARD, "max_volume")).astype(float), (len(table), *demand.shape)
            ),
        ]
    )
    bought = np.where(column(table, "vcpu", demand) >= value(STANDARD, "provisioned_from_vcpu"), provisioned_mib_s, 0.0)
    bought = np.minimum(bought, ebs / MIB)
    if provisioned_mib_s:
        read = demand.wire_bytes_s * demand.fan_out
        may = np.where(bought > 0, bought, np.inf) * MIB
        needs["provisioned throughput"] = read / may
        units = np.maximum(units, brokers_for(read, may))
    cold = stored_bytes(demand.wire_bytes_s, demand.held_s - np.minimum(demand.hot_retention_s, demand.held_s))
    lines = [
        _broker_hours(table.names, units, hours_per_month),
        UsageLine("aws.msk.storage", _all(disk / GIB, units), "GiB-month", "standard", "twice what is kept"),
        UsageLine(
            "aws.msk.tiered-storage",
            _all(cold / GIB, units),
            "GiB-month",
            "sizing-script",
            "one copy of what is older than the hot retention",
        ),
        UsageLine(
            "aws.msk.storage-throughput",
            units * bought,
            "MiB/s-month",
            "",
            "brokers x provisioned throughput, where the size may have it",
        ),
        _crossing(demand, units, follower_fetch, hours_per_month),
    ]
    load_factor = np.where(by_disk <= by_network, ebs / by_disk, nic / by_network)
    traffic = Traffic(
        peak * load_factor,
        np.where(by_disk <= by_network, ebs, nic),
        keep,
        "writes, replication, lagging consumers, rebalancing and a zone lost, as one factor on what producers write",
        at_peak=True,
    )
    return Opinion(
        unit="broker",
        units=units,
        vcpu=units * column(table, "vcpu", demand),
        memory_gib=units * column(table, "memory_gib", demand),
        disk_bytes=_all(disk, units),
        configuration=table.names,
        needs=needs,
        traffic=traffic,
        disk=space,
        outside=_outside(STANDARD, units, demand, (2, 3), broker_quota),
        usage=Usage(tuple(lines), hours_per_month),
    )


def express(
    demand: Demand,
    *,
    use_up_to: ArrayLike | None = None,
    follower_fetch: bool = True,
    most_partitions: bool = False,
    broker_quota: float | None = None,
    hours_per_month: float = HOURS_PER_MONTH,
) -> Opinion:
    """Return brokers and usage of every Express size.

    Parameters
    ----------
    demand, use_up_to, follower_fetch, most_partitions, broker_quota, hours_per_month : as for `standard`; the script
        plans with 0.75 [1]
    """
    table = machine_table("aws_msk")
    table = table.where(table["tier"] == "express")
    keep = np.asarray(value(EXPRESS, "use_up_to") if use_up_to is None else use_up_to, float)
    limit = column(table, "vcpu", demand) * value(EXPRESS, "ingress_of_a_vcpu")
    peak_in = demand.peak_wire_bytes_s
    peak_out = peak_in * demand.fan_out
    egress = limit * value(EXPRESS, "egress_factor")
    replicas = demand.partitions * demand.replication_factor
    partitions = column(table, _PARTITIONS[most_partitions], demand)
    needs = {
        "ingress": peak_in / (limit * keep),
        "egress": peak_out / egress,
        "partitions": replicas / partitions,
    }
    units = np.maximum.reduce(
        [brokers_for(peak_in, limit * keep), brokers_for(peak_out, egress), brokers_for(replicas, partitions)]
    )
    kept = stored_bytes(demand.wire_bytes_s, demand.held_s)
    moved = demand.wire_bytes_s * hours_per_month * 3600 / GIB
    lines = [
        _broker_hours(table.names, units, hours_per_month),
        UsageLine("aws.msk.storage", _all(kept / GIB, units), "GiB-month", "express", "one copy of what is kept"),
        UsageLine("aws.msk.express-data-in", _all(moved, units), "GiB", "", "what producers write"),
        _crossing(demand, units, follower_fetch, hours_per_month),
    ]
    by_egress = needs["egress"] > needs["ingress"]
    traffic = Traffic(
        np.where(by_egress, peak_out, peak_in),
        np.where(by_egress, egress, limit),
        np.where(by_egress, 1.0, keep),
        "what producers write, against the published limit of a broker; replication is AWS's",
        at_peak=True,
    )
    return Opinion(
        unit="broker",
        units=units,
        vcpu=units * column(table, "vcpu", demand),
        memory_gib=units * column(table, "memory_gib", demand),
        configuration=table.names,
        needs=needs,
        traffic=traffic,
        quantities={"storage billed, one copy": (_all(kept, units), "bytes")},
        outside=_outside(EXPRESS, units, demand, (3,), broker_quota),
        usage=Usage(tuple(lines), hours_per_month),
    )


def _all(amount: Any, units: Array) -> Array:
    return np.broadcast_to(np.asarray(amount, float), units.shape)


def _broker_hours(names: NDArray[Any], units: Array, hours: float) -> UsageLine:
    return UsageLine("aws.msk.broker", units * hours, "broker-hour", names, "brokers x hours")


def _crossing(demand: Demand, units: Array, follower_fetch: bool, hours: float) -> UsageLine:
    """Bytes across zones, metered on both sides; those of consumers only without follower fetch."""
    zones = value(STANDARD, "zones")
    passes = 1.0 if follower_fetch else 1.0 + demand.fan_out
    moved = demand.wire_bytes_s * passes * (zones - 1) / zones * hours * 3600 / GIB
    return UsageLine("aws.transfer.cross-zone", _all(2 * moved, units), "GiB", "", "2/3 of the bytes, out and in")


def _outside(
    rule: str, units: Array, demand: Demand, copies: tuple[int, ...], quota: float | None
) -> tuple[Outside, ...]:
    most = value(rule, "broker_quota") if quota is None else quota
    told = " or ".join(str(c) for c in copies)
    which = "default" if quota is None else "given"
    return (
        Outside(np.asarray(units > most), f"more than the {most:g} brokers of the {which} quota"),
        Outside(~np.isin(demand.replication_factor, copies), f"the script takes a replication factor of {told}"),
        Outside(np.asarray(demand.zones != value(STANDARD, "zones")), "the script knows three zones"),
    )


def _options(rule: str) -> tuple[Option, ...]:
    """The switches of the script, by the names that its functions have here."""
    return (
        Option("use_up_to", value(rule, "use_up_to"), "share of a broker to plan with [1]", low=0.01, high=1.0),
        Option("follower_fetch", True, "consumers read in their own zone (rack-affined)"),
        Option("most_partitions", False, "size for the most partitions of a broker, not the recommended"),
        Option("broker_quota", value(rule, "broker_quota"), "brokers of a cluster [broker]", low=3.0, high=10_000.0),
    )


_PROVISIONED = Option(
    "provisioned_mib_s", 0.0, "provisioned storage throughput of a broker [MiB/s]; 0 for none", low=0.0, high=1000.0
)

RULES = (
    Rule(
        STANDARD,
        "AWS MSK sizing script, Standard",
        "AWS",
        "Amazon MSK Standard",
        SOURCE,
        standard,
        valid="replication factor 2 or 3, three zones, up to 60 brokers",
        notes=(
            "provisioned storage throughput, which never lowers the brokers, is an option",
            "of partitions the recommended number of a broker is taken, unless most_partitions is asked for",
        ),
        against="msk-standard",
        options=(*_options(STANDARD), _PROVISIONED),
    ),
    Rule(
        EXPRESS,
        "AWS MSK sizing script, Express",
        "AWS",
        "Amazon MSK Express",
        SOURCE,
        express,
        valid="replication factor 3, three zones, up to 60 brokers",
        notes=("the script's egress limit is 2.5 times its ingress limit; the documentation says 2.0",),
        against="msk-express",
        options=_options(EXPRESS),
    ),
)
