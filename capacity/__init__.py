"""How much. From a workload to physical quantities on meters; knows no money.

>>> from capacity import Workload, size
>>> w = Workload(write="100 MiB/s", message="1 KiB", fan_out=3, retention="24 h")
>>> size(w, "msk-standard", machine="kafka.m7g.2xlarge").unit
'broker'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamfacts import own_packages
from streamfacts.on_demand import on_demand

if TYPE_CHECKING:
    from capacity.demand.demand import Demand
    from capacity.measured.cluster import Cluster
    from capacity.measured.prediction import Prediction, predict
    from capacity.registry import find_offer, known_offers, offers, offers_for, size
    from capacity.sizing.constraint import Constraint, Limit
    from capacity.sizing.offer import Offer
    from capacity.sizing.sizing import Part, Sizing
    from capacity.workload.quantity import Range
    from capacity.workload.servers import Servers
    from capacity.workload.workload import Workload

__distribution__ = "streamplan"
own_packages.check(__name__, __path__, ("registry",))

#: Each public name and the module that it is of, imported when the name is first asked for.
_PLACES = {
    "Cluster": "capacity.measured.cluster",
    "Constraint": "capacity.sizing.constraint",
    "Demand": "capacity.demand.demand",
    "Limit": "capacity.sizing.constraint",
    "Offer": "capacity.sizing.offer",
    "Part": "capacity.sizing.sizing",
    "Prediction": "capacity.measured.prediction",
    "Range": "capacity.workload.quantity",
    "Servers": "capacity.workload.servers",
    "Sizing": "capacity.sizing.sizing",
    "Workload": "capacity.workload.workload",
    "find_offer": "capacity.registry",
    "known_offers": "capacity.registry",
    "offers": "capacity.registry",
    "offers_for": "capacity.registry",
    "predict": "capacity.measured.prediction",
    "size": "capacity.registry",
}

__getattr__, __dir__ = on_demand(__name__, _PLACES)

__all__ = [
    "Cluster",
    "Constraint",
    "Demand",
    "Limit",
    "Offer",
    "Part",
    "Prediction",
    "Range",
    "Servers",
    "Sizing",
    "Workload",
    "find_offer",
    "known_offers",
    "offers",
    "offers_for",
    "predict",
    "size",
]
