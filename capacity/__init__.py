"""How much. From a workload to physical quantities on meters; knows no money.

>>> from capacity import Workload, size
>>> w = Workload(write="100 MiB/s", message="1 KiB", fan_out=3, retention="24 h")
>>> size(w, "msk-standard", machine="kafka.m7g.2xlarge").unit
'broker'
"""

from streamfacts import own_packages

__distribution__ = "streamplan"
own_packages.check(__name__, __path__, ("registry",))

from capacity.demand.demand import Demand
from capacity.measured.cluster import Cluster
from capacity.measured.prediction import Prediction, predict
from capacity.registry import find_offer, offers, size
from capacity.sizing.constraint import Constraint, Limit
from capacity.sizing.offer import Offer
from capacity.sizing.sizing import Part, Sizing
from capacity.workload.quantity import Range
from capacity.workload.workload import Workload

__all__ = [
    "Cluster",
    "Constraint",
    "Demand",
    "Limit",
    "Offer",
    "Part",
    "Prediction",
    "Range",
    "Sizing",
    "Workload",
    "find_offer",
    "offers",
    "predict",
    "size",
]
