"""What the fuzzer gives: files that are nearly right, and workloads over all that a workload can say."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import yaml
from hypothesis import strategies as st

from streamfacts.tables import ANY_REGION, regions

#: Pieces that have broken readers: of YAML and JSON, numbers, units, names, and marks that nobody sees.
NASTY = (
    "", " ", "~", "null", "yes", "1:30", "0100", "0x1F", "1_0", "1e999", "-1", "nan", ".nan", ".inf", "9" * 400, "true",
    "2026-13-45", "2026-11-30", "2099-01-01", "self", "__class__", "*a", "&a [*a]", "&a 1", "<<: {x: 1}", "!!binary x",
    "!!python/name:os.system x", "[[[[[[[[[[[[[[[[[[[[[[[[", "{a: {a: {a: {a: 1}}}}", "{low: 1, high: 2}", "- - - -",
    "{low: 1 MB/s, low: 2 MB/s}", "\0", "\x1b[2J", "\u200b", "\ufeff", "\u202f", "\u0661", '"', "'", ",", ";", ":",
    "\n", "\t", "#", "%", "=1+1", "../../x", "/dev/zero", "1kb", "10 mb/s", "10 MB//s", "10 MB/s,", "P7D",
    "1 month", "5 m", "10 " + "M" * 300 + "B/s", "1 000 000 B/s", "8000k messages/minute", "NaN", "Infinity", "{", "}",
    "[", "]", "us-east1", "any", "aws", "aws.msk.broker", "x" * 3000,
)  # fmt: skip

TEXTS = st.one_of(st.sampled_from(NASTY), st.text(max_size=12))


def changed(text: str) -> st.SearchStrategy[str]:
    """Texts that are this one with a few pieces taken out, doubled, moved or put in."""

    @st.composite
    def build(draw: Any) -> str:
        out = text
        for _ in range(draw(st.sampled_from([1, 1, 1, 2, 4]))):
            start = draw(st.integers(0, len(out)))
            end = min(len(out), start + draw(st.sampled_from([0, 0, 1, 3, 12, 60])))
            kept = draw(st.sampled_from(["", "", out[start:end], out[start:end] * 2]))
            out = out[:start] + kept + draw(TEXTS) + out[end:]
        return out

    return build()


PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=True, allow_infinity=True),
    TEXTS,
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    PLAIN, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)), max_leaves=6
)


def other_values(document: Any) -> st.SearchStrategy[Any]:
    """Documents that are this one with one or two values or keys of it replaced."""

    @st.composite
    def build(draw: Any) -> Any:
        out = json.loads(json.dumps(document))
        for _ in range(draw(st.integers(1, 2))):
            place = out
            while True:
                if isinstance(place, dict) and place:
                    key: Any = draw(st.sampled_from(sorted(place)))
                elif isinstance(place, list) and place:
                    key = draw(st.integers(0, len(place) - 1))
                else:
                    break
                if isinstance(place[key], (dict, list)) and place[key] and draw(st.booleans()):
                    place = place[key]
                    continue
                if isinstance(place, dict) and draw(st.integers(0, 3)) == 0:
                    place[draw(TEXTS)] = place.pop(key)
                else:
                    place[key] = draw(VALUES)
                break
        return out

    return build()


def other_cells(table: str) -> st.SearchStrategy[str]:
    """CSV texts that are this table with one or two cells, also of the header, replaced."""

    @st.composite
    def build(draw: Any) -> str:
        rows = list(csv.reader(io.StringIO(table)))
        for _ in range(draw(st.integers(1, 2))):
            row = draw(st.sampled_from(rows))
            row[draw(st.integers(0, len(row) - 1))] = draw(TEXTS)
        out = io.StringIO()
        csv.writer(out).writerows(rows)
        return out.getvalue()

    return build()


def as_yaml(document: Any) -> str:
    return str(yaml.safe_dump(document, sort_keys=False, allow_unicode=True))


# ---------------------------------------------------------------------------------------------------------- workloads


def _number(draw: Any, low: float, high: float) -> float:
    return float(f"{10 ** draw(st.floats(low, high)):.4g}")


def _range(draw: Any, low: float, high: float, unit: str) -> Any:
    """One value, a range or a named distribution within powers of ten, with the unit."""

    def say(number: float) -> Any:
        return f"{number!r} {unit}" if unit else number

    kind = draw(st.sampled_from(["value", "value", "range", "lognormal", "uniform", "triangular", "empirical"]))
    numbers = sorted(_number(draw, low, high) for _ in range(3))
    if kind == "value" or numbers[0] == numbers[2] or numbers[1] == numbers[2]:
        return say(numbers[1])
    if kind == "range":
        return {"low": say(numbers[0]), "likely": say(numbers[1]), "high": say(numbers[2])}
    if kind == "lognormal":
        return {"distribution": kind, "median": say(numbers[1]), "p90": say(numbers[2])}
    if kind == "uniform":
        return {"distribution": kind, "low": say(numbers[0]), "high": say(numbers[2])}
    if kind == "triangular":
        return {"distribution": kind, "low": say(numbers[0]), "likely": say(numbers[1]), "high": say(numbers[2])}
    return {"distribution": kind, "values": [say(number) for number in numbers]}


def _growth(draw: Any) -> dict[str, Any]:
    out: dict[str, Any] = {}
    law = draw(st.sampled_from(["none", "yearly", "s_curve"]))
    if law == "yearly":
        out["yearly"] = draw(st.sampled_from([0.2, -0.3, "30%", {"low": -0.1, "likely": 0.2, "high": 1.5}]))
    if law == "s_curve":
        out["s_curve"] = {"saturation": {"low": 2, "high": 8}, "midpoint": draw(st.integers(1, 60)), "steepness": 0.3}
    if draw(st.booleans()):
        out["adoption"] = {"pilot": draw(st.sampled_from([0.01, "10%", {"low": 0.1, "likely": 0.2, "high": 0.5}]))}
    if draw(st.booleans()):
        out["seasons"] = {"start": "2026-12", "months": {"december": {"low": 1.2, "high": 2}, "july": 0.5}}
    if draw(st.booleans()):
        out["launches"] = [{"month": draw(st.integers(1, 60)), "times": draw(st.sampled_from([0.5, 3]))}]
    if draw(st.booleans()):
        out["events"] = [{"from": 6, "to": 8, "times": draw(st.sampled_from([0.1, 5]))}]
    if draw(st.booleans()):
        out["fields"] = {draw(st.sampled_from(["fan_out", "message", "partitions", "connections"])): 0.3}
    return out


@st.composite
def workloads(draw: Any) -> dict[str, Any]:
    """Fields of a workload as a file has them; a few of them contradict each other and are refused."""

    def maybe(name: str, value: Any) -> dict[str, Any]:
        return {name: value} if draw(st.booleans()) else {}

    zones = draw(st.sampled_from([1, 2, 3]))
    where = sorted(name for name in regions() if name != ANY_REGION)
    out: dict[str, Any] = {
        "region": draw(st.one_of(st.sampled_from(["us-east-1", "eastus", "us-central1"]), st.sampled_from(where))),
        "zones": zones,
        "replication_factor": draw(st.integers(1, zones)),
        "fan_out": draw(st.sampled_from([0, 1, 2.5, {"low": 0, "likely": 2, "high": 6}, {"low": 1, "high": 9}])),
        "retention": _range(draw, 1.8, 7.5, "s"),
    }
    if draw(st.booleans()):
        out["write"] = _range(draw, 2, 10.5, "B/s")
        out |= maybe("message", _range(draw, 0, 6, "B"))
    else:
        out["messages"] = _range(draw, -1, 7, "records/s")
        out["message"] = _range(draw, 0, 5, "B")
    peak = draw(st.sampled_from(["", "ratio", "ratio", "write"]))
    if peak == "ratio":
        out["peak_ratio"] = _range(draw, 0, 1.5, "")
    elif peak == "write":
        out["peak_write"] = _range(draw, 8, 11, "B/s")
    out |= maybe("partitions", draw(st.sampled_from([1, 300, 50_000, {"low": 10, "likely": 100, "high": 2000}])))
    out |= maybe("topics", draw(st.sampled_from([1, 40, 9000])))
    out |= maybe("connections", draw(st.sampled_from([0, 500, 1_000_000, {"low": 10, "likely": 100, "high": 20_000}])))
    out |= maybe("consumer_groups", draw(st.integers(0, 60)))
    out |= maybe("compression_ratio", draw(st.sampled_from([1, 3, {"low": 1.2, "likely": 2, "high": 6}])))
    out |= maybe("batch", _range(draw, 2, 6, "B"))
    out |= maybe("max_message", _range(draw, 3, 7, "B"))
    out |= maybe("cold_reads", draw(st.sampled_from([0, 0.1, 1, {"low": 0, "likely": 0.1, "high": 0.5}])))
    out |= maybe("hot_retention", _range(draw, 2, 6, "s"))
    out |= maybe("headers", draw(st.integers(0, 10)))
    out |= maybe("cross_region_copies", draw(st.integers(0, 2)))
    out |= maybe("tls", draw(st.booleans()))
    out |= maybe("survive", draw(st.sampled_from(["none", "broker", "zone"])))
    out |= maybe("measured_at", "broker")
    out |= maybe("use_up_to", draw(st.sampled_from([0.5, {"cpu": 0.4}, {"disk space": 0.8, "network": 0.5}])))
    out |= maybe("correlation", {"write,retention": draw(st.sampled_from([-0.9, 0.5, 1]))})
    out |= maybe("linger", draw(st.sampled_from(["0 s", "5 ms", "2 s", {"low": "1 ms", "high": "1 s"}])))
    out |= maybe("producers", draw(st.sampled_from([1, 200, 1_000_000, {"low": 3, "high": 3000}])))
    out |= maybe("keyed", draw(st.booleans()))
    kept = draw(st.sampled_from(["", "", "bytes", "forever", "held", "compacted"]))
    if kept == "bytes":
        out["retention_bytes"] = _range(draw, 6, 13, "B")
    elif kept == "forever":
        out["retention"] = "forever"
    elif kept == "held":
        out["held"] = _range(draw, 6, 15, "B")
    elif kept == "compacted":
        out["compacted"] = {"keys": draw(st.sampled_from([1, 5e6, {"low": 1e3, "high": 1e9}])), "share": 0.3}
    exactly = draw(st.sampled_from(["", "", "idempotence", "transactions"]))
    if exactly:
        out[exactly] = True
    if draw(st.integers(0, 4)) == 0:
        out["servers"] = {
            "vcpu": draw(st.sampled_from([1, 32, 192])),
            "memory": "64 GB",
            "network": "10 Gbit/s",
            "disks": {"count": draw(st.integers(1, 14)), "size": "4 TB", "throughput": "150 MB/s"},
        }
    out |= maybe("growth", _growth(draw))
    return out
