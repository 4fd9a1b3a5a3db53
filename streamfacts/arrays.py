"""Types of arrays that all rooms share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Numbers of any shape.
Array = NDArray[np.float64]
#: Truths of any shape.
Flags = NDArray[np.bool_]
#: Places in another array.
Index = NDArray[np.intp]
