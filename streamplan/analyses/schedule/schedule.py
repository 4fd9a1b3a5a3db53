"""Schedule: what to hold in each month and when to add to it, so that every step lasts a while.

What is held never shrinks: brokers stay, disks cannot be made smaller, partitions cannot be taken back. The horizon is
cut into periods of so many months. At the start of each one there is what the heaviest of its months asks for, so that
nothing is added in between. A step that adds brokers moves data to them, at the rate that
`rebalance_bytes_s` of `data/model/assumptions.csv` allows each broker, and must be ordered that much earlier.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
from numpy.typing import NDArray

from capacity import Demand, Offer, Sizing, Workload, find_offer, size
from capacity.demand.draws import Draws, demand_of
from capacity.sizing.constraint import InState, Resource
from capacity.workload.growth import MOST_MONTHS
from pricing import Bill, PriceBook
from streamfacts.arrays import Array
from streamfacts.checks import whole
from streamfacts.errors import InputError
from streamfacts.tables import assumption
from streamfacts.units import DAY
from streamfacts.usage import Usage
from streamplan.planning.bills import priced
from streamplan.planning.plan import Plan, plan
from streamplan.planning.soundness import easiest, sound
from streamplan.planning.terms import Terms, Told

if TYPE_CHECKING:
    import pandas as pd


#: The part of a sizing that says how large the volume of one unit is.
VOLUMES = ("volume of a broker", "ledger volume")


@dataclass(frozen=True)
class Schedule:
    """One offer over the months: the machine that is cheapest over all of them, and what is held of it.

    Attributes
    ----------
    plan : the plan of the heaviest month, which says why where nothing fits
    configuration : the machine; empty where nothing fits or is priced
    units, needed : units of one cluster that are held, and that the month asks for, by kind, each of shape (months,)
    disk_gib : volume of one unit, shape (months,) [GiB]; None where disks are not bought apart
    stored_bytes : all copies on the disks of one cluster, shape (months,) [byte]; None where brokers hold no data
    usd : cost of each month with what is held, shape (months,) [USD]
    resized : cost of each month if it could be resized up and down each month, shape (months,) [USD]
    binding : what asks for the units of each month
    """

    workload: Workload
    plan: Plan
    months: int
    step_months: int
    lead_days: float
    configuration: str
    units: Mapping[str, Array]
    needed: Mapping[str, Array]
    disk_gib: Array | None
    stored_bytes: Array | None
    usd: Array
    resized: Array
    binding: NDArray[Any]

    @property
    def offer(self) -> Offer:
        return self.plan.offer

    @property
    def feasible(self) -> bool:
        return bool(self.configuration)

    @property
    def reason(self) -> str:
        """Why there is no schedule; empty if there is one."""
        if self.feasible:
            return ""
        return self.plan.reason or "no configuration carries every month and is priced"

    @property
    def total(self) -> float:
        """Cost of all months [USD]; infinite where nothing fits."""
        return float(self.usd.sum()) if self.feasible else float("inf")

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row a month and kind of unit: what is held, what the month asks for, volume, cost of the month."""
        import pandas as pd

        frames = [
            pd.DataFrame(
                {
                    "platform": self.offer.name,
                    "month": np.arange(1, self.months + 1),
                    "unit": kind,
                    "held": held,
                    "needed": self.needed[kind],
                    "disk_gib": np.nan if self.disk_gib is None else self.disk_gib,
                    "usd": self.usd,
                    "resized_usd": self.resized,
                    "binding": self.binding,
                }
            )
            for kind, held in self.units.items()
        ]
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()

    @cached_property
    def steps(self) -> pd.DataFrame:
        """One row a step: the month it must hold, what is added, bytes to move, days, when to order, what asks for it.

        `order_days` are the days before the month begins: the lead time and the time to move the data. The first row is
        what is there from the first month.
        """
        import pandas as pd

        columns = [
            "platform", "month", "unit", "before", "after", "disk_before_gib", "disk_after_gib", "moved_bytes",
            "rebalance_days", "order_days", "usd_before", "usd_after", "binding",
        ]  # fmt: skip
        rows = []
        disk = np.full(self.months, np.nan) if self.disk_gib is None else self.disk_gib
        for kind, held in self.units.items():
            grown = np.diff(held, prepend=0.0) > 0
            grown |= np.diff(disk, prepend=np.nan) > 0 if kind == next(iter(self.units)) else False
            for at in np.flatnonzero(grown):
                before = float(held[at - 1]) if at else 0.0
                moved = self._moved(int(at), before, float(held[at]))
                days = moved / self._rate(before, float(held[at])) / DAY if moved else 0.0
                rows.append(
                    {
                        "platform": self.offer.name,
                        "month": int(at) + 1,
                        "unit": kind,
                        "before": before,
                        "after": float(held[at]),
                        "disk_before_gib": float(disk[at - 1]) if at else np.nan,
                        "disk_after_gib": float(disk[at]),
                        "moved_bytes": moved,
                        "rebalance_days": days,
                        "order_days": self.lead_days + days,
                        "usd_before": float(self.usd[at - 1]) if at else np.nan,
                        "usd_after": float(self.usd[at]),
                        "binding": str(self.binding[at]),
                    }
                )
        return pd.DataFrame(rows, columns=columns).sort_values(["month", "unit"], ignore_index=True)

    def _moved(self, at: int, before: float, after: float) -> float:
        """Bytes that new brokers take over so that all hold the same: what is stored x the share of the new ones."""
        if self.stored_bytes is None or not before or after <= before:
            return 0.0
        return moved_bytes(float(self.stored_bytes[at]), before, after)

    @staticmethod
    def _rate(before: float, after: float) -> float:
        """The slower of what the old brokers may send and the new ones take [byte/s]."""
        return min(before, after - before) * float(assumption("rebalance_bytes_s"))


def moved_bytes(stored: float, before: float, after: float) -> float:
    """Return the bytes that move when brokers are added, so that all hold the same [byte].

    Examples
    --------
    >>> moved_bytes(9e12, 6, 9)
    3000000000000.0
    """
    return stored * (after - before) / after


def hold(needed: Array, step_months: int) -> Array:
    """Return what to hold so that it covers every month, never shrinks and changes every `step_months` at most.

    Parameters
    ----------
    needed : units by month on the last axis [units]
    step_months : months that a step lasts at least [month]

    Returns
    -------
    units, of the same shape

    Examples
    --------
    >>> hold(np.array([3.0, 3.0, 6.0, 3.0, 9.0, 9.0]), 3).tolist()
    [6.0, 6.0, 6.0, 9.0, 9.0, 9.0]
    """
    months = needed.shape[-1]
    period = np.arange(months) // step_months
    ahead = np.maximum.reduceat(needed, np.arange(0, months, step_months), axis=-1)
    return np.asarray(np.maximum.accumulate(ahead, axis=-1)[..., period])


def schedule(
    workload: Workload,
    platform: str,
    months: int = 60,
    *,
    step_months: int = 6,
    lead_days: float = 14.0,
    terms: Terms | PriceBook | None = None,
    **told: Unpack[Told],
) -> Schedule:
    """Return what to hold of an offer in each month, on the machine to take over all of them.

    Parameters
    ----------
    months : months from now, 1 to 60
    step_months : months that every step lasts at least [month]
    lead_days : days from an order to what is ordered [d]
    people : those who run what is held, with tools and support, at their likely values

    Raises
    ------
    InputError
        for a horizon, step or lead time out of range, an unknown offer or option.

    Examples
    --------
    >>> w = Workload(write="10 MB/s", message="1 KiB", fan_out=2, retention="1 d")
    >>> schedule(w, "msk-express", 12).steps["after"].tolist()
    [3.0]
    """
    whole("months", months, 1, MOST_MONTHS)
    whole("step_months", step_months, 1, MOST_MONTHS)
    if isinstance(lead_days, bool) or not 0 <= lead_days <= 1000:
        raise InputError("lead_days", lead_days, "days from 0 to 1,000")
    terms, offer = Terms.of(terms, **told), find_offer(platform)
    demand = demand_of(workload, Draws({}, 1, 0), months)
    demand = demand.replace(
        region=workload.region_at(offer.provider) or workload.region,
        partitions=np.maximum.accumulate(np.broadcast_to(demand.partitions, (1, months)), axis=1),
    )
    heaviest = plan(_month(demand, _heaviest(demand)), platform, terms)
    sized = partial(
        size,
        demand,
        platform,
        clusters=heaviest.clusters,
        options=terms.options,
        hours_per_month=terms.hours_per_month,
    )
    asked = sized()
    carries = asked.feasible.all(axis=(1, 2))
    needed = {kind: np.where(np.isfinite(u), u, 1.0) for kind, u in {asked.unit: asked.units, **asked.pools}.items()}
    held = {kind: hold(units, step_months) for kind, units in needed.items()}
    there = sized(units=held[asked.unit])
    disks = _disks(there, step_months)
    costs = _bill(there, held, needed, disks, terms)
    carries &= ~costs.incomplete.any(axis=(1, 2))
    usd = np.where(carries, costs.subtotal[:, 0].sum(axis=1), np.inf)
    units = sum((u[:, 0].sum(axis=1) for u in held.values()), np.zeros(()))
    of_sound = np.where(sound(there).all(axis=(1, 2)), usd, np.inf)
    best = int(easiest(of_sound if np.isfinite(of_sound).any() else usd, units, terms.within))
    fits = bool(np.isfinite(usd[best]))
    sizing = asked.pick(best)
    disk = None if disks is None else disks[1][best, 0]
    stored = next((c for c in sizing.constraints if (c.name, c.state) == (Resource.DISK_SPACE, InState.NORMAL)), None)
    return Schedule(
        workload=workload,
        plan=heaviest,
        months=months,
        step_months=step_months,
        lead_days=float(lead_days),
        configuration=str(sizing.configuration) if fits else "",
        units={kind: units[best, 0] for kind, units in held.items()} if fits else {},
        needed={kind: units[best, 0] for kind, units in needed.items()} if fits else {},
        disk_gib=disk if fits else None,
        stored_bytes=None if stored is None else np.broadcast_to(stored.demand, (1, months))[0],
        usd=costs.subtotal[best, 0],
        resized=priced(asked, terms.book, demand.region, terms.people).subtotal[best, 0],
        binding=np.broadcast_to(np.asarray(sizing.binding), (1, months))[0],
    )


def schedules(
    workload: Workload,
    only: Iterable[str] = (),
    months: int = 60,
    *,
    step_months: int = 6,
    lead_days: float = 14.0,
    terms: Terms | PriceBook | None = None,
    **told: Unpack[Told],
) -> list[Schedule]:
    """Return the schedules of several offers, or of all, the least total first, then those that do not fit."""
    terms = Terms.of(terms, **told)
    found = [
        schedule(workload, name, months, step_months=step_months, lead_days=lead_days, terms=terms)
        for name in terms.population.ranked(workload, only)
    ]
    return sorted(found, key=lambda s: (bool(s.offer.closed), s.total))


def _disks(sizing: Sizing, step_months: int) -> tuple[Array, Array] | None:
    """Volume of one unit that each month asks for, and what is held of it [GiB]; None where none is bought."""
    for part in sizing.parts:
        if part.name in VOLUMES:
            asked = np.broadcast_to(np.where(np.isfinite(part.value), part.value, 0.0), sizing.units.shape)
            return asked, hold(asked, step_months)
    return None


def _bill(
    sizing: Sizing,
    held: Mapping[str, Array],
    needed: Mapping[str, Array],
    disks: tuple[Array, Array] | None,
    terms: Terms,
) -> Bill:
    """The bill of what is held, with the people who run all of it if they count."""
    usage = _held_usage(sizing, held, needed, disks)
    there = replace(sizing, usage=usage, pools={kind: held[kind] for kind in sizing.pools})
    return priced(there, terms.book, sizing.demand.region, terms.people)


def _held_usage(
    sizing: Sizing, held: Mapping[str, Array], needed: Mapping[str, Array], disks: tuple[Array, Array] | None
) -> Usage:
    """Usage with what is held of every pool, each unit on the volume that is held."""
    kind = next(iter(sizing.pools), sizing.unit)  # bookies where there are such: they have the disks
    lines = []
    for line in sizing.usage:
        if line.counts in sizing.pools:  # units of the main kind are given to the sizing, those of pools are not
            line = replace(line, quantity=line.quantity * (held[line.counts] / needed[line.counts]))
        if line.least is not None and disks is not None:
            more = held[kind] * disks[1] - (needed[kind] if sizing.pools else held[kind]) * disks[0]
            line = replace(line, quantity=line.quantity + more * sizing.demand.clusters)
        lines.append(line)
    return replace(sizing.usage, lines=tuple(lines))


def _heaviest(demand: Demand) -> int:
    return int(np.broadcast_to(demand.peak_wire_bytes_s, demand.shape)[0].argmax())


def _month(demand: Demand, month: int) -> Demand:
    at = {k: np.asarray(np.broadcast_to(v, demand.shape)[0, month]) for k, v in demand.arrays().items()}
    return demand.replace(**at)
