"""Who used what: the share of each application in a line, and how much of the line was used, kept in reserve, spare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from capacity import Demand, Sizing
from capacity.sizing.constraint import Constraint, InState, Resource
from pricing.billing import BillLine
from streamfacts.arrays import Array
from streamfacts.units import GIB, counted_by
from streamplan.analyses.chargeback.rules import Rule

#: How far the applications' own figures may add up to another one than the cluster's and still be taken as shares.
ADDITIVE = 0.25


@dataclass(frozen=True)
class Use:
    """What is known of a shared cluster, all of shape (months,), or (applications, months) for each alone.

    Attributes
    ----------
    demand : of each application
    alone : each application sized alone on the same machine, which gives its demand on each resource
    shared : the cluster as it is bought
    level : the cluster at the level that counts as use: at peak, or at the average
    """

    demand: Demand
    alone: Sizing
    shared: Sizing
    level: Sizing
    peak: bool

    @property
    def shape(self) -> tuple[int, ...]:
        return self.demand.shape

    def measure(self, name: str) -> Array:
        """Return what a driver counts, by application and month, shape (applications, months)."""
        d = self.demand
        lift = d.peak_ratio if self.peak else np.asarray(1.0)
        values = {
            "bytes_in": d.wire_bytes_s * lift,
            "bytes_out": d.wire_bytes_s * d.fan_out * lift,
            "bytes": d.wire_bytes_s * (1.0 + d.fan_out) * lift,
            "stored": d.wire_bytes_s * d.held_s,
            "records": d.records_s * lift,
            "partitions": d.partitions,
            "even": np.asarray(1.0),
        }
        return np.broadcast_to(values[name], self.shape)


def _adds_up(parts: Array, whole: Array) -> bool:
    total = parts.sum(axis=0)
    if not np.isfinite(parts).all() or not np.any(whole > 0):
        return False
    return bool(np.all(np.abs(total - whole) <= ADDITIVE * whole))


def _same(constraints: Sequence[Constraint], like: Constraint) -> Constraint | None:
    return next((c for c in constraints if (c.name, c.state, c.pool) == (like.name, like.state, like.pool)), None)


def busiest(use: Use, pool: str = "") -> tuple[str, Array, Array, Array]:
    """Return the resource of which most is used in the normal state and what is made of it.

    Only resources count on which the applications' own demands add up to that of the cluster: a least number of
    machines is nobody's demand.

    Returns
    -------
    Name of the resource; demand on it, shape (applications, months); share of what was bought that is used, and
    share that is needed with the headroom for failures, shape (months,) [1]
    """
    months = use.shape[1:]
    clusters = np.asarray(use.shared.demand.clusters, float)
    best: tuple[float, str, Array, Array] | None = None
    for c in use.level.constraints:
        theirs = _same(use.alone.constraints, c)
        if c.state != InState.NORMAL or c.pool != pool or theirs is None:
            continue
        parts = np.broadcast_to(np.asarray(theirs.demand, float), use.shape)
        if not _adds_up(parts, np.broadcast_to(c.demand, months) * clusters):
            continue
        used = np.broadcast_to(c.utilisation(use.shared.units_of(c)), months)
        if best is None or float(used.mean()) > best[0]:
            best = (float(used.mean()), c.name, parts, used)
    needed = np.zeros(months)
    for c in use.shared.constraints:
        if c.pool == pool:
            needed = np.maximum(needed, np.broadcast_to(c.needed() / use.shared.units_of(c), months))
    if best is None:
        return "bytes", use.measure("bytes"), np.ones(months), np.ones(months)
    used = np.minimum(best[3], 1.0)
    return best[1], best[2], used, np.clip(needed, used, 1.0)


def stored(use: Use, line: BillLine) -> tuple[Array, Array]:
    """Return how much of bought volumes holds data, and how much is needed with the free space kept, (months,) [1]."""
    months = use.shape[1:]
    space = [c for c in use.shared.constraints if (c.name, c.state) == (Resource.DISK_SPACE, InState.NORMAL)]
    if not space or counted_by(line.usage.unit)[0] != "GiB":
        return np.ones(months), np.ones(months)
    clusters = np.asarray(use.shared.demand.clusters, float)
    bought = np.maximum(np.broadcast_to(line.usage.quantity, months) * GIB, 1.0)
    used = np.minimum(np.broadcast_to(space[0].demand, months) * clusters / bought, 1.0)
    return used, np.clip(used / space[0].ceiling, used, 1.0)


def _own(use: Use, line: BillLine, number: int) -> Array | None:
    """Each application's quantity of a line, (applications, months); None where it causes none by itself: people."""
    lines = use.alone.usage.lines
    if number >= len(lines) or lines[number].meter != line.usage.meter:
        return None
    return np.broadcast_to(np.asarray(lines[number].quantity, float), use.shape)


def share_line(use: Use, line: BillLine, number: int, rule: Rule) -> tuple[str, Array, Array, Array]:
    """Return how a line is shared.

    Returns
    -------
    What it was shared by, in words; weight of each application, shape (applications, months); share of the line
    that is used and share that is needed, shape (months,) [1]
    """
    months = use.shape[1:]
    used = needed = np.ones(months)
    label, weight = rule.driver, None
    if rule.charged == "bought" and rule.driver != "stored":
        name, demand, used, needed = busiest(use, rule.pool)
        if rule.driver == "busiest":
            label, weight = name, demand
    elif rule.charged == "bought":
        used, needed = stored(use, line)
    elif rule.driver == "busiest":
        label, weight = busiest(use, rule.pool)[:2]
    if rule.driver == "own":
        own = _own(use, line, number)
        if own is not None and _adds_up(own, np.broadcast_to(line.usage.quantity, months)):
            label, weight = "own", own
        else:  # a minimum or a rounding that no application causes by itself
            label = {"storage": "stored", "requests": "records"}.get(line.category, "bytes")
    if weight is None:
        weight = use.measure(label)
    nobody = weight.sum(axis=0) <= 0
    return label, np.where(nobody, use.measure("bytes_in"), weight), used, needed
