"""Uncertainty of one input: what a person writes about it, as a distribution with a quantile function.

A range `low / likely / high` is a **two-piece log-normal**: the logarithm of the value is normal on either side of its
median, with a standard deviation of its own on each side. It has exactly the three figures that were written: `likely`
is the median, and `low` and `high` enclose the probability `confidence` (0.8: they are the 10th and the 90th
percentile). It is positive, exists for any `low <= likely <= high`, and widening a range moves every percentile away
from the median. Where `low` is 0 the same is done with the value in place of its logarithm, cut at 0. The shape is that
of the two-piece normal with its halves joined at the median (K. F. Wallis, "The Two-Piece Normal, Binormal, or Double
Gaussian Distribution", Statistical Science, 2014, https://doi.org/10.1214/13-STS417), on a logarithmic scale.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from streamfacts.arrays import Array
from streamfacts.errors import InputError, unknown_name

#: Probability that a value lies between low and high, where nothing else is said.
CONFIDENCE = 0.8
#: Percentiles that stand for the low and the high end of a distribution that is not written as a range.
ENDS = (0.1, 0.9)

_Z90 = 1.2815515655446004


@dataclass(frozen=True, slots=True)
class Distribution:
    """One uncertain quantity.

    Attributes
    ----------
    family : range, lognormal, normal, uniform, triangular, pert or empirical
    parameters : the figures of the family in the quantity's canonical unit, as the functions below take them
    bounds : least and largest value that the quantity may have; what lies beyond is set to the bound
    whole : whether values are rounded to whole numbers
    """

    family: str
    parameters: tuple[float, ...]
    bounds: tuple[float, float] = (-math.inf, math.inf)
    whole: bool = False

    def quantile(self, probability: Any) -> Array:
        """Return the value below which the quantity lies with a probability, of the shape of `probability`.

        Examples
        --------
        >>> spread(50.0, 100.0, 400.0).quantile([0.1, 0.5, 0.9]).round(6).tolist()
        [50.0, 100.0, 400.0]
        """
        p = np.asarray(probability, float)
        with np.errstate(over="ignore"):
            x = _QUANTILES[self.family](p, self)
        x = np.clip(x, *self.bounds)
        return np.asarray(np.rint(x) if self.whole else x, float)

    def __str__(self) -> str:
        if self.family == "range":
            return f"{self.parameters[3]:.0%} between low and high"
        return self.family


def spread(
    low: float,
    likely: float,
    high: float,
    confidence: float = CONFIDENCE,
    bounds: tuple[float, float] = (-math.inf, math.inf),
    whole: bool = False,
) -> Distribution:
    """Return the distribution of a range: median `likely`, and `low` to `high` with the probability `confidence`.

    The logarithm is taken above the lower bound where that is negative (a growth rate above -100%), else above 0.
    """
    return Distribution("range", (low, likely, high, confidence), bounds, whole)


def _range(p: Array, d: Distribution) -> Array:
    from scipy.special import ndtri

    low, likely, high, confidence = d.parameters
    z = ndtri(p) / ndtri((1.0 + confidence) / 2.0)
    floor = d.bounds[0] if -math.inf < d.bounds[0] < 0 else 0.0
    if low > floor:
        below, middle, above = (math.log(x - floor) for x in (low, likely, high))
        return np.asarray(floor + np.exp(middle + z * np.where(z < 0, middle - below, above - middle)))
    return np.asarray(likely + z * np.where(z < 0, likely - low, high - likely))


def _lognormal(p: Array, d: Distribution) -> Array:
    from scipy.special import ndtri

    median, sigma = d.parameters
    return np.asarray(median * np.exp(sigma * ndtri(p)))


def _normal(p: Array, d: Distribution) -> Array:
    from scipy.special import ndtr, ndtri

    mean, sigma = d.parameters
    start, end = (ndtr((bound - mean) / sigma) for bound in d.bounds)
    return np.asarray(mean + sigma * ndtri(start + p * (end - start)))


def _uniform(p: Array, d: Distribution) -> Array:
    low, high = d.parameters
    return np.asarray(low + p * (high - low))


def _triangular(p: Array, d: Distribution) -> Array:
    low, mode, high = d.parameters
    rising = low + np.sqrt(p * (high - low) * (mode - low))
    falling = high - np.sqrt((1.0 - p) * (high - low) * (high - mode))
    return np.asarray(np.where(p * (high - low) < mode - low, rising, falling))


def _pert(p: Array, d: Distribution) -> Array:
    from scipy.special import betaincinv

    low, mode, high = d.parameters
    a, b = 1.0 + 4.0 * (mode - low) / (high - low), 1.0 + 4.0 * (high - mode) / (high - low)
    return np.asarray(low + (high - low) * betaincinv(a, b, p))


def _empirical(p: Array, d: Distribution) -> Array:
    values = np.sort(np.asarray(d.parameters, float))
    # the least index whose share of the values reaches p; the rounding keeps 0.1 x 10 from becoming the second value
    index = np.ceil(np.round(p * len(values), 9)).astype(int) - 1
    return np.asarray(values[np.clip(index, 0, len(values) - 1)])


_QUANTILES: dict[str, Callable[[Array, Distribution], Array]] = {
    "range": _range,
    "lognormal": _lognormal,
    "normal": _normal,
    "uniform": _uniform,
    "triangular": _triangular,
    "pert": _pert,
    "empirical": _empirical,
}

#: What each named distribution is written with; one of those in a group.
FORMS: dict[str, tuple[tuple[str, ...], ...]] = {
    "lognormal": (("median", "mean"), ("p90", "sigma")),
    "normal": (("mean",), ("p90", "sigma")),
    "uniform": (("low",), ("high",)),
    "triangular": (("low",), ("likely",), ("high",)),
    "pert": (("low",), ("likely",), ("high",)),
    "empirical": (("values",),),
    "fixed": (("value",),),
}


@dataclass(frozen=True, slots=True)
class Reader:
    """How the figures of one field are read: `value` within the field's bounds, `width` only in its unit."""

    field: str
    value: Callable[[Any, str], float]
    width: Callable[[Any, str], float]
    bounds: tuple[float, float]
    whole: bool = False


def checked_confidence(value: Any, field: str) -> float:
    """Return the probability that a value lies between low and high [1]; `InputError` unless 0 < value < 1."""
    allowed = "a number above 0 and below 1: the probability that the value lies between low and high"
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1:
        raise InputError(f"{field}.confidence", value, allowed)
    return float(value)


def named(given: Mapping[str, Any], read: Reader) -> tuple[float, float, float, Distribution | None]:
    """Return low, likely and high value and the distribution that a mapping with `distribution` describes.

    ====================  =====================================================================================
    lognormal             `median` or `mean`, and `p90` or `sigma` (standard deviation of the natural logarithm)
    normal                `mean`, and `p90` or `sigma`; of the normal before it is cut off at the field's limits
    uniform               `low` and `high`, its ends
    triangular, pert      `low`, `likely` and `high`: its ends and its mode
    empirical             `values`: a list, each as probable as the others
    fixed                 `value`
    ====================  =====================================================================================

    Low and high are the 10th and the 90th percentile and likely the median, unless they are written.

    Raises
    ------
    InputError
        for an unknown distribution, a figure too many or too few, or figures that contradict each other.
    """
    family = str(given["distribution"])
    if family not in FORMS:
        raise unknown_name(f"{read.field}.distribution", family, FORMS)
    form = " and ".join(" or ".join(group) for group in FORMS[family])
    keys = set(given) - {"distribution"}
    if keys - {key for group in FORMS[family] for key in group} or any(
        len(keys & set(group)) != 1 for group in FORMS[family]
    ):
        raise InputError(read.field, dict(given), f"{family} with {form}")
    if family == "fixed":
        return (read.value(given["value"], f"{read.field}.value"),) * 3 + (None,)
    found = Distribution(family, _parameters(family, given, read), read.bounds, read.whole)
    if family == "uniform":
        low, high = found.parameters
        likely = float(found.quantile(0.5))
    elif family in ("triangular", "pert"):
        low, likely, high = found.parameters
    else:
        low, likely, high = (float(found.quantile(p)) for p in (ENDS[0], 0.5, ENDS[1]))
    return low, likely, high, found if family == "empirical" or low < high else None


def _parameters(family: str, given: Mapping[str, Any], read: Reader) -> tuple[float, ...]:
    field = read.field
    if family == "empirical":
        values = given["values"]
        if not isinstance(values, (list, tuple)) or not values:
            raise InputError(f"{field}.values", values, "a list of one or more values")
        return tuple(read.value(value, f"{field}.values") for value in values)
    figures = {key: read.value(given[key], f"{field}.{key}") for key in given if key not in ("distribution", "sigma")}
    if family in ("uniform", "triangular", "pert"):
        ordered = [figures[key] for key in ("low", "likely", "high") if key in figures]
        if ordered != sorted(ordered):
            raise InputError(field, dict(given), "low <= high" if family == "uniform" else "low <= likely <= high")
        return tuple(ordered)
    middle = next(figures[key] for key in ("median", "mean") if key in figures)
    if "sigma" in given:
        name = f"{field}.sigma"
        sigma = _log_sigma(given["sigma"], name) if family == "lognormal" else read.width(given["sigma"], name)
        if not 0 < sigma < math.inf:
            raise InputError(name, given["sigma"], "a width above 0")
    elif figures["p90"] <= middle:
        raise InputError(f"{field}.p90", given["p90"], f"more than the {'median' if 'median' in given else 'mean'}")
    elif family == "normal":
        sigma = (figures["p90"] - middle) / _Z90
    else:
        if middle <= 0:
            raise InputError(field, dict(given), "a median or mean above 0")
        ratio = math.log(figures["p90"] / middle)
        if "median" in figures:
            sigma = ratio / _Z90
        elif ratio <= _Z90**2 / 2:
            sigma = _Z90 - math.sqrt(_Z90**2 - 2 * ratio)
        else:
            most = math.exp(_Z90**2 / 2)
            raise InputError(f"{field}.p90", given["p90"], f"at most {most:.3g} times the mean of a log-normal")
    if family == "lognormal":
        if middle <= 0:
            raise InputError(field, dict(given), "a median or mean above 0")
        middle = middle * math.exp(-(sigma**2) / 2) if "mean" in figures else middle
    return middle, sigma


def _log_sigma(value: Any, name: str) -> float:
    allowed = "a number above 0 and at most 5: the standard deviation of the natural logarithm"
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= 5:
        raise InputError(name, value, allowed)
    return float(value)
