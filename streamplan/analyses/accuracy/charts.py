"""Predicted beside measured limits, errors by source, coefficients before and after, brokers of real deployments."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from streamplan.analyses.accuracy.accuracy import LEFT_OUT, Accuracy, coefficients
from streamplan.analyses.accuracy.deployments import Predictions
from streamplan.analyses.accuracy.predicted_deployment import FEWER, INSIDE, MORE
from streamplan.views.theme import BLUE, GREY, INK, ORANGE, VERMILION, WIDTH

#: Whether an interval holds the measurement: colour and shape.
HELD = {"interval holds the measurement": (BLUE, "circle"), "interval misses it": (VERMILION, "diamond")}
VERDICTS = {INSIDE: BLUE, FEWER: ORANGE, MORE: VERMILION}


def predicted_against_measured(found: Accuracy) -> alt.LayerChart | alt.FacetChart:
    """Return a dot a limit, held back, with its 90% interval, on two logarithmic axes [MB/s]."""
    frame = found.chosen
    names = list(HELD)
    rates = ["measured_mb_s", "predicted_mb_s", "low_mb_s", "high_mb_s", "factor"]
    words = ["id", "label", "bottleneck", "published_bottleneck", "held", "source"]
    frame = frame.assign(held=np.where(frame["inside"], *names))[[*words, *rates]]
    ends = [frame["measured_mb_s"].min() / 1.6, frame["measured_mb_s"].max() * 1.6]
    scale = alt.Scale(type="log", domain=ends, nice=False, clamp=True)
    ticks = _ticks(*ends)
    x = alt.X(
        "measured_mb_s:Q", scale=scale, title="measured limit, MB/s (log)", axis=alt.Axis(values=ticks, format=",~g")
    )
    y = alt.Y(
        "predicted_mb_s:Q", scale=scale, title="predicted limit, MB/s (log)", axis=alt.Axis(values=ticks, format=",~g")
    )
    colour = alt.Color("held:N", title=None, scale=alt.Scale(domain=names, range=[c for c, _ in HELD.values()]))
    shape = alt.Shape("held:N", title=None, scale=alt.Scale(domain=names, range=[s for _, s in HELD.values()]))
    tooltip = [
        alt.Tooltip("id:N", title="measurement"),
        alt.Tooltip("label:N", title="source"),
        alt.Tooltip("measured_mb_s:Q", format=",.4~g", title="measured MB/s"),
        alt.Tooltip("predicted_mb_s:Q", format=",.4~g", title="predicted MB/s"),
        alt.Tooltip("low_mb_s:Q", format=",.3~g", title="5% below"),
        alt.Tooltip("high_mb_s:Q", format=",.3~g", title="5% above"),
        alt.Tooltip("factor:Q", format=".2f", title="predicted / measured"),
        alt.Tooltip("bottleneck:N", title="bottleneck"),
        alt.Tooltip("published_bottleneck:N", title="published bottleneck"),
        alt.Tooltip("source:N", title="where to read it"),
    ]
    line = alt.Chart(pd.DataFrame({"v": ends})).mark_line(color=INK, strokeDash=[5, 4], strokeWidth=1)
    base = alt.Chart(frame)
    spans = base.mark_rule(opacity=0.35, strokeWidth=1.5).encode(
        x=x, y=alt.Y("low_mb_s:Q", scale=scale), y2="high_mb_s:Q", color=colour
    )
    dots = base.mark_point(filled=True, size=70, opacity=0.9).encode(
        x=x, y=y, color=colour, shape=shape, tooltip=tooltip
    )
    s = found.summary[found.by]
    return alt.layer(spans, line.encode(x=alt.X("v:Q", scale=scale), y=alt.Y("v:Q", scale=scale)), dots).properties(
        width=WIDTH - 120,
        height=WIDTH - 120,
        title=alt.Title(
            f"Limits predicted with {LEFT_OUT[found.by]}",
            subtitle=f"median error a factor of {np.exp(s['median_abs_log_error']):.2f}; {s['inside_90']:.0%} of"
            f" {s['rows']:.0f} within their 90% interval; dashed: predicted as measured",
        ),
    )


def errors_by_source(found: Accuracy) -> alt.LayerChart | alt.FacetChart:
    """Return a dot a limit by source: predicted over measured [1], logarithmic, with the median of the source."""
    frame = found.chosen[["id", "label", "factor", "inside", "bottleneck", "measured_mb_s", "predicted_mb_s", "source"]]
    frame = frame.assign(held=np.where(frame["inside"], *list(HELD)))
    middle = frame.groupby("label", as_index=False)["factor"].median()
    order = middle.sort_values("factor", ascending=False)["label"].tolist()
    most = float(np.exp(np.abs(np.log(frame["factor"])).max() * 1.1))
    scale = alt.Scale(type="log", domain=[1 / most, most], nice=False)
    ticks = [v for v in (0.1, 0.2, 0.5, 0.8, 1, 1.25, 2, 5, 10) if 1 / most <= v <= most]
    x = alt.X("factor:Q", scale=scale, title="predicted / measured (log)", axis=alt.Axis(values=ticks, format="~g"))
    y = alt.Y("label:N", sort=order, title=None, axis=alt.Axis(labelLimit=300))
    names = list(HELD)
    colour = alt.Color("held:N", title=None, scale=alt.Scale(domain=names, range=[c for c, _ in HELD.values()]))
    shape = alt.Shape("held:N", title=None, scale=alt.Scale(domain=names, range=[s for _, s in HELD.values()]))
    one = alt.Chart(pd.DataFrame({"factor": [1.0]})).mark_rule(color=INK, strokeDash=[5, 4]).encode(x=x)
    ticks_of = alt.Chart(middle).mark_tick(color=INK, thickness=3, size=18).encode(x=x, y=y)
    dots = (
        alt.Chart(frame)
        .mark_point(filled=True, size=55, opacity=0.7)
        .encode(
            x=x,
            y=y,
            color=colour,
            shape=shape,
            tooltip=[
                alt.Tooltip("id:N", title="measurement"),
                alt.Tooltip("factor:Q", format=".2f", title="predicted / measured"),
                alt.Tooltip("measured_mb_s:Q", format=",.4~g", title="measured MB/s"),
                alt.Tooltip("predicted_mb_s:Q", format=",.4~g", title="predicted MB/s"),
                alt.Tooltip("bottleneck:N"),
                alt.Tooltip("source:N", title="where to read it"),
            ],
        )
    )
    return alt.layer(one, dots, ticks_of).properties(
        width=WIDTH - 200,
        height=alt.Step(24),
        title=alt.Title(
            "Errors by source",
            subtitle=f"{LEFT_OUT[found.by]}; bars: median of the source; right of 1 is promised too much",
        ),
    )


def coefficients_before_and_after() -> alt.LayerChart | alt.FacetChart:
    """Return each coefficient's 90% interval before and after the measurements, over its value before [1]."""
    table = coefficients()
    frames = []
    for when, value, low, high in (
        ("before the measurements", "prior", "prior_low", "prior_high"),
        ("after", "value", "low", "high"),
    ):
        part = {k: table[c] / table["prior"] for k, c in (("value", value), ("low", low), ("high", high))}
        frames.append(
            pd.DataFrame({"name": table["name"], "when": when, **part, "own": table[value], "unit": table["unit"]})
        )
    frame = pd.concat(frames, ignore_index=True)
    frame = frame.merge(table[["name", "fitted_on", "note"]], on="name")
    domain = ["before the measurements", "after"]
    ends = [float(frame["low"].min()) / 1.1, float(frame["high"].max()) * 1.1]
    scale = alt.Scale(type="log", domain=ends, nice=False)
    ticks = [v for v in (0.2, 0.5, 1, 2, 5) if ends[0] <= v <= ends[1]]
    y = alt.Y("name:N", sort=table["name"].tolist(), title=None, axis=alt.Axis(labelLimit=240))
    colour = alt.Color("when:N", title=None, scale=alt.Scale(domain=domain, range=[GREY, BLUE]))
    offset = alt.YOffset("when:N", sort=domain)
    axis = alt.Axis(values=ticks, format="~g")
    base = alt.Chart(frame)
    x_title = "coefficient / its value before (log), 90% intervals"
    spans = base.mark_rule(strokeWidth=2).encode(
        y=y, yOffset=offset, color=colour, x=alt.X("low:Q", scale=scale, axis=axis, title=x_title), x2="high:Q"
    )
    dots = base.mark_point(filled=True, size=45, opacity=1).encode(
        y=y,
        yOffset=offset,
        color=colour,
        x=alt.X("value:Q", scale=scale, axis=axis, title=x_title),
        tooltip=[
            alt.Tooltip("name:N", title="coefficient"),
            alt.Tooltip("when:N"),
            alt.Tooltip("own:Q", format=".3~g", title="value"),
            alt.Tooltip("unit:N"),
            alt.Tooltip("fitted_on:N", title="groups of evidence"),
            alt.Tooltip("note:N", title="what it is"),
        ],
    )
    return alt.layer(spans, dots).properties(
        width=WIDTH - 180, height=alt.Step(11), title=alt.Title("What the measurements taught")
    )


def predicted_brokers(found: Predictions) -> alt.VConcatChart:
    """Return predicted P10 to P90 and median of each deployment with the brokers that there are, log scale."""
    numbers = ["predicted_p10", "predicted_p50", "predicted_p90", "actual"]
    frame = found.table[["id", "scope", *numbers, "actual_is", "verdict", "binding", "why", "counted", "source"]]
    # where a replica is larger than a disk in so many draws, no number of brokers will do: the bar ends with the figure
    numeric = frame[numbers].astype(float).replace(np.inf, np.nan)
    frame = frame.assign(**numeric.fillna(float(numeric.max().max()) * 3.0).to_dict("series"))
    both = frame[["predicted_p10", "predicted_p90", "actual"]]
    ends = [max(float(both.min().min()) / 1.3, 0.5), float(both.max().max()) * 1.3]
    scale = alt.Scale(type="log", domain=ends, nice=False)
    axis = alt.Axis(values=_ticks(*ends), format=",~s")
    colour = alt.Color("verdict:N", title=None, scale=alt.Scale(domain=list(VERDICTS), range=list(VERDICTS.values())))
    titles = {
        "cluster": "Single clusters: the count should lie in the range",
        "fleet": "Fleets: the range is a lower bound",
    }
    parts = []
    for scope, title in titles.items():
        rows = frame[frame["scope"] == scope].sort_values("actual")
        if not len(rows):
            continue
        y = alt.Y("id:N", sort=rows["id"].tolist(), title=None, axis=alt.Axis(labelLimit=240))
        x_title = "brokers (log): line P10 to P90 and bar median predicted, diamond there are"
        base = alt.Chart(rows)
        tooltip = [
            alt.Tooltip("id:N", title="deployment"),
            alt.Tooltip("predicted_p10:Q", format=",d", title="predicted P10"),
            alt.Tooltip("predicted_p50:Q", format=",d", title="median"),
            alt.Tooltip("predicted_p90:Q", format=",d", title="P90"),
            alt.Tooltip("actual:Q", format=",d", title="there are"),
            alt.Tooltip("actual_is:N", title="which is"),
            alt.Tooltip("binding:N", title="binds"),
            alt.Tooltip("why:N"),
            alt.Tooltip("counted:N"),
            alt.Tooltip("source:N"),
        ]
        spans = base.mark_rule(strokeWidth=6, opacity=0.45).encode(
            y=y, x=alt.X("predicted_p10:Q", scale=scale, axis=axis, title=x_title), x2="predicted_p90:Q", color=colour,
            tooltip=tooltip,
        )  # fmt: skip
        medians = base.mark_tick(thickness=3, size=16).encode(
            y=y, x=alt.X("predicted_p50:Q", scale=scale, axis=axis), color=colour
        )
        there = base.mark_point(filled=True, shape="diamond", size=110, opacity=1, color=INK).encode(
            y=y, x=alt.X("actual:Q", scale=scale, axis=axis), tooltip=tooltip
        )
        parts.append(
            alt.layer(spans, medians, there).properties(width=WIDTH - 160, height=alt.Step(24), title=alt.Title(title))
        )
    return alt.vconcat(*parts)


def _ticks(low: float, high: float) -> list[float]:
    powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    return [10.0**p for p in powers if low <= 10.0**p <= high]


__all__ = ["coefficients_before_and_after", "errors_by_source", "predicted_against_measured", "predicted_brokers"]
