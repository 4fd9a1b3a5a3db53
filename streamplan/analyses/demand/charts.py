"""The demand month by month, with the band of its draws."""

from __future__ import annotations

import altair as alt
import pandas as pd

from streamplan.analyses.demand.demand import QUANTITIES, DemandPath
from streamplan.views.theme import BLUE, INK, SKY, WIDTH

#: Largest unit of each kind that keeps the numbers of an axis readable.
_SCALES = {
    "bytes/s": [("GB/s", 1e9), ("MB/s", 1e6), ("kB/s", 1e3), ("B/s", 1.0)],
    "bytes": [("PB", 1e15), ("TB", 1e12), ("GB", 1e9), ("MB", 1e6)],
    "records/s": [("million records/s", 1e6), ("thousand records/s", 1e3), ("records/s", 1.0)],
}


def demand_by_month(path: DemandPath, quantity: str = "written") -> alt.LayerChart | alt.FacetChart:
    """Return the path of one quantity: P10 to P90 of the draws, their median, and the likely inputs.

    Parameters
    ----------
    quantity : written, written_at_peak, on_the_wire, read, records, retained or partitions
    """
    likely, bands = path.of(quantity)
    unit, what, _ = QUANTITIES[quantity]
    label, scale = scale_of(unit, float(bands[-1].max()))
    frame = pd.DataFrame({"month": range(1, path.months + 1), "likely": likely / scale})
    frame[["p10", "p50", "p90"]] = bands.T / scale
    months = month_axis(path.months)
    y = alt.Y("p10:Q", title=f"{what} [{label}]", scale=alt.Scale(zero=True))
    tooltip = [
        alt.Tooltip("month:Q"),
        *(alt.Tooltip(f"{k}:Q", title=t, format=",.4~g") for k, t in _TITLES.items()),
    ]
    base = alt.Chart(frame)
    band = (base.mark_bar(size=24) if path.months == 1 else base.mark_area()).encode(
        x=months, y=y, y2="p90:Q", tooltip=tooltip, color=alt.value(SKY), opacity=alt.value(0.45)
    )
    lines = frame.melt("month", ["p50", "likely"], "line", "value").assign(line=lambda f: f["line"].map(_TITLES))
    names, colours = [_TITLES["p50"], _TITLES["likely"]], [BLUE, INK]
    line = (
        alt.Chart(lines)
        .mark_line(strokeWidth=1.8, point=path.months == 1)
        .encode(
            x=months,
            y="value:Q",
            color=alt.Color("line:N", title=None, scale=alt.Scale(domain=names, range=colours)),
            strokeDash=alt.StrokeDash("line:N", title=None, scale=alt.Scale(domain=names, range=[[1, 0], [2, 2]])),
        )
    )
    inputs = ", ".join(path.inputs) or "nothing is uncertain"
    return alt.layer(band, line).properties(
        width=WIDTH,
        height=240,
        title=alt.Title(
            f"{path.workload.title or path.workload.name}: {what}",
            subtitle=f"band: P10 to P90 of {path.draws:,} draws ({inputs})",
        ),
    )


_TITLES = {"p10": "P10", "p50": "median (P50)", "p90": "P90", "likely": "likely inputs"}


def scale_of(unit: str, largest: float) -> tuple[str, float]:
    """Return the name and the size of the unit for an axis whose largest value is known."""
    for name, scale in _SCALES.get(unit, []):
        if largest >= scale:
            return name, scale
    return unit, 1.0


def month_axis(months: int, first: int = 1) -> alt.X:
    """Return the axis of months, a tick at the first, the last and every sixth or twelfth."""
    step = 12 if months > 36 else 6 if months > 12 else 1
    values = sorted({1, *(m for m in range(first, months + 1) if m % step == 0), months})
    scale = alt.Scale(domain=[first - 0.5, months + 0.5], nice=False)
    axis = alt.Axis(values=values, format="d", grid=False, labelOverlap=True)
    return alt.X("month:Q", title="month (1 is the first)", scale=scale, axis=axis)
