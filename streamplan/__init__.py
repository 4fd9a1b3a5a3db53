"""The face: puts capacity and pricing together. A name is looked up when it is first asked for.

>>> from streamplan import Workload, compare
>>> w = Workload(write="10 MiB/s", message="1 KiB", fan_out=2, retention="24 h")
>>> compare(w).loc[0, "status"]
'feasible'
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from streamfacts.on_demand import on_demand

if TYPE_CHECKING:
    from capacity import Demand, Workload, offers, size
    from pricing import Commitments, PriceBook, bill, open_book
    from streamplan.analyses.break_even.break_even import break_even
    from streamplan.analyses.choose.choose import choose
    from streamplan.analyses.commitments.commitments import commit
    from streamplan.analyses.decide.decide import decide
    from streamplan.analyses.diff.diff import diff
    from streamplan.analyses.levers.levers import study_levers
    from streamplan.analyses.migration.migration import migrate
    from streamplan.analyses.opinions.opinions import second_opinions
    from streamplan.analyses.resilience.resilience import resilience
    from streamplan.analyses.risk.risk import risk
    from streamplan.analyses.runway.runway import runway
    from streamplan.analyses.schedule.schedule import schedule
    from streamplan.analyses.sensitivity.sensitivity import sensitivity
    from streamplan.planning.plan import Plan, plan
    from streamplan.planning.scenarios import scenarios
    from streamplan.planning.study import Study, compare, study

__version__ = "0.1.0"

#: Each public name and the module that it is of.
_PLACES = {
    "Commitments": "pricing",
    "Demand": "capacity",
    "Plan": "streamplan.planning.plan",
    "PriceBook": "pricing",
    "Study": "streamplan.planning.study",
    "Workload": "capacity",
    "bill": "pricing",
    "break_even": "streamplan.analyses.break_even.break_even",
    "choose": "streamplan.analyses.choose.choose",
    "commit": "streamplan.analyses.commitments.commitments",
    "compare": "streamplan.planning.study",
    "decide": "streamplan.analyses.decide.decide",
    "diff": "streamplan.analyses.diff.diff",
    "migrate": "streamplan.analyses.migration.migration",
    "offers": "capacity",
    "open_book": "pricing",
    "plan": "streamplan.planning.plan",
    "resilience": "streamplan.analyses.resilience.resilience",
    "risk": "streamplan.analyses.risk.risk",
    "runway": "streamplan.analyses.runway.runway",
    "scenarios": "streamplan.planning.scenarios",
    "schedule": "streamplan.analyses.schedule.schedule",
    "second_opinions": "streamplan.analyses.opinions.opinions",
    "sensitivity": "streamplan.analyses.sensitivity.sensitivity",
    "size": "capacity",
    "study": "streamplan.planning.study",
    "study_levers": "streamplan.analyses.levers.levers",
}


def _check_packages() -> None:
    """Raise `ImportError` where unrelated packages stand in the place of ours; see `streamfacts.own_packages`."""
    from streamfacts import own_packages

    for name in ("capacity", "pricing"):
        found = importlib.import_module(name)
        own_packages.check(name, getattr(found, "__path__", ()), (), getattr(found, "__distribution__", None))


__getattr__, __dir__ = on_demand(__name__, _PLACES, _check_packages)

__all__ = [
    "Commitments",
    "Demand",
    "Plan",
    "PriceBook",
    "Study",
    "Workload",
    "bill",
    "break_even",
    "choose",
    "commit",
    "compare",
    "decide",
    "diff",
    "migrate",
    "offers",
    "open_book",
    "plan",
    "resilience",
    "risk",
    "runway",
    "scenarios",
    "schedule",
    "second_opinions",
    "sensitivity",
    "size",
    "study",
    "study_levers",
]
