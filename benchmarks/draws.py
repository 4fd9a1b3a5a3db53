"""Uncertainty at full size: one offer under 100,000 draws of 60 months, every offer under 4,096, one point of all."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import numpy as np

from benchmarks.growth import peak_bytes, slope
from benchmarks.timing import Result, Times, clock, run, timed
from capacity.demand.draws import draw_demand

MONTHS, DRAWS, STUDY, POINTS = 60, 100_000, 4096, 20
SIZES = (2**10, 2**13, 2**16)
FULL = 2**20
OFFER = "kafka-ec2-ebs"


def workload(write_mb_s: float = 100.0) -> Any:
    """Return a workload with five uncertain inputs that grows each month, so that no two months are the same."""
    from capacity import Workload

    return Workload(
        write={"low": f"{write_mb_s / 2:g} MB/s", "likely": f"{write_mb_s:g} MB/s", "high": f"{write_mb_s * 2:g} MB/s"},
        message={"low": "512 B", "likely": "1 KiB", "high": "4 KiB"},
        fan_out={"low": 2, "likely": 3, "high": 5},
        retention={"low": "1 d", "likely": "3 d", "high": "7 d"},
        peak_ratio={"low": 1.2, "likely": 1.5, "high": 2.5},
        growth={"yearly": "15%"},
    )


def one_offer(draws: int) -> dict[str, Any]:
    """Cost the cheapest machine in every draw and month, drawing included, after a first run of two draws."""
    from pricing import PriceBook
    from streamplan.planning.least_costs import draw_costs

    book, w = PriceBook.load(), workload()
    draw_costs(draw_demand(w, 2, MONTHS), OFFER, book)
    before, start, busy = peak_bytes(), time.perf_counter(), time.process_time()
    usd = draw_costs(draw_demand(w, draws, MONTHS), OFFER, book).usd
    took = {"seconds": time.perf_counter() - start, "cpu_seconds": time.process_time() - busy}
    return {**took, "peak_bytes": peak_bytes(), "before_bytes": before, "median_usd": float(np.median(usd))}


def all_offers() -> dict[str, Any]:
    """Study every offer under all draws and months."""
    from streamplan.analyses.risk.risk import risk

    w = workload()
    risk(w, months=2, draws=2)
    start, busy = time.perf_counter(), time.process_time()
    found = risk(w, months=MONTHS, draws=STUDY)
    took = {"seconds": time.perf_counter() - start, "cpu_seconds": time.process_time() - busy}
    return {**took, "offers": len(found.offers), "peak_bytes": peak_bytes()}


def points() -> dict[str, Any]:
    """Compare every offer at one point after the other, as a slider asks."""
    from streamplan.planning.study import study

    study(workload())
    return {"seconds": [timed(lambda x=x: study(workload(100.0 + x))) for x in range(1, POINTS + 1)]}


def of_the_peer(result: Result, python: str, ours_s: float) -> None:
    """Add what the peer takes for a plan of a few worlds, and what as many worlds as ours would take at that rate."""
    from benchmarks.planning import peer
    from benchmarks.worlds import CASES, WORLDS

    with peer(python) as other:
        other.seconds(CASES[0])  # the first plan of a process takes longer
        seconds = other.seconds(CASES[0])
    result.times[f"peer, a plan of {CASES[0].name} in {WORLDS} worlds"] = Times.of([seconds])
    whole = seconds / WORLDS * DRAWS * MONTHS
    result.facts |= {
        f"peer, {DRAWS * MONTHS:,} worlds at that rate, days (not run)": whole / 86400.0,
        "that over ours": whole / ours_s,
    }
    result.notes.append(
        "The peer plans every world apart, so its time is in proportion to them; it was run on few and multiplied. It "
        "is of one thread, for EBS and local disks together; ours of all cores, for EBS alone."
    )


def measure(full: bool, peer_python: str | None = None) -> Result:
    """Measure each in a process of its own."""
    result = Result(
        "draws", f"uncertain workloads over {MONTHS} months, machine types as they are cheapest in each month"
    )
    offer = _run("offer", DRAWS)
    result.times[f"{OFFER}, {DRAWS:,} draws x {MONTHS} months"] = Times.of([offer["seconds"]])
    result.facts["its processor time, s"] = offer["cpu_seconds"]
    result.facts["its peak memory, MiB"] = offer["peak_bytes"] / 2**20
    study = _run("study")
    result.times[f"risk of {study['offers']} offers, {STUDY:,} draws x {MONTHS} months"] = Times.of([study["seconds"]])
    result.facts["the study's processor time, s"] = study["cpu_seconds"]
    result.facts["the study's peak memory, MiB"] = study["peak_bytes"] / 2**20
    result.times["a new point estimate of every offer, warm"] = Times.of(_run("points")["seconds"])
    sizes = [*SIZES, FULL] if full else list(SIZES)
    seen = [_run("offer", n) for n in sizes]
    result.tables[f"{OFFER} by draws"] = [
        {
            "draws": n,
            "time": clock(x["seconds"]),
            "processor": clock(x["cpu_seconds"]),
            "us_a_draw_and_month": x["cpu_seconds"] / n / MONTHS * 1e6,
            "peak_mib": x["peak_bytes"] / 2**20,
        }
        for n, x in zip(sizes, seen, strict=True)
    ]
    result.facts["processor time grows as draws to the power of"] = slope(sizes, [x["cpu_seconds"] for x in seen])
    result.facts["added memory grows as draws to the power of"] = slope(
        sizes, [max(x["peak_bytes"] - x["before_bytes"], 2**20) for x in seen]
    )
    result.notes = [
        "Five inputs are uncertain and the load grows each month. Times include the drawing. Processor time is that of "
        "all threads: over the cores it is the least that an idle machine takes, and others' load moves it less.",
        f"Growth in draws to {FULL:,} only with --full.",
    ]
    if peer_python:
        of_the_peer(result, peer_python, offer["seconds"])
    return result


def _run(what: str, draws: int = 0) -> dict[str, Any]:
    return dict(json.loads(run([sys.executable, "-m", "benchmarks.draws", what, str(draws)])))


if __name__ == "__main__":
    kinds = {"offer": lambda: one_offer(int(sys.argv[2])), "study": all_offers, "points": points}
    print(json.dumps(kinds[sys.argv[1]]()))
