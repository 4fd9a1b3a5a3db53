"""The sheet of inputs: yellow cells that the other sheets follow, each with what it was when the file was written."""

from __future__ import annotations

from collections.abc import Mapping

from capacity.demand.demand import Demand
from streamplan.analyses.compare.workbook_laws import EXACT, FACTORS, NEAR, Changes, Live
from streamplan.planning.study import Study
from streamplan.views.workbook import Book, Sheet, cell

INPUTS = "Inputs"
_VALUE, _WRITTEN, _TIMES = 1, 3, 4
#: Inputs that come after those that have a factor: name of the cell, label, value, unit, what it does.
_MORE = (
    ("growth_yearly", "growth a year", 0.0, "share", "raises the throughput, compounded; 0.3 is 30%"),
    ("months_ahead", "months ahead", 0.0, "months", "how far ahead that growth is taken"),
    ("discount", "discount", 0.0, "share", "taken off the cost after the discount on Answer; 0.1 is 10%"),
    ("currency_rate", "currency rate", 1.0, "a USD", "units of your currency for 1 USD"),
)


def inputs_sheet(book: Book) -> Sheet:
    """Add the sheet, to be filled by `fill_inputs` once the laws of all offers are known."""
    return book.sheet(INPUTS, [26, 16, 14, 16, 12, 70])


def fill_inputs(sheet: Sheet, study: Study, changes: Changes, offers: Mapping[str, Live]) -> None:
    """Write the inputs, and below them how well the quantities follow each."""
    book = sheet.book
    sheet.put(0, 0, "Inputs", "title")
    sheet.put(1, 0, "Change a yellow cell: quantities, units and totals follow. Machines stay those chosen.", "word")
    sheet.table(3, ["input", "value", "unit", "as written", "times", "what follows"], right=(1, 3, 4))
    row = 4
    for name, (value, unit) in _values(study).items():
        free = name in changes.free and value > 0  # nothing times anything stays nothing
        sheet.put(row, 0, FACTORS[name], "label")
        sheet.put(row, _VALUE, value, "input number" if free else "number")
        sheet.put(row, 2, unit, "word")
        sheet.put(row, _WRITTEN, value, "number")
        here, written = cell(row, _VALUE), cell(row, _WRITTEN)
        grown = "*(1+growth_yearly)^(months_ahead/12)" if name == "x_write" else ""
        sheet.formula(row, _TIMES, f"={here}/{written}{grown}" if free else "=1", 1.0, "number")
        book.define(name, cell(row, _TIMES, INPUTS))
        sheet.put(row, 5, _follows(name, offers) if free else "no input of this workload; nothing follows", "note")
        row += 1
    for name, label, number, unit, said in _MORE:
        sheet.put(row, 0, label, "label")
        sheet.put(row, _VALUE, number, "input number")
        sheet.put(row, 2, unit, "word")
        sheet.put(row, 5, said, "note")
        book.define(name, cell(row, _VALUE, INPUTS))
        row += 1
    notes = (
        "A quantity that a law gives is a formula on Bill, units are counted on Units. Each was held against the"
        " program"
        " at half and double of each input alone; the last column of Bill says which inputs a line follows exactly,"
        " which within 1%, and which it does not follow. Several inputs changed at once, or by more than that, were not"
        " held against it: ask the program then. Copies are a whole number, at most one a zone;"
        " a peak is no less than the average."
    )
    sheet.put(row + 1, 5, notes, "note")


def followed(off: Mapping[str, float]) -> str:
    """Return in words which inputs a quantity follows exactly, which within 1% and which not.

    Examples
    --------
    >>> followed({"x_write": 0.0, "x_peak": 0.004, "x_rf": 0.3})
    'exactly, but peak within 1%; not: replication factor'
    """
    near = ", ".join(FACTORS[x] for x, v in off.items() if EXACT < v <= NEAR)
    not_ = ", ".join(FACTORS[x] for x, v in off.items() if v > NEAR)
    return "exactly" + (f", but {near} within 1%" if near else "") + (f"; not: {not_}" if not_ else "")


def arises(off: Mapping[str, float]) -> str:
    """Return in words which inputs make a quantity of a line that is nothing as written, which no formula follows."""
    return f"not: {', '.join(FACTORS[x] for x, v in off.items() if v > NEAR)}"


def _values(study: Study) -> dict[str, tuple[float, str]]:
    """What each input is at the likely demand, in the unit of its cell."""
    d = Demand.of(study.workload)
    return {
        "x_write": (float(d.payload_bytes_s) / 1e6, "MB/s"),
        "x_peak": (float(d.peak_ratio), "x average"),
        "x_message": (float(d.message_bytes), "bytes"),
        "x_retention": (float(d.retention_s) / 3600, "hours"),
        "x_fan_out": (float(d.fan_out), "readers"),
        "x_rf": (float(d.replication_factor), "copies"),
    }


def _follows(name: str, offers: Mapping[str, Live]) -> str:
    exact = near = lost = 0
    for one in offers.values():
        worst = max((off.get(name, 0.0) for off in one.off.values()), default=0.0)
        exact, near, lost = exact + (worst <= EXACT), near + (EXACT < worst <= NEAR), lost + (worst > NEAR)
    return f"{exact} of {len(offers)} offers follow exactly, {near} within 1%; of {lost} some line does not"
