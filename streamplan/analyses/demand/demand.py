"""The demand of a workload month by month: what the likely inputs give, and the percentiles of the draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from capacity import Demand, Range, Workload
from capacity.demand.draws import draw_demand, uncertain_inputs
from capacity.laws.storage import stored_bytes
from streamfacts.arrays import Array
from streamfacts.errors import unknown_name
from streamplan.analyses.risk.risk import PERCENTILES, percentiles
from streamplan.planning.shipped_workloads import open_workload

if TYPE_CHECKING:
    import pandas as pd


#: What a path shows: name to unit, what it is, and how it follows from the demand.
QUANTITIES: dict[str, tuple[str, str, Callable[[Demand], Array]]] = {
    "written": ("bytes/s", "bytes written, average", lambda d: d.payload_bytes_s),
    "written_at_peak": ("bytes/s", "bytes written, peak", lambda d: d.peak_payload_bytes_s),
    "on_the_wire": ("bytes/s", "record batches written, average", lambda d: d.wire_bytes_s),
    "read": ("bytes/s", "record batches read, average", lambda d: d.wire_bytes_s * d.fan_out),
    "records": ("records/s", "records written, average", lambda d: d.records_s),
    "retained": (
        "bytes",
        "record batches held at the end of the month, all copies",
        lambda d: stored_bytes(d.wire_bytes_s, d.held_s, d.replication_factor),
    ),
    "partitions": ("partitions", "partitions, leaders only", lambda d: d.partitions),
}


@dataclass(frozen=True)
class DemandPath:
    """A workload's demand over months.

    Attributes
    ----------
    likely : the demand of each month with every input at its likely value, shape (months,)
    drawn : the demand under the draws, shape (draws, months)
    """

    workload: Workload
    months: int
    draws: int
    seed: int
    likely: Demand
    drawn: Demand

    @property
    def inputs(self) -> dict[str, Range]:
        """The uncertain inputs by name."""
        return uncertain_inputs(self.workload, self.months)

    def of(self, quantity: str) -> tuple[Array, Array]:
        """Return the likely path, shape (months,), and the percentiles of the draws, shape (3, months)."""
        if quantity not in QUANTITIES:
            raise unknown_name("quantity", quantity, QUANTITIES)
        value = QUANTITIES[quantity][2]
        likely = np.broadcast_to(value(self.likely), (self.months,))
        drawn = np.broadcast_to(value(self.drawn), (self.draws, self.months))
        return likely, percentiles(drawn)

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row a quantity and month: its value at the likely inputs and the percentiles of the draws."""
        import pandas as pd

        frames = []
        for name, (unit, _, _) in QUANTITIES.items():
            likely, bands = self.of(name)
            columns: dict[str, Any] = {"month": np.arange(1, self.months + 1), "quantity": name, "unit": unit}
            columns["likely"] = likely
            columns |= {f"p{p}": band for p, band in zip(PERCENTILES, bands, strict=True)}
            frames.append(pd.DataFrame(columns))
        return pd.concat(frames, ignore_index=True)


def demand_path(workload: Workload, months: int = 60, draws: int = 1024, seed: int = 0) -> DemandPath:
    """Return the demand of a workload along its growth.

    Parameters
    ----------
    months : months from now, 1 to 60 [month]
    draws : joint draws of the uncertain inputs [1]
    seed : the same seed gives the same figures

    Raises
    ------
    InputError
        for a horizon of zero, or a number of draws that is none.

    Examples
    --------
    >>> w = Workload(write="10 MB/s", message="1 KiB", growth={"yearly": 1.0})
    >>> path = demand_path(w, months=13, draws=2)
    >>> path.of("written")[0][[0, 12]].round().tolist()
    [10000000.0, 20000000.0]
    """
    likely = Demand.months(workload, months)
    return DemandPath(workload, months, draws, seed, likely, draw_demand(workload, draws, months, seed))


def with_history(workload: str | Path, history: str | Path, fill: bool = False) -> Workload:
    """Return a workload of a file, or a shipped one, whose growth is the forecast of a history.

    Launches, events, adoption and the growth of single fields stay as the workload has them; yearly growth, S-curve and
    seasons by month give way to what the history says.
    """
    found = open_workload(workload)
    growth: dict[str, Any] = {}
    if found.growth is not None:
        kept = found.growth.model_fields_set - {"yearly", "s_curve", "seasons"}
        growth = {name: getattr(found.growth, name) for name in kept}
        if found.growth.seasons is not None and found.growth.seasons.peak:
            growth["seasons"] = found.growth.seasons.peak
    return found.replace(growth=growth | {"history": {"file": str(history), "fill": fill}})
