"""Explore: a few controls over a workload, and what a study says of it at their settings.

The controls are data, the same for the page of `streamplan app` and for the sliders of a notebook; both show a `View`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from capacity import Demand, Workload
from pricing import PriceBook
from streamfacts.errors import InputError, unknown_name
from streamplan.planning.horizon import HORIZON, cost_over_months
from streamplan.planning.plan import Plan
from streamplan.planning.study import FEASIBLE, Study, study

if TYPE_CHECKING:
    import pandas as pd

#: Offers whose cost is followed over the months: the cheapest ones.
FOLLOWED = 5


@dataclass(frozen=True, slots=True)
class Control:
    """One slider: from `low` to `high` in `unit`, at `start`; a logarithmic one moves by equal ratios."""

    name: str
    label: str
    unit: str
    low: float
    high: float
    start: float
    step: float = 0.0
    logarithmic: bool = False
    doc: str = ""


_CONTROLS = (
    Control("write", "throughput", "MB/s", 0.1, 10_000.0, 0.0, logarithmic=True, doc="average written, before copies"),
    Control("message", "message size", "B", 50.0, 1_000_000.0, 0.0, logarithmic=True, doc="average record"),
    Control("retention", "retention", "h", 1.0, 8760.0, 0.0, logarithmic=True, doc="how long records are kept"),
    Control("replication_factor", "replication", "copies", 1.0, 5.0, 0.0, 1.0, doc="where it is yours to choose"),
    Control("fan_out", "fan-out", "x", 0.0, 20.0, 0.0, 0.5, doc="bytes read for each byte written"),
    Control("growth", "growth", "% a year", -50.0, 200.0, 0.0, 5.0, doc="of throughput, compounding by month"),
)


def controls(workload: Workload) -> tuple[Control, ...]:
    """Return the controls at the likely values of a workload, widened where it lies outside their usual range."""
    start = _start(workload)
    out = []
    for control in _CONTROLS:
        at = start[control.name]
        high = float(workload.zones) if control.name == "replication_factor" and workload.zones > 1 else control.high
        out.append(replace(control, low=min(control.low, at), high=max(high, at), start=at))
    return tuple(out)


def _start(w: Workload) -> dict[str, float]:
    likely = Demand.of(w)
    message = w.message.likely if w.message else float(likely.message_bytes)
    if w.write is not None:
        write = w.write.likely
    else:
        assert w.messages is not None  # a workload has write, or messages and message
        write = w.messages.likely * message
    yearly = w.growth.yearly if w.growth else None
    return {
        "write": _rounded(write / 1e6),
        "message": _rounded(message),
        "retention": _rounded(w.retention.likely / 3600.0),
        "replication_factor": float(w.replication_factor),
        "fan_out": w.fan_out.likely,
        "growth": round(100.0 * yearly.likely, 6) if yearly else 0.0,
    }


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")


def at(workload: Workload, settings: Mapping[str, Any]) -> Workload:
    """Return a workload with the settings of some controls, in the units of the controls; the rest is as it was.

    What a control sets is one value, and no longer the range that the workload may have had. The ratio of peak to
    average stays.

    Raises
    ------
    InputError
        for an unknown control, or a setting that the workload cannot take.

    Examples
    --------
    >>> w = at(Workload(write="10 MB/s", message="1 KiB"), {"write": 25, "growth": 30})
    >>> w.write.likely, w.growth.yearly.likely
    (25000000.0, 0.3)
    """
    given = {name: _number(name, value) for name, value in settings.items()}
    fields: dict[str, Any] = {}
    for name, unit in (("write", "MB/s"), ("message", "B"), ("retention", "h")):
        if name in given:
            fields[name] = f"{given[name]!r} {unit}"
    if fields.keys() & {"write", "message"}:
        start = _start(workload)
        fields |= {"messages": None, "peak_write": None, "peak_ratio": _peak_ratio(workload)}
        fields.setdefault("write", f"{start['write']!r} MB/s")
        fields.setdefault("message", f"{start['message']!r} B")
        if workload.max_message is not None:
            largest = max(workload.max_message.likely, given.get("message", start["message"]))
            fields["max_message"] = f"{largest!r} B"
    fields |= {name: given[name] for name in ("replication_factor", "fan_out") if name in given}
    if "growth" in given:
        block = {name: getattr(workload.growth, name) for name in getattr(workload.growth, "model_fields_set", ())}
        fields["growth"] = {**block, "s_curve": None, "history": None, "yearly": given["growth"] / 100.0}
    return workload.replace(**fields)


def _peak_ratio(w: Workload) -> Any:
    if w.peak_write is not None and w.write is not None:
        return w.peak_write.likely / w.write.likely
    return w.peak_ratio


def _number(name: str, value: Any) -> float:
    known = [control.name for control in _CONTROLS]
    if name not in known:
        raise unknown_name("control", name, known)
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = np.nan
    if isinstance(value, bool) or not np.isfinite(number):
        raise InputError(name, value, "a number")
    return number


@dataclass(frozen=True)
class View:
    """What there is to see at one setting: the study, and the offer whose bill and constraints are shown."""

    study: Study
    platform: str

    @property
    def plan(self) -> Plan:
        """The plan of the offer that is shown."""
        return self.study.plan_of(self.platform)

    @property
    def followed(self) -> tuple[str, ...]:
        """The offers whose months are shown: the cheapest ones, and the one that is looked at if it has a cost."""
        names = [p.offer.name for status, p in self.study.ranked if status == FEASIBLE][:FOLLOWED]
        if self.plan.monthly_usd is not None and self.platform not in names:
            names.append(self.platform)
        return tuple(names)

    @cached_property
    def months(self) -> pd.DataFrame:
        """One row a followed offer and month: its cost with what is cheapest in that month [USD]; NaN where none."""
        import pandas as pd

        frames = []
        for name in self.followed:
            plan = self.study.plan_of(name)
            usd = cost_over_months(self.study, plan)
            frames.append(
                pd.DataFrame(
                    {
                        "platform": name,
                        "title": plan.offer.title,
                        "month": np.arange(1, HORIZON + 1),
                        "usd": np.where(np.isfinite(usd), usd, np.nan),
                    }
                )
            )
        columns = ["platform", "title", "month", "usd"]
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)


def view(
    workload: Workload,
    settings: Mapping[str, Any] | None = None,
    platform: str = "",
    *,
    only: Iterable[str] | None = None,
    book: PriceBook | None = None,
) -> View:
    """Return what there is to see at some settings of the controls.

    Parameters
    ----------
    settings : control to value, in the unit of the control; what is left out stays as the workload has it
    platform : the offer to look at; the recommended one if empty
    only : the offers to compare; all if left out

    Raises
    ------
    InputError
        for an unknown control or offer, or a setting that the workload cannot take.

    Examples
    --------
    >>> w = Workload(write="10 MB/s", message="1 KiB")
    >>> seen = view(w, {"write": 20}, only=["msk-serverless", "msk-express"])
    >>> seen.platform, len(seen.months)
    ('msk-serverless', 120)
    """
    result = study(at(workload, settings or {}), only=only, book=book)
    best = result.lead
    return View(result, result.plan_of(platform).offer.name if platform else best.offer.name)


__all__ = ["Control", "View", "at", "controls", "view"]
