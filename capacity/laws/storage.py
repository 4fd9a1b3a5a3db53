"""Stored bytes."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from streamfacts.arrays import Array


def stored_bytes(bytes_s: ArrayLike, retention_s: ArrayLike, copies: ArrayLike = 1.0) -> Array:
    """Return the bytes held at any time: rate x retention x copies (Little's law).

    Parameters
    ----------
    bytes_s : average rate written [byte/s]; the average, since retention spans peaks and valleys
    retention_s : how long a byte is kept [s]
    copies : copies kept [1]

    Returns
    -------
    bytes held [byte]

    Examples
    --------
    >>> float(stored_bytes(100 * 2**20, 86400, 3) / 2**40)
    24.71923828125
    """
    return np.asarray(np.asarray(bytes_s, float) * np.asarray(retention_s, float) * np.asarray(copies, float))


def objects_per_second(bytes_s: ArrayLike, object_bytes: ArrayLike, requests_per_object: ArrayLike = 1.0) -> Array:
    """Return object-store requests a second for a byte rate cut into objects or parts.

    Parameters
    ----------
    bytes_s : rate uploaded or read [byte/s]
    object_bytes : size of an object or part [byte]
    requests_per_object : requests each one needs [1]

    Returns
    -------
    requests a second [1/s]

    Examples
    --------
    >>> float(objects_per_second(100.0, 25.0))
    4.0
    """
    return np.asarray(
        np.asarray(bytes_s, float) / np.asarray(object_bytes, float) * np.asarray(requests_per_object, float)
    )
