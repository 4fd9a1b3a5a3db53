"""Workloads as published examples state them, so that the defaults of an operator do not stand between the two.

A vendor's example names one rate: the peak is not told and none is assumed. Its formula divides by the whole quota,
with no headroom and nobody who catches up. Both are said here, so that what a test holds is the published arithmetic.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from capacity import Workload
from streamplan.planning.shipped_workloads import open_workload
from streamplan.planning.study import Study, study

FILLED: dict[str, Any] = {"use_up_to": {"quota": 1.0}, "outage": "0 s"}


@cache
def compared(name: str) -> Study:
    """Return the comparison of a shipped workload, made once for all tests of a process."""
    return study(open_workload(name))


def at_one_rate(**fields: Any) -> Workload:
    """Return a workload whose peak is its average, unless a peak is given."""
    told = fields.get("peak_write") is not None or "peak_ratio" in fields or "growth" in fields
    return Workload(**({} if told else {"peak_ratio": 1.0}), **fields)


def to_the_quota(**fields: Any) -> Workload:
    """Return the same that fills quotas to the brim and has no outage to catch up after, unless they are given."""
    return at_one_rate(**(FILLED | fields))


def filled(workload: Workload) -> Workload:
    """Return a workload that fills quotas to the brim and has no outage to catch up after."""
    return workload.replace(**FILLED)
