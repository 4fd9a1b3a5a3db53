"""What is read of a plan by those who judge it: its odds, its fleet, what its defaults leave on the table."""

from __future__ import annotations

from typing import Protocol

from capacity import Offer, Sizing, Workload
from pricing import Bill


class Planned(Protocol):
    """One offer with the configuration chosen, as `streamplan.planning.plan.Plan` has it."""

    @property
    def offer(self) -> Offer: ...

    @property
    def workload(self) -> Workload | None: ...

    @property
    def sizing(self) -> Sizing: ...

    @property
    def bill(self) -> Bill: ...

    @property
    def clusters(self) -> int: ...

    @property
    def configuration(self) -> str: ...

    @property
    def machine(self) -> str: ...

    @property
    def feasible(self) -> bool: ...

    @property
    def monthly_usd(self) -> float | None: ...
