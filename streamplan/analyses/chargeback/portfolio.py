"""A portfolio: topics or applications with the team that owns each, from CSV or YAML."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capacity import Demand, Workload
from capacity.demand.draws import Draws, demand_of
from capacity.demand.shared_cluster import stack
from capacity.workload.workload import NAME, NAME_ALLOWED
from streamfacts.errors import InputError, naming, unknown_name
from streamfacts.reading import read_cell, read_csv, read_mapping
from streamfacts.tables import data_dir

#: What a row may say besides the fields of a workload.
OWN = ("name", "team", "budget")
#: More rows than any inventory of topics that a person keeps.
MOST_APPLICATIONS = 20_000


@dataclass(frozen=True)
class Application:
    """A topic or application on a shared cluster, with its owner and its budget [USD a month]."""

    name: str
    team: str
    workload: Workload
    budget: float | None = None


@dataclass(frozen=True)
class LeftOut:
    """A row that is no application: where it stands, what it says of its name and team, and why it is left out."""

    where: str
    name: str
    team: str
    problem: InputError


@dataclass(frozen=True)
class Portfolio:
    """Applications that share a cluster.

    Parameters
    ----------
    applications : one or more, each of a name of its own
    budgets : team to USD a month; where a team has none here, the sum of its applications' budgets
    left_out : rows that could not be used, of which nothing is sized or charged
    """

    name: str
    applications: tuple[Application, ...]
    budgets: Mapping[str, float] = field(default_factory=dict)
    left_out: tuple[LeftOut, ...] = ()

    def __post_init__(self) -> None:
        if not self.applications:
            raise InputError("applications", "none", "at least one row with a name and a team")
        names: set[str] = set()
        for application in self.applications:
            if application.name in names:
                raise InputError("name", application.name, "a name of its own for every application")
            names.add(application.name)
        known = {*self.teams, *(row.team for row in self.left_out)}
        for team in self.budgets:
            if team not in known:
                raise unknown_name("budgets", team, known)

    @cached_property
    def teams(self) -> tuple[str, ...]:
        """The teams in the order in which they come up."""
        return tuple(dict.fromkeys(a.team for a in self.applications))

    @cached_property
    def groups(self) -> NDArray[np.float64]:
        """1 where an application is a team's, shape (teams, applications) [1]."""
        owners = np.array([a.team for a in self.applications])
        return np.asarray(np.array(self.teams)[:, None] == owners[None, :], float)

    @property
    def region(self) -> str:
        return self.applications[0].workload.region

    def region_at(self, provider: str) -> str:
        """Return the region to use at a provider, as the applications' workloads have it."""
        return self.applications[0].workload.region_at(provider) or self.region

    def budget_of(self, team: str) -> float | None:
        """Return what a team may spend [USD a month], None where nobody said."""
        if team in self.budgets:
            return self.budgets[team]
        own = [a.budget for a in self.applications if a.team == team and a.budget is not None]
        return sum(own) if own else None

    def demand(self, months: int = 1) -> Demand:
        """Return the likely demand of every application by month, shape (applications, months)."""
        one = Draws({}, 1, 0)
        demands = []
        for application in self.applications:
            d = demand_of(application.workload, one, months)
            demands.append(d.replace(**{k: np.broadcast_to(v, (1, months))[0] for k, v in d.arrays().items()}))
        return stack(demands)

    @classmethod
    def load(cls, path: str | Path, *, strict: bool = True) -> Portfolio:
        """Read a CSV (a row an application) or a YAML file (`applications`, `budgets`, defaults of all workloads).

        Raises
        ------
        InputError
            naming the row and field that is unusable; without `strict` such a row is left out alone (`left_out`), and
            only a file without a usable row is an error.
        """
        path = Path(path)
        if path.suffix.lower() in (".yaml", ".yml"):
            data = read_mapping(path, "portfolio")
            rows, budgets = data.pop("applications", None), data.pop("budgets", {})
            if not isinstance(rows, list):
                raise InputError("applications", rows, "a list of applications, each with name, team and workload")
            if not isinstance(budgets, Mapping):
                raise InputError("budgets", budgets, "a mapping of team to USD a month")
            name = str(data.pop("name", path.stem))
            with naming(path.name):
                return cls.of(rows, name=name, defaults=data, budgets=budgets, strict=strict)
        places, found = _csv_rows(path)
        return cls.of(found, name=path.stem, strict=strict, places=places)

    @classmethod
    def of(
        cls,
        rows: Iterable[Any],
        *,
        name: str = "portfolio",
        defaults: Mapping[str, Any] | None = None,
        budgets: Mapping[str, Any] | None = None,
        strict: bool = True,
        places: Sequence[str] = (),
    ) -> Portfolio:
        """Return a portfolio of rows: `name`, `team`, `budget` and the fields of a `Workload`; `defaults` for all.

        `places` says where each row of a table stands; its cells are then read as `read_cell` does. Without `strict` a
        row that cannot be used is left out alone.

        Examples
        --------
        >>> p = Portfolio.of([{"name": "orders", "team": "shop", "write": "5 MB/s"}])
        >>> p.teams, p.applications[0].workload.write.likely
        (('shop',), 5000000.0)
        """
        applications: dict[str, Application] = {}
        left_out: list[LeftOut] = []
        for number, row in enumerate(rows, 1):
            where = places[number - 1] if places else f"application {number}"
            try:
                one = _application(where, row, defaults or {}, cells=bool(places))
                if one.name in applications:
                    raise InputError(f"{where}: name", one.name, "a name of its own for every application")
                applications[one.name] = one
            except InputError as problem:
                said = row if isinstance(row, Mapping) else {}
                left_out.append(LeftOut(where, str(said.get("name", "")), str(said.get("team", "")), problem))
        if left_out and (strict or not applications):
            raise left_out[0].problem
        known = {str(team): _usd(f"budgets.{team}", value) for team, value in (budgets or {}).items()}
        return cls(_named("name", name), tuple(applications.values()), known, tuple(left_out))


def _application(where: str, row: Any, defaults: Mapping[str, Any], *, cells: bool) -> Application:
    if isinstance(row, InputError):
        raise row
    if not isinstance(row, Mapping):
        raise InputError(where, row, "a mapping with name, team and the fields of a workload")
    fields = {**defaults, **{k: v for k, v in row.items() if v is not None and v != ""}}
    for required in ("name", "team"):
        if required not in fields:
            raise InputError(f"{where}: {required}", "not given", "a name on every application")
    name, team = (_named(f"{where}: {k}", fields.pop(k)) for k in ("name", "team"))
    budget = fields.pop("budget", None)
    unknown = [k for k in fields if k not in Workload.model_fields]
    if unknown:
        raise unknown_name(f"{where} ({name}): field", str(unknown[0]), {*Workload.model_fields, *OWN})
    try:
        if cells:
            fields = {k: read_cell(v, k) for k, v in fields.items()}
        workload = Workload(name=name, **fields)
    except InputError as error:
        raise InputError(f"{where} ({name}): {error.field}", error.value, error.allowed) from None
    return Application(name, team, workload, None if budget is None else _usd(f"{where} ({name}): budget", budget))


def _named(field_name: str, value: Any) -> str:
    text = str(value).strip()
    if not re.match(NAME, text) or ".." in text:
        raise InputError(field_name, value, NAME_ALLOWED)
    return text


def _usd(field_name: str, value: Any) -> float:
    allowed = "USD a month above 0"
    try:
        amount = float(value)
    except (TypeError, ValueError, OverflowError):
        raise InputError(field_name, value, allowed) from None
    if isinstance(value, bool) or not (math.isfinite(amount) and amount > 0):
        raise InputError(field_name, value, allowed)
    return amount


def _csv_rows(path: Path) -> tuple[list[str], list[Any]]:
    """Return where each row stands, and its cells or the problem with it."""
    table = read_csv(path, "portfolio", ragged=True)
    if len(table.lines) > MOST_APPLICATIONS:
        raise InputError("portfolio", str(path), f"at most {MOST_APPLICATIONS:,} rows")
    return [f"{path.name} row {line.number}" for line in table.lines], [
        line.problem or dict(line.cells) for line in table.lines
    ]


def shipped_portfolios() -> dict[str, Path]:
    """Return the shipped portfolios by name."""
    return {path.stem: path for path in sorted((data_dir() / "portfolios").glob("*.yaml"))}


def open_portfolio(path_or_name: str | Path) -> Portfolio:
    """Return a portfolio from a file or, if there is no such file, the shipped one of that name.

    A row that cannot be used is left out alone, and `left_out` says why.
    """
    shipped = shipped_portfolios()
    name = str(path_or_name)
    if name in shipped and not Path(path_or_name).exists():
        return Portfolio.load(shipped[name])
    if Path(name).suffix.lower() not in (".csv", ".yaml", ".yml"):
        raise unknown_name("portfolio (no .csv or .yaml file, and no shipped one)", name, shipped)
    return Portfolio.load(path_or_name, strict=False)
