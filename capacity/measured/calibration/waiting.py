"""The constants of the law of publish latency, from the measurements whose `latency` is "publish"."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from capacity.laws.coefficients import Coefficients
from capacity.measured.calibration.evidence import Evidence
from capacity.measured.latency import publish_ms
from capacity.measured.prediction import limit_draws, predict
from streamfacts.arrays import Array

#: What is held before the measurements: median and standard deviation of the logarithm.
PRIORS: dict[str, tuple[float, float]] = {
    "floor_ms_core": (50.0, 0.7),
    "leader_share": (0.4, 0.7),
    "replica_us": (4.0, 1.0),
    "replica_all_factor": (4.0, 0.7),
    "flush_ms": (8.0, 0.7),
    "queue_ms": (3.0, 1.0),
    "queue_vcpu_exponent": (0.8, 0.5),
    "queue_load_exponent": (1.0, 0.5),
    "full_ms": (800.0, 1.0),
    "pulsar_floor_ms_core": (35.0, 0.7),
    "pulsar_replica_us": (0.2, 1.0),
    "pulsar_flush_ms": (6.0, 0.7),
    "pulsar_full_ms": (250.0, 1.0),
}
#: Standard deviation of the logarithm of a measured percentile within one series.
NOISE_SD = 0.25
#: Draws of the limits behind each expected latency.
DRAWS = 200
#: A limit is at least so many times a rate that was held for the length of a test.
HELD = 1.05


def measured_latency(rows: Evidence) -> Evidence:
    """Return the rows whose 99th percentile of publishing may be fitted, at their own load."""
    found = rows.take(np.flatnonzero(rows.frame["latency"].fillna("").to_numpy(str) == "publish"))
    return replace(found, cluster=replace(found.cluster, load_mb_s=found.rate))


def fit_latency(rows: Evidence, held: Coefficients) -> tuple[dict[str, float], dict[str, float], float]:
    """Return the constants, the standard deviations of their logarithms, and that of what is left of a measured one.

    Parameters
    ----------
    rows : measurements that `measured_latency` chose
    held : the fitted coefficients, which say how near each load is to the limit
    """
    from scipy.optimize import least_squares

    names = tuple(PRIORS)
    mean, sd = np.log([PRIORS[n][0] for n in names]), np.array([PRIORS[n][1] for n in names])
    measured = np.log(rows.frame["p99_ms"].to_numpy(float))
    limits = _limits(rows, held)

    def expected(x: Array) -> Array:
        f = dict(zip(names, np.exp(x), strict=True))
        return np.asarray(np.log(publish_ms(rows.cluster, limits, f)).mean(axis=0))

    def residuals(x: Array) -> Array:
        return np.concatenate([_student((measured - expected(x)) / NOISE_SD), (x - mean) / sd])

    found = least_squares(residuals, mean, x_scale="jac", max_nfev=200)
    covariance = np.linalg.inv(found.jac.T @ found.jac)
    left = measured - expected(found.x)
    # nine tenths of what is left lie within 1.645 of these
    spread = float(np.quantile(np.abs(left), 0.9) / 1.645)
    deviations = dict(zip(names, np.sqrt(np.diag(covariance)).tolist(), strict=True))
    return dict(zip(names, np.exp(found.x).tolist(), strict=True)), deviations, spread


def _limits(rows: Evidence, held: Coefficients) -> Array:
    """Draws of the limits, shape (draws, rows): what was measured where it was, and above a rate that was held."""
    drawn = predict(rows.cluster, held).limit_mb_s * limit_draws(rows.cluster, held, scatter=False)[:DRAWS]
    return np.where(rows.role == "limit", rows.rate, np.maximum(drawn, rows.rate * HELD))


def _student(gap: Array) -> Array:
    return np.asarray(np.sign(gap) * np.sqrt(5.0 * np.log1p(gap**2 / 4.0)))
