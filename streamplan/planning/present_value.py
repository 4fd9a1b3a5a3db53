"""The value today of money that is paid month by month.

Months are counted from now. What a month costs is paid at its end; what is paid at the beginning is not discounted.
The yearly rate is an effective one, so that twelve months are discounted by exactly one plus the rate.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from streamfacts.arrays import Array
from streamfacts.errors import InputError


def discount_factors(months: int, yearly_rate: float) -> Array:
    """Return what a dollar at the end of each month is worth today, shape (months,) [1].

    Parameters
    ----------
    months : months from now
    yearly_rate : effective rate a year [1], 0.08 for 8%

    Raises
    ------
    InputError
        for a rate that is no share from 0 to 1, or a horizon of zero.

    Examples
    --------
    >>> round(float(discount_factors(12, 0.10)[-1]), 6) == round(1 / 1.10, 6)
    True
    """
    return np.asarray((1.0 + checked_rate(yearly_rate)) ** (-np.arange(1, _whole(months) + 1) / 12.0))


def npv(cash_flows: Any, yearly_rate: float, *, upfront: Any = 0.0) -> Any:
    """Return the net present value of monthly cash flows along the last axis [the currency of the flows].

    Parameters
    ----------
    cash_flows : what flows at the end of months 1, 2, ..., of shape (..., months)
    yearly_rate : effective rate a year [1]
    upfront : what flows today, before the first month, of shape (...)

    Returns
    -------
    A float for one row of flows, an array of shape (...) for several.

    Raises
    ------
    InputError
        for flows that are not numbers or a rate that is no share from 0 to 1.

    Examples
    --------
    >>> npv([100.0] * 12, 0.0)
    1200.0
    >>> round(npv([0.0] * 11 + [110.0], 0.10), 9)
    100.0
    """
    try:
        flows = np.asarray(cash_flows, float)
    except (TypeError, ValueError):
        raise InputError("cash_flows", cash_flows, "numbers, one a month") from None
    if flows.ndim < 1 or np.isnan(flows).any():
        raise InputError("cash_flows", cash_flows, "numbers, one a month, none of them missing")
    value = flows @ discount_factors(flows.shape[-1], yearly_rate) + np.asarray(upfront, float)
    return float(value) if np.ndim(value) == 0 else value


def checked_rate(yearly_rate: Any) -> float:
    """Return a discount rate; raises `InputError` unless it is a share from 0 to 1."""
    allowed = "a share a year from 0 to 1, such as 0.08"
    if isinstance(yearly_rate, (bool, str)):
        raise InputError("discount_rate", yearly_rate, allowed)
    try:
        rate = float(yearly_rate)
    except (TypeError, ValueError):
        raise InputError("discount_rate", yearly_rate, allowed) from None
    if not 0.0 <= rate <= 1.0:
        raise InputError("discount_rate", yearly_rate, allowed)
    return rate


def _whole(months: Any) -> int:
    if isinstance(months, bool) or not isinstance(months, (int, np.integer)) or months < 1:
        raise InputError("months", months, "a whole number, at least 1")
    return int(months)
