"""The sheet of units: what each constraint that decides needs as the inputs change, and the units that follow."""

from __future__ import annotations

from dataclasses import dataclass

from streamplan.analyses.compare.workbook_inputs import followed
from streamplan.analyses.compare.workbook_laws import FACTORS, Live
from streamplan.planning.plan import Plan
from streamplan.views.workbook import Sheet, cell

UNITS = "Units"
_NOW = 4


@dataclass
class Units:
    """The sheet: a block an offer, a row a constraint, and the units by rounding up."""

    sheet: Sheet
    next: int = 4

    def add(self, plan: Plan, live: Live) -> str:
        """Write the block of an offer and return how many times the units written there are, as a formula."""
        title, first = plan.offer.title, self.next
        if live.unfit:
            words = ", ".join(f"{FACTORS[x]} x {times:.2g}" for x, times in live.unfit)
            self.sheet.row(self.next, [title, f"does not fit, says the program, at: {words}"], ["text", "note"])
            self.next += 1
            first = self.next
        if not live.units:
            said = "units do not follow from constraints that have a law: they stay as written"
            self.sheet.row(self.next, [title, said], ["text", "note"])
            self.next += 2
            return "1"
        for need in live.needs:
            row, self.next = self.next, self.next + 1
            self.sheet.row(row, [title, need.name, need.state, need.units], ["text", "text", "word", "number"])
            self.sheet.formula(row, _NOW, f"={need.units!r}*({need.law.formula()})", need.units, "number")
            self.sheet.put(row, _NOW + 1, followed(need.law.off), "note")
        here = f"{cell(first, _NOW)}:{cell(self.next - 1, _NOW)}"
        words = f"{plan.sizing.unit}s, at least {live.least:g}, in steps of {live.step:g}"
        self.sheet.row(self.next, [title, words, "", live.units], ["word total", "word total", "word total", "number"])
        counted = f"=ROUNDUP(ROUND(MAX({live.least!r},{here})/{live.step!r},8),0)*{live.step!r}"
        self.sheet.formula(self.next, _NOW, counted, live.units, "number")
        place = cell(self.next, _NOW, UNITS)
        self.next += 2
        return f"{place}/{live.units!r}"

    def finish(self) -> None:
        """Write the title and the headers."""
        self.sheet.put(0, 0, "Units, by the constraints that decide", "title")
        self.sheet.put(
            1, 0, "Of one cluster; the machine is the one chosen. The units follow the sheet Inputs.", "word"
        )
        headers = ["platform", "constraint", "state", "units as written", "units now", "follows the inputs"]
        self.sheet.table(3, headers, right=(3, 4), bottom=self.next - 2)
