"""How wrong the model is: every source, then every row, predicted by a fit that has not seen it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capacity.laws.coefficients import Coefficients
from capacity.measured.calibration.evidence import Evidence
from capacity.measured.calibration.fit import Prior, fit
from capacity.measured.prediction import Prediction, predict
from streamfacts.arrays import Array

#: Words of a published bottleneck, and of ours, that mean the same resource.
SAME = {
    "cpu": ("cpu",),
    "network": ("network", "nic"),
    "fsync": ("fsync", "flush each"),
    "journal": ("journal",),
    "flush thread": ("flush thread",),
    "disk": ("disk", "fsync", "journal"),
    "partition": ("partition",),
    "producer": ("producer",),
    "sender": ("sender", "saturation"),
    "quota": ("quota",),
}


@dataclass(frozen=True)
class Scores:
    """Held-back predictions of the rows of role `limit`, arrays of shape (rows,).

    `log_error` is the logarithm of predicted over measured, `inside` whether the 90% interval holds the measurement,
    `named` whether the bottleneck is the published one (NaN where none is published).
    """

    ids: NDArray[np.str_]
    test_bed: NDArray[np.str_]
    measured: Array
    predicted: Array
    low: Array
    high: Array
    bottleneck: NDArray[np.str_]
    published: NDArray[np.str_]

    @property
    def log_error(self) -> Array:
        """Logarithm of predicted over measured [1]."""
        return np.asarray(np.log(self.predicted / self.measured))

    @property
    def inside(self) -> NDArray[np.bool_]:
        """Whether the interval holds the measurement."""
        return np.asarray((self.low <= self.measured) & (self.measured <= self.high))

    @property
    def named(self) -> Array:
        """1 where the bottleneck is the published one, 0 where it is another, NaN where none is published."""
        return np.array(
            [same_bottleneck(o, p) if p else np.nan for o, p in zip(self.bottleneck, self.published, strict=True)]
        )

    def table(self) -> Any:
        """Return one row a test bed: rows, median absolute log error, bias, share inside, share named."""
        import pandas as pd

        frame = pd.DataFrame(
            {
                "test_bed": self.test_bed,
                "error": self.log_error,
                "inside": self.inside,
                "named": self.named,
            }
        )
        grouped = frame.groupby("test_bed", sort=True)
        out = grouped.agg(
            rows=("error", "size"),
            median_abs_log_error=("error", lambda e: e.abs().median()),
            bias=("error", "median"),
            inside_90=("inside", "mean"),
            bottleneck_named=("named", "mean"),
        )
        return out.reset_index()

    def summary(self) -> dict[str, float]:
        """Return the scores over all rows: median absolute log error, share inside, share of bottlenecks named."""
        return {
            "rows": float(len(self.ids)),
            "median_abs_log_error": float(np.median(np.abs(self.log_error))),
            "inside_90": float(self.inside.mean()),
            "bottleneck_named": float(np.nanmean(self.named)),
        }


def same_bottleneck(ours: str, published: str) -> bool:
    """Return whether two names of a bottleneck mean one resource."""
    said = published.lower()
    for words in SAME.values():
        if any(word in said for word in words) and any(word in ours.lower() for word in words):
            return True
    return False


def scores(rows: Evidence, predictions: Prediction) -> Scores:
    """Return what predictions of measured rows are worth."""
    return Scores(
        ids=rows.frame["id"].to_numpy(str),
        test_bed=rows.cluster.test_bed,
        measured=rows.rate,
        predicted=predictions.limit_mb_s,
        low=predictions.low_mb_s,
        high=predictions.high_mb_s,
        bottleneck=predictions.bottleneck,
        published=rows.frame["bottleneck"].fillna("").to_numpy(str),
    )


def held_back(
    evidence: Evidence,
    start: Coefficients,
    by: str,
    prior: Prior | None = None,
    progress: Callable[[Any], Any] = lambda parts: parts,
) -> Scores:
    """Return the scores of every limit, predicted by a fit without it: by "source" or by "row".

    Parameters
    ----------
    evidence : all measurements
    start : the fit to all of them, where each refit starts and whose widening is used
    by : "source" leaves out all rows of a test bed, "row" leaves out one limit
    progress : wraps the parts that are gone through, for a bar
    """
    limits = np.flatnonzero(evidence.role == "limit")
    beds = evidence.cluster.test_bed
    parts = (
        [np.flatnonzero(beds == bed) for bed in np.unique(beds[limits])] if by == "source" else [[i] for i in limits]
    )
    found: list[Scores] = []
    for part in progress(parts):
        keep = np.ones(len(evidence), bool)
        keep[part] = False
        refit = fit(evidence.take(keep), prior, start)
        refit = replace(refit, widen=start.widen, widen_known=start.widen_known)
        rows = evidence.take(np.array([i for i in part if evidence.role[i] == "limit"]))
        found.append(scores(rows, predict(rows.cluster, refit)))
    return Scores(*(np.concatenate([getattr(s, name) for s in found]) for name in Scores.__dataclass_fields__))


def widening(raw: Scores, share: float = 0.9) -> float:
    """Return the factor on the interval's ends [1] with which it holds that share of held-back measurements.

    References
    ----------
    Split conformal prediction: the quantile of the measurements' distances in units of the interval's own half width.
    """
    middle = np.log(raw.predicted)
    gap = np.log(raw.measured) - middle
    side = np.where(gap > 0, np.log(raw.high) - middle, middle - np.log(raw.low))
    distance = np.sort(np.abs(gap) / side)
    place = min(len(distance) - 1, int(np.ceil(share * (len(distance) + 1))) - 1)
    return float(distance[place])
