"""The load by month and its forecast in words: tables and documents."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from streamfacts.units import human
from streamplan.analyses.demand.demand import QUANTITIES, DemandPath
from streamplan.analyses.risk.risk import PERCENTILES
from streamplan.views.tables import Cell, Column, Table, count, share

if TYPE_CHECKING:
    from capacity.workload.forecast import Forecast


#: What the table shows, in its columns.
SHOWN = ("written", "written_at_peak", "read", "retained", "partitions")


def path_table(path: DemandPath) -> Table:
    """Return months in rows: the likely value of each quantity, and the P10 to P90 of what is written."""
    w = path.workload
    title = f"{w.title or w.name}: demand by month, likely inputs; band: P10 to P90 of {path.draws:,} draws"
    columns: list[Column] = [count("month", "month")]
    paths = {name: path.of(name) for name in SHOWN}
    units = {name: "" if QUANTITIES[name][0] == name else QUANTITIES[name][0] for name in SHOWN}
    for i, name in enumerate(SHOWN):
        columns.append(Column(name, QUANTITIES[name][1], True, units[name], priority=i))
        if name == "written":
            columns.append(Column("band", "P10 to P90", True, units[name], priority=len(SHOWN), parts=("P10", "P90")))
    table = Table(title, columns, name="demand")
    for i in range(path.months):
        cells: dict[str, Any] = {"month": i + 1}
        for name, (likely, bands) in paths.items():
            cells[name] = Cell(float(likely[i]), human(float(likely[i]), units[name]))
            if name == "written":
                ends = (float(bands[0, i]), float(bands[2, i]))
                cells["band"] = Cell(ends, f"{human(ends[0], units[name])} to {human(ends[1], units[name])}")
        table.add(cells)
    return table


def forecast_table(found: Forecast, months: int) -> Table:
    """Return the months to come with their percentiles: each of the first year, then every sixth."""
    h = found.history
    title = f"{h.file}: {len(h.monthly)} whole months, {h.months[0]} to {h.months[-1]}, and the months after them"
    ends = ("p10", "p50", "p90")
    table = Table(
        title,
        (
            count("number", "month"),
            Column("month", "calendar month", priority=0, folds=False),
            *(Column(k, k.upper(), True, "bytes/s", priority=0 if k == "p50" else 1) for k in ends),
            count("level", "times the last month", 2, digits=2),
        ),
        name="months",
    )
    for i, row in enumerate(forecast_rows(found, months), 1):
        rates = {k: float(row[f"{k}_bytes_s"]) for k in ends}
        cells = {k: Cell(rate, human(rate, "bytes/s")) for k, rate in rates.items()}
        shown = i <= 12 or i % 6 == 0 or i == months
        table.add({**row, "number": i, **cells}, folded="" if shown else "months between these")
    return table


def back_test_table(found: Forecast) -> Table:
    """Return how far the same forecast would have been off, by months ahead, beside a naive one."""
    test = found.back_test
    naive = "the same month a year before" if found.seasonal else "the last month"
    table = Table(
        f"back-test from {test.origins} earlier months: mean absolute error; naive: {naive}",
        (
            count("ahead", "months ahead"),
            share("error", "error", 0, digits=1),
            share("naive", "naive", 0, digits=1),
        ),
        name="back-test",
    )
    for ahead, error, naive_error in zip(test.horizon.tolist(), test.error, test.naive_error, strict=True):
        shown = ahead in (1, 2, 3, 6, 9, 12) or ahead == test.horizon[-1]
        cells = {"ahead": ahead, "error": float(error), "naive": float(naive_error)}
        table.add(cells, folded="" if shown else "months between these")
    return table


def forecast_terms(found: Forecast, fill: bool) -> str:
    """Return how the forecast is to be read, and the growth block that takes it into a workload."""
    h, test = found.history, found.back_test
    growth = ", ".join(f"{found.yearly(year):.0%}" for year in (1, 2, 5))
    text = (
        f"P10 to P90 held {test.coverage:.0%} of {test.tested} months of the back-test; 80% are meant to lie there."
        f" Median growth of the first, second and fifth year: {growth}."
        f" {'With' if found.seasonal else 'Without'} a yearly season"
        + ("." if found.seasonal else ", for which the history is too short.")
        + (f" {h.filled} missing rows were interpolated." if h.filled else "")
        + "\nThe trend goes on as it was: what the history has not seen, no interval knows.\n\n"
        f"write: {h.monthly[-1]:.0f} B/s   # the last month, {h.months[-1]}; month 1 is the next\n"
        "measured_at: broker   # if it was\n"
        "growth:\n" + (f"  history: {{file: {h.file}, fill: true}}\n" if fill else f"  history: {h.file}\n")
    )
    if h.profile and h.profile.day and h.profile.week and h.profile.burst:
        parts = f"day: {h.profile.day:.2f}, week: {h.profile.week:.2f}, burst: {h.profile.burst:.2f}"
        text += f"  seasons: {{{parts}}}\n"
    elif h.profile:
        apart = human(h.interval_s, "seconds")
        text += f"peak_ratio: {h.profile.peak_ratio:.2f}   # of rows {apart} apart: the true peak is higher\n"
    return text


def forecast_rows(found: Forecast, months: int) -> list[dict[str, Any]]:
    """Return the months to come: calendar month, P10, P50 and P90 of the rate [bytes/s], level over the last month."""
    year, month = (int(part) for part in found.history.months[-1].split("-"))
    index = year * 12 + month + np.arange(months)
    low, middle, high = (found.percentile(p / 100)[:months] for p in PERCENTILES)
    return [
        {
            "month": f"{i // 12:04d}-{i % 12 + 1:02d}",
            "p10_bytes_s": low[n],
            "p50_bytes_s": middle[n],
            "p90_bytes_s": high[n],
            "level": found.level[n],
        }
        for n, i in enumerate(index.tolist())
    ]


def forecast_document(found: Forecast, months: int, path: DemandPath | None = None) -> dict[str, Any]:
    """Return a forecast as a plain document: the history, the back-test, a row a month, the workload's demand."""
    h, test = found.history, found.back_test
    profile = None if h.profile is None else {**asdict(h.profile), "burst": h.profile.burst}
    return {
        "history": {
            "file": h.file,
            "first_month": h.months[0],
            "last_month": h.months[-1],
            "months": len(h.monthly),
            "rows": h.rows,
            "filled_rows": h.filled,
            "interval_s": h.interval_s or None,
            "last_month_bytes_s": h.monthly[-1],
            "profile": profile,
        },
        "seasonal": found.seasonal,
        "back_test": {**asdict(test), "mape": test.mape, "interval": 0.8},
        "by_month": forecast_rows(found, months),
        "demand": None if path is None else demand_document(path),
    }


def demand_document(path: DemandPath) -> dict[str, Any]:
    """Return a path as a plain document: the uncertain inputs and a row a quantity and month."""
    from streamplan.views.json import plain, records
    from streamplan.views.workload_document import workload_document

    return {
        "workload": workload_document(path.workload),
        "months": path.months,
        "draws": path.draws,
        "seed": path.seed,
        "percentiles": list(PERCENTILES),
        "inputs": [
            {"name": k, "low": v.low, "likely": v.likely, "high": v.high, "distribution": str(v.drawn)}
            for k, v in path.inputs.items()
        ],
        "quantities": {name: {"unit": unit, "what": what} for name, (unit, what, _) in QUANTITIES.items()},
        "by_month": plain(records(path.table)),
    }
