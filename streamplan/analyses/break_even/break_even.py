"""Break-even: where the cheapest offer is another one, over two inputs of a workload.

Every offer is costed on a grid of both inputs at once, each point with what is cheapest there. Along each row of the
grid the points at which another offer becomes the cheapest are then found by bisection on the same costs, so that a
flip has a number and not only a place between two points of the grid.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
from numpy.typing import NDArray

from capacity import Demand, Range, Workload, find_offer, offers_for
from capacity.demand.draws import Draws, asked_inputs, demand_of
from pricing import PriceBook
from streamfacts.arrays import Array
from streamfacts.checks import whole
from streamfacts.errors import InputError, NothingFeasible, unknown_name
from streamfacts.units import human, parse
from streamplan.planning.least_costs import draw_costs
from streamplan.planning.terms import Terms, Told
from streamplan.runtime.progress import counted

if TYPE_CHECKING:
    import pandas as pd


Winners = NDArray[np.int64]

#: The axis of what the people cost who run an offer oneself [USD/month]; no input of the workload.
TEAM = "team"
#: Families that somebody has to run.
#: Bisections of a step of the grid: a flip is exact to the step divided by 2 to this.
BISECTIONS = 40
#: The grid reaches from the likely value divided by this to the likely value times this, if no ends are given.
REACH = 30.0
MOST_STEPS = 200

_KINDS = {"bytes/s": "rate", "records/s": "record rate", "bytes": "size", "seconds": "duration"}


@dataclass(frozen=True)
class Axis:
    """One input on a logarithmic scale: its values in the canonical unit, and where the workload is on it."""

    name: str
    unit: str
    values: Array
    own: float

    def text(self, value: float) -> str:
        """Return a value with its unit for a person."""
        return f"{value:,.0f} USD/month" if self.name == TEAM else human(float(value), self.unit)


@dataclass(frozen=True)
class BreakEven:
    """Where offers are the cheapest.

    Attributes
    ----------
    usd : cost a month of each offer, shape (offers, y, x) [USD]; infinite where it does not fit or has no price
    flips : one row a flip along x: the `y` of its row, the exact `x` [canonical units], the cheapest below and above
    own_flips : the same through the workload's own point, along either axis
    """

    workload: Workload
    x: Axis
    y: Axis
    offers: tuple[str, ...]
    usd: Array
    flips: pd.DataFrame
    own_flips: pd.DataFrame

    @cached_property
    def winner(self) -> Winners:
        """Index of the cheapest offer, shape (y, x); -1 where none fits."""
        return _winner(self.usd)

    @property
    def winners(self) -> list[str]:
        """The offers that are the cheapest somewhere, the largest area first."""
        found, counts = np.unique(self.winner[self.winner >= 0], return_counts=True)
        return [self.offers[i] for i in found[np.argsort(-counts, kind="stable")]]

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row a point of the grid: the cheapest offer, its cost, and the next one's [USD/month]."""
        import pandas as pd

        best = np.sort(self.usd, axis=0)
        second = self.usd.argsort(axis=0)[1] if len(self.offers) > 1 else np.zeros(self.winner.shape, int)
        next_usd = best[1] if len(self.offers) > 1 else np.full(self.winner.shape, np.inf)
        x, y = np.meshgrid(self.x.values, self.y.values)
        frame = pd.DataFrame(
            {
                "x": x.ravel(),
                "y": y.ravel(),
                "platform": [self.offers[i] if i >= 0 else "" for i in self.winner.ravel()],
                "usd": best[0].ravel(),
                "next": [self.offers[i] for i in second.ravel()],
                "next_usd": next_usd.ravel(),
            }
        )
        frame.loc[~np.isfinite(frame["usd"]), "usd"] = np.nan
        frame.loc[~np.isfinite(frame["next_usd"]), "next_usd"] = np.nan
        frame.loc[frame["next_usd"].isna(), "next"] = ""
        return frame


def axis(workload: Workload, name: str, ends: Sequence[Any] | None = None, steps: int = 24) -> Axis:
    """Return an axis over an input of the demand, or over `team`.

    Parameters
    ----------
    ends : smallest and largest value in any unit; the likely value over and times `REACH` if left out

    Raises
    ------
    InputError
        for an input that the workload does not have, or ends that are no two rising values above 0.

    Examples
    --------
    >>> w = Workload(write="10 MB/s", message="1 KiB")
    >>> axis(w, "write", ["1 MB/s", "100 MB/s"], 3).values.tolist()
    [1000000.0, 10000000.0, 100000000.0]
    """
    whole("steps", steps, 2, MOST_STEPS)
    inputs = asked_inputs(workload)
    if name == TEAM:
        unit, own = "USD/month", np.nan
        if ends is None:
            raise InputError("ends of team", None, "two amounts in USD a month, such as 1000 and 100000")
    elif name in inputs and name in Workload.quantities():
        unit, own = Workload.unit_of(name), inputs[name].likely
    else:
        raise unknown_name("axis", name, [*(n for n in inputs if n in Workload.quantities()), TEAM])
    if ends is None:
        if not own > 0:
            raise InputError(f"ends of {name}", None, "two values, as the workload has 0 there")
        low, high = (_or_own(workload, name, value, own) for value in (own / REACH, own * REACH))
    else:
        low, high = (_value(name, unit, value) for value in _two(name, ends))
        if name != TEAM:
            _check(workload, name, low)
            _check(workload, name, high)
    if not 0 < low < high:
        raise InputError(f"ends of {name}", ends, "two values above 0, the smaller one first")
    return Axis(name, unit, np.geomspace(low, high, steps), own)


def break_even(
    workload: Workload,
    x: str = "write",
    y: str = "retention",
    *,
    x_ends: Sequence[Any] | None = None,
    y_ends: Sequence[Any] | None = None,
    steps: int = 24,
    only: Iterable[str] | None = None,
    fixed_usd: Mapping[str, float] | None = None,
    terms: Terms | PriceBook | None = None,
    **told: Unpack[Told],
) -> BreakEven:
    """Return which offer is the cheapest over two inputs, everything else at its likely value.

    Offers that are closed to new customers are left out unless `only` names them. With `write` as an axis a peak that
    is given as bytes a second keeps its ratio to the average. Two flips within one step of the grid are seen as one.

    Parameters
    ----------
    x, y : inputs that the workload's demand takes (write, retention, fan_out, message ...), or `team`: what the people
        cost who run what one runs oneself [USD/month]
    x_ends, y_ends : smallest and largest value, in any unit
    steps : points of the grid along each axis
    fixed_usd : offer to a cost a month on top of its bill, such as people or support [USD]
    people : staff, training and tools to count, see `streamplan.planning.people`

    Raises
    ------
    InputError
        for an unknown axis, offer or option, or a cost that is no amount.
    NothingFeasible
        if no offer fits and is priced anywhere on the grid.

    Examples
    --------
    >>> w = Workload(write="10 MB/s", message="1 KiB")
    >>> kinesis = ["kinesis-on-demand-standard", "kinesis-on-demand-advantage"]
    >>> sorted(break_even(w, x_ends=["1 MB/s", "100 MB/s"], only=kinesis, steps=8).winners)
    ['kinesis-on-demand-advantage', 'kinesis-on-demand-standard']
    """
    import pandas as pd

    if x == y:
        raise InputError("axes", x, "two different inputs")
    across, up = axis(workload, x, x_ends, steps), axis(workload, y, y_ends, steps)
    terms = Terms.of(terms, **told)
    open_offers = [name for name, offer in offers_for(workload).items() if not offer.closed]
    names = tuple(dict.fromkeys(only)) if only else tuple(open_offers)
    fixed = _fixed(fixed_usd or {}, names)
    own = terms.for_each([find_offer(name) for name in names])

    def costs(offers: Sequence[str], at_x: Array, at_y: Array, what: str = "") -> Array:
        demand, team = _demand(workload, {x: at_x, y: at_y})
        out = np.empty((len(offers), len(at_x)))
        for i, name in enumerate(counted(offers, what)):
            offer = find_offer(name)
            region = workload.region_at(offer.provider) or workload.region
            usd = draw_costs(demand.replace(region=region), name, own[name]).usd[:, 0]
            out[i] = np.where(np.isnan(usd), np.inf, usd) + fixed.get(name, 0.0)
            if offer.self_managed:
                out[i] += team
        return out

    grid_x, grid_y = np.meshgrid(across.values, up.values)
    usd = costs(names, grid_x.ravel(), grid_y.ravel(), "Costs over the map").reshape(len(names), *grid_x.shape)
    if not np.isfinite(usd).any():
        raise NothingFeasible("no offer fits and is priced anywhere on the grid")
    found = _flips(costs, names, usd, across, up)
    through = [_through(costs, names, across, up), _through(lambda o, a, b: costs(o, b, a), names, up, across)]
    parts = [part for part in through if len(part)]
    own_flips = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*_FLIP_COLUMNS, "along"])
    return BreakEven(workload, across, up, names, usd, found, own_flips)


def _through(costs: Any, names: Sequence[str], along: Axis, other: Axis) -> pd.DataFrame:
    """The flips along one axis with the other at the workload's own value; none where it has no such value."""
    if np.isnan(other.own):
        return _flips(costs, names, np.full((len(names), 1, 1), np.inf), replace(along, values=along.values[:1]), other)
    row = replace(other, values=np.array([other.own]))
    usd = costs(names, along.values, np.full(len(along.values), other.own))[:, None]
    return _flips(costs, names, usd, along, row).assign(along=along.name)


_FLIP_COLUMNS = ("row", "at", "below", "above", "usd")


def _flips(costs: Any, names: Sequence[str], usd: Array, across: Axis, up: Axis) -> pd.DataFrame:
    """Every change of the cheapest offer between neighbours along x, narrowed down all at once.

    The lower end keeps the offer that is the cheapest at the lower grid point and the upper end one at which it is not.
    """
    import pandas as pd

    winner = _winner(usd)
    row, column = np.nonzero(winner[:, 1:] != winner[:, :-1])
    below = winner[row, column]
    low, high = np.log(across.values[column]), np.log(across.values[column + 1])
    if not len(row):
        return pd.DataFrame(columns=list(_FLIP_COLUMNS))
    used = sorted(set(winner[winner >= 0].tolist()))
    names_used, at_y = [names[i] for i in used], up.values[row]
    place = np.full(len(names) + 1, -1)
    place[used] = np.arange(len(used))
    for _ in counted(
        range(BISECTIONS), "Flips"
    ):  # each narrows every flip of every row down by half, in one evaluation
        middle = 0.5 * (low + high)
        same = _winner(costs(names_used, np.exp(middle), at_y)) == place[below]
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    at = np.exp(high)
    there = costs(names_used, at, at_y)
    above = _winner(there)
    return pd.DataFrame(
        {
            "row": at_y,
            "at": at,
            "below": [names[i] if i >= 0 else "" for i in below],
            "above": [names_used[i] if i >= 0 else "" for i in above],
            "usd": np.where(above >= 0, there.min(axis=0), np.nan),
        }
    )


def _winner(usd: Array) -> Winners:
    return np.where(np.isfinite(usd.min(axis=0)), usd.argmin(axis=0), -1)


def _demand(workload: Workload, at: Mapping[str, Array]) -> tuple[Demand, Any]:
    """The demand of shape (points, 1) at these values of the axes, and what the team costs there [USD]."""
    values = {name: value for name, value in at.items() if name != TEAM}
    n = len(next(iter(at.values())))
    if "write" in values and workload.peak_write is not None and workload.write is not None and "peak_write" not in at:
        values["peak_write"] = values["write"] * (workload.peak_write.likely / workload.write.likely)
    demand = demand_of(workload, Draws(values, n, 0))
    return demand.replace(**{k: v[:, None] for k, v in demand.arrays().items() if v.ndim}), at.get(TEAM, 0.0)


def _check(workload: Workload, name: str, value: float) -> None:
    """Raise `InputError` if a field of the workload does not take a value."""
    fields = {name: Range(value, value, value)}
    if name == "write" and workload.peak_write is not None:
        fields["peak_write"] = fields[name]
    workload.replace(**fields)


def _or_own(workload: Workload, name: str, value: float, own: float) -> float:
    """The value, or the workload's own where the field does not take it."""
    try:
        _check(workload, name, value)
    except InputError:
        return own
    return value


def _value(name: str, unit: str, value: Any) -> float:
    if unit in _KINDS:
        return parse(value, _KINDS[unit], name)
    allowed = "a number above 0"
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise InputError(name, value, allowed) from None
    if isinstance(value, bool) or not 0 < number < 1e15:
        raise InputError(name, value, allowed)
    return number


def _two(name: str, ends: Sequence[Any]) -> tuple[Any, Any]:
    if isinstance(ends, str) or len(ends) != 2:
        raise InputError(f"ends of {name}", ends, "two values, the smaller one first")
    return ends[0], ends[1]


def _fixed(given: Mapping[str, float], names: Sequence[str]) -> dict[str, float]:
    out = {}
    for name, value in given.items():
        if name not in names:
            raise unknown_name("fixed cost of", name, names)
        out[name] = _amount(name, value)
    return out


def _amount(name: str, value: Any) -> float:
    allowed = "USD a month, 0 or more"
    try:
        amount = float(value)
    except (TypeError, ValueError):
        raise InputError(f"fixed cost of {name}", value, allowed) from None
    if isinstance(value, bool) or not 0 <= amount < 1e12:
        raise InputError(f"fixed cost of {name}", value, allowed)
    return amount
