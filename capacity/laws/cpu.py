"""CPU of brokers: what bytes, batches and records cost, and how far more cores help."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from streamfacts.arrays import Array

#: Virtual CPUs at which one more is worth exactly one: where the costs of the coefficients are measured in.
REFERENCE_VCPU = 8.0


def busy_cores(
    coefficients: Mapping[str, Any],
    write_mb_s: ArrayLike,
    follow_mb_s: ArrayLike,
    send_mb_s: ArrayLike,
    batches_s: ArrayLike,
    records_s: ArrayLike,
    tls: ArrayLike = False,
) -> Array:
    """Return busy cores of a Kafka cluster [core].

    cores = TLS x (in x c_produce + follower in x c_follow + out x c_send) + batches/s x c_request + records/s x
    c_record. Every batch counts as one request: the pessimistic end, as a producer may put batches of several
    partitions into one.

    Parameters
    ----------
    coefficients : those of `capacity.laws.coefficients` by name, each a number or an array
    write_mb_s, follow_mb_s, send_mb_s : by producers, by followers, and to followers and consumers [MB/s]
    batches_s, records_s : written by producers [1/s]
    tls : whether clients and brokers talk TLS [true or false]

    Returns
    -------
    cores, broadcast over all of them

    References
    ----------
    `data/calibration/coefficients.csv`: fitted on the measurements of `data/evidence/evidence.csv`.
    """
    c = coefficients
    per_byte = (
        np.asarray(write_mb_s) * c["cpu_produce_ms_per_mb"]
        + np.asarray(follow_mb_s) * c["cpu_follow_ms_per_mb"]
        + np.asarray(send_mb_s) * c["cpu_send_ms_per_mb"]
    )
    encrypted = np.where(np.asarray(tls, bool), c["cpu_tls_factor"], 1.0)
    per_item = np.asarray(batches_s) * c["cpu_request_us"] + np.asarray(records_s) * c["cpu_record_us"]
    return np.asarray(per_byte * encrypted / 1e3 + per_item / 1e6)


def effective_cores(vcpu: ArrayLike, scaling: ArrayLike) -> Array:
    """Return what the virtual CPUs of one machine are worth: 8 x (vcpu / 8)^scaling cores of one that has eight [core].

    Locks, one request queue and memory bandwidth keep a broker of twice the CPUs from carrying twice the load, below
    eight as above: the two of a small machine wait for each other less than the eight that the costs were measured on.

    Parameters
    ----------
    vcpu : virtual CPUs of one machine [core]
    scaling : exponent [1], 1 for a broker that scales perfectly

    References
    ----------
    `data/calibration/coefficients.csv`, fitted on one test at five machine sizes and others at one.

    Examples
    --------
    >>> effective_cores([2, 8, 32], 0.5).tolist()
    [4.0, 8.0, 16.0]
    """
    cores = np.asarray(vcpu, float)
    return np.asarray(REFERENCE_VCPU * (cores / REFERENCE_VCPU) ** np.asarray(scaling, float))
