"""Limits and rates that Redpanda published for its cloud, and its sizing rules."""

import json
from pathlib import Path

import numpy as np
import pytest

from capacity import Demand, size
from pricing import PriceBook, bill
from streamfacts.units import GIB
from streamplan.planning.plan import cost_all, plan
from tests.published import to_the_quota

GOLDEN = json.loads((Path(__file__).parent / "cases" / "redpanda.json").read_text(encoding="utf-8"))
SERVERLESS, DEDICATED, BYOC = "redpanda-serverless", "redpanda-dedicated", "redpanda-byoc"


def load(**fields):
    given = {"write": "10 MB/s", "message": "1 KiB", "measured_at": "broker", "fan_out": 1, "retention": "1 d"}
    return to_the_quota(**(given | fields))


# ------------------------------------------------------------------------------------------------- Serverless


def test_serverless_month_to_the_cent():
    case = GOLDEN["serverless"]
    sizing = size(to_the_quota(**case["workload"]), SERVERLESS, machine="serverless", hours_per_month=case["hours"])
    bought = bill(sizing.usage, region="us-east-1")
    cost = {entry.usage.meter: float(entry.cost) for entry in bought.entries}
    for meter, usd in case["usd"].items():
        assert cost[meter] == pytest.approx(usd, abs=case["tolerance_usd"], rel=0), meter
    assert bought.total == pytest.approx(sum(case["usd"].values()), abs=0.02)


@pytest.mark.parametrize(
    "fields,what",
    [
        ({"write": "101 MB/s"}, "ingress"),
        ({"write": "100 MB/s", "fan_out": 3.1}, "egress"),
        ({"partitions": 5001}, "partitions"),
        ({"connections": 10001}, "connections"),
        ({"consumer_groups": 201}, "consumer groups"),
        ({"max_message": "21 MiB"}, "message size"),
    ],
)
def test_serverless_limits_are_named_with_their_source(fields, what):
    sizing = size(load(**fields), SERVERLESS, machine="serverless")
    assert {text.split(":")[0].removesuffix(" (catch-up)") for text in sizing.violations} == {what}
    assert "https://docs.redpanda.com/cloud-data-platform/get-started/cluster-types/serverless/" in sizing.violations[0]


def test_serverless_at_its_limits():
    assert bool(size(load(write="100 MB/s", fan_out=3, partitions=5000), SERVERLESS, machine="serverless").feasible)
    assert plan(load(write="201 MB/s"), SERVERLESS).clusters == 3


def test_serverless_is_in_one_zone():
    one = size(load(), SERVERLESS, machine="serverless")
    assert bool(one.feasible) and any("one zone" in note for note in one.assumptions)
    strict = size(load(), SERVERLESS, machine="serverless", options={"one_zone": False})
    assert not bool(strict.feasible) and strict.violations[0].startswith("zones")


# -------------------------------------------------------------------------------------------------- Dedicated


@pytest.mark.parametrize("write,fan_out,partitions,tier", GOLDEN["tiers"]["least"])
def test_dedicated_least_tier(write, fan_out, partitions, tier):
    sizing = size(load(write=write, fan_out=fan_out, partitions=partitions), DEDICATED)
    fits = [str(name) for name, ok in zip(sizing.configuration, sizing.feasible, strict=True) if ok]
    assert fits == ([] if tier is None else [f"tier-{n}" for n in range(tier, 6)])


@pytest.mark.parametrize("offer", [DEDICATED, BYOC])
def test_prices_by_quote_are_missing_by_name(offer):
    result = plan(load(), offer)
    assert result.feasible and result.monthly_usd is None
    missing = {e.usage.meter for e in result.bill.entries if e.missing.any()}
    own = {"redpanda.data-in", "redpanda.data-out", "redpanda.storage"}
    assert missing == own | {"redpanda.dedicated-uptime" if offer == DEDICATED else "redpanda.rpu"}


# ------------------------------------------------------------------------------------------------------- BYOC


def needed(sizing, name, state="normal"):
    return next(c for c in sizing.constraints if (c.name, c.state) == (name, state)).needed()


def test_byoc_cores_and_memory():
    case = GOLDEN["sizing"]
    sizing = size(load(write=case["write"], partitions=case["partitions"]), BYOC, machine="i4i.2xlarge")
    cores = next(c for c in sizing.constraints if c.name == "cores" and c.state == "normal")
    wall = next(c for c in sizing.constraints if c.name == "partitions")
    poured = float(cores.demand / (cores.capacity * cores.ceiling))
    assert poured * 8 == pytest.approx(case["cores"], rel=case["tolerance"])
    memory = float(sizing.demand.partitions * 3 / wall.capacity) * 64 * GIB / 1e9
    assert memory == pytest.approx(case["memory_gb"], rel=case["tolerance"])
    rpu = float(sizing.usage["redpanda.rpu"].quantity) / 730
    assert rpu == float(sizing.units) * 4


def test_byoc_has_three_copies_whatever_is_asked():
    one, three = (size(load(replication_factor=n, retention="1 h"), BYOC, machine="i4i.large") for n in (1, 3))
    assert float(one.units) == float(three.units) == 3
    for first, second in zip(one.usage, three.usage, strict=True):
        assert float(first.quantity) == float(second.quantity)


@pytest.mark.parametrize(
    "fields,what",
    [
        ({"write": "2.1 GB/s", "retention": "1 h"}, "ingress of the largest tier"),
        ({"write": "1 GB/s", "fan_out": 4.1, "retention": "1 h"}, "egress of the largest tier"),
        ({"partitions": 112501}, "partitions of the largest tier"),
        ({"connections": 450001}, "connections of the largest tier"),
    ],
)
def test_byoc_ends_with_the_largest_tier(fields, what):
    sizing = size(load(**fields), BYOC, machine="i4i.8xlarge")
    assert what in [text.split(":")[0] for text in sizing.violations]


@pytest.mark.parametrize("offer", [SERVERLESS, DEDICATED, BYOC])
@pytest.mark.parametrize(
    "names,steps",
    [
        (("payload_bytes_s", "wire_bytes_s", "records_s"), [1.0, 1.3, 4.0, 9.0]),
        (("fan_out",), [1.0, 1.5, 5.0]),
        (("retention_s",), [1.0, 2.0, 50.0]),
        (("partitions",), [1.0, 10.0, 400.0]),
    ],
)
def test_more_never_needs_less(offer, names, steps):
    one = Demand.of(load())
    d = one.replace(**{name: getattr(one, name) * np.array(steps) for name in names})
    costed = cost_all(d, offer, PriceBook.load())
    assert (np.diff(costed.sizing.units, axis=1) >= 0).all()
    assert (np.diff(costed.bill.subtotal, axis=1) >= -1e-9).all()
    for entry in costed.bill.entries:
        assert (entry.usage.quantity >= 0).all() and np.isfinite(entry.usage.quantity).all()
