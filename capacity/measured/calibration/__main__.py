"""Refit the coefficients on `data/evidence/evidence.csv`, score them held back, and write `data/calibration/`.

`python -m capacity.measured.calibration` takes a minute or two, nearly all of it for the held-back fits.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
from tqdm import tqdm

from capacity.laws.coefficients import FOLDER, Coefficients
from capacity.measured.calibration.evidence import Evidence, published
from capacity.measured.calibration.fit import fit
from capacity.measured.calibration.score import Scores, held_back, widening
from capacity.measured.calibration.waiting import fit_latency, measured_latency
from streamfacts.tables import data_dir

AS_OF, SOURCE = "2026-11", "Fitted on the measurements of data/evidence/evidence.csv which each name their source; 2026"


def main() -> None:
    """Fit, score, write."""
    evidence = published()
    found = fit(evidence)
    raw = {by: held_back(evidence, found, by, progress=partial(tqdm, desc=by)) for by in ("source", "row")}
    found = replace(found, widen=widening(raw["source"]), widen_known=widening(raw["row"]))
    folder = data_dir() / FOLDER
    table = pd.read_csv(folder / "coefficients.csv", dtype=str, keep_default_na=False)
    for i, name in enumerate(found.names):
        low, high = found.interval(name)
        table.loc[i, ["value", "low", "high"]] = [f"{v:.5g}" for v in (found.point[name], low, high)]
        shrunk = found.sd[name] / float(str(table.loc[i, "prior_log_sd"]))
        table.loc[i, "confidence"] = "high" if shrunk < 0.2 else "medium" if shrunk < 0.6 else "low"
    table.to_csv(folder / "coefficients.csv", index=False, lineterminator="\n")
    wide = pd.DataFrame(found.covariance, columns=found.names).map(lambda v: f"{v:.6g}")
    wide.insert(0, "name", found.names)
    _write(wide, "covariance")
    beds = pd.DataFrame(
        [
            (bed, *(f"{x:.4f}" for m, v in (d, found.client_departs[bed]) for x in (m, v**0.5)))
            for bed, d in sorted(found.departs.items())
        ],
        columns=["test_bed", "log_factor", "log_factor_sd", "client_log_factor", "client_log_factor_sd"],
    )
    _write(beds, "test_beds")
    spread = pd.DataFrame(
        [
            ("departure_sd", found.departure_sd, "log", "how far a test bed's software ceilings depart from the rest"),
            (
                "client_departure_sd",
                found.client_departure_sd,
                "log",
                "how far what a test bed's producer clients send departs from the rest",
            ),
            ("noise_sd", found.noise_sd, "log", "of a measurement within one test bed"),
            ("widen", round(found.widen, 3), "1", "on the interval of a source never seen"),
            ("widen_known", round(found.widen_known, 3), "1", "on the interval of a test bed that was measured"),
        ],
        columns=["name", "value", "unit", "note"],
    )
    _write(spread, "spread")
    _write_latency(evidence, found)
    everything = [_held(by, raw[by], found.widen if by == "source" else found.widen_known) for by in raw]
    _write(pd.concat(everything), "held_back")
    for by, frame in zip(raw, everything, strict=True):
        error = np.abs(raw[by].log_error)
        named = raw[by].named
        measured, least, most = (frame[f"{c}_mb_s"].astype(float) for c in ("measured", "low", "high"))
        inside = (least <= measured) & (measured <= most)
        print(
            f"left out by {by}: {len(frame)} limits, median |log error| {np.median(error):.3f},"
            f" inside 90% {inside.mean():.1%}, interval a factor of {np.exp(np.log(most / least).mean()):.2f},"
            f" bottleneck named {np.nanmean(named):.1%}"
        )


def _write_latency(evidence: Evidence, found: Coefficients) -> None:
    """Fit the law of publish latency, into the values of the table whose notes and ends are kept."""
    values, deviations, left = fit_latency(measured_latency(evidence), found)
    path = data_dir() / FOLDER / "latency.csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    for i, name in enumerate(table["name"]):
        if name in values:
            table.loc[i, ["value", "log_sd"]] = [f"{values[name]:.4g}", f"{deviations[name]:.2g}"]
    table.loc[table["name"] == "residual_log_sd", "value"] = f"{left:.3g}"
    table.to_csv(path, index=False, lineterminator="\n")


def _held(by: str, raw: Scores, widen: float) -> pd.DataFrame:
    low = raw.predicted * (raw.low / raw.predicted) ** widen
    high = raw.predicted * (raw.high / raw.predicted) ** widen
    frame = pd.DataFrame(
        {
            "left_out": by,
            "id": raw.ids,
            "test_bed": raw.test_bed,
            "measured_mb_s": raw.measured,
            "predicted_mb_s": raw.predicted,
            "low_mb_s": low,
            "high_mb_s": high,
            "bottleneck": raw.bottleneck,
            "published_bottleneck": raw.published,
        }
    )
    rates = ["measured_mb_s", "predicted_mb_s", "low_mb_s", "high_mb_s"]
    frame[rates] = frame[rates].map(lambda v: f"{v:.4g}")
    return frame


def _write(frame: pd.DataFrame, name: str) -> None:
    out = frame.assign(as_of=AS_OF, confidence="medium", source=SOURCE)
    out.to_csv(data_dir() / FOLDER / f"{name}.csv", index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
