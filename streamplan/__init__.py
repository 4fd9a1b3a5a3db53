"""The face: puts capacity and pricing together.

>>> from streamplan import Workload, compare
>>> w = Workload(write="10 MiB/s", message="1 KiB", fan_out=2, retention="24 h")
>>> compare(w).loc[0, "status"]
'feasible'
"""

import capacity
import pricing
from streamfacts import own_packages

for _package in (capacity, pricing):
    own_packages.check(
        _package.__name__, getattr(_package, "__path__", ()), (), getattr(_package, "__distribution__", None)
    )

from capacity import Workload, offers, size
from pricing import PriceBook, bill
from streamplan.planning.plan import Plan, plan
from streamplan.planning.study import Study, compare, study

__version__ = "0.1.0"

__all__ = ["Plan", "PriceBook", "Study", "Workload", "bill", "compare", "offers", "plan", "size", "study"]
