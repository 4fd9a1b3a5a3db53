"""Guardrails: the alert thresholds to run a plan by, as a Prometheus rule file with the plan's own numbers.

**Warning and critical.** A plan is sized so that every state (a broker lost, a zone lost, catching up) stays within
the share of each capacity that may be used. If load grows by a factor, all states grow with it. The warning is the use
in the normal state at which the first state reaches its permitted share: from there on the plan needs more units. The
critical level is the use at which the first state reaches the whole capacity: from there on the loss that the plan was
to survive overloads what is left. Disks warn at the share that the sizing fills them to.

**Lag.** The plan holds room to catch up after an outage of a given length. A consumer group that is behind by more than
that (or by half of the retention, if that is less) is critical; half of it warns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from capacity import Offer
from capacity.sizing.constraint import Constraint, InState, Resource
from streamfacts.core_yaml import to_yaml
from streamfacts.errors import InputError, NothingFeasible
from streamfacts.tables import read_rows
from streamfacts.units import human, largest
from streamplan.planning.plan import Plan

#: Mount points of data volumes by scheme, where nothing else is said.
MOUNTS = {"kafka": "/data.*|/var/lib/kafka.*", "pulsar": "/data.*|/pulsar/data/bookkeeper/ledgers.*"}


@dataclass(frozen=True, slots=True)
class Levels:
    """Use of one resource in the normal state [1]: planned at peak, from where more units are needed, from where a loss
    overloads the rest; and the capacity of one unit."""

    constraint: Constraint
    planned: float
    warning: float
    critical: float
    warned_by: str
    capacity: float


def scheme_of(offer: Offer) -> str:
    """Return by which metrics an offer is watched; raises `InputError` if no rules are known for it."""
    if offer.metrics:
        return offer.metrics[0]
    known = "self-managed Kafka and Pulsar, MSK Standard and Express, Kinesis, Confluent Cloud"
    raise InputError("platform", offer.name, f"an offer whose metrics are known: {known}")


def levels(plan: Plan, resource: str) -> Levels | None:
    """Return planned use, warning and critical level of a resource of a plan; None if the plan has no such one."""
    same = [c for c in plan.sizing.constraints if c.name == resource]
    normal = next((c for c in same if c.state == InState.NORMAL), None)
    if normal is None:
        return None
    planned = largest(normal.utilisation(plan.sizing.units_of(normal)))
    if planned <= 0:
        return None
    used = [(c, largest(c.utilisation(plan.sizing.units_of(c)))) for c in same]
    grow, first = min((largest(c.ceiling) / u, c.state) for c, u in used if u > 0)
    whole = min(1.0 / u for _, u in used if u > 0)
    capacity = largest(normal.capacity)
    warning = min(planned * grow, 1.0)
    return Levels(normal, planned, warning, min(max(planned * whole, warning), 1.0), first, capacity)


def guardrails(
    plan: Plan, *, name: str = "", labels: Mapping[str, str] | None = None, mount: str = ""
) -> dict[str, Any]:
    """Return the rules of a plan as the mapping that a Prometheus rule file holds.

    Parameters
    ----------
    plan : a feasible plan of one demand
    name : of the rule group; the offer's and workload's if empty
    labels : labels that pick the cluster's series, such as ``{"cluster": "orders"}``
    mount : mount points of data volumes, a regular expression; the usual ones if empty

    Raises
    ------
    InputError
        if no metrics are known for the offer, or a label is none.
    NothingFeasible
        if the plan does not carry its workload.

    Examples
    --------
    >>> from capacity import Workload
    >>> from streamplan import plan
    >>> rules = guardrails(plan(Workload(write="20 MB/s", message="1 KiB"), "kafka-ec2-ebs"))
    >>> sorted({rule["labels"]["severity"] for rule in rules["groups"][0]["rules"]})
    ['critical', 'warning']
    """
    scheme = scheme_of(plan.offer)
    if not plan.feasible:
        raise NothingFeasible(f"{plan.offer.name} cannot carry this workload: {'; '.join(plan.sizing.violations)}")
    more = _labels(labels or {})
    where = (mount or MOUNTS.get(scheme, "")).replace("\\", "\\\\").replace('"', '\\"')
    rules = []
    for row in read_rows("analyses/guardrails"):
        if row["scheme"] in plan.offer.metrics:
            for severity, level, why in _thresholds(plan, row):
                expr = str(row["expr"]).format(
                    only="{" + more.lstrip(",") + "}" if more else "", more=more, level=f"{level:.6g}", mount=where
                )
                rules.append(
                    {
                        "alert": f"{row['alert']}{'Critical' if severity == 'critical' else ''}",
                        "expr": expr,
                        "for": str(row["hold"]),
                        "labels": {"severity": severity, "platform": plan.offer.name},
                        "annotations": {
                            "summary": f"{row['summary']}: {{{{ $value | humanize }}}}, the level is {level:.6g}",
                            "description": why,
                            "metric_source": str(row["source"]),
                        },
                    }
                )
    of = plan.workload.name if plan.workload else "plan"
    return {"groups": [{"name": name or f"{of}-{plan.offer.name}", "rules": rules}]}


def rule_file(plan: Plan, **choices: Any) -> str:
    """Return the rule file as YAML text with the plan in its head; `choices` are those of `guardrails`."""
    rules = guardrails(plan, **choices)
    d = plan.sizing.demand
    peak = human(largest(d.peak_wire_bytes_s), "bytes/s")
    text = f"# {plan.offer.title}: {plan.what}. Sized for {peak} of writes at peak" + (
        "" if plan.clusters == 1 else f" a cluster, {plan.clusters} clusters"
    )
    head = f"{text}.\n# {plan.sizing.binding} binds, behind it {plan.sizing.next_binding or 'nothing else'}.\n"
    return head + to_yaml(rules, 1000)


def _labels(labels: Mapping[str, str]) -> str:
    import re

    out = ""
    for name, value in labels.items():
        if not re.match(r"^[a-zA-Z_][a-zA-Z0-9_]*$", str(name)):
            raise InputError("label", name, "letters, digits and underscores, not beginning with a digit")
        escaped = str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        out += f',{name}="{escaped}"'
    # the expressions are filled in once, so braces of a value stay as they are
    return out


def _thresholds(plan: Plan, row: Mapping[str, Any]) -> list[tuple[str, float, str]]:
    """Return (severity, level, why) of one rule for a plan; empty where the plan has nothing of the kind."""
    kind, resource = str(row["kind"]), str(row["resource"])
    d = plan.sizing.demand
    units = largest(plan.sizing.units)
    of = plan.what
    if kind in ("share", "percent", "rate", "count"):
        found = levels(plan, resource)
        if found is None:
            return []
        scale = {"share": 1.0, "percent": 100.0}.get(kind, found.capacity)
        unit = found.constraint.unit if kind in ("rate", "count") else "of capacity"
        return _pair(found, scale, unit, of)
    if kind in ("client-in", "client-out"):
        return _clients(plan, kind, units, of)
    if kind in ("volume", "volume-percent"):
        space = next((c for c in plan.sizing.constraints if c.name == Resource.DISK_SPACE), None)
        if space is None:
            return []
        full = largest(space.ceiling)
        scale = 100.0 if kind == "volume-percent" else 1.0
        held = human(largest(space.demand), "bytes")
        why = f"the plan keeps {held} over {of} and fills its volumes to {full:.0%} with it"
        critical = full + float(row["crit"]) * (1.0 - full)
        more = f"{why}; this is {float(row['crit']):.0%} of the way from there to full"
        return [("warning", full * scale, why), ("critical", critical * scale, more)]
    if kind in ("peak", "peak-minute"):
        peak = largest(d.peak_wire_bytes_s)
        level = peak * (60.0 if kind == "peak-minute" else 1.0)
        return [
            ("warning", level, f"the plan was sized for {human(peak, 'bytes/s')} of writes at peak; it is outgrown")
        ]
    if kind in ("lag", "age-ms"):
        return _lag(plan, kind, float(row["warn"]), float(row["crit"]))
    if kind == "load":
        why = f"the vendor's own measure of how busy {of} is; a level of ours, not of the plan"
        return [("warning", float(row["warn"]), why), ("critical", float(row["crit"]), why)]
    if kind == "count-all":
        found = levels(plan, resource)
        return [] if found is None else _pair(found, found.capacity * units, found.constraint.unit, of)
    if kind == "zero":
        return [("warning", 0.0, f"none is expected in the normal state of {of}")]
    if kind == "zero-now":
        return [("critical", 0.0, f"none is expected, whatever single {_survives(plan)} is lost")]
    if kind == "units":
        return [
            ("warning", units, f"the plan has {units:.0f}; it survives the loss of one {_survives(plan)}, not of more")
        ]
    raise InputError("guardrails.csv: kind", kind, "one of those that this function knows")


def _survives(plan: Plan) -> str:
    return {"zone": "zone", "broker": "broker"}.get(plan.sizing.demand.survive, "machine")


def _pair(found: Levels, scale: float, unit: str, of: str) -> list[tuple[str, float, str]]:
    name = found.constraint.name
    planned = f"planned is {found.planned:.1%} of {name} at peak with {of}"
    size = human(found.capacity, found.constraint.unit)
    more = f"at {found.warning:.1%} the state '{found.warned_by}' uses all that it may and the plan needs more units"
    lost = f"at {found.critical:.1%} the loss that is to be survived overloads what is left"
    out = [("warning", found.warning * scale, f"{planned}, one unit has {size}; {more}")]
    if found.critical > found.warning * (1 + 1e-9):
        out.append(("critical", found.critical * scale, f"{planned}, one unit has {size}; {lost}"))
    return out


def _clients(plan: Plan, kind: str, units: float, of: str) -> list[tuple[str, float, str]]:
    """Rates of clients by broker: the planned peak, grown as far as the tightest resource of the plan allows."""
    d = plan.sizing.demand
    growth = [
        (largest(c.ceiling) / used, c)
        for c in plan.sizing.constraints
        if c.name not in (Resource.DISK_SPACE, Resource.PARTITIONS)
        and (used := largest(c.utilisation(plan.sizing.units_of(c)))) > 0
    ]
    if not growth:
        return []
    grow, tightest = min(growth, key=lambda pair: pair[0])
    each = largest(d.peak_wire_bytes_s) * (largest(d.fan_out) if kind == "client-out" else 1.0) / units
    if each <= 0:
        return []
    why = (
        f"planned is {human(each, 'bytes/s')} for each broker at peak with {of}; at {grow:.2f} times that"
        f" {tightest.name} ({tightest.state}) uses all that it may and the plan needs more units"
    )
    return [("warning", each * max(grow, 1.0), why)]


def _lag(plan: Plan, kind: str, warn: float, crit: float) -> list[tuple[str, float, str]]:
    d = plan.sizing.demand
    seconds = min(largest(d.outage_s), largest(d.retention_s) / 2)
    groups = max(largest(d.consumer_groups), 1.0)
    rate = largest(d.records_s) * largest(np.maximum(d.fan_out, 1e-9)) / groups
    level = seconds * (1000.0 if kind == "age-ms" else rate)
    of = "" if kind == "age-ms" else f" at {rate:,.0f} records/s for a group"
    why = (
        f"the plan can catch up after {human(seconds, 'seconds')}{of} within {human(largest(d.catch_up_s), 'seconds')};"
        " further behind it cannot in time, and retention runs out on what is not read"
    )
    return [("warning", level * warn, f"{warn:.0%} of this: {why}"), ("critical", level * crit, why)]
