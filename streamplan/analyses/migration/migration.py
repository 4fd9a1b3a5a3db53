"""Moving from one offer to another: parallel running, one-off work, bytes that leave, and whether it pays.

======== ======================= ==================================== =================================================
phase    old platform            new platform                         besides
======== ======================= ==================================== =================================================
prepare  runs                    -                                    work
build    runs                    a part of it runs                    work
move     runs                    runs                                 work; mirror or dual write; history leaves once
overlap  runs, for a way back    runs                                 mirror the other way, or dual write
after    gone                    runs
======== ======================= ==================================== =================================================

All flows are monthly and counted at the end of the month (`streamplan.planning.present_value`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
from numpy.typing import NDArray

from capacity import Demand, Offer, Range, Workload, find_offer
from capacity.clouds.cloud import find_cloud
from capacity.demand.draws import Draws, demand_of, draw, uncertain_inputs
from capacity.laws.storage import stored_bytes
from capacity.resilience.replication import replicators
from capacity.workload.growth import MOST_MONTHS
from capacity.workload.uncertainty import spread
from pricing import PriceBook, bill
from streamfacts.arrays import Array
from streamfacts.checks import whole
from streamfacts.errors import InputError, MissingFact, NothingFeasible, unknown_name
from streamfacts.tables import read_rows, regions
from streamfacts.units import GIB, parse
from streamfacts.usage import Usage, UsageLine
from streamplan.planning.least_costs import draw_costs
from streamplan.planning.people import People
from streamplan.planning.plan import Plan, plan
from streamplan.planning.present_value import checked_rate, npv
from streamplan.planning.terms import Terms, Told

if TYPE_CHECKING:
    import pandas as pd


PHASES = ("prepare", "build", "move", "overlap")
METHODS = ("mirror", "dual-write")
PERCENTILES = (10, 50, 90)


@dataclass(frozen=True)
class Migration:
    """A move under draws: costs by month, of shape (draws, months) [USD], with the first draw at the likely values.

    Attributes
    ----------
    stay : cost of staying
    parts : part to cost of moving
    months_of : phase to its length, shape (draws,) [months]
    person_days : one-off work, shape (draws,)
    path : what bytes that leave the old platform cross, in words
    left_out : draws that do not fit or have no price in some month
    """

    workload: Workload
    source: Plan
    target: Plan
    method: str
    stay: Array
    parts: Mapping[str, Array]
    months_of: Mapping[str, Array]
    person_days: Array
    discount_rate: float
    inputs: Mapping[str, Range]
    path: str
    draws: int
    seed: int
    left_out: int

    @property
    def months(self) -> int:
        return int(self.stay.shape[1])

    @cached_property
    def move(self) -> Array:
        """Cost of moving, shape (draws, months) [USD]."""
        return np.asarray(sum(self.parts.values()))

    @cached_property
    def saving(self) -> Array:
        """What moving saves each month, negative while it costs, shape (draws, months) [USD]."""
        return self.stay - self.move

    @cached_property
    def npv(self) -> Array:
        """Net present value of moving against staying, shape (draws,) [USD]."""
        return np.asarray(npv(self.saving, self.discount_rate))

    @cached_property
    def payback(self) -> Array:
        """Month from whose end on the savings have paid for the move, shape (draws,); infinite if none has."""
        return payback_month(self.saving)

    @property
    def pays(self) -> float:
        """Probability that the move pays within the horizon, its value today above nothing [1]."""
        return float((self.npv[1:] > 0).mean())

    @cached_property
    def schedule(self) -> pd.DataFrame:
        """One row a phase at the likely values: its months, its work and its cost by part [USD]."""
        import pandas as pd

        rows, start = [], 1
        for phase in (*PHASES, "after"):
            length = int(self.months_of[phase][0]) if phase != "after" else self.months
            first, last = start, min(start + length - 1, self.months)
            span = slice(first - 1, last)
            cost = {name: float(part[0, span].sum()) for name, part in self.parts.items()}
            if last >= first:
                rows.append(
                    {
                        "phase": phase,
                        "first_month": first,
                        "last_month": last,
                        **{f"{name.replace(' ', '_')}_usd": usd for name, usd in cost.items()},
                        "moving_usd": sum(cost.values()),
                        "staying_usd": float(self.stay[0, span].sum()),
                    }
                )
            start += length
        return pd.DataFrame(rows)

    @cached_property
    def by_month(self) -> pd.DataFrame:
        """One row a month: cost of staying and of moving by part at the likely values, cumulative saving as a band."""
        import pandas as pd

        total = np.cumsum(self.saving, axis=1)
        low, middle, high = np.quantile(total[1:], np.array(PERCENTILES) / 100.0, axis=0, method="inverted_cdf")
        return pd.DataFrame(
            {
                "month": np.arange(1, self.months + 1),
                "staying_usd": self.stay[0],
                **{f"{name.replace(' ', '_')}_usd": part[0] for name, part in self.parts.items()},
                "moving_usd": self.move[0],
                "cumulative_usd": total[0],
                "p10_usd": low,
                "p50_usd": middle,
                "p90_usd": high,
            }
        )

    @cached_property
    def figures(self) -> dict[str, Any]:
        """The figures of the decision: value today, payback month, one-off work; likely and in percentiles."""

        def of(values: Array) -> dict[str, float | None]:
            drawn = np.quantile(values[1:], np.array(PERCENTILES) / 100.0, method="inverted_cdf")
            out = {"likely": values[0], **dict(zip((f"p{p}" for p in PERCENTILES), drawn, strict=True))}
            return {k: float(v) if np.isfinite(v) else None for k, v in out.items()}

        one_off = sum(self.parts[name] for name in ("work", "mirror", "history")).sum(axis=1)  # type: ignore[union-attr]
        return {
            "npv_usd": of(self.npv),
            "payback_month": of(self.payback),
            "person_days": of(self.person_days),
            "one_off_usd": of(one_off),
            "probability_that_it_pays": self.pays,
        }


def payback_month(saving: Any) -> Array:
    """Return the month from whose end on the sum of savings is no longer negative, up to the end of the horizon.

    Parameters
    ----------
    saving : of each month along the last axis [USD]

    Returns
    -------
    months of shape (...), 0 where the sum is never negative, infinite where it is at the horizon

    Examples
    --------
    >>> payback_month([[-100.0, 60.0, 60.0], [5.0, 5.0, 5.0], [-100.0, 10.0, 10.0]]).tolist()
    [3.0, 0.0, inf]
    """
    total = np.cumsum(np.asarray(saving, float), axis=-1)
    below = total < -1e-9 * np.maximum(np.abs(total).max(axis=-1, keepdims=True), 1.0)
    months = below.shape[-1]
    last = np.where(below.any(axis=-1), months - np.argmax(below[..., ::-1], axis=-1), 0)
    return np.asarray(np.where(last == 0, 0.0, np.where(last == months, np.inf, last + 1.0)))


def phase_masks(months_of: Mapping[str, Array], months: int) -> dict[str, NDArray[np.bool_]]:
    """Return which months belong to each phase, and to "after", each of shape (draws, months).

    Parameters
    ----------
    months_of : phase to its length, shape (draws,) [months]
    months : horizon
    """
    at = np.arange(1, months + 1)
    end = np.zeros_like(next(iter(months_of.values())))[:, None]
    out = {}
    for phase in PHASES:
        start, end = end, end + months_of[phase][:, None]
        out[phase] = (at > start) & (at <= end)
    out["after"] = at > end
    return out


def migrate(
    workload: Workload,
    source: str,
    target: str,
    months: int = 60,
    *,
    method: str = "mirror",
    phases: Mapping[str, Any] | None = None,
    applications: int | None = None,
    history: str | None = None,
    discount_rate: float = 0.08,
    draws: int = 512,
    seed: int = 0,
    terms: Terms | PriceBook | None = None,
    **told: Unpack[Told],
) -> Migration:
    """Cost a move from one offer to another, month by month, against staying.

    Parameters
    ----------
    source, target : names of offers
    months : horizon from now, 1 to 60
    method : "mirror" (replicator workers copy records) or "dual-write" (producers write to both)
    phases : one's own lengths of phases in whole months, such as {"move": 6}
    applications : producers and consumers that move; the consumer groups and as many producers if left out
    history : span of kept records that leaves the old platform; all that is kept if left out, "0 s" for none
    discount_rate : effective rate a year [1]
    draws : joint draws of all that is uncertain: workload, people, lengths and work
    people : the staff of both offers, in the cost of staying and of moving; the day rate of the work is always its own

    Raises
    ------
    InputError
        for what cannot be used; NothingFeasible if an offer cannot carry the workload; MissingFact where a price lacks.

    Examples
    --------
    >>> w = Workload(write="50 MB/s", message="1 KiB", fan_out=3, retention="3 d")
    >>> m = migrate(w, "msk-serverless", "msk-express", months=24, draws=64)
    >>> bool(m.npv[0] > 0 and m.payback[0] < 24)
    True
    """
    terms = Terms.of(terms, **told)
    book, people, hours_per_month = terms.book, terms.people, terms.hours_per_month
    whole("months", months, 1, MOST_MONTHS)
    whole("draws", draws, 2, 1_000_000)
    rate = checked_rate(discount_rate)
    if method not in METHODS:
        raise unknown_name("method", method, METHODS)
    if source == target:
        raise InputError("to", target, "an offer other than the one that is left")
    old, new = (_held(workload, name, terms) for name in (source, target))
    staff = people or People.load(support="none")
    used = staff.of([old.offer, new.offer])
    given = {**_quantities(), **_own_phases(phases)}
    inputs = {
        **uncertain_inputs(workload, months),
        **used.inputs,
        **{f"migration.{k}": v for k, v in given.items() if not v.known},
    }
    joint = draw(inputs, draws, seed, used.correlation(workload.correlation))
    first, drawn = Draws({}, 1, seed), used.drawn(joint)

    def take(name: str) -> Array:
        """The likely value, then the draws."""
        value = given[name]
        return np.concatenate([[value.likely], np.broadcast_to(joint.take(f"migration.{name}", value), (draws,))])

    def cost(p: Plan, more_reads: float = 0.0) -> Array:
        """The cost of an offer by month: at the likely values, then for every draw."""
        rows = []
        for which, who in ((first, used), (joint, drawn)):
            d = demand_of(workload, which, months).replace(region=p.bill.region)
            if more_reads:
                d = d.replace(fan_out=d.fan_out + more_reads, consumer_groups=d.consumer_groups + 1.0)
            here = terms.on(p.sizing.options).run_by(who if people is not None else None)
            rows.append(draw_costs(d, p.offer.name, here).usd)
        out = np.concatenate([np.broadcast_to(r, (r.shape[0], months)) for r in rows])
        if not np.isfinite(out[0]).all():
            raise NothingFeasible(f"{p.offer.name} does not carry the likely demand in every month of the horizon")
        return out

    stay, run = cost(old), cost(new)
    keep = np.isfinite(stay).all(axis=1) & np.isfinite(run).all(axis=1)
    months_of = {phase: np.maximum(np.rint(take(f"months.{phase}")), 1.0) for phase in PHASES}
    masks = phase_masks(months_of, months)
    together = masks["move"] | masks["overlap"]
    days = _person_days(workload, old.offer, new.offer, method, applications, take)
    wage, share = (
        np.concatenate([[_likely(used, n, new.offer)], _drawn(used, drawn, n, new.offer, draws)]) for n in _PAY
    )
    per_day = wage / share / take("working_days_per_year")
    busy = ~masks["after"] & ~masks["overlap"]
    worked = busy / np.maximum(busy.sum(axis=1, keepdims=True), 1)
    meter, region, words = _exit_path(old, new)
    demand = Demand.of(workload)
    kept = float(demand.held_s) if history is None else parse(history, "duration", "history")
    if kept < 0 or kept > float(demand.held_s):
        raise InputError("history", history, f"a duration up to the retention, {float(demand.held_s):g} s")
    crosses = _share_across(old, new, float(demand.zones)) / GIB
    leaving = float(stored_bytes(demand.wire_bytes_s, kept)) * crosses
    monthly = float(demand.wire_bytes_s) * hours_per_month * 3600.0 * crosses
    mirror = np.zeros_like(stay)
    if method == "mirror":
        cloud = find_cloud(regions()[new.bill.region])
        workers = replicators(float(demand.peak_wire_bytes_s), cloud, hours=hours_per_month)
        moved = _price(meter, monthly, region, book)
        fixed = moved + float(_priced(workers.usage, book, new.bill.region))
        mirror = together * (fixed + np.maximum(cost(old, 1.0) - stay, 0.0))
    begins = masks["move"] & (np.cumsum(masks["move"], axis=1) == 1)
    parts = {
        "work": worked * (days * per_day)[:, None],
        "old platform": np.where(masks["after"], 0.0, stay),
        "new platform": run * (masks["build"] * take("build_share")[:, None] + (together | masks["after"])),
        "mirror": mirror,
        "history": begins * _price(meter, leaving, region, book),
    }
    return Migration(
        workload,
        old,
        new,
        method,
        stay[keep],
        {name: part[keep] for name, part in parts.items()},
        {phase: length[keep] for phase, length in months_of.items()},
        days[keep],
        rate,
        inputs,
        words,
        draws,
        seed,
        int((~keep).sum()),
    )


_PAY = ("wage", "wage_share_of_cost")


def _held(workload: Workload, name: str, terms: Terms) -> Plan:
    offer = find_offer(name)
    known = {o.name for o in offer.options}
    own = {k: v for k, v in terms.options.items() if k in known}
    p = plan(workload, name, terms.on(own))
    if not p.feasible:
        raise NothingFeasible(f"{name} cannot carry this workload: {p.reason}")
    if p.bill.missing:
        raise MissingFact(f"{name}: {'; '.join(p.bill.missing)}; give it in a price book of your own")
    return p


@cache
def _quantities() -> Mapping[str, Range]:
    out = {}
    for row in read_rows("analyses/migration"):
        low, likely, high = (row[k] for k in ("low", "likely", "high"))
        most = 1.0 if row["unit"] == "1" else np.inf
        out[row["name"]] = Range(low, likely, high, spread(low, likely, high, bounds=(0.0, most)))
    return out


def _own_phases(given: Mapping[str, Any] | None) -> dict[str, Range]:
    out = {}
    for phase, length in (given or {}).items():
        if phase not in PHASES:
            raise unknown_name("phase", phase, PHASES)
        try:
            number = float(length)
        except (TypeError, ValueError):
            number = 0.0
        if isinstance(length, bool) or not 1 <= number <= MOST_MONTHS or number != int(number):
            raise InputError(f"phase {phase}", length, f"whole months from 1 to {MOST_MONTHS}")
        out[f"months.{phase}"] = Range(number, number, number)
    return out


def same_protocol(old: Offer, new: Offer) -> bool:
    """Return whether clients of one offer can talk to the other: a protocol that both name.

    Examples
    --------
    >>> same_protocol(find_offer("msk-standard"), find_offer("event-hubs-premium"))
    True
    >>> same_protocol(find_offer("msk-standard"), find_offer("pubsub"))
    False
    """
    return bool(set(old.protocols) & set(new.protocols))


def _person_days(workload: Workload, old: Offer, new: Offer, method: str, applications: int | None, take: Any) -> Array:
    demand = Demand.of(workload)
    if applications is None:
        moving = 2.0 * max(float(demand.consumer_groups), 1.0)
    else:
        moving = float(whole("applications", applications, 0, 1_000_000))
    each = take("days.per_application")
    if not same_protocol(old, new):
        each = each + take("days.rewrite_per_application")
    if method == "dual-write":
        each = each + take("days.dual_write_per_application")
    return np.asarray(take("days.base") + moving * each + float(demand.topics) * take("days.per_topic"))


def _likely(people: People, name: str, offer: Offer) -> float:
    item = people.item(name, offer)
    if item is None:
        raise MissingFact(f"no row {name!r} for {offer.name} in data/analyses/people.csv")
    return item.value.likely


def _drawn(people: People, drawn: People, name: str, offer: Offer, draws: int) -> Array:
    item = people.item(name, offer)
    value = drawn.values.get(item.input) if item is not None else None
    return np.full(draws, _likely(people, name, offer)) if value is None else np.asarray(value[:, 0])


def _exit_path(old: Plan, new: Plan) -> tuple[str, str, str]:
    """Return meter, region and words for bytes that leave the old platform for the new one."""
    here, there = old.bill.region, new.bill.region
    cloud = find_cloud(regions()[here])
    if regions()[here] != regions()[there]:
        return cloud.internet_meter, here, f"out of {cloud.title} over the internet"
    if here != there:
        return cloud.region_meter, here, f"from {here} to {there}"
    return cloud.zone_meter, here, f"between zones of {here}"


def _price(meter: str, gib: float, region: str, book: PriceBook) -> float:
    """Cost of bytes on a path; nothing where the provider bills none within a region."""
    if not meter:
        return 0.0
    return float(_priced(Usage((UsageLine(meter, np.asarray(gib), "GiB"),)), book, region))


def _share_across(old: Plan, new: Plan, zones: float) -> float:
    """How often a byte that leaves is billed: between zones only where it meets another one, else once."""
    if old.bill.region != new.bill.region:
        return 1.0
    cloud = find_cloud(regions()[old.bill.region])
    return cloud.zone_ways * (zones - 1.0) / zones


def _priced(usage: Usage, book: PriceBook, region: str) -> Array:
    costs = bill(usage, book, region)
    if costs.missing:
        raise MissingFact(f"{'; '.join(costs.missing)}; give it in a price book of your own")
    return costs.subtotal


__all__ = ["METHODS", "PHASES", "Migration", "migrate", "payback_month", "phase_masks", "same_protocol"]
