"""Why two answers differ: the terms behind each, and their ratio as a product of ratios of terms."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from capacity import Demand
from capacity.rules import DiskSpace, Opinion
from capacity.sizing.constraint import HELD, Constraint, InState, Resource
from capacity.sizing.machines import known_machines
from capacity.sizing.sizing import PartKind
from pricing.book import find_meter
from streamfacts.units import TIB, counted_by, largest
from streamplan.planning.plan import Plan

#: Words in the names of constraints that are about what is held, not about traffic.
#: A ratio nearer to 1 than this is not worth a sentence.
SMALL = 0.02


@dataclass(frozen=True)
class Terms:
    """An answer in terms that any two can be compared by; None is what is not stated.

    Parameters
    ----------
    units : of the main kind [`unit`]
    vcpu, memory_gib, disk_bytes : of the whole cluster [vCPU], [GiB], [byte]
    peak : what the rate that was taken is of the average [1]
    counted : bytes counted for each byte written [1], `counts` in words
    bytes_s_per_vcpu : what one vCPU carries of them at full use [byte/s]
    use_up_to : share of that which may be used [1]
    needed_vcpu : vCPU that the traffic asks for, not rounded [vCPU]
    kept_bytes, copies, disk_use_up_to : bytes kept once [byte], copies [1], share of the disks that may be used [1]
    """

    unit: str
    units: float | None
    vcpu: float | None = None
    memory_gib: float | None = None
    disk_bytes: float | None = None
    peak: float = 1.0
    counted: float | None = None
    counts: str = ""
    bytes_s_per_vcpu: float | None = None
    use_up_to: float | None = None
    needed_vcpu: float | None = None
    kept_bytes: float | None = None
    copies: float | None = None
    disk_use_up_to: float | None = None
    also: str = ""


@dataclass(frozen=True)
class Factor:
    """One term's part of a ratio, with a sentence that says it."""

    name: str
    ratio: float
    sentence: str


@dataclass(frozen=True)
class Difference:
    """What a rule says of one quantity against ours; the ratios of the factors multiply to the ratio."""

    rule: str
    title: str
    against: str
    quantity: str
    theirs: float
    ours: float
    factors: tuple[Factor, ...]
    source: str

    @property
    def ratio(self) -> float:
        """Theirs over ours."""
        return self.theirs / self.ours

    @property
    def sentences(self) -> list[str]:
        """The headline, then each factor that matters, the weightiest first."""
        shown = sorted(self.factors, key=lambda f: -abs(np.log(f.ratio)))
        unit = "TiB of disk" if self.quantity == "disk" else self.quantity
        same = abs(self.ratio - 1) < 0.05
        size = "about as much as" if same else f"{self.ratio:.2f} times"
        head = f"{self.theirs:,.3g} {unit}, {size} ours of {self.ours:,.3g} ({self.against})"
        return [head, *(f"{f.sentence} (x {f.ratio:.2f})" for f in shown if abs(f.ratio - 1) > SMALL)]

    def document(self) -> dict[str, Any]:
        """Return the difference as a plain mapping."""
        return {
            "rule": self.rule,
            "against": self.against,
            "quantity": self.quantity,
            "theirs": self.theirs,
            "ours": self.ours,
            "ratio": self.ratio,
            "factors": [{"name": f.name, "ratio": f.ratio, "sentence": f.sentence} for f in self.factors],
            "sentences": self.sentences,
            "source": self.source,
        }


# ------------------------------------------------------------------------------------------------------------- terms


def terms_of_rule(said: Opinion, demand: Demand) -> Terms:
    """Return the terms of what a rule says of a 0-d demand."""
    vcpu, units = _one(said.vcpu), _one(said.units)
    terms = Terms(said.unit, units, vcpu, _one(said.memory_gib), _one(said.disk_bytes), **_disk(said.disk))
    traffic = said.traffic
    if traffic is None:
        return terms
    peak = float(demand.peak_ratio) if traffic.at_peak else 1.0
    each = vcpu / units if vcpu and units else None
    return Terms(
        **{
            **vars(terms),
            "peak": peak,
            "counted": largest(traffic.load_bytes_s) / (float(demand.wire_bytes_s) * peak),
            "counts": traffic.counts,
            "use_up_to": largest(traffic.use_up_to),
            "bytes_s_per_vcpu": largest(traffic.capacity_bytes_s) / each if each else None,
            "needed_vcpu": largest(traffic.needed) * each if each else None,
            "also": str(said.binding),
        }
    )


def terms_of_plan(p: Plan) -> Terms:
    """Return the terms of a plan of ours: of each pool the traffic that asks for the most units in any state."""
    sizing, clusters = p.sizing, p.clusters
    demand = sizing.demand
    kinds = {"": sizing.units, **sizing.pools}
    machines = p.offer.machines(p.configuration)
    figures = [known_machines().get(m) for m in machines] if len(machines) == len(kinds) else [None]
    space = next((c for c in sizing.constraints if c.name == Resource.DISK_SPACE), None)
    disk: dict[str, Any] = {} if space is None else {
        "kept_bytes": largest(demand.wire_bytes_s * demand.held_s) * clusters,
        "copies": largest(space.demand) / largest(demand.wire_bytes_s * demand.held_s),
        "disk_use_up_to": largest(space.ceiling),
    }  # fmt: skip
    units = float(sizing.units) * clusters
    disk_bytes = _disk_of(p)
    if any(f is None for f in figures):
        vcpu = units if sizing.unit == "vCPU" else None
        return Terms(sizing.unit, units, vcpu, disk_bytes=disk_bytes, **disk)
    vcpu = memory = needed = busy = 0.0
    for (pool, count), figure in zip(kinds.items(), figures, strict=True):
        assert figure is not None
        most = _traffic(sizing.constraints, pool)
        vcpu += figure.vcpu * float(count)
        memory += figure.memory_gib * float(count)
        if most is not None:
            normal = next(
                c for c in sizing.constraints if (c.name, c.state, c.pool) == (most.name, InState.NORMAL, pool)
            )
            needed += figure.vcpu * largest(most.needed())
            busy += figure.vcpu * largest(normal.demand) / largest(normal.capacity)
    passes = [
        c
        for c in sizing.constraints
        if c.state == InState.NORMAL and c.name in (Resource.NETWORK_IN, Resource.NETWORK_OUT)
    ]
    load = sum(largest(c.demand) for c in passes) or largest(demand.peak_wire_bytes_s)
    return Terms(
        sizing.unit,
        units,
        vcpu * clusters,
        memory * clusters,
        disk_bytes,
        float(demand.peak_ratio),
        load / largest(demand.peak_wire_bytes_s),
        "bytes into and out of brokers" if passes else "what producers write",
        load / busy,
        busy / needed,
        needed * clusters,
        also=str(sizing.binding),
        **disk,
    )


def _one(value: Any) -> float | None:
    return None if value is None else largest(value)


def _disk(disk: DiskSpace | None) -> dict[str, Any]:
    if disk is None:
        return {}
    return {
        "kept_bytes": largest(disk.kept_bytes),
        "copies": largest(disk.copies),
        "disk_use_up_to": largest(disk.use_up_to),
    }


def _traffic(constraints: tuple[Constraint, ...], pool: str) -> Constraint | None:
    """The constraint on traffic, in any state, that asks for the most units of a pool."""
    about = [c for c in constraints if c.pool == pool and c.name not in HELD]
    known = {c.name for c in about if c.state == InState.NORMAL}
    return max((c for c in about if c.name in known), key=lambda c: largest(c.needed()), default=None)


def _disk_of(p: Plan) -> float | None:
    """Disks of the whole plan [byte]: local ones as the machines carry them, others as metered for a month."""
    local = p.sizing.parts_of(PartKind.LOCAL_DISK)
    if local:
        return largest(local[0].value) * 2.0**30 * float(p.sizing.units) * p.clusters
    held = [x for x in p.sizing.usage if counted_by(x.unit) == ("GiB", "month")]
    total = sum(largest(x.quantity) for x in held if find_meter(x.meter).holds_disks)
    copied = any(c.name == Resource.DISK_SPACE for c in p.sizing.constraints)
    return total * 2.0**30 if total and copied else None


# ----------------------------------------------------------------------------------------------------- their product


def differences(rule: str, title: str, theirs: Terms, against: str, ours: Terms, source: str) -> list[Difference]:
    """Return how a rule differs from ours in vCPU (or units of the same kind) and in disk, term by term."""
    out = []
    if theirs.vcpu and ours.vcpu:
        factors = _vcpu_factors(theirs, ours)
        out.append(Difference(rule, title, against, "vCPU", theirs.vcpu, ours.vcpu, factors, source))
    elif theirs.units and ours.units and theirs.unit == ours.unit and theirs.vcpu is None:
        factors = (Factor("units", theirs.units / ours.units, "it states no vCPU, so that only the number compares"),)
        out.append(Difference(rule, title, against, f"{ours.unit}s", theirs.units, ours.units, factors, source))
    if theirs.disk_bytes and ours.disk_bytes and theirs.copies and ours.copies:
        disk = theirs.disk_bytes / TIB, ours.disk_bytes / TIB
        out.append(Difference(rule, title, against, "disk", *disk, _disk_factors(theirs, ours), source))
    return out


def _rest(ratio: float, factors: list[Factor], name: str, sentence: str) -> tuple[Factor, ...]:
    """The factors and what is left of the ratio: rounding, what is sold together, and needs that are no traffic."""
    return (*factors, Factor(name, ratio / prod(f.ratio for f in factors), sentence))


def _vcpu_factors(a: Terms, b: Terms) -> tuple[Factor, ...]:
    assert a.vcpu and b.vcpu
    if None in (a.counted, a.bytes_s_per_vcpu, a.use_up_to, b.counted, b.bytes_s_per_vcpu, b.use_up_to):
        return _rest(
            a.vcpu / b.vcpu, [], "another way", "it does not go by traffic: disks and the number of zones decide"
        )
    assert a.counted and a.bytes_s_per_vcpu and a.use_up_to and a.needed_vcpu
    assert b.counted and b.bytes_s_per_vcpu and b.use_up_to and b.needed_vcpu
    takes = ["takes the " + ("peak" if t.peak > 1 else "average") for t in (a, b)]
    factors = [
        Factor("peak or average", a.peak / b.peak, f"it {takes[0]}, ours {takes[1]}"),
        Factor(
            "what is counted",
            a.counted / b.counted,
            f"it counts {a.counted:.3g} for each byte written ({a.counts}); ours {b.counted:.3g} ({b.counts})",
        ),
        Factor(
            "bytes per vCPU",
            b.bytes_s_per_vcpu / a.bytes_s_per_vcpu,
            f"a vCPU carries {a.bytes_s_per_vcpu / 1e6:,.3g} MB/s of what it counts; ours"
            f" {b.bytes_s_per_vcpu / 1e6:,.3g}",
        ),
        Factor(
            "headroom",
            b.use_up_to / a.use_up_to,
            f"it fills that to {a.use_up_to:.0%}; ours, with failures and catch-up, to {b.use_up_to:.0%}",
        ),
    ]
    over = a.vcpu / a.needed_vcpu, b.vcpu / b.needed_vcpu
    also = f"; '{a.also}' decides" if a.also and over[0] > 1.2 else ""
    sentence = (
        f"other needs and rounding bring it to {over[0]:.3g} times what its traffic asks for{also};"
        f" ours to {over[1]:.3g}"
    )
    return _rest(a.vcpu / b.vcpu, factors, "other needs, rounding", sentence)


def _disk_factors(a: Terms, b: Terms) -> tuple[Factor, ...]:
    assert a.disk_bytes and a.kept_bytes and a.copies and a.disk_use_up_to
    assert b.disk_bytes and b.kept_bytes and b.copies and b.disk_use_up_to
    factors = [
        Factor(
            "bytes kept",
            a.kept_bytes / b.kept_bytes,
            f"it keeps {a.kept_bytes / TIB:,.3g} TiB once, ours {b.kept_bytes / TIB:,.3g}",
        ),
        Factor("copies", a.copies / b.copies, f"it keeps {a.copies:.3g} copies, ours {b.copies:.3g}"),
        Factor(
            "disk headroom",
            b.disk_use_up_to / a.disk_use_up_to,
            f"it fills disks to {a.disk_use_up_to:.0%}, ours to {b.disk_use_up_to:.0%}",
        ),
    ]
    sentence = "disks come with whole machines or volumes, journals and controllers among them"
    return _rest(a.disk_bytes / b.disk_bytes, factors, "rounding", sentence)
