"""Every reader of files from outside, with a document that it takes, to be spoilt."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from streamfacts.errors import StreamplanError
from tests.fuzz.given import as_yaml, changed, other_cells, other_values

#: Longer than a screen: 24 lines of 80 characters, and then some for a list of failed rows.
LONGEST_MESSAGE = 3000


@dataclass(frozen=True)
class Reader:
    """A reader: the suffix of its files, a good text and, where it has one, the document that is `written` so."""

    suffix: str
    read: Callable[[Path], Any]
    text: str
    document: Any = None
    written: Callable[[Any], str] = as_yaml

    @property
    def files(self) -> st.SearchStrategy[str]:
        """Texts of files that are nearly right."""
        if self.document is None:
            return (
                st.one_of(changed(self.text), other_cells(self.text)) if self.suffix == ".csv" else changed(self.text)
            )
        return st.one_of(changed(self.text), other_values(self.document).map(self.written))


def _of(document: Any, read: Callable[[Path], Any]) -> Reader:
    return Reader(".yaml", read, as_yaml(document), document)


def _workload(path: Path) -> Any:
    from capacity import Demand, Workload

    return Demand.of(Workload.load(path))


def _book(path: Path) -> Any:
    from pricing import PriceBook

    return PriceBook.load(path)


def _discounts(path: Path) -> Any:
    from pricing import read_discounts

    return read_discounts([str(path)])


def _commitments(path: Path) -> Any:
    from pricing.commitment import read_commitments

    return read_commitments(path)


def _usage(path: Path) -> Any:
    from pricing import load_usage

    return load_usage(path)


def _people(path: Path) -> Any:
    from streamplan.planning.people import People

    return People.load(path)


def _batch(path: Path) -> Any:
    from streamplan.reports.batch_rows import read_portfolio

    return read_portfolio(path)


def _charges(path: Path) -> Any:
    from streamplan.analyses.chargeback import open_portfolio

    return open_portfolio(path)


def _requirements(path: Path) -> Any:
    from streamplan.analyses.decide.requirements import Requirements

    return Requirements.load(path)


def _clusters(path: Path) -> Any:
    from capacity import predict
    from capacity.measured.clusters_file import open_clusters
    from streamplan.analyses.predict.words import prediction_document

    return prediction_document(predict(open_clusters(path).many))


def _history(path: Path) -> Any:
    from capacity.workload.history import read_history

    return read_history(path)


def _measurements(path: Path) -> Any:
    from capacity.measured.calibration.own_measurements import read_measurements

    return read_measurements(path).rows


def _scenarios(path: Path) -> Any:
    from streamplan.planning.scenarios import scenarios

    return scenarios(path)


def _result(path: Path) -> Any:
    from streamplan.analyses.diff.diff import between
    from streamplan.analyses.diff.given import open_given
    from streamplan.analyses.diff.words import diff_document, markdown

    found = between(*[open_given(str(path))] * 2)
    return diff_document(found), markdown(found)


def _messages(path: Path) -> Any:
    from capacity.messages.reading import read_records

    return list(read_records(path, "jsonl"))


_WORKLOAD = {
    "name": "orders",
    "write": {"value": "10 MB/s", "source": "a dashboard"},
    "message": {"low": "300 B", "likely": "1 KiB", "high": "3 KiB"},
    "fan_out": {"distribution": "lognormal", "median": 2, "p90": 5},
    "retention": "7 d",
    "partitions": 120,
    "regions": {"azure": "westeurope"},
    "use_up_to": {"cpu": 0.5},
    "correlation": {"message,fan_out": 0.3},
    "growth": {
        "yearly": "30%",
        "seasons": {"start": "2026-12", "months": {"december": 1.6}},
        "launches": [{"month": 6, "times": 2, "name": "app"}],
        "events": [{"from": 3, "to": 4, "times": 5}],
        "adoption": {"pilot": 0.1, "pilot_months": 2},
    },
}
_USAGE = {
    "region": "us-east-1",
    "hours_per_month": 730,
    "published_total": 12.5,
    "usage": [
        {"meter": "aws.kinesis.shard", "count": 4, "hours": 100, "published": 6},
        {"meter": "aws.msk.storage", "sku": "standard", "quantity": "12 TiB", "region": "us-west-2"},
    ],
}
_PORTFOLIO = {
    "message": "1 KiB",
    "budgets": {"shop": 500},
    "applications": [
        {"name": "orders", "team": "shop", "write": "3 MB/s", "budget": 300},
        {"name": "clicks", "team": "web", "write": {"low": "5 MB/s", "likely": "9 MB/s", "high": "12 MB/s"}},
    ],
}
_REQUIREMENTS = {
    "must": {"protocol": "Kafka", "latency": "100 ms", "availability": 99.9, "rpo": "1 min", "losses": ["zone"]},
    "wish": {"rto": "1 h"},
    "context": {"team_knows": ["kafka"], "greenfield": True},
    "weights": {"cost": 3, "risk": 2},
    "unknown": "keep",
}
_CLUSTER = {
    "system": "Apache Kafka",
    "nodes": 3,
    "instance_type": "i3en.2xlarge",
    "disk_mb_s_per_node": 655,
    "partitions": 48,
    "replication": 3,
    "acks": "all",
    "message_bytes": 1024,
    "load_mb_s": 50,
}
_SCENARIOS = {
    "base": {"write": "10 MB/s", "message": "1 KiB", "peak_ratio": 1.5},
    "terms": {"hours_per_month": 744},
    "scenarios": {
        "longer": {"retention": "14 d", "peak_ratio": None},
        "paid": {"terms": {"within": "10%", "discounts": {"aws": "12%"}, "options": {"follower_fetch": True}}},
    },
}
_RESULT = {
    "workload": {"name": "orders", "fields": {"write": 1e7, "message": 1024}, "units": {"write": "bytes/s"}},
    "currency": "USD",
    "terms": {"hours_per_month": 730},
    "model": {"version": "1.0.0", "digest": "0123456789abcdef"},
    "prices": {"digest": "0123456789abcdef", "as_of_newest": "2026-11"},
    "platforms": [
        {
            **{
                "platform": "p",
                "title": "P",
                "status": "feasible",
                "monthly_usd": 12.5,
                "what": "2 units",
                "reason": "",
            },
            "lines": [
                {
                    **{"meter": "aws.x", "sku": "", "title": "x", "category": "compute", "region": "us-east-1"},
                    **{"quantity": 10.0, "unit": "hour", "unit_price": 1.25, "usd": 12.5, "tiers": [[0, 2], [5, 0.5]]},
                }
            ],
        }
    ],
}
_PRICES = (
    "meter,sku,region,unit,price,currency,tier_from,tier_to,as_of,source,confidence,note\n"
    "aws.msk.broker,kafka.m7g.large,us-east-1,broker-hour,0.2,USD,,,2026-01-01,a quote,high,\n"
    "aws.kinesis.shard,,us-east-2,shard-hour,0.0123,USD,0,100,2026-01-01,a quote,high,\n"
    "aws.kinesis.shard,,us-east-2,shard-hour,0.01,USD,100,,2026-01,a quote,low,of May\n"
)
_HISTORY = "timestamp,bytes_s\n" + "".join(f"{2024 + m // 12}-{m % 12 + 1:02d}-01,{1e6 + m * 1e4}\n" for m in range(15))

READERS: dict[str, Reader] = {
    "workload": _of(_WORKLOAD, _workload),
    "price book": Reader(".csv", _book, _PRICES),
    "discounts": _of({"aws": "12%", "aws.msk": 0.2}, _discounts),
    "commitments": Reader(
        ".csv",
        _commitments,
        "meter,sku,region,unit,rate,term_years,payment,kind,as_of,source,confidence,note\n"
        "aws.ec2.instance,m7g.large,us-east-1,instance-hour,0.05,1,all-upfront,reserved,2026-01-01,a quote,high,\n",
    ),
    "usage": _of(_USAGE, _usage),
    "usage table": Reader(
        ".csv", _usage, "meter,sku,quantity,note\naws.kinesis.shard,,730,x\naws.msk.storage,,12 TiB,\n"
    ),
    "people": Reader(
        ".csv",
        _people,
        "item,applies_to,low,likely,high,unit,source\nstaff_base,Amazon MSK,0.2,0.3,0.4,FTE,a head count\n",
    ),
    "batch": Reader(
        ".csv",
        _batch,
        'name,team,write,message,platforms,tls\norders,shop,"{low: 1 MB/s, high: 3 MB/s}",1 KiB,msk-express,true\n'
        "clicks,web,2 MB/s,1 KiB,,\n",
    ),
    "charges": _of(_PORTFOLIO, _charges),
    "charges table": Reader(
        ".csv", _charges, 'name,team,write,budget\norders,shop,"{low: 1 MB/s, high: 3 MB/s}",300\nclicks,web,2 MB/s,\n'
    ),
    "requirements": _of(_REQUIREMENTS, _requirements),
    "cluster": _of(_CLUSTER, _clusters),
    "clusters": Reader(".csv", _clusters, "system,nodes,instance_type,partitions\nKafka,3,m7g.large,48\nKafka,5,,96\n"),
    "history": Reader(".csv", _history, _HISTORY),
    "measurements": Reader(".csv", _measurements, "mb_s_in,mb_s_out,cpu_pct\n10,20,15\n40,80,45\n60,90,61\n"),
    "benchmark": Reader(
        ".json",
        _measurements,
        '{"publishRate": [1000.0, 1010.5], "messageSize": 1024, "backlog": [0, 1], "topics": 2}',
    ),
    "scenarios": _of(_SCENARIOS, _scenarios),
    "result": Reader(".json", _result, json.dumps(_RESULT), _RESULT, json.dumps),
    "messages": Reader(
        ".jsonl", _messages, '{"id": 1, "user": "a"}\n{"id": 2, "user": "b", "list": [1, {"x": null}]}\n'
    ),
}


def check_reader(reader: Reader, text: str, folder: Path) -> bool:
    """Return whether the text was read; what is refused is so by an error of ours, no longer than a screen."""
    path = folder / f"given{reader.suffix}"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        reader.read(path)
    except StreamplanError as error:
        said = str(error)
        assert said and len(said) <= LONGEST_MESSAGE, f"a message of {len(said)} characters"
        assert said.replace("\n", "").isprintable(), "a message that a terminal would obey"
        return False
    return True
