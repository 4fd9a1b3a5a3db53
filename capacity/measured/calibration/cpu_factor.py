"""The CPU that one cluster's load needs over what the shipped coefficients say, as its own measurements tell it."""

from __future__ import annotations

import numpy as np

from capacity.laws.coefficients import Coefficients
from capacity.laws.cpu import effective_cores
from capacity.measured.calibration.evidence import Evidence
from capacity.measured.calibration.fit import NOISE_SD, weights
from capacity.measured.ceilings import busy_cores_per_mb, ceilings, joint
from streamfacts.arrays import Array

#: Logarithms of the factor that are weighed against each other.
GRID = np.linspace(-4.0, 4.0, 3201)
#: Standard deviations from which a measured limit pulls no harder: the loss stays convex, so that a higher limit never
#: says that a cluster needs more CPU.
HUBER = 2.0
STEP = 1e-4


def own_factor(rows: Evidence, held: Coefficients) -> tuple[float, float]:
    """Return the median of the factor [1] and the standard deviation of its logarithm.

    A row of CPU says the factor itself. A limit says it where CPU binds, and nothing where another resource does; a
    rate that was held only says that CPU reached so far. The higher a limit, the lower the factor: the posterior moves
    down as a whole, since its logarithm has no positive cross difference in limit and factor.

    Parameters
    ----------
    rows : measurements of one test bed, of any roles; those of role `context` are left out
    held : coefficients whose medians the factor is over, and whose covariance is its prior

    References
    ----------
    D. M. Topkis, "Minimizing a submodular function on a lattice", Operations Research 26 (1978), for the order.
    """
    used = rows.take(rows.role != "context")
    point = held.point
    busy = busy_cores_per_mb(used.cluster, point) * used.rate
    share = busy / (used.cluster.nodes * effective_cores(used.cluster.vcpu, point["cpu_scaling"]))
    found = ceilings(used.cluster, point)
    limit = joint({**found, "CPU": found["CPU"] * np.exp(-GRID[:, None])})
    cpu, at_limit, floor = (used.role == role for role in ("cpu", "limit", "at least"))
    gap = (np.log(used.rate) - np.log(limit)) / NOISE_SD
    loss = np.where(at_limit, _huber(gap), np.where(floor, _huber(np.maximum(gap, 0.0)), 0.0))
    told = np.log(np.where(cpu, used.busy, share))
    loss = np.where(cpu, ((np.log(share) + GRID[:, None] - told) / NOISE_SD) ** 2 / 2.0, loss)
    log_density = -(GRID**2) / (2.0 * prior_variance(used, held)) - loss @ weights(used) ** 2
    density = np.exp(log_density - log_density.max())
    below = np.cumsum(density) - density / 2.0
    mean = float(np.average(GRID, weights=density))
    spread = float(np.sqrt(np.average((GRID - mean) ** 2, weights=density)))
    return float(np.exp(np.interp(0.5, below / density.sum(), GRID))), spread


def prior_variance(rows: Evidence, held: Coefficients) -> float:
    """Return the variance of the logarithm of the first row's CPU before it was measured [1].

    That of the coefficients at its mix, to first order, and that of a test bed that nobody has measured.

    Parameters
    ----------
    rows : measurements of one test bed
    held : coefficients with their covariance
    """
    first = rows.cluster.take([0])

    def log_cores(mean: Array) -> float:
        c = dict(zip(held.names, np.exp(mean), strict=True))
        worth = float(effective_cores(first.vcpu, c["cpu_scaling"])[0])
        return float(np.log(busy_cores_per_mb(first, c)[0] / worth))

    steps = np.eye(len(held.mean)) * STEP
    slope = np.array([(log_cores(held.mean + s) - log_cores(held.mean - s)) / (2 * STEP) for s in steps])
    return float(slope @ held.covariance @ slope) + held.departure_sd**2


def _huber(gap: Array) -> Array:
    far = np.abs(gap)
    return np.asarray(np.where(far <= HUBER, far**2 / 2.0, HUBER * (far - HUBER / 2.0)))
