"""Whole cents that add up: the method of largest remainders."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from streamfacts.errors import InputError

Cents = NDArray[np.int64]


def in_cents(amounts: Any) -> Cents:
    """Return amounts rounded to whole cents, half to even [cent]."""
    return np.asarray(np.rint(np.round(np.asarray(amounts, float) * 100.0, 6)), np.int64)


def largest_remainder(amounts: Any, total: Any, axis: int = 0) -> Cents:
    """Share a total in whole cents in proportion to amounts, so that the parts add up to it exactly.

    Each part is first rounded down; the cents that are left go one each to the largest remainders, and to the earlier
    part where remainders are equal. No part is a whole cent or more from its exact share.

    Parameters
    ----------
    amounts : what each part is in proportion to, 0 or more [any unit]
    total : what is shared out, of the amounts' shape without `axis` [cent]
    axis : along which the parts lie

    Returns
    -------
    Whole cents of the shape of `amounts`; they add up to `total` along `axis`

    Raises
    ------
    InputError
        for a negative or infinite amount, or a total above 0 of which no part has a share.

    Notes
    -----
    M. L. Balinski and H. P. Young, "Fair Representation", 1982, where it is called Hamilton's method.

    Examples
    --------
    >>> largest_remainder([1.0, 1.0, 1.0], 100).tolist()
    [34, 33, 33]
    """
    values = np.moveaxis(np.asarray(amounts, float), axis, 0)
    whole = np.asarray(total, np.int64)
    if not (np.isfinite(values).all() and (values >= 0).all()):
        raise InputError("amounts", "negative, infinite or NaN", "amounts of 0 or more")
    weight = values.sum(axis=0)
    if np.any((weight <= 0) & (whole != 0)):
        raise InputError("amounts", "all 0", "an amount above 0 where there is a cost to share")
    exact = values / np.where(weight > 0, weight, 1.0) * whole
    down = np.floor(exact).astype(np.int64)
    left = whole - down.sum(axis=0)
    order = np.argsort(-(exact - down), axis=0, kind="stable")
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.arange(len(values)).reshape((-1,) + (1,) * (values.ndim - 1)), axis=0)
    return np.moveaxis(down + (rank < left), 0, axis)
