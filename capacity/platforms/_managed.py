"""What the offers of smaller vendors share: limits from a table, client traffic in the user's account, a sizing."""

from __future__ import annotations

from typing import Any

import numpy as np

from capacity.clouds.cloud import find_cloud
from capacity.sizing.constraint import Constraint, Limit
from capacity.sizing.offer import Context
from capacity.systems.quotas import quota_share
from capacity.systems.states import NORMAL
from streamfacts.tables import Fact
from streamfacts.usage import UsageLine

#: Bytes of the decimal units that some vendors count in.
MB, GB = 1e6, 1e9


def at_most(name: str, demand: Any, wall: Fact, unit: str, scale: float = 1.0, advice: str = "") -> Limit:
    """Return a limit out of `data/limits/`, scaled to the demand's unit."""
    return Limit(name, np.asarray(demand, float), np.asarray(wall.value * scale), unit, wall.source, advice=advice)


def quota(
    context: Context,
    name: str,
    demand: Any,
    one: Fact,
    unit: str,
    formula: str,
    scale: float = 1.0,
    pool: str = "",
    *,
    whole: bool = False,
) -> Constraint:
    """Return a constraint on what a vendor publishes for one unit, used up to the workload's share of a quota.

    With `whole` the quota itself is met: what a service that follows the load bills.
    """
    share, why = (1.0, "") if whole else quota_share(context.demand)
    source = f"{one.source}; {why}" if why else one.source
    capacity = np.asarray(one.value * scale)
    return Constraint(name, NORMAL, np.asarray(demand), capacity, share, unit, source, formula, pool=pool)


def gigabytes(context: Context, bytes_s: Any) -> Any:
    """Return the gigabytes of 10^9 bytes that a byte rate moves in the billing month, for every configuration."""
    return context.spread(np.asarray(bytes_s, float) * context.seconds / GB)


def client_lines(context: Context, *, own_account: bool = False) -> list[UsageLine]:
    """Return the AWS transfer that the user's own account pays, with clients in a peered VPC of the same region.

    The vendor's account pays its own direction of what crosses zones, and replication; in the user's own account
    (`own_account`) both directions of everything are the user's.
    """
    d, where = context.demand, find_cloud("aws")
    near = bool(context.options.get("follower_fetch", False))
    paths = d.paths(follower_fetch=near)
    if own_account:
        crossing = paths.clients_cross_zone + paths.replicate_cross_zone
        return where.transfer_lines(context, crossing, paths.cross_region, "producers + replication + consumers")
    how = "(producers + consumers across zones) x 1: the other direction is in the vendor's account"
    return [
        UsageLine(where.zone_meter, context.gib(paths.clients_cross_zone), "GiB", formula=how),
        UsageLine(where.region_meter, context.gib(paths.cross_region), "GiB", formula="average write x other regions"),
    ]
