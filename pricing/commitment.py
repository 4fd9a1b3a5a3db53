"""Committed rates, and how much to commit to when the use is uncertain.

A commitment pays for so many units in every hour of its term, used or not; what is used beyond it pays the price on
demand. How much to commit to is the newsvendor's question: one more unit is worth it as long as the odds that it is
used exceed what it costs over what it saves, the committed rate over the price on demand. The best commitment is
therefore a quantile of the use, over draws and months together, and zero where committing is not cheaper.

Source of the rule: K. Arrow, T. Harris, J. Marschak, "Optimal inventory policy", Econometrica 19, 1951.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from pricing.book import Price, PriceBook, find_meter
from streamfacts.arrays import Array
from streamfacts.errors import InputError, unknown_name
from streamfacts.reading import read_csv
from streamfacts.tables import check_past, data_dir, parse_as_of, regions

Key = tuple[str, str, str, int]

TERMS = (1, 3)


def _dated(text: str) -> str:
    parse_as_of(text)
    return text


_Text = Annotated[str, BeforeValidator(lambda v: "" if v is None else str(v).strip())]
_Filled = Annotated[_Text, Field(min_length=1)]


class Commitment(BaseModel):
    """One committed rate: what one `unit` on a meter costs in every hour of the term, used or not.

    `payment` is ``all-upfront`` (the whole term today) or ``monthly``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    meter: _Filled
    sku: _Text = ""
    region: _Filled
    unit: _Filled
    rate: Annotated[float, Field(gt=0, lt=1e9)]
    term_years: Annotated[Literal[1, 3], BeforeValidator(int)]
    payment: Literal["all-upfront", "monthly"]
    kind: _Filled = "committed rate"
    as_of: Annotated[_Filled, AfterValidator(_dated)]
    source: _Filled
    confidence: Literal["high", "medium", "low"] = "high"
    note: _Text = ""

    @property
    def key(self) -> Key:
        return self.meter, self.sku, self.region, self.term_years


_ROWS = TypeAdapter(list[Commitment])


@dataclass(frozen=True)
class Commitments:
    """Committed rates by meter, SKU, region and term.

    Examples
    --------
    >>> book = Commitments.load()
    >>> book.find("aws.ec2.instance", "m7g.xlarge", "us-east-1", 3).payment
    'all-upfront'
    """

    rates: Mapping[Key, Commitment]

    @classmethod
    def load(cls, *own: str | Path) -> Commitments:
        """Read `data/commitments/*.csv` and put the rows of the user's own files over those of the same key.

        Raises
        ------
        InputError
            for a file that is no table of rates, or a row with an unknown meter, unit, region or term.
        """
        rates = dict(_shipped(data_dir()))
        for path in own:
            found = read_commitments(Path(path))
            for rate in found.values():
                check_past(rate.as_of, f"{Path(path).name}: as_of of {rate.meter} {rate.sku}".strip())
            rates.update(found)
        return cls(rates)

    def find(self, meter: str, sku: str, region: str, years: int) -> Commitment | None:
        """Return a rate, or None where none is known."""
        return self.rates.get((meter, sku, region, years))

    def reserved(self, book: PriceBook, years: int) -> PriceBook:
        """Return a price book in which every unit that can be committed to costs its committed rate.

        What a commitment costs that is fully used; the user's own prices stay.
        """
        prices = dict(book.prices)
        for (meter, sku, region, term), rate in self.rates.items():
            tiers = book.prices.get((meter, sku, region), ())
            if term == years and len(tiers) == 1 and (meter, sku, region) not in book.overridden:
                prices[meter, sku, region] = (as_price(rate),)
        return replace(book, prices=prices)


def as_price(rate: Commitment) -> Price:
    """Return a committed rate as the row of a price book."""
    return Price(
        meter=rate.meter,
        sku=rate.sku,
        region=rate.region,
        unit=rate.unit,
        price=rate.rate,
        as_of=rate.as_of,
        source=rate.source,
        confidence=rate.confidence,
        note="; ".join(filter(None, (f"{rate.kind} of {rate.term_years} years, {rate.payment}", rate.note))),
    )


@cache
def _shipped(folder: Path) -> dict[Key, Commitment]:
    out: dict[Key, Commitment] = {}
    for path in sorted((folder / "commitments").glob("*.csv")):
        out.update(read_commitments(path))
    return out


def read_commitments(path: Path) -> dict[Key, Commitment]:
    """Read one CSV of committed rates and check every row."""
    table = read_csv(path, "committed rates")
    rows = [line.cells for line in table.sound]
    try:
        found = _ROWS.validate_python(rows)
    except ValidationError as error:
        problem = error.errors()[0]
        index, *where = problem["loc"]
        raise InputError(
            f"{path.name} row {table.lines[int(index)].number}: {'.'.join(map(str, where))}",
            problem["input"],
            problem["msg"],
        ) from None
    if not found:
        raise InputError("committed rates", str(path), "at least one row")
    out: dict[Key, Commitment] = {}
    for row in found:
        if row.unit != find_meter(row.meter).unit:
            raise InputError(f"{path.name}: unit of {row.meter}", row.unit, find_meter(row.meter).unit)
        if row.region not in regions():
            raise unknown_name(f"{path.name}: region", row.region, regions())
        if row.key in out:
            raise InputError(path.name, " ".join(map(str, row.key)), "each meter, SKU, region and term once")
        out[row.key] = row
    return out


def best_reserve(use: Any, on_demand: Any, unit_cost: float) -> float:
    """Return how many units to commit to so that the expected cost is least.

    Parameters
    ----------
    use : units used, shape (draws, months)
    on_demand : what a unit costs on demand in each month, as worth today, shape (months,)
    unit_cost : what a committed unit costs over all the months, as worth today

    Returns
    -------
    The smallest use q for which the odds of using more than q are no more than `unit_cost` over the cost on demand,
    each month weighted with its `on_demand`; 0 where committing is not cheaper even for what is always used.

    Examples
    --------
    >>> best_reserve([[1.0], [2.0], [3.0], [4.0]], [1.0], 0.5)
    2.0
    """
    return float(_quantile(_flat(use, on_demand), unit_cost / float(np.sum(on_demand)))[0])


def reserve_with_hindsight(use: Any, on_demand: Any, unit_cost: float) -> Array:
    """Return the commitment that would have been best in each draw, shape (draws,); parameters as `best_reserve`."""
    use = np.asarray(use, float)
    weights = np.broadcast_to(np.asarray(on_demand, float), use.shape)
    return _quantile((use, weights), unit_cost / float(np.sum(on_demand)))


def cost_of_reserve(use: Any, reserve: Any, on_demand: Any, unit_cost: float) -> Array:
    """Return what a commitment and the use beyond it cost in each draw, as worth today, shape (*reserve, draws).

    Parameters
    ----------
    use, on_demand, unit_cost : as in `best_reserve`
    reserve : units committed to, of any shape
    """
    use = np.asarray(use, float)
    held = np.asarray(reserve, float)[..., None]
    beyond = np.maximum(use - held[..., None], 0.0) @ np.asarray(on_demand, float)
    return np.asarray(held * unit_cost + beyond)


def _flat(use: Any, on_demand: Any) -> tuple[Array, Array]:
    use = np.asarray(use, float)
    weights = np.broadcast_to(np.asarray(on_demand, float), use.shape)
    return use.reshape(1, -1), weights.reshape(1, -1)


def _quantile(sample: tuple[Array, Array], ratio: float) -> Array:
    """The smallest value of each row that is exceeded with a weight of no more than `ratio`; 0 if all weight may be."""
    values, weights = sample
    if ratio >= 1.0:
        return np.zeros(len(values))
    order = np.argsort(values, axis=1, kind="stable")
    values = np.take_along_axis(values, order, axis=1)
    below = np.cumsum(np.take_along_axis(weights, order, axis=1), axis=1)
    enough = below >= (1.0 - ratio - 1e-12) * below[:, -1:]
    return np.asarray(np.take_along_axis(values, enough.argmax(axis=1)[:, None], axis=1)[:, 0])
