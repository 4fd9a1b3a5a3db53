"""Accuracy in words: terminal, document and the pieces of its page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from streamplan.analyses.accuracy.accuracy import LEFT_OUT, Accuracy, coefficients
from streamplan.analyses.accuracy.deployments import Predictions
from streamplan.views.html import Html, render
from streamplan.views.tables import Cell, Column, Table, count


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
        plain = {
            f"{score}_{by}_value": _factor(score, row[f"{score}_{by}_left_out"])
            for by in ("source", "row")
            for score in _SCORES
        }
        out.append({"label": row["label"], "rows": int(row["rows"]), "source": row["source"], **words, **plain})
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
            "range": f"{_brokers(row['predicted_p10'])} to {_brokers(row['predicted_p90'])}",
            "median": _brokers(row["predicted_p50"]),
            "there": f"{row['actual']:,}" + {"at least": "+", "about": " (about)"}.get(row["actual_is"], ""),
        }
        for row in found.table.to_dict("records")
    ]


def _brokers(number: float) -> str:
    return f"{number:,.0f}" if np.isfinite(number) else "no fit"


def accuracy_tables(found: Accuracy, worst: int) -> list[Any]:
    """Return the sentences, the table by source and the worst misses, for a terminal."""
    scores = ("error", "bias", "in 90%", "named")
    heads = [(f"{score}_{by}", f"{name}{rest}") for by, rest in (("source", ""), ("row", ", row"))
             for score, name in zip(_SCORES, scores, strict=True)]  # fmt: skip
    by_source = Table(
        "By source: all of it left out, and one limit left out",
        (
            Column("label", "source", least=24),
            count("rows", "limits", 0),
            *(Column(key, name, True, priority=1 + i) for i, (key, name) in enumerate(heads)),
        ),
        name="sources",
    )
    for row in source_rows(found):
        by_source.add({**row, **{key: Cell(row[f"{key}_value"], row[key]) for key, _ in heads}})
    misses = Table(
        f"Worst misses, a {found.by} left out",
        (
            Column("measurement", "measurement", least=16),
            Column("measured", "measured MB/s", True, priority=0),
            Column("predicted", "predicted", True, "MB/s", priority=0),
            Column("interval", "90% interval", True, "MB/s", priority=1, parts=("low", "high")),
            Column("why", "why", priority=2, least=24),
        ),
        name="misses",
    )
    for row, plain in zip(miss_rows(found, worst), found.worst(worst).to_dict("records"), strict=True):
        numbers = {k: Cell(plain[f"{k}_mb_s"], row[k]) for k in ("measured", "predicted")}
        ends = Cell((plain["low_mb_s"], plain["high_mb_s"]), row["interval"])
        misses.add({**row, **numbers, "interval": ends, "measurement": f"{row['id']} ({row['label']})"})
    return [*found.sentences, by_source, misses]


def deployment_tables(found: Predictions) -> list[Any]:
    """Return the table of deployments and what it says, for a terminal."""
    table = Table(
        "Brokers of published deployments, predicted blind",
        (
            Column("id", "deployment", least=18),
            Column("scope", "what", priority=3, folds=False),
            Column("range", "P10 to P90", True, priority=1, parts=("P10", "P90")),
            Column("median", "median", True, priority=0),
            Column("there", "there are", True, priority=0),
            Column("verdict", "verdict", priority=0, folds=False),
            Column("why", "why", priority=2, least=24),
        ),
    )
    for row in deployment_rows(found):
        ends = Cell((row["predicted_p10"], row["predicted_p90"]), row["range"])
        numbers = {"median": Cell(row["predicted_p50"], row["median"]), "there": Cell(row["actual"], row["there"])}
        table.add({**row, "range": ends, **numbers}, mark="" if row["sharp"] else "dim")
    return [table, *found.sentences]


#: Coefficients that a calibration shows at first: those that moved most.
MOST_MOVED = 8


def moved_table(moved: Sequence[Mapping[str, Any]]) -> Table:
    """Return the coefficients that measurements moved: before and after, each with its interval."""
    table = Table(
        "Coefficients that the measurements moved, the most first",
        (
            Column("name", "coefficient", least=20),
            Column("before", "before", True, shown=lambda x: f"{x:.3g}", priority=1),
            Column("before_90", "90% between", True, shown=_ends, priority=2, parts=("before, P5", "before, P95")),
            Column("after", "after", True, shown=lambda x: f"{x:.3g}", priority=0),
            Column("after_90", "then 90% between", True, shown=_ends, priority=1, parts=("after, P5", "after, P95")),
        ),
        most=MOST_MOVED,
    )
    for row in moved:
        table.add({**row, **{name: tuple(row[name]) for name in ("before_90", "after_90")}})
    return table


def _ends(ends: tuple[float, float]) -> str:
    return f"{ends[0]:.3g} and {ends[1]:.3g}"


def digits(value: float) -> str:
    """Three digits that count, without an exponent."""
    return f"{float(f'{value:.3g}'):,.10g}"


def _factor(name: str, value: float) -> float:
    """A score as it is shown: errors and biases as factors, shares as they are."""
    return float(np.exp(value)) if name in ("median_abs_log_error", "bias") else float(value)


def _score(name: str, value: float) -> str:
    if not np.isfinite(value):
        return "-"
    if name == "median_abs_log_error":
        return f"x {np.exp(value):.2f}"
    return f"x {np.exp(value):.2f}" if name == "bias" else f"{value:.0%}"
