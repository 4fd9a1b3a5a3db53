"""Coefficients from measurements: the most plausible under log-normal priors, with the curvature as uncertainty.

Every row of role `limit` says what the joint ceiling is, with a Student-t error so that one odd test bed does not bend
the rest; a row `at least` only pulls if the ceiling falls below it; a row `cpu` says how busy the CPU was. Each test
bed has a factor of its own on the ceilings that software sets (another version, another tuning), and one on those that
its clients set (another host), both drawn towards one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from capacity.laws.coefficients import Coefficients, priors
from capacity.laws.cpu import effective_cores
from capacity.measured.calibration.evidence import Evidence
from capacity.measured.ceilings import busy_cores_per_mb, ceilings, departing, joint
from streamfacts.arrays import Array

#: Standard deviation of the log factor between test beds, of their brokers and of their clients, and of a measurement
#: within one.
DEPARTURE_SD = 0.33
CLIENT_DEPARTURE_SD = 0.60
NOISE_SD = 0.15
#: Degrees of freedom of the error of a limit.
STUDENT_DF = 4.0
#: Step of the logarithms in the differences.
STEP = 1e-5


@dataclass(frozen=True)
class Prior:
    """What is held before the rows are seen: names, mean and inverse covariance of the logarithms."""

    names: tuple[str, ...]
    mean: Array
    precision: Array

    @classmethod
    def shipped(cls) -> Prior:
        """Return the prior of `data/calibration/coefficients.csv`, every coefficient apart."""
        names, mean, sd = priors()
        return cls(names, mean, np.asarray(np.diag(1.0 / sd**2), float))

    @classmethod
    def of(cls, coefficients: Coefficients) -> Prior:
        """Return a posterior as the prior of the next measurements."""
        return cls(coefficients.names, coefficients.mean, np.asarray(np.linalg.inv(coefficients.covariance), float))


def log_limit(cluster: Any, coefficients: Any, departure: Any = 0.0, clients: Any = 0.0) -> Array:
    """Return the logarithm of the joint ceiling [log MB/s], brokers and clients departing by log factors."""
    return np.log(joint(departing(ceilings(cluster, coefficients), departure, clients)))


@dataclass(frozen=True)
class Joint:
    """Coefficients, departures of the test beds' brokers and of their clients together, as logarithms.

    `mean` has shape (k + 2 beds,), `covariance` the square of it.
    """

    names: tuple[str, ...]
    beds: tuple[str, ...]
    mean: Array
    covariance: Array

    @property
    def coefficients(self) -> Coefficients:
        """The coefficients, and each test bed's departure apart."""
        k = len(self.names)
        return Coefficients(
            names=self.names,
            mean=self.mean[:k],
            covariance=self.covariance[:k, :k],
            departs=self._departures(k),
            departure_sd=DEPARTURE_SD,
            client_departs=self._departures(k + len(self.beds)),
            client_departure_sd=CLIENT_DEPARTURE_SD,
            noise_sd=NOISE_SD,
            widen=1.0,
            widen_known=1.0,
        )

    def _departures(self, first: int) -> dict[str, tuple[float, float]]:
        variance = np.diag(self.covariance)
        places = range(first, first + len(self.beds))
        return {bed: (float(self.mean[i]), float(variance[i])) for bed, i in zip(self.beds, places, strict=True)}


def fit(evidence: Evidence, prior: Prior | None = None, start: Coefficients | None = None) -> Coefficients:
    """Return the coefficients of `fit_joint`, and each test bed's departure apart; parameters as there."""
    return fit_joint(evidence, prior, start).coefficients


def fit_joint(evidence: Evidence, prior: Prior | None = None, start: Coefficients | None = None) -> Joint:
    """Return the coefficients that the measurements and the prior make most plausible.

    Parameters
    ----------
    evidence : measurements of any roles; those of role `context` are left out
    prior : what is held before; the shipped one if left out
    start : a fit to nearly the same measurements, from which to start

    Returns
    -------
    mean and covariance of the logarithms of the coefficients and of the departure of each test bed

    Raises
    ------
    InputError
        from the laws, for clusters that they do not cover.
    """
    from scipy.optimize import least_squares

    held = prior or Prior.shipped()
    used = evidence.take(evidence.role != "context")
    beds, bed = np.unique(used.cluster.test_bed, return_inverse=True)
    k = len(held.names)
    root = np.linalg.cholesky(held.precision).T
    limit, floor, cpu = (used.role == role for role in ("limit", "at least", "cpu"))
    crowd = weights(used)
    apart = np.repeat([DEPARTURE_SD, CLIENT_DEPARTURE_SD], len(beds))

    def rows(points: Array) -> Array:
        """Residuals of the measurements for points of shape (points, k + 2 beds); shape (points, rows)."""
        c = {name: np.exp(points[:, i : i + 1]) for i, name in enumerate(held.names)}
        departure, clients = points[:, k:][:, bed], points[:, k + len(beds) :][:, bed]
        gap = (np.log(used.rate) - log_limit(used.cluster, c, departure, clients)) / NOISE_SD
        out = np.where(limit, _student(gap), 0.0)
        out = np.where(floor, np.maximum(gap, 0.0), out)
        worth = used.cluster.nodes * effective_cores(used.cluster.vcpu, c["cpu_scaling"])
        busy = busy_cores_per_mb(used.cluster, c) * used.rate / worth
        told = np.where(cpu, used.busy, 1.0)
        out = np.where(cpu, _student((np.log(busy) - departure - np.log(told)) / NOISE_SD), out)
        return np.asarray(out * crowd)

    def residuals(x: Array) -> Array:
        return np.concatenate([rows(x[None, :])[0], root @ (x[:k] - held.mean), x[k:] / apart])

    def jacobian(x: Array) -> Array:
        points = np.concatenate([x[None, :], x + np.eye(len(x)) * STEP])
        at = rows(points)
        slopes = (at[1:] - at[0]).T / STEP
        fixed = np.zeros((len(x), len(x)))
        fixed[:k, :k] = root
        fixed[k:, k:] = np.diag(1.0 / apart)
        return np.concatenate([slopes, fixed])

    begin = np.concatenate([held.mean, np.zeros(2 * len(beds))])
    if start is not None:
        known = [d.get(str(b), (0.0, 0.0))[0] for d in (start.departs, start.client_departs) for b in beds]
        begin = np.concatenate([start.mean, known])
    found = least_squares(
        residuals, begin, jac=jacobian, method="trf", x_scale="jac", max_nfev=300, ftol=1e-6, xtol=1e-6
    )
    curvature = jacobian(found.x)
    covariance: Array = np.asarray(np.linalg.inv(curvature.T @ curvature), float)
    return Joint(held.names, tuple(str(b) for b in beds), found.x, covariance)


def _student(gap: Array) -> Array:
    """Residual whose square is the Student-t's loss, so that one odd measurement does not bend the rest."""
    return np.asarray(np.sign(gap) * np.sqrt((STUDENT_DF + 1) * np.log1p(gap**2 / STUDENT_DF)))


def weights(used: Evidence) -> Array:
    """Return the square root of each row's share [1]: rows that differ by load only count as one."""
    c = used.cluster
    inputs = (
        *(c.nodes, c.vcpu, c.partitions, c.replication, c.message_bytes, c.batch_bytes, c.fan_out, c.senders),
        *(c.acks_all, c.fsync, c.tls, c.compressed),
    )
    told = np.nan_to_num(np.stack([np.asarray(v, float) for v in inputs]), nan=-1.0).T.tolist()
    keys = [(bed, role, *row) for bed, role, row in zip(c.test_bed, used.role, told, strict=True)]
    count = {key: keys.count(key) for key in set(keys)}
    return np.array([1.0 / np.sqrt(count[key]) for key in keys])
