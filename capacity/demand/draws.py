"""Draws: many joint values of the uncertain inputs, from a scrambled Sobol sequence and a Gaussian copula.

**What moves together.** Bytes read are written bytes times `fan_out`, bytes stored are written bytes times
`retention`, and peaks are averages times `peak_ratio`: in every draw they come from the same written bytes and move
together without any coefficient. Inputs that are given apart from each other although they are physically linked take
the usual rank correlation of `data/model/correlations.csv` (a peak with its average, the size of records against their
number); `correlation` in a workload gives others.

**Stable.** Each named input has a dimension of the sequence of its own, whichever other inputs are uncertain. Making
one more input uncertain leaves the draws of the others as they were, unless it is correlated with them.

Sources: S. Joe and F. Y. Kuo, "Constructing Sobol sequences with better two-dimensional projections", 2008, scrambled
after J. Matousek, 1998, both as in `scipy.stats.qmc.Sobol`; the copula is that of M. C. Cario and B. L. Nelson,
"Modeling and generating random vectors with arbitrary marginal distributions and correlation matrix", 1997.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from capacity.demand.demand import Demand, build
from capacity.workload.correlation import Correlation, factor
from capacity.workload.growth import MOST_MONTHS
from capacity.workload.quantity import Range
from capacity.workload.workload import Workload
from streamfacts.arrays import Array
from streamfacts.checks import whole

#: Most draws of one call; more are better taken in several calls with other seeds.
MOST_DRAWS = 10_000_000
#: Dimensions that are always generated, so that the number of uncertain inputs does not change the scrambling.
_DIMENSIONS = 64
#: Draws generated at once (a power of two): memory holds only the columns in use beyond that.
_BLOCK = 2**14
#: Inputs with a fixed dimension, in this order. New names go to the end; any other follows in alphabetical order.
_FIRST = (
    "write", "messages", "message", "peak_write", "peak_ratio", "fan_out", "retention", "compression_ratio",
    "partitions", "growth.yearly", "batch", "hot_retention", "cold_reads", "max_message", "topics", "connections",
    "outage", "catch_up", "growth.saturation", "growth.midpoint", "growth.steepness", "growth.pilot",
    "growth.expansion", "growth.day", "growth.week", "growth.burst", "growth.fan_out", "growth.message",
    "growth.peak_ratio", "growth.partitions", "growth.topics", "growth.connections", "growth.history.1",
    "growth.history.2", "growth.history.3", "growth.history.4", "growth.history.5", "growth.history.6",
    "cpu_factor", "model.cpu", "linger", "producers", "retention_bytes", "held", "compacted.keys", "compacted.share",
    "transactions", "growth.producers", "growth.compacted.keys",
)  # fmt: skip


@dataclass(frozen=True)
class Draws:
    """Joint draws of named uncertain inputs.

    Attributes
    ----------
    values : name to draws, each of shape (n,), in the input's canonical unit
    seed : seed of the scrambling
    """

    values: Mapping[str, Array]
    n: int
    seed: int

    def take(self, name: str, value: Range) -> Array:
        """Return the draws of an input, shape (n,), or its one value, shape (), where it is known."""
        return self.values[name] if name in self.values else np.asarray(value.likely, float)


def draw(
    inputs: Mapping[str, Range],
    n: int,
    seed: int = 0,
    correlation: Correlation | None = None,
    *,
    usual: bool = True,
    stratified: bool = False,
) -> Draws:
    """Draw uncertain inputs jointly.

    Parameters
    ----------
    inputs : name to range; those that are known are left out
    n : draws; a power of two keeps the sequence balanced
    seed : the same seed gives the same draws
    correlation : rank correlations that were given, by pair of names
    usual : whether other pairs take the usual correlation of `data/model/correlations.csv`
    stratified : a Latin hypercube in place of the Sobol sequence: a little less even, and made without `scipy.stats`,
        whose import takes longer than some hundred draws

    Raises
    ------
    InputError
        if `n` or `seed` is not a whole number in its range, or the correlations contradict each other.

    Examples
    --------
    >>> d = draw({"write": Range(50e6, 100e6, 200e6)}, 4096)
    >>> np.percentile(d.values["write"] / 1e6, [10, 50, 90]).round().tolist()
    [50.0, 100.0, 200.0]
    """
    whole("draws", n, 1, MOST_DRAWS)
    whole("seed", seed, 0, 2**63 - 1)
    uncertain = {name: value for name, value in inputs.items() if not value.known}
    rank = {name: i for i, name in enumerate(_FIRST)}
    others = sorted(name for name in uncertain if name not in rank)
    rank.update({name: len(_FIRST) + i for i, name in enumerate(others)})
    names = sorted(uncertain, key=rank.__getitem__)
    if not names:
        return Draws({}, n, seed)
    columns = [rank[name] for name in names]
    u = _hypercube(n, seed, columns) if stratified else _sobol(n, seed, columns)
    _correlate(u, names, correlation or Correlation(), usual)
    return Draws({name: uncertain[name].drawn.quantile(u[i]) for i, name in enumerate(names)}, n, seed)


def draw_demand(workload: Workload, n: int, months: int | None = None, seed: int = 0) -> Demand:
    """Return the demand of a workload under `n` draws of all that is uncertain about it.

    Shape (n,), or (n, months) along the workload's growth; what does not vary by month has shape (n, 1), what is
    known ().

    Inputs are found by asking: the demand is built once to hear which named ranges it takes, then with their draws.
    """
    if months is not None:
        whole("months", months, 1, MOST_MONTHS)
    draws = draw(uncertain_inputs(workload, months), n, seed, workload.correlation)
    return demand_of(workload, draws, months)


def uncertain_inputs(workload: Workload, months: int | None = None) -> dict[str, Range]:
    """Return every uncertain input that the demand of a workload takes, by name.

    Examples
    --------
    >>> w = Workload(write={"low": "5 MB/s", "high": "20 MB/s"}, message="1 KiB")
    >>> list(uncertain_inputs(w))
    ['write', 'model.cpu']
    """
    return {name: value for name, value in asked_inputs(workload, months).items() if not value.known}


def asked_inputs(workload: Workload, months: int | None = None) -> dict[str, Range]:
    """Return every input that the demand of a workload takes, known or not, by name.

    Examples
    --------
    >>> list(asked_inputs(Workload(write="10 MB/s", message="1 KiB")))[:3]
    ['compression_ratio', 'write', 'message']
    """
    asked: dict[str, Range] = {}

    def take(name: str, value: Range) -> Any:
        asked[name] = value
        return np.asarray(value.likely, float)

    build(workload, take, months)
    return asked


def demand_of(workload: Workload, draws: Draws, months: int | None = None) -> Demand:
    """Return the demand of a workload with its uncertain inputs at these draws, shape (n,) or (n, months)."""

    def take(name: str, value: Range) -> Array:
        found = draws.take(name, value)
        return found[:, None] if months is not None and found.ndim else found

    demand = build(workload, take, months)
    shape = (draws.n,) if months is None else (draws.n, months)
    # what is known all through still has as many draws and months as were asked for
    return demand.replace(wire_bytes_s=np.broadcast_to(demand.wire_bytes_s, shape))


def _sobol(n: int, seed: int, columns: list[int]) -> Array:
    """Uniform numbers of a scrambled Sobol sequence, shape (columns, n), strictly between 0 and 1."""
    from scipy.stats import qmc

    dimensions = _DIMENSIONS * (1 + max(columns) // _DIMENSIONS)
    sequence = qmc.Sobol(dimensions, scramble=True, seed=np.random.default_rng(seed))
    out = np.empty((len(columns), n))
    for start in range(0, n, _BLOCK):  # blocks, so that the dimensions that are not used take no memory
        block = min(_BLOCK, n - start)
        out[:, start : start + block] = sequence.random(_BLOCK)[:block, columns].T
    return np.asarray(np.clip(out, 2.0**-33, 1.0 - 2.0**-33))


def _hypercube(n: int, seed: int, columns: list[int]) -> Array:
    """Uniform numbers of a Latin hypercube, shape (columns, n): in each row one in the middle of every n-th.

    A column is the same whatever others are drawn. Source: M. D. McKay, R. J. Beckman and W. J. Conover, "A Comparison
    of Three Methods for Selecting Values of Input Variables", Technometrics 21 (1979).
    """
    rows = [np.random.default_rng([seed, column]).permutation(n) for column in columns]
    return np.asarray((np.array(rows) + 0.5) / n)


def _correlate(u: Array, names: list[str], given: Correlation, usual: bool) -> None:
    """Give the rows of `u` their rank correlations, in place; rows without any stay as they are."""
    matrix = given.matrix(names, usual=usual)
    linked = np.flatnonzero((matrix != 0).sum(axis=0) > 1)
    if len(linked):
        from scipy.special import ndtr, ndtri

        u[linked] = ndtr(factor(matrix[np.ix_(linked, linked)]) @ ndtri(u[linked]))
