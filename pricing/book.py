"""The price book: rows of `data/prices/` with a user's own on top, validated when loaded."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from pricing.own_prices import doubts_of
from pricing.sustained_use import after_sustained_use
from pricing.vendors import find_vendor
from streamfacts.arrays import Array
from streamfacts.errors import InputError, MissingFact, unknown_name
from streamfacts.reading import read_csv
from streamfacts.tables import ANY_REGION, columns_in, data_dir, parse_as_of, read_rows, regions
from streamfacts.usage import BETWEEN_ZONES, NO_PATH, PATHS, REMOTE_STORAGE

Key = tuple[str, str, str]
#: Columns of a shipped table.
Table = Mapping[str, Sequence[Any]]

#: No unit costs more; a larger number is a slip [USD].
DEAREST = 1e9
#: A price older than this is flagged [d].
STALE_AFTER_DAYS = 365


def _blank(value: Any) -> Any:
    return None if value is None or (isinstance(value, float) and math.isnan(value)) or value == "" else value


def _text(value: Any) -> Any:
    return "" if _blank(value) is None else str(value).strip()


def _dated(text: str) -> str:
    parse_as_of(text)
    return text


def _finite(value: float) -> float:
    if not math.isfinite(value) or value > DEAREST:
        raise ValueError(f"a finite number up to {DEAREST:g}")
    return value


_Optional = BeforeValidator(_blank)
_Text = Annotated[str, BeforeValidator(_text)]
_Filled = Annotated[str, BeforeValidator(_text), Field(min_length=1)]


class Price(BaseModel):
    """One tier of one price: what one `unit` on a meter costs in a region."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    meter: _Filled
    sku: _Text = ""
    region: _Filled
    unit: _Filled
    price: Annotated[float, Field(ge=0), AfterValidator(_finite)]
    currency: Literal["USD"] = "USD"
    tier_from: Annotated[float | None, _Optional] = None
    tier_to: Annotated[float | None, _Optional] = None
    as_of: Annotated[_Filled, AfterValidator(_dated)]
    source: _Filled
    confidence: Literal["high", "medium", "low"] = "high"
    note: _Text = ""

    @property
    def key(self) -> Key:
        return self.meter, self.sku, self.region

    def age_days(self, on: dt.date) -> int:
        """Return how old the price is on a day [d]."""
        return (on - parse_as_of(self.as_of)).days


#: Category of the meters of what is kept.
STORAGE = "storage"
REQUIRED = ("meter", "region", "unit", "price", "as_of", "source")


@dataclass(frozen=True, slots=True)
class Meter:
    """What a meter counts: its unit, its place in a chart, and what the vendor calls the unit.

    `paths` are the network paths that cause its quantity, of `streamfacts.usage.PATHS`, in the order in which a line is
    shared out by bytes; or one of `BETWEEN_ZONES`, `REMOTE_STORAGE` and `NO_PATH`. `vendor` is the vendor that meters,
    `seller` who sends the invoice.
    """

    name: str
    unit: str
    category: str
    title: str
    listed_unit: str
    paths: tuple[str, ...]
    vendor: str
    seller: str
    source: str

    @property
    def holds_disks(self) -> bool:
        """Whether it is on storage that is not in an object store."""
        return self.category == STORAGE and self.paths != (REMOTE_STORAGE,)


def vendor_of(meter: str) -> str:
    """Return whose meter it is: the first part of its name.

    Examples
    --------
    >>> vendor_of("aws.ebs.storage")
    'aws'
    """
    return meter.partition(".")[0]


@cache
def meters() -> dict[str, Meter]:
    """Return every meter by id, from the tables of `data/meters/`.

    Raises
    ------
    InputError
        for a meter of two vendors, a network path that is none, or a seller that is no vendor.
    """
    out: dict[str, Meter] = {}
    for vendor in sorted(path.stem for path in (data_dir() / "meters").glob("*.csv")):
        for row in read_rows(f"meters/{vendor}"):
            name = row["meter"]
            if name in out:
                raise InputError(f"meters/{vendor}.csv: meter", name, f"each meter once; {out[name].vendor}.csv has it")
            out[name] = Meter(
                name=name,
                unit=row["unit"],
                category=row["category"],
                title=row["title"],
                listed_unit=row["listed_unit"],
                paths=_paths(name, row["path"]),
                vendor=vendor,
                seller=find_vendor(row["seller"], f"seller of {name}").seller,
                source=row["source"],
            )
    return out


def _paths(meter: str, text: str) -> tuple[str, ...]:
    paths = tuple(text.split("; "))
    if paths not in ((BETWEEN_ZONES,), (REMOTE_STORAGE,), (NO_PATH,)):
        for path in paths:
            if path not in PATHS:
                raise unknown_name(f"path of {meter}", path, (*PATHS, BETWEEN_ZONES, REMOTE_STORAGE, NO_PATH))
    return paths


def find_meter(name: str) -> Meter:
    """Return a meter; raises `InputError` with the nearest ids if there is none."""
    known = meters()
    if name not in known:
        raise unknown_name("meter", name, known)
    return known[name]


@dataclass(frozen=True)
class Schedule:
    """Graduated prices of a meter for one or several SKUs: arrays of shape (tiers, SKUs), padded with empty tiers."""

    start: Array
    end: Array
    price: Array
    tiers: tuple[tuple[Price, ...], ...]

    @cached_property
    def missing(self) -> NDArray[np.bool_]:
        """Whether a SKU has no price at all, shape (SKUs,)."""
        return np.array([not tiers for tiers in self.tiers])

    @cached_property
    def _plain(self) -> bool:
        """Whether every price is one tier without borders."""
        return len(self.price) == 1 and not self.start.any() and bool(np.isinf(self.end).all())

    def cost(self, quantity: Array) -> Array:
        """Return the cost of quantities of shape (SKUs, *S) or, for one SKU, of any shape [currency of the price]."""
        several = len(self.tiers) > 1
        if self._plain:
            price = self.price[0].reshape((-1,) + (1,) * (quantity.ndim - 1)) if several else self.price[0, 0]
            return np.asarray(price * quantity)
        total = np.zeros(quantity.shape)
        for start, end, price in zip(self.start, self.end, self.price, strict=True):
            if several:
                start, end, price = (x.reshape(x.shape + (1,) * (quantity.ndim - 1)) for x in (start, end, price))
            else:
                start, end, price = start[0], end[0], price[0]
            total += price * np.clip(quantity - start, 0.0, end - start)
        return total


@dataclass(frozen=True, slots=True)
class PriceGap:
    """A price that is asked for and not in the book; `elsewhere` and `skus` are the regions and SKUs that have one."""

    meter: str
    sku: str
    region: str
    elsewhere: tuple[str, ...] = ()
    skus: tuple[str, ...] = ()

    @property
    def short(self) -> str:
        """The gap alone.

        Examples
        --------
        >>> PriceGap("aws.msk.storage", "standard", "eu-west-1", ("us-east-1",)).short
        'no price for aws.msk.storage standard in eu-west-1'
        """
        return f"no price for {f'{self.meter} {self.sku}'.strip()} in {self.region}"

    def __str__(self) -> str:
        if self.elsewhere:
            return f"{self.short} (known in {', '.join(self.elsewhere)})"
        return f"{self.short} (known there: {', '.join(self.skus[:8])})" if self.skus else self.short


@dataclass(frozen=True)
class PriceBook:
    """Prices by (meter, sku, region), each a tuple of tiers in order.

    `overridden` are the keys of the user's own rows, `doubts` sentences on rows of theirs that are odd.

    Examples
    --------
    >>> PriceBook.load().price("aws.kinesis.shard", "", "us-east-1").price
    0.015
    """

    prices: Mapping[Key, tuple[Price, ...]]
    overridden: frozenset[Key] = field(default_factory=frozenset)
    doubts: tuple[str, ...] = ()
    _found: set[Key] = field(default_factory=set, init=False, compare=False, repr=False)
    _schedules: dict[Any, Schedule] = field(default_factory=dict, init=False, compare=False, repr=False)

    @classmethod
    def load(cls, *overrides: str | Path) -> PriceBook:
        """Read `data/prices/*.csv` and put the rows of `overrides` (CSV files) over those of the same key.

        `pricing.open_book` takes contract discounts beside them.

        Raises
        ------
        InputError
            for a row that is not usable, an unknown meter, a unit that is not the meter's, or tiers with a gap or
            an overlap; the message names file, row and field.
        """
        if not overrides:
            return _shipped_book(data_dir())
        prices = dict(_shipped(data_dir()))
        own: set[Key] = set()
        doubts: list[str] = []
        clouds = {name: find_vendor(meter.vendor).cloud for name, meter in meters().items()}
        for path in overrides:
            rows = read_numbered(Path(path))
            found = _by_key((price for _, price in rows), Path(path).name)
            doubts += doubts_of(rows, Path(path).name, prices, clouds)
            prices.update(found)
            own.update(found)
        return cls(prices, frozenset(own), tuple(doubts))

    def schedule(self, meter: str, skus: str | Sequence[str] | NDArray[Any], region: str) -> Schedule:
        """Return the prices of a meter for one SKU or one SKU a configuration."""
        key = (meter, skus if isinstance(skus, str) else _fingerprint(skus), region)
        if key not in self._schedules:
            self._schedules[key] = self._schedule(meter, skus, region)
        return self._schedules[key]

    def _schedule(self, meter: str, skus: str | Sequence[str] | NDArray[Any], region: str) -> Schedule:
        names = [skus] if isinstance(skus, str) else [str(s) for s in skus]
        tiers = tuple(self.find(meter, sku, region) for sku in names)
        depth = max(1, max(len(t) for t in tiers))
        start, end, price = (np.zeros((depth, len(names))) for _ in range(3))
        for column, rows in enumerate(tiers):
            for level, row in enumerate(rows):
                start[level, column] = row.tier_from or 0.0
                end[level, column] = np.inf if row.tier_to is None else row.tier_to
                price[level, column] = row.price
        return Schedule(start, end, price, tiers)

    def find(self, meter: str, sku: str, region: str) -> tuple[Price, ...]:
        """Return the tiers of a price in a region, else those for every region; the user's own rows come first."""
        here, anywhere = (meter, sku, region), (meter, sku, ANY_REGION)
        own_anywhere = anywhere in self.overridden and here not in self.overridden
        for key in (anywhere, here) if own_anywhere else (here, anywhere):
            if key in self.prices:
                self._found.add(key)
                return self.prices[key]
        return ()

    @property
    def unread(self) -> tuple[Key, ...]:
        """The user's own prices that nothing has looked up so far, in order."""
        return tuple(sorted(self.overridden - self._found))

    def price(self, meter: str, sku: str, region: str) -> Price:
        """Return the first tier of a price.

        Raises
        ------
        MissingFact
            if the book has no such price; it says where the meter has one.
        """
        tiers = self.find(meter, sku, region)
        if tiers:
            return tiers[0]
        raise MissingFact(self.why_missing(meter, sku, region))

    def gap(self, meter: str, sku: str, region: str) -> PriceGap:
        """Return a price that is not in the book, with the regions or the SKUs for which there is one."""
        rows = self._of_meter.get(meter, ())
        elsewhere = sorted({r for s, r in rows if s == sku})
        others = sorted({s for s, r in rows if r == region and s})
        return PriceGap(meter, sku, region, tuple(elsewhere), tuple(others))

    def why_missing(self, meter: str, sku: str, region: str) -> str:
        """Return a sentence on a price that is not in the book and where there is one."""
        return str(self.gap(meter, sku, region))

    @cached_property
    def _of_meter(self) -> dict[str, list[tuple[str, str]]]:
        """Meter to the SKUs and regions that it has prices for."""
        out: dict[str, list[tuple[str, str]]] = {}
        for meter, sku, region in self.prices:
            out.setdefault(meter, []).append((sku, region))
        return out

    def frame(self, on: dt.date | None = None) -> Any:
        """Return every tier as a row of a DataFrame, with its age and whether it is stale on a day."""
        import pandas as pd

        on = on or dt.date.today()
        rows = []
        for key, tiers in sorted(self.prices.items()):
            for row in tiers:
                age = row.age_days(on)
                rows.append(
                    {
                        **row.model_dump(),
                        "age_days": age,
                        "stale": age > STALE_AFTER_DAYS,
                        "own": key in self.overridden,
                    }
                )
        return pd.DataFrame(rows)


def _fingerprint(skus: Sequence[str] | NDArray[Any]) -> tuple[str, bytes]:
    names = np.asarray(skus, str)
    return names.dtype.str, names.tobytes()


@cache
def _shipped_book(folder: Path) -> PriceBook:
    """The book without a row of the user's own: one for all, so that what it has looked up is kept."""
    return PriceBook(_shipped(folder))


@cache
def _shipped(folder: Path) -> Mapping[Key, tuple[Price, ...]]:
    out: dict[Key, tuple[Table, tuple[int, ...]]] = {}
    for path in sorted((folder / "prices").glob("*.csv")):
        table = columns_in(folder, f"prices/{path.stem}")
        for key, rows in _grouped(table, path).items():
            if key in out:
                raise InputError(f"{path.name}", " ".join(key), "prices that no other table of data/prices holds")
            out[key] = table, rows
    return ShippedPrices(out)


class ShippedPrices(Mapping[Key, tuple[Price, ...]]):
    """The shipped prices by key: checked when they are read, and each made a `Price` when it is looked up."""

    def __init__(self, rows: Mapping[Key, tuple[Table, tuple[int, ...]]]) -> None:
        self._rows = rows
        self._made: dict[Key, tuple[Price, ...]] = {}

    def __getitem__(self, key: Key) -> tuple[Price, ...]:
        if key not in self._made:
            table, rows = self._rows[key]
            self._made[key] = tuple(_paid(key, _price(table, row)) for row in rows)
        return self._made[key]

    def __contains__(self, key: object) -> bool:
        return key in self._rows

    def __iter__(self) -> Iterator[Key]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


def _paid(key: Key, row: Price) -> Price:
    price, note = after_sustained_use(key, row.price, row.note)
    return row if price == row.price else row.model_copy(update={"price": price, "note": note})


def _price(table: Table, row: int) -> Price:
    """A row as a price; its cells are checked already."""
    cells = {column: values[row] for column, values in table.items()}
    ends = {end: _blank(cells[end]) for end in ("tier_from", "tier_to")}
    return Price.model_construct(**{**cells, **ends})


def _grouped(table: Table, path: Path) -> dict[Key, tuple[int, ...]]:
    """The rows of each key of a shipped table, its tiers in order; every row and every tier is checked."""
    known, prices = meters(), table["price"]
    sound = (
        all(
            name in known and known[name].unit == unit
            for name, unit in set(zip(table["meter"], table["unit"], strict=True))
        )
        and set(table["region"]) <= set(regions())
        and set(table["currency"]) == {"USD"}
        and all(0.0 <= price <= DEAREST for price in prices)
    )
    groups: dict[Key, list[int]] = {}
    for row, key in enumerate(zip(table["meter"], table["sku"], table["region"], strict=True)):
        groups.setdefault(key, []).append(row)
    start, end = ([_blank(value) for value in table[name]] for name in ("tier_from", "tier_to"))
    out = {}
    for key, rows in groups.items():
        if len(rows) > 1 or start[rows[0]] or end[rows[0]] is not None:
            rows.sort(key=lambda row: start[row] or 0.0)
            _check_tiers(key, [(start[row] or 0.0, end[row]) for row in rows], path.name)
        out[key] = tuple(rows)
    if not sound:
        read_prices(path)  # says which row and why
    return out


def read_prices(path: Path) -> dict[Key, tuple[Price, ...]]:
    """Read one CSV of prices and check every row and every tier."""
    return _by_key((price for _, price in read_numbered(path)), path.name)


def read_numbered(path: Path) -> list[tuple[int, Price]]:
    """Return the rows of one CSV of prices, each with the line that it is on and well formed by itself."""
    table = read_csv(path, "price book")
    header = table.header
    lacking = [name for name in REQUIRED if name not in header]
    if lacking:
        raise InputError(
            f"{path.name}: columns", ", ".join(header), f"at least {', '.join(REQUIRED)}; missing {', '.join(lacking)}"
        )
    rows, numbers = [line.cells for line in table.sound], [line.number for line in table.lines]
    try:
        prices = _reader().validate_python(rows)
    except ValidationError as error:
        problem = error.errors()[0]
        row_number, *where = problem["loc"]
        name = ".".join(map(str, where))
        raise InputError(
            f"{path.name} row {numbers[int(row_number)]}: {name}", problem["input"], _allowed(problem)
        ) from None
    return list(zip(numbers, prices, strict=True))


@cache
def _reader() -> TypeAdapter[list[Price]]:
    return TypeAdapter(list[Price])


def _allowed(problem: Any) -> str:
    inner = problem.get("ctx", {}).get("error")
    if isinstance(inner, InputError):
        return inner.allowed
    return str(inner) if inner is not None else str(problem["msg"])


def _by_key(prices: Iterable[Price], table: str) -> dict[Key, tuple[Price, ...]]:
    known_meters, known_regions = meters(), regions()
    groups: dict[Key, list[Price]] = {}
    for row in prices:
        if row.meter not in known_meters:
            raise unknown_name(f"{table}: meter", row.meter, known_meters)
        unit = known_meters[row.meter].unit
        if row.unit != unit:
            raise InputError(f"{table}: unit of {row.meter}", row.unit, f"{unit}, the unit of that meter")
        if row.region not in known_regions:
            raise unknown_name(f"{table}: region", row.region, known_regions)
        groups.setdefault(row.key, []).append(row)
    return {key: _checked_tiers(key, rows, table) for key, rows in groups.items()}


def _checked_tiers(key: Key, rows: list[Price], table: str) -> tuple[Price, ...]:
    rows = sorted(rows, key=lambda row: row.tier_from or 0.0)
    _check_tiers(key, [(row.tier_from or 0.0, row.tier_to) for row in rows], table)
    return tuple(rows)


def _check_tiers(key: Key, tiers: Iterable[tuple[float, float | None]], table: str) -> None:
    """Raise `InputError` for tiers, from their start, that leave a gap, overlap, or do not go on without end."""
    what = f"{table}: tiers of {' '.join(part for part in key if part)}"
    edge = 0.0
    for start, end in tiers:
        if start != edge:
            problem = "overlap" if start < edge else "leave a gap"
            raise InputError(
                what, f"{start:g} after {edge:g}", f"tiers that start where the last one ends; these {problem}"
            )
        if end is not None and end <= start:
            raise InputError(what, f"{start:g} to {end:g}", "a tier that ends above its start")
        edge = math.inf if end is None else end
    if edge != math.inf:
        raise InputError(what, f"{edge:g}", "a last tier without end (empty tier_to)")
