"""Resilience of an offer: each design sized and priced, what each failure costs it, and whether that is within aim."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from capacity import Demand, Offer, Workload, find_offer
from capacity.clouds.cloud import find_cloud
from capacity.demand.draws import MOST_DRAWS
from capacity.resilience import (
    DESIGNS,
    FAILURES,
    Design,
    Mechanism,
    Outcome,
    Site,
    find_design,
    mechanisms_of,
    no_mechanism,
    outcomes,
    sites,
)
from capacity.resilience.outcomes import Setting, drawn_delays
from capacity.resilience.quantities import with_own
from capacity.resilience.recovery import rebalance_s
from capacity.resilience.replication import Replicators, backup_usage, link_usage, replicators
from capacity.sizing.constraint import InState
from capacity.sizing.sizing import PartKind
from pricing import Bill, PriceBook, bill
from pricing.book import PriceGap
from streamfacts.checks import whole
from streamfacts.errors import InputError, unknown_name
from streamfacts.tables import other_region, regions
from streamfacts.units import human, is_rate, largest, parse
from streamfacts.usage import Usage
from streamfacts.words import lost_in_words
from streamplan.planning.plan import Plan, plan
from streamplan.planning.terms import Terms, Told

if TYPE_CHECKING:
    import pandas as pd

#: Percentiles of every delay that is shown; a design is held against the aim at `HELD_AT`.
PERCENTILES = (50, 90, 99)
HELD_AT = 90
MEETS, MISSES, UNPRICED, INFEASIBLE = "meets", "misses", "price missing", "infeasible"


class NoSecondRegion(InputError):
    """No second region is given, and no neighbour of the first is known."""


@dataclass(frozen=True)
class DesignResult:
    """One design on one offer.

    Attributes
    ----------
    plans : of each region, the first one first; units are those that must stand there
    bills : part of the design to its bill: "first region", "second region", "replication", "backup"
    outcomes : of every failure
    misses : why the design is not within the aim, one sentence each; empty if it is
    """

    design: Design
    mechanism: Mechanism | None
    plans: tuple[Plan, ...]
    bills: Mapping[str, Bill]
    workers: Replicators | None
    outcomes: tuple[Outcome, ...]
    misses: tuple[str, ...]
    note: str = ""

    @property
    def gaps(self) -> tuple[PriceGap, ...]:
        """Every price that is needed and not in the book."""
        return tuple(dict.fromkeys(gap for b in self.bills.values() for gap in b.gaps))

    @property
    def missing(self) -> list[str]:
        """A sentence for every price that is needed and not in the book."""
        return [str(gap) for gap in self.gaps]

    @property
    def feasible(self) -> bool:
        return all(p.feasible for p in self.plans)

    @property
    def monthly_usd(self) -> float | None:
        """Cost of a month of all its parts [USD]; None where one does not fit or lacks a price."""
        if not self.feasible or self.missing:
            return None
        return float(sum(float(b.subtotal) for b in self.bills.values()))

    @property
    def status(self) -> str:
        if not self.feasible:
            return INFEASIBLE
        if self.misses:
            return MISSES
        return UNPRICED if self.missing else MEETS

    @property
    def reason(self) -> str:
        """What stands against the design, empty if nothing does."""
        return self.reason_with(short=False)

    def reason_with(self, *, short: bool) -> str:
        """Return what stands against the design; `short` leaves out where a missing price would be known."""
        gaps = [gap.short if short else str(gap) for gap in self.gaps]
        broken = [sentence for p in self.plans if not p.feasible for sentence, _ in p.obstacles]
        return "; ".join([*dict.fromkeys(broken), *self.misses, *gaps])

    def outcome_of(self, failure: str) -> Outcome:
        """Return the outcome of one failure."""
        return next(o for o in self.outcomes if o.failure == failure)

    def use_in(self, failure: str) -> float:
        """Return the largest share of a capacity that is used after a failure [1]."""
        one_down = (InState.BROKER_DOWN, InState.BOOKIE_DOWN)
        states = {"disk": one_down, "broker": one_down}
        wanted = states.get(failure, (InState.ZONE_DOWN,) if failure == "zone" else (InState.NORMAL,))
        sizing = self.plans[-1 if failure == "region" else 0].sizing
        for names in (wanted, (InState.NORMAL,)):
            used = [largest(c.utilisation(sizing.units_of(c))) for c in sizing.constraints if c.state in names]
            if used:
                return max(used)
        return float("nan")


@dataclass(frozen=True)
class ResilienceStudy:
    """Every design of an offer for a workload, held against an aim."""

    workload: Workload
    offer: Offer
    regions: tuple[str, str]
    results: tuple[DesignResult, ...]
    rpo_s: float
    rto_s: float
    against: tuple[str, ...]
    draws: int
    seed: int

    @property
    def cheapest(self) -> DesignResult | None:
        """The priced design within the aim that costs least; None if there is none."""
        fit = [r for r in self.results if r.status == MEETS]
        return min(fit, key=lambda r: r.monthly_usd or 0.0, default=None)

    @property
    def base_usd(self) -> float | None:
        """Cost of a month of the one region alone [USD]."""
        return self.result_of("stretched-zones").monthly_usd

    def held_to(self, rpo_s: float, rto_s: float) -> ResilienceStudy:
        """Return the same designs, with the same draws, held against another aim [s]; infinite asks for none."""
        aims = rpo_s, rto_s
        held = tuple(
            replace(r, misses=_misses(r.outcomes, self.against, aims, self.offer, r.design, r.mechanism))
            for r in self.results
        )
        return replace(self, results=held, rpo_s=rpo_s, rto_s=rto_s)

    def result_of(self, design: str) -> DesignResult:
        """Return the result of one design."""
        for r in self.results:
            if r.design.name == design:
                return r
        raise unknown_name("design", design, [r.design.name for r in self.results])

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row a design: cost, what stands where, the worst RPO and RTO of the failures asked [s], the reason."""
        import pandas as pd

        rows = []
        for r in self.results:
            asked = [r.outcome_of(f) for f in self.against]
            usd, base = r.monthly_usd, self.base_usd
            rows.append(
                {
                    "design": r.design.name,
                    "title": r.design.title,
                    "status": r.status,
                    "monthly_usd": usd,
                    "extra_usd": None if usd is None or base is None else usd - base,
                    **{f"rpo_p{p}_s": _worst(asked, "rpo_s", p) for p in PERCENTILES},
                    **{f"rto_p{p}_s": _worst(asked, "rto_s", p) for p in PERCENTILES},
                    "what": " | ".join(f"{p.bill.region}: {p.what}" for p in r.plans),
                    "copied_by": r.mechanism.title if r.mechanism and r.design.second_cluster else "",
                    "workers": 0 if r.workers is None else int(r.workers.workers),
                    "survives": ", ".join(o.failure for o in r.outcomes if o.survived),
                    "reason": r.reason,
                    "note": r.note,
                }
            )
        frame = pd.DataFrame(rows).astype({"monthly_usd": float, "extra_usd": float})
        rank = frame["status"].map({MEETS: 0, UNPRICED: 1, MISSES: 2, INFEASIBLE: 3})
        order = frame.assign(_rank=rank).sort_values(["_rank", "monthly_usd"], kind="stable", na_position="last").index
        return frame.loc[order].reset_index(drop=True)

    @cached_property
    def failures(self) -> pd.DataFrame:
        """One row a design and failure: whether it survives, RPO and RTO in percentiles [s], the use after it [1]."""
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "design": r.design.name,
                    "failure": o.failure,
                    "survived": o.survived,
                    **{f"rpo_p{p}_s": _worst([o], "rpo_s", p) for p in PERCENTILES},
                    **{f"rto_p{p}_s": _worst([o], "rto_s", p) for p in PERCENTILES},
                    "use_after": r.use_in(o.failure) if o.survived else None,
                    "how": o.how,
                }
                for r in self.results
                for o in r.outcomes
            ]
        )

    @cached_property
    def lines(self) -> pd.DataFrame:
        """Every line of every part of every design."""
        import pandas as pd

        frames = []
        for r in self.results:
            for part, b in r.bills.items():
                frame = b.lines
                frame.insert(0, "part", part)
                frame.insert(0, "design", r.design.name)
                frames.append(frame)
        return pd.concat([f for f in frames if len(f)], ignore_index=True)

    @cached_property
    def rebuild(self) -> pd.DataFrame:
        """Time to rebuild a lost broker and to give one more broker its share [s]; None where the vendor does it."""
        import pandas as pd

        sizing = self.result_of("stretched-zones").plans[0].sizing
        rows = []
        for part in sizing.parts_of(PartKind.REBUILD):
            took = largest(part.value)
            rows.append({"what": part.name, "seconds": took, "formula": part.formula})
            what = f"time to rebalance onto one more {part.pool or sizing.unit}"
            more = float(rebalance_s(took, largest(sizing.pools[part.pool] if part.pool else sizing.units)))
            rows.append({"what": what, "seconds": more, "formula": "time above x n / (n + 1)"})
        if not rows:
            rows = [{"what": "rebuild and rebalance", "seconds": None, "formula": "the vendor's business"}]
        return pd.DataFrame(rows)


def _worst(found: Iterable[Outcome], field: str, percentile: int) -> float | None:
    worst = max(float(np.quantile(getattr(o, field), percentile / 100.0, method="inverted_cdf")) for o in found)
    return worst if np.isfinite(worst) else None


def resilience(
    workload: Workload,
    platform: str,
    rpo: str | None = "5 min",
    rto: str | None = "1 h",
    *,
    against: Iterable[str] = ("region",),
    second_region: str | None = None,
    mechanism: str | None = None,
    designs: Iterable[str] | None = None,
    backup_interval: str = "5 min",
    backup_kept: str | None = None,
    restored: str | None = None,
    delays: Mapping[str, Any] | None = None,
    worker_machine: str | None = None,
    draws: int = 4096,
    seed: int = 0,
    terms: Terms | PriceBook | None = None,
    **told: Unpack[Told],
) -> ResilienceStudy:
    """Size, price and judge every design of an offer.

    Parameters
    ----------
    rpo : how much of the newest data may be lost, as a duration; None for any, as long as the service comes back
    rto : how long until everything is processed again, as a duration; None for any
    against : failures in which both must hold: disk, broker, zone, region, deletion
    second_region : of the same provider; the main one of a neighbouring area if left out
    mechanism : what copies the records; the usual one of the offer if left out
    designs : only these; all if left out
    backup_interval : between two uploads to the object store
    backup_kept : how long the object store keeps records; the workload's retention if left out
    restored : span of records that must be back before the service counts as restored; the hot retention if left out
    delays : one's own in place of rows of `data/analyses/resilience.csv`, such as {"decide": "2 min"}
    draws, seed : quasi-random draws of the delays

    Raises
    ------
    InputError
        for an unknown offer, design, failure, mechanism or region, or a duration that is none.

    Examples
    --------
    >>> w = Workload(write="10 MB/s", message="1 KiB", fan_out=2, retention="1 d")
    >>> study = resilience(w, "kafka-ec2-ebs", "1 min", "1 h", draws=256)
    >>> study.result_of("stretched-zones").status, study.result_of("active-active").status
    ('misses', 'meets')
    """
    terms, offer = Terms.of(terms, **told), find_offer(platform)
    home = workload.region_at(offer.provider) or workload.region
    away = _second_region(home, second_region)
    aims = _aim("rpo", rpo), _aim("rto", rto)
    asked = tuple(against)
    for failure in asked:
        if failure not in FAILURES:
            raise unknown_name("against", failure, FAILURES)
    if not asked:
        raise InputError("against", "", f"one or more of {', '.join(FAILURES)}")
    whole("draws", draws, 1, MOST_DRAWS)
    demand = Demand.of(workload).replace(region=home)
    interval = _positive("backup_interval", backup_interval)
    kept = float(demand.held_s) if backup_kept is None else _positive("backup_kept", backup_kept)
    span = float(demand.hot_retention_s) if restored is None else parse(restored, "duration", "restored")
    found = [find_design(name) for name in designs] if designs else list(DESIGNS.values())
    if DESIGNS["stretched-zones"] not in found:
        found.insert(0, DESIGNS["stretched-zones"])
    by = _mechanism(offer, mechanism)
    maker = _Maker(workload, offer, by, (home, away), terms, worker_machine)
    ranges = with_own(delays)
    joint = drawn_delays(ranges, draws, seed)
    results = []
    for design in found:
        plans, bills, workers, note = maker.make(design, demand, kept)
        setting = Setting(
            replication_factor=float(demand.replication_factor),
            zones=float(demand.zones),
            survives_zone=workload.must_survive == "zone",
            peak_ratio=float(demand.peak_ratio),
            utilisation=_rate_use(plans[-1]),
            link_utilisation=0.0 if workers is None else workers.utilisation,
            backup_interval_s=interval,
            restored_s=min(span, kept),
        )
        what = outcomes(design, by, setting, ranges, draws, seed, joint)
        misses = _misses(what, asked, aims, offer, design, by)
        results.append(DesignResult(design, by, plans, bills, workers, what, misses, note))
    return ResilienceStudy(workload, offer, (home, away), tuple(results), *aims, asked, draws, seed)


@dataclass(frozen=True)
class _Maker:
    """Makes the plans and the bills of a design."""

    workload: Workload
    offer: Offer
    mechanism: Mechanism | None
    regions: tuple[str, str]
    terms: Terms
    worker_machine: str | None

    def make(
        self, design: Design, demand: Demand, kept_s: float
    ) -> tuple[tuple[Plan, ...], dict[str, Bill], Replicators | None, str]:
        by = self.mechanism if design.second_cluster else None
        if design.backup and not design.second_cluster:
            by = Mechanism("object-store", "a sink that writes objects", "", True, True, "")
        parts = sites(demand, design, by)
        plans, notes = [], []
        for site, region in zip(parts, self.regions, strict=False):
            made, note = self._plan(site, region)
            plans.append(made)
            notes.append(note)
        bills = dict(zip(("first region", "second region"), (p.bill for p in plans), strict=False))
        workers = None
        home = regions()[self.regions[0]]
        cloud = find_cloud(home)
        link = max(site.link_bytes_s for site in parts)
        if by is not None and link > 0:
            usage = link_usage(demand, by, 2 if design.active else 1, self.terms.hours_per_month)
            if by.workers:
                workers = replicators(link, cloud, self.worker_machine, self.terms.hours_per_month)
                both = workers.usage.times(np.asarray(2.0 if design.active else 1.0))
                usage = Usage(usage.lines + both.lines, self.terms.hours_per_month)
            if usage.lines:
                where = self.regions[0] if by.own_meter else self.regions[1]
                bills["replication"] = bill(usage, self.terms.book, where)
        if design.backup:
            stored = backup_usage(demand, cloud, kept_s, self.terms.hours_per_month)
            if design.second_cluster:
                sink = replicators(
                    float(demand.peak_wire_bytes_s), cloud, self.worker_machine, self.terms.hours_per_month
                )
                stored = Usage(stored.lines + sink.usage.lines, self.terms.hours_per_month)
            bills["backup"] = bill(stored, self.terms.book, self.regions[1])
        return tuple(plans), bills, workers, "; ".join(dict.fromkeys(n for n in notes if n))

    def _plan(self, site: Site, region: str) -> tuple[Plan, str]:
        """Plan what must stand there, and let its meters count what it does in the normal state."""
        stands = plan(site.sized_for.replace(region=region), self.offer.name, self.terms)
        if site.normal is site.sized_for or not stands.feasible:
            return stands, ""
        if stands.sizing.pools:
            return stands, "priced as if it served all readers: a part of its cost that falls away in the normal state"
        normal = plan(
            site.normal.replace(region=region),
            self.offer.name,
            self.terms,
            machine=stands.configuration,
            units=float(stands.sizing.units),
            clusters=stands.clusters,
        )
        if not normal.feasible:
            return stands, "priced as if it served all readers"
        return Plan(stands.offer, stands.workload, stands.sizing, normal.bill), ""


def _rate_use(p: Plan) -> float:
    """Largest share of a rate that is used at peak in the normal state: what is left drains a backlog [1]."""
    used = [
        largest(c.utilisation(p.sizing.units_of(c)))
        for c in p.sizing.constraints
        if c.state == InState.NORMAL and (is_rate(c.unit) or c.unit == "cores")
    ]
    return max(used, default=0.0)


def _misses(
    found: tuple[Outcome, ...],
    asked: tuple[str, ...],
    aims: tuple[float, float],
    offer: Offer,
    design: Design,
    mechanism: Mechanism | None,
) -> tuple[str, ...]:
    out = []
    if design.second_cluster and mechanism is None:
        out.append(no_mechanism(offer))
    for outcome in found:
        if outcome.failure not in asked:
            continue
        if not outcome.survived:
            out.append(f"{lost_in_words([outcome.failure])} is not survived: {outcome.how}")
            continue
        for name, field, aim in (("RPO", "rpo_s", aims[0]), ("RTO", "rto_s", aims[1])):
            got = _worst([outcome], field, HELD_AT)
            if got is None or got > aim:
                shown = "without end" if got is None else human(got, "seconds")
                wanted = "an end" if np.isinf(aim) else human(aim, "seconds")
                out.append(f"{name} after {lost_in_words([outcome.failure])}: P{HELD_AT} {shown}, asked {wanted}")
    return tuple(out)


def _second_region(home: str, given: str | None) -> str:
    provider = regions()[home]
    same = [name for name, of in regions().items() if of == provider and name != home]
    if given is not None:
        if given not in same:
            raise unknown_name("second_region", given, same)
        return given
    found = other_region(home)
    if found is None:
        raise NoSecondRegion(
            "second_region", "not given", f"a region of {provider}, as no neighbour of {home} is known"
        )
    return found


def _mechanism(offer: Offer, given: str | None) -> Mechanism | None:
    known = {m.name: m for m in mechanisms_of(offer)}
    if given is None:
        return next(iter(known.values()), None)
    if given not in known:
        raise unknown_name("mechanism", given, known)
    return known[given]


def _aim(field: str, value: str | None) -> float:
    if value is None:
        return float("inf")
    seconds = parse(value, "duration", field)
    if seconds < 0:
        raise InputError(field, value, "a duration of 0 or more")
    return seconds


def _positive(field: str, value: str) -> float:
    seconds = parse(value, "duration", field)
    if seconds <= 0:
        raise InputError(field, value, "a duration above 0")
    return seconds


__all__ = ["DesignResult", "ResilienceStudy", "resilience"]
