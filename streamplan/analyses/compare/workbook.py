"""A study as a spreadsheet: change an input or a price and see quantities, totals, and the choice, move.

Every total is a live formula over quantity times unit price, tier by tier, with the computed value beside it. Prices
are cells of one sheet, each with its source and date; nothing else holds a price.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pricing.billing import BillLine
from pricing.book import STALE_AFTER_DAYS, Price
from streamfacts.tables import read_rows
from streamfacts.units import largest
from streamplan.analyses.compare.answer import answer_of
from streamplan.analyses.compare.words import gaps, input_rows
from streamplan.analyses.compare.workbook_inputs import arises, fill_inputs, followed, inputs_sheet
from streamplan.analyses.compare.workbook_laws import Changes, Live, live
from streamplan.analyses.compare.workbook_units import UNITS, Units
from streamplan.planning.horizon import HORIZON
from streamplan.planning.plan import Plan
from streamplan.planning.study import CLOSED, FEASIBLE, Study
from streamplan.views.workbook import Book, Sheet, cell

MISSING = "price missing"
ANSWER, COMPARISON, BILL, PRICES, LIMITS, ASSUMPTIONS = (
    "Answer", "Comparison", "Bill", "Prices", "Limits", "Assumptions",
)  # fmt: skip

# Columns of the sheets that formulas refer to.
_PRICE_FROM, _PRICE_TO, _PRICE = 4, 5, 6
_BILL_QUANTITY, _BILL_IN_TIER, _BILL_PRICE, _BILL_COST, _BILL_STATUS = 5, 8, 9, 10, 11
_BILL_FOLLOWS = 14
_COMPARED_TITLE, _COMPARED_MONTH, _COMPARED_OPEN = 0, 4, 7


def study_workbook(study: Study, on: dt.date | None = None) -> bytes:
    """Return a study as an XLSX file.

    Parameters
    ----------
    study : the comparison
    on : day on which the ages of prices are reckoned; today if left out

    Returns
    -------
    bytes of a workbook with the sheets Answer, Inputs, Comparison, Bill, Units, Prices, Limits and Assumptions
    """
    on = on or dt.date.today()
    book = Book(study.workload.title or study.workload.name, on)
    answer = book.sheet(ANSWER, [24, 100], tall=True)
    inputs = inputs_sheet(book)
    compared = book.sheet(COMPARISON, [46, 24, 14, 13, 15, 16, 17, 16, 14, 14, 32, 26, 26, 9, 50], paper="A3")
    billed = book.sheet(BILL, [48, 11, 30, 26, 12, 17, 15, 22, 17, 13, 15, 12, 11, 70, 44], paper="A3")
    units = Units(book.sheet(UNITS, [48, 50, 18, 17, 17, 60]))
    priced = book.sheet(PRICES, [30, 28, 13, 20, 13, 13, 14, 11, 9, 6, 11, 56, 56], paper="A3")
    bill = _Bill(billed, _Prices(priced, on))
    changes, laws = Changes.of(study.workload), dict[str, Live]()
    for _, plan in study.ranked:
        if plan.feasible:
            laws[plan.offer.name] = found = live(plan, changes, study.terms)
            bill.add(plan, found, units.add(plan, found))
    bill.finish()
    units.finish()
    fill_inputs(inputs, study, changes, laws)
    _comparison(compared, study, bill)
    _answer(answer, study, on)
    _limits(book, study)
    _assumptions(book, study)
    return book.bytes()


@dataclass
class _Prices:
    """The sheet of prices: a row a tier, each written once, by meter, SKU and region."""

    sheet: Sheet
    on: dt.date
    rows: dict[tuple[str, str, str], list[int]] = field(default_factory=dict)
    next: int = 4

    def of(self, line: BillLine, prices: tuple[Price, ...]) -> list[int]:
        """Return the rows that hold the tiers of a line's price, one empty row where the price is missing."""
        sku, region = (prices[0].sku, prices[0].region) if prices else (str(line.usage.sku), line.region)
        key = (line.usage.meter, sku, region)
        if key not in self.rows:
            tiers: tuple[Price | None, ...] = prices or (None,)
            self.rows[key] = [self._write(key, line.usage.unit, price) for price in tiers]
        return self.rows[key]

    def _write(self, key: tuple[str, str, str], unit: str, price: Price | None) -> int:
        row, self.next = self.next, self.next + 1
        self.sheet.row(row, [*key, unit], ["text"] * 4)
        if price is None:
            self.sheet.put(row, _PRICE_FROM, 0.0, "number")
            self.sheet.put(row, _PRICE, None, "input")
            self.sheet.put(row, 11, "no price in the book; fill in a quote and the total appears", "note")
            return row
        age = price.age_days(self.on)
        self.sheet.put(row, _PRICE_FROM, price.tier_from or 0.0, "number")
        self.sheet.put(row, _PRICE_TO, price.tier_to, "number")
        self.sheet.put(row, _PRICE, price.price, "input")
        old = "yes" if age > STALE_AFTER_DAYS else ""
        self.sheet.row(row, [price.as_of, age, old, price.confidence], ["word"] * 4, start=7)
        self.sheet.row(row, [price.note, price.source], ["note", "source"], start=11)
        return row

    def finish(self) -> None:
        self.sheet.put(0, 0, "Prices", "title")
        self.sheet.put(1, 0, "Change a yellow cell: every total on the other sheets follows.", "word")
        headers = [
            "meter", "SKU", "region", "unit", "tier from", "tier to", "USD a unit", "as of", "age, days", "old",
            "confidence", "note", "source",
        ]  # fmt: skip
        self.sheet.table(3, headers, right=(4, 5, 6), bottom=self.next - 1)


@dataclass
class _Bill:
    """The sheet of bills: a row a tier of a meter, offer after offer, and a total for each."""

    sheet: Sheet
    prices: _Prices
    totals: dict[str, tuple[str, float | str]] = field(default_factory=dict)
    next: int = 4

    def add(self, plan: Plan, live: Live, times: str) -> None:
        """Write the bill of one offer, whose units are so many `times` those written, and remember its total's cell."""
        first = self.next
        before: dict[tuple[str, str, str], list[int]] = {}
        done: dict[tuple[str, str, str], float] = {}
        for position, line in enumerate(plan.bill.entries):
            if line.usage.quantity > 0:
                law = live.lines.get(position)
                follows = followed(live.off[position]) if position in live.off else "not: stays as written"
                by = law.formula() if law is not None else times if position in live.lines else "1"
                key = (line.usage.meter, str(line.usage.sku), line.region)
                self._line(plan, line, before.setdefault(key, []), done.get(key, 0.0), (by, follows))
                done[key] = done.get(key, 0.0) + float(line.usage.quantity)
            elif position in live.off:
                facts = [plan.offer.title, line.category, line.usage.meter, str(line.usage.sku), line.region]
                self.sheet.row(self.next, facts, ["text", "word", "text", "text", "word"])
                self.sheet.put(self.next, _BILL_FOLLOWS, f"nothing as written; {arises(live.off[position])}", "note")
                self.next += 1
        last = self.next - 1
        self.sheet.row(self.next, [f"{plan.offer.title}, total a month", *[None] * 9], ["word total"] * 10)
        status, cost = (f"{cell(first, c)}:{cell(last, c)}" for c in (_BILL_STATUS, _BILL_COST))
        value: float | str = MISSING if plan.bill.total is None else float(plan.bill.total)
        summed = f'=IF(COUNTIF({status},"{MISSING}")>0,"{MISSING}",SUM({cost}))' if last >= first else "=0"
        self.sheet.formula(self.next, _BILL_COST, summed, value, "money total")
        self.totals[plan.offer.name] = (cell(self.next, _BILL_COST, BILL), value)
        self.next += 2

    def _line(self, plan: Plan, line: BillLine, earlier: list[int], already: float, law: tuple[str, str]) -> None:
        """Write a line, tier by tier; tiers run over the sum of an offer's lines of the same price.

        `law` is how many times the quantity written it is, as a formula, and which inputs that follows, in words.
        """
        quantity, first = float(line.usage.quantity), self.next
        tiers = _tiers(plan, line)
        for number, price_row in enumerate(self.prices.of(line, tiers)):
            row, self.next = self.next, self.next + 1
            facts = [plan.offer.title, line.category, line.usage.meter, str(line.usage.sku), line.region]
            self.sheet.row(row, facts, ["text", "word", "text", "text", "word"])
            here = cell(first, _BILL_QUANTITY)
            if number == 0:
                by = "" if law[0] == "1" else f"*({law[0]})"
                if by:
                    self.sheet.formula(row, _BILL_QUANTITY, f"={quantity!r}{by}", quantity, "number")
                else:
                    self.sheet.put(row, _BILL_QUANTITY, quantity, "input number")
            else:
                self.sheet.formula(row, _BILL_QUANTITY, f"={here}", quantity, "number")
            self.sheet.put(row, _BILL_QUANTITY + 1, line.usage.unit, "word")
            start, end, price = (cell(price_row, c, PRICES) for c in (_PRICE_FROM, _PRICE_TO, _PRICE))
            low = tiers[number].tier_from or 0.0 if tiers else 0.0
            high = tiers[number].tier_to if tiers else None
            if len(tiers) > 1:
                self.sheet.put(
                    row,
                    _BILL_QUANTITY + 2,
                    f"from {low:,.0f}" + (f" to {high:,.0f}" if high is not None else ""),
                    "word",
                )
            used = "+".join(cell(r, _BILL_QUANTITY) for r in earlier) or "0"
            upto = f'IF({end}="",{used}+{here},MIN({used}+{here},{end}))'
            top = already + quantity if high is None else min(already + quantity, high)
            in_tier = max(0.0, top - max(already, low))
            self.sheet.formula(row, _BILL_IN_TIER, f"=MAX(0,{upto}-MAX({used},{start}))", in_tier, "number")
            amount = tiers[number].price if tiers else None
            self.sheet.formula(row, _BILL_PRICE, f'=IF({price}="","",{price})', amount, "input")
            own_price, own_tier = cell(row, _BILL_PRICE), cell(row, _BILL_IN_TIER)
            cost = None if amount is None else amount * in_tier
            self.sheet.formula(row, _BILL_COST, f'=IF({own_price}="","",{own_tier}*{own_price})', cost)
            said = MISSING if amount is None else "priced"
            self.sheet.formula(row, _BILL_STATUS, f'=IF({own_price}="","{MISSING}","priced")', said, "word")
            as_of = tiers[number].as_of if tiers else ""
            why = line.usage.formula if number == 0 else ""
            follows = law[1] if number == 0 else ""
            self.sheet.row(row, [as_of, why, follows], ["word", "note", "note"], start=_BILL_STATUS + 1)
        earlier.append(first)

    def finish(self) -> None:
        self.sheet.put(0, 0, "Bills, meter by meter", "title")
        self.sheet.put(
            1, 0, "Quantities are of one month and follow Inputs; prices come from the sheet Prices.", "word"
        )
        headers = [
            "platform", "category", "meter", "SKU", "region", "quantity", "unit", "tier", "quantity in tier",
            "USD a unit", "USD a month", "status", "as of", "how the quantity comes about",
            "follows the inputs",
        ]  # fmt: skip
        self.sheet.table(3, headers, right=(5, 8, 9, 10), bottom=self.next - 2)
        self.prices.finish()


def _tiers(plan: Plan, line: BillLine) -> tuple[Price, ...]:
    """Return the prices of a line's tiers; for one without a single price in the book, its cost over its quantity."""
    if bool(line.missing) or float(line.cost) == 0 or np.any(line.schedule.price):
        return line.rows
    facts = line.row()
    return (
        Price(
            meter=line.usage.meter,
            sku=plan.offer.name,
            region=line.region,
            unit=line.usage.unit,
            price=float(line.cost) / float(line.usage.quantity),
            as_of=facts["as_of"],
            source=facts["source"],
            confidence=facts["confidence"],
            note="computed from its parts; does not follow other cells",
        ),
    )


def _comparison(sheet: Sheet, study: Study, bill: _Bill) -> None:
    sheet.put(0, 0, f"Every platform on the same workload, {study.workload.region}", "title")
    sheet.put(1, 0, "USD at list prices, sorted as computed; costs follow the sheet Prices.", "word")
    headers = [
        "platform", "name", "region", "status", "USD a month", "USD a year", "over the horizon",
        "counts for the choice", "low end", "high end", "buys", "binds", "next wall", "prices", "without, or why not",
    ]  # fmt: skip
    rows = study.table.to_dict("records")
    sheet.table(3, headers, right=(4, 5, 6, 7, 8, 9), bottom=3 + len(rows))
    for row, r in enumerate(rows, start=4):
        sheet.row(row, [r["title"], r["platform"], r["region"], r["status"]], ["text", "word", "word", "word"])
        if r["platform"] in bill.totals:
            total, value = bill.totals[r["platform"]]
            month = cell(row, _COMPARED_MONTH)
            known = isinstance(value, float)
            sheet.formula(row, _COMPARED_MONTH, f"={total}", value)
            for column, times, factor in ((5, "12", 12), (6, "horizon_months", HORIZON)):
                shown = float(value) * factor if known else ""
                sheet.formula(row, column, f'=IF(ISNUMBER({month}),{month}*{times},"")', shown)
            counts = r["status"] != CLOSED
            sheet.formula(
                row,
                _COMPARED_OPEN,
                f'=IF(ISNUMBER({month}),{month},"")' if counts else '=""',
                value if known and counts else "",
            )
        styles = ["money", "money", "text", "text", "text", "word", "note"]
        why = r["lacks"] if r["status"] in (FEASIBLE, CLOSED) else r["reason"]
        tail = [r["low_usd"], r["high_usd"], r["what"], r["binding"], r["next_wall"], r["confidence"], why]
        sheet.row(row, tail, styles, start=8)


def _least_bill(study: Study) -> Plan | None:
    """The plan that the formulas of the answer find: the least bill of every offer in the file, on whatever cloud."""
    had = [p for p in study.plans if p.monthly_usd is not None and not p.offer.closed]
    return min(had, key=lambda p: float(p.monthly_usd or 0), default=None)


def _answer(sheet: Sheet, study: Study, on: dt.date) -> None:
    w, found = study.workload, answer_of(study, on)
    sheet.put(0, 0, w.title or w.name, "title")
    sheet.put(1, 0, found.headline, "headline")
    sheet.put(2, 0, f"{w.region}, list prices, month of {study.hours_per_month:g} h; computed for {on}.", "word")
    row = 4
    for label, text in found.facts:
        sheet.put(row, 0, label, "label")
        sheet.put(row, 1, text)
        row += 1
    row += 1
    sheet.put(row, 0, "With the inputs and prices in this file", "headline")
    count, best = len(study.table), _least_bill(study)
    costs, titles = (f"{cell(4, c, COMPARISON)}:{cell(3 + count, c)}" for c in (_COMPARED_OPEN, _COMPARED_TITLE))
    month = cell(row + 3, 1)
    cost = best.monthly_usd if best else None
    known = sorted(float(p.monthly_usd) for p in study.plans if p.monthly_usd is not None and not p.offer.closed)
    sheet.put(row + 1, 0, "horizon, months", "label")
    sheet.put(row + 1, 1, HORIZON, "choice")
    sheet.book.define("horizon_months", cell(row + 1, 1, ANSWER))
    cheapest = f'=IF(COUNT({costs})=0,"none",INDEX({titles},MATCH(MIN({costs}),{costs},0)))'
    lines: list[tuple[str, str, Any, str]] = [
        ("platform of the least bill", cheapest, best.offer.title if best else "none", "best"),
        ("USD a month", f'=IF(COUNT({costs})=0,"none",MIN({costs}))', cost if best else "none", "best money"),
        ("USD a year", f'=IF(ISNUMBER({month}),{month}*12,"")', cost * 12 if cost is not None else "", "best money"),
        (
            "USD over the horizon, at this demand",
            f'=IF(ISNUMBER({month}),{month}*horizon_months,"")',
            cost * HORIZON if cost is not None else "",
            "best money",
        ),
        (
            "USD a month, the next",
            f'=IF(COUNT({costs})<2,"none",SMALL({costs},2))',
            known[1] if len(known) > 1 else "none",
            "best money",
        ),
        (
            "after discount, in your currency, a month",
            f'=IF(ISNUMBER({month}),{month}*(1-discount)*currency_rate,"")',
            cost if cost is not None else "",
            "best money",
        ),
    ]
    for step, (label, formula, value, style) in enumerate(lines, start=2):
        sheet.put(row + step, 0, label, "label")
        sheet.formula(row + step, 1, formula, value, style)
    row += len(lines) + 3
    notes = (
        "These lines are live: change a yellow cell on Inputs or Prices, or the horizon above. Another machine or limit"
        " needs the program. The sentences at the top keep the inputs and prices of the day they were written."
    )
    sheet.put(row, 1, notes, "note")
    _chart(sheet, row + 2, study)


def _chart(sheet: Sheet, row: int, study: Study) -> None:
    shown = [i for i, r in enumerate(study.table.to_dict("records")) if r["status"] == FEASIBLE][:15]
    if not shown:
        return
    first, last = 4 + shown[0], 4 + shown[-1]
    chart: Any = sheet.book.file.add_chart({"type": "bar"})
    chart.add_series(
        {
            "name": "USD a month",
            "categories": [COMPARISON, first, _COMPARED_TITLE, last, _COMPARED_TITLE],
            "values": [COMPARISON, first, _COMPARED_MONTH, last, _COMPARED_MONTH],
            "fill": {"color": "#0072B2"},
            "gap": 40,
            "data_labels": {"value": True, "num_format": "#,##0"},
        }
    )
    chart.set_title({"name": f"USD a month, the {len(shown)} cheapest that fit", "name_font": {"size": 12}})
    chart.set_legend({"none": True})
    chart.set_y_axis({"reverse": True, "num_font": {"size": 9}})
    chart.set_x_axis({"visible": False, "major_gridlines": {"visible": False}})
    chart.set_size({"width": 860, "height": 110 + 26 * len(shown)})
    sheet.sheet.insert_chart(row, 0, chart)


def _limits(book: Book, study: Study) -> None:
    headers = [
        "platform", "what", "state", "demand", "one carries", "unit", "units needed", "used", "up to", "binds",
        "formula", "source",
    ]  # fmt: skip
    sheet = book.sheet(LIMITS, [48, 26, 18, 17, 17, 13, 11, 8, 8, 8, 46, 56], paper="A3")
    sheet.put(0, 0, "Every constraint and hard limit used", "title")
    row = 4
    styles = ["text", "text", "word", "number", "number", "word", "number", "share", "share", "word", "note", "source"]
    for _, plan in study.ranked:
        for position, c in enumerate(plan.sizing.constraint_rows()):
            binds = "binds" if position == plan.sizing.bound_by else ""
            sheet.row(
                row,
                [
                    plan.offer.title, c["constraint"], c["state"], _finite(c["demand"]), _finite(c["capacity_of_one"]),
                    c["unit"], _finite(c["units_needed"]), _finite(c["utilisation"]), c["use_up_to"], binds,
                    c["formula"], c["source"],
                ],
                styles,
            )  # fmt: skip
            row += 1
        for limit in plan.sizing.limits:
            relation = "hard limit, at least" if limit.at_least else "hard limit, at most"
            broken = "broken" if bool(limit.broken.any()) else ""
            values = [
                plan.offer.title,
                limit.name,
                relation,
                _finite(largest(limit.demand)),
                _finite(largest(limit.limit)),
            ]
            sheet.row(row, [*values, limit.unit, None, None, None, broken, "", limit.source], styles)
            row += 1
    sheet.table(3, headers, right=(3, 4, 6, 7, 8), bottom=row - 1)


def _finite(value: Any) -> float | None:
    number = float(value)
    return number if abs(number) < 1e300 else None


def _assumptions(book: Book, study: Study) -> None:
    sheet = book.sheet(ASSUMPTIONS, [48, 26, 12, 12, 16, 11, 11, 60, 60], paper="A3")
    sheet.put(0, 0, "Inputs, constants of the model, and what is not modelled", "title")
    headers = ["what", "value", "low", "high", "unit", "as of", "confidence", "note", "source or origin"]
    row = 4
    for r in input_rows(study):
        sheet.row(row, [r["name"], r["value"], None, None, "", "", "", r["doc"], r["origin"]], _ASSUMED)
        row += 1
    row += 1
    for fact in read_rows("model/assumptions"):
        sheet.row(row, [fact[c] for c in _ASSUMED_COLUMNS], _ASSUMED)
        row += 1
    row += 1
    for titles, items in gaps(study):
        for item in items:
            sheet.row(row, [", ".join(titles), "not modelled", None, None, "", "", "", item, ""], _ASSUMED)
            row += 1
    sheet.table(3, headers, right=(1, 2, 3), bottom=row - 1)


_ASSUMED_COLUMNS = ("name", "value", "low", "high", "unit", "as_of", "confidence", "note", "source")
_ASSUMED = ["text", "number", "number", "number", "word", "word", "word", "note", "source"]
