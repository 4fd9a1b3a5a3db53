"""A published rule, the registry of all of them, and their constants."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capacity.demand.demand import Demand
from capacity.rules.opinion import Opinion
from capacity.sizing.machines import MachineTable
from capacity.sizing.offer import Option
from streamfacts.errors import MissingFact, unknown_name
from streamfacts.tables import Fact, read_rows
from streamfacts.units import factor

#: Canonical units of the units in which rules state rates and sizes.
CANONICAL = {
    "MB/s": "byte/second",
    "MiB/s": "byte/second",
    "Gb/s": "byte/second",
    "GB": "byte",
    "MB": "byte",
    "TB": "byte",
    "GiB": "byte",
    "TiB": "byte",
    "KB": "byte",
}


@dataclass(frozen=True)
class Rule:
    """One published rule.

    Parameters
    ----------
    name : key of the registry and of its constants in `data/model/rules.csv`
    author : who published it
    about : the platform it is about, in words
    source : where to read it
    valid : its published range, in words; empty where the author states none
    apply : turns a `Demand` of any shape into an `Opinion`
    notes : how it was read where the source leaves room, and what it leaves out
    against : the offer of ours that it is held against
    options : what the published tool lets its user set, which `apply` takes by name
    """

    name: str
    title: str
    author: str
    about: str
    source: str
    apply: Callable[..., Opinion]
    valid: str = ""
    notes: tuple[str, ...] = ()
    against: str = "kafka-ec2-ebs"
    options: tuple[Option, ...] = ()

    def say(self, demand: Demand, given: Mapping[str, Any] | None = None) -> Opinion:
        """Return the opinion on a demand, with the rule's options where any are given.

        Raises
        ------
        InputError
            for an option that the rule does not have, or a value that its tool does not take.
        """
        known = {option.name: option for option in self.options}
        for name in given or {}:
            if name not in known:
                raise unknown_name(f"option of {self.name}", name, known)
        return self.apply(demand, **{name: known[name].check(value) for name, value in (given or {}).items()})


@cache
def rules() -> dict[str, Rule]:
    """Return every rule by name, found in the modules of `capacity.rules`.

    Examples
    --------
    >>> "redpanda" in rules()
    True
    """
    package = importlib.import_module("capacity.rules")
    found: dict[str, Rule] = {}
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda m: m.name):
        for rule in getattr(importlib.import_module(f"{package.__name__}.{module.name}"), "RULES", ()):
            if rule.name in found:
                raise ValueError(f"two rules are called {rule.name}")
            found[rule.name] = rule
    return found


def find_rule(name: str) -> Rule:
    """Return a rule; raises `InputError` with the nearest names if there is none of that name."""
    if name not in rules():
        raise unknown_name("rule", name, rules())
    return rules()[name]


@cache
def _constants() -> dict[tuple[str, str], Fact]:
    return {
        (row["rule"], row["name"]): Fact(
            f"{row['rule']} {row['name']}",
            row["value"],
            row["unit"],
            row["source"],
            row["as_of"],
            row["confidence"],
            row["note"],
        )
        for row in read_rows("model/rules")
    }


def constant(rule: str, name: str) -> Fact:
    """Return one constant of a rule, a row of `data/model/rules.csv`."""
    try:
        return _constants()[rule, name]
    except KeyError:
        raise MissingFact(f"no constant {name!r} of rule {rule!r} in data/model/rules.csv") from None


def constants(rule: str) -> list[Fact]:
    """Return every constant of a rule."""
    return [fact for (name, _), fact in _constants().items() if name == rule]


def value(rule: str, name: str) -> float:
    """Return a constant in canonical units: rates in byte/s, sizes in byte, others as they are."""
    fact = constant(rule, name)
    canonical = CANONICAL.get(fact.unit)
    return float(fact) * (factor(fact.unit, canonical) if canonical else 1.0)


def column(table: MachineTable, name: str, demand: Demand) -> NDArray[np.float64]:
    """Return a column of a machine table, shaped to broadcast against a demand: (machines, 1, ...)."""
    values = np.asarray(table[name], float)
    return values.reshape(values.shape + (1,) * len(demand.shape))


def round_up(units: NDArray[np.float64], multiple: float = 1.0) -> NDArray[np.float64]:
    """Return units rounded up to a multiple; a billionth above is no further unit."""
    return np.asarray(np.ceil(np.asarray(units) / multiple - 1e-9) * multiple)
