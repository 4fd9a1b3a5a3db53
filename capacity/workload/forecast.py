"""Forecast: the months to come out of a history, with intervals that hold together along the months.

The logarithm of the monthly mean is a structural time series: a level that drifts by a constant slope and wanders, a
yearly season where the history is long enough, and noise of the month. Growth and season are thereby factors. The
Kalman filter of `statsmodels` (the extra `forecast`) fits it, with exact diffuse starting values: how little a short
history says of slope and season is part of the intervals, which widen with the months ahead.

**Intervals.** The errors of the months to come are normal on the logarithmic scale. With the states' transition T,
their covariance P after the last month, the covariance Q of their shocks, the design Z and the noise H, the covariance
of months h <= k is Z T^(h-1) P (T^(k-1))' Z' + Z [sum over i < h of T^(h-1-i) Q (T^(k-1-i))'] Z' (with i from 1) + H
where h = k. A draw takes the six largest factors of what is not noise, each month scaled to its exact variance with the
noise: percentiles of a month are the model's; months move together a little more than they would with noise of their
own, which makes totals a little wider. The uncertainty of the two fitted variances is not in the intervals; the
back-test shows how often the past stayed within them.

Sources: A. C. Harvey, "Forecasting, Structural Time Series Models and the Kalman Filter", 1989, chapter 4; J. Durbin
and S. J. Koopman, "Time Series Analysis by State Space Methods", 2nd edition 2012, chapter 5 on the diffuse start;
https://www.statsmodels.org/stable/generated/statsmodels.tsa.statespace.structural.UnobservedComponents.html
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capacity.workload.history import History, read_history
from capacity.workload.quantity import Range
from capacity.workload.uncertainty import Distribution
from streamfacts.arrays import Array
from streamfacts.errors import InputError, MissingFact, unreadable

HORIZON = 60
YEAR = 12
#: Factors of the covariance that a draw takes, each an uncertain input of its own.
FACTORS = 6
#: Fewest months for a yearly season: two years to find it in, three months to test it on.
SEASONAL_MONTHS = 27
#: Fewest months that a fit of the back-test has, without and with a season; most origins that are tried.
LEAST_TRAINING, LEAST_SEASONAL_TRAINING, MOST_ORIGINS = 8, 24, 12
_Z = 1.2815515655446004  # of 90%, the upper end of an interval of 80%

#: A factor of a forecast: standard normal, and 0 in the likely path.
STANDARD = Range(-_Z, 0.0, _Z, Distribution("normal", (0.0, 1.0)))


@dataclass(frozen=True)
class BackTest:
    """How the same model forecast the past, fitted anew at each origin on what was known then.

    Attributes
    ----------
    origins : months from which the past was forecast
    horizon : months ahead, shape (h,) [month]
    error : mean absolute percentage error at each horizon, shape (h,) [1]
    naive_error : the same of the last value, or of the same month a year before where there is a season [1]
    coverage : share of the months that lay within P10 and P90 [1]; 0.8 if the intervals are right
    tested : months that were compared
    """

    origins: int
    horizon: NDArray[np.int64]
    error: Array
    naive_error: Array
    coverage: float
    tested: int

    @property
    def mape(self) -> float:
        """Mean absolute percentage error over all horizons [1]."""
        return float(self.error.mean())


@dataclass(frozen=True)
class Forecast:
    """The months after a history.

    Attributes
    ----------
    seasonal : whether a yearly season was fitted
    median : log of the rate of each month to come, shape (60,) [log bytes/s]
    covariance : of those logs, shape (60, 60) [1]
    loadings : of the factors that draws take, shape (60, 6) [1]
    """

    history: History
    seasonal: bool
    median: Array
    covariance: Array
    loadings: Array
    back_test: BackTest

    @property
    def level(self) -> Array:
        """The median path over the last month of the history, shape (60,) [1]."""
        return np.asarray(np.exp(self.median) / self.history.monthly[-1])

    @property
    def spread(self) -> Array:
        """Standard deviation of the log of each month, shape (60,) [1]."""
        return np.asarray(np.sqrt(np.diag(self.covariance)))

    def percentile(self, probability: float) -> Array:
        """Return the rate below which each month stays with a probability, shape (60,) [bytes/s]."""
        from scipy.special import ndtri

        return np.asarray(np.exp(self.median + ndtri(probability) * self.spread))

    def yearly(self, years: int) -> float:
        """Return the median growth of a year: the mean of the year `years` ahead over that of the year before [1]."""
        whole = np.concatenate([self.history.monthly[-YEAR:], np.exp(self.median)])
        this, last = (whole[start : start + YEAR].mean() for start in (years * YEAR, (years - 1) * YEAR))
        return float(this / last - 1.0)

    def path(self, take: Any, months: int) -> Array:
        """Return the level of the load over the last month of the history [1].

        Parameters
        ----------
        take : gives each factor `growth.history.1` to `.6` as 0, or as draws of a standard normal, shape (draws, 1)
        months : months to come, 1 to 60

        Returns
        -------
        array of shape (months,) or (draws, months)
        """
        error = sum(
            np.asarray(take(f"growth.history.{k + 1}", STANDARD), float) * self.loadings[:months, k]
            for k in range(self.loadings.shape[1])
        )
        return np.asarray(np.exp(self.median[:months] + error) / self.history.monthly[-1])


def forecast(history: History) -> Forecast:
    """Fit a history and forecast the 60 months after it.

    Raises
    ------
    InputError
        if the history cannot be fitted.
    MissingFact
        if `statsmodels` is not installed.
    """
    logs = np.log(history.monthly)
    seasonal = len(logs) >= SEASONAL_MONTHS
    median, covariance, noise = _ahead(logs, seasonal, HORIZON)
    loadings = factors(covariance - noise * np.eye(HORIZON), FACTORS, np.diag(covariance))
    return Forecast(history, seasonal, median, covariance, loadings, _back_test(logs, seasonal))


def _ahead(logs: Array, seasonal: bool, months: int) -> tuple[Array, Array, float]:
    """Return median and covariance of the logs of the months after those given, and the noise within the variances."""
    fit = _fit(logs, seasonal)
    noise = float(fit.model.ssm["obs_cov"][0, 0])
    return np.asarray(fit.forecast(months), float), _covariance(fit, months), noise


def _fit(logs: Array, seasonal: bool) -> Any:
    try:
        from statsmodels.tsa.statespace.structural import UnobservedComponents
    except ImportError:
        raise MissingFact(
            "a forecast needs the package statsmodels: install streamplan[forecast], or state growth as figures"
        ) from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a variance at its bound of 0 is a result, not a failure
        try:
            season = {"seasonal": YEAR, "stochastic_seasonal": False} if seasonal else {}
            fit = UnobservedComponents(logs, level="lldtrend", use_exact_diffuse=True, **season).fit(disp=False)
        except (ValueError, np.linalg.LinAlgError) as error:
            raise InputError("history", f"{len(logs)} months", f"one that a trend can be fitted to ({error})") from None
    if not np.isfinite(fit.llf):
        raise InputError("history", f"{len(logs)} months", "one that a trend can be fitted to")
    return fit


def _covariance(fit: Any, months: int) -> Array:
    """Return the covariance of the logs of the months to come, shape (months, months)."""
    space = fit.model.ssm
    design, move = np.asarray(space["design"][0]), np.asarray(space["transition"])
    shocks = space["selection"] @ space["state_cov"] @ space["selection"].T
    state = np.asarray(fit.filter_results.predicted_state_cov[..., -1])
    seen = [design]  # what a state of now shows after each month
    for _ in range(months - 1):
        seen.append(seen[-1] @ move)
    rows = np.stack(seen)
    out = rows @ state @ rows.T
    within = rows @ shocks @ rows.T
    for start in range(1, months):  # the shocks at the end of each month show in all that follow
        out[start:, start:] += within[: months - start, : months - start]
    return np.asarray(out + float(space["obs_cov"][0, 0]) * np.eye(months))


def factors(covariance: Array, number: int, variance: Array) -> Array:
    """Return loadings of the largest factors of a covariance, rows scaled to given variances, shape (months, number).

    A month that the factors do not reach takes its variance from the first of them.

    Examples
    --------
    >>> factors(np.array([[4.0, 2.0], [2.0, 1.0]]), 1, np.array([4.0, 9.0])).round(6).tolist()
    [[2.0], [3.0]]
    """
    values, vectors = np.linalg.eigh(covariance)
    largest = np.argsort(values)[::-1][:number]
    loadings = vectors[:, largest] * np.sqrt(np.maximum(values[largest], 0.0))
    loadings = loadings * np.where(loadings.sum(axis=0) < 0, -1.0, 1.0)  # so that a high draw is a high load
    norm = np.linalg.norm(loadings, axis=1, keepdims=True)
    first = np.eye(1, loadings.shape[1])
    directions = np.where(norm > 0, loadings / np.where(norm > 0, norm, 1.0), first)
    return np.asarray(directions * np.sqrt(variance)[:, None])


def _back_test(logs: Array, seasonal: bool) -> BackTest:
    least = LEAST_SEASONAL_TRAINING if seasonal else LEAST_TRAINING
    origins = range(max(least, len(logs) - MOST_ORIGINS), len(logs))
    ahead = min(YEAR, len(logs) - origins[0])
    error = np.full((len(origins), ahead), np.nan)
    naive, inside = error.copy(), error.copy()
    for row, origin in enumerate(origins):  # a dozen fits, each of its own length
        known, truth = logs[:origin], logs[origin : origin + ahead]
        n = len(truth)
        median, covariance, _ = _ahead(known, seasonal, n)
        last = known[-YEAR:][np.arange(n) % YEAR] if seasonal else np.full(n, known[-1])
        error[row, :n] = np.abs(np.expm1(median - truth))
        naive[row, :n] = np.abs(np.expm1(last - truth))
        inside[row, :n] = np.abs(median - truth) <= _Z * np.sqrt(np.diag(covariance))
    return BackTest(
        len(origins),
        np.arange(1, ahead + 1),
        np.nanmean(error, axis=0),
        np.nanmean(naive, axis=0),
        float(np.nanmean(inside)),
        int(np.isfinite(error).sum()),
    )


def forecast_file(path: str | Path, *, fill: bool = False) -> Forecast:
    """Return the forecast of a file; the same file is fitted once a process.

    Raises
    ------
    InputError
        for a history that `capacity.workload.history.read_history` refuses.
    """
    path = Path(path)
    try:
        state = path.stat()
    except OSError as error:
        raise unreadable("history", path, "a readable CSV file", error) from None
    return _cached(str(path), fill, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=32)
def _cached(path: str, fill: bool, changed: int, size: int) -> Forecast:
    return forecast(read_history(path, fill=fill))


__all__ = ["BackTest", "Forecast", "factors", "forecast", "forecast_file"]
