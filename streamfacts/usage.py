"""The usage record: the whole contract between what is needed (`capacity`) and what it costs (`pricing`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from streamfacts.month import HOURS_PER_MONTH as HOURS_PER_MONTH
from streamfacts.month import SHORTEST_MONTH

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

from streamfacts.units import counted_by

#: Network paths of a cluster that a meter may be billed for.
PATHS = ("produce", "replicate", "consume", "tier_upload", "tier_download", "cross_region")
#: What a meter counts that is on no one path: bytes between zones, bytes held in a remote tier, no bytes at all.
BETWEEN_ZONES, REMOTE_STORAGE, NO_PATH = "between_zones", "remote_storage", "none"


@dataclass(frozen=True, slots=True)
class UsageLine:
    """Quantity on one meter in one month.

    Parameters
    ----------
    meter : id in `data/meters/`, such as ``aws.msk.broker``
    quantity : [`unit`] per month, shape (configurations, *demand) or scalar
    unit : the meter's unit, such as ``broker-hour`` or ``GiB-month``
    sku : what exactly is metered, such as ``kafka.m7g.large``; one name, or one a configuration
    formula : how the quantity came about, in words, for `explain`
    counts : kind of unit that the quantity counts, such as ``broker``: units x what one takes, the same whatever
        the demand; empty where it is not just that
    least : [`unit`] per month, of the demand's shape: what the quantity cannot fall below with any number of units
    role : what the line pays for, where one meter pays for several things: the main units if empty
    """

    meter: str
    quantity: NDArray[np.float64]
    unit: str
    sku: str | NDArray[Any] = ""
    formula: str = ""
    counts: str = ""
    least: NDArray[np.float64] | None = None
    role: str = ""

    def times(self, factor: Any) -> UsageLine:
        """Return the line with its quantity, and what that is at least, multiplied."""
        least = None if self.least is None else self.least * factor
        return replace(self, quantity=self.quantity * factor, least=least)

    def pick(self, *index: int) -> UsageLine:
        """Return the line of one configuration: entry `index` of the leading axes."""
        sku = self.sku if isinstance(self.sku, str) else str(self.sku[index[0]])
        return UsageLine(self.meter, self.quantity[index], self.unit, sku, self.formula, self.counts, role=self.role)


@dataclass(frozen=True)
class Usage:
    """All meters of one offer for one month of `hours_per_month` hours."""

    lines: tuple[UsageLine, ...]
    hours_per_month: float = HOURS_PER_MONTH
    notes: tuple[str, ...] = field(default=())

    def __iter__(self) -> Iterator[UsageLine]:
        return iter(self.lines)

    def __getitem__(self, meter: str) -> UsageLine:
        for line in self.lines:
            if line.meter == meter:
                return line
        raise KeyError(meter)

    def times(self, clusters: NDArray[np.float64]) -> Usage:
        """Return the usage of several equal clusters."""
        if getattr(clusters, "ndim", 0) == 0 and clusters == 1:
            return self
        return replace(self, lines=tuple(line.times(clusters) for line in self.lines))

    def for_part_of_a_month(self) -> Usage:
        """Return the usage with monthly meters (GiB-month and the like) cut to the hours, if these are no whole month.

        A calendar month of 672 to 744 hours is one month on such a meter; less is its part of 730 hours.
        """
        if self.hours_per_month >= SHORTEST_MONTH:
            return self
        part = self.hours_per_month / HOURS_PER_MONTH
        lines = (line.times(part) if counted_by(line.unit)[1] == "month" else line for line in self.lines)
        return replace(self, lines=tuple(lines))

    def pick(self, *index: int) -> Usage:
        """Return the usage of one configuration: entry `index` of the leading axes of every line."""
        return replace(self, lines=tuple(line.pick(*index) for line in self.lines))
