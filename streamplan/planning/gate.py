"""Gates: a bill that is above a budget, or grew by more than a share, ends a command with a status for a pipeline."""

from __future__ import annotations

import math

from streamfacts.errors import GateClosed, InputError
from streamfacts.words import money


def budget_of(value: float | None) -> float | None:
    """Return a budget [USD/month]; `InputError` for one that is none."""
    if value is not None and not (math.isfinite(value) and value > 0):
        raise InputError("--budget", value, "USD a month, above 0, such as 20000")
    return value


def growth_of(text: str | None) -> float | None:
    """Return by which share a bill may grow [1], from a text such as 10% or 0.1.

    Examples
    --------
    >>> growth_of("10%"), growth_of("0.05"), growth_of(None)
    (0.1, 0.05, None)
    """
    if text is None:
        return None
    try:
        share = float(text.removesuffix("%")) / (100.0 if text.endswith("%") else 1.0)
    except ValueError:
        share = math.nan
    if not (math.isfinite(share) and share >= 0):
        raise InputError("--fail-above", text, "a share of the old bill from 0, such as 10% or 0.1")
    return share


def check_budget(title: str, usd: float | None, budget: float | None) -> None:
    """Raise `GateClosed` for a bill above the budget [USD/month], naming offer, bill and budget.

    Examples
    --------
    >>> check_budget("MSK Standard", 20_510.0, 21_000.0)
    """
    if budget is None or usd is None or usd <= budget:
        return
    raise GateClosed(
        f"{title} costs {money(usd)} USD a month, {money(usd - budget)} above the budget of {money(budget)}"
    )


def check_growth(title: str, old: float | None, new: float | None, allowed: float | None) -> None:
    """Raise `GateClosed` for a bill that grew by more than a share of the old one, naming both and the share."""
    if allowed is None or old is None or new is None or new <= old * (1.0 + allowed):
        return
    by = f"{new / old - 1.0:.1%} more than {money(old)}" if old else "and nothing before"
    raise GateClosed(f"{title} costs {money(new)} USD a month, {by}; at most {allowed:.1%} more is allowed")


__all__ = ["budget_of", "check_budget", "check_growth", "growth_of"]
