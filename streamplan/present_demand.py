"""The demand path and the forecast behind it as tables for a terminal."""

from __future__ import annotations

from rich import box
from rich.table import Table

from streamfacts.units import human
from streamplan.demand_path import QUANTITIES, DemandPath

#: What the table shows, in its columns.
SHOWN = ("written", "written_at_peak", "read", "retained", "partitions")


def path_table(path: DemandPath) -> Table:
    """Return months in rows: the likely value of each quantity, and the P10 to P90 of what is written."""
    w = path.workload
    title = f"{w.title or w.name}: demand by month, likely inputs; band: P10 to P90 of {path.draws:,} draws"
    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left")
    table.add_column("month", justify="right")
    paths = {name: path.of(name) for name in SHOWN}
    for name in SHOWN:
        table.add_column(QUANTITIES[name][1], justify="right", overflow="fold")
        if name == "written":
            table.add_column("P10 to P90", justify="right", overflow="fold")
    for i in range(path.months):
        cells = [str(i + 1)]
        for name, (likely, bands) in paths.items():
            unit = QUANTITIES[name][0]
            cells.append(human(float(likely[i]), "" if unit == name else unit))
            if name == "written":
                cells.append(f"{human(float(bands[0, i]), unit)} to {human(float(bands[2, i]), unit)}")
        table.add_row(*cells)
    return table
