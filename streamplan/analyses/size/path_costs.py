"""What the bytes of a plan cost on the way: each network path with its rate and the lines of the bill that it causes.

Meters of bytes and requests belong to one path, or to several that share it by their bytes, as `data/meters/` says.
Bytes between zones are one line of the bill; it is shared out only where the paths between zones add up to the billed
quantity.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from capacity.laws.paths import Paths
from pricing.billing import BillLine
from pricing.book import find_meter, meters
from streamfacts.units import GIB
from streamfacts.usage import BETWEEN_ZONES, NO_PATH, PATHS, REMOTE_STORAGE
from streamplan.planning.plan import Plan

#: Groups of the bill that are about people and have no meter of a vendor.
_NO_METER = ("people", "tooling", "licence", "support")


@dataclass(frozen=True, slots=True)
class Flow:
    """One path of all clusters: average rates [byte/s] and cost [USD/month], and the meters that it is billed on.

    A cost of 0 without meters is a path that is not billed, NaN one whose price is missing.
    """

    path: str
    bytes_s: float
    cross_zone_bytes_s: float
    usd: float
    meters: tuple[str, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True)
class PathCosts:
    """The paths of a plan, and what could not be shared out between them [USD/month]."""

    plan: Plan
    flows: tuple[Flow, ...]
    between_zones_usd: float

    def __getitem__(self, path: str) -> Flow:
        return next(flow for flow in self.flows if flow.path == path)

    @property
    def remote_usd(self) -> float:
        """Cost of the bytes held in the remote tier or object store [USD/month]."""
        return sum(float(e.cost) for e in self.plan.bill.entries if paths_of(e) == (REMOTE_STORAGE,))


def paths_of(line: BillLine) -> tuple[str, ...]:
    """Return the network paths that a line of a bill is for; see `pricing.book.Meter`.

    Raises
    ------
    InputError
        for a line on a meter that is in no table: its path is not known, and so not none.
    """
    if line.category in _NO_METER and line.usage.meter not in meters():
        return (NO_PATH,)
    return find_meter(line.usage.meter).paths


def path_costs(plan: Plan) -> PathCosts:
    """Return the rate and the cost of every network path of a plan.

    Examples
    --------
    >>> from capacity import Workload
    >>> from streamplan import plan
    >>> flows = path_costs(plan(Workload(write="100 MB/s", message="1 KiB", fan_out=2), "kafka-ec2-ebs"))
    >>> round(flows["replicate"].bytes_s / flows["produce"].bytes_s), flows.between_zones_usd
    (2, 0.0)
    """
    split, crossing = _zone_split(plan)
    rates = {name: _total(plan, getattr(crossing, name)) for name in PATHS}
    has_remote = any(paths_of(e) == (REMOTE_STORAGE,) and e.usage.quantity > 0 for e in plan.bill.entries)
    if has_remote and not rates["tier_upload"]:
        rates["tier_upload"] = rates["produce"]  # every byte written goes there once
    if plan.sizing.pools:  # brokers hold no copy of their own: every one goes to a bookie
        rates["replicate"] += rates["produce"]
    usd = dict.fromkeys(PATHS, 0.0)
    on: dict[str, list[str]] = {name: [] for name in PATHS}
    sources: dict[str, list[str]] = {name: [] for name in PATHS}
    unsplit = 0.0
    for entry in plan.bill.entries:
        if not entry.usage.quantity > 0:
            continue
        among = paths_of(entry)
        if among == (BETWEEN_ZONES,):
            shares: Mapping[str, float] = split
            unsplit += 0.0 if split else float(entry.cost)
        elif among in ((NO_PATH,), (REMOTE_STORAGE,)):
            continue
        else:
            shares = _shares({name: rates[name] for name in among})
        for name, share in shares.items():
            usd[name] += np.nan if entry.missing else share * float(entry.cost)
            on[name].append(entry.usage.meter)
            sources[name] += [row.source for row in entry.rows]
    return PathCosts(
        plan,
        tuple(
            Flow(
                name,
                rates[name],
                _total(plan, getattr(crossing, f"{name}_cross_zone", np.zeros(()))),
                usd[name],
                tuple(dict.fromkeys(on[name])),
                tuple(dict.fromkeys(sources[name])),
            )
            for name in PATHS
        ),
        unsplit,
    )


def _total(plan: Plan, rate: object) -> float:
    """A rate of one cluster as that of all."""
    return float(np.max(np.asarray(rate, float))) * plan.clusters


def _shares(parts: Mapping[str, float]) -> dict[str, float]:
    total = sum(parts.values())
    if total > 0:
        return {name: part / total for name, part in parts.items() if part > 0}
    return {next(iter(parts)): 1.0}


def _zone_split(plan: Plan) -> tuple[dict[str, float], Paths]:
    """The share of each path in the bytes billed between zones (empty if that is not known), and the paths.

    Tried are the sets of paths that offers bill, on the copies and zones that they keep, until one adds up to the
    billed quantity: what an offer bills is then read off its own bill.
    """
    demand, options = plan.sizing.demand, plan.sizing.options
    near = bool(options.get("follower_fetch", options.get("zone_aligned", False)))
    seconds = 3600.0 * plan.bill.hours_per_month
    billed = sum(float(e.usage.quantity) for e in plan.bill.entries if paths_of(e) == (BETWEEN_ZONES,))
    first = demand.paths(follower_fetch=near)
    if options.get("zone_aligned"):  # clients talk to the brokers of their own zone
        first = replace(first, produce_cross_zone=0.0 * first.produce, consume_cross_zone=0.0 * first.consume)
    if not billed:
        return {}, first
    for copies, zones in product((demand.replication_factor, 3.0), (demand.zones, 3.0)):
        paths = demand.paths(copies=copies, zones=zones, follower_fetch=near)
        crossing = {name: _total(plan, getattr(paths, f"{name}_cross_zone")) for name in PATHS[:3]}
        for among in (("produce", "replicate", "consume"), ("produce", "consume"), ("consume",), ("produce",)):
            part = {name: crossing[name] for name in among}
            gib = sum(part.values()) * seconds / GIB
            if any(np.isclose(billed, ways * gib, rtol=1e-6) for ways in (1.0, 2.0)):
                return _shares(part), paths
    return {}, first
