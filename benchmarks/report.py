"""A whole report against the smallest run of papermill."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from benchmarks.startup import WORKLOAD
from benchmarks.timing import Result, alternate, run, streamplan_command

NOTEBOOK = {
    "cells": [
        {"cell_type": "code", "execution_count": None, "id": "one", "metadata": {}, "outputs": [], "source": "1 + 1"}
    ],
    "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}
PAPERMILL = "import sys, papermill; papermill.execute_notebook(sys.argv[1], sys.argv[2], progress_bar=False)"


def measure(repeats: int) -> Result:
    """Measure `streamplan report` and a one-cell notebook through papermill, each as a whole process."""
    result = Result("report", f"`streamplan report {WORKLOAD} --format html --out DIR`, whole process")
    with tempfile.TemporaryDirectory() as folder:
        notebook, out = Path(folder, "one.ipynb"), Path(folder, "reports")
        notebook.write_text(json.dumps(NOTEBOOK), encoding="utf-8")
        ours = [*streamplan_command(), "report", WORKLOAD, "--format", "html", "--out", str(out)]
        mill = [sys.executable, "-c", PAPERMILL, str(notebook), str(Path(folder, "done.ipynb"))]
        for what, command in (("the report command", ours), ("papermill", mill)):
            try:
                run(command)
            except RuntimeError as error:
                result.skipped = f"{what} does not run: {error}"
                return result
        label = "papermill, one cell"
        result.times = alternate({"streamplan report": lambda: run(ours), label: lambda: run(mill)}, repeats)
        written = sorted(path for path in out.rglob("*") if path.is_file())
        result.facts = {f"written: {path.name}": f"{path.stat().st_size / 1024:.0f} KiB" for path in written}
    ratio = result.times["streamplan report"].median / result.times[label].median
    result.ratios["times the papermill run, median over median"] = ratio
    result.notes = [
        "papermill runs `1 + 1` in-process with its defaults: import, start of a kernel, one cell, orderly shutdown.",
        "One run of each before the first measurement fills the file caches.",
    ]
    return result
