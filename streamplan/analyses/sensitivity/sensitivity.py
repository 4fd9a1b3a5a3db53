"""What matters: how much of the spread of a cost each uncertain input explains, and what each does by itself.

**Sobol indices.** The first-order index of an input is the share of the variance of the cost that would go if it were
known; the total index is the share that would stay if all others were known. What total has more than first is what the
input does together with others. Inputs that are correlated cannot be told apart so: they count as one group, drawn
together, and the group has the indices.

**Tornado.** Each input by itself at its P10 and its P90, all others at their likely values, correlated or not.

Sources: I. M. Sobol, "Global sensitivity indices for nonlinear mathematical models", 2001; the scheme of samples of A.
Saltelli et al., "Variance based sensitivity analysis of model output", 2010, on two independent halves of one scrambled
Sobol sequence; the estimators of J.-M. Martinez, correlations between samples that share a group or all but a group, in
M. Baudin et al., "Numerical stability of Sobol' indices estimation formula", 2016, and for small first-order indices
that of Saltelli: of both the one with the smaller standard error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from capacity import Range, Workload, find_offer
from capacity.demand.draws import Draws, demand_of, draw, uncertain_inputs
from capacity.workload.correlation import Correlation
from pricing import PriceBook
from streamfacts.arrays import Array
from streamfacts.checks import whole
from streamfacts.errors import InputError, MissingFact, NothingFeasible
from streamplan.planning.least_costs import draw_costs
from streamplan.planning.terms import Terms, Told
from streamplan.runtime.progress import stage

if TYPE_CHECKING:
    import pandas as pd


#: Ends of the tornado, as percentiles of each input.
ENDS = (0.1, 0.9)
#: Prefix of the second, independent drawing of each input.
_SECOND = "second."


@dataclass(frozen=True)
class Indices:
    """Sobol indices of groups of inputs, each of shape (groups,) [1], with their standard errors."""

    first: Array
    total: Array
    first_error: Array
    total_error: Array
    mean: float
    variance: float


def sobol_indices(a: Any, b: Any, mixed: Any) -> Indices:
    """Return Sobol indices from evaluations of a function.

    Parameters
    ----------
    a, b : values at two independent samples, shape (n,)
    mixed : values at the sample of `a` with one group of inputs taken from that of `b`, shape (groups, n)

    Returns
    -------
    Indices; all 0 where the values do not vary.

    Raises
    ------
    InputError
        for fewer than two values, shapes that differ, or values that are not finite.

    Examples
    --------
    >>> x, y = np.random.default_rng(0).random((2, 2, 4096))
    >>> found = sobol_indices(3 * x[0] + x[1], 3 * y[0] + y[1], [3 * y[0] + x[1], 3 * x[0] + y[1]])
    >>> found.first.round(1).tolist()
    [0.9, 0.1]
    """
    f_a, f_b, f_ab = (np.asarray(v, float) for v in (a, b, mixed))
    if f_a.ndim != 1 or len(f_a) < 2 or f_b.shape != f_a.shape or f_ab.shape[1:] != f_a.shape:
        raise InputError("values", f"shapes {f_a.shape}, {f_b.shape}, {f_ab.shape}", "(n,), (n,) and (groups, n)")
    if not all(np.isfinite(v).all() for v in (f_a, f_b, f_ab)):
        raise InputError("values", "infinite or NaN", "finite numbers")
    both = np.concatenate([f_a, f_b])
    mean, variance = float(both.mean()), float(both.var())
    if variance <= 1e-24 * max(mean**2, 1.0):
        none = np.zeros(len(f_ab))
        return Indices(none, none, none, none, mean, 0.0)
    root = np.sqrt(len(f_a))
    share, rest = _correlations(f_b, f_ab), _correlations(f_a, f_ab)
    products = (f_b - mean) * (f_ab - f_a) / variance
    # the correlation is the sharper estimate of a large share, the product of a small one
    errors = np.stack([(1.0 - share**2) / root, products.std(axis=1) / root])
    first = np.where(errors[0] <= errors[1], share, products.mean(axis=1))
    first, total = np.clip(first, 0.0, 1.0), np.clip(1.0 - rest, 0.0, 1.0)
    return Indices(first, total, errors.min(axis=0), (1.0 - rest**2) / root, mean, variance)


def _correlations(one: Array, rows: Array) -> Array:
    """Correlation of a sample with each of several, shape (rows,); 0 with one that does not vary."""
    x, y = one - one.mean(), rows - rows.mean(axis=1, keepdims=True)
    scale = np.sqrt((x @ x) * (y * y).sum(axis=1))
    return np.asarray(np.divide(y @ x, scale, out=np.zeros(len(rows)), where=scale > 0))


@dataclass(frozen=True)
class Sensitivity:
    """What matters for the cost of an offer.

    Attributes
    ----------
    groups : inputs by group; one input each, but for correlated ones
    total_usd : cost of all months in each draw of the first sample that is counted, shape (n,) [USD]
    tornado : one row an input: its P10 and P90 and what all months cost with it there, others likely [USD]
    likely_usd : the same with every input likely
    left_out : draws that were left out of the indices because some month does not fit
    """

    workload: Workload
    platform: str
    title: str
    months: int
    draws: int
    seed: int
    groups: tuple[tuple[str, ...], ...]
    indices: Indices
    total_usd: Array
    tornado: pd.DataFrame
    likely_usd: float
    left_out: int

    @property
    def table(self) -> pd.DataFrame:
        """One row a group of inputs, the largest total index first [1]."""
        import pandas as pd

        i = self.indices
        frame = pd.DataFrame(
            {
                "inputs": [", ".join(group) for group in self.groups],
                "first": i.first,
                "first_error": i.first_error,
                "total": i.total,
                "total_error": i.total_error,
                "with_others": np.maximum(i.total - i.first, 0.0),
            }
        )
        return frame.sort_values("total", ascending=False, kind="stable").reset_index(drop=True)


def groups_of(names: Sequence[str], correlation: Array) -> tuple[tuple[str, ...], ...]:
    """Return the inputs in groups: those that are correlated, also through others, are in one.

    Examples
    --------
    >>> groups_of(["a", "b", "c"], np.array([[1, 0, 0.5], [0, 1, 0], [0.5, 0, 1]]))
    (('a', 'c'), ('b',))
    """
    from scipy.sparse.csgraph import connected_components

    if not names:
        return ()
    count, label = connected_components(np.abs(correlation) > 1e-12, directed=False)
    return tuple(tuple(n for n, k in zip(names, label, strict=True) if k == i) for i in range(count))


def sensitivity(
    workload: Workload,
    platform: str,
    *,
    months: int = 12,
    draws: int = 1024,
    seed: int = 0,
    terms: Terms | PriceBook | None = None,
    **told: Unpack[Told],
) -> Sensitivity:
    """Return Sobol indices and the tornado of what an offer costs in all months, by uncertain input.

    Every draw is sized and priced with the cheapest feasible configuration in each month. The indices take
    `draws` times two plus the number of groups evaluations.

    Parameters
    ----------
    months : months from now, 1 to 60
    draws : size of each sample; a power of two is best
    people : those who run it, with tools and support; their ranges count among the inputs

    Raises
    ------
    InputError
        if no input is uncertain, or as `streamplan.risk.risk` does.
    MissingFact
        if a draw has no price.
    NothingFeasible
        if hardly any draw fits.

    Examples
    --------
    >>> uncertain = {"write": {"low": "50 MB/s", "high": "200 MB/s"}, "retention": {"low": "1 d", "high": "2 d"}}
    >>> w = Workload(**uncertain, message="1 KiB")
    >>> found = sensitivity(w, "msk-serverless", months=1, draws=256)
    >>> found.table["inputs"].tolist()[:2]
    ['write', 'retention']
    """
    whole("draws", draws, 2, 2**20)
    terms, offer = Terms.of(terms, **told), find_offer(platform)
    staff = None if terms.people is None else terms.people.of([offer])
    inputs = {**uncertain_inputs(workload, months), **(staff.inputs if staff else {})}
    if not inputs:
        raise InputError("workload", workload.name, "at least one field that is a range or a distribution")
    names = list(inputs)
    together = workload.correlation if staff is None else staff.correlation(workload.correlation)
    matrix = together.matrix(names, usual=True)
    groups = groups_of(names, matrix)
    first, second = _two_samples(inputs, names, matrix, draws, seed)
    samples = [first, second, *({**first, **{n: second[n] for n in group}} for group in groups)]
    values = {name: np.concatenate([sample[name] for sample in samples]) for name in names}
    region = workload.region_at(offer.provider) or workload.region

    def totals(at: Mapping[str, Array], n: int) -> Array:
        drawn = Draws(at, n, seed)
        demand = demand_of(workload, drawn, months).replace(region=region)
        run_by = None if staff is None else staff.drawn(drawn)
        return np.asarray(draw_costs(demand, platform, terms.run_by(run_by)).usd.sum(axis=1))

    with stage(f"Costs of {len(samples)} samples of {draws:,} draws"):
        usd = totals(values, draws * len(samples)).reshape(len(samples), draws)
    if np.isnan(usd).any():
        raise MissingFact(f"a price of {platform} is missing in {region}; `streamplan size --platform` says which")
    fits = np.isfinite(usd).all(axis=0)
    if fits.sum() < 2:
        raise NothingFeasible(f"{platform} fits in {int(fits.sum())} of {draws} draws: nothing to compare")
    usd = usd[:, fits]
    tornado, likely = _tornado(inputs, totals)
    return Sensitivity(
        workload,
        platform,
        offer.title,
        months,
        draws,
        seed,
        groups,
        sobol_indices(usd[0], usd[1], usd[2:]),
        usd[0],
        tornado,
        likely,
        int((~fits).sum()),
    )


def _two_samples(
    inputs: Mapping[str, Range], names: Sequence[str], matrix: Array, n: int, seed: int
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Two independent samples, each with the correlations: one sequence with a dimension for each input of either."""
    twice = {**inputs, **{_SECOND + name: inputs[name] for name in names}}
    block = np.kron(np.eye(2), matrix)
    given = Correlation.read({"inputs": list(twice), "matrix": block.tolist()})
    drawn = draw(twice, n, seed, given, usual=False).values
    return {name: drawn[name] for name in names}, {name: drawn[_SECOND + name] for name in names}


def _tornado(inputs: Mapping[str, Range], totals: Any) -> tuple[pd.DataFrame, float]:
    """Cost with each input at its ends, all in one evaluation: row 0 is likely, then low and high of each input."""
    import pandas as pd

    names, rows = list(inputs), 1 + 2 * len(inputs)
    ends = {name: inputs[name].drawn.quantile(np.array(ENDS)) for name in names}
    at = {name: np.full(rows, inputs[name].likely) for name in names}
    for i, name in enumerate(names):
        at[name][1 + 2 * i : 3 + 2 * i] = ends[name]
    usd = np.where(np.isfinite(cost := totals(at, rows)), cost, np.nan)
    frame = pd.DataFrame(
        {
            "input": names,
            "low": [float(ends[n][0]) for n in names],
            "likely": [inputs[n].likely for n in names],
            "high": [float(ends[n][1]) for n in names],
            "low_usd": usd[1::2],
            "high_usd": usd[2::2],
        }
    )
    frame["swing_usd"] = (frame["high_usd"] - frame["low_usd"]).abs()
    frame = frame.sort_values("swing_usd", ascending=False, na_position="first", kind="stable")
    return frame.reset_index(drop=True), float(usd[0])
