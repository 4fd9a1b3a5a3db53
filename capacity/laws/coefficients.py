"""Coefficients of the ceilings: what was fitted on the measurements, with its uncertainty.

All are positive and their uncertainty is multiplicative, so that they are kept as logarithms: a mean, a covariance, and
how far a test bed that was measured departs from the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from streamfacts.arrays import Array
from streamfacts.errors import MissingFact
from streamfacts.tables import Fact, read_columns, read_rows

FOLDER = "calibration"
#: Standard normal deviate of the ends of a 90% interval.
Z90 = 1.6448536269514722


@dataclass(frozen=True)
class Coefficients:
    """Posterior of the coefficients [logarithm of each one's unit]: `mean` of shape (k,), `covariance` (k, k).

    `departs` is the log factor of a test bed's software ceilings, with its variance, by the test bed's name;
    `departure_sd` the standard deviation of that factor among test beds, `noise_sd` that of a measurement within one.
    `client_departs` and `client_departure_sd` are the same of what producer clients send, which hangs on their hosts.
    `widen` is the factor on a prediction's standard deviation with which, held back in turn, nine tenths of the
    measurements fell within nine tenths.
    """

    names: tuple[str, ...]
    mean: Array
    covariance: Array
    departs: dict[str, tuple[float, float]]
    departure_sd: float
    client_departs: dict[str, tuple[float, float]]
    client_departure_sd: float
    noise_sd: float
    widen: float
    widen_known: float

    @cached_property
    def point(self) -> dict[str, float]:
        """Name to the median, in the coefficient's own unit."""
        return dict(zip(self.names, np.exp(self.mean).tolist(), strict=True))

    @cached_property
    def sd(self) -> dict[str, float]:
        """Name to the standard deviation of the logarithm [1]."""
        return dict(zip(self.names, np.sqrt(np.diag(self.covariance)).tolist(), strict=True))

    def interval(self, name: str) -> tuple[float, float]:
        """Return the 5th and the 95th percentile of one coefficient, in its own unit."""
        middle, spread = self.mean[self.names.index(name)], Z90 * self.sd[name]
        return float(np.exp(middle - spread)), float(np.exp(middle + spread))

    def of_normals(self, normals: Array) -> dict[str, Array]:
        """Return coefficients [own units] of shape (draws, 1) from independent standard normals of shape (draws, k)."""
        values = np.exp(self.mean + normals @ _root(self.covariance).T)
        return {name: values[:, i : i + 1] for i, name in enumerate(self.names)}

    def draw(self, count: int, seed: int = 0) -> dict[str, Array]:
        """Return joint draws of shape (count, 1) by coefficient; the same seed gives the same."""
        normals = np.random.default_rng(seed).standard_normal((count, len(self.names)))
        return self.of_normals(normals)


def _root(covariance: Array) -> Array:
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))


@cache
def fitted() -> Coefficients:
    """Return the coefficients as `python -m capacity.measured.calibration` left them in `data/calibration/`.

    Raises
    ------
    MissingFact
        if the tables do not belong together.
    """
    table, wide = read_columns(f"{FOLDER}/coefficients"), read_columns(f"{FOLDER}/covariance")
    names = tuple(table["name"])
    if tuple(wide["name"]) != names or not set(names) <= set(wide):
        raise MissingFact("data/calibration/: covariance.csv lists other coefficients than coefficients.csv")
    spread = {row["name"]: row["value"] for row in read_rows(f"{FOLDER}/spread")}
    return Coefficients(
        names=names,
        mean=np.log(table["value"]),
        covariance=np.array([wide[name] for name in names]).T,
        departs=_departures(""),
        departure_sd=spread["departure_sd"],
        client_departs=_departures("client_"),
        client_departure_sd=spread["client_departure_sd"],
        noise_sd=spread["noise_sd"],
        widen=spread["widen"],
        widen_known=spread["widen_known"],
    )


def _departures(of: str) -> dict[str, tuple[float, float]]:
    return {
        row["test_bed"]: (row[f"{of}log_factor"], row[f"{of}log_factor_sd"] ** 2)
        for row in read_rows(f"{FOLDER}/test_beds")
    }


@cache
def priors() -> tuple[tuple[str, ...], Array, Array]:
    """Return names, and mean and standard deviation of the logarithms that were held before any measurement."""
    table = read_columns(f"{FOLDER}/coefficients")
    return tuple(table["name"]), np.log(table["prior"]), np.array(table["prior_log_sd"])


def fact(name: str) -> Fact:
    """Return one coefficient as a fact: median, unit, source, date, confidence.

    Raises
    ------
    MissingFact
        for a name that is none.
    """
    for row in read_rows(f"{FOLDER}/coefficients"):
        if row["name"] == name:
            low, high = row["low"], row["high"]
            note = f"{row['note']}; 90% between {low:.3g} and {high:.3g}, fitted on {row['fitted_on']} of the evidence"
            return Fact(name, row["value"], row["unit"], row["source"], row["as_of"], row["confidence"], note)
    raise MissingFact(f"no coefficient {name!r} in data/calibration/coefficients.csv")
