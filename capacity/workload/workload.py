"""Workload: what is asked of a streaming platform, in any units a person writes, validated once."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    model_validator,
)

from capacity.workload.correlation import Correlation
from capacity.workload.growth import Growth, beside
from capacity.workload.quantity import CORNERS, Range, checked, flag, number_of, quantity, whole_number
from capacity.workload.servers import Servers
from capacity.workload.topics import COMPACTED, FOREVER_S, Compacted, committed, kept
from streamfacts.errors import InputError, InputErrors, has_controls, naming, unknown_name
from streamfacts.reading import read_mapping
from streamfacts.tables import ANY_REGION, Fact, assumption, counterpart, regions
from streamfacts.units import DAY, HOUR

NAME = r"^[A-Za-z0-9](?:[A-Za-z0-9 _.-]{0,78}[A-Za-z0-9])?$"
NAME_ALLOWED = "1 to 80 letters, digits, spaces, dots, hyphens or underscores, without path or markup characters"


def _region(value: Any) -> str:
    if str(value) not in regions() or value == ANY_REGION:
        raise unknown_name("region", str(value), regions())
    return str(value)


def _for_readers(field: str) -> AfterValidator:
    """A validator that refuses a text with characters that a terminal obeys and a page cannot hold."""

    def read(text: str) -> str:
        if has_controls(text):
            raise InputError(field, text, "text without control characters")
        return text

    return AfterValidator(read)


def _regions_by_provider(value: Any) -> dict[str, str]:
    known = regions()
    if not isinstance(value, Mapping):
        raise InputError("regions", value, "a mapping of provider to region, such as {azure: westeurope}")
    for provider, region in value.items():
        if str(region) not in known:
            raise unknown_name(f"regions.{provider}", str(region), known)
        if known[str(region)] != provider:
            raise InputError(
                f"regions.{provider}", region, f"a region of {provider}; that one is of {known[str(region)]}"
            )
    return {str(k): str(v) for k, v in value.items()}


def _headroom(value: Any) -> Any:
    allowed = "a share of capacity above 0 and up to 1, or a mapping of resource to share"
    shares = value if isinstance(value, Mapping) else {"all": value}
    known = ("all", "cpu", "network", "disk throughput", "disk space", "partitions", "connections", "quota")
    out = {}
    for resource, share in shares.items():
        if resource not in known:
            raise unknown_name("use_up_to", str(resource), known)
        number = number_of(share, f"use_up_to.{resource}", None, allowed)
        if not 0 < number <= 1:
            raise InputError(f"use_up_to.{resource}", share, allowed)
        out[resource] = number
    return out


class Workload(BaseModel):
    """A streaming workload.

    Give `write` and `message`, or `write` and `messages`, or `messages` and `message`. Every quantity may be a range
    ``{low, likely, high, confidence}`` or a named distribution (`capacity.workload.uncertainty`); a point result uses
    the likely value, `Demand.corners` all three, `draw_demand` the whole distribution. A field in a file may
    be written ``{value: ..., source: ...}`` or ``{value: ..., assumed: ...}``; reports print that origin.

    Raises
    ------
    InputError
        naming the field, the value and what is allowed.

    Examples
    --------
    >>> w = Workload(write="250 MB/s", message="1 KiB", fan_out=3, retention="7 d", region="us-east-1")
    >>> w.write.likely, w.retention.likely
    (250000000.0, 604800.0)
    """

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, str_strip_whitespace=True)

    name: Annotated[
        str,
        checked(
            "name",
            lambda v: isinstance(v, str) and bool(re.match(NAME, v)) and ".." not in v,
            NAME_ALLOWED,
        ),
    ] = Field("workload", description="what reports and files are called by; a file's own name if left out")
    title: Annotated[str, _for_readers("title")] = Field("", description="what reports are headed with")
    description: Annotated[str, _for_readers("description")] = Field("", description="a paragraph for readers")
    region: Annotated[str, BeforeValidator(_region)] = Field(
        "us-east-1", description="region of its producers and consumers, which says its cloud"
    )

    regions: Annotated[dict[str, str], BeforeValidator(_regions_by_provider)] = Field(
        default_factory=dict, description="provider to region, where the counterpart of `region` is not the one wanted"
    )

    write: Annotated[Range, quantity("write", "rate", 1.0, 1e14)] | None = Field(
        None, description="average bytes produced, before replication [bytes/s]"
    )
    peak_write: Annotated[Range, quantity("peak_write", "rate", 1.0, 1e14)] | None = Field(
        None, description="the same at peak; or give peak_ratio [bytes/s]"
    )
    peak_ratio: Annotated[Range, quantity("peak_ratio", None, 1.0, 1000.0)] | None = Field(
        None, description="peak divided by average [1]"
    )
    messages: Annotated[Range, quantity("messages", "record rate", 1e-3, 1e12)] | None = Field(
        None, description="average records produced [records/s]"
    )
    message: Annotated[Range, quantity("message", "size", 1.0, 1e9)] | None = Field(
        None, description="average record: key, value and headers, before compression [bytes]"
    )
    max_message: Annotated[Range, quantity("max_message", "size", 1.0, 1e9)] | None = Field(
        None, description="largest record [bytes]"
    )
    measured_at: Annotated[
        Literal["producer", "broker"],
        checked(
            "measured_at",
            lambda v: v in ("producer", "broker"),
            "producer (before batching and compression) or broker (on the wire)",
        ),
    ] = Field("producer", description="where write and message were measured")
    fan_out: Annotated[Range, quantity("fan_out", None, 0.0, 1000.0)] = Field(
        Range(1.0, 1.0, 1.0), description="bytes read by consumers for each byte written [1]"
    )
    consumer_groups: Annotated[int, whole_number("consumer_groups", 0, 1_000_000)] | None = Field(
        None, description="consumer groups; fan_out rounded up if not given"
    )
    retention: Annotated[Range, BeforeValidator(kept)] = Field(
        Range(DAY, DAY, DAY), description="how long records are kept, or forever [seconds]"
    )
    retention_bytes: Annotated[Range, quantity("retention_bytes", "size", 1.0, 1e18)] | None = Field(
        None, description="bytes kept in each partition, one copy, if that is reached before the retention [bytes]"
    )
    compacted: Annotated[Compacted, COMPACTED] | None = Field(
        None, description="topics that keep the latest record of each key: {keys, share of the bytes, all by default}"
    )
    held: Annotated[Range, quantity("held", "size", 1.0, 1e21)] | None = Field(
        None, description="bytes measured on the disks of all brokers together, every copy; over the model's [bytes]"
    )
    replication_factor: Annotated[int, whole_number("replication_factor", 1, 7)] = Field(
        3, description="copies of each partition"
    )
    min_insync_replicas: Annotated[int, whole_number("min_insync_replicas", 1, 7)] | None = Field(
        None, description="copies that must be in sync for a write with acks=all (min.insync.replicas)"
    )
    zones: Annotated[int, whole_number("zones", 1, 7)] = Field(3, description="failure zones the platform spans")
    partitions: Annotated[Range, quantity("partitions", None, 1, 10_000_000, whole=True)] | None = Field(
        None, description="partitions of all topics, leaders only; chosen if not given"
    )
    consumers: Annotated[Range, quantity("consumers", None, 1, 1_000_000, whole=True)] | None = Field(
        None, description="instances of the largest consumer group: at least as many partitions are chosen"
    )
    hottest_partition: Annotated[Range, quantity("hottest_partition", None, 0.0, 1.0, percent=True)] | None = Field(
        None, description="share of the write rate that the busiest partition has [1]"
    )
    skew: Annotated[Range, quantity("skew", None, 0.0, 10.0)] | None = Field(
        None, description="Zipf exponent of the partitions' rates, instead of hottest_partition [1]"
    )
    topics: Annotated[Range, quantity("topics", None, 1, 10_000_000, whole=True)] | None = Field(
        None, description="topics"
    )
    connections: Annotated[Range, quantity("connections", None, 0, 1e9, whole=True)] | None = Field(
        None, description="client connections; the limit is checked only if given"
    )
    compression_ratio: Annotated[Range, quantity("compression_ratio", None, 1.0, 1000.0)] = Field(
        Range(1.0, 1.0, 1.0), description="bytes before over after compression of a record batch [1]"
    )
    batch: Annotated[Range, quantity("batch", "size", 1.0, 1e9)] | None = Field(
        None,
        description="average record batch before compression; with linger or producers a full one, batch.size [bytes]",
    )
    linger: Annotated[Range, quantity("linger", "duration", 0.0, 3600.0)] | None = Field(
        None, description="how long a producer waits for more records, linger.ms; 5 ms in Kafka 4 [seconds]"
    )
    producers: Annotated[Range, quantity("producers", None, 1, 10_000_000, whole=True)] | None = Field(
        None, description="producer clients, each writing to all topics; else the fewest that carry the peak"
    )
    keyed: Annotated[bool, flag("keyed")] = Field(
        True, description="whether a key chooses the partition of a record; without, a batch fills one at a time"
    )
    idempotence: Annotated[bool, flag("idempotence")] | None = Field(
        None, description="whether producers are idempotent; adds its published cost if true"
    )
    transactions: Annotated[Range | None, BeforeValidator(committed)] = Field(
        None, description="time between two commits of a transactional producer, or true for 100 ms [seconds]"
    )
    headers: Annotated[int, whole_number("headers", 0, 1000)] = Field(0, description="headers on each record")
    tls: Annotated[bool, flag("tls")] = Field(True, description="whether clients connect over TLS")
    cross_region_copies: Annotated[int, whole_number("cross_region_copies", 0, 20)] = Field(
        0, description="other regions that receive every byte; their clusters are workloads of their own"
    )
    hot_retention: Annotated[Range, quantity("hot_retention", "duration", 60.0, 100 * 365 * DAY)] | None = Field(
        None, description="how long records stay on broker disks when the rest is tiered [seconds]"
    )
    cold_reads: Annotated[Range, quantity("cold_reads", None, 0.0, 1.0)] = Field(
        Range(0.0, 0.0, 0.0), description="share of consumer bytes that come from the remote tier [1]"
    )
    survive: Annotated[
        Literal["none", "broker", "zone"],
        checked("survive", lambda v: v in ("none", "broker", "zone"), "none, broker or zone"),
    ] = Field("zone", description="the loss that the platform must carry at peak")
    outage: Annotated[Range, quantity("outage", "duration", 0.0, 30 * DAY)] = Field(
        Range(HOUR, HOUR, HOUR),
        description="outage of a zone or consumer group to catch up after; 0 for none [seconds]",
    )
    catch_up: Annotated[Range, quantity("catch_up", "duration", 1.0, 30 * DAY)] = Field(
        Range(2 * HOUR, 2 * HOUR, 2 * HOUR), description="time within which to catch up [seconds]"
    )
    rebuild_within: Annotated[Range, quantity("rebuild_within", "duration", 60.0, 100 * DAY)] = Field(
        Range(DAY, DAY, DAY), description="time within which the data of a lost broker is copied again [seconds]"
    )
    use_up_to: Annotated[dict[str, float], BeforeValidator(_headroom)] = Field(
        default_factory=dict, description="share of each capacity that may be used in the normal state"
    )
    cpu_factor: Annotated[Range, quantity("cpu_factor", None, 0.01, 100.0)] | None = Field(
        None, description="CPU of brokers for this load over the model's [1]; its uncertainty is drawn if left out"
    )
    correlation: Annotated[Correlation, BeforeValidator(Correlation.read)] = Field(
        default_factory=Correlation, description="rank correlations of uncertain inputs, over the usual ones [1]"
    )

    servers: Servers | None = Field(
        None, description="machines of one's own: vcpu, memory, network, disks, price a month, count"
    )

    growth: Growth | None = Field(
        None, description="how the load moves from month to month; see capacity.workload.growth"
    )

    _origin: dict[str, str] = PrivateAttr(default_factory=dict)
    _assumed: set[str] = PrivateAttr(default_factory=set)

    def __init__(self, /, **fields: Any) -> None:
        values, origin, assumed = _unwrap(fields)
        if isinstance(values.get("growth"), Mapping):
            values["growth"], inner, guessed = _unwrap(values["growth"])
            origin |= {f"growth.{name}": text for name, text in inner.items()}
            assumed |= {f"growth.{name}" for name in guessed}
        unknown = [key for key in values if key not in type(self).model_fields]
        if unknown:
            raise unknown_name("workload field", unknown[0], type(self).model_fields)
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise _translate(error) from None
        self._origin.update(origin)
        self._assumed.update(assumed)

    @model_validator(mode="after")
    def _fits_together(self) -> Workload:
        given = [name for name in ("write", "messages", "message") if getattr(self, name) is not None]
        if len(given) == 3:
            raise InputError("message", "given with write and messages", "two of write, messages and message")
        if len(given) < 2 and given != ["write"]:
            raise InputError("write", "not given", "write and message, write and messages, or messages and message")
        if self.peak_write is not None and self.peak_ratio is not None:
            raise InputError("peak_ratio", self.peak_ratio.likely, "peak_write or peak_ratio, not both")
        if self.peak_write is not None:
            if self.write is None:
                raise InputError("peak_write", self.peak_write.likely, "write beside it; use peak_ratio with messages")
            if any(getattr(self.peak_write, c) < getattr(self.write, c) for c in CORNERS):
                raise InputError(
                    "peak_write",
                    f"{self.peak_write.likely:g} bytes/s",
                    f"at least the average write, {self.write.likely:g} bytes/s",
                )
        if self.growth and self.growth.seasons and self.growth.seasons.peak:
            for name in ("peak_ratio", "peak_write"):
                if getattr(self, name) is not None:
                    raise InputError(name, "given with growth.seasons", f"{name}, or day, week and burst; not both")
        if self.max_message is not None and self.message is not None and self.max_message.high < self.message.high:
            raise InputError(
                "max_message", f"{self.max_message.high:g} bytes", f"at least the average, {self.message.high:g} bytes"
            )
        if self.hottest_partition is not None and self.skew is not None:
            raise InputError("skew", self.skew.likely, "hottest_partition or skew, not both")
        self._topics_fit_together()
        for name in self.correlation.inputs:
            if not name.startswith(("growth.", "model.", "compacted.")) and name not in self.quantities():
                raise unknown_name("correlation", name, (*self.quantities(), "growth.yearly"))
        if self.zones > 1 and self.replication_factor > self.zones:
            raise InputError(
                "replication_factor",
                self.replication_factor,
                f"1 to {self.zones}: one copy a zone, and zones is {self.zones}",
            )
        if self.min_insync_replicas is not None and self.min_insync_replicas > self.replication_factor:
            raise InputError(
                "min_insync_replicas",
                self.min_insync_replicas,
                f"1 to {self.replication_factor}: with more than replication_factor no write is ever acknowledged",
            )
        if self.survive == "zone" and self.zones == 1 and "survive" in self.model_fields_set:
            raise InputError("survive", "zone", "none or broker when zones is 1")
        return self

    def _topics_fit_together(self) -> None:
        if self.kept_forever and self.retention_bytes is not None:
            raise InputError("retention_bytes", "given with retention: forever", "one of them: forever deletes nothing")
        if self.kept_forever and self.compacted is not None:
            raise InputError("retention", "forever, given with compacted", "a duration, or none: compaction deletes")
        if self.retention.high >= FOREVER_S > self.retention.low:
            raise InputError("retention", "a range that ends with forever", "forever alone, or a range of durations")
        if self.transactions is not None and self.idempotence is False:
            raise InputError("idempotence", False, "true, or left out: transactions need idempotent producers")

    @property
    def kept_forever(self) -> bool:
        """Whether nothing is ever deleted."""
        return self.retention.low >= FOREVER_S

    @classmethod
    def unit_of(cls, field: str) -> str:
        """Return the canonical unit of a field, as its description states it; '' for counts, ratios and names.

        Examples
        --------
        >>> Workload.unit_of("write"), Workload.unit_of("retention"), Workload.unit_of("fan_out")
        ('bytes/s', 'seconds', '')
        """
        match = re.search(r"\[([^\]]+)\]$", cls.model_fields[field].description or "")
        return match[1] if match and match[1] != "1" else ""

    @classmethod
    def quantities(cls) -> tuple[str, ...]:
        """Return the names of the fields that may be ranges, in their order.

        Examples
        --------
        >>> "retention" in Workload.quantities(), "zones" in Workload.quantities()
        (True, False)
        """
        return tuple(k for k, info in cls.model_fields.items() if Range in (info.annotation, *_parts(info.annotation)))

    @property
    def origin(self) -> dict[str, str]:
        """Field to its citation, or to "assumed: ..." where the file says that the value is an assumption."""
        return dict(self._origin)

    @property
    def assumed(self) -> frozenset[str]:
        """Fields whose value the file says to be an assumption."""
        return frozenset(self._assumed)

    def region_at(self, provider: str) -> str | None:
        """Return the region to use at a provider: as given in `regions`, else the counterpart of `region`, or None."""
        return self.regions.get(provider) or counterpart(self.region, provider)

    @property
    def says_keyed(self) -> bool:
        """Whether it was said that records go to partitions by key."""
        return "keyed" in self.model_fields_set and self.keyed

    @property
    def peak_missing(self) -> bool:
        """Whether nothing says how high the peak is: no peak, and no day, week or burst in the seasons of growth."""
        seasonal = bool(self.growth and self.growth.seasons and self.growth.seasons.peak)
        return self.peak_write is None and self.peak_ratio is None and not seasonal

    @property
    def assumed_values(self) -> dict[str, Fact]:
        """Field that was not given to the assumption that stands for it, with its source.

        Examples
        --------
        >>> float(Workload(write="1 MB/s").assumed_values["peak_ratio"])
        1.5
        """
        return {"peak_ratio": assumption("unknown_peak_ratio")} if self.peak_missing else {}

    @property
    def must_survive(self) -> str:
        """The loss to carry: `survive`, but never a zone when there is only one."""
        return "broker" if self.survive == "zone" and self.zones == 1 else self.survive

    def replace(self, /, **fields: Any) -> Workload:
        """Return a copy with some fields changed, validated again."""
        return self.changed(fields)

    def changed(self, fields: Mapping[str, Any], without: Collection[str] = ()) -> Workload:
        """Return a copy with some fields changed and others as if they had not been given, validated again."""
        gone = {*fields, *without}
        kept = {name: getattr(self, name) for name in self.model_fields_set if name not in gone}
        copy = Workload(**kept, **fields)
        copy._origin.update({k: v for k, v in self._origin.items() if k not in gone})
        copy._assumed.update(self._assumed - gone)
        return copy

    @classmethod
    def load(cls, path: str | Path) -> Workload:
        """Read a workload from a YAML file; its name defaults to the file's.

        Raises
        ------
        InputError
            if the file is missing, is not YAML or not one mapping, or a field is unusable.
        """
        data = read_mapping(path, "workload")
        data.setdefault("name", Path(path).stem)
        with naming(Path(path).name):
            return cls(**with_files(data, Path(path).parent))


def with_files(data: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return fields as a file has them, with what they name as other files in that folder read or found."""
    out = dict(data)
    if isinstance(out.get("servers"), str):
        out["servers"] = read_mapping(folder / out["servers"], "servers")
    growth = out.get("growth")
    if isinstance(growth, dict) and "history" in growth:
        out["growth"] = growth | {"history": beside(growth["history"], folder)}
    return out


def _parts(annotation: Any) -> tuple[Any, ...]:
    """The types that an annotation is made of, without what `Annotated` adds."""
    return tuple(getattr(part, "__origin__", part) for part in get_args(annotation))


def _unwrap(fields: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str], set[str]]:
    """Split each ``{value | low.., source | assumed}`` into the value, where it comes from, and what is assumed."""
    values: dict[str, Any] = {}
    origin: dict[str, str] = {}
    guessed: set[str] = set()
    for name, value in fields.items():
        wrapped = isinstance(value, Mapping) and "value" in value and "distribution" not in value
        if wrapped or (isinstance(value, Mapping) and {"source", "assumed"} & set(value)):
            rest = dict(value)
            source, assumed = rest.pop("source", None), rest.pop("assumed", None)
            if source is not None and assumed is not None:
                raise InputError(name, "source and assumed", "one of source and assumed")
            if source is not None:
                origin[name] = str(source)
            if assumed is not None:
                origin[name] = f"assumed: {assumed}"
                guessed.add(name)
            if "value" in rest and "distribution" not in rest:
                if len(rest) > 1:
                    raise InputError(name, sorted(rest), "value, or low / likely / high, with source or assumed")
                rest = rest["value"]
            values[name] = rest
        else:
            values[name] = value
    return values, origin, guessed


def _translate(error: ValidationError) -> InputError:
    out: list[InputError] = []
    for problem in error.errors():
        inner = problem.get("ctx", {}).get("error")
        if isinstance(inner, InputError):
            out.append(inner)
        else:
            where = ".".join(str(part) for part in problem["loc"]) or "workload"
            allowed = "a list" if problem["type"] == "tuple_type" else problem["msg"]
            out.append(InputError(where, problem.get("input"), allowed))
    unique = list({str(item): item for item in out}.values())
    return unique[0] if len(unique) == 1 else InputErrors(unique)
