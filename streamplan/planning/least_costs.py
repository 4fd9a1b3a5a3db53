"""The least cost of an offer under every draw and month, in blocks that fit the cache, on every core."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from capacity import Demand, Sizing, find_offer, size
from pricing import PriceBook
from streamfacts.arrays import Array, Index
from streamfacts.usage import HOURS_PER_MONTH
from streamplan.planning.bills import priced
from streamplan.planning.bounds import Bounds
from streamplan.planning.people import People
from streamplan.planning.plan import Costed, Plan
from streamplan.planning.terms import Terms, Told
from streamplan.runtime.cores import cores, on_cores, shared_empty

#: Draws times months of a block.
BLOCK = 16_384
#: Draws times months that are as alike as is worth telling.
ALIKE = 512
#: Draws times months that are cut into blocks together, at most.
TOGETHER = 262_144
#: Demands of a block that are looked at first, to see which machines are the cheapest.
LOOKS = 5
#: Configurations times draws times months that are computed at once.
AT_ONCE = 131_072
#: Share of a block's demands above which a configuration that may be cheaper in them is costed for all of them.
OFTEN = 0.3
#: Offers with no more configurations than this are sized with all of them,
FEW = 8
#: and so are others, where configurations times draws times months are no more than this.
SMALL = 65_536
#: Beyond so many configurations times draws times months a search is worth processes of its own.
FORKED = 200_000
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
    demand: Demand, platform: str, terms: Terms | PriceBook | None = None, **told: Unpack[Told]
) -> DrawCosts:
    """Return what an offer costs under a demand of shape (draws, months), each month with its cheapest sound plan.

    The same as `cost_all` of every configuration and `Costed.least` of it, to the last bit: a configuration that is
    left out is proven to be dearer in all of the block (`streamplan.planning.bounds`).
    """
    terms, shape, demand = Terms.of(terms, **told), demand.shape, distinct_months(demand)
    offer, whole = _Offer(platform, terms), _Block(demand, terms.people)
    out = shared_empty(demand.shape)
    forked = len(offer.names) * out.size > FORKED
    if len(offer.names) <= FEW or len(offer.names) * out.size <= SMALL:

        def fill(rows: Index) -> None:
            out[rows] = offer.least_of_all(whole.at(rows))

        on_cores(fill, chunks(np.arange(demand.shape[0]), BLOCK // demand.shape[1]), forked=forked)
    else:
        bounds = Bounds.of(offer.costed(whole.at(np.zeros(1, int), np.zeros(1, int))))
        months = demand.shape[1]

        def search(draws: Index) -> None:
            cells = (draws[:, None] * months + np.arange(months)).ravel()
            columns = [np.broadcast_to(x[draws], (len(draws), months)).ravel() for x in (size, *shapes)]
            alike = [cells[group] for group in alike_in(columns, len(cells), ALIKE)]
            offer.least(whole, alike, bounds, out.reshape(-1))

        size, *shapes = offer.loads(whole)
        of_draws = [np.ravel(size.mean(axis=1)), *(np.ravel(x) for x in shapes)]
        together = min(TOGETHER, -(-out.size // cores()))
        on_cores(search, alike_in(of_draws, demand.shape[0], max(1, together // months)), forked=forked)
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

    def take(self, cells: Index) -> _Block:
        """Return the demands at flat indices into draws and months, as so many draws of one month."""
        shape = self.shape
        draws, months = np.divmod(cells, shape[1])
        cut: dict[str, Array] = {}
        for name, value in self.demand.arrays().items():
            if value.shape == shape and value.flags.c_contiguous:
                cut[name] = value.reshape(-1)[cells, None]
            elif value.ndim:
                rows, columns = np.broadcast_shapes((1, 1), value.shape)
                wide = value.reshape(rows, columns)
                one: Any = wide[draws if rows > 1 else 0, months if columns > 1 else 0]
                cut[name] = one[:, None] if np.ndim(one) else one
        people = None if self.people is None else self.people.rows(draws)
        return _Block(spread(self.demand.replace(**cut), (len(cells), 1)), people)

    def cells(self, mask: NDArray[np.bool_]) -> _Block:
        """Return the demands where a mask over draws and months is true, as so many draws of one month."""
        wide = {k: np.broadcast_to(v, mask.shape)[mask][:, None] for k, v in self.demand.arrays().items() if v.ndim}
        people = None if self.people is None else self.people.rows(np.nonzero(mask)[0])
        return _Block(self.demand.replace(**wide), people)


@dataclass(frozen=True)
class _Offer:
    """An offer under its terms, to be sized and priced for many blocks of demands, each with its own people."""

    platform: str
    terms: Terms

    @cached_property
    def names(self) -> NDArray[Any]:
        return find_offer(self.platform).configurations()

    def costed(self, block: _Block, among: Index | None = None, clusters: Any = 1) -> Costed:
        sizing = self.sized(block, among, clusters)
        costs = priced(sizing, self.terms.book, block.demand.region, block.people, self.terms.population.clients)
        return Costed(find_offer(self.platform), sizing, costs)

    def sized(self, block: _Block, among: Index | None = None, clusters: Any = 1) -> Sizing:
        names = None if among is None else self.names[among]
        return size(
            block.demand,
            self.platform,
            among=names,
            clusters=clusters,
            options=self.terms.options,
            hours_per_month=self.terms.hours_per_month,
            brief=True,
        )

    def loads(self, whole: _Block) -> list[Array]:
        """Return what tells demands apart whose cheapest machines may differ: size (draws, months), shapes (draws, 1).

        These are the logarithms of the demands that bind on a machine that is the cheapest somewhere: the first as the
        size, the others over it, in the middle of the months, as the shape.
        """
        draws, middle = whole.shape[0], np.array([whole.shape[1] // 2])
        sample = whole.at(np.arange(0, draws, max(1, draws // SAMPLE)), middle)
        winners = np.unique(self.costed(sample).sound_cost.argmin(axis=0))
        binding = Bounds.binding(self.costed(sample, winners).sizing)
        loads = np.zeros((len(binding), draws, 1))

        def look(rows: Index) -> None:
            constraints = self.costed(whole.at(rows, middle), winners[:1]).sizing.constraints
            for i, c in enumerate(binding):
                loads[i, rows] = np.broadcast_to(constraints[c].demand, (len(rows), 1))

        on_cores(look, chunks(np.arange(draws), AT_ONCE), forked=False)
        first, *others = np.log(np.maximum(loads, 1e-9))
        rate = np.broadcast_to(np.log(np.maximum(whole.demand.wire_bytes_s, 1e-9)), whole.shape)
        return [first + rate - rate[:, middle], *(load - first for load in others)]

    def cheapest_of_samples(self, whole: _Block, blocks: Sequence[Index]) -> list[Index]:
        """Return for each block (flat indices) the configurations, two or more, that are cheapest in a few demands."""
        few = [cells[np.linspace(0, len(cells) - 1, LOOKS).astype(int)] for cells in blocks]
        found = []
        for part in chunks(np.arange(len(blocks)), AT_ONCE // (len(self.names) * LOOKS)):
            cost = self.costed(whole.take(np.concatenate([few[i] for i in part]))).sound_cost
            two = np.argpartition(cost[..., 0], 1, axis=0)[:2].reshape(2, len(part), LOOKS)
            for i in range(len(part)):
                one = np.unique(two[0, i])
                found.append(one if len(one) > 1 else np.unique(two[:, i]))
        return found

    def least(self, whole: _Block, alike: Sequence[Index], bounds: Bounds, best: Array) -> None:
        """Write the least cost of groups of demands, at flat indices into draws and months, to these places of `best`.

        Each block of groups is costed on what is the cheapest in a few of its demands, and on what may be cheaper in
        many of them. What may be so in a few only waits for the others like it.
        """
        waiting: dict[int, list[tuple[Index, Array]]] = {}
        each = max(1, BLOCK // max(map(len, alike)))
        blocks = [alike[i : i + each] for i in range(0, len(alike), each)]
        firsts = self.cheapest_of_samples(whole, [np.concatenate(groups) for groups in blocks])
        for groups, first in zip(blocks, firsts, strict=True):
            part = np.concatenate(groups)
            starts = np.cumsum([0, *map(len, groups[:-1])])
            block = whole.take(part)
            known = self.costed(block, first)
            usd: Array = known.sound_cost.min(axis=0)[:, 0]
            fit, none = np.isfinite(usd), (bounds.unpriced(known) & known.sizing.feasible.any(axis=0))[:, 0]
            best[part[none]] = np.nan
            rest = np.flatnonzero(~fit & ~none)
            if len(rest):  # where none of those fits, it takes all to tell whether one does
                best[part[rest]] = self.least_of_all(block.at(rest))[:, 0]
            if not fit.all():
                if not fit.any():
                    continue
                part, usd, starts = part[fit], usd[fit], np.zeros(1, int)
                block = whole.take(part)
                known = self.costed(block, first)
            maybe = bounds.may_be_cheaper(known, usd[:, None], first, starts)
            many = OFTEN * len(part) if len(blocks) > 1 else 0.0  # alone they are sized together at least cost
            often = np.array([c.configuration for c in maybe if len(c.demands) > many], int)
            for among in chunks(often, AT_ONCE // len(part)):
                usd = np.minimum(usd, self.costed(block, among).sound_cost.min(axis=0)[:, 0])
            best[part] = usd
            for c in maybe:
                if len(c.demands) <= many:
                    waiting.setdefault(c.configuration, []).append((part[c.demands], c.usd))
        joined = {i: tuple(np.concatenate(x) for x in zip(*found, strict=True)) for i, found in waiting.items()}
        # the most promising first: the others then have less to beat
        for i in sorted(joined, key=lambda i: -float((best[joined[i][0]] - joined[i][1]).sum())):
            left, at_least = joined[i]
            for part in chunks(left[best[left] > at_least], BLOCK):
                best[part] = np.minimum(best[part], self.costed(whole.take(part), np.array([i])).sound_cost[0, :, 0])

    def least_of_all(self, block: _Block) -> Array:
        """Return the least cost over all configurations, on one cluster or, where none fits, on as few as will do.

        Infinite where nothing fits, NaN where what fits has no price.
        """
        out = np.empty(block.shape)
        for rows in chunks(np.arange(len(out)), AT_ONCE // (len(self.names) * out.shape[1])):
            part = block.at(rows)
            costed = self.costed(part)
            fits = np.array(costed.sizing.feasible.any(axis=0), bool)
            usd = np.array(costed.least)
            most = np.broadcast_to(costed.most_clusters(self.terms.most_clusters), fits.shape)
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
        fewest = np.zeros(len(low), int)
        todo, tried, width = np.flatnonzero(low <= high), low.copy(), 1
        while len(todo):
            for part in chunks(todo, AT_ONCE // (len(self.names) * width)):
                counts = np.minimum(tried[part] + np.arange(width)[:, None], high[part])
                sizing = self.sized(block.at(part), clusters=counts[:, :, None])
                feasible = np.asarray(sizing.feasible.any(axis=0))[:, :, 0]
                first = counts[feasible.argmax(axis=0), np.arange(len(part))]
                fewest[part] = np.where(feasible.any(axis=0), first, 0)
            tried[todo] += width
            todo = todo[(fewest[todo] == 0) & (tried[todo] <= high[todo])]
            width = min(2 * width, WIDEST)
        usd = np.full(len(low), np.inf)
        for part in chunks(np.flatnonzero(fewest), AT_ONCE // len(self.names)):
            usd[part] = self.costed(block.at(part), clusters=fewest[None, part, None]).least[0, :, 0]
        return usd, fewest > 0


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

    on_cores(fill, chunks(np.arange(demand.shape[0]), AT_ONCE // demand.shape[1]), forked=False)
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
    return spread(out, (len(draws), horizon if months is None else len(months)))


def spread(demand: Demand, shape: tuple[int, ...]) -> Demand:
    """Return the demand with its rate broadcast to a shape, so that this is its own."""
    if demand.shape == shape:
        return demand
    return demand.replace(wire_bytes_s=np.broadcast_to(demand.wire_bytes_s, shape))


def flat(demand: Demand) -> Demand:
    """Return a demand of shape (draws, months) on one axis, draw by draw."""
    shape = demand.shape
    wide = {k: np.broadcast_to(v, shape).reshape(-1) for k, v in demand.arrays().items() if v.ndim}
    return demand.replace(**wide)


def alike_in(columns: Sequence[Array], n: int, most: int) -> list[Index]:
    """Return `n` draws in groups of at most `most` that are alike: halved in the column in which they differ most."""
    groups, done, table = [np.arange(n)], [], np.reshape(columns, (len(columns), n))
    while groups:
        rows = groups.pop()
        if len(rows) <= most:
            done.append(rows)
            continue
        half, few = len(rows) // 2, rows[:: -(-len(rows) // SAMPLE)]
        widest = table[table[:, few].std(axis=1).argmax()] if len(table) else None
        order = np.arange(len(rows)) if widest is None else np.argpartition(widest[rows], half)
        groups += [rows[order[:half]], rows[order[half:]]]
    return done


def chunks(rows: Index, most: int) -> list[Index]:
    """Return the rows in pieces of at most `most`, of one at least."""
    step = max(1, most)
    return [rows[start : start + step] for start in range(0, len(rows), step)]
