"""Runway: given the cluster that is there, how full it is, and the month in which each wall is reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from capacity import Demand, Range, Workload, find_offer
from capacity.demand.draws import draw_demand, uncertain_inputs
from streamfacts.arrays import Array
from streamplan.analyses.risk.risk import percentiles
from streamplan.planning.standing_cluster import Held, held

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Approach:
    """How one wall comes closer.

    Attributes
    ----------
    label : resource and state
    used : share of the capacity in use at the likely inputs, shape (months,) [1]
    used_percentiles : P10, P50 and P90 of the draws, shape (3, months) [1]
    wall : share that may be used [1]
    likely : first month above the wall at the likely inputs [month]; infinite beyond the horizon
    month : the same in each draw, shape (draws,) [month]
    """

    label: str
    used: Array
    used_percentiles: Array
    wall: float
    likely: float
    month: Array
    source: str

    @property
    def months(self) -> Array:
        """P10, P50 and P90 of the month, shape (3,); infinite where it is beyond the horizon."""
        return percentiles(self.month)

    @property
    def place(self) -> tuple[float, float, float, bool, float]:
        """What orders walls: the month in the median, in P10, at the likely inputs; then the fullest at the end.

        A wall that neither time nor draws move comes behind those that they do.
        """
        low, middle, _ = (float(month) for month in self.months)
        still = bool(np.ptp(self.used_percentiles) == 0)
        return middle, low, self.likely, still, -float(self.used[-1] / self.wall)


@dataclass(frozen=True)
class Runway:
    """A cluster under a workload's demand over months; the wall that comes first leads."""

    workload: Workload
    held: Held
    months: int
    draws: int
    seed: int
    walls: tuple[Approach, ...]

    @property
    def inputs(self) -> dict[str, Range]:
        """The uncertain inputs by name."""
        return uncertain_inputs(self.workload, self.months)

    @cached_property
    def binds(self) -> Array:
        """First month in which any wall is passed, shape (draws,); infinite beyond the horizon."""
        return np.asarray(np.min([wall.month for wall in self.walls], axis=0))

    @property
    def first(self) -> Approach:
        """The wall that comes first, as the order of `walls` has it."""
        return self.walls[0]

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row a wall, the one that comes first on top.

        Months are missing where they are beyond the horizon; `first` is the share of draws in which none comes before.
        """
        import pandas as pd

        rows = []
        for wall in self.walls:
            low, middle, high = wall.months
            rows.append(
                {
                    "wall": wall.label,
                    "used_now": float(wall.used[0]),
                    "use_up_to": wall.wall,
                    "used_at_the_end": float(wall.used[-1]),
                    "likely_month": wall.likely,
                    "p10_month": low,
                    "p50_month": middle,
                    "p90_month": high,
                    "within_horizon": float(np.isfinite(wall.month).mean()),
                    "first": float((np.isfinite(wall.month) & (wall.month == self.binds)).mean()),
                    "source": wall.source,
                }
            )
        frame = pd.DataFrame(rows)
        months = ["likely_month", "p10_month", "p50_month", "p90_month"]
        frame[months] = frame[months].where(np.isfinite(frame[months])).astype("Int64")
        return frame


def runway(
    workload: Workload,
    platform: str,
    machine: str | None,
    units: int,
    months: int = 60,
    draws: int = 1024,
    seed: int = 0,
    *,
    pools: Mapping[str, float] | None = None,
    disk: str | float | None = None,
    clusters: int = 1,
    options: Mapping[str, Any] | None = None,
) -> Runway:
    """Return how full a cluster is month by month, and when each of its walls is passed.

    A wall is passed in the first month in which the share of a capacity in use, at the peak and in the state named, is
    above the share that may be used; or in which a limit of the service is exceeded. With a load that grows by g a
    month and a share u of the wall used in month 1 that is the first month after 1 + ln(1 / u) / ln(1 + g).

    Parameters
    ----------
    machine, units : what is there; `machine` may be None where the offer has only one configuration
    months : horizon from now, 1 to 60 [month]
    draws, seed : joint draws of the uncertain inputs
    pools, disk, clusters, options : see `streamplan.planning.standing_cluster.held`

    Raises
    ------
    InputError
        for a horizon of zero, or a cluster that cannot be.

    Examples
    --------
    >>> w = Workload(write="50 MB/s", message="1 KiB", measured_at="broker", growth={"yearly": 1.0})
    >>> runway(w, "confluent-dedicated", None, 2, draws=2).first.label
    'ingress (normal)'
    """
    region = workload.region_at(find_offer(platform).provider) or workload.region
    likely = Demand.months(workload, months).replace(region=region)
    now = {k: v[..., 0] for k, v in likely.arrays().items() if v.ndim}
    cluster = held(
        likely.replace(**now), platform, machine, units, pools=pools, disk=disk, clusters=clusters, options=options
    )
    drawn = draw_demand(workload, draws, months, seed).replace(region=region)
    walls = []
    for point, spread in zip(cluster.walls(likely), cluster.walls(drawn), strict=True):
        walls.append(
            Approach(
                point.label,
                point.used,
                percentiles(spread.used),
                float(np.min(point.wall)),
                float(first_month(point.pressure)),
                first_month(spread.pressure),
                point.source,
            )
        )
    return Runway(workload, cluster, months, draws, seed, tuple(sorted(walls, key=lambda wall: wall.place)))


def first_month(pressure: Array) -> Array:
    """Return the first month with a pressure above 1 along the last axis [month]; infinite where there is none.

    Examples
    --------
    >>> first_month(np.array([[0.5, 1.0, 1.2], [0.1, 0.2, 0.3]])).tolist()
    [3.0, inf]
    """
    over = np.asarray(pressure) > 1.0 + 1e-9
    return np.where(over.any(axis=-1), over.argmax(axis=-1) + 1.0, np.inf)


__all__ = ["Approach", "Runway", "first_month", "runway"]
