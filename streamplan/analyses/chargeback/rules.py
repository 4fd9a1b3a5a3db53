"""By what each line of a bill is shared out: the rules of `data/chargeback/drivers.csv`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from pricing.billing import BillLine
from streamfacts.errors import InputError, MissingFact, unknown_name
from streamfacts.tables import read_rows

#: Drivers by name, each with what an application's share is in proportion to.
DRIVERS: dict[str, str] = {
    "own": "its own quantity on that meter",
    "busiest": "its demand on the resource that is used most of what was bought",
    "bytes": "bytes written and read",
    "bytes_in": "bytes written",
    "bytes_out": "bytes read",
    "stored": "bytes kept",
    "records": "records written",
    "partitions": "partitions",
    "even": "an equal part for each application",
}
#: How a meter charges: for what is used, for what is bought (which may idle), or a fee whatever the load.
CHARGED = ("metered", "bought", "fixed")


@dataclass(frozen=True, slots=True)
class Rule:
    """How one line is shared: whether it can idle, by what driver, and which kind of units it pays for."""

    charged: str
    driver: str
    pool: str
    source: str
    note: str


@cache
def _rules() -> tuple[tuple[dict[str, str], Rule], ...]:
    out = []
    for row in read_rows("chargeback/drivers"):
        key = {k: row[k] for k in ("meter", "sku", "role")}
        rule = Rule(*(row[k] for k in ("charged", "driver", "pool", "source", "note")))
        if rule.charged not in CHARGED or rule.driver not in DRIVERS:
            raise InputError(f"chargeback/drivers.csv: {key['meter']}", rule, f"{CHARGED} and one of {list(DRIVERS)}")
        out.append((key, rule))
    return tuple(out)


def rule_for(line: BillLine, own: Mapping[str, str] | None = None) -> Rule:
    """Return the rule of a line: the most special row of the table that fits; `own` drivers go before it.

    Parameters
    ----------
    own : meter or category to the name of a driver, see `DRIVERS`

    Raises
    ------
    MissingFact
        if neither the meter nor its category has a rule.
    """
    usage = line.usage
    found: Rule | None = None
    special = -1
    for key, rule in _rules():
        by_meter = key["meter"] == usage.meter
        fits = by_meter or key["meter"] == f"category:{line.category}"
        fits = fits and key["sku"] in ("", str(usage.sku)) and key["role"] in ("", usage.role)
        rank = 4 * by_meter + 2 * bool(key["role"]) + bool(key["sku"])
        if fits and rank > special:
            found, special = rule, rank
    if found is None:
        raise MissingFact(f"no rule in data/chargeback/drivers.csv for {usage.meter} of category {line.category}")
    given = (own or {}).get(usage.meter, (own or {}).get(line.category))
    return found if given is None else replace(found, driver=given)


def check_drivers(own: Mapping[str, str], lines: Any) -> None:
    """Raise `InputError` for a driver that does not exist, or one of a meter or category that the bill has not."""
    known = {name for line in lines for name in (line.usage.meter, line.category)}
    for name, driver in own.items():
        if driver not in DRIVERS:
            raise unknown_name(f"driver of {name}", driver, DRIVERS)
        if name not in known:
            raise unknown_name("driver", name, known)
