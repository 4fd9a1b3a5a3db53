"""One published deployment with the brokers that our sizing gives it under all draws."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from streamfacts.arrays import Array
from streamplan.analyses.accuracy.deployment_cases import Deployment

#: Percentiles of the predicted range.
PERCENTILES = (10, 50, 90)
INSIDE, FEWER, MORE = "inside", "predicted fewer", "predicted more"
#: Above this factor from P10 to P90 a range says little: the record size or the machine is not told.
SHARP = 10.0
#: What binds where no constraint asks for more brokers than copies and zones do.
COPIES_BIND = "one broker a copy"


@dataclass(frozen=True)
class Predicted:
    """One deployment with its predicted brokers under all draws.

    Attributes
    ----------
    units : predicted brokers of all clusters, shape (draws,)
    clusters : equal clusters that they are of
    binding : what asks for the most brokers in the most draws, and in which share of them [1]
    fullest : constraint and use [share of what may be used] at the actual count, the median draw of the fullest one
    inputs : drawn values by name, each of shape (draws,)
    holds_s : how long the disks of the actual brokers keep the load [s], the median draw; None where disks are not told
    """

    case: Deployment
    units: Array
    clusters: int
    binding: tuple[str, float]
    fullest: tuple[str, float, float]
    inputs: dict[str, Array]
    replicas_each: float | None
    write_each_mb_s: float
    holds_s: float | None

    @property
    def range(self) -> Array:
        """Percentiles 10, 50 and 90 of the predicted brokers, each the value of a draw."""
        return np.asarray(np.quantile(self.units, np.array(PERCENTILES) / 100.0, method="inverted_cdf"))

    @property
    def verdict(self) -> str:
        """Whether the actual count lies in the predicted range, or on which side the range lies."""
        low, _, high = self.range
        return INSIDE if low <= self.case.brokers <= high else FEWER if high < self.case.brokers else MORE

    @property
    def sharp(self) -> bool:
        """Whether the range spans less than a factor of `SHARP`, so that it says something."""
        return bool(self.range[2] < SHARP * self.range[0])

    @property
    def ratio(self) -> float:
        """Actual brokers over the median prediction [1]."""
        return float(self.case.brokers / self.range[1])

    @cached_property
    def hangs_on(self) -> list[tuple[str, float]]:
        """The inputs that the prediction hangs on most, with their rank correlation with it [1]."""
        if not self.inputs or np.ptp(self.units) == 0:
            return []
        from scipy.stats import rankdata

        rank = rankdata(self.units)
        found = [(name, float(np.corrcoef(rankdata(v), rank)[0, 1])) for name, v in self.inputs.items()]
        return sorted((f for f in found if abs(f[1]) >= 0.2), key=lambda f: -abs(f[1]))
