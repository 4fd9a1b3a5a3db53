"""A rate read out of a user's file: what it says of a limit, of how many producers, and why it was taken so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: What a rate may be: the most that the cluster took, or one that it held, so that its limit is no lower.
LIMIT, AT_LEAST = "limit", "at least"
#: Why a user's own word makes a rate one that was held.
HELD = "a rate that was asked for and held"
#: Why a rate is the limit where the user says so.
TOLD = "said to be the most that the cluster took"


@dataclass(frozen=True)
class ReadRate:
    """One rate of a file.

    Attributes
    ----------
    measured_mb_s : payload into the cluster [MB/s of 10^6 bytes]
    role : `LIMIT` or `AT_LEAST`
    why : the reason for the role, in words
    producers : producers that wrote together; None if the file does not say
    used : whether it is one of the measurements; a lower rate of the same cluster says nothing that a higher does not
    columns : what else the file says of the measurement, with the columns of `data/evidence/evidence.csv`
    """

    measured_mb_s: float
    role: str
    why: str
    producers: int | None = None
    used: bool = True
    columns: Mapping[str, Any] = field(default_factory=dict)

    @property
    def record(self) -> dict[str, Any]:
        """The rate as one row for a reader."""
        return {
            "measured_mb_s": self.measured_mb_s,
            "role": self.role,
            "producers": self.producers,
            "why": self.why,
            "used": self.used,
        }

    @property
    def evidence(self) -> dict[str, Any]:
        """The rate as a row of measurements."""
        count = {} if self.producers is None else {"producers": self.producers}
        why = "" if self.role == LIMIT else self.why
        return {"measured_mb_s_in_total": self.measured_mb_s, "role": self.role, "why": why, **count, **self.columns}
