"""Twenty reports in a batch against twenty runs of papermill, one after another, on the same notebook and workloads."""

from __future__ import annotations

import csv
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.timing import Result, Times, run, streamplan_command, timed

REPORTS = 20
#: Parts in which papermill's notebooks are run, each before a batch.
PARTS = 4
ON = "2026-11-23"
#: Papermill at its defaults, in one process that has imported it already: only the notebooks are counted.
SERIAL = """
import json, sys, time, papermill
from streamplan.notebooks import notebook_path
notebook, seconds = str(notebook_path("compare-platforms")), []
for path in json.loads(sys.argv[1]):
    start = time.perf_counter()
    parameters = {"workload": path, "on": sys.argv[2]}
    papermill.execute_notebook(notebook, path + ".ipynb", parameters=parameters, progress_bar=False)
    seconds.append(time.perf_counter() - start)
print(json.dumps(seconds))
"""


def batch(command: list[str], out: Path, more: Sequence[str] = ()) -> None:
    """Run `streamplan batch` into a folder."""
    run([*command, str(out), *more])


def measure(repeats: int) -> Result:
    """Measure `streamplan batch` of 20 rows as a whole process, and the notebooks of its rows through papermill."""
    result = Result("batch", f"{REPORTS} reports on every offer: `streamplan batch` and papermill one after another")
    with tempfile.TemporaryDirectory() as folder:
        portfolio = Path(folder, "portfolio.csv")
        with portfolio.open("w", newline="", encoding="utf-8") as handle:
            rows = [[f"report {n}", f"team {n % 4}", f"{5 * (n + 1)} MB/s", "1 KiB", "3 d"] for n in range(REPORTS)]
            csv.writer(handle).writerows([["name", "team", "write", "message", "retention"], *rows])
        command = [*streamplan_command(), "batch", str(portfolio), "--on", ON, "--out"]
        times: dict[str, list[float]] = {"batch": [], "notebooks": [], "again": []}
        serial: list[float] = []
        batch(command, Path(folder, "first"))  # fills the file caches and writes the workloads
        workloads = sorted(str(path) for path in Path(folder).glob("first/reports/*.yaml"))
        for number in range(repeats):
            each: list[float] = []
            for part in range(PARTS):  # in turn, so that a slow spell of the machine meets both
                each += json.loads(run([sys.executable, "-c", SERIAL, json.dumps(workloads[part::PARTS]), ON]))
                out, more = Path(folder, f"out-{number}-{part}"), ["--format", ""] if part % 2 else []
                times["notebooks" if part % 2 else "batch"].append(
                    timed(lambda out=out, more=more: batch(command, out, more))
                )
            times["again"].append(timed(lambda n=number: batch(command, Path(folder, f"out-{n}-0"))))
            serial.append(sum(each))
    label = f"papermill at its defaults, {REPORTS} notebooks"
    result.times = {
        "streamplan batch, HTML and XLSX of each, whole process": Times.of(times["batch"]),
        "streamplan batch, notebooks and data only, whole process": Times.of(times["notebooks"]),
        "streamplan batch again, nothing changed": Times.of(times["again"]),
        label: Times.of(serial),
    }
    median = {name: found.median for name, found in result.times.items()}
    reports, notebooks, *_ = median.values()
    result.ratios = {
        "papermill over the batch with HTML and XLSX, median over median": median[label] / reports,
        "papermill over the batch of the same notebooks, median over median": median[label] / notebooks,
    }
    result.facts = {"seconds a report in the batch": reports / REPORTS, "seconds a notebook": notebooks / REPORTS}
    result.notes = [
        "The batch is counted from the start of its process, with its imports, the index and the portfolio's workbook;",
        "papermill from its first notebook, without its imports, and without any HTML or XLSX.",
        f"They take turns: {REPORTS // PARTS} notebooks through papermill, a whole batch, the next {REPORTS // PARTS}.",
        "Each notebook starts from a clean process state; its output cells are the same both ways.",
    ]
    return result
