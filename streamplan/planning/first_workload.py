"""A first workload file: the fields that a size depends on most, and beside each what it means or what stands in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from capacity import Workload
from streamfacts.core_yaml import to_yaml
from streamfacts.errors import InputError, unknown_name
from streamfacts.tables import regions


@dataclass(frozen=True)
class Question:
    """A field of the first file: what is asked, what is written if nothing is said, and what it means."""

    field: str
    asks: str
    default: str
    means: str


#: What is asked, in the order of the file. The defaults are round numbers to begin with.
QUESTIONS = (
    Question("region", "Region of producers and consumers", "us-east-1", "where producers and consumers run"),
    Question("write", "Average throughput, before replication", "10 MB/s", "average bytes written, before replication"),
    Question("message", "Average record", "1 KiB", "an average record: key, value and headers"),
    Question("fan_out", "Bytes read for each byte written", "2", "bytes read for each byte written"),
    Question("retention", "How long records are kept", "3 d", "how long records are kept, or forever"),
)
_WIDTH = 24


def first_workload(name: str, given: Mapping[str, str], peak: str | None = None) -> str:
    """Return a commented workload file; every value is checked, alone and together.

    Parameters
    ----------
    name : what reports and files are called by
    given : values of the fields of `QUESTIONS` as a person writes them; the defaults where there is none
    peak : throughput at peak, or None if it is not known

    Raises
    ------
    InputError
        names a field whose value cannot be used, and what is allowed.
    """
    unknown = set(given) - {question.field for question in QUESTIONS}
    if unknown:
        raise InputError("field", ", ".join(sorted(unknown)), ", ".join(question.field for question in QUESTIONS))
    values = {
        question.field: check(question.field, given.get(question.field, question.default)) for question in QUESTIONS
    }
    fields = {"name": name, **values, **({} if peak is None else {"peak_write": peak})}
    workload = Workload(**fields)
    ratio = float(Workload(write="1 MB/s").assumed_values["peak_ratio"])
    if peak is None:
        peaks = [_line("# peak_ratio", f"{ratio:g}", "peak over average; what is assumed if nothing is said")]
    else:
        peaks = [_line("peak_write", peak, "the same at peak")]
    lines = [
        "# A workload: what is written, read and kept. `streamplan compare` reads it as it is.",
        "# In Apache Kafka: write is BytesInPerSec summed over the brokers, fan_out is BytesOutPerSec over it,",
        "# message is it over MessagesInPerSec.",
        "",
        _line("name", name, ""),
        *(_line(question.field, values[question.field], question.means) for question in QUESTIONS[:2]),
        *peaks,
        *(_line(question.field, values[question.field], question.means) for question in QUESTIONS[2:]),
        "",
        "# What is left out is assumed; take away the # and write your own.",
        *(_comment(field, value, why) for field, value, why in _assumed(workload)),
    ]
    return "\n".join(lines) + "\n"


def check(field: str, value: str) -> str:
    """Return the value of a field as it is written; `InputError` names the field and what is allowed."""
    text = " ".join(value.split())
    if field == "region" and text not in regions():
        raise unknown_name("region", text, regions())
    least: dict[str, Any] = {} if field == "write" else {"write": "1 MB/s"}
    Workload(**{**least, field: text})
    return text


def _assumed(workload: Workload) -> list[tuple[str, str, str]]:
    """Fields that are left out, an example or the default of each, and what stands in for it."""
    return [
        ("replication_factor", f"{workload.replication_factor}", "copies of each partition"),
        ("zones", f"{workload.zones}", "zones of the region that brokers are spread over"),
        ("compression_ratio", "4", "bytes before over after compression; 1 (none) if left out"),
        ("partitions", "120", "of all topics, leaders only; as many as the load asks for if left out"),
        ("consumers", "24", "instances of the largest consumer group"),
        ("growth", "{yearly: 30%}", "none if left out: every month is as the first"),
        ("survive", f"{workload.survive}", "the loss that the peak is carried with: zone, broker or none"),
    ]


def _line(field: str, value: str, means: str) -> str:
    said = f"{field}: {_quoted(value)}"
    return f"{said:<{_WIDTH}} # {means}" if means else said


def _comment(field: str, value: str, means: str) -> str:
    return f"{f'# {field}: {value}':<{_WIDTH}} # {means}"


def _quoted(value: str) -> str:
    """A value in quotes where plain YAML would read another."""
    return to_yaml({"v": value}).removeprefix("v:").strip() if not _is_number(value) else value


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True
