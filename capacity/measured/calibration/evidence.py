"""The measurements as clusters and outcomes; what a row may be used for is its role.

`limit`: the most that the cluster took. `at least`: a rate that it held, so that its limit is no lower. `cpu`: busy
CPU at a known rate. `context`: shown, never fitted; `why` says the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capacity.measured.cluster import Cluster
from streamfacts.arrays import Array
from streamfacts.errors import InputError
from streamfacts.tables import read_table

ROLES = ("limit", "at least", "cpu", "context")
OUTCOMES = ("measured_mb_s_in_total", "measured_msg_s", "p99_ms", "latency", "cpu_pct", "bottleneck")


@dataclass(frozen=True)
class Evidence:
    """Measured clusters with what came out of each, NaN if not told: `rate` [MB/s of payload in], `busy` CPU [1]."""

    cluster: Cluster
    rate: Array
    busy: Array
    role: NDArray[np.str_]
    group: NDArray[np.str_]
    frame: Any

    def __len__(self) -> int:
        return len(self.rate)

    def take(self, keep: Any) -> Evidence:
        """Return the rows at these positions or where a mask is true."""
        index = np.arange(len(self))[keep]
        return Evidence(
            self.cluster.take(index),
            self.rate[index],
            self.busy[index],
            self.role[index],
            self.group[index],
            self.frame.iloc[index].reset_index(drop=True),
        )


def of_frame(frame: Any) -> Evidence:
    """Return measurements from a table with the columns of `data/evidence/evidence.csv`.

    Raises
    ------
    InputError
        for a role that is unknown or a limit without a rate.
    """
    role = frame["role"].to_numpy(str)
    for found in set(role) - set(ROLES):
        raise InputError("role", found, " or ".join(ROLES))
    rate = frame["measured_mb_s_in_total"].to_numpy(float)
    missing = np.flatnonzero((role != "context") & ~(rate > 0))
    if len(missing):
        raise InputError("measured_mb_s_in_total", rate[missing[0]], f"a rate above 0 (row {missing[0] + 1})")
    inputs = frame.drop(columns=[c for c in OUTCOMES if c in frame])
    cluster = Cluster.of(inputs)
    busy = frame["cpu_pct"].to_numpy(float) / 100
    return Evidence(cluster, rate, busy, role, frame["group"].to_numpy(str), frame.reset_index(drop=True))


def published() -> Evidence:
    """Return the measurements that ship with the tables."""
    return of_frame(read_table("evidence/evidence"))
