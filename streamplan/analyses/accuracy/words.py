"""Accuracy in words: terminal, document and the pieces of its page."""

from __future__ import annotations

from typing import Any

import numpy as np

from streamplan.analyses.accuracy.accuracy import LEFT_OUT, Accuracy, coefficients
from streamplan.analyses.accuracy.deployments import Predictions
from streamplan.views.html import Html, render
from streamplan.views.terminal import titled_table


def errors(found: Accuracy) -> Html:
    """The scores in words and the table by source."""
    return render("accuracy.html.j2", sentences=found.sentences, rows=source_rows(found))


def misses(found: Accuracy, count: int = 10) -> Html:
    """The limits that are missed by most, with the reason."""
    return render("accuracy_misses.html.j2", rows=miss_rows(found, count), left_out=LEFT_OUT[found.by])


def blind(found: Predictions) -> Html:
    """Published deployments: predicted range, actual count, and why they differ."""
    return render("deployments.html.j2", rows=deployment_rows(found), sentences=found.sentences)


def coefficient_table() -> Html:
    """The coefficients before and after the measurements."""
    numbers = ("prior", "prior_low", "prior_high", "value", "low", "high")
    rows = [{**row, **{n: digits(row[n]) for n in numbers}} for row in coefficients().to_dict("records")]
    return render("coefficients.html.j2", rows=rows)


#: Columns of the table by source: what was left out, and the score.
_SCORES = ("median_abs_log_error", "bias", "inside_90", "bottleneck_named")


def source_rows(found: Accuracy) -> list[dict[str, Any]]:
    """Return the table by source with every score in words, the source with the largest error first."""
    rows = found.by_source.sort_values("median_abs_log_error_source_left_out", ascending=False).to_dict("records")
    out = []
    for row in rows:
        words = {
            f"{score}_{by}": _score(score, row[f"{score}_{by}_left_out"])
            for by in ("source", "row")
            for score in _SCORES
        }
        out.append({"label": row["label"], "rows": int(row["rows"]), "source": row["source"], **words})
    return out


def miss_rows(found: Accuracy, count: int) -> list[dict[str, Any]]:
    """Return the worst misses with every number in words."""
    return [
        {
            **{str(k): v for k, v in row.items()},
            "off": f"x {row['factor']:.2f}",
            "measured": digits(row["measured_mb_s"]),
            "predicted": digits(row["predicted_mb_s"]),
            "interval": f"{digits(row['low_mb_s'])} to {digits(row['high_mb_s'])}",
        }
        for row in found.worst(count).to_dict("records")
    ]


def deployment_rows(found: Predictions) -> list[dict[str, Any]]:
    """Return the deployments with every number in words."""
    return [
        {
            **{str(k): v for k, v in row.items()},
            "range": f"{row['predicted_p10']:,.0f} to {row['predicted_p90']:,.0f}",
            "median": f"{row['predicted_p50']:,.0f}",
            "there": f"{row['actual']:,}" + {"at least": "+", "about": " (about)"}.get(row["actual_is"], ""),
        }
        for row in found.table.to_dict("records")
    ]


def accuracy_tables(found: Accuracy, worst: int) -> list[Any]:
    """Return the sentences, the table by source and the worst misses, for a terminal."""
    by_source = titled_table("By source: all of it left out, and one limit left out")
    by_source.add_column("source", overflow="fold", min_width=24)
    by_source.add_column("limits", justify="right")
    for name in ("error", "bias", "in 90%", "named", "error, row", "bias, row", "in 90%, row", "named, row"):
        by_source.add_column(name, justify="right", no_wrap=True)
    for row in source_rows(found):
        cells = [row[f"{score}_{by}"] for by in ("source", "row") for score in _SCORES]
        by_source.add_row(row["label"], str(row["rows"]), *cells)
    misses = titled_table(f"Worst misses, a {found.by} left out")
    misses.add_column("measurement", overflow="fold", min_width=16)
    for name in ("measured MB/s", "predicted", "90% interval"):
        misses.add_column(name, justify="right", no_wrap=True)
    misses.add_column("why", overflow="fold", min_width=50)
    for row in miss_rows(found, worst):
        misses.add_row(f"{row['id']} ({row['label']})", row["measured"], row["predicted"], row["interval"], row["why"])
    return [*found.sentences, by_source, misses]


def deployment_tables(found: Predictions) -> list[Any]:
    """Return the table of deployments and what it says, for a terminal."""
    table = titled_table("Brokers of published deployments, predicted blind")
    table.add_column("deployment", overflow="fold", min_width=20)
    table.add_column("what", no_wrap=True)
    for name in ("P10 to P90", "median", "there are"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    table.add_column("why", overflow="fold", min_width=50)
    for row in deployment_rows(found):
        cells = [row["id"], row["scope"], row["range"], row["median"], row["there"], row["verdict"], row["why"]]
        table.add_row(*cells, style=None if row["sharp"] else "dim")
    return [table, *found.sentences]


def digits(value: float) -> str:
    """Three digits that count, without an exponent."""
    return f"{float(f'{value:.3g}'):,.10g}"


def _score(name: str, value: float) -> str:
    if not np.isfinite(value):
        return "-"
    if name == "median_abs_log_error":
        return f"x {np.exp(value):.2f}"
    return f"x {np.exp(value):.2f}" if name == "bias" else f"{value:.0%}"
