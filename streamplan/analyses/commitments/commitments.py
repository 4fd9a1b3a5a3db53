"""How much to commit to for one or three years, when the use is uncertain, and what an unused commitment costs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from capacity import Workload, find_offer, size
from capacity.demand.draws import Draws, demand_of, uncertain_inputs
from pricing import Bill, Commitments, PriceBook
from pricing.book import find_meter
from pricing.commitment import TERMS, Commitment, best_reserve, cost_of_reserve, reserve_with_hindsight
from streamfacts.arrays import Array
from streamfacts.errors import InputError, MissingFact
from streamfacts.units import counted_by
from streamplan.planning.bills import priced
from streamplan.planning.joint_draws import drawn_together
from streamplan.planning.least_costs import distinct_months
from streamplan.planning.plan import Plan, plan
from streamplan.planning.present_value import checked_rate, discount_factors
from streamplan.planning.terms import Terms, Told

if TYPE_CHECKING:
    import pandas as pd


#: Commitments that a curve is drawn over.
STEPS = 41


@dataclass(frozen=True)
class CommittedLine:
    """One meter and SKU that can be committed to. Money is as worth today, over the whole term [USD].

    Attributes
    ----------
    rate : the committed rate and where it is from
    on_demand_price : price of a unit on demand [USD]
    use : units in use, shape (draws, months)
    monthly : cost of a unit on demand in each month, shape (months,)
    unit_cost : cost of a committed unit over the term
    reserve : units to commit to
    """

    meter: str
    sku: str
    rate: Commitment
    on_demand_price: float
    use: Array
    monthly: Array
    unit_cost: float
    reserve: float

    @property
    def title(self) -> str:
        """What is committed to, in words."""
        return self.sku or find_meter(self.meter).title

    @property
    def critical_odds(self) -> float:
        """Odds of being used above which one more unit is worth its commitment [1]."""
        return self.unit_cost / float(self.monthly.sum())

    def cost(self, reserve: Any) -> Array:
        """Return the cost with so many units committed to, shape (*reserve, draws)."""
        return cost_of_reserve(self.use, reserve, self.monthly, self.unit_cost)

    @cached_property
    def on_demand(self) -> Array:
        """Cost of each draw without a commitment, shape (draws,)."""
        return self.cost(0.0)

    @cached_property
    def committed(self) -> Array:
        """Cost of each draw with the commitment, shape (draws,)."""
        return self.cost(self.reserve)

    @cached_property
    def hindsight(self) -> Array:
        """Cost of each draw with the commitment that would have been best for it, shape (draws,)."""
        best = reserve_with_hindsight(self.use, self.monthly, self.unit_cost)
        beyond = np.maximum(self.use - best[:, None], 0.0) @ self.monthly
        return np.asarray(best * self.unit_cost + beyond)

    @property
    def regret(self) -> Array:
        """What each draw costs beyond the commitment that would have been best for it, shape (draws,)."""
        return self.committed - self.hindsight

    @property
    def unused(self) -> Array:
        """What each draw pays for committed units that are not in use, shape (draws,)."""
        idle = np.maximum(self.reserve - self.use, 0.0).mean(axis=1)
        return np.asarray(idle * self.unit_cost)

    @cached_property
    def curve(self) -> pd.DataFrame:
        """Expected and P90 cost by units committed to [USD], from none to past what all but 1% of draws use."""
        import pandas as pd

        most = max(1.2 * float(np.quantile(self.use, 0.99)), 1.2 * self.reserve, 1.0)
        steps = np.linspace(0.0, np.ceil(most), STEPS)
        if np.array_equal(self.use, np.round(self.use)):  # machines are whole
            steps = np.unique(np.round(steps))
        steps = np.unique(np.append(steps, self.reserve))
        costs = self.cost(steps)
        return pd.DataFrame(
            {"reserve": steps, "expected_usd": costs.mean(axis=1), "p90_usd": np.quantile(costs, 0.9, axis=1)}
        )


@dataclass(frozen=True)
class CommitmentPlan:
    """What to commit to of one offer, for a term."""

    workload: Workload
    plan: Plan
    years: int
    discount_rate: float
    lines: tuple[CommittedLine, ...]
    without_rate: tuple[str, ...]
    rest: Array | None
    draws: int
    seed: int
    over_limit: int
    inputs: tuple[str, ...]

    @property
    def on_demand(self) -> Array:
        """What all that can be committed to costs on demand, as worth today, shape (draws,) [USD]."""
        return np.asarray(sum((line.on_demand for line in self.lines), np.zeros(())))

    @property
    def committed(self) -> Array:
        """What it costs with the commitment, as worth today, shape (draws,) [USD]."""
        return np.asarray(sum((line.committed for line in self.lines), np.zeros(())))

    @property
    def saving(self) -> Array:
        """What the commitment saves in each draw, negative where it loses, shape (draws,) [USD]."""
        return self.on_demand - self.committed

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row a meter and SKU: how much to commit to, what it saves, what goes unused, and the regret [USD]."""
        import pandas as pd

        rows = []
        for line in self.lines:
            low, middle, high = np.quantile(line.use, [0.1, 0.5, 0.9], method="inverted_cdf")
            rows.append(
                {
                    "meter": line.meter,
                    "sku": line.sku,
                    "kind": line.rate.kind,
                    "payment": line.rate.payment,
                    "unit": line.rate.unit,
                    "on_demand_price": line.on_demand_price,
                    "committed_rate": line.rate.rate,
                    "critical_odds": line.critical_odds,
                    "use_p10": low,
                    "use_p50": middle,
                    "use_p90": high,
                    "reserve": line.reserve,
                    "on_demand_usd": line.on_demand.mean(),
                    "committed_usd": line.committed.mean(),
                    "saving_usd": (line.on_demand - line.committed).mean(),
                    "loses_in": (line.committed > line.on_demand + 1e-6).mean(),
                    "unused_usd": line.unused.mean(),
                    "regret_usd": line.regret.mean(),
                    "regret_p90_usd": np.quantile(line.regret, 0.9, method="inverted_cdf"),
                    "regret_of_none_usd": (line.on_demand - line.hindsight).mean(),
                    "as_of": line.rate.as_of,
                    "confidence": line.rate.confidence,
                    "source": line.rate.source,
                    "note": line.rate.note,
                }
            )
        return pd.DataFrame(rows)


def commit(
    workload: Workload,
    platform: str,
    years: int = 1,
    *,
    draws: int = 4096,
    seed: int = 0,
    discount_rate: float = 0.0,
    rates: Commitments | None = None,
    machine: str | None = None,
    terms: Terms | PriceBook | None = None,
    **told: Unpack[Told],
) -> CommitmentPlan:
    """Return how much of an offer to commit to, over draws of all uncertain inputs and all months of the term.

    The machine is the cheapest on demand for the likely demand at the end of the term, or the one given; its number
    follows each draw and month, as on demand it may. A commitment is made once, today, for the whole term.

    Parameters
    ----------
    years : term of the commitment, 1 or 3
    discount_rate : effective rate a year [1]; 0 adds up the months as they are
    rates : committed rates; those of `data/commitments/` if left out
    people : those who run it, in `rest` and in the choice of the machine; support goes by prices on demand

    Raises
    ------
    InputError
        for another term, or as `streamplan.risk.risk` does.
    MissingFact
        if no rate is known for anything that the offer bills, or a price on demand is missing.

    Examples
    --------
    >>> w = Workload(write={"low": "50 MB/s", "likely": "100 MB/s", "high": "200 MB/s"}, message="1 KiB")
    >>> found = commit(w, "kafka-ec2-ebs", 3, draws=64)
    >>> bool(found.saving.mean() > 0)
    True
    """
    if isinstance(years, bool) or years not in TERMS:
        raise InputError("years", years, " or ".join(map(str, TERMS)))
    checked_rate(discount_rate)
    terms, rates = Terms.of(terms, **told), rates or Commitments.load()
    book, hours_per_month = terms.book, terms.hours_per_month
    months, offer = 12 * years, find_offer(platform)
    region = workload.region_at(offer.provider) or workload.region
    staff = None if terms.people is None else terms.people.of([offer])
    likely = demand_of(workload, Draws({}, 1, seed), months).replace(region=region)
    last = {k: np.asarray(np.broadcast_to(v, (1, months))[0, -1]) for k, v in likely.arrays().items()}
    held = plan(likely.replace(**last), platform, terms.run_by(staff), machine=machine)
    if not held.feasible:
        return CommitmentPlan(workload, held, years, discount_rate, (), (), None, draws, seed, draws, ())
    drawn, staff = drawn_together(workload, months, draws, seed, staff)
    demand = distinct_months(drawn.replace(region=region))
    one = held.configuration if len(offer.configurations()) > 1 else str(offer.configurations()[0])
    sizing = size(
        demand,
        platform,
        machine=one,
        clusters=held.clusters,
        options=terms.options,
        hours_per_month=hours_per_month,
    )
    bought = priced(sizing, book, region, staff)
    worth = discount_factors(months, discount_rate)
    lines, without, committed = [], [], np.zeros((draws, months))
    for (meter, sku), quantity in _units(bought).items():
        rate, tiers = rates.find(meter, sku, region, years), book.find(meter, sku, region)
        if rate is None or len(tiers) != 1:
            without.append(f"{meter} {sku}".strip())
            continue
        quantity = np.broadcast_to(quantity, (draws, months))
        monthly = worth * tiers[0].price * hours_per_month
        paid = float(months) if rate.payment == "all-upfront" else float(worth.sum())
        unit_cost = rate.rate * hours_per_month * paid
        use = quantity / hours_per_month
        reserve = best_reserve(use, monthly, unit_cost)
        lines.append(CommittedLine(meter, sku, rate, tiers[0].price, use, monthly, unit_cost, reserve))
        committed = committed + quantity * tiers[0].price
    if not lines:
        raise MissingFact(
            f"no committed rate of {years} year{'s' if years > 1 else ''} is known in {region} for what {platform}"
            f" bills ({', '.join(without) or 'nothing by the hour'}); --rates takes a file of your own"
        )
    rest = None
    if not bought.incomplete.any():
        rest = np.asarray((np.broadcast_to(bought.subtotal, (draws, months)) - committed) @ worth)
    over = int((~np.broadcast_to(sizing.feasible, (draws, months))).any(axis=1).sum())
    inputs = (*uncertain_inputs(workload, months), *(staff.inputs if staff else ()))
    return CommitmentPlan(
        workload, held, years, discount_rate, tuple(lines), tuple(without), rest, draws, seed, over, inputs
    )


def _units(bought: Bill) -> dict[tuple[str, str], Array]:
    """Hours on each meter and SKU of what computes and is billed by the hour, over all lines of the bill."""
    out: dict[tuple[str, str], Array] = {}
    for entry in bought.entries:
        hourly = entry.category == "compute" and counted_by(entry.usage.unit)[1] == "hour"
        if hourly and np.any(entry.usage.quantity > 0):
            key = (entry.usage.meter, str(entry.usage.sku))
            out[key] = out.get(key, np.zeros(())) + entry.usage.quantity
    return out
