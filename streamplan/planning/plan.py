"""Plan: an offer's cheapest feasible configuration for a workload, chosen in one pass over all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from capacity import Demand, Offer, Sizing, Workload, find_offer, size
from capacity.sizing.sizing import Obstacle
from pricing import Bill, PriceBook
from streamfacts.arrays import Array
from streamfacts.units import largest
from streamfacts.words import describe
from streamplan.planning.bills import priced
from streamplan.planning.fleet import fleet_warnings
from streamplan.planning.odds import Odds, odds_of
from streamplan.planning.soundness import easiest, leading, sound
from streamplan.planning.split import Split, split_of
from streamplan.planning.terms import Terms, Told


@dataclass(frozen=True)
class Costed:
    """Every configuration of an offer, sized and priced: arrays of shape (configurations, *demand).

    `within` is how far above the least cost of a sound plan one with fewer brokers is taken [1].
    """

    offer: Offer
    sizing: Sizing
    bill: Bill
    within: float = 0.0

    @cached_property
    def cost(self) -> Array:
        """Monthly cost [USD]; infinite where a limit is broken or a price missing."""
        usable = self.sizing.feasible & ~self.bill.incomplete
        return np.where(usable, self.bill.subtotal, np.inf)

    @cached_property
    def sound_cost(self) -> Array:
        """Monthly cost of sound plans [USD]; infinite also where machines are too small for as many of them."""
        return np.where(sound(self.sizing), self.cost, np.inf)

    @cached_property
    def least(self) -> Array:
        """Least monthly cost of a sound plan for each demand, of any plan where none is sound [USD]."""
        least: Array = self.sound_cost.min(axis=0)
        return np.where(np.isinf(least), self.cost.min(axis=0), least)

    @cached_property
    def brokers(self) -> Array:
        """Units of every kind in all clusters."""
        units = sum(self.sizing.pools.values(), self.sizing.units)
        clusters = self.sizing.demand.clusters
        return np.asarray(units * clusters if np.ndim(clusters) or clusters != 1 else units)

    @cached_property
    def taken_cost(self) -> Array:
        """Monthly cost of the configuration that is taken for each demand, as `order` does [USD]."""
        none = np.isinf(self.sound_cost).all(axis=0)
        cost = np.where(none, self.cost, self.sound_cost)
        index = easiest(cost, np.broadcast_to(self.brokers, cost.shape), self.within)
        return np.asarray(np.take_along_axis(cost, index[None], axis=0)[0])

    def taken(self, column: int | None = None) -> int:
        """Return the configuration to take, as an index into the leading axis; see `order`."""
        return int(self.order(column)[0])

    def order(self, column: int | None = None) -> NDArray[np.intp]:
        """Return the configurations, the one to take first, as indices into the leading axis.

        Of the configurations that are feasible in all demands, priced and sound, the one with the fewest brokers whose
        cost, over several demands the average, is within `within` of the least; the others follow by cost. If there is
        none: what is not sound; then, of those that lack a price, the sound ones that lack the fewest, on the fewest
        vCPU and the fewest brokers; then infeasible ones that break the fewest limits. Ties go to fewer clusters, then
        to fewer units. With `column` for that demand of an axis alone.
        """
        shape = self.sizing.units.shape
        over = tuple(range(1, len(shape)))

        def each(values: Any, together: Callable[..., Any]) -> Any:
            array = values if np.shape(values) == shape else np.broadcast_to(values, shape)
            if column is not None:
                return array[:, column]
            return together(array, axis=over) if over else array

        feasible = self.sizing.feasible
        unpriced = _count((entry.missing for entry in self.bill.entries), shape)
        broken = _count((limit.broken for limit in self.sizing.limits), shape)
        cost = np.where(np.isfinite(self.sizing.units), self.bill.subtotal, np.inf)
        usd = each(cost, np.mean).round(4)  # so that the last bits of equal sums do not decide
        fits, lacks = each(feasible, np.all), each(np.where(feasible, unpriced, 0.0), np.sum)
        unsound = ~each(sound(self.sizing), np.all)
        best = fits & (lacks == 0)
        best = best & ~unsound if (best & ~unsound).any() else best
        near = best & (usd <= np.min(usd[best], initial=np.inf) * (1.0 + self.within))
        brokers = each(self.brokers, np.mean)
        # where nothing has all of its prices the sum of the others says little: the fewest vCPU are taken
        bare = fits & ~best.any()
        cores: Any = 0.0
        if bare.any():
            cores = brokers * each(np.nan_to_num(leading(self.sizing.vcpu, len(shape)), nan=0.0), np.mean)
        keys = (
            each(self.sizing.units, np.mean),
            each(self.sizing.demand.clusters, np.mean),
            usd,
            np.where(near | bare, brokers, 0.0),
            np.where(bare, cores, 0.0),
            ~near,
            np.where(bare, lacks, unsound),
            each(broken, np.sum),
            np.where(bare, unsound, lacks),
            ~fits,
        )
        return np.lexsort(keys)

    def cheaper_than(self, taken: int, column: int | None = None) -> Cheaper | None:
        """Return what would cost less than a configuration that is taken, None where nothing would."""
        cost = self.cost if column is None else self.cost[:, column]
        least = int(np.argmin(cost.round(4)))
        if not cost[least].round(4) < cost[taken].round(4):
            return None
        index = (least,) if column is None else (least, column)
        other = Plan(self.offer, None, self.sizing.pick(*index), self.bill.pick(*index))
        brokers = float(np.broadcast_to(self.brokers, self.cost.shape)[index])
        return Cheaper(other.what, float(cost[least]), brokers, bool(sound(other.sizing)))

    def most_clusters(self, most: int, keep: Any = slice(None)) -> NDArray[np.int64]:
        """Return up to how many clusters are worth trying for each demand: 1 where one does or none helps.

        About twice what the most broken limit of the least broken configuration asks for, at most `most`; `keep` picks
        the configurations to look at.
        """
        over = np.ones(self.sizing.units.shape)
        for limit in self.sizing.limits:
            if not limit.at_least:
                with np.errstate(divide="ignore", invalid="ignore"):
                    over = np.maximum(over, np.nan_to_num(np.divide(limit.demand, limit.limit), posinf=1e9))
        least = np.where(self.sizing.feasible[keep].any(axis=0), 1.0, over[keep].min(axis=0))
        top = np.minimum(2 * np.ceil(least) + 1, most)
        demand = self.sizing.demand
        if demand.partitions_given:  # no cluster without a partition
            top = np.minimum(top, np.maximum(demand.partitions, 1.0))
        return np.where(least > 1, top, 1).astype(int)

    def fewest_clusters(self) -> NDArray[np.int64]:
        """Return how many clusters it takes at least for each demand; fewer break a limit in every configuration.

        What a limit is about is shared out between the clusters, so that it falls no faster than their number grows. A
        whole number may have been rounded up, by one, or units to a multiple that is no more than half of them.
        """
        shape = self.sizing.units.shape
        least = np.ones(shape)
        for limit in self.sizing.limits:
            if limit.at_least or np.ndim(limit.limit):
                continue
            demand = np.asarray(limit.demand, float)
            if demand.ndim == len(shape):
                demand = demand / 2.0
            else:
                demand = np.where(demand == np.floor(demand), demand - 1.0, demand)
            if limit.limit > 0:
                least = np.maximum(least, demand / limit.limit * (1.0 - 1e-6))
        return np.asarray(np.maximum(np.ceil(np.nan_to_num(least, posinf=1.0).min(axis=0)), 2.0), int)


def _count(each: Iterable[NDArray[np.bool_]], shape: tuple[int, ...]) -> Array:
    """How many of several flags are set, of a shape to which each broadcasts."""
    return np.asarray(sum((flags for flags in each if flags.any()), np.broadcast_to(0.0, shape)))


@dataclass(frozen=True)
class Cheaper:
    """What costs less than the plan that is taken, and was not taken for being harder to run.

    Attributes
    ----------
    what : what would be bought, in words
    usd : its cost a month [USD]
    brokers : units of every kind in all clusters
    sound : whether its machines are large enough for as many of them
    """

    what: str
    usd: float
    brokers: float
    sound: bool


@dataclass(frozen=True)
class Plan:
    """One offer with the configuration chosen, for the likely demand (0-d).

    `split` says which limit made several clusters of one, where their number was not given; `cheaper` is the plan of
    the least cost where an easier one was taken.
    """

    offer: Offer
    workload: Workload | None
    sizing: Sizing
    bill: Bill
    split: Split | None = None
    cheaper: Cheaper | None = None

    @cached_property
    def odds(self) -> Odds | None:
        """How sure its size is under the model's error of CPU; None for a bare demand or where it does not fit."""
        return odds_of(self)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What an operator should know before this is run, in sentences."""
        return (*self.sizing.warnings, *fleet_warnings(self))

    @property
    def machine(self) -> str:
        """The configuration by the name that sizes it, also where there is only one."""
        names = self.offer.configurations()
        return self.configuration if len(names) > 1 else str(names[0])

    @property
    def clusters(self) -> int:
        """Equal clusters that the demand is spread over; units and constraints are those of one, the bill of all."""
        return int(self.sizing.demand.clusters)

    @property
    def configuration(self) -> str:
        return str(self.sizing.configuration)

    @cached_property
    def what(self) -> str:
        """What is bought, in words: "15 x m7g.large", "12 clusters of 60 x kafka.m7g.large"."""
        if self.sizing.pools:
            kinds = {self.sizing.unit: self.sizing.units, **self.sizing.pools}
            what = " + ".join(f"{largest(n):,.0f} {kind}s" for kind, n in kinds.items()) + f", {self.configuration}"
            return what if self.clusters == 1 else f"{self.clusters} clusters of {what}"
        chosen = self.configuration if len(self.offer.configurations()) > 1 else ""
        return describe(f"{largest(self.sizing.units):,.0f}", self.sizing.unit, chosen, self.clusters)

    @cached_property
    def feasible(self) -> bool:
        return bool(np.all(self.sizing.feasible))

    @cached_property
    def monthly_usd(self) -> float | None:
        """Cost of the month [USD], None where the offer is infeasible or a price is missing."""
        return self.bill.total if self.feasible else None

    @cached_property
    def asides(self) -> tuple[str, ...]:
        """What choices that are left at their defaults would save, in sentences."""
        from streamplan.planning.asides import asides

        return asides(self)

    @property
    def reason(self) -> str:
        """Why there is no cost: the broken limits, or the missing prices; empty if there is one."""
        return "; ".join(sentence for sentence, _ in self.obstacles)

    @cached_property
    def against(self) -> list[Obstacle]:
        """What stands against a cost: the broken limits, or the missing prices."""
        if not self.feasible:
            return self.sizing.obstacles
        return [Obstacle(gap.short, str(gap)) for gap in self.bill.gaps]

    @cached_property
    def obstacles(self) -> list[tuple[str, str]]:
        """What stands against a cost, each as a sentence with its source."""
        return [(o.sentence, o.source) for o in self.against]


def cost_all(
    demand: Demand,
    platform: str,
    terms: Terms | PriceBook | None = None,
    *,
    units: float | Array | None = None,
    clusters: Any = 1,
    among: NDArray[Any] | None = None,
    brief: bool = True,
    **told: Unpack[Told],
) -> Costed:
    """Size and price every configuration of an offer at once, or those named in `among`, for a demand of any shape.

    Costs are the same whether the sizing is `brief` or says of each broker what no meter counts, which takes longer.
    """
    terms = Terms.of(terms, **told)
    sizing = size(
        demand,
        platform,
        among=among,
        units=units,
        clusters=clusters,
        options=terms.options,
        hours_per_month=terms.hours_per_month,
        brief=brief,
    )
    return Costed(find_offer(platform), sizing, priced(sizing, terms.book, demand.region, terms.people), terms.within)


def least_cost(demand: Demand, platform: str, terms: Terms | PriceBook | None = None, **told: Unpack[Told]) -> Array:
    """Return the monthly cost of the configuration that is taken, on one cluster or, where none fits, on several [USD].

    Shape of the demand; infinite where the offer does not fit or has no price.
    """
    terms = Terms.of(terms, **told)
    return _least(cost_all(demand, platform, terms), terms)


def _least(costed: Costed, terms: Terms) -> Array:
    """Return the cost of what is taken for each demand on one cluster, on several where that takes more."""
    demand, least = costed.sizing.demand, np.array(costed.taken_cost)
    counts = np.arange(2, np.max(costed.most_clusters(terms.most_clusters)) + 1)
    if len(counts):
        short = ~costed.sizing.feasible.any(axis=0)
        some = short.ndim == 1 and terms.people is None  # then those that are short are sized alone
        several = cost_all(demand.take(short) if some else demand, costed.offer.name, terms, clusters=counts)
        fewest = several.sizing.feasible.any(axis=0).argmax(axis=0)
        cost = np.take_along_axis(several.taken_cost, fewest[None], axis=0)[0]
        least[short] = cost if some else cost[short]
    return least


def plan_and_costs(demand: Demand, at: int, platform: str, terms: Terms) -> tuple[Plan, Array]:
    """Return the plan for one of several demands and the least cost of every one, sized together.

    Parameters
    ----------
    demand : shape (n,), or () for the one that is planned for
    at : index of the demand that is planned for; what `plan` says of it
    terms : `people` with values of shape () or (n,)

    Returns
    -------
    the plan, and what `least_cost` says, shape (n,) [USD]
    """
    if not demand.shape:
        only = plan(demand, platform, terms)
        return only, np.array([np.inf if only.monthly_usd is None else only.monthly_usd])
    costed = cost_all(demand, platform, terms, brief=False)
    least = np.broadcast_to(_least(costed, terms), demand.shape)
    if not costed.sizing.feasible[:, at].any():  # several clusters may carry it
        here = terms if terms.people is None else terms.run_by(terms.people.rows(at))
        return plan(demand.take(at), platform, here), least
    index = costed.taken(at)
    chosen = Plan(costed.offer, None, costed.sizing.pick(index, at), costed.bill.pick(index, at))
    return replace(chosen, cheaper=costed.cheaper_than(index, at)), least


def plan(
    workload: Workload | Demand,
    platform: str,
    terms: Terms | PriceBook | None = None,
    *,
    machine: str | None = None,
    units: float | None = None,
    clusters: int | None = None,
    **told: Unpack[Told],
) -> Plan:
    """Return the cheapest feasible configuration of an offer at the likely demand (or a 0-d one), or the named machine.

    Where one cluster breaks a limit and several do not, the demand is spread over as few as will do, up to
    `most_clusters`; `clusters` fixes the number, and so do `units` that are given. `people` adds the lines of those who
    run it, of tools, licences and support.

    Examples
    --------
    >>> w = Workload(write="10 MiB/s", message="1 KiB", fan_out=2, retention="24 h")
    >>> plan(w, "msk-express").configuration
    'express.m7g.large'
    """
    terms = Terms.of(terms, **told)
    offer = find_offer(platform)
    if isinstance(workload, Workload):
        of: Workload | None = workload
        demand = Demand.of(workload).replace(region=workload.region_at(offer.provider) or workload.region)
    else:
        of, demand = None, workload
    costed, names, split, free = None, offer.configurations(), None, machine is None
    if machine is None or clusters is None:
        many = 1 if clusters is None else clusters
        costed = cost_all(demand, platform, terms, units=units, clusters=many, brief=False)
        keep = np.ones(len(names), bool) if machine is None else np.equal(names, machine)
        if machine is None:
            machine = str(costed.sizing.configuration[costed.taken()])
        if clusters is None and units is None and keep.any() and not costed.sizing.feasible[keep].any():
            counts = np.arange(2, int(costed.most_clusters(terms.most_clusters, keep)) + 1)
            if len(counts):
                several = cost_all(demand, platform, terms, clusters=counts)
                feasible = several.sizing.feasible & keep[:, None]
                if feasible.any():
                    column = int(feasible.any(axis=0).argmax())
                    clusters, one = int(counts[column]), costed
                    costed = cost_all(demand, platform, terms, clusters=clusters, brief=False)
                    place = next(int(i) for i in costed.order() if feasible[i, column])
                    machine = str(names[place])
                    fewer = several.sizing.pick(place, column - 1) if column else one.sizing.pick(place)
                    split = split_of(clusters, one.sizing.pick(place), fewer)
    if costed is not None and machine in names:
        index = int(np.flatnonzero(names == machine)[0])
        chosen = Plan(offer, of, costed.sizing.pick(index), costed.bill.pick(index), split)
        return replace(chosen, cheaper=costed.cheaper_than(index) if free else None)
    sizing = size(
        demand,
        platform,
        machine=machine,
        units=units,
        clusters=1 if clusters is None else clusters,
        options=terms.options,
        hours_per_month=terms.hours_per_month,
    )
    return Plan(offer, of, sizing, priced(sizing, terms.book, demand.region, terms.people))
