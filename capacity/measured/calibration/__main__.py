"""Refit the coefficients on `data/evidence.csv`, score them held back, and write `data/calibration/`.

`python -m capacity.measured.calibration` takes a few minutes, nearly all of it for the held-back fits.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
from tqdm import tqdm

from capacity.laws.coefficients import FOLDER
from capacity.measured.calibration.evidence import published
from capacity.measured.calibration.fit import fit
from capacity.measured.calibration.score import Scores, held_back, widening
from streamfacts.tables import data_dir

AS_OF, SOURCE = "2026-11", "Fitted on the measurements of data/evidence.csv which each name their source; 2026"


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
        [(bed, f"{m:.4f}", f"{v**0.5:.4f}") for bed, (m, v) in sorted(found.departs.items())],
        columns=["test_bed", "log_factor", "log_factor_sd"],
    )
    _write(beds, "test_beds")
    spread = pd.DataFrame(
        [
            ("departure_sd", found.departure_sd, "log", "how far a test bed's software ceilings depart from the rest"),
            ("noise_sd", found.noise_sd, "log", "of a measurement within one test bed"),
            ("widen", round(found.widen, 3), "1", "on the interval of a source never seen"),
            ("widen_known", round(found.widen_known, 3), "1", "on the interval of a test bed that was measured"),
        ],
        columns=["name", "value", "unit", "note"],
    )
    _write(spread, "spread")
    everything = [_held(by, raw[by], found.widen if by == "source" else found.widen_known) for by in raw]
    _write(pd.concat(everything), "held_back")
    for by, frame in zip(raw, everything, strict=True):
        error = np.abs(raw[by].log_error)
        named = raw[by].named
        measured, least, most = (frame[f"{c}_mb_s"].astype(float) for c in ("measured", "low", "high"))
        inside = (least <= measured) & (measured <= most)
        print(
            f"left out by {by}: {len(frame)} limits, median |log error| {np.median(error):.3f},"
            f" inside 90% {inside.mean():.1%}, bottleneck named {np.nanmean(named):.1%}"
        )


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
    rates = [c for c in frame.columns if c.endswith("_mb_s")]
    frame[rates] = frame[rates].map(lambda v: f"{v:.4g}")
    return frame


def _write(frame: pd.DataFrame, name: str) -> None:
    out = frame.assign(as_of=AS_OF, confidence="medium", source=SOURCE)
    out.to_csv(data_dir() / FOLDER / f"{name}.csv", index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
