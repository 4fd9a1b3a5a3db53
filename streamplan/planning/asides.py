"""Asides: what a choice that is left at its default would save on a plan, priced on the plan's own machines."""

from __future__ import annotations

from capacity import size
from capacity.sizing.follower_fetch import FOLLOWER_FETCH
from pricing import bill
from streamfacts.words import money
from streamplan.planning.planned import Planned

#: Savings below this are not worth a sentence [USD/month].
LEAST = 0.5


def follower_fetch_usd(plan: Planned) -> float | None:
    """Return what reading in one's own zone would save on the same machines [USD/month].

    None where the offer has no such choice, where it is made already, and where there is no cost.
    """
    name, options = FOLLOWER_FETCH.name, dict(plan.sizing.options)
    offered = FOLLOWER_FETCH in plan.offer.options and not options[name]
    if not offered or plan.monthly_usd is None:
        return None
    near = size(
        plan.sizing.demand,
        plan.offer.name,
        machine=plan.configuration,
        units=float(plan.sizing.units),
        options={**options, name: True},
        hours_per_month=plan.bill.hours_per_month,
        brief=True,
    )
    meters = {line.meter for line in near.usage}  # those who run it stay as they are
    far_usd = sum(float(entry.cost) for entry in plan.bill.entries if entry.usage.meter in meters)
    return far_usd - float(bill(near.usage, plan.bill.book, region=plan.bill.region).subtotal)


def asides(plan: Planned) -> tuple[str, ...]:
    """Return sentences on what defaults leave on the table, each with its sum; none where they leave nothing.

    Examples
    --------
    >>> from capacity import Workload
    >>> from streamplan.planning.plan import plan
    >>> asides(plan(Workload(write="100 MB/s", message="1 KiB", fan_out=3), "msk-express"))[0][:36]
    'follower_fetch would save 9,913 USD '
    """
    usd = follower_fetch_usd(plan)
    if usd is None or usd < LEAST:
        return ()
    return (
        f"{FOLLOWER_FETCH.name} would save {money(usd)} USD a month: consumers read in their own zone (KIP-392); it is "
        "off, as in Kafka by default",
    )
