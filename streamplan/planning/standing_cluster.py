"""Held: a cluster that is there, its walls, and whether it carries a demand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capacity import Constraint, Demand, Limit, Offer, Sizing, Workload, find_offer, size
from capacity.sizing.constraint import Resource
from streamfacts.arrays import Array
from streamfacts.errors import InputError, unknown_name
from streamfacts.units import human, parse
from streamfacts.usage import HOURS_PER_MONTH


@dataclass(frozen=True)
class Wall:
    """Something that a cluster runs into.

    Attributes
    ----------
    name, state : the resource and the state of the cluster; a limit of the service has the state "limit"
    used : share of the capacity in use, of the shape of the demand [1]
    wall : share that may be used [1]
    """

    name: str
    state: str
    used: Array
    wall: Array
    source: str

    @property
    def label(self) -> str:
        return f"{self.name} ({self.state})"

    @property
    def pressure(self) -> Array:
        """Use over what may be used: above 1 it binds [1]."""
        return np.asarray(self.used / self.wall)


@dataclass(frozen=True)
class Held:
    """A cluster that is there: so many units of one machine type, of each pool, on disks of one size.

    Parameters
    ----------
    pools : units of the further kinds of an offer, such as ``{"bookie": 9}``
    disk_bytes : disk of one unit, or of one bookie where there are such [byte]; the largest that can be had if left out
    clusters : equal clusters that share the load [1]
    """

    platform: str
    machine: str
    units: int
    pools: Mapping[str, float]
    disk_bytes: float | None
    clusters: int
    options: Mapping[str, Any]
    hours_per_month: float = HOURS_PER_MONTH

    @property
    def offer(self) -> Offer:
        return find_offer(self.platform)

    @cached_property
    def what(self) -> str:
        """The cluster in words."""
        sizing = self._sizing(Demand.of(Workload(write="1 MB/s")))
        kinds = [f"{self.units:,} x {self.machine} ({sizing.unit})"]
        kinds += [f"{number:,.0f} {kind}s" for kind, number in self.pools.items()]
        disk = f", disks of {human(self.disk_bytes, 'bytes')}" if self.disk_bytes else ""
        return ("" if self.clusters == 1 else f"{self.clusters} clusters of ") + " + ".join(kinds) + disk

    def _sizing(self, demand: Demand) -> Sizing:
        return size(
            demand,
            self.platform,
            machine=self.machine,
            units=self.units,
            clusters=self.clusters,
            options=self.options,
            hours_per_month=self.hours_per_month,
        )

    def walls(self, demand: Demand) -> list[Wall]:
        """Return every constraint in every state, and every limit of the service, under a demand of any shape."""
        sizing = self._sizing(demand)
        shape = demand.shape
        out = []
        for constraint in sizing.constraints:
            units = self.pools.get(constraint.pool, np.inf) if constraint.pool else sizing.units
            used = self._with_disk(constraint).utilisation(np.asarray(units, float))
            out.append(
                Wall(
                    constraint.name,
                    constraint.state,
                    np.broadcast_to(np.where(np.isnan(used), 0.0, used), shape),
                    np.broadcast_to(np.asarray(constraint.ceiling, float), shape),
                    constraint.source,
                )
            )
        # behind the limits of the service `size` puts one for each constraint, since the units are given
        for limit in sizing.limits[: len(sizing.limits) - len(sizing.constraints)]:
            out.append(Wall(limit.name, "limit", np.broadcast_to(_share(limit), shape), np.ones(shape), limit.source))
        return out

    def _with_disk(self, constraint: Constraint) -> Constraint:
        if constraint.name != Resource.DISK_SPACE or self.disk_bytes is None:
            return constraint
        return replace(constraint, capacity=self.disk_bytes)

    def carries(self, demand: Demand) -> NDArray[np.bool_]:
        """Return where the cluster carries the demand: no wall is passed."""
        out = np.ones(demand.shape, bool)
        for wall in self.walls(demand):
            out &= wall.pressure <= 1.0 + 1e-9
        return out


def held(
    demand: Demand,
    platform: str,
    machine: str | None,
    units: int,
    *,
    pools: Mapping[str, float] | None = None,
    disk: str | float | None = None,
    clusters: int = 1,
    options: Mapping[str, Any] | None = None,
    hours_per_month: float = HOURS_PER_MONTH,
) -> Held:
    """Return a cluster that is there, checked; a pool that is not given has what a 0-d demand needs of it.

    Parameters
    ----------
    machine : its type; may be left out where the offer has only one configuration
    disk : of one unit, "2 TB" or a number [byte]

    Raises
    ------
    InputError
        for an unknown platform, machine, pool or option, units or a disk that cannot be.
    """
    offer = find_offer(platform)
    names = offer.configurations()
    if machine is None:
        if len(names) > 1:
            raise InputError(offer.configuration_is, None, f"the one that is there ({len(names)} known for {platform})")
        machine = str(names[0])
    checked = offer.checked_options(options or {})
    disk_bytes = parse(disk, "size", "disk") if isinstance(disk, str) else disk
    if disk_bytes is not None and not 0 < disk_bytes < np.inf:
        raise InputError("disk", disk, "a size above 0, such as 2 TB")
    sizing = size(
        demand,
        platform,
        machine=machine,
        units=units,
        clusters=clusters,
        options=checked,
        hours_per_month=hours_per_month,
    )
    for name in pools or {}:
        if name not in sizing.pools:
            raise unknown_name("pool", name, sizing.pools)
    for name, number in (pools or {}).items():
        if number < 1 or number != int(number):
            raise InputError(f"pool {name}", number, "a whole number of at least 1")
    if disk_bytes is not None and not any(c.name == Resource.DISK_SPACE for c in sizing.constraints):
        raise InputError("disk", disk, f"none: {platform} has no disks to choose")
    kinds = {name: float(needed) for name, needed in sizing.pools.items()} | {
        k: float(v) for k, v in (pools or {}).items()
    }
    return Held(platform, machine, int(units), kinds, disk_bytes, clusters, checked, hours_per_month)


def _share(limit: Limit) -> Array:
    """Return how much of a limit is used [1]: above 1 it is broken, also where it is a least value."""
    demand, wall = np.asarray(limit.demand, float), np.asarray(limit.limit, float)
    over, under = (wall, demand) if limit.at_least else (demand, wall)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(over == 0, 0.0, np.divide(over, under))


__all__ = ["Held", "Wall", "held"]
