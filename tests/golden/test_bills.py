"""Bills that somebody published, line by line and in total, through usage files, the price book and the command."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from pricing import PriceBook, bill, load_usage
from streamfacts.usage import Usage, UsageLine
from streamplan.cli import cli

GOLDEN = Path(__file__).parent / "cases"
EXAMPLES = Path(__file__).parents[2] / "examples" / "bills"
TOLERANCE = json.loads((GOLDEN / "bills.json").read_text(encoding="utf-8"))["tolerance_usd"]
INFRACOST = json.loads((GOLDEN / "infracost.json").read_text(encoding="utf-8"))
MSK = json.loads((GOLDEN / "msk.json").read_text(encoding="utf-8"))
#: Room for floating point on top of a stated tolerance, as 3421.875 against a printed 3421.88 uses up half a cent.
ROUNDING = 1e-6


def priced(path):
    given = load_usage(path)
    return given, bill(given.usage, region=given.region, regions_of=given.regions_of)


def write_usage(path, lines, **more):
    path.write_text(json.dumps({"usage": lines, **more}), encoding="utf-8")  # JSON is YAML too
    return path


# ------------------------------------------------------------------------------------------------- examples/bills


def test_every_example_states_its_tolerance():
    assert {path.name for path in EXAMPLES.glob("*.yaml")} == set(TOLERANCE)


@pytest.mark.parametrize("name", sorted(TOLERANCE))
def test_example_reproduces_what_was_published(name):
    given, result = priced(EXAMPLES / name)
    allowed = TOLERANCE[name]
    assert "https://" in given.source
    assert given.published_total is not None
    assert result.missing == []
    for number, published in given.published.items():
        entry = result.entries[number]
        room = allowed.get("lines", {}).get(entry.usage.meter, allowed["line"])
        assert float(entry.cost) == pytest.approx(published, abs=room + ROUNDING, rel=0), entry.usage.meter
    assert result.total == pytest.approx(given.published_total, abs=allowed["total"] + ROUNDING, rel=0)


@pytest.mark.parametrize("name", sorted(TOLERANCE))
def test_command_prints_the_same_bill(name):
    path = EXAMPLES / name
    run = CliRunner().invoke(cli, ["bill", str(path), "--json"], catch_exceptions=False)
    assert run.exit_code == 0
    document = json.loads(run.stdout)
    given, result = priced(path)
    assert document["total"] == pytest.approx(given.published_total, abs=TOLERANCE[name]["total"] + ROUNDING, rel=0)
    assert document["total"] == pytest.approx(result.total, rel=1e-12)
    assert document["published_total"] == given.published_total
    assert document["source"] == given.source
    assert document["missing"] == []
    assert len(document["lines"]) == len(given.usage.lines)
    for number, line in enumerate(document["lines"]):
        assert line["meter"] == given.usage.lines[number].meter
        assert line["published"] == given.published.get(number)
        assert line["as_of"] and line["source"]


# ------------------------------------------------------------------------------------------------------ Infracost


@pytest.mark.parametrize("case", INFRACOST["files"], ids=lambda case: case["file"].split("/")[0])
def test_infracost_file(case, tmp_path):
    lines = [
        {"meter": meter, "sku": sku, "quantity": quantity, "published": usd}
        for meter, sku, quantity, usd in case["lines"]
    ]
    given, result = priced(write_usage(tmp_path / "usage.yaml", lines, region=case["region"]))
    room = INFRACOST["tolerance_usd"] + ROUNDING
    for number, published in given.published.items():
        assert float(result.entries[number].cost) == pytest.approx(published, abs=room, rel=0), lines[number]
    if "total_usd" in case:
        assert result.total == pytest.approx(case["total_usd"], abs=room, rel=0)
    else:
        assert result.total == pytest.approx(sum(given.published.values()), abs=room * len(lines), rel=0)


def test_infracost_lines_in_two_regions(tmp_path):
    case = INFRACOST["regions"]
    lines = [{"meter": case["meter"], "region": region, "quantity": case["quantity"]} for region in case["usd"]]
    _, result = priced(write_usage(tmp_path / "usage.yaml", lines, region="us-east-1"))
    cost = {entry.region: float(entry.cost) for entry in result.entries}
    assert cost == pytest.approx(case["usd"], abs=INFRACOST["tolerance_usd"], rel=0)


@pytest.mark.parametrize("row", INFRACOST["tiers"]["rows"], ids=lambda row: f"{row[1]} from {row[3]}")
def test_infracost_tier(row):
    _, meter, region, start, quantity, published = row
    ends = np.array([start, start + quantity], float)
    cost = bill(Usage((UsageLine(meter, ends, "GiB"),)), region=region).entries[0].cost
    assert float(cost[1] - cost[0]) == pytest.approx(published, abs=INFRACOST["tolerance_usd"], rel=0)
    tiers = PriceBook.load().prices[(meter, "", region)]
    assert start in [tier.tier_from or 0 for tier in tiers], "the published line starts at one of our tiers"


# ------------------------------------------------------------------------------------------------------------ MSK


@pytest.mark.parametrize("row", MSK["serverless"]["rows"], ids=lambda row: f"{row[0]}-in-{row[3]}-partitions")
def test_msk_serverless_month(row, tmp_path):
    case = MSK["serverless"]
    read_in, read_out, stored, partitions, published = row
    lines = [
        {"meter": "aws.msk.serverless-cluster", "count": 1},
        {"meter": "aws.msk.serverless-partition", "count": partitions},
        {"meter": "aws.msk.serverless-storage", "quantity": stored},
        {"meter": "aws.msk.serverless-data-in", "quantity": read_in * case["days"]},
        {"meter": "aws.msk.serverless-data-out", "quantity": read_out * case["days"]},
    ]
    path = write_usage(tmp_path / "usage.yaml", lines, region=case["region"], hours_per_month=case["hours"])
    _, result = priced(path)
    assert result.total == pytest.approx(published, abs=case["tolerance_usd"] + ROUNDING, rel=0)


def test_msk_serverless_cluster_hours_in_ohio(tmp_path):
    case = MSK["d1"]
    lines = [{"meter": "aws.msk.serverless-cluster", "count": 1, "hours": case["hours"]}]
    _, result = priced(write_usage(tmp_path / "usage.yaml", lines, region=case["region"]))
    assert result.total == pytest.approx(case["usd"], abs=case["tolerance_usd"], rel=0)


def test_fifteen_msk_brokers(tmp_path):
    case = MSK["kafka_provider_comparison"]
    lines = [{"meter": "aws.msk.broker", "sku": case["machine"], "count": case["brokers"]}]
    _, result = priced(write_usage(tmp_path / "usage.yaml", lines, hours_per_month=case["hours"]))
    assert result.total == pytest.approx(case["usd"], abs=case["tolerance_usd"], rel=0)
