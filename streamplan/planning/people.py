"""People and platform: staff, training, tooling, licences and support as lines of a bill, off unless asked for.

What is published about head counts is thin, so `data/analyses/people.csv` is a wide prior by offer and size in which
every row says that it is an assumption and whose; a file of the same columns puts one's own rows over it. Support plans
and their published shares are rows of `data/analyses/support.csv`.

=========  ===========================================================================================================
people     (base + clusters x one of a cluster + nodes / 10 x one of ten nodes) x wage / share of wages in its cost
people     the same head count x training
tooling    base + nodes x tools of a node
licence    nodes x licence of a node (nothing for Apache's software; what a service bills itself is in its own bill)
support    the plan's share, by tiers, of the bill without licences, at least its minimum; or one's own quote
=========  ===========================================================================================================
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capacity import Offer, Range, Sizing, find_offer, known_offers
from capacity.demand.draws import Draws
from capacity.workload.correlation import Correlation
from capacity.workload.uncertainty import spread
from pricing import Bill
from pricing.billing import BillLine
from pricing.book import Price, Schedule
from streamfacts.arrays import Array
from streamfacts.errors import InputError, MissingFact, unknown_name
from streamfacts.reading import read_csv
from streamfacts.tables import ANY_REGION, CONFIDENCE, Row, check_past, parse_as_of, read_rows
from streamfacts.usage import UsageLine

COLUMNS = ("item", "applies_to", "low", "likely", "high", "unit", "as_of", "confidence", "source", "note")
#: Item to its unit; `support_quote` is in no shipped row and, given, stands in place of a support plan.
UNITS = {
    "staff_base": "FTE",
    "staff_per_cluster": "FTE/cluster",
    "staff_per_10_nodes": "FTE/10 nodes",
    "wage": "USD/year",
    "wage_share_of_cost": "1",
    "training": "USD/FTE-year",
    "tooling_base": "USD/month",
    "tooling_per_node": "USD/node-month",
    "licence_per_node": "USD/node-month",
    "support_quote": "USD/month",
    "rank_correlation_of_offers": "1",
}
#: Least and largest value of what is a share.
_BOUNDS = {"wage_share_of_cost": (1e-6, 1.0), "rank_correlation_of_offers": (0.0, 1.0)}
EVERYWHERE = "*"
#: Whose meters and inputs these are, the first part of their names.
PEOPLE = "people"
NO_SUPPORT = "none"


@dataclass(frozen=True, slots=True)
class Item:
    """One row of the prior: a range with its unit and where it comes from."""

    name: str
    applies_to: str
    value: Range
    unit: str
    as_of: str
    confidence: str
    source: str
    note: str

    @property
    def input(self) -> str:
        """Name of the input among those that are drawn."""
        return f"{PEOPLE}.{self.name}.{self.applies_to}"


@dataclass(frozen=True, slots=True)
class SupportPlan:
    """A support plan: shares of what is spent by graduated tiers, and the least that it costs."""

    title: str
    starts: Array
    ends: Array
    shares: Array
    minimum: float
    as_of: str
    confidence: str
    source: str
    note: str

    def fee(self, spend: Any) -> Array:
        """Return the fee of a month, of any shape [USD].

        Parameters
        ----------
        spend : what the month costs [USD]

        Examples
        --------
        AWS works the example of 1.2 million USD under its partner-led plan on its page of prices:

        >>> plan = People.load(support="partner-led").support_of(find_offer("msk-standard"))
        >>> float(plan.fee(1.2e6))
        70500.0
        """
        spend = np.asarray(spend, float)[..., None]
        parts = np.clip(spend - self.starts, 0.0, self.ends - self.starts) * self.shares
        return np.asarray(np.maximum(parts.sum(axis=-1), self.minimum))


@dataclass(frozen=True)
class People:
    """Staff, tools, licences and support by offer, as ranges; `values` holds those that have been drawn.

    Examples
    --------
    >>> from streamplan import plan
    >>> from capacity import Workload
    >>> w = Workload(write="10 MiB/s", message="1 KiB", fan_out=2, retention="24 h")
    >>> p = plan(w, "kafka-ec2-ebs", people=People.load(support="none"))
    >>> sorted(set(p.bill.lines["category"]) & {"people", "tooling", "licence", "support"})
    ['people', 'tooling']
    """

    items: Mapping[tuple[str, str], Item]
    support: str = "business"
    values: Mapping[str, Array] = field(default_factory=dict)

    @classmethod
    def load(cls, *own: str | Path, support: str = "business") -> People:
        """Return the shipped prior with the rows of one's own files over it.

        Parameters
        ----------
        own : CSV files with the columns of `data/analyses/people.csv`
        support : level of the support plan, or "none"

        Raises
        ------
        InputError
            naming file, row and field of what cannot be used, or an unknown level.
        """
        known = sorted({level for _, level in _support()})
        if support != NO_SUPPORT and support not in known:
            raise unknown_name("support", support, [*known, NO_SUPPORT])
        items = dict(_shipped())
        for path in own:
            items.update(_read(Path(path)))
        return cls(items, support)

    def item(self, name: str, offer: Offer) -> Item | None:
        """Return the row of an item for an offer: its own, its family's, its kind's or that for all; None if none."""
        for key in (offer.name, offer.family, offer.kind, EVERYWHERE):
            if (name, key) in self.items:
                return self.items[name, key]
        return None

    def support_of(self, offer: Offer) -> SupportPlan | None:
        """Return the support plan of an offer at the level asked; None if no support is asked for.

        Raises
        ------
        MissingFact
            where no plan of that level is known for the offer.
        """
        if self.support == NO_SUPPORT:
            return None
        for key in (offer.name, offer.family, offer.provider):
            if (key, self.support) in _support():
                return _support()[key, self.support]
        levels = sorted(level for key, level in _support() if key in (offer.family, offer.provider))
        raise MissingFact(f"no support plan {self.support!r} for {offer.name} (known: {', '.join(levels)})")

    @property
    def inputs(self) -> dict[str, Range]:
        """The rows that are ranges, by the name under which they are drawn."""
        return {item.input: item.value for item in self.items.values() if not item.value.known}

    def correlation(self, given: Correlation) -> Correlation:
        """Return correlations with those of one item between offers added, as far as they are not given."""
        item = self.items.get(("rank_correlation_of_offers", EVERYWHERE))
        value = 0.0 if item is None else item.value.likely
        pairs = dict(given.pairs)
        of = {item.input: item.name for item in self.items.values()}
        for one, other in combinations(sorted(self.inputs), 2):
            if of[one] == of[other]:
                pairs.setdefault((one, other), value)
        return Correlation(tuple(sorted(pairs.items())))

    def of(self, offers: Any) -> People:
        """Return only what some of these offers use, so that no input is drawn in vain."""
        used = {i.input for offer in offers for name in UNITS if (i := self.item(name, offer)) is not None}
        return replace(self, items={k: v for k, v in self.items.items() if v.input in used})

    def drawn(self, draws: Draws) -> People:
        """Return the same at these draws, each value of shape (n, 1) to stand beside months."""
        return replace(self, values={k: draws.values[k][:, None] for k in self.inputs if k in draws.values})

    def flat(self) -> People:
        """Return the same with values that stand beside one month on the one axis of the draws, shape (n,)."""
        return replace(self, values={k: v[:, 0] for k, v in self.values.items()})

    def corners(self) -> People:
        """Return the same with every range at its cheap, its likely and its dear end, each value of shape (3,)."""
        ends = {k: np.array([r.low, r.likely, r.high]) for k, r in self.inputs.items()}
        # the less of a cost wages are, the dearer is the rest
        turned = {item.input for item in self.items.values() if item.name == "wage_share_of_cost"}
        return replace(self, values={k: v[::-1] if k in turned else v for k, v in ends.items()})

    def rows(self, rows: int | slice | NDArray[np.intp]) -> People:
        """Return the same for some of the draws, or for one."""
        return replace(self, values={k: v[rows] for k, v in self.values.items()})

    def _value(self, name: str, offer: Offer) -> Array:
        item = self.item(name, offer)
        if item is None:
            raise MissingFact(
                f"no row {name!r} for {offer.name} ({offer.family}) in data/analyses/people.csv; give your own"
            )
        return np.asarray(self.values.get(item.input, item.value.likely), float)

    def fte(self, sizing: Sizing) -> Array:
        """Return the head count that runs what was sized, of the shape of its units [FTE]."""
        offer = find_offer(sizing.offer)
        clusters, nodes = _clusters(sizing), _nodes(sizing)
        of_cluster = self._value("staff_per_cluster", offer) * clusters
        return np.asarray(
            self._value("staff_base", offer) + of_cluster + self._value("staff_per_10_nodes", offer) * nodes / 10.0
        )

    def person_month(self, offer: Offer) -> Array:
        """Return what one full-time person costs a month, with all that is paid beside the wage [USD]."""
        return np.asarray(self._value("wage", offer) / self._value("wage_share_of_cost", offer) / 12.0)

    def lines(self, sizing: Sizing, costs: Bill) -> tuple[BillLine, ...]:
        """Return the lines that come on top of a bill of the same sizing."""
        offer = find_offer(sizing.offer)
        nodes, fte = _nodes(sizing), self.fte(sizing)
        month = self.person_month(offer)
        training = self._value("training", offer) / 12.0
        tools = self._value("tooling_base", offer) + self._value("tooling_per_node", offer) * nodes
        shape = np.broadcast_shapes(sizing.units.shape, costs.subtotal.shape, fte.shape, month.shape, tools.shape)

        def line(name: str, title: str, category: str, quantity: Any, unit: str, cost: Any, *rows: Price) -> BillLine:
            usage = UsageLine(f"{PEOPLE}.{name}", np.broadcast_to(quantity, shape), unit, "", _FORMULAS[name])
            none = np.zeros(shape, bool)
            zero = np.zeros(1)[:, None]
            schedule = Schedule(zero, zero + np.inf, zero, (rows,))
            return BillLine(usage, costs.region, category, title, np.broadcast_to(cost, shape), schedule, none)

        staff = [self.item(f"staff_{part}", offer) for part in ("base", "per_cluster", "per_10_nodes")]
        paid = [self.item(name, offer) for name in ("wage", "wage_share_of_cost")]
        tooling = [self.item(name, offer) for name in ("tooling_base", "tooling_per_node")]
        out = [
            line(
                "staff",
                "people who run it",
                "people",
                fte,
                "FTE-month",
                fte * month,
                *_prices("staff", [*staff, *paid]),
            ),
            line(
                "training",
                "training",
                "people",
                fte,
                "FTE-month",
                fte * training,
                *_prices("training", [self.item("training", offer)]),
            ),
            line(
                "tooling",
                "monitoring and other tools",
                "tooling",
                np.where(np.any(tools > 0), 1.0, 0.0),
                "month",
                tools,
                *_prices("tooling", tooling),
            ),
        ]
        licence = self._value("licence_per_node", offer)
        if np.any(licence > 0):
            row = _prices("licence", [self.item("licence_per_node", offer)])
            cost = licence * nodes
            out.append(line("licence", "licence of the software", "licence", nodes, "node-month", cost, *row))
        if (quote := self.item("support_quote", offer)) is not None:
            cost = self._value("support_quote", offer)
            out.append(line("support", "support by quote", "support", 1.0, "month", cost, *_prices("support", [quote])))
        elif (plan := self.support_of(offer)) is not None:
            own = sum((entry.cost for entry in costs.entries if entry.category == "licence"), np.zeros(()))
            spend = np.maximum(costs.subtotal - own, 0.0)
            paid_to = (_price("support", "USD spent", 0.0, plan.as_of, plan.source, plan.confidence, plan.note),)
            out.append(line("support", plan.title, "support", spend, "USD spent", plan.fee(spend), *paid_to))
        return tuple(out)


_FORMULAS = {
    "staff": "base + clusters x one of a cluster + nodes / 10 x one of ten nodes; wage / its share of cost / 12 each",
    "training": "head count x training of a year / 12",
    "tooling": "base + nodes x tools of a node",
    "licence": "nodes x licence of a node",
    "support": "share of the bill without licences by tiers, at least the minimum; or the quote",
}


def asked(people: bool, files: Iterable[str | Path] = (), support: str = "business") -> People | None:
    """Return the prior if it is asked for, by a switch or by one's own files, else None."""
    own = list(files)
    return People.load(*own, support=support) if people or own else None


def _clusters(sizing: Sizing) -> Array:
    return np.asarray(sizing.demand.clusters, float)


def _nodes(sizing: Sizing) -> Array:
    """Machines of all clusters, of every pool; 0 where the offer does not fit, which has no cost anyway."""
    total = np.asarray(sizing.units, float) + sum(sizing.pools.values(), np.zeros(()))
    return np.asarray(np.where(np.isfinite(total), total, 0.0) * _clusters(sizing))


@cache
def _price(name: str, unit: str, price: float, as_of: str, source: str, confidence: Any, note: str) -> Price:
    return Price(
        meter=f"{PEOPLE}.{name}",
        region=ANY_REGION,
        unit=unit,
        price=price,
        as_of=as_of,
        source=source,
        confidence=confidence,
        note=note,
    )


def _prices(name: str, items: list[Item | None]) -> Iterator[Price]:
    """The rows that a line rests on, in the shape in which a bill names its sources."""
    for item in items:
        if item is not None:
            r = item.value
            how = f"{item.name}: {r.likely:g} {item.unit}" + ("" if r.known else f" ({r.low:g} to {r.high:g})")
            note = f"{how}; {item.note}"
            yield _price(name, item.unit, r.likely, item.as_of, item.source, item.confidence, note)


@cache
def _shipped() -> Mapping[tuple[str, str], Item]:
    return dict(_item(row, f"people.csv row {n}") for n, row in enumerate(read_rows("analyses/people"), 2))


def _read(path: Path) -> dict[tuple[str, str], Item]:
    table = read_csv(path, "people", ragged=True)
    if any(name not in table.header for name in COLUMNS[:6]):
        raise InputError(f"{path.name}: columns", ", ".join(table.header), f"at least {', '.join(COLUMNS[:6])}")
    out = {}
    for line in table.sound:
        filled = {"as_of": "2026", "confidence": "low", "source": f"one's own ({path.name})", "note": ""}
        filled.update({k: v for k, v in line.cells.items() if k and v})
        key, item = _item(filled, f"{path.name} row {line.number}")
        check_past(item.as_of, f"{path.name} row {line.number}: as_of")
        out[key] = item
    return out


def _item(row: Mapping[str, Any], where: str) -> tuple[tuple[str, str], Item]:
    name, to = str(row.get("item", "")), str(row.get("applies_to", ""))
    if name not in UNITS:
        raise unknown_name(f"{where}: item", name, UNITS)
    known = {EVERYWHERE, *(name for o in known_offers().values() for name in (o.name, o.family, o.kind))}
    if to not in known:
        raise unknown_name(f"{where}: applies_to", to, known)
    if row.get("unit") != UNITS[name]:
        raise InputError(f"{where}: unit of {name}", row.get("unit", ""), UNITS[name])
    least, most = _BOUNDS.get(name, (0.0, 1e9))
    figures = []
    for column in ("low", "likely", "high"):
        try:
            number = float(row.get(column, ""))
        except (TypeError, ValueError):
            number = np.nan
        if not least <= number <= most:
            raise InputError(f"{where}: {column}", row.get(column, ""), f"a number from {least:g} to {most:g}")
        figures.append(number)
    low, likely, high = figures
    if not low <= likely <= high:
        raise InputError(f"{where}: low, likely, high", f"{low:g}, {likely:g}, {high:g}", "low <= likely <= high")
    if row["confidence"] not in CONFIDENCE:
        raise InputError(f"{where}: confidence", row["confidence"], ", ".join(CONFIDENCE))
    parse_as_of(row["as_of"])
    distribution = None if low == high else spread(low, likely, high, bounds=(least, most))
    value = Range(low, likely, high, distribution)
    text = {k: str(row[k]) for k in ("unit", "as_of", "confidence", "source", "note")}
    return (name, to), Item(name, to, value, **text)


@cache
def _support() -> Mapping[tuple[str, str], SupportPlan]:
    bands: dict[tuple[str, str], list[Row]] = {}
    for row in read_rows("analyses/support"):
        bands.setdefault((row["applies_to"], row["level"]), []).append(row)
    out = {}
    for key, rows in bands.items():
        first, ends = rows[0], np.array([row["spend_to"] for row in rows])
        out[key] = SupportPlan(
            title=first["plan"],
            starts=np.array([row["spend_from"] for row in rows]),
            ends=np.where(np.isnan(ends), np.inf, ends),
            shares=np.array([row["share"] for row in rows]),
            minimum=first["minimum_usd"],
            as_of=first["as_of"],
            confidence=first["confidence"],
            source=first["source"],
            note=first["note"],
        )
    return out
