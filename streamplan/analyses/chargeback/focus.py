"""The charges in the columns of FOCUS, the FinOps Open Cost and Usage Specification."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pricing.book import meters
from pricing.vendors import seller_in
from streamfacts.errors import InputError
from streamfacts.tables import read_columns, read_rows
from streamplan.analyses.chargeback.charge import Chargeback

if TYPE_CHECKING:
    import pandas as pd

#: Category of a bill line to the ServiceCategory of FOCUS; streaming services themselves are Integration.
SERVICE = {
    "storage": "Storage", "network": "Networking", "tooling": "Management and Governance", "people": "Other",
    "support": "Other",
}  # fmt: skip
#: Groups of lines that nobody outside sends an invoice for, and who pays them then.
INSIDE, OWN = ("people", "tooling"), "own organisation"


def focus_rows(charged: Chargeback, start: str = "") -> pd.DataFrame:
    """Return a row a month, bill line and account in the columns of FOCUS 1.2, costs in whole cents.

    List, contracted, effective and billed cost are the same, as prices are list prices without commitments. The team
    is the SubAccount and the application the Resource; what nobody used has neither, and `x_Allocation` says reserve or
    spare. Columns that begin with ``x_`` are ours, as the specification allows.

    Parameters
    ----------
    start : first month, such as 2027-01; the next one if empty

    Raises
    ------
    InputError
        if `start` is no month.
    """
    import pandas as pd

    first = _month(start)
    frame = charged.charges
    begins = [_later(first, int(m) - 1) for m in range(1, charged.months + 2)]
    month = frame["month"].to_numpy(int)
    stamps = np.array([f"{d.isoformat()}T00:00:00Z" for d in begins], object)
    cloud = seller_in(charged.plan.offer.provider)
    lines = zip(frame["meter"], frame["category"], strict=True)
    seller = np.array([_seller(meter, category, cloud) for meter, category in lines], object)
    owned = (frame["team"] != "").to_numpy()
    sku = (frame["meter"] + np.where(frame["sku"] != "", ":" + frame["sku"], "")).to_numpy(object)
    price = np.where(frame["quantity"] > 0, frame["usd"] / frame["quantity"].where(frame["quantity"] > 0, 1.0), np.nan)
    region = charged.bill.region
    values: dict[str, Any] = {
        "BilledCost": frame["usd"],
        "BillingAccountId": charged.portfolio.name,
        "BillingAccountName": charged.portfolio.name,
        "BillingCurrency": charged.bill.currency,
        "BillingPeriodEnd": stamps[month],
        "BillingPeriodStart": stamps[month - 1],
        "ChargeCategory": "Usage",
        "ChargeClass": None,
        "ChargeDescription": frame["title"],
        "ChargeFrequency": np.where(frame["charged"] == "fixed", "Recurring", "Usage-Based"),
        "ChargePeriodEnd": stamps[month],
        "ChargePeriodStart": stamps[month - 1],
        # no commitments are modelled; the public validator wants the columns all the same
        **dict.fromkeys((f"CommitmentDiscount{n}" for n in ("Category", "Id", "Name", "Status", "Type")), None),
        "ConsumedQuantity": frame["quantity"],
        "ConsumedUnit": frame["unit"],
        "ContractedCost": frame["usd"],
        "ContractedUnitPrice": price,
        "EffectiveCost": frame["usd"],
        "InvoiceIssuerName": seller,
        "ListCost": frame["usd"],
        "ListUnitPrice": price,
        "PricingCategory": "Standard",
        "PricingQuantity": frame["quantity"],
        "PricingUnit": frame["unit"],
        "ProviderName": seller,
        "PublisherName": seller,
        "RegionId": region,
        "RegionName": region,
        "ResourceId": _if(owned, frame["account"]),
        "ResourceName": _if(owned, frame["account"]),
        "ResourceType": _if(owned, "Application"),
        "ServiceCategory": [SERVICE.get(c, "Integration") for c in frame["category"]],
        "ServiceName": charged.plan.offer.title,
        "SkuId": sku,
        "SkuMeter": frame["meter"],
        "SkuPriceId": sku,
        "SubAccountId": _if(owned, frame["team"]),
        "SubAccountName": _if(owned, frame["team"]),
        "SubAccountType": _if(owned, "Team"),
        "Tags": [
            json.dumps({"team": t, "application": a} if t else {"allocation": k})
            for t, a, k in zip(frame["team"], frame["account"], frame["kind"], strict=True)
        ],
        "BillingAccountType": "Portfolio",
        "x_Allocation": frame["kind"],
        "x_Driver": frame["driver"],
    }
    known = read_columns("focus/columns")["column"]
    order = [c for c in known if c in values] + [c for c in values if c.startswith("x_")]
    return pd.DataFrame(values, index=frame.index)[order]


def focus_problems(rows: pd.DataFrame) -> list[str]:
    """Return what in a table is against the published columns of FOCUS: absent, null, of another type or value.

    The rules are those of `data/focus/columns.csv`, read off the specification; the public validator checks the same
    for version 1.0.
    """
    out = []
    rules = read_rows("focus/columns")
    for rule in rules:
        name: str = rule["column"]
        if name not in rows:
            if rule["level"] == "mandatory":
                out.append(f"{name}: mandatory and absent")
            continue
        column = rows[name]
        if rule["nulls"] == "no" and column.isna().any():
            out.append(f"{name}: null in row {column.index[column.isna()][0]}")
        filled = column.dropna()
        bad = filled[~filled.map(_CHECKS[rule["type"]])]
        if len(bad):
            out.append(f"{name}: {bad.iloc[0]!r} is no {rule['type']}")
        allowed: list[str] = [v for v in rule["allowed"].split("; ") if v]
        strange = sorted(set(filled) - set(allowed)) if allowed else []
        if strange:
            out.append(f"{name}: {strange[0]!r} is none of {', '.join(allowed)}")
    known = {r["column"] for r in rules}
    out += [
        f"{c}: no column of FOCUS, and not prefixed with x_" for c in map(str, rows) if c not in known and c[:2] != "x_"
    ]
    return out


def _if(there: NDArray[np.bool_], values: Any) -> NDArray[Any]:
    """The values where they apply, else null."""
    out = np.full(there.shape, None, object)
    out[there] = np.broadcast_to(np.asarray(values, object), there.shape)[there]
    return out


def _is_json(value: Any) -> bool:
    try:
        return isinstance(json.loads(value), dict)
    except (TypeError, ValueError):
        return False


_CHECKS = {
    "string": lambda v: isinstance(v, str),
    "decimal": lambda v: isinstance(v, (int, float, np.number)) and bool(np.isfinite(v)),
    "datetime": lambda v: isinstance(v, str) and bool(re.match(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", v)),
    "currency": lambda v: isinstance(v, str) and bool(re.match(r"^[A-Z]{3}$", v)),
    "json": _is_json,
}


def _seller(meter: str, category: str, cloud: str) -> str:
    """Who sends the invoice of a line: the meter's seller; of lines about people, we ourselves or the cloud."""
    if meter in meters():
        return meters()[meter].seller
    return OWN if category in INSIDE else cloud


def _month(text: str) -> dt.date:
    if not text:
        return _later(dt.date.today().replace(day=1), 1)
    match = re.match(r"^(\d{4})-(\d\d)$", text)
    if not match or not 1 <= int(match[2]) <= 12 or int(match[1]) < 1:
        raise InputError("start", text, "a month, such as 2027-01")
    return dt.date(int(match[1]), int(match[2]), 1)


def _later(day: dt.date, months: int) -> dt.date:
    year, month = divmod(day.month - 1 + months, 12)
    return day.replace(year=day.year + year, month=month + 1)
