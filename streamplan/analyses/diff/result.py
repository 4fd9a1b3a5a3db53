"""A result: what a comparison said, read from its document, so that it can be held against another one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pricing.book import vendor_of
from streamfacts.errors import InputError, legible
from streamplan.analyses.compare.rests_on import bill_lines, rests_on
from streamplan.planning.study import FEASIBLE, Study
from streamplan.views.json import mapping
from streamplan.views.workload_document import workload_document

#: Vendors of meters whose price is no row of a price book: staff by their prior, servers by the workload.
NOT_BOOKED = ("people", "own")
WANTED = "a result as `streamplan compare --json` writes it, with the lines of each bill"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a bill: what is metered, how much of it, and what it costs a month [USD].

    `tiers` are where each begins with its price; empty for a single price.
    """

    meter: str
    sku: str
    title: str
    category: str
    regions: frozenset[str]
    quantity: float
    unit: str
    usd: float | None
    tiers: tuple[tuple[float, float], ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        return self.meter, self.sku

    @property
    def unit_price(self) -> float | None:
        """What one unit costs on average [USD]; None without a price."""
        return None if self.usd is None or not self.quantity else self.usd / self.quantity

    @property
    def booked(self) -> bool:
        """Whether its price is a row of a price book."""
        return vendor_of(self.meter) not in NOT_BOOKED

    def cost_of(self, quantity: float) -> float | None:
        """Return what another quantity costs at these prices [USD]; None without a price."""
        price = self.unit_price
        if price is None:
            return None
        if not self.tiers:
            return price * quantity
        ends = [start for start, _ in self.tiers[1:]] + [math.inf]
        parts = zip(self.tiers, ends, strict=True)
        return sum(usd * min(max(quantity - start, 0.0), end - start) for (start, usd), end in parts)

    def plus(self, other: Line) -> Line:
        """Return one line for two of the same meter and SKU; tiers run over their sum where the region is one."""
        usd = None if self.usd is None or other.usd is None else self.usd + other.usd
        regions = self.regions | other.regions
        tiers = self.tiers if len(regions) == 1 else ()
        quantity = self.quantity + other.quantity
        return Line(self.meter, self.sku, self.title, self.category, regions, quantity, self.unit, usd, tiers)


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer in a result: what is bought, what it costs a month [USD], and the lines of its bill by meter and SKU."""

    platform: str
    title: str
    status: str
    usd: float | None
    what: str
    reason: str
    lines: Mapping[tuple[str, str], Line]

    @property
    def open(self) -> bool:
        """Whether it fits, has all its prices and takes new customers."""
        return self.status == FEASIBLE


@dataclass(frozen=True)
class Result:
    """What a comparison said.

    Attributes
    ----------
    label : what it is called: a file, or a state of the prices
    workload : the name of the workload
    inputs : each input that counts, by its name, in canonical units; those of the terms begin with ``terms.``
    units : unit of an input by name
    model, prices : what they are told apart by
    offers : by platform, in rank order
    choice : the platform that is recommended, None where none fits
    """

    label: str
    workload: str
    inputs: Mapping[str, Any]
    units: Mapping[str, str]
    model: Mapping[str, str]
    prices: Mapping[str, str]
    offers: Mapping[str, Offer]
    choice: str | None

    @classmethod
    def of(cls, document: Any, label: str) -> Result:
        """Return the result that a document holds.

        Raises
        ------
        InputError
            naming what is missing or not as `streamplan compare --json` writes it.
        """
        read = _Reader(label)
        top = read.mapping(document, "document")
        workload = read.mapping(top.get("workload"), "workload")
        rows = read.rows(top.get("platforms"), "platforms")
        if read.text(top, "currency") != "USD":
            raise InputError(f"{label}: currency", top["currency"], "USD, as both results have to have")
        terms = {f"terms.{name}": value for name, value in read.mapping(top.get("terms"), "terms").items()}
        offers = {offer.platform: offer for offer in (_offer(read, row) for row in rows)}
        answer = top.get("answer")
        chosen = answer.get("platform") if isinstance(answer, Mapping) else None
        if chosen is None:
            chosen = next((name for name, offer in offers.items() if offer.open), None)
        if chosen is not None and chosen not in offers:
            raise InputError(f"{label}: answer.platform", chosen, "one of its platforms")
        return cls(
            label=label,
            workload=read.text(workload, "name"),
            inputs={**read.mapping(workload.get("fields"), "workload.fields"), **terms},
            units={str(k): legible(str(v)) for k, v in read.mapping(workload.get("units"), "workload.units").items()},
            model={k: read.text(read.mapping(top.get("model"), "model"), k) for k in ("version", "digest")},
            prices={k: read.text(read.mapping(top.get("prices"), "prices"), k) for k in ("digest", "as_of_newest")},
            offers=offers,
            choice=chosen,
        )

    @classmethod
    def of_study(cls, study: Study, label: str) -> Result:
        """Return the result of a study, which is what its document would say."""
        rows = [{**row, "lines": bill_lines(study, row["platform"])} for row in study.short_rows]
        document = {"workload": workload_document(study.workload), "currency": "USD", **rests_on(study)}
        return cls.of(mapping({**document, "platforms": rows}), label)

    @property
    def chosen(self) -> Offer | None:
        """The offer that is recommended."""
        return None if self.choice is None else self.offers[self.choice]


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads pieces of a document that came from outside."""

    label: str

    def wrong(self, where: str, value: Any, allowed: str = WANTED) -> InputError:
        return InputError(f"{self.label}: {where}", "nothing" if value is None else value, allowed)

    def mapping(self, value: Any, where: str) -> Mapping[str, Any]:
        if not isinstance(value, Mapping):
            raise self.wrong(where, value)
        return value

    def rows(self, value: Any, where: str) -> list[Mapping[str, Any]]:
        if not isinstance(value, list):
            raise self.wrong(where, value)
        return [self.mapping(row, f"{where} {number}") for number, row in enumerate(value, 1)]

    def text(self, row: Mapping[str, Any], name: str) -> str:
        if not isinstance(row.get(name), str):
            raise self.wrong(name, row.get(name))
        return legible(str(row[name]))

    def number(self, value: Any, where: str) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value < 0:
            raise self.wrong(where, value, "a number of 0 or more")
        return float(value)

    def usd(self, row: Mapping[str, Any], name: str, where: str) -> float | None:
        if name not in row:
            raise self.wrong(f"{name} of {where}", None)
        return None if row[name] is None else self.number(row[name], f"{name} of {where}")


def _offer(read: _Reader, row: Mapping[str, Any]) -> Offer:
    platform = read.text(row, "platform")
    lines: dict[tuple[str, str], Line] = {}
    usd = read.usd(row, "monthly_usd", platform)
    records = read.rows(row.get("lines"), f"lines of {platform}")
    for record in records if usd is not None else ():
        line = _line(read, record, platform)
        lines[line.key] = lines[line.key].plus(line) if line.key in lines else line
    texts = {name: read.text(row, name) for name in ("title", "status", "what", "reason")}
    return Offer(platform, texts["title"], texts["status"], usd, texts["what"], texts["reason"], lines)


def _line(read: _Reader, row: Mapping[str, Any], platform: str) -> Line:
    meter = read.text(row, "meter")
    where = f"{meter} on {platform}"
    tiers = row.get("tiers", [])
    if not isinstance(tiers, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in tiers):
        raise read.wrong(f"tiers of {where}", tiers)
    return Line(
        meter=meter,
        sku=read.text(row, "sku"),
        title=read.text(row, "title"),
        category=read.text(row, "category"),
        regions=frozenset({read.text(row, "region")}),
        quantity=read.number(row.get("quantity"), f"quantity of {where}"),
        unit=read.text(row, "unit"),
        usd=read.usd(row, "usd", where),
        tiers=tuple((read.number(a, f"tiers of {where}"), read.number(b, f"tiers of {where}")) for a, b in tiers),
    )


__all__ = ["Line", "Offer", "Result"]
