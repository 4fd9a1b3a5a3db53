"""What a new process pays: the command to its table, and the import of `capacity`."""

from __future__ import annotations

import json
import sys

from benchmarks.timing import Result, Times, alternate, run, streamplan_command

WORKLOAD = "data/workloads/example-100mib.yaml"
BARE = "import numpy, pandas"
STEPS = f"""
import json, time
t0 = time.perf_counter()
{BARE}
t1 = time.perf_counter()
import capacity
t2 = time.perf_counter()
import streamplan
t3 = time.perf_counter()
print(json.dumps({{"bare": t1 - t0, "capacity": t2 - t1, "streamplan": t3 - t2}}))
"""
IMPORT_PROCESSES = 7


def compare(repeats: int) -> Result:
    """Measure `streamplan compare` as a whole process against an interpreter that imports NumPy and pandas."""
    result = Result("compare", f"start of `streamplan compare {WORKLOAD}` to its table, whole process")
    ours = [*streamplan_command(), "compare", WORKLOAD]
    bare = [sys.executable, "-c", BARE]
    try:
        table = run(ours)
    except RuntimeError as error:
        result.skipped = f"the command does not run: {error}"
        return result
    run(bare)
    label = f"python -c '{BARE}'"
    result.times = alternate({"streamplan compare": lambda: run(ours), label: lambda: run(bare)}, repeats)
    ratio = result.times["streamplan compare"].median / result.times[label].median
    result.ratios["times the bare start, median over median"] = ratio
    result.facts["lines of the table"] = len(table.splitlines())
    result.notes = ["The output goes to a pipe. One run of each before the first measurement fills the file caches."]
    return result


def imports() -> Result:
    """Measure `import capacity` beyond NumPy and pandas, each in a new process."""
    result = Result("imports", f"`import capacity` after `{BARE}`")
    run([sys.executable, "-c", STEPS])
    seen = [json.loads(run([sys.executable, "-c", STEPS])) for _ in range(IMPORT_PROCESSES)]
    result.times = {
        BARE: Times.of([s["bare"] for s in seen]),
        "then import capacity": Times.of([s["capacity"] for s in seen]),
        "then import streamplan": Times.of([s["streamplan"] for s in seen]),
    }
    best = {label: times.best for label, times in result.times.items()}
    result.ratios["import capacity over the bare import, best over best"] = best["then import capacity"] / best[BARE]
    return result
