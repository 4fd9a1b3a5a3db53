"""Split: which limit made several clusters of one, and by how much one would have broken it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from capacity import Sizing
from streamfacts.units import human, largest


@dataclass(frozen=True)
class Split:
    """Why a demand is spread over several clusters.

    Attributes
    ----------
    clusters : how many
    limit : the limit that one cluster fewer still breaks
    asked, most : what a single cluster would need of it, and the most that one has [`unit`]
    unit, source : of both
    others : further limits that a single cluster breaks
    asks : what asks for so many units, where the limit is on their number
    """

    clusters: int
    limit: str
    asked: float
    most: float
    unit: str
    source: str
    others: tuple[str, ...] = ()
    asks: str = ""

    def __str__(self) -> str:
        of_one = f"{human(self.asked, self.unit)} on one cluster, which has at most {human(self.most, self.unit)}"
        also = f"; one would break {', '.join(self.others)} too" if self.others else ""
        asks = f"; {self.asks} asks for so many" if self.asks else ""
        return f"{self.clusters} clusters because of {self.limit}: {of_one}{asks}{also}"

    def document(self) -> dict[str, Any]:
        """Return the fields and the sentence, for JSON."""
        return {
            "clusters": self.clusters,
            "limit": self.limit,
            "asked_of_one": self.asked,
            "most_of_one": self.most,
            "unit": self.unit,
            "source": self.source,
            "others": list(self.others),
            "asks": self.asks,
            "sentence": str(self),
        }


def split_of(clusters: int, one: Sizing, fewer: Sizing) -> Split | None:
    """Return why so many clusters are needed, None where no limit says so.

    Parameters
    ----------
    one : the configuration on a single cluster, one demand
    fewer : the same on one cluster fewer than are needed
    """

    def excess(limit: Any) -> float:
        wall = largest(limit.limit)
        return largest(limit.demand) / wall if wall > 0 else np.inf

    def breaks(sizing: Sizing) -> list[int]:
        return [i for i, x in enumerate(sizing.limits) if not x.at_least and np.any(x.broken)]

    deciding = breaks(fewer)
    if not deciding:
        return None
    first = max(deciding, key=lambda i: excess(fewer.limits[i]))
    found = one.limits[first]
    names = dict.fromkeys(one.limits[i].name for i in breaks(one))
    return Split(
        clusters,
        found.name,
        largest(found.demand),
        largest(found.limit),
        found.unit,
        found.source,
        tuple(name for name in names if name != found.name),
        str(one.binding) if largest(found.demand) == largest(one.units) else "",
    )


__all__ = ["Split", "split_of"]
