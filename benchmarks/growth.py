"""How time and memory of a plan grow with the draws, in one piece and in blocks."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.planning import PLATFORMS
from benchmarks.timing import Result, Times, clock, run

BLOCK = 256
DRAWS = (2**7, 2**10, 2**13, 2**17)
FULL = 2**20
LARGEST_PIECE = 2**13
LEAST_REPEATS, MOST_REPEATS, ENOUGH_S = 3, 20, 2.0


def plan_in_blocks(case: Any, book: Any, draws: int, block: int) -> tuple[float, str, str]:
    """Return mean cost, offer and machine of the cheapest one over all draws, with one block in memory at a time."""
    from streamplan.planning.plan import cost_all

    sums: dict[str, Any] = {}
    names: dict[str, Any] = {}
    for demand in case.blocks(draws, block):
        for platform in PLATFORMS:
            costed = cost_all(demand, platform, book)
            sums[platform] = sums.get(platform, 0.0) + costed.cost.sum(axis=1)
            names[platform] = costed.sizing.configuration
    best = []
    for platform, total in sums.items():
        index = int(np.argmin(total))
        best.append((float(total[index] / draws), platform, str(names[platform][index])))
    return min(best)


def peak_bytes() -> int:
    """Return the most memory that this process held so far [bytes]."""
    status = Path("/proc/self/status")
    if status.is_file():  # unlike getrusage it does not carry over what the parent held before exec
        line = next(x for x in status.read_text(encoding="utf-8").splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def one_size(draws: int, block: int) -> dict[str, Any]:
    """Measure one number of draws in this process, after a first plan of two draws."""
    from benchmarks.worlds import CASES
    from pricing import PriceBook

    book = PriceBook.load()
    plan_in_blocks(CASES[0], book, 2, 2)
    before = peak_bytes()
    seconds: list[float] = []
    while len(seconds) < LEAST_REPEATS or (len(seconds) < MOST_REPEATS and sum(seconds) < ENOUGH_S):
        start = time.perf_counter()
        usd, platform, machine = plan_in_blocks(CASES[0], book, draws, block)
        seconds.append(time.perf_counter() - start)
    chosen = {"usd_a_month_mean": usd, "chosen": f"{machine} on {platform}"}
    return {"seconds": seconds, "added_bytes": peak_bytes() - before, "before_bytes": before, **chosen}


def slope(draws: list[int], values: list[float]) -> float:
    """Return the exponent of growth: the least-squares slope of log value over log draws."""
    return float(np.polyfit(np.log(draws), np.log(values), 1)[0])


def measure(full: bool) -> Result:
    """Measure every number of draws in a process of its own."""
    result = Result("growth", "100 MiB/s on every machine of two offers, by the number of draws")
    sizes = [*DRAWS, FULL] if full else list(DRAWS)
    for label, block_of, taken in (
        ("in blocks", lambda n: min(n, BLOCK), sizes),
        ("in one piece", lambda n: n, [n for n in sizes if n <= LARGEST_PIECE]),
    ):
        rows, medians, added = [], [], []
        for draws in taken:
            seen = json.loads(run([sys.executable, "-m", "benchmarks.growth", str(draws), str(block_of(draws))]))
            times = Times.of(seen["seconds"])
            result.times[f"{label}, {draws:,} draws"] = times
            medians.append(times.median)
            added.append(max(seen["added_bytes"], 2**20))
            mib = {"peak_mib": (seen["before_bytes"] + seen["added_bytes"]) / 2**20, "added_mib": added[-1] / 2**20}
            per = {"median": clock(times.median), "us_a_draw": times.median / draws * 1e6}
            rows.append({"draws": draws, **per, **mib, "chosen": seen["chosen"], "usd": seen["usd_a_month_mean"]})
        result.tables[label] = rows
        result.facts |= {
            f"{label}, time grows as draws to the power of": slope(taken, medians),
            f"{label}, the same over the last two sizes": slope(taken[-2:], medians[-2:]),
            f"{label}, added memory grows as draws to the power of": slope(taken, added),
        }
    result.notes = [
        f"A block is {BLOCK} draws of every configuration. Draws are powers of two, as Sobol points need; "
        f"{FULL:,} only with --full, one piece only to {LARGEST_PIECE:,}.",
        "Small numbers of draws pay the fixed cost of a plan, so the slope over all is below that of the last two.",
        "Memory is the process's peak resident set; `added` is what exceeds its peak after a first plan of two draws, "
        "at least 1 MiB.",
    ]
    return result


if __name__ == "__main__":
    print(json.dumps(one_size(int(sys.argv[1]), int(sys.argv[2]))))
