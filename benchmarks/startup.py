"""What a new process pays: commands from their start to their output, and the import of `capacity`."""

from __future__ import annotations

import json
import sys
from functools import partial

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
from capacity import Workload, size
size(Workload(write="45 MB/s", message="1 KiB"), "msk-standard", machine="kafka.m7g.large")
t3 = time.perf_counter()
print(json.dumps({{"bare": t1 - t0, "capacity": t2 - t1, "sizing": t3 - t2}}))
"""
IMPORT_PROCESSES = 7
BARE_LABEL = f"python -c '{BARE}'"


def compare(repeats: int) -> Result:
    """Measure `streamplan compare`, `--help` and `--version` as whole processes against one that imports pandas."""
    result = Result(
        "compare", f"start of `streamplan compare {WORKLOAD}` to its table, and of the help, whole processes"
    )
    ours = streamplan_command()
    commands = {
        BARE_LABEL: [sys.executable, "-c", BARE],
        "streamplan compare": [*ours, "compare", WORKLOAD],
        "streamplan compare --json": [*ours, "compare", WORKLOAD, "--json"],
        "streamplan --help": [*ours, "--help"],
        "streamplan --version": [*ours, "--version"],
    }
    try:
        lines = {label: len(run(command).splitlines()) for label, command in commands.items()}
    except RuntimeError as error:
        result.skipped = f"the command does not run: {error}"
        return result
    result.times = alternate({label: partial(run, command) for label, command in commands.items()}, repeats)
    bare, *others = result.times
    for label in others:
        ratio = result.times[label].median / result.times[bare].median
        result.ratios[f"{label} over the bare start, median over median"] = ratio
    result.facts["lines of the table"] = lines["streamplan compare"]
    result.notes = [
        "The output goes to a pipe. One run of each before the first measurement fills the caches, of bytecode too.",
    ]
    return result


def imports() -> Result:
    """Measure `import capacity` beyond NumPy and pandas, each in a new process."""
    result = Result("imports", f"`import capacity` after `{BARE}`")
    run([sys.executable, "-c", STEPS])
    seen = [json.loads(run([sys.executable, "-c", STEPS])) for _ in range(IMPORT_PROCESSES)]
    result.times = {
        BARE: Times.of([s["bare"] for s in seen]),
        "then import capacity": Times.of([s["capacity"] for s in seen]),
        "then size one offer": Times.of([s["sizing"] for s in seen]),
    }
    best = {label: times.best for label, times in result.times.items()}
    result.ratios["import capacity over the bare import, best over best"] = best["then import capacity"] / best[BARE]
    return result
