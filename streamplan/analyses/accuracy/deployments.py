"""Blind predictions: how many brokers our sizing gives published deployments, beside how many there are.

Nothing of the model is fitted on them. What is published of a machine is used as it is, what is not is drawn from the
ranges of `data/model/assumptions.csv`, and so is all that is uncertain about the load and about CPU, and how full an
operator lets the disks become. The laws, the share of every other capacity that may be used and the losses to survive
are those of every plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capacity import Demand, find_offer, size
from capacity.demand.draws import demand_of, draw, uncertain_inputs
from capacity.sizing.constraint import Constraint, round_up
from capacity.sizing.partitions import brokers_needed, partitions_asked, partitions_by_size, partitions_by_size_source
from capacity.systems.broker_loads import Machines
from capacity.systems.brokers import broker_constraints
from capacity.systems.states import NORMAL
from capacity.workload.quantity import Range
from capacity.workload.uncertainty import Distribution
from streamfacts.arrays import Array
from streamfacts.tables import assumption
from streamfacts.units import GIB
from streamplan.analyses.accuracy.deployment_cases import CLUSTER, DISK_FILL, FLEET, Deployment, deployments
from streamplan.analyses.accuracy.deployment_reasons import reason_of
from streamplan.analyses.accuracy.predicted_deployment import (
    COPIES_BIND,
    FEWER,
    INSIDE,
    MORE,
    SHARP,
    Predicted,
)
from streamplan.runtime.progress import counted


@dataclass(frozen=True)
class Predictions:
    """All deployments, with what they say of the sizing."""

    cases: tuple[Predicted, ...]
    draws: int
    seed: int

    def of_scope(self, scope: str) -> list[Predicted]:
        """Return the single clusters, or the fleets."""
        return [p for p in self.cases if p.case.scope == scope]

    @cached_property
    def table(self) -> Any:
        """One row a deployment: predicted range, actual count, verdict and why."""
        import pandas as pd

        return pd.DataFrame([_row(p) for p in self.cases])

    @cached_property
    def summary(self) -> dict[str, dict[str, float]]:
        """Counts and medians of single clusters, which test a prediction, and of fleets, which test a lower bound.

        `off` is the median factor between prediction and count, either way [1], `ratio` the median of count over
        prediction; both are of the sharp ones, and left out where there are none.
        """
        out = {}
        for scope in (CLUSTER, FLEET):
            found = self.of_scope(scope)
            sharp = [p for p in found if p.sharp]
            row: dict[str, float] = {
                "count": len(found),
                "inside": sum(p.verdict == INSIDE for p in found),
                "sharp": len(sharp),
                "sharp_inside": sum(p.verdict == INSIDE for p in sharp),
                "sharp_not_above": sum(p.verdict != MORE for p in sharp),
            }
            if sharp:
                ratios = np.array([p.ratio for p in sharp])
                row["off"] = float(np.exp(np.median(np.abs(np.log(ratios)))))
                row["ratio"] = float(np.median(ratios))
            out[scope] = row
        return out

    @property
    def sentences(self) -> list[str]:
        """The summary in words."""
        single, fleets = self.summary[CLUSTER], self.summary[FLEET]
        out, below = [], f"of them have a range below a factor of {SHARP:g}:"
        if single["count"]:
            out.append(f"{single['inside']} of {single['count']} single clusters lie within P10 to P90")
        if single["sharp"]:
            out.append(
                f"{single['sharp']} {below} {single['sharp_inside']} lie inside, and the median prediction is off by a"
                f" factor of {single['off']:.2f}"
            )
        if fleets["count"]:
            out.append(
                f"{fleets['inside']} of {fleets['count']} fleets, which test a lower bound, lie within P10 to P90"
            )
        if fleets["sharp"]:
            fewer = fleets["sharp"] - fleets["sharp_not_above"]
            out.append(
                f"{fleets['sharp']} {below} {fewer or 'none'} {'has' if fewer < 2 else 'have'} fewer brokers than P10,"
                f" and they have {fleets['ratio']:.1f} times the median prediction (median)"
            )
        return out

    def document(self) -> dict[str, Any]:
        """Return all of it as one JSON document."""
        from streamplan.views.json import records

        return {
            "draws": self.draws,
            "seed": self.seed,
            "summary": self.summary,
            "sentences": self.sentences,
            "deployments": records(self.table),
        }


def predict_deployments(only: Iterable[str] = (), draws: int = 4096, seed: int = 0) -> Predictions:
    """Predict the brokers of published deployments without having seen their number.

    Parameters
    ----------
    only : ids of `data/evidence/deployments.csv`; all if left out
    draws : joint draws of all that is not known; a power of two is best
    seed : the same seed gives the same figures

    Raises
    ------
    InputError
        for an unknown id, or a number of draws or a seed out of range.

    Examples
    --------
    >>> found = predict_deployments(["wikimedia-2014"], draws=64)
    >>> found.cases[0].verdict
    'inside'
    """
    return Predictions(
        tuple(_predicted(case, draws, seed) for case in counted(deployments(only), "Deployments")), draws, seed
    )


def _predicted(case: Deployment, draws: int, seed: int) -> Predicted:
    inputs: dict[str, Range] = uncertain_inputs(case.workload)
    inputs |= {name: value for name, value in case.machine.items() if not value.known}
    if not case.copies.known:
        inputs["replication_factor"] = case.copies
    inputs[DISK_FILL] = case.disk_fill
    if len(case.configurations) > 1:
        inputs["machine"] = _one_of(len(case.configurations))
    joint = draw(inputs, draws, seed, case.workload.correlation)
    demand = demand_of(case.workload, joint)
    if not case.copies.known:
        demand = demand.replace(replication_factor=joint.take("replication_factor", case.copies))
    fill = np.asarray(joint.take(DISK_FILL, case.disk_fill))
    demand = demand.replace(use_up_to={**demand.use_up_to, "disk space": fill})
    clusters = case.clusters or _fewest_clusters(demand)
    one = demand.split(clusters) if clusters > 1 else demand
    machine = {name: joint.take(name, value) for name, value in case.machine.items()}
    least = round_up(np.maximum(one.replication_factor, one.zones), one.zones)
    if case.offer:
        units, constraints = _of_offer(case, one, joint.values.get("machine", np.zeros(draws)).astype(int))
    else:
        constraints = broker_constraints(one, _machines(case, machine))
        asked = partitions_asked(one, one.wire_bytes_s * one.held_s)
        units = brokers_needed(one, constraints, asked, least, one.zones)
    units = np.broadcast_to(units, (draws,))
    actual = case.brokers / clusters
    write = float(np.median(np.broadcast_to(demand.wire_bytes_s * demand.replication_factor, (draws,))))
    space = np.asarray(machine["disk_tb"]) * 1e12 * fill if machine else None
    holds = None
    if space is not None and "disk_tb" not in case.unknown:
        holds = float(np.median(space * case.brokers / (demand.wire_bytes_s * demand.replication_factor)))
    told = demand.partitions_given
    return Predicted(
        case=case,
        units=units * clusters,
        clusters=clusters,
        binding=_binding(constraints, units <= least, draws),
        fullest=_fullest(constraints, actual, draws),
        inputs=dict(joint.values),
        replicas_each=float(np.median(demand.partitions * demand.replication_factor)) / case.brokers if told else None,
        write_each_mb_s=write / case.brokers / 1e6,
        holds_s=holds,
    )


def _fewest_clusters(demand: Demand) -> int:
    """The least clusters that the partitions go into, at the median draw."""
    replicas = demand.partitions * demand.replication_factor / float(assumption("partitions_per_cluster"))
    return max(1, int(np.ceil(np.median(replicas))))


def _machines(case: Deployment, machine: dict[str, Array]) -> Machines:
    """The published broker; where the rate of its disks is not told it does not bind."""
    rate = machine["disks"] * machine["hard_disk_mb_s"] * 1e6 if "disks" in machine else np.asarray(np.inf)
    return Machines(
        vcpu=machine["vcpu"],
        memory_bytes=machine["memory_gib"] * GIB,
        network_bytes_s=machine["network_gbps"] * 1e9 / 8,
        disk_bytes_s=np.asarray(rate, float),
        disk_iops=np.asarray(np.inf),
        disk_space_bytes=machine["disk_tb"] * 1e12,
        disk_io_bytes=float(assumption("disk_io_bytes")),
        partitions=partitions_by_size(machine["vcpu"], machine["memory_gib"]),
        source=case.source,
        disk_source=case.source,
        partitions_source=partitions_by_size_source(),
    )


def _one_of(count: int) -> Range:
    """Positions 0 to count - 1, each as often."""
    places = tuple(float(i) for i in range(count))
    return Range(places[0], places[count // 2], places[-1], Distribution("empirical", places))


def _of_offer(case: Deployment, demand: Demand, which: NDArray[np.int64]) -> tuple[Array, list[Constraint]]:
    """Nodes that carry one unit of every pool each, on the machine of each draw, and their constraints."""
    order = np.array([name for name in find_offer(case.offer).configurations() if name in case.configurations])
    sizing = size(demand, case.offer, among=order, options=case.options)
    shape = (len(order), len(which))

    def drawn(value: Any) -> Any:
        array = np.asarray(value, float)
        return np.broadcast_to(array, shape)[which, np.arange(len(which))] if array.ndim == 2 else value

    units = np.asarray(sizing.units, float)
    for pool in sizing.pools.values():
        units = np.maximum(units, pool)
    axes = ("demand", "capacity", "ceiling", "share", "lost")
    return drawn(units), [replace(c, **{name: drawn(getattr(c, name)) for name in axes}) for c in sizing.constraints]


def _binding(constraints: Sequence[Constraint], least: NDArray[np.bool_], draws: int) -> tuple[str, float]:
    """What needs the most in the most draws; the copies where there are no more than they ask for."""
    needs = np.stack([np.broadcast_to(c.needed(), (draws,)) for c in constraints])
    names = np.array([f"{c.name} ({c.state})" if c.state != NORMAL else c.name for c in constraints])
    which = np.where(least, COPIES_BIND, names[needs.argmax(axis=0)])
    found, count = np.unique(which, return_counts=True)
    return str(found[count.argmax()]), float(count.max() / draws)


def _fullest(constraints: Sequence[Constraint], actual: float, draws: int) -> tuple[str, float, float]:
    """Name, use and the share that may be used, of what is fullest on the brokers that are there (median draw)."""
    rows = []
    for c in constraints:
        used = float(np.median(np.broadcast_to(c.utilisation(np.asarray(actual)), (draws,))))
        may = float(np.median(c.ceiling))
        rows.append((used / may, f"{c.name} ({c.state})" if c.state != NORMAL else c.name, used, may))
    _, name, used, may = max(rows)
    return name, used, may


def _row(p: Predicted) -> dict[str, Any]:
    low, middle, high = p.range.tolist()
    case = p.case
    return {
        "id": case.id,
        "organisation": case.organisation,
        "year": case.year,
        "scope": case.scope,
        "system": case.system,
        "clusters": p.clusters,
        "predicted_p10": low,
        "predicted_p50": middle,
        "predicted_p90": high,
        "actual": case.brokers,
        "actual_is": case.brokers_are,
        "verdict": p.verdict,
        "ratio": p.ratio,
        "sharp": p.sharp,
        "binding": p.binding[0],
        "binding_share": p.binding[1],
        "hangs_on": ", ".join(f"{name} ({value:+.2f})" for name, value in p.hangs_on[:3]),
        "assumed": ", ".join(case.unknown),
        "why": reason_of(p),
        "counted": case.counted,
        "quirks": case.quirks,
        "confidence": case.confidence,
        "source": case.source,
    }


__all__ = ["FEWER", "INSIDE", "MORE", "Predicted", "Predictions", "predict_deployments"]
