"""Rank correlation of uncertain inputs: what a person gives, over what is usual."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np

from streamfacts.arrays import Array
from streamfacts.errors import InputError
from streamfacts.tables import read_rows

Pair = tuple[str, str]

_ALLOWED = "pairs such as {'write,retention': 0.5}, or {inputs: [...], matrix: [[1, 0.5], [0.5, 1]]}"
#: Eigenvalues this far below zero are rounding, not a contradiction.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Correlation:
    """Spearman rank correlations of pairs of inputs; a pair that is not there takes the usual one, if there is one.

    Inputs go by their names: a field of the workload, `growth.yearly`, `model.` and an assumption.
    """

    pairs: tuple[tuple[Pair, float], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.pairs)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs, in the order in which they first appear."""
        return tuple(dict.fromkeys(name for pair, _ in self.pairs for name in pair))

    @classmethod
    def read(cls, given: Any) -> Correlation:
        """Return the correlations that pairs or a matrix state.

        Parameters
        ----------
        given : ``{"write,retention": 0.5}``, or ``{"inputs": [...], "matrix": [[...]]}`` with a symmetric matrix

        Raises
        ------
        InputError
            if a figure is not from -1 to 1, the matrix is not symmetric with ones on its diagonal, or no set of inputs
            can be correlated so (the matrix is not positive semi-definite).
        """
        if isinstance(given, Correlation):
            return given
        if not isinstance(given, Mapping):
            raise InputError("correlation", given, _ALLOWED)
        pairs = _from_matrix(given) if {"inputs", "matrix"} & set(given) else _from_pairs(given)
        found = cls(tuple(sorted(pairs.items())))
        found.matrix(found.inputs)
        return found

    def matrix(self, inputs: Sequence[str], *, usual: bool = False) -> Array:
        """Return the rank correlations of these inputs, a positive semi-definite matrix of shape (k, k) [1].

        A pair that nobody states is independent given the inputs that the two are linked with: 0 where nothing links
        them, and otherwise what the stated pairs bring with them (a peak that moves with its average moves a little
        with whatever the average moves with).

        Parameters
        ----------
        inputs : names; those that no pair names are uncorrelated
        usual : whether pairs that were not given take the usual value of `data/model/correlations.csv`

        Raises
        ------
        InputError
            if the stated pairs contradict each other.
        """
        values = {**(usual_correlations() if usual else {}), **dict(self.pairs)}
        out = np.eye(len(inputs))
        for i, name in enumerate(inputs):
            linked = [j for j in range(i) if _pair(name, inputs[j]) in values]
            stated = np.array([values[_pair(name, inputs[j])] for j in linked])
            weights = np.linalg.pinv(out[np.ix_(linked, linked)]) @ stated
            out[i, :i] = out[:i, i] = weights @ out[linked, :i]
            reached = np.allclose(out[i, linked], stated)  # not so where two inputs are the same and their pairs differ
            if weights @ stated > 1.0 + _ROUNDING or not reached:
                others = ", ".join(f"{inputs[j]} {values[_pair(name, inputs[j])]:g}" for j in linked)
                raise InputError(
                    "correlation",
                    f"{name} with {others}",
                    "a positive semi-definite matrix: with the other pairs these contradict each other; "
                    "bring some nearer to 0, or state every pair as a matrix",
                )
        return out


@cache
def usual_correlations() -> dict[Pair, float]:
    """Return the rank correlation of pairs that move together for a physical reason: `data/model/correlations.csv`."""
    return {_pair(row["first"], row["second"]): row["value"] for row in read_rows("model/correlations")}


def pearson_of_ranks(rank: Array) -> Array:
    """Return the correlation of normals whose ranks correlate so, of any shape [1].

    Of two jointly normal variables the product-moment correlation is 2 sin(pi r / 6) of the rank correlation r
    (K. Pearson, "On Further Methods of Determining Correlation", 1907; in scipy's and R's copula packages alike).
    """
    return np.asarray(2.0 * np.sin(np.pi / 6.0 * np.asarray(rank, float)))


def factor(rank: Array) -> Array:
    """Return a lower triangular matrix that gives independent normals these rank correlations, shape (k, k).

    The conversion to correlations of normals can leave a valid matrix a little short of positive semi-definite; its
    negative eigenvalues are then set to zero, which moves the correlations by less than that.
    """
    pearson = pearson_of_ranks(rank)
    values, vectors = np.linalg.eigh(pearson)
    if values.min() < 1e-10:
        pearson = (vectors * np.maximum(values, 1e-10)) @ vectors.T
    lower = np.linalg.cholesky(pearson)
    return np.asarray(lower / np.linalg.norm(lower, axis=1, keepdims=True))


def _pair(a: str, b: str) -> Pair:
    return (a, b) if a <= b else (b, a)


def _share(value: Any, field: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not -1 <= value <= 1:
        raise InputError(field, value, "a rank correlation from -1 to 1")
    return float(value)


def _from_pairs(given: Mapping[Any, Any]) -> dict[Pair, float]:
    out: dict[Pair, float] = {}
    half = ""
    for name, value in given.items():
        if value is None and not half:  # YAML reads {write,retention: 0.5} as {write: null, retention: 0.5}
            half = str(name)
            continue
        key, half = f"{half},{name}" if half else str(name), ""
        names = [part.strip() for part in key.split(",")]
        if len(names) != 2 or not all(names) or names[0] == names[1]:
            raise InputError("correlation", key, _ALLOWED)
        pair = _pair(*names)
        if pair in out:
            raise InputError("correlation", key, "each pair once")
        out[pair] = _share(value, f"correlation.{key}")
    if half:
        raise InputError("correlation", half, _ALLOWED)
    return out


def _from_matrix(given: Mapping[Any, Any]) -> dict[Pair, float]:
    if set(given) != {"inputs", "matrix"}:
        raise InputError("correlation", sorted(map(str, given)), "inputs and matrix, and nothing beside them")
    inputs, rows = given["inputs"], given["matrix"]
    if not isinstance(inputs, Sequence) or isinstance(inputs, str) or len(set(map(str, inputs))) != len(inputs):
        raise InputError("correlation.inputs", inputs, "a list of different inputs")
    names = [str(name) for name in inputs]
    square = isinstance(rows, Sequence) and len(rows) == len(names)
    if not square or not all(isinstance(row, Sequence) and len(row) == len(names) for row in rows):
        raise InputError("correlation.matrix", rows, f"{len(names)} rows of {len(names)} numbers, one an input")
    matrix = np.array([[_share(x, "correlation.matrix") for x in row] for row in rows])
    if not np.allclose(np.diag(matrix), 1.0):
        raise InputError("correlation.matrix", np.diag(matrix).tolist(), "ones on the diagonal")
    if not np.allclose(matrix, matrix.T):
        i, j = np.argwhere(~np.isclose(matrix, matrix.T))[0]
        raise InputError(
            "correlation.matrix",
            f"{matrix[i, j]:g} and {matrix[j, i]:g} for {names[i]} and {names[j]}",
            "a symmetric matrix",
        )
    return {_pair(names[i], names[j]): float(matrix[i, j]) for i, j in combinations(range(len(names)), 2)}
