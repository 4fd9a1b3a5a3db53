"""A user's own measurements: what they say of the coefficients, and of the CPU that the user's clusters need.

A table of load and CPU of a running cluster, the result of an OpenMessaging Benchmark run, or the output of
kafka-producer-perf-test becomes evidence about one more test bed. The coefficients fitted on the published
measurements are its prior, so that a few rows move what they speak about and leave the rest.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from capacity.laws.coefficients import Coefficients, fitted
from capacity.measured.calibration.benchmark_result import read_benchmark
from capacity.measured.calibration.cpu_factor import own_factor
from capacity.measured.calibration.evidence import Evidence, of_frame
from capacity.measured.calibration.fit import Joint, Prior, fit_joint
from capacity.measured.calibration.perf_log import is_perf_log, read_perf_log
from capacity.measured.calibration.rates import AT_LEAST, LIMIT, TOLD, ReadRate
from capacity.measured.cluster import KAFKA
from capacity.measured.prediction import predict
from streamfacts.arrays import Array
from streamfacts.errors import InputError
from streamfacts.files import write_whole
from streamfacts.reading import read_document, read_text

#: What a file may hold.
KINDS = ("table of load and CPU", "OpenMessaging Benchmark result", "kafka-producer-perf-test output")
#: Names of columns, lower case without spaces, and the factor to MB/s or percent.
LOAD = {
    **dict.fromkeys(("load_mb_s", "mb_s_in", "in_mb_s", "mb_s", "measured_mb_s_in_total"), 1.0),
    **dict.fromkeys(("bytes_s", "bytes_in_s", "bytes_in_per_sec", "bytesinpersec", "bytes_in"), 1e-6),
    **dict.fromkeys(("mib_s", "mib_s_in", "in_mib_s"), 1.048576),
}
OUT = {
    **dict.fromkeys(("out_mb_s", "mb_s_out"), 1.0),
    **dict.fromkeys(("bytes_out_s", "bytes_out_per_sec", "bytesoutpersec", "bytes_out"), 1e-6),
    **dict.fromkeys(("mib_s_out", "out_mib_s"), 1.048576),
}
CPU = dict.fromkeys(("cpu_pct", "cpu", "cpu_percent", "cpu_utilisation", "cpu_utilization"), 1.0)
BED = "own cluster"

#: What a saved posterior must hold.
_KEYS = {"names", "log_mean", "log_covariance", "departure", "client_departure", "test_bed"}


@dataclass(frozen=True)
class Posterior:
    """What own measurements leave of the coefficients; `kind`, `read` and `ignored` say what was read."""

    joint: Joint
    evidence: Evidence
    kind: str
    read: tuple[ReadRate, ...]
    ignored: tuple[str, ...]

    @property
    def coefficients(self) -> Coefficients:
        """The posterior for `predict`: the own test bed beside those that are known."""
        known = fitted()
        own = self.joint.coefficients
        return replace(
            own,
            departs={**known.departs, **own.departs},
            client_departs={**known.client_departs, **own.client_departs},
            widen=known.widen,
            widen_known=known.widen,  # few rows of one cluster say little about how it varies
        )

    def cpu_factor(self) -> tuple[float, float]:
        """Return the CPU that own clusters need over what is shipped: median [1] and sigma of its logarithm."""
        return own_factor(self.evidence, fitted())

    def odd(self) -> list[str]:
        """Return a sentence on each measured limit that the shipped model would not have thought possible.

        The interval holds 90% of the limits of clusters that nobody measured; a limit outside is a discovery or a slip
        in the cluster file, and a reader should know before it moves a plan.
        """
        limits = self.evidence.take(self.evidence.role == LIMIT)
        if not len(limits):
            return []
        before = predict(limits.cluster, fitted())
        rows = zip(limits.rate.tolist(), before.low_mb_s.tolist(), before.high_mb_s.tolist(), strict=True)
        return [
            f"{rate:,.1f} MB/s is {'below' if rate < low else 'above'} the {low:,.1f} to {high:,.1f} MB/s within which "
            "the model expects 90% of such clusters: check the cluster file and what bound the run"
            for rate, low, high in rows
            if not low <= rate <= high
        ]

    def moved(self) -> list[dict[str, Any]]:
        """Return each coefficient with its median and 90% interval before and after, the most moved first."""
        before, after = fitted(), self.coefficients
        rows = [
            {
                "name": name,
                "before": before.point[name],
                "before_90": before.interval(name),
                "after": after.point[name],
                "after_90": after.interval(name),
                "moved_log": float(np.log(after.point[name] / before.point[name])),
                "sd_over_before": after.sd[name] / before.sd[name],
            }
            for name in before.names
        ]
        return sorted(rows, key=lambda row: (-abs(row["moved_log"]), row["sd_over_before"]))

    def document(self) -> dict[str, Any]:
        """Return the posterior as a JSON document that `load` reads again."""
        median, sigma = self.cpu_factor()
        bed = self.joint.beds[0]
        return {
            "kind": self.kind,
            "measurements": len(self.evidence),
            "read": [rate.record for rate in self.read],
            "odd": self.odd(),
            "ignored_columns": list(self.ignored),
            "test_bed": bed,
            "cpu_factor": {"distribution": "lognormal", "median": median, "sigma": sigma},
            "departure": list(self.joint.coefficients.departs[bed]),
            "client_departure": list(self.joint.coefficients.client_departs[bed]),
            "moved": self.moved(),
            "names": list(self.joint.names),
            "log_mean": self.joint.mean[: len(self.joint.names)].tolist(),
            "log_covariance": self.joint.coefficients.covariance.tolist(),
        }

    def save(self, path: str | Path) -> None:
        """Write the document, whole or not at all."""
        write_whole(Path(path), json.dumps(self.document(), indent=1) + "\n")


def calibrate(
    path: str | Path, cluster: Mapping[str, Any], at_limit: bool | None = None, at_once: bool | None = None
) -> Posterior:
    """Return the posterior of own measurements of one cluster.

    Parameters
    ----------
    path : a CSV of load and CPU; a result JSON of the OpenMessaging Benchmark; or text of kafka-producer-perf-test
    cluster : what was measured, with the columns of `data/evidence/evidence.csv`
    at_limit : whether the rates were the most that the cluster took; a table's are not; runs of a perf test and
        benchmarks say so themselves, where this is left out (`perf_log`, `benchmark_result`)
    at_once : whether several runs of one perf log wrote together; read off the log if left out

    Raises
    ------
    InputError
        for a file that is none of these, and values that cannot be.
    """
    found = read_measurements(path, at_limit, at_once, cluster)
    given = {name: value for name, value in cluster.items() if name not in ("source", "load_mb_s")}
    given["test_bed"] = str(cluster.get("test_bed") or BED)
    import pandas as pd

    frame = pd.DataFrame([{**given, "id": f"own-{i}", "group": "own", **row} for i, row in enumerate(found.rows)])
    for name in ("measured_mb_s_in_total", "cpu_pct"):
        if name not in frame:
            frame[name] = np.nan
    evidence = of_frame(frame)
    if (evidence.role == "cpu").any() and evidence.cluster.system[0] != KAFKA:
        raise InputError("system", str(evidence.cluster.system[0]), "Kafka: the law of CPU is that of Kafka's brokers")
    start = fitted()
    return Posterior(fit_joint(evidence, Prior.of(start), start), evidence, found.kind, found.read, found.ignored)


@dataclass(frozen=True)
class Measured:
    """What a file holds: its kind, its measurements as columns of evidence, the rates read, and columns not used."""

    kind: str
    rows: tuple[dict[str, Any], ...]
    read: tuple[ReadRate, ...]
    ignored: tuple[str, ...] = ()


def read_measurements(
    path: str | Path,
    at_limit: bool | None = None,
    at_once: bool | None = None,
    cluster: Mapping[str, Any] | None = None,
) -> Measured:
    """Return what a file of measurements holds; see `calibrate`."""
    file = Path(path)
    text = read_text(path, "measurements", "a readable text file")
    if is_perf_log(text):
        read = read_perf_log(text, at_limit, at_once)
        return Measured(KINDS[2], tuple(r.evidence for r in read if r.used), tuple(read))
    if at_once is not None:
        raise InputError("--at-once", str(path), "a log of kafka-producer-perf-test, which may hold several producers")
    if file.suffix.lower() == ".json" or text.lstrip().startswith("{"):
        read = read_benchmark(text, str(path), at_limit, cluster)
        return Measured(KINDS[1], tuple(r.evidence for r in read), tuple(read))
    rows, ignored = _table(text, at_limit)
    rates = (r for r in rows if r["role"] in (LIMIT, AT_LEAST))
    read = [ReadRate(r["measured_mb_s_in_total"], r["role"], r["why"] or TOLD) for r in rates]
    return Measured(KINDS[0], tuple(rows), tuple(read), ignored)


def _table(text: str, at_limit: bool | None) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise InputError("measurements", str(error), "well-formed CSV") from None
    if len(lines) < 2:
        raise InputError("measurements", "no rows", "a header and one row or more")
    header = [re.sub(r"[\s/.-]+", "_", name.strip().lower()) for name in lines[0]]

    def column(names: Mapping[str, float]) -> tuple[int, float] | None:
        found = [i for i, name in enumerate(header) if name in names]
        return (found[0], names[header[found[0]]]) if found else None

    load, out, cpu = column(LOAD), column(OUT), column(CPU)
    if load is None:
        raise InputError("measurements", ", ".join(lines[0]), f"a column of the load: {', '.join(LOAD)}")
    if cpu is None and not at_limit:
        raise InputError(
            "measurements", ", ".join(lines[0]), f"a column of CPU ({', '.join(CPU)}), or rates at the limit"
        )
    rows: list[dict[str, Any]] = []
    for number, line in enumerate(lines[1:], 2):
        if not any(cell.strip() for cell in line):
            continue
        rate = _cell(line, load, f"load in line {number}", 0.0, 1e9)
        if rate == 0.0:
            continue
        row: dict[str, Any] = {"measured_mb_s_in_total": rate}
        if out is not None:
            row["consumers_fanout"] = _cell(line, out, f"bytes out in line {number}", 0.0, 1e9) / rate
        if cpu is not None:
            row["cpu_pct"] = _cell(line, cpu, f"CPU in line {number}", 1e-3, 100.0)
            rows.append({**row, "role": "cpu", "why": "own measurement"})
        if at_limit or cpu is None:
            rows.append({**row, "role": "limit", "why": "", "cpu_pct": np.nan})
    if not rows:
        raise InputError("measurements", "no load above 0", "one row or more with a load")
    most = max(rows, key=lambda r: float(r["measured_mb_s_in_total"]))
    if not at_limit:
        rows.append({**most, "role": "at least", "why": "the most that was seen", "cpu_pct": np.nan})
    used = {c[0] for c in (load, out, cpu) if c}
    return rows, tuple(lines[0][i] for i in range(len(header)) if i not in used)


def _cell(line: Sequence[str], column: tuple[int, float], what: str, low: float, high: float) -> float:
    text = line[column[0]].strip().rstrip("%") if column[0] < len(line) else ""
    try:
        value = float(text) * column[1]
    except ValueError:
        raise InputError(what, text or "nothing", "a number") from None
    if not low <= value <= high:
        raise InputError(what, text, f"a number from {low / column[1]:g} to {high / column[1]:g}")
    return value


def load(path: str | Path) -> Coefficients:
    """Return the coefficients of a document that `Posterior.save` wrote.

    Raises
    ------
    InputError
        if the file is not one, or is of other coefficients than are shipped.
    """
    found = read_document(path, "posterior")
    known = fitted()
    if not isinstance(found, dict) or _KEYS - set(found):
        raise InputError("posterior", str(path), "a file that streamplan calibrate wrote")
    if not isinstance(found["names"], list) or found["names"] != list(known.names):
        raise InputError("posterior", str(path), "one of the coefficients that are shipped; calibrate again")
    n = len(known.names)
    shapes = {"log_mean": (n,), "log_covariance": (n, n), "departure": (2,), "client_departure": (2,)}
    mean, covariance, departure, client = (_finite(path, found, name, shape) for name, shape in shapes.items())
    bed = str(found["test_bed"])
    return replace(
        known,
        mean=mean,
        covariance=covariance,
        departs={**known.departs, bed: (float(departure[0]), float(departure[1]))},
        client_departs={**known.client_departs, bed: (float(client[0]), float(client[1]))},
        widen_known=known.widen,
    )


def cpu_factor_of(path: str | Path) -> dict[str, Any]:
    """Return the `cpu_factor` that a saved posterior gives a workload.

    Raises
    ------
    InputError
        if the file is none that `Posterior.save` wrote.
    """
    load(path)
    factor = read_document(path, "posterior").get("cpu_factor")
    if not isinstance(factor, dict):
        raise InputError("posterior: cpu_factor", factor, f"a distribution, as streamplan calibrate wrote it in {path}")
    return factor


def _finite(path: str | Path, found: Mapping[str, Any], name: str, shape: tuple[int, ...]) -> Array:
    """Return an array of a saved posterior; raises `InputError` if it is not one of finite numbers of that shape."""
    try:
        values = np.asarray(found[name], float)
    except (TypeError, ValueError):
        values = np.array(np.nan)
    if values.shape != shape or not np.isfinite(values).all():
        raise InputError(f"posterior: {name}", found[name], f"finite numbers of shape {shape} in {path}")
    return values
