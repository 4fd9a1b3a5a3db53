"""Planning the same uncertain Kafka workload: ours against the PyPI package `service-capacity-modeling`."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks.timing import ROOT, Result, Times, run, timed

PLATFORMS = ("kafka-ec2-ebs", "kafka-ec2-nvme")
OURS_PER_TURN = 20

NOTES = (
    "Both plan 132 worlds in one thread: ours 132 draws, the peer 128 draws, three percentiles and the mean. A time is "
    "one plan in a running process: drawing the worlds, sizing and pricing every machine in each, and choosing.",
    "Ours evaluates every configuration, that is machine type and kind of disk, of two offers: at least as many "
    "evaluations as the peer makes. It sizes them in all worlds at once and takes the least mean cost among those that "
    "carry every world. The peer plans each world apart, keeps the cheapest of each, and ranks those by regret.",
    "Not the same model. The peer draws three more inputs: CPU per MiB read and written, and bytes read apart from "
    "consumers, which its CPU then counts twice. It keeps 60 % of the disk free, at most 5 TiB of disk a machine "
    "and at most 150 machines, so some worlds get no plan. Its prices are reserved for three years, without network "
    "transfer; ours are on demand, with traffic between zones and controllers. Compare the speed, not the bills.",
    "Ours carries the loss of a zone and the catch-up after it in every plan, with 17 constraints a machine.",
    "The peer's alternatives are each sized for another world, named in the row; ours all carry the same worlds.",
    "Write rate, consumers and stored bytes follow the same Beta distributions; ours are Sobol points, the peer's are "
    "pseudo-random.",
)


@dataclass(frozen=True)
class Chosen:
    """A plan of ours: the machine with the least expected cost over both offers."""

    usd_a_month: float
    platform: str
    machine: str
    evaluations: int


def plan(case: Any, book: Any) -> Chosen:
    """Draw the worlds, size and price every machine in each, and choose."""
    from streamplan.planning.plan import cost_all

    demand = case.worlds()
    best, evaluations = [], 0
    for platform in PLATFORMS:
        costed = cost_all(demand, platform, book)
        index = costed.taken()
        machine = str(costed.sizing.configuration[index])
        best.append((float(costed.cost[index].mean()), platform, machine))
        evaluations += costed.cost.size
    return Chosen(*min(best), evaluations)


def cheapest_machines(case: Any, book: Any, count: int = 5) -> list[dict[str, Any]]:
    """Return the machines with the least expected cost among those that carry every world."""
    from streamplan.planning.plan import cost_all

    demand, rows = case.worlds(), []
    for platform in PLATFORMS:
        costed = cost_all(demand, platform, book)
        usd, units = costed.cost, costed.sizing.units
        for i, machine in enumerate(costed.sizing.configuration):
            row = {"platform": platform, "machine": str(machine), "units_mean": float(units[i].mean())}
            row |= {"units_least": float(units[i].min()), "units_most": float(units[i].max())}
            rows.append({**row, "usd_a_month_mean": float(usd[i].mean()), "usd_a_month_most": float(usd[i].max())})
    return sorted(rows, key=lambda row: row["usd_a_month_mean"])[:count]


def request(case: Any) -> dict[str, Any]:
    """Return a case as `peer.py` reads it."""
    from benchmarks.worlds import PEER_DRAWS, PEER_PERCENTILES, RETENTION_S

    return {
        "write": vars_of(case.write),
        "consumers": vars_of(case.consumers),
        "retention": f"PT{RETENTION_S / 3600:g}H",
        "simulations": PEER_DRAWS,
        "percentiles": PEER_PERCENTILES,
    }


def vars_of(interval: Any) -> dict[str, float]:
    return {name: getattr(interval, name) for name in ("low", "mid", "high", "confidence")}


class Peer:
    """The other planner in its own interpreter, asked one line at a time and idle between them."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.about = self._answer()

    def ask(self, case: Any, **more: Any) -> dict[str, Any]:
        assert self.process.stdin
        print(json.dumps({**request(case), **more}), file=self.process.stdin, flush=True)
        return self._answer()

    def seconds(self, case: Any) -> float:
        return float(self.ask(case)["seconds"])

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the peer's interpreter stopped; is service-capacity-modeling installed there?")
        return dict(json.loads(line))


@contextmanager
def peer(python: str) -> Iterator[Peer]:
    """Start `peer.py` with that interpreter, cut off from our path and packages."""
    command = [python, "-I", str(ROOT / "benchmarks" / "peer.py")]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield Peer(process)
    finally:
        if process.stdin:
            process.stdin.close()
        process.wait()


def measure(peer_python: str | None, repeats: int) -> Result:
    """Measure ours, and the peer in turn with it if its interpreter is given."""
    from benchmarks.worlds import CASES, WORLDS
    from pricing import PriceBook

    title = "two uncertain Kafka workloads, 24 h kept, three consumers, three copies"
    result = Result("planning", title, notes=list(NOTES))
    cold = [json.loads(run([sys.executable, "-m", "benchmarks.planning"])) for _ in range(3)]
    book = PriceBook.load()
    ours: dict[str, list[float]] = {}
    for case in CASES:
        chosen = plan(case, book)
        product = f"{chosen.evaluations // WORLDS} x {WORLDS} = {chosen.evaluations:,}"
        result.facts[f"{case.name}, ours, configurations x worlds = evaluations"] = product
        result.facts[f"{case.name}, ours, chosen"] = f"{chosen.machine} on {chosen.platform}"
        result.tables[f"{case.name}, ours: the five cheapest in expectation"] = cheapest_machines(case, book)
        ours[case.name] = []
    result.times["ours, import"] = Times.of([c["import_s"] for c in cold])
    result.times["ours, first plan of a process"] = Times.of([c["first_s"] for c in cold])

    if peer_python is None:
        result.notes.append("The peer was not measured: give its interpreter with --peer-python.")
        for case in CASES:
            ours[case.name] += [timed(lambda case=case: plan(case, book)) for _ in range(OURS_PER_TURN * repeats)]
            result.times[f"{case.name}, ours"] = Times.of(ours[case.name])
        return result

    with peer(peer_python) as other:
        about = other.about
        versions = ", ".join(f"{name} {number}" for name, number in about["packages"].items())
        result.facts["peer"] = f"service-capacity-modeling {about['version']}, Python {about['python']}, {versions}"
        result.times["peer, import"] = Times.of([about["import_s"]])
        result.times["peer, first plan of a process"] = Times.of([other.seconds(CASES[0])])
        for case in CASES:
            _describe(result, case.name, other.ask(case, inspect=True))
            theirs: list[float] = []
            for _ in range(repeats):
                ours[case.name] += [timed(lambda case=case: plan(case, book)) for _ in range(OURS_PER_TURN)]
                theirs.append(other.seconds(case))
            a, b = Times.of(ours[case.name]), Times.of(theirs)
            result.times |= {f"{case.name}, ours": a, f"{case.name}, peer": b}
            result.ratios |= {
                f"{case.name}, times faster, median over median": b.median / a.median,
                f"{case.name}, times faster, best over best": b.best / a.best,
            }
    first = result.times["peer, first plan of a process"].median / result.times["ours, first plan of a process"].median
    result.ratios["times faster, first plan of a process"] = first
    return result


def _describe(result: Result, name: str, seen: dict[str, Any]) -> None:
    product = f"{seen['shapes']} x {seen['worlds']} = {seen['evaluations']:,}"
    result.facts |= {
        f"{name}, peer, shapes x worlds = evaluations": product,
        f"{name}, peer, outcomes": ", ".join(f"{n:,} {kind}" for kind, n in sorted(seen["outcomes"].items())),
        f"{name}, peer, draws that got a plan": f"{seen['draws_with_a_plan']} of {seen['draws']}",
    }
    result.tables[f"{name}, peer: its plans, least regret first"] = seen["least_regret"]
    result.tables[f"{name}: the worlds that both drew"] = _worlds(name, seen["inputs"])


def _worlds(name: str, theirs: dict[str, list[float]]) -> list[dict[str, Any]]:
    from benchmarks.worlds import CASES, COPIES
    from streamfacts.units import MIB, TIB

    case = next(c for c in CASES if c.name == name)
    demand = case.worlds()
    stored = demand.wire_bytes_s * demand.retention_s * COPIES
    ours = {"write_mib_s": demand.wire_bytes_s / MIB, "consumers": demand.fan_out, "stored_tib": stored / TIB}
    rows = []
    for field, values in ours.items():
        ends = [float(values.min()), float(values.mean()), float(values.max())]
        for who, three in (("ours", ends), ("peer", theirs[field])):
            rows.append({"input": field, "of": who, **dict(zip(("least", "mean", "most"), three, strict=True))})
    return rows


def cold() -> dict[str, float]:
    """Time what a new process pays: the import, then its first plan, which reads the tables and the price book."""
    start = time.perf_counter()
    from benchmarks.worlds import CASES
    from pricing import PriceBook

    imported = time.perf_counter()
    plan(CASES[0], PriceBook.load())
    return {"import_s": imported - start, "first_s": time.perf_counter() - imported}


if __name__ == "__main__":
    print(json.dumps(cold()))
