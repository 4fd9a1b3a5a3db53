"""The charge: a shared cluster sized once for all, its bill shared out by rules, in whole cents that add up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from capacity import Demand, find_offer, size
from capacity.demand.shared_cluster import together
from capacity.workload.growth import MOST_MONTHS
from pricing import Bill, PriceBook
from streamfacts.arrays import Array
from streamfacts.checks import whole
from streamfacts.errors import InputError, MissingFact, NothingFeasible
from streamplan.analyses.chargeback.cents import Cents, in_cents, largest_remainder
from streamplan.analyses.chargeback.portfolio import Portfolio
from streamplan.analyses.chargeback.rules import Rule, check_drivers, rule_for
from streamplan.analyses.chargeback.shares import Use, share_line
from streamplan.planning.bills import priced
from streamplan.planning.plan import Plan, cost_all, least_cost, plan
from streamplan.planning.terms import Terms, Told

if TYPE_CHECKING:
    import pandas as pd


BASES = ("average", "peak")
IDLE = ("apart", "spread")
#: The two accounts that belong to nobody: kept for failures, peaks and growth of data; and bought beyond that.
RESERVE, SPARE = "reserve", "spare"


@dataclass(frozen=True)
class Shared:
    """One line of the bill with how it was shared: by what, and whether it was all used."""

    entry: Any
    rule: Rule
    driver: str
    used: Array
    needed: Array


@dataclass(frozen=True)
class Chargeback:
    """A shared cluster and what each application owes of it.

    Attributes
    ----------
    plan : the configuration bought, at the month of the largest peak
    bill : of all months, costs of shape (months,) [USD a month]
    lines : the lines of the bill with their driver
    cents : by line, account and month; accounts are the applications, then reserve and spare [cent]
    separate : cost of a cluster of its own by team and month [USD]; infinite where it does not fit, NaN without a price
    """

    portfolio: Portfolio
    plan: Plan
    bill: Bill
    lines: tuple[Shared, ...]
    cents: Cents
    separate: Array
    basis: str
    idle: str
    alert_at: float

    @property
    def months(self) -> int:
        return int(self.cents.shape[2])

    @cached_property
    def accounts(self) -> list[tuple[str, str, str]]:
        """(name, team, kind) of every account, in the order of `cents`; those of nobody have no team."""
        own = [(a.name, a.team, "used") for a in self.portfolio.applications]
        return [*own, (RESERVE, "", RESERVE), (SPARE, "", SPARE)]

    @property
    def total(self) -> Cents:
        """The bill by month [cent], which the charges add up to."""
        return np.asarray(self.cents.sum(axis=(0, 1)))

    @cached_property
    def by_team(self) -> Cents:
        """What each team owes by month, shape (teams, months) [cent]."""
        own = self.cents[:, : len(self.portfolio.applications)].sum(axis=0)
        return np.asarray(self.portfolio.groups.astype(np.int64) @ own)

    @property
    def unused(self) -> Cents:
        """Reserve and spare by month, shape (2, months) [cent]; 0 where idle cost is spread over the teams."""
        return np.asarray(self.cents[:, -2:].sum(axis=0))

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row a team, one each for reserve and spare: USD of all months, share, budget, own cluster."""
        import pandas as pd

        months, total = self.months, max(int(self.total.sum()), 1)
        rows = []
        for i, team in enumerate(self.portfolio.teams):
            budget = self.portfolio.budget_of(team)
            own = float(self.separate[i].sum())
            rows.append(
                {
                    "account": team,
                    "kind": "team",
                    "applications": int(self.portfolio.groups[i].sum()),
                    "usd": self.by_team[i].sum() / 100,
                    "share": self.by_team[i].sum() / total,
                    "budget_usd": np.nan if budget is None else budget * months,
                    "own_cluster_usd": own if np.isfinite(own) else np.nan,
                }
            )
        for name, cents in zip((RESERVE, SPARE), self.unused, strict=True):
            rows.append({"account": name, "kind": name, "usd": cents.sum() / 100, "share": cents.sum() / total})
        frame = pd.DataFrame(rows)
        frame["applications"] = frame["applications"].astype("Int64")
        frame.attrs["unit"] = f"USD in {months} months"
        return frame

    @cached_property
    def by_month(self) -> pd.DataFrame:
        """One row a team and month: charge and budget [USD], and `ok`, `near` or `over`; empty without a budget."""
        import pandas as pd

        rows = []
        for i, team in enumerate(self.portfolio.teams):
            budget = self.portfolio.budget_of(team)
            for month, cents in enumerate(self.by_team[i], 1):
                used = np.nan if budget is None else cents / 100 / budget
                alert = "" if budget is None else "over" if used > 1 else "near" if used >= self.alert_at else "ok"
                rows.append(
                    {
                        "team": team,
                        "month": month,
                        "usd": cents / 100,
                        "budget_usd": np.nan if budget is None else budget,
                        "of_budget": used,
                        "alert": alert,
                    }
                )
        return pd.DataFrame(rows)

    @property
    def alerts(self) -> list[str]:
        """A sentence for each team whose charge comes near its budget or over it, with the first month."""
        out = []
        for team, rows in self.by_month.groupby("team", sort=False):
            for alert, words in (("over", "over"), ("near", f"at {self.alert_at:.0%} or more of")):
                hit = rows[rows["alert"] == alert]
                if len(hit):
                    first = hit.iloc[0]
                    out.append(
                        f"{team} is {words} its budget of {first['budget_usd']:,.2f} USD in {len(hit)} of"
                        f" {self.months} month{'' if self.months == 1 else 's'}, first in month {first['month']}"
                        f" with {first['usd']:,.2f}"
                    )
                    break
        return out

    @cached_property
    def charges(self) -> pd.DataFrame:
        """One row a month, line and account with a charge: driver, cents, and the quantity that goes with them."""
        import pandas as pd

        cost = self.cents.sum(axis=1)
        names = pd.DataFrame(self.accounts, columns=["account", "team", "kind"])
        line, account, month = np.nonzero(self.cents)
        cents = self.cents[line, account, month]
        quantity = np.stack([np.broadcast_to(s.entry.usage.quantity, (self.months,)) for s in self.lines])
        frame = pd.DataFrame({"month": month + 1, "line": line})
        for name, of in (
            ("meter", lambda s: s.entry.usage.meter),
            ("sku", lambda s: str(s.entry.usage.sku)),
            ("title", lambda s: s.entry.title),
            ("category", lambda s: s.entry.category),
            ("charged", lambda s: s.rule.charged),
            ("driver", lambda s: s.driver),
            ("unit", lambda s: s.entry.usage.unit),
        ):
            frame[name] = np.array([of(s) for s in self.lines], object)[line]
        for name in ("account", "team", "kind"):
            frame[name] = names[name].to_numpy()[account]
        frame["quantity"] = quantity[line, month] * cents / cost[line, month]
        frame["usd"] = cents / 100
        return frame.sort_values(["month", "line", "account"], kind="stable", ignore_index=True)


def chargeback(
    portfolio: Portfolio,
    platform: str,
    *,
    months: int = 1,
    basis: str = "average",
    idle: str = "apart",
    coincidence: float = 1.0,
    drivers: Mapping[str, str] | None = None,
    alert_at: float = 0.8,
    machine: str | None = None,
    terms: Terms | PriceBook | None = None,
    **told: Unpack[Told],
) -> Chargeback:
    """Size one cluster for a portfolio, price it, and share its bill out.

    The machine is the cheapest for the month of the largest peak; units follow the months. Each line of the bill has a
    driver (`data/chargeback/drivers.csv`): what is metered goes by each application's own quantity; what is bought by
    its share of the resource that is used most, and the part that nobody uses is apart: `reserve` is the headroom for
    failures and peaks, `spare` what was bought beyond it; a fee of the whole cluster goes by bytes.

    Parameters
    ----------
    platform : name of an offer
    months : months from now, 1 to 60; applications follow their growth
    basis : whether average or peak load counts as use of what was bought
    idle : `apart` keeps reserve and spare as accounts of their own; `spread` adds them to the applications, line by
        line in proportion to what each used
    coincidence : how far peaks fall together [1], see `capacity.demand.shared_cluster.together`
    drivers : meter or category to driver, over the table, see `streamplan.analyses.chargeback.rules.DRIVERS`
    alert_at : share of a budget from which a charge is near it [1]
    people : those who run it, with tools and support, at their likely values; on the bill of a team's own cluster too

    Raises
    ------
    InputError
        for an unknown platform, driver, basis or a portfolio that cannot share a cluster.
    MissingFact
        if a price is missing.
    NothingFeasible
        if the offer cannot carry the portfolio.

    Examples
    --------
    >>> two = Portfolio.of(
    ...     [
    ...         {"name": "orders", "team": "shop", "write": "2 MB/s", "message": "1 KiB"},
    ...         {"name": "clicks", "team": "web", "write": "6 MB/s", "message": "1 KiB"},
    ...     ]
    ... )
    >>> c = chargeback(two, "msk-serverless")
    >>> int(c.by_team.sum() + c.unused.sum()) == int(c.total[0])
    True
    """
    whole("months", months, 1, MOST_MONTHS)
    for field, value, allowed in (("basis", basis, BASES), ("idle", idle, IDLE)):
        if value not in allowed:
            raise InputError(field, value, " or ".join(allowed))
    if not 0 < alert_at <= 1:
        raise InputError("alert_at", alert_at, "a share of the budget above 0 and up to 1")
    terms = Terms.of(terms, **told)
    offer = find_offer(platform)
    demand = portfolio.demand(months).replace(region=portfolio.region_at(offer.provider))
    total = together(demand, coincidence=coincidence, own_streams=offer.own_streams)
    chosen = plan(_largest(total), platform, terms, machine=machine)
    if not chosen.feasible:
        raise NothingFeasible(f"{platform} cannot carry this portfolio: {'; '.join(chosen.sizing.violations)}")
    name = chosen.configuration if len(offer.configurations()) > 1 else str(offer.configurations()[0])
    sized = partial(size, machine=name, options=terms.options, hours_per_month=terms.hours_per_month)
    shared = sized(total, platform, clusters=chosen.clusters)
    lift = {} if basis == "peak" else {"peak_ratio": np.ones_like(total.peak_ratio)}
    level = sized(total.replace(**lift), platform, clusters=chosen.clusters)
    alone = demand if basis == "peak" else demand.replace(peak_ratio=np.ones_like(demand.peak_ratio))
    use = Use(demand, sized(alone, platform), shared, level, basis == "peak")
    costs = priced(shared, terms.book, demand.region, terms.people)
    if costs.missing:
        raise MissingFact("; ".join(costs.missing) + "; give it with --price-book")
    check_drivers(drivers or {}, costs.entries)
    lines, exact = _share(use, costs, drivers or {}, idle)
    cents = _whole_cents(costs, exact, months)
    each_team = together(demand, portfolio.groups, coincidence, own_streams=offer.own_streams)
    separate = _separate(each_team, platform, terms)
    return Chargeback(portfolio, chosen, costs, lines, cents, separate, basis, idle, alert_at)


def _largest(total: Demand) -> Demand:
    """The month of the largest peak, as a 0-d demand."""
    shape = total.shape
    month = int(np.argmax(np.broadcast_to(total.peak_wire_bytes_s, shape)))
    arrays = {k: np.asarray(np.broadcast_to(v, shape)[month]) for k, v in total.arrays().items()}
    return total.replace(**arrays)


def _share(use: Use, costs: Bill, drivers: Mapping[str, str], idle: str) -> tuple[tuple[Shared, ...], Array]:
    lines, parts = [], []
    months = use.shape[1:]
    for number, entry in enumerate(costs.entries):
        rule = rule_for(entry, drivers)
        label, weight, used, needed = share_line(use, entry, number, rule)
        share = weight / weight.sum(axis=0)
        cost = np.broadcast_to(entry.cost, months)
        left = (needed - used) * cost, (1.0 - needed) * cost
        if idle == "spread":
            part = np.concatenate([share * cost, np.zeros((2, *months))])
        else:
            part = np.concatenate([share * used * cost, np.stack(left)])
        lines.append(Shared(entry, rule, label, used, needed))
        parts.append(part)
    return tuple(lines), np.stack(parts)


def _whole_cents(costs: Bill, exact: Array, months: int) -> Cents:
    total = np.broadcast_to(in_cents(costs.subtotal), (months,))
    by_line = np.stack([np.broadcast_to(e.cost, (months,)) for e in costs.entries])
    return largest_remainder(exact, largest_remainder(by_line, total), axis=1)


def _separate(each: Demand, platform: str, terms: Terms) -> Array:
    """Cost of a cluster a team, each on the machine that is cheapest over the months, (teams, months) [USD]."""
    costed = cost_all(each, platform, terms)
    cost = np.broadcast_to(costed.sound_cost, (costed.cost.shape[0], *each.shape))
    best = cost.sum(axis=-1).argmin(axis=0)
    own = np.take_along_axis(cost, best[None, :, None], axis=0)[0]
    if not np.isfinite(own).all():
        several = least_cost(each, platform, terms)
        own = np.where(np.isfinite(own).all(axis=-1, keepdims=True), own, np.broadcast_to(several, own.shape))
    return np.asarray(own)
