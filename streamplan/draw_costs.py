"""The least cost of an offer under every draw and month, in blocks that fit the cache, on every core."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capacity import Demand, find_platform, size
from pricing import PriceBook
from streamfacts.usage import HOURS_PER_MONTH
from streamplan.bounds import Bounds
from streamplan.people import People
from streamplan.plan import MOST_CLUSTERS, Costed, Plan, cost_all

Array = NDArray[np.float64]
Index = NDArray[np.intp]

#: Draws times months of a block.
BLOCK = 8192
#: Configurations times draws times months that are computed at once.
AT_ONCE = 131_072
#: Offers with no more configurations than this are sized with all of them.
FEW = 8
#: Draws that are looked at first, to see which machines are the cheapest anywhere.
SAMPLE = 256
#: Numbers of clusters that are tried at once.
WIDEST = 16


@dataclass(frozen=True, slots=True)
class DrawCosts:
    """Cost of the cheapest feasible configuration of an offer, of shape (draws, months).

    Attributes
    ----------
    usd : cost of the month [USD]; infinite where nothing fits, NaN where what fits has no price
    """

    usd: Array

    @property
    def infeasible(self) -> NDArray[np.bool_]:
        """Where no configuration carries the draw."""
        return np.isinf(self.usd)

    @property
    def unpriced(self) -> NDArray[np.bool_]:
        """Where a price is missing for every configuration that carries the draw."""
        return np.isnan(self.usd)


def draw_costs(
    demand: Demand,
    platform: str,
    book: PriceBook,
    *,
    options: Mapping[str, Any] | None = None,
    hours_per_month: float = HOURS_PER_MONTH,
    most_clusters: int = MOST_CLUSTERS,
    people: People | None = None,
) -> DrawCosts:
    """Return what an offer costs under a demand of shape (draws, months), each month with what is cheapest in it.

    The same as `cost_all` of every configuration and the least of it, to the last bit: a configuration that is left
    out is proven to be dearer in all of the block (`streamplan.bounds`).
    """
    shape, demand = demand.shape, distinct_months(demand)
    offer = _Offer(platform, book, {"options": options, "hours_per_month": hours_per_month}, most_clusters)
    whole = _Block(demand, people)
    draws, most = demand.shape[0], max(1, BLOCK // demand.shape[1])
    out = np.empty(demand.shape)
    if len(offer.names) <= FEW:

        def fill(rows: Index) -> None:
            out[rows] = offer.least_of_all(whole.at(rows))

        on_threads(fill, chunks(np.arange(draws), most))
    else:
        bounds = Bounds.of(offer.costed(whole.at(np.zeros(1, int), np.zeros(1, int))))
        groups = alike_in(offer.shapes_of(whole), draws, most)
        first = offer.cheapest_of_samples(whole, groups)

        def search(job: tuple[Index, Index]) -> None:
            out[job[0]] = offer.least(whole.at(job[0]), job[1], bounds)

        on_threads(search, list(zip(groups, first, strict=True)))
    return DrawCosts(np.broadcast_to(out, shape))


@dataclass(frozen=True)
class _Block:
    """Some of the draws: the demand, and the people who run it if they are on the bill."""

    demand: Demand
    people: People | None

    @property
    def shape(self) -> tuple[int, ...]:
        return self.demand.shape

    def at(self, draws: Index, months: Index | None = None) -> _Block:
        people = None if self.people is None else self.people.rows(draws)
        return _Block(at(self.demand, draws, months), people)

    def cells(self, mask: NDArray[np.bool_]) -> _Block:
        """Return the demands where a mask over draws and months is true, as so many draws of one month."""
        wide = {k: np.broadcast_to(v, mask.shape)[mask][:, None] for k, v in self.demand.arrays().items() if v.ndim}
        people = None if self.people is None else self.people.rows(np.nonzero(mask)[0])
        return _Block(self.demand.replace(**wide), people)


@dataclass(frozen=True)
class _Offer:
    """An offer with the choices made, to be sized and priced for many blocks of demands."""

    platform: str
    book: PriceBook
    choices: Mapping[str, Any]
    most_clusters: int

    @cached_property
    def names(self) -> NDArray[Any]:
        return find_platform(self.platform).configurations()

    def costed(self, block: _Block, among: Index | None = None, clusters: Any = 1) -> Costed:
        names = None if among is None else self.names[among]
        return cost_all(
            block.demand,
            self.platform,
            self.book,
            among=names,
            clusters=clusters,
            people=block.people,
            brief=True,
            **self.choices,
        )

    def shapes_of(self, whole: _Block) -> list[Array]:
        """Return what tells draws apart whose cheapest machines may differ, each of shape (draws,).

        These are the logarithms of the demands that bind on a machine that is the cheapest somewhere, less the first:
        draws that differ in size alone are alike.
        """
        draws, middle = whole.shape[0], np.array([whole.shape[1] // 2])
        sample = whole.at(np.arange(0, draws, max(1, draws // SAMPLE)), middle)
        winners = np.unique(self.costed(sample).cost.argmin(axis=0))
        binding = Bounds.binding(self.costed(sample, winners).sizing)
        loads = np.zeros((len(binding), draws))

        def look(rows: Index) -> None:
            constraints = self.costed(whole.at(rows, middle), winners[:1]).sizing.constraints
            for i, c in enumerate(binding):
                loads[i, rows] = np.ravel(constraints[c].demand)

        on_threads(look, chunks(np.arange(draws), AT_ONCE))
        loads = np.log(np.maximum(loads, 1e-9))
        return [load - loads[0] for load in loads[1:]]

    def cheapest_of_samples(self, whole: _Block, groups: Sequence[Index]) -> list[Index]:
        """Return for each group of draws the configurations, as indices, that are cheapest in a few of its demands."""
        last = whole.shape[1] - 1
        months = np.unique([0, last // 2, last])
        draws = np.array([rows[len(rows) // 2] for rows in groups])
        found: list[Index] = [np.zeros(0, int)] * len(groups)

        def look(part: Index) -> None:
            two = np.argpartition(self.costed(whole.at(draws[part], months)).cost, 1, axis=0)[:2]
            for column, group in enumerate(part):
                found[group] = np.unique(two[:, column])

        on_threads(look, chunks(np.arange(len(groups)), AT_ONCE // (len(self.names) * len(months))))
        return found

    def least(self, block: _Block, first: Index, bounds: Bounds) -> Array:
        """Return the least cost of a block, trying the configurations `first` and then those that may be cheaper."""
        known = self.costed(block, first)
        best: Array = known.cost.min(axis=0)
        fit = np.isfinite(best).all(axis=1)
        if not fit.all():  # where none of those fits, it takes all to tell whether one does
            best[~fit] = self.least_of_all(block.at(np.flatnonzero(~fit)))
            if fit.any():
                best[fit] = self.least(block.at(np.flatnonzero(fit)), first, bounds)
            return best
        for among in chunks(bounds.may_be_cheaper(known, best, first), AT_ONCE // best.size):
            best = np.minimum(best, self.costed(block, among).cost.min(axis=0))
        return best

    def least_of_all(self, block: _Block) -> Array:
        """Return the least cost over all configurations, on one cluster or, where none fits, on as few as will do.

        Infinite where nothing fits, NaN where what fits has no price.
        """
        out = np.empty(block.shape)
        for rows in chunks(np.arange(len(out)), AT_ONCE // (len(self.names) * out.shape[1])):
            part = block.at(rows)
            costed = self.costed(part)
            fits = np.array(costed.sizing.feasible.any(axis=0), bool)
            usd: Array = costed.cost.min(axis=0)
            most = np.broadcast_to(costed.most_clusters(self.most_clusters), fits.shape)
            several = ~fits & (most > 1)
            if several.any():
                low = np.broadcast_to(costed.fewest_clusters(), fits.shape)[several]
                usd[several], fits[several] = self.on_several(part.cells(several), low, most[several])
            out[rows] = np.where(fits & np.isinf(usd), np.nan, usd)
        return out

    def on_several(
        self, block: _Block, low: NDArray[np.int64], high: NDArray[np.int64]
    ) -> tuple[Array, NDArray[np.bool_]]:
        """Return the least cost on as few clusters as will do, from `low` to `high`, and whether so many do."""
        usd, fits = np.full(len(low), np.inf), np.zeros(len(low), bool)
        todo, tried, width = np.flatnonzero(low <= high), low.copy(), 1
        while len(todo):
            for part in chunks(todo, AT_ONCE // (len(self.names) * width)):
                counts = np.minimum(tried[part] + np.arange(width)[:, None], high[part])
                costed = self.costed(block.at(part), clusters=counts[:, :, None])
                feasible = np.asarray(costed.sizing.feasible.any(axis=0))[:, :, 0]
                first = feasible.argmax(axis=0)[None]
                usd[part] = np.take_along_axis(costed.cost.min(axis=0)[:, :, 0], first, axis=0)[0]
                fits[part] = feasible.any(axis=0)
            tried[todo] += width
            todo = todo[~fits[todo] & (tried[todo] <= high[todo])]
            width = min(2 * width, WIDEST)
        return usd, fits


def too_small(
    demand: Demand,
    plan: Plan,
    *,
    hours_per_month: float = HOURS_PER_MONTH,
) -> NDArray[np.bool_]:
    """Return where a plan that is held does not carry the demand, of shape (draws, months).

    It does not where its machine would need more units, of any pool, than the plan has (headroom and failure states
    counted as in the sizing), or breaks a limit.
    """
    shape, demand = demand.shape, distinct_months(demand)
    out = np.empty(demand.shape, bool)
    held = {plan.sizing.unit: plan.sizing.units, **plan.sizing.pools}
    configuration = plan.configuration if len(plan.offer.configurations()) > 1 else None
    machine = configuration or str(plan.offer.configurations()[0])

    def fill(rows: Index) -> None:
        needed = size(
            at(demand, rows),
            plan.offer.name,
            machine=machine,
            clusters=plan.clusters,
            options=plan.sizing.options,
            hours_per_month=hours_per_month,
            brief=True,
        )
        short = ~needed.feasible
        for unit, units in {needed.unit: needed.units, **needed.pools}.items():
            short = short | (units > held[unit])
        out[rows] = short

    on_threads(fill, chunks(np.arange(demand.shape[0]), AT_ONCE // demand.shape[1]))
    return np.broadcast_to(out, shape)


def distinct_months(demand: Demand) -> Demand:
    """Return the demand with one month where all of its months are the same array, else as it is."""
    wide = {k: v for k, v in demand.arrays().items() if v.ndim and v.shape[-1] > 1}
    if any(v.strides[-1] for v in wide.values()):
        return demand
    return demand.replace(**{k: v[..., :1] for k, v in wide.items()})


def at(demand: Demand, draws: Index, months: Index | None = None) -> Demand:
    """Return the demand at some of its draws, and at some of its months where these are given."""
    n, horizon = demand.shape
    cut = {}
    for name, value in demand.arrays().items():
        if value.ndim == 2 and value.shape[0] == n > 1:
            value = value[draws]
        if months is not None and value.ndim and value.shape[-1] == horizon > 1:
            value = value[..., months]
        cut[name] = value
    out = demand.replace(**cut)
    shape = (len(draws), horizon if months is None else len(months))
    return out if out.shape == shape else out.replace(wire_bytes_s=np.broadcast_to(out.wire_bytes_s, shape))


def alike_in(columns: Sequence[Array], n: int, most: int) -> list[Index]:
    """Return `n` draws in groups of at most `most` that are alike: halved in the column in which they differ most."""
    groups, done = [np.arange(n)], []
    while groups:
        rows = groups.pop()
        if len(rows) <= most:
            done.append(rows)
            continue
        half = len(rows) // 2
        widest = max(columns, key=lambda column: float(column[rows].std()), default=None)
        order = np.arange(len(rows)) if widest is None else np.argpartition(widest[rows], half)
        groups += [rows[order[:half]], rows[order[half:]]]
    return done


def chunks(rows: Index, most: int) -> list[Index]:
    """Return the rows in pieces of at most `most`, of one at least."""
    step = max(1, most)
    return [rows[start : start + step] for start in range(0, len(rows), step)]


def on_threads(work: Callable[[Any], None], jobs: Iterable[Any]) -> None:
    """Do the jobs on as many threads as there are cores; NumPy lets them run side by side."""
    todo = list(jobs)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if min(cores, len(todo)) < 2:
        for job in todo:
            work(job)
        return
    with ThreadPoolExecutor(min(cores, len(todo))) as pool:
        for _ in pool.map(work, todo):
            pass
