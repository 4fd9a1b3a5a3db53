"""How wrong the model may be about a cluster that nobody has measured: the uncertain inputs named `model.*`."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from capacity.laws.coefficients import Coefficients, fitted
from capacity.workload.quantity import Range
from capacity.workload.uncertainty import spread

#: The name under which draws, rankings and tables have it.
MODEL_CPU = "model.cpu"
#: Standard normal deviate of the ends of an 80% interval, which ranges have where nothing else is said.
Z80 = 1.2815515655446004
#: Coefficients that make up a broker's CPU, in the order of the terms below.
_TERMS = ("cpu_produce_ms_per_mb", "cpu_follow_ms_per_mb", "cpu_send_ms_per_mb", "cpu_request_us", "cpu_record_us")


def model_cpu(
    wire_bytes_s: ArrayLike,
    copies: ArrayLike,
    fan_out: ArrayLike,
    batches_s: ArrayLike,
    records_s: ArrayLike,
    tls: bool,
    coefficients: Coefficients | None = None,
) -> Range:
    """Return the CPU that a load may need over what the coefficients say at their medians [1].

    Log-normal around 1. Its spread joins two: that of the fitted coefficients, each weighted by its share of this
    load's CPU, and that of software and tuning between test beds, widened as held-back sources demand.

    Parameters
    ----------
    wire_bytes_s : average written, after compression [byte/s]
    copies, fan_out : replication factor and reads of every byte [1]
    batches_s, records_s : written a second [1/s]
    tls : whether clients talk TLS
    coefficients : those of `data/calibration/` if left out

    References
    ----------
    First-order propagation: the variance of log cores is s' C s, with the shares s and the covariance C of the logs.
    """
    held = coefficients or fitted()
    means = [float(np.mean(np.asarray(x, float))) for x in (wire_bytes_s, copies, fan_out, batches_s, records_s)]
    mb, rf, reads, batches, records = means[0] / 1e6, *means[1:]
    amounts = (mb, mb * (rf - 1), mb * (reads + rf - 1), batches / 1e3, records / 1e3)
    point = held.point
    cores = np.array([amount * point[name] for amount, name in zip(amounts, _TERMS, strict=True)])
    if tls:
        cores[:3] *= point["cpu_tls_factor"]
    shares = np.zeros(len(held.names))
    total = cores.sum()
    if total > 0:
        for name, part in zip(_TERMS, cores / total, strict=True):
            shares[held.names.index(name)] = part
        shares[held.names.index("cpu_tls_factor")] = cores[:3].sum() / total if tls else 0.0
    variance = float(shares @ held.covariance @ shares) + held.departure_sd**2
    factor = float(np.exp(Z80 * held.widen * np.sqrt(variance)))
    return Range(1.0 / factor, 1.0, factor, spread(1.0 / factor, 1.0, factor))
