"""The bill: usage times prices, a line a meter, over arrays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pricing.book import STALE_AFTER_DAYS, Price, PriceBook, PriceGap, Schedule, find_meter
from streamfacts.arrays import Array
from streamfacts.errors import InputError, unknown_name
from streamfacts.tables import regions
from streamfacts.usage import Usage, UsageLine

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class BillLine:
    """One meter on a bill: quantity and cost of the same shape, and the prices used."""

    usage: UsageLine
    region: str
    category: str
    title: str
    cost: Array
    schedule: Schedule
    missing: NDArray[np.bool_]

    @property
    def rows(self) -> tuple[Price, ...]:
        """The price rows used (of all SKUs)."""
        return tuple(row for tiers in self.schedule.tiers for row in tiers)

    def row(self, on: dt.date | None = None) -> dict[str, Any]:
        """Return the line as a flat record (0-d lines); with a day also the age of its price on it."""
        usage, prices, priced = self.usage, self.rows, not self.missing
        quantity, cost = float(usage.quantity), float(self.cost)
        record = {
            "meter": usage.meter,
            "sku": usage.sku,
            "title": self.title,
            "category": self.category,
            "quantity": quantity,
            "unit": usage.unit,
            "unit_price": cost / quantity if priced and quantity else None,
            "tiers": _tiers(prices),
            "cost": cost if priced else None,
            "currency": prices[0].currency if prices else "USD",
            "region": self.region,
            "as_of": min((p.as_of for p in prices), default=""),
            "confidence": _worst(prices),
            "source": "; ".join(dict.fromkeys(p.source for p in prices)),
            "note": "; ".join(dict.fromkeys(p.note for p in prices if p.note)),
            "formula": usage.formula,
        }
        if on is not None:
            record["age_days"] = max((p.age_days(on) for p in prices), default=None)
            record["stale"] = any(p.age_days(on) > STALE_AFTER_DAYS for p in prices)
        return record

    def pick(self, *index: int) -> BillLine:
        """Return this line for one configuration: entry `index` of the leading axes."""
        schedule = self.schedule
        if not isinstance(self.usage.sku, str):
            schedule = Schedule(
                schedule.start[:, [index[0]]],
                schedule.end[:, [index[0]]],
                schedule.price[:, [index[0]]],
                (schedule.tiers[index[0]],),
            )
        usage, missing = self.usage.pick(*index), np.asarray(self.missing[index])
        return BillLine(usage, self.region, self.category, self.title, self.cost[index], schedule, missing)


@dataclass(frozen=True)
class Bill:
    """Costs of one month.

    Attributes
    ----------
    entries : one a meter and SKU
    subtotal : sum of what has a price [USD per month]
    total : the same, or None where a price that is needed is missing (for arrays: masked there)
    """

    entries: tuple[BillLine, ...]
    region: str
    book: PriceBook
    hours_per_month: float
    currency: str = "USD"

    @property
    def subtotal(self) -> Array:
        return np.asarray(sum((entry.cost for entry in self.entries), np.zeros(())))

    @property
    def incomplete(self) -> NDArray[np.bool_]:
        """Whether a needed price is missing, by configuration and demand."""
        out: NDArray[np.bool_] = np.zeros((), bool)
        for entry in self.entries:
            out = out | _distinct(entry.missing)
        return np.broadcast_to(out, np.broadcast_shapes(*(entry.missing.shape for entry in self.entries)))

    @property
    def total(self) -> Any:
        """Total of the month [USD]: a float, None if a price is missing, or a masked array for arrays."""
        subtotal, incomplete = np.broadcast_arrays(self.subtotal, self.incomplete)
        if subtotal.ndim == 0:
            return None if bool(incomplete) else float(subtotal)
        return np.ma.masked_array(subtotal, incomplete)

    @cached_property
    def gaps(self) -> tuple[PriceGap, ...]:
        """Every price that is needed and not in the book."""
        out: list[PriceGap] = []
        for entry in self.entries:
            if isinstance(entry.usage.sku, str):
                skus = [entry.usage.sku] if np.any(entry.missing) else []
            else:
                rows = np.asarray(entry.missing).reshape(len(entry.usage.sku), -1).any(axis=1)
                skus = [str(sku) for sku in entry.usage.sku[rows]]
            out += [self.book.gap(entry.usage.meter, sku, entry.region) for sku in skus]
        return tuple(dict.fromkeys(out))

    @cached_property
    def missing(self) -> list[str]:
        """A sentence for every price that is needed and not in the book."""
        return [str(gap) for gap in self.gaps]

    @property
    def by_category(self) -> dict[str, Array]:
        """Cost by category [USD per month]."""
        out: dict[str, Array] = {}
        for entry in self.entries:
            out[entry.category] = out.get(entry.category, np.zeros(())) + entry.cost
        return out

    def pick(self, *index: int) -> Bill:
        """Return the bill of one configuration: entry `index` of the leading axes of every line."""
        return replace(self, entries=tuple(entry.pick(*index) for entry in self.entries))

    @property
    def lines(self) -> pd.DataFrame:
        """One row a meter with a quantity (0-d bills): quantity, price, cost, source, date, confidence."""
        return self.table()

    def table(self, on: dt.date | None = None) -> pd.DataFrame:
        """Return `lines`; with a day also the age of each price on it."""
        import pandas as pd

        return pd.DataFrame(self.records(on), columns=[*COLUMNS, *(_AGES if on else ())])

    def records(self, on: dt.date | None = None) -> list[dict[str, Any]]:
        """Return the rows of `table` as plain records; None where a price is missing."""
        if any(np.ndim(entry.cost) for entry in self.entries):
            raise InputError("bill", f"shape {self.subtotal.shape}", "one configuration and demand; use pick()")
        return [entry.row(on) for entry in self.entries if entry.usage.quantity > 0]


_AGES = ("age_days", "stale")
COLUMNS = [
    "meter",
    "sku",
    "title",
    "category",
    "quantity",
    "unit",
    "unit_price",
    "tiers",
    "cost",
    "currency",
    "region",
    "as_of",
    "confidence",
    "source",
    "note",
    "formula",
]
_RANK = {"high": 0, "medium": 1, "low": 2}


def _worst(prices: tuple[Price, ...]) -> str:
    return max((p.confidence for p in prices), key=lambda c: _RANK[c], default="")


def _tiers(prices: tuple[Price, ...]) -> str:
    if all(p.tier_from is None and p.tier_to is None for p in prices):  # one price, or several that a line rests on
        return ""
    return ", ".join(
        f"{p.price:g} from {p.tier_from or 0:,.0f}" + (f" to {p.tier_to:,.0f}" if p.tier_to is not None else "")
        for p in prices
    )


def bill(
    usage: Usage,
    book: PriceBook | None = None,
    region: str = "us-east-1",
    *,
    regions_of: Mapping[int, str] | None = None,
) -> Bill:
    """Price a month of usage.

    Parameters
    ----------
    usage : quantities on meters, of any shape
    book : prices; those of `data/` if not given
    region : where the usage is
    regions_of : line number to region, for lines that are elsewhere

    Returns
    -------
    Bill, whose costs have the shape of the quantities [USD per month]

    Raises
    ------
    InputError
        for an unknown region or meter, or a unit that is not the meter's.

    Notes
    -----
    Tiers are graduated: each unit is charged at the price of the tier it falls in, over the sum of all lines of one
    price in their order. A meter without quantity needs
    no price. A missing price is never zero: it is listed in `Bill.missing` and takes away `Bill.total`.
    """
    book = book or PriceBook.load()
    if region not in regions():
        raise unknown_name("region", region, regions())
    entries = []
    before: dict[tuple[str, str, str], Array] = {}
    for number, line in enumerate(usage):
        meter = find_meter(line.meter)
        if line.unit != meter.unit:
            raise InputError(f"unit of {line.meter}", line.unit, f"{meter.unit}, the unit of that meter")
        where = (regions_of or {}).get(number, region)
        schedule = book.schedule(line.meter, line.sku, where)
        quantity = np.asarray(line.quantity, float)
        if not _distinct(quantity).min(initial=0.0) >= 0:  # the least of anything with a NaN is NaN
            raise InputError(f"quantity of {line.meter}", np.min(quantity), f"{meter.unit} of 0 or more, no NaN")
        absent = schedule.missing
        if not absent.any():
            needed = _none_of(quantity.shape)
        elif isinstance(line.sku, str):
            needed = quantity > 0
        else:
            needed = (quantity > 0) & absent.reshape(absent.shape + (1,) * (quantity.ndim - 1))
        if isinstance(line.sku, str):
            cost = _of_shape(schedule.cost(_distinct(quantity)), quantity.shape)
        else:
            cost = schedule.cost(quantity)
        if isinstance(line.sku, str) and len(schedule.price) > 1:
            # tiers run over the sum of a price's lines, so a later line starts where those before it ended
            key = (line.meter, line.sku, where)
            already = before.get(key, np.zeros(()))
            before[key] = already + _distinct(quantity)
            cost = _of_shape(schedule.cost(before[key]) - schedule.cost(already), quantity.shape)
        usage_line = line if quantity is line.quantity else replace(line, quantity=quantity)
        entries.append(BillLine(usage_line, where, meter.category, meter.title, cost, schedule, needed))
    return Bill(tuple(entries), region, book, usage.hours_per_month)


@lru_cache(maxsize=256)
def _none_of(shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """An array of False."""
    return np.broadcast_to(False, shape)


def _of_shape(values: Array, shape: tuple[int, ...]) -> Array:
    return values if values.shape == shape else np.broadcast_to(values, shape)


def _distinct(values: NDArray[Any]) -> NDArray[Any]:
    """Return an array without what broadcasting repeats: axes along which nothing differs keep their first entry."""
    if all(values.strides):
        return values
    return values[tuple(slice(None) if stride else slice(1) for stride in values.strides)]
