"""The registry: every offer by name, and the one door through which each is sized."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capacity.demand.copies import durability_warnings
from capacity.demand.demand import Demand
from capacity.sizing.constraint import Limit
from capacity.sizing.offer import Context, Offer
from capacity.sizing.sizing import Sizing
from capacity.workload.workload import Workload
from streamfacts.errors import InputError, unknown_name
from streamfacts.usage import HOURS_PER_MONTH


@cache
def offers() -> dict[str, Offer]:
    """Return every offer that a load alone can be sized on, by name; see `offers_for` for those that need more.

    Examples
    --------
    >>> "msk-standard" in offers()
    True
    """
    return {name: offer for name, offer in known_offers().items() if not offer.needs}


def offers_for(workload: Workload) -> dict[str, Offer]:
    """Return the offers that a workload is compared on, by name: `offers`, and those whose `needs` it states.

    Examples
    --------
    >>> own = {"vcpu": 16, "memory": "64 GB", "network": "10 Gbit/s", "disks": {"size": "4 TB"}}
    >>> "kafka-own-hardware" in offers_for(Workload(write="1 MB/s", servers=own))
    True
    """
    stated = {name for name in type(workload).model_fields if getattr(workload, name) is not None}
    more = {name: offer for name, offer in known_offers().items() if offer.needs and stated.issuperset(offer.needs)}
    return offers() | more


@cache
def known_offers() -> dict[str, Offer]:
    """Return every offer by name, also those that need more than a load, out of `capacity.platforms`."""
    package = importlib.import_module("capacity.platforms")
    found: dict[str, Offer] = {}
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda m: m.name):
        for offer in getattr(importlib.import_module(f"{package.__name__}.{module.name}"), "OFFERS", ()):
            if offer.name in found:
                raise ValueError(f"two offers are called {offer.name}")
            found[offer.name] = offer
    return found


def find_offer(name: str) -> Offer:
    """Return an offer; raises `InputError` with the nearest names if there is none of that name."""
    known = known_offers() | offers()
    if name not in known:
        raise unknown_name("platform", name, known)
    return known[name]


def size(
    workload: Workload | Demand,
    platform: str,
    *,
    machine: str | None = None,
    among: NDArray[Any] | None = None,
    units: float | NDArray[np.float64] | None = None,
    clusters: Any = 1,
    options: Mapping[str, Any] | None = None,
    hours_per_month: float = HOURS_PER_MONTH,
    brief: bool = False,
) -> Sizing:
    """Size an offer for a workload.

    Parameters
    ----------
    workload : a `Workload`, sized in its region or the offer's counterpart of it, or a `Demand` of any shape S
    platform : name of an offer, see `offers()`
    machine : one configuration; without it the result has all of them on its leading axis
    among : names of configurations to size, in the offer's order; all if left out
    units : brokers or shards that are already there; their utilisation is shown and what they break is a violation;
        one number, or an array that broadcasts to (configurations, *S)
    clusters : equal clusters that the demand is spread over; units and constraints are those of one, usage of all
    options : the offer's levers by name
    hours_per_month : hours in the billing month [h]
    brief : leave out parts that no meter counts, such as the time to rebuild a broker

    Returns
    -------
    Sizing with arrays of shape S (one machine) or (configurations, *S)

    Raises
    ------
    InputError
        for an unknown platform, machine or option.

    Examples
    --------
    >>> w = Workload(write="45 MB/s", message="1 KiB", fan_out=2, retention="24 h")
    >>> s = size(w, "msk-express", machine="express.m7g.large")
    >>> float(s.units), s.binding
    (9.0, 'egress (catch-up)')
    """
    offer = find_offer(platform)
    if isinstance(workload, Workload):
        demand = Demand.of(workload).replace(region=workload.region_at(offer.provider) or workload.region)
    else:
        demand = workload
    if np.min(clusters) < 1 or not np.all(np.isfinite(clusters)):
        raise InputError("clusters", clusters, "a number of at least 1")
    if np.ndim(clusters) or clusters != 1:
        demand = demand.split(clusters)
    names = offer.configurations() if among is None else among
    if machine is not None:
        if machine not in names:
            near = difflib.get_close_matches(machine, names.tolist(), n=4, cutoff=0.3)
            what = f"one of {', '.join(near)} ..." if near else f"one of {', '.join(names[:8])}"
            raise InputError(offer.configuration_is, machine, f"{what} ({len(names)} known for {offer.name})")
        names = names[names == machine]
    if units is not None and not _whole_units(units):
        raise InputError("units", units, "a whole number, at least 1 and at most 1,000,000")
    if not (_is_number(hours_per_month) and 0 < hours_per_month <= 744):
        raise InputError("hours_per_month", hours_per_month, "a number above 0 and at most 744")
    if {"retention_bytes", "compacted"} & demand.given & {*offer.unused, *offer.impossible}:
        demand = demand.kept_by_time()
    context = Context(demand, names, offer.checked_options(options or {}), hours_per_month, units, demand.shape, brief)
    sizing = offer.model(context)
    usage = sizing.usage.times(demand.clusters).for_part_of_a_month()
    cautions = (*durability_warnings(demand), *sizing.warnings) if offer.keeps_copies else sizing.warnings
    sizing = replace(
        sizing, offer=offer.name, options=context.options, usage=usage, unused=offer.unused, warnings=cautions
    )
    asked = [name for name in offer.impossible if name in demand.given]
    if asked:
        sizing = replace(sizing, limits=sizing.limits + tuple(_impossible(name, offer) for name in asked))
    if units is not None:
        _check_copies(sizing, float(np.min(units)))
        sizing = replace(sizing, limits=sizing.limits + _overloads(sizing))
    return sizing.pick(0) if machine is not None else sizing


def _impossible(name: str, offer: Offer) -> Limit:
    """A feature that a workload asks for and the offer does not have, as a limit that no size of it moves."""
    return Limit(name, 0.0, 1.0, "", offer.impossible[name], at_least=True, advice=f"{offer.title} does not have it")


def _whole_units(value: Any) -> bool:
    if not isinstance(value, np.ndarray):
        return _is_number(value) and 1 <= value <= 1e6 and value == int(value)
    number = value.dtype.kind in "iuf" and value.size > 0
    return number and bool(((value >= 1) & (value <= 1e6) & (value == np.floor(value))).all())


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number)) and type(value) is not bool and bool(np.isfinite(value))


def _check_copies(sizing: Sizing, units: float) -> None:
    """Raise `InputError` if there are fewer brokers than copies to place."""
    few = [x for x in sizing.limits if x.of_copies and x.broken.any()]
    if few:
        raise InputError(
            "replication_factor",
            f"{np.max(few[0].limit):g}",
            f"at most {units:g}: one copy a broker, and units gives {units:g} brokers",
        )


def _overloads(sizing: Sizing) -> tuple[Limit, ...]:
    """Each constraint as a limit on its utilisation, for units that are given and not chosen."""
    return tuple(
        Limit(
            f"{c.name} ({c.state}) with {float(np.max(sizing.units)):g} {sizing.unit}s",
            c.utilisation(sizing.units_of(c)),
            np.asarray(c.ceiling),
            "of capacity",
            c.source,
        )
        for c in sizing.constraints
    )
