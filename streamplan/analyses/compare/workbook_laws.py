"""How the quantities of a bill follow from the inputs: laws fitted to the program's own sizing, and held against it.

The machine, the clusters and the options stay as chosen. Every offer is sized at many changed demands in one call. A
quantity, or the units that a constraint needs, is then written as a sum of products of the changed inputs. What such a
law does not give stays at the value written, and the inputs that would have moved it are named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capacity import Demand, Sizing, Workload, size
from capacity.demand.draws import Draws, asked_inputs, demand_of
from streamfacts.arrays import Array
from streamplan.planning.plan import Plan
from streamplan.planning.terms import Terms

#: Inputs that drive the spreadsheet: the name of the cell that holds how much each is changed, by its name in words.
FACTORS = {
    "x_write": "throughput",
    "x_peak": "peak",
    "x_message": "message size",
    "x_retention": "retention",
    "x_fan_out": "fan-out",
    "x_rf": "replication factor",
}
#: Largest deviation of a law that is called exact, and of one that is still written [1].
EXACT, NEAR = 1e-6, 0.01
#: Powers of the factors, in their order, in each product that a law may consist of.
_POWERS = np.array(
    [(0, 0, 0, 0, 0, 0)]
    + [
        (1, peak, message, 0, fan_out, rf)
        for peak in (0, 1)
        for message in (0, -1)
        for fan_out, rf in ((0, 0), (1, 0), (0, 1))
    ]
    + [(1, 0, 0, 1, 0, 0), (1, 0, 0, 1, 0, 1), (0, 0, 0, 0, 1, 0), (0, 0, 0, 0, 0, 1)],
    float,
)


@dataclass(frozen=True)
class Law:
    """A quantity over what it is at the values written: coefficients of the products, and how far it is off.

    Attributes
    ----------
    terms : coefficient and powers of the factors of each product; the coefficients sum to 1
    off : largest deviation from the program where one input alone is changed, by name of its factor [1]
    """

    terms: tuple[tuple[float, tuple[int, ...]], ...]
    off: Mapping[str, float]

    def formula(self) -> str:
        """Return the law as the text of a formula over the named cells; "1" for what does not change."""
        return "+".join(_product(c, powers) for c, powers in self.terms).replace("+-", "-")

    @property
    def worst(self) -> float:
        """The largest deviation under any one input [1]."""
        return max(self.off.values(), default=0.0)

    @property
    def badness(self) -> tuple[int, float]:
        """How many inputs it does not follow within 1%, and by how much in all: less is better."""
        return _badness(self.off)


@dataclass(frozen=True)
class Changes:
    """The changed demands at which offers are sized.

    Attributes
    ----------
    demand : shape (n,); the first is the one written
    factors : of each input at each demand, shape (n, len(FACTORS)) [1]
    alone : the only input that is changed by half or double, by index of the demand
    free : inputs that this workload lets one change
    """

    demand: Demand
    factors: Array
    alone: Mapping[int, str]
    free: tuple[str, ...]
    _solved: dict[bytes, Any] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, workload: Workload) -> Changes:
        """Return half and double of each input alone, and seeded joint changes of all."""
        asked = asked_inputs(workload)
        free = tuple(x for x in FACTORS if _fields(x, workload, asked) or x == "x_peak")
        base = Demand.of(workload)
        rf, peak, zones = float(base.replication_factor), float(base.peak_ratio), float(base.zones)
        names = list(FACTORS)
        rows, alone = [np.ones(len(names))], dict[int, str]()
        for name in free:
            for factor in (0.5, 2.0):
                value = _whole(rf * factor, rf, zones) if name == "x_rf" else factor
                value = max(value, 1.0 / peak) if name == "x_peak" else value
                if value != 1.0:
                    alone[len(rows)] = name
                    rows.append(np.where(np.array(names) == name, value, 1.0))
        random = np.random.default_rng(0)
        for number in range(_JOINT):
            row = 2.0 ** random.uniform(-1, 1, len(names))
            row[[names.index(x) for x in _HELD[number % len(_HELD)]]] = 1.0
            row[names.index("x_rf")] = _whole(rf * row[names.index("x_rf")], rf, zones)
            row[names.index("x_peak")] = max(row[names.index("x_peak")], 1.0 / peak)
            rows.append(np.where([name in free for name in names], row, 1.0))
        factors = np.array(rows)
        values: dict[str, Array] = {}
        for x, column in zip(names, factors.T, strict=True):
            for name in _fields(x, workload, asked):
                values[name] = values.get(name, float(asked[name].likely)) * column
        demand = demand_of(workload, Draws(values, len(factors), 0))
        return cls(demand.replace(peak_ratio=peak * factors[:, 1]), factors, alone, free)

    def laws(self, values: Array, told: NDArray[np.bool_]) -> tuple[Law, ...]:
        """Return the law of each of several quantities, shape (k, n), from the demands where they are `told`.

        The single changes of one input are held out of the fit, and say how far each law is off.
        """
        every = np.array([i not in self.alone for i in range(len(self.factors))]) & told
        ratio = values / np.where(values[:, :1] > 0, values[:, :1], 1.0)
        found: dict[int, Law] = {}
        for held in _HELD:
            moved = self.factors[:, [list(FACTORS).index(x) for x in held]] != 1.0
            joint = every & ~moved.any(axis=1)
            left = [k for k in range(len(ratio)) if k not in found or found[k].worst > NEAR]
            if not left:
                break
            for k, law in zip(left, self._fitted(ratio[left], joint), strict=True):
                if k not in found or law.badness < found[k].badness:
                    found[k] = law
        return tuple(found[k] for k in range(len(ratio)))

    def _fitted(self, ratio: Array, joint: NDArray[np.bool_]) -> list[Law]:
        """Return the law of each quantity, over what it is as written, from these demands; constant if it has none."""
        key = joint.tobytes()
        if key not in self._solved:
            columns = np.exp(np.log(self.factors) @ _POWERS.T)
            _, at = np.unique(columns[joint].round(12), axis=1, return_index=True)  # what no input moves is one column
            at = np.sort(at)
            self._solved[key] = at, columns[:, at], np.linalg.pinv(columns[joint][:, at], rcond=1e-9)
        at, columns, inverse = self._solved[key]
        flat = _apart(np.ones(ratio.shape), ratio)
        own = ratio[:, joint] @ inverse.T
        own[np.abs(own) < 1e-8] = 0.0
        total = own.sum(axis=1, keepdims=True)
        sure = (np.abs(total[:, 0] - 1.0) < NEAR) & bool(joint.sum() >= len(at) + _SPARE)
        own = own / np.where(sure[:, None], total, 1.0)
        apart = _apart(own @ columns.T, ratio)
        sure &= apart[:, joint].max(axis=1, initial=0.0) < NEAR
        off = self._by_input(np.where(sure[:, None], apart, flat))
        return [
            Law(
                tuple((float(c), _powers(i)) for c, i in zip(row, at, strict=True) if c)
                if fits
                else ((1.0, _powers(0)),),
                dict(zip(self.free, worst, strict=True)),
            )
            for row, fits, worst in zip(own, sure, off, strict=True)
        ]

    def deviations(self, off: Array) -> dict[str, float]:
        """Return the largest of the deviations at the single changes of each input, by its factor [1]."""
        return dict(zip(self.free, self._by_input(off[None])[0], strict=True))

    def _by_input(self, off: Array) -> list[list[float]]:
        """The same of several, by row and input; where the plan does not fit nothing deviates."""
        found = np.nan_to_num(off, nan=0.0, posinf=1.0)
        own = [[i for i, x in self.alone.items() if x == name] for name in self.free]
        return np.stack([found[:, i].max(axis=1, initial=0.0) for i in own], axis=1).tolist()  # type: ignore[no-any-return]


#: Inputs that are held where a law over all of them is not found: a law of the others is written then.
_HELD: tuple[tuple[str, ...], ...] = (
    (),
    ("x_rf",),
    ("x_message",),
    ("x_rf", "x_message"),
    ("x_rf", "x_message", "x_peak"),
    ("x_rf", "x_message", "x_retention"),
)
#: Joint changes that laws are fitted to, and by how many they are more than the products of a law.
_JOINT, _SPARE = 96, 6


@dataclass(frozen=True)
class Need:
    """A constraint as the spreadsheet holds it: units that it needs at the values written, and their law."""

    name: str
    state: str
    units: float
    law: Law


@dataclass(frozen=True)
class Live:
    """One offer with its laws.

    Attributes
    ----------
    needs : the constraints on the main units that decide at any of the changes
    step, least : units come in multiples of `step`, at least `least`
    units : at the values written; 0 where units do not follow from the needs
    lines : law of each usage line by position, None for one that counts the units
    off : largest deviation of each line by position and input: what the sheet says of itself; also of a line that is
        nothing as written and something after a change, which `lines` do not have
    unfit : single changes at which the program finds that the plan does not fit: factor, and times what is written
    """

    needs: tuple[Need, ...]
    step: float
    least: float
    units: float
    lines: Mapping[int, Law | None]
    off: Mapping[int, Mapping[str, float]]
    unfit: tuple[tuple[str, float], ...]


def live(plan: Plan, changes: Changes, terms: Terms) -> Live:
    """Return the laws of an offer's plan, from one sizing of its machine at all changed demands."""
    demand = changes.demand.replace(region=plan.bill.region)
    sizing = size(
        demand,
        plan.offer.name,
        machine=plan.machine,
        clusters=plan.clusters,
        options=dict(plan.sizing.options),
        hours_per_month=terms.hours_per_month,
    )
    n = len(changes.factors)
    units, fits = np.broadcast_to(sizing.units, (n,)), np.broadcast_to(sizing.feasible, (n,))
    told = np.isfinite(units) & fits
    needs, step, least, counted = _needs(changes, sizing, units, told)
    follows = bool(needs) and counted[0] == units[0]
    lines: dict[int, Law | None] = {}
    off: dict[int, Mapping[str, float]] = {}
    quantities = np.stack([np.broadcast_to(line.quantity, (n,)) for line in sizing.usage]).astype(float)
    quantities = np.where(told, quantities, np.nan)
    for position, law in enumerate(changes.laws(quantities, told)):
        quantity = quantities[position]
        if not quantity[0] > 0:
            arises = changes.deviations(np.where(quantity > 0, 1.0, 0.0))
            if max(arises.values(), default=0.0) > 0:
                off[position] = arises
            continue
        lines[position], off[position] = law, law.off
        by_units = np.abs(quantity / quantity[0] - units / units[0])[told].max() < EXACT
        by_need = changes.deviations(_apart(counted / counted[0], quantity / quantity[0])) if follows else {}
        if follows and by_units and _badness(by_need) < law.badness:
            lines[position], off[position] = None, by_need
    unfit = tuple(
        (x, float(changes.factors[i, list(FACTORS).index(x)])) for i, x in changes.alone.items() if not fits[i]
    )
    return Live(needs, step, least, float(units[0]) if follows else 0.0, lines, off, unfit)


def _needs(
    changes: Changes, sizing: Sizing, units: Array, told: NDArray[np.bool_]
) -> tuple[tuple[Need, ...], float, float, Array]:
    """The constraints that decide, the step and the least of units, and what these say of all demands."""
    n = len(units)
    step = float(np.gcd.reduce(np.round(units[told]).astype(np.int64)))
    known = sizing.fewest.get(sizing.unit)
    least = step if known is None else float(np.broadcast_to(known, (n,))[0])
    own = [c for c in sizing.constraints if not c.pool]
    needed = np.stack([np.broadcast_to(c.needed(), (n,)) for c in own]) if own else np.zeros((0, n))
    decides = [int(i) for i in dict.fromkeys(np.argmax(needed, axis=0)[told])] if own else []
    decides = [i for i in decides if np.isfinite(needed[i][told]).all() and needed[i][0] > 0]
    if not decides or step < 1:
        return (), max(step, 1.0), least, units
    laws = changes.laws(np.where(told, needed[decides], np.nan), told)
    sums = np.stack([needed[i][0] * _value(law, changes.factors) for i, law in zip(decides, laws, strict=True)])
    counted = np.ceil(np.maximum(sums.max(axis=0), least) / step - 1e-9) * step
    needs = tuple(
        Need(own[i].name, str(own[i].state), float(needed[i][0]), law) for i, law in zip(decides, laws, strict=True)
    )
    return needs, step, least, counted


def _badness(off: Mapping[str, float]) -> tuple[int, float]:
    return sum(v > NEAR for v in off.values()), sum(off.values())


def _value(law: Law, factors: Array) -> Array:
    return np.asarray(sum(c * np.prod(factors ** np.array(powers, float), axis=1) for c, powers in law.terms))


def _apart(law: Array, told: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(told == law, 0.0, np.abs(law - told) / np.abs(told)))


def _powers(index: int) -> tuple[int, ...]:
    return tuple(int(p) for p in _POWERS[index])


def _product(coefficient: float, powers: tuple[int, ...]) -> str:
    over = [x for x, p in zip(FACTORS, powers, strict=True) if p > 0]
    under = [x for x, p in zip(FACTORS, powers, strict=True) if p < 0]
    return "*".join([repr(coefficient), *over]) + "".join(f"/{x}" for x in under)


def _fields(x: str, w: Workload, asked: Mapping[str, object]) -> list[str]:
    """The fields of a workload that a factor multiplies; none where this workload does not give them."""
    fields = {
        "x_write": ("write", "messages", "peak_write"),
        "x_peak": (),
        "x_message": ("message",) if w.messages is None else (),
        "x_retention": ("retention",),
        "x_fan_out": ("fan_out",),
        "x_rf": ("replication_factor",),
    }
    return [name for name in fields[x] if name in asked]


def _whole(copies: float, written: float, zones: float) -> float:
    """A whole number of copies that a workload may have, one a zone, over those written [1]."""
    return float(min(max(round(copies), 1), zones)) / written
