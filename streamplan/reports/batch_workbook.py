"""A portfolio as a spreadsheet: a row a report, totals by team as live formulas, and what failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamplan.planning.horizon import HORIZON
from streamplan.views.html import day
from streamplan.views.workbook import Book, Sheet, cell

if TYPE_CHECKING:
    from streamplan.reports.batch_result import Batch

PORTFOLIO, TEAMS, FAILURES = "Portfolio", "Teams", "Failures"
NO_TEAM = "(no team)"
#: In place of a team's total where none of its reports has a cost.
UNPRICED = "no price"
_TOP = 4
_TEAM, _MONTH = 1, 3


def portfolio_workbook(batch: Batch) -> bytes:
    """Return a batch as an XLSX file with the sheets Teams, Portfolio and Failures."""
    book = Book(batch.title, day(batch.on))
    teams = book.sheet(TEAMS, [34, 12, 18, 18, 22], tall=True)
    reports = book.sheet(PORTFOLIO, [38, 24, 38, 16, 16, 18, 16, 16, 34, 30, 14, 30])
    done = [d for found in batch.teams.values() for d in found]
    last = _TOP + max(len(done), 1) - 1
    _reports(reports, batch, last)
    _teams(teams, batch, last)
    failures = book.sheet(FAILURES, [38, 24, 10, 100])
    failures.put(0, 0, "Rows without a report", "title")
    for row, failed in enumerate(batch.failed.values(), start=_TOP):
        found = failed.row
        failures.row(row, [found.name, found.team, found.line, failed.reason], ["text", "text", "word", "text"])
    if not batch.failed:
        failures.put(_TOP, 0, "none")
    failures.table(_TOP - 1, ["name", "team", "line", "reason"])
    return book.bytes()


def _reports(sheet: Sheet, batch: Batch, last: int) -> None:
    sheet.put(0, 0, f"{batch.title}: every report", "title")
    sheet.put(
        1,
        0,
        "The recommended offer at list prices; change a yellow cell and the totals follow.",
        "word",
    )
    headers = [
        "name", "team", "platform", "USD a month", "USD a year", "over the horizon", "low end", "high end", "buys",
        "binds", "region", "workbook",
    ]  # fmt: skip
    sheet.table(_TOP - 1, headers, right=(3, 4, 5, 6, 7), bottom=last)
    done = [d for found in batch.teams.values() for d in found]
    for row, d in enumerate(done, start=_TOP):
        s, month = d.summary, cell(row, _MONTH)
        sheet.row(row, [d.row.name, d.row.team or NO_TEAM, s["title"] or s["status"]], ["text"] * 3)
        sheet.put(row, _MONTH, s["monthly_usd"], "input number")
        for column, times, factor in ((4, "12", 12), (5, "horizon_months", HORIZON)):
            value = s["monthly_usd"] * factor if s["monthly_usd"] is not None else ""
            sheet.formula(row, column, f'=IF(ISNUMBER({month}),{month}*{times},"")', value)
        tail = [s["low_usd"], s["high_usd"], s["what"], s["binding"], s["region"]]
        sheet.row(row, tail, ["money", "money", "text", "text", "word"], start=6)
        if "xlsx" in d.files:
            sheet.link(row, 11, f"external:{d.files['xlsx']}", d.files["xlsx"].rpartition("/")[2])


def _teams(sheet: Sheet, batch: Batch, last: int) -> None:
    sheet.put(0, 0, f"{batch.title}: totals by team", "title")
    sheet.put(1, 0, "horizon, months", "label")
    sheet.put(1, 1, HORIZON, "choice")
    sheet.book.define("horizon_months", cell(1, 1, TEAMS))
    teams, costs = (f"{cell(_TOP, c, PORTFOLIO)}:{cell(last, c)}" for c in (_TEAM, _MONTH))
    sheet.table(_TOP - 1, ["team", "reports", "USD a month", "USD a year", "USD over the horizon"], right=(1, 2, 3, 4))
    row = _TOP
    for team, found in batch.teams.items():
        name, month = cell(row, 0), cell(row, 2)
        known = [d.summary["monthly_usd"] for d in found if d.summary["monthly_usd"] is not None]
        total = sum(known)
        sheet.put(row, 0, team or NO_TEAM)
        sheet.formula(row, 1, f"=SUMPRODUCT(--({teams}={name}))", len(found), "number, large")
        priced = f"SUMPRODUCT(({teams}={name})*ISNUMBER({costs}))"
        summed = f'=IF({priced}=0,"{UNPRICED}",SUMPRODUCT(--({teams}={name}),{costs}))'
        sheet.formula(row, 2, summed, total if known else UNPRICED)
        for column, times, factor in ((3, "12", 12), (4, "horizon_months", HORIZON)):
            formula = f'=IF(ISNUMBER({month}),{month}*{times},"")'
            sheet.formula(row, column, formula, total * factor if known else "")
        row += 1
    totals = [sum(d.summary["monthly_usd"] or 0.0 for d in batch.done.values()) * f for f in (1, 12, HORIZON)]
    sheet.put(row, 0, "all", "word total")
    for column, value in enumerate([len(batch.done), *totals], start=1):
        span = f"{cell(_TOP, column)}:{cell(row - 1, column)}"
        formula = f"=SUM({span})" if row > _TOP else "=0"
        sheet.formula(row, column, formula, value, "money total" if column > 1 else "word total")
    if batch.failed:
        sheet.put(row + 2, 0, f"In no total, rows that failed: {len(batch.failed)}; see {FAILURES}.", "word")
    without = [d.row.name for d in batch.done.values() if d.summary["monthly_usd"] is None]
    if without:
        sheet.put(
            row + 3,
            0,
            f"In no total, reports in which nothing that fits is priced: {len(without)}; see {PORTFOLIO}.",
            "word",
        )
