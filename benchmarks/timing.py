"""What all benchmarks share: times with their spread, alternation, whole processes, the machine, the result."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("numpy", "pandas", "scipy", "pydantic", "click", "rich", "papermill", "ipykernel")


@dataclass(frozen=True)
class Times:
    """Repeated measurements of one thing [s]."""

    seconds: tuple[float, ...]

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Times:
        return cls(tuple(float(s) for s in seconds))

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def best(self) -> float:
        return min(self.seconds)

    def as_dict(self) -> dict[str, float | int]:
        return {"n": len(self.seconds), "min_s": self.best, "median_s": self.median, "max_s": max(self.seconds)}


@dataclass
class Result:
    """What one benchmark found, for people (`text`) and for programs (`as_dict`)."""

    name: str
    title: str
    times: dict[str, Times] = field(default_factory=dict)
    ratios: dict[str, float] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    load: str = ""
    skipped: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {**vars(self), "times": {label: times.as_dict() for label, times in self.times.items()}}

    def text(self) -> str:
        lines = [f"== {self.name}: {self.title}"]
        if self.skipped:
            return "\n".join([*lines, f"   skipped: {self.skipped}", ""])
        if self.times:
            lines += ["", *grid([_time_row(label, times) for label, times in self.times.items()])]
        if self.ratios:
            lines += ["", *(f"   {label}: {figures(value)}" for label, value in self.ratios.items())]
        if self.facts:
            lines += ["", *(f"   {label}: {figures(value)}" for label, value in self.facts.items())]
        for label, rows in self.tables.items():
            lines += ["", f"   {label}", *grid(rows)]
        if self.notes:
            lines += ["", *(f"   - {note}" for note in self.notes)]
        return "\n".join([*lines, "", f"   load of the machine before and after: {self.load}", ""])


def _time_row(label: str, times: Times) -> dict[str, Any]:
    shown = times.as_dict()
    return {"measured": label, "n": shown.pop("n"), **{k.removesuffix("_s"): clock(v) for k, v in shown.items()}}


def clock(seconds: float) -> str:
    """Return seconds for a person: 0.01234 becomes '12.3 ms'."""
    return f"{seconds:.3g} s" if seconds >= 1 else f"{seconds * 1e3:.3g} ms"


def figures(value: Any) -> str:
    """Return a number with thousands marked and at most three digits where it is small."""
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def grid(rows: list[dict[str, Any]]) -> list[str]:
    """Return rows as aligned lines under their names."""
    if not rows:
        return ["   (none)"]
    cells = [list(rows[0]), *([figures(value) for value in row.values()] for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(cells[0]))]
    return ["   " + "  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in cells]


def timed(function: Callable[[], Any]) -> float:
    """Return the wall time of one call [s]."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def alternate(functions: dict[str, Callable[[], Any]], repeats: int) -> dict[str, Times]:
    """Time each function in turn, A B A B, so that a slow spell of the machine meets them all."""
    seconds: dict[str, list[float]] = {label: [] for label in functions}
    for _ in range(repeats):
        for label, function in functions.items():
            seconds[label].append(timed(function))
    return {label: Times.of(values) for label, values in seconds.items()}


def run(command: Sequence[str], *, cwd: Path = ROOT) -> str:
    """Run a program to its end and return its standard output; raise RuntimeError with its last words if it fails."""
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}  # what is installed has its bytecode
    done = subprocess.run(command, cwd=cwd, env=kept, capture_output=True, text=True, check=False)
    if done.returncode:
        tail = "\n".join((done.stderr or done.stdout).strip().splitlines()[-6:])
        raise RuntimeError(f"exit status {done.returncode} of {' '.join(command[:4])} ...\n{tail}")
    return done.stdout


def streamplan_command() -> list[str]:
    """Return how to start our command line: the installed script if it is there, else the module."""
    script = Path(sys.executable).parent / ("streamplan.exe" if os.name == "nt" else "streamplan")
    return [str(script)] if script.is_file() else [sys.executable, "-m", "streamplan"]


def machine() -> dict[str, str]:
    """Return what the figures depend on: processor, memory, system and versions."""
    cores = f"{len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()} cores"
    return {
        "processor": f"{_processor()}, {cores}",
        "system": f"{platform.system()} {platform.release()}, {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "packages": ", ".join(f"{name} {version(name)}" for name in PACKAGES),
        "streamplan": version("streamplan"),
    }


def load() -> str:
    """Return how busy the machine is, others included: the processes that ran or waited in the last minute."""
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "not known"


def version(name: str) -> str:
    """Return the version of a distribution, or of this checkout where it is not installed."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        if name == "streamplan":
            import streamplan

            return f"{streamplan.__version__} (checkout)"
        return "absent"


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
