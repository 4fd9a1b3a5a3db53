"""How wrong the capacity model is: every published limit beside what a fit that had not seen it predicts.

The predictions are those of `data/calibration/held_back.csv`, which `python -m capacity.measured.calibration` writes:
with all of a source left out, as for a cluster that nobody has measured, and with one row left out, as for one more
measurement of a known one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from capacity.laws.coefficients import Z90
from capacity.measured.calibration.evidence import published
from capacity.measured.calibration.score import Scores
from streamfacts.errors import unknown_name
from streamfacts.tables import read_table
from streamplan.runtime.progress import counted

#: What was left out of the fit, in words.
LEFT_OUT = {"source": "all of its source left out", "row": "this one limit left out"}
#: An error counts as the source's own if it falls below this share once the rest of the source is seen.
FALLS_TO = 0.5
#: Limits of a source, and share of them on one side, from which a source as a whole is over or under.
SEVERAL, SAME_SIDE = 3, 0.8


@dataclass(frozen=True)
class Accuracy:
    """Held-back predictions, one row a limit and way of leaving out; `by` is the way that tables and charts show."""

    rows: Any
    by: str

    @property
    def chosen(self) -> Any:
        """The rows of the way of leaving out that is shown."""
        return self.rows[self.rows["left_out"] == self.by].reset_index(drop=True)

    def scores(self, by: str) -> Scores:
        """Return the scores with a source or a row left out."""
        frame = self.rows[self.rows["left_out"] == by]
        return Scores(
            ids=frame["id"].to_numpy(str),
            test_bed=frame["test_bed"].to_numpy(str),
            measured=frame["measured_mb_s"].to_numpy(float),
            predicted=frame["predicted_mb_s"].to_numpy(float),
            low=frame["low_mb_s"].to_numpy(float),
            high=frame["high_mb_s"].to_numpy(float),
            bottleneck=frame["bottleneck"].to_numpy(str),
            published=frame["published_bottleneck"].to_numpy(str),
        )

    @cached_property
    def summary(self) -> dict[str, dict[str, float]]:
        """By what was left out: limits, median absolute log error, share inside, share of bottlenecks named."""
        out = {}
        for by in LEFT_OUT:
            found = self.scores(by)
            named = found.named
            out[by] = {
                **found.summary(),
                "sources": float(len(set(found.test_bed))),
                "bottlenecks_published": float(np.isfinite(named).sum()),
                "within_20_percent": float((np.abs(found.log_error) <= np.log(1.2)).mean()),
            }
        return out

    @property
    def sentences(self) -> list[str]:
        """The summary in words."""
        return [
            f"with {words}: {s['rows']:.0f} limits of {s['sources']:.0f} sources, median error a factor of"
            f" {np.exp(s['median_abs_log_error']):.2f}, {s['inside_90']:.0%} within the 90% interval,"
            f" {s['bottleneck_named']:.0%} of {s['bottlenecks_published']:.0f} published bottlenecks named right"
            for by, words in LEFT_OUT.items()
            for s in [self.summary[by]]
        ]

    @cached_property
    def by_source(self) -> Any:
        """One row a source, both ways of leaving out: median absolute log error, bias, share inside, share named."""
        columns = ["median_abs_log_error", "bias", "inside_90", "bottleneck_named"]
        tables = {by: self.scores(by).table().set_index("test_bed") for by in LEFT_OUT}
        out = tables["source"][["rows"]].copy()
        for by, table in tables.items():
            for column in columns:
                out[f"{column}_{by}_left_out"] = table[column]
        links = self.rows.drop_duplicates("test_bed").set_index("test_bed")["source"]
        table = out.assign(source=links).reset_index()
        table.insert(0, "label", [label_of(bed) for bed in table.pop("test_bed")])
        return table.sort_values("label", ignore_index=True)

    def worst(self, count: int = 10) -> Any:
        """Return the limits that are missed by most, with the reason in words built from the numbers."""
        frame = self.chosen
        order = frame["log_error"].abs().sort_values(ascending=False, kind="stable").index[:count]
        found = frame.loc[order].reset_index(drop=True)
        return found.assign(why=[self._why(row) for row in found.to_dict("records")])

    def _why(self, row: dict[str, Any]) -> str:
        parts = []
        if row["published_bottleneck"] and not row["named"]:
            parts.append(f"{row['bottleneck']} is named where {row['published_bottleneck']} was published")
        mine = self.rows[self.rows["id"] == row["id"]].set_index("left_out")["log_error"]
        departs = abs(mine["row"]) < FALLS_TO * abs(mine["source"])
        parts.append(
            f"with the rest of its source seen it is {_factor(mine['row'])}: "
            + ("the source departs from the others" if departs else "the law misses it")
        )
        errors = self.rows[(self.rows["left_out"] == "source") & (self.rows["test_bed"] == row["test_bed"])][
            "log_error"
        ]
        side = float((np.sign(errors) == np.sign(row["log_error"])).mean())
        if len(errors) >= SEVERAL and side >= SAME_SIDE:
            parts.append(f"{side:.0%} of the source's {len(errors)} limits miss to this side")
        if row["assumed"]:
            parts.append("not told: " + ", ".join(row["assumed"]))
        if row["confidence"] == "low":
            parts.append("the measurement itself is of low confidence")
        return "; ".join(parts)

    def document(self, worst: int = 10) -> dict[str, Any]:
        """Return all of it as one JSON document."""
        from streamplan.views.json import records

        shown = ["id", "label", "measured_mb_s", "predicted_mb_s", "low_mb_s", "high_mb_s", "inside", "bottleneck"]
        shown += ["published_bottleneck"]
        return {
            "summary": self.summary,
            "sentences": self.sentences,
            "by_source": records(self.by_source),
            "left_out": self.by,
            "worst": records(self.worst(worst)[[*shown, "why", "source"]]),
            "predictions": records(self.rows[["left_out", *shown]]),
            "coefficients": records(coefficients()),
        }


def accuracy(by: str = "source") -> Accuracy:
    """Return the held-back predictions of every published limit.

    Parameters
    ----------
    by : "source" or "row", which of the two the figures and the list of misses show

    Raises
    ------
    InputError
        for another way of leaving out.

    Examples
    --------
    >>> sorted(accuracy().summary)
    ['row', 'source']
    """
    if by not in LEFT_OUT:
        raise unknown_name("left_out", by, LEFT_OUT)
    frame = read_table("calibration/held_back").drop(columns=["as_of", "confidence", "source"])
    evidence = published()
    told = evidence.frame.set_index("id")[["group", "confidence", "source"]]
    frame = frame.join(told, on="id")
    assumed = {
        i: [name for name, _ in filled] for i, filled in zip(evidence.frame["id"], evidence.cluster.filled, strict=True)
    }
    error = np.log(frame["predicted_mb_s"] / frame["measured_mb_s"])
    frame = frame.assign(
        label=[label_of(bed) for bed in frame["test_bed"]],
        published_bottleneck=frame["published_bottleneck"].fillna(""),
        log_error=error,
        factor=np.exp(error),
        inside=(frame["low_mb_s"] <= frame["measured_mb_s"]) & (frame["measured_mb_s"] <= frame["high_mb_s"]),
        assumed=[assumed[i] for i in frame["id"]],
    )
    found = Accuracy(frame, by)
    named = np.concatenate(
        [found.scores(way).named for way in counted(list(frame["left_out"].unique()), "Predictions")]
    )
    return Accuracy(frame.assign(named=named == 1.0), by)


def label_of(test_bed: str) -> str:
    """Return the short name of a test bed.

    Examples
    --------
    >>> label_of("github.com/softwaremill/mqperf article.md @120e9f71 (2021)")
    'softwaremill/mqperf'
    """
    head = re.split(
        r": | \(| & |; | article| Kafka on ", test_bed.removeprefix("github.com/").removeprefix("SECONDARY: ")
    )[0]
    return head.strip(" ,")


def coefficients() -> Any:
    """Return the coefficients before and after the measurements, each with its 90% interval and unit.

    `single_source` says that one source alone speaks for it: its prior was chosen by somebody who knew that source, so
    that leaving the source out flatters the prediction.
    """
    table = read_table("calibration/coefficients")
    spread = np.exp(Z90 * table["prior_log_sd"])
    single = table["fitted_on"].str.split().str.len() == 1
    out = table.assign(prior_low=table["prior"] / spread, prior_high=table["prior"] * spread, single_source=single)
    ranges = ["prior", "prior_low", "prior_high", "value", "low", "high"]
    return out[["name", "unit", *ranges, "fitted_on", "single_source", "confidence", "note", "source"]]


def _factor(log_error: float) -> str:
    return f"{np.exp(abs(log_error)):.2f} times too {'high' if log_error > 0 else 'low'}"


__all__ = ["LEFT_OUT", "Accuracy", "accuracy", "coefficients", "label_of"]
