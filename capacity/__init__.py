"""How much. From a workload to physical quantities on meters; knows no money.

>>> from capacity import Workload, size
>>> w = Workload(write="100 MiB/s", message="1 KiB", fan_out=3, retention="24 h")
>>> size(w, "msk-standard", machine="kafka.m7g.2xlarge").unit
'broker'
"""

from streamfacts import own

__distribution__ = "streamplan"
own.check(__name__, __path__, ("workload", "demand", "offer", "sizing", "constraint"))

import importlib

from capacity.cluster import Cluster
from capacity.constraint import Constraint, Limit
from capacity.demand import Demand
from capacity.offer import Offer, find_platform, size
from capacity.predict import Prediction, predict
from capacity.quantity import Range
from capacity.servers import Servers
from capacity.sizing import Part, Sizing
from capacity.workload import Workload

# The folder of platforms and the function that lists them share a name. The folder is loaded first, so that no later
# import of it puts the module in the function's place.
importlib.import_module("capacity.platforms")
from capacity.offer import platforms

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
    "find_platform",
    "platforms",
    "predict",
    "size",
]
