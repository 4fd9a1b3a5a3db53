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
from capacity.measured.calibration.cpu_factor import own_factor
from capacity.measured.calibration.evidence import Evidence, of_frame
from capacity.measured.calibration.fit import Joint, Prior, fit_joint
from capacity.measured.cluster import KAFKA
from streamfacts.arrays import Array
from streamfacts.errors import InputError
from streamfacts.files import write_whole
from streamfacts.reading import parse_json, read_document, read_text

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
_PERF = re.compile(r"(\d+) records sent, ([\d.,]+) records/sec \(([\d.,]+) MB/sec\)(?:, ([\d.,]+) ms avg latency)?")


@dataclass(frozen=True)
class Posterior:
    """What own measurements leave of the coefficients; `kind`, `used` and `ignored` say what was read."""

    joint: Joint
    evidence: Evidence
    kind: str
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


def calibrate(path: str | Path, cluster: Mapping[str, Any], at_limit: bool | None = None) -> Posterior:
    """Return the posterior of own measurements of one cluster.

    Parameters
    ----------
    path : a CSV of load and CPU; a result JSON of the OpenMessaging Benchmark; or text of kafka-producer-perf-test
    cluster : what was measured, with the columns of `data/evidence/evidence.csv`
    at_limit : whether the rates were the most that the cluster took; a perf test is, a table is not, and a benchmark
        is if its backlog or its errors say so, where this is left out

    Raises
    ------
    InputError
        for a file that is none of these, and values that cannot be.
    """
    kind, rows, ignored = read_measurements(path, at_limit)
    given = {name: value for name, value in cluster.items() if name not in ("source", "load_mb_s")}
    given["test_bed"] = str(cluster.get("test_bed") or BED)
    import pandas as pd

    frame = pd.DataFrame([{**given, "id": f"own-{i}", "group": "own", **row} for i, row in enumerate(rows)])
    for name in ("measured_mb_s_in_total", "cpu_pct"):
        if name not in frame:
            frame[name] = np.nan
    evidence = of_frame(frame)
    if (evidence.role == "cpu").any() and evidence.cluster.system[0] != KAFKA:
        raise InputError("system", str(evidence.cluster.system[0]), "Kafka: the law of CPU is that of Kafka's brokers")
    start = fitted()
    return Posterior(fit_joint(evidence, Prior.of(start), start), evidence, kind, ignored)


def read_measurements(
    path: str | Path, at_limit: bool | None = None
) -> tuple[str, list[dict[str, Any]], tuple[str, ...]]:
    """Return the kind of a file, its measurements as columns of evidence, and the columns that were not used."""
    file = Path(path)
    text = read_text(path, "measurements", "a readable text file")
    if _PERF.search(text):
        return KINDS[2], _perf_test(text, at_limit), ()
    if file.suffix.lower() == ".json" or text.lstrip().startswith("{"):
        return KINDS[1], _benchmark(text, str(path), at_limit), ()
    rows, ignored = _table(text, at_limit)
    return KINDS[0], rows, ignored


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


def _benchmark(text: str, path: str, at_limit: bool | None) -> list[dict[str, Any]]:
    found = parse_json(text, "measurements", path)
    if not isinstance(found, dict) or not isinstance(found.get("publishRate"), list) or not found["publishRate"]:
        raise InputError("measurements", path, "a benchmark's result with a list publishRate [messages/s]")
    rate = _series(found, "publishRate")
    size = found.get("messageSize")
    if isinstance(size, bool) or not isinstance(size, (int, float)) or not 0 < size <= 1e9:
        raise InputError("messageSize", size, "the size of a message in bytes, above 0, in the result")
    consumed = _series(found, "consumeRate")
    errors = _series(found, "publishErrorRate", 0.0)
    backlog = _series(found, "backlog", 0.0)
    growing = len(backlog) > 2 and backlog[-1] > 10 * rate.mean() and backlog[-1] > 2 * backlog[0]
    limited = bool(errors.mean() > 0.001 * rate.mean() or growing) if at_limit is None else at_limit
    row: dict[str, Any] = {
        "measured_mb_s_in_total": float(rate.mean()) * float(size) / 1e6,
        "message_bytes": float(size),
        "role": "limit" if limited else "at least",
        "why": "" if limited else "a rate that was asked for and held",
    }
    if len(consumed) and rate.mean() > 0:
        row["consumers_fanout"] = float(consumed.mean() / rate.mean())
    for key, name in (("topics", "topics"), ("partitions", "partitions")):
        if isinstance(found.get(key), int):
            row[name] = found[key]
    row["partitions"] = row.get("partitions", np.nan) * row.pop("topics", 1)
    if not np.isfinite(row["partitions"]):
        del row["partitions"]
    return [row]


def _series(found: Mapping[str, Any], name: str, *default: float) -> Array:
    """Return a list of numbers out of a benchmark's result; raises `InputError` if it is none."""
    given = found.get(name) or list(default)
    plain = isinstance(given, list) and all(isinstance(x, (int, float)) and not isinstance(x, bool) for x in given)
    values = np.asarray(given, float) if plain else np.array([np.nan])
    if not (np.isfinite(values) & (np.abs(values) <= 1e12)).all():
        raise InputError(name, given, "a list of finite numbers")
    return values


def _perf_test(text: str, at_limit: bool | None) -> list[dict[str, Any]]:
    last = _PERF.findall(text)[-1]
    records, mib = (float(last[i].replace(",", "")) for i in (1, 2))
    if not records > 0 or not mib > 0:
        raise InputError("measurements", f"{last[1]} records/sec", "a rate above 0")
    return [
        {
            "measured_mb_s_in_total": mib * 1.048576,
            "message_bytes": round(mib * 1_048_576 / records, 1),
            "producers": 1,
            "consumers_fanout": 0,
            "role": "at least" if at_limit is False else "limit",
            "why": "" if at_limit is not False else "a rate that was asked for and held",
        }
    ]


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
