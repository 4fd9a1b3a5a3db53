"""Explain: how each number of a plan came about, as text: formula, inputs, source."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from capacity import Range
from capacity.workload.correlation import Correlation
from streamfacts.units import human, largest
from streamplan.planning.plan import Plan

_DEMAND = (
    ("payload_bytes_s", "bytes/s", "what applications write: records x record size"),
    ("records_s", "records/s", "write / record size"),
    ("message_bytes", "bytes", "record size"),
    (
        "wire_bytes_s",
        "bytes/s",
        "records x (batch header / records in a batch + (record + framing) / compression ratio)",
    ),
    ("producers", "producers", "as given, else the fewest that carry the peak"),
    ("linger_s", "seconds", "as given, else the default of Kafka 4"),
    (
        "records_a_batch",
        "records",
        "1 + records / (partitions x producers) x linger, at most a full one; or as measured",
    ),
    ("batch_wire_bytes", "bytes", "records in a batch x bytes of a record on the wire"),
    ("peak_ratio", "x", "peak / average"),
    ("fan_out", "x", "bytes read / bytes written"),
    ("retention_s", "seconds", "how long records are kept"),
    ("held_s", "seconds", "bytes kept of one copy / average write, by time, size, compaction or measurement"),
    ("hot_retention_s", "seconds", "on broker disks when the rest is tiered, at most the retention"),
    ("partitions", "partitions", "as given, else peak / planning rate of one, at least one a topic"),
    ("replication_factor", "copies", "as given"),
    ("zones", "zones", "as given"),
)


def _value(value: Any, unit: str = "") -> str:
    if isinstance(value, Range):
        if value.known:
            return f"{value.likely:,.6g} {unit}".strip()
        return f"{value.low:,.6g} to {value.high:,.6g}, likely {value.likely:,.6g} {unit}".strip()
    return str(value)


def explain_lines(plan: Plan) -> Iterator[str]:
    """Yield the explanation of a plan line by line."""
    sizing, workload = plan.sizing, plan.workload
    yield f"{plan.offer.title} ({plan.offer.name}), {plan.offer.configuration_is} {plan.configuration}"
    yield ""
    if workload is not None:
        yield f"INPUTS of workload {workload.name!r}, in bytes, seconds and records"
        for name, info in type(workload).model_fields.items():
            value = getattr(workload, name)
            if name in ("name", "title", "description") or value in (None, {}, Correlation()):
                continue
            default = name not in workload.model_fields_set
            origin = workload.origin.get(name, "default" if default else "given")
            shown = "forever" if name == "retention" and workload.kept_forever else _value(value)
            yield f"  {name} = {shown}   <- {origin}" + (
                f"; {info.description}" if default and info.description else ""
            )
        for name, fact in workload.assumed_values.items():
            yield f"  {name} = {float(fact):g}   <- assumed, as none is given: {fact.note}; {fact.source}"
        yield ""
    demand = sizing.demand
    yield "DEMAND"
    for name, unit, formula in _DEMAND:
        yield f"  {name} = {human(largest(getattr(demand, name)), unit)}   = {formula}"
    yield ""
    yield f"UNITS: {plan.what}" + ("; what follows is for one of the clusters" if plan.clusters > 1 else "")
    if plan.split:
        yield f"  {plan.split}   source: {plan.split.source}"
    for text in plan.warnings:
        yield f"  WARNING: {text}"
    for text in plan.asides:
        yield f"  ASIDE: {text}"
    if sizing.placement:
        yield f"  placement: {sizing.placement}"
    yield f"  binding: {sizing.binding}; next wall: {sizing.next_binding or 'none'}"
    yield "  each constraint: demand / (capacity of one x share used) = units, on the units left in that state"
    for c in sizing.constraints:
        demand_, capacity = largest(c.demand), largest(c.capacity)
        used, needed = largest(c.utilisation(sizing.units_of(c))), largest(c.needed())
        left = f", on {largest(c.share):.3g} of the units" if largest(c.share) != 1 else ""
        lost = f", with {largest(c.lost):g} lost" if largest(c.lost) else ""
        whole = "" if c.even else f"; whole, {human(largest(c.fullest(sizing.units_of(c))), c.unit)} on the fullest"
        yield (
            f"  {c.name} ({c.state}): {human(demand_, c.unit)} / ({human(capacity, c.unit)} x {largest(c.ceiling):g})"
            f"{left}{lost} = {needed:.4g}{whole}; used {used:.1%}, up to {largest(c.ceiling):.0%}"
        )
        yield f"      demand = {c.formula}"
        yield f"      source: {c.source}"
    yield ""
    yield "LIMITS of the cluster, the account and the service"
    for limit in sizing.limits:
        relation = "at least" if limit.at_least else "at most"
        mark = "BROKEN" if np.any(limit.broken) else "ok"
        value, wall = (human(largest(x), limit.unit) for x in (limit.demand, limit.limit))
        yield f"  {limit.name}: {value}, {relation} {wall}: {mark}   source: {limit.source}"
    yield ""
    if sizing.parts:
        yield "PARTS"
        for part in sizing.parts:
            yield f"  {part.name} = {human(largest(part.value), part.unit)}   = {part.formula}" + (
                f"   source: {part.source}" if part.source else ""
            )
        yield ""
    yield f"BILL for {plan.bill.region}, month of {plan.bill.hours_per_month:g} h"
    for row in plan.bill.records():
        name = f"{row['meter']} {row['sku']}".strip()
        if row["cost"] is None or not np.isfinite(row["cost"]):
            yield f"  {name}: {row['quantity']:,.6g} {row['unit']} x MISSING PRICE"
        else:
            yield (
                f"  {name}: {row['quantity']:,.6g} {row['unit']} x {row['unit_price']:.6g} = {row['cost']:,.2f}"
                f" {row['currency']}   [{row['as_of']}, {row['confidence']} confidence]"
            )
        yield f"      quantity = {row['formula']}"
        if row["tiers"]:
            yield f"      tiers: {row['tiers']}"
        yield f"      source: {row['source']}"
    for missing in plan.bill.missing:
        yield f"  MISSING: {missing}"
    total = plan.bill.total
    yield (
        f"  total = {total:,.2f} USD a month"
        if total is not None
        else f"  priced part = {float(plan.bill.subtotal):,.2f} USD a month; no total, as a price is missing"
    )
    yield ""
    yield "ASSUMED"
    for text in sizing.assumed or ("nothing beyond the inputs",):
        yield f"  {text}"
    yield "NOT MODELLED"
    for text in plan.offer.not_modelled:
        yield f"  {text}"


def explain_text(plan: Plan) -> str:
    """Return the whole explanation as text."""
    return "\n".join(explain_lines(plan))


__all__ = ["explain_lines", "explain_text"]
