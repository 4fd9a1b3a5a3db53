"""The outputs of AWS's own sizing script for MSK: as bills to the cent, and as quantities of our models."""

import json
import math
from pathlib import Path

import pytest

from capacity import Workload, size
from capacity.sizing.machines import machine_table
from pricing import PriceBook, bill, load_usage

SCRIPT = json.loads((Path(__file__).parent / "cases" / "msk_sizing_script.json").read_text(encoding="utf-8"))
CENT = SCRIPT["tolerance_usd"] + 1e-6  # the last part is room for floating point
HOURS = 730
LINES = ("broker_usd", "storage_usd", "tiered_usd", "data_in_usd", "cross_az_usd", "pst_usd")
RUNS = [
    pytest.param(case["inputs"], dict(zip(SCRIPT["columns"], row, strict=True)), id=f"{case['name']}-{row[0]}")
    for case in SCRIPT["cases"]
    for row in case["results"]
]
STANDARD = [run for run in RUNS if run.values[1]["instance"].startswith("kafka.")]
EXPRESS = [run for run in RUNS if run.values[1]["instance"].startswith("express.")]


def gib_of_month(mib_s):
    return mib_s * 3600 * HOURS / 1024


def crossing_mib_s(given):
    away = given["avg_data_in_mbs"] * 2 / 3
    return away if given["rack_affined_consumers"] else away + given["avg_data_out_mbs"] * 2 / 3


def usage_lines(given, result):
    """Quantities by the published formulas, brokers as published."""
    write, express = given["avg_data_in_mbs"], result["instance"].startswith("express.")
    kept, on_disk = given["retention_hours"], given["primary_retention_hours"]
    lines = {
        "broker_usd": {"meter": "aws.msk.broker", "sku": result["instance"], "count": result["brokers"]},
        "cross_az_usd": {"meter": "aws.transfer.cross-zone", "quantity": 2 * gib_of_month(crossing_mib_s(given))},
    }
    if express:
        lines["storage_usd"] = {"meter": "aws.msk.storage", "sku": "express", "quantity": write * kept * 3600 / 1024}
        lines["data_in_usd"] = {"meter": "aws.msk.express-data-in", "quantity": gib_of_month(write)}
    else:
        volumes = write * on_disk * 3600 * given["replication_factor"] / 1024 * 2
        lines["storage_usd"] = {"meter": "aws.msk.storage", "sku": "standard", "quantity": volumes}
        tiered = write * (kept - on_disk) * 3600 / 1024
        lines["tiered_usd"] = {"meter": "aws.msk.tiered-storage", "sku": "sizing-script", "quantity": tiered}
        lines["pst_usd"] = {"meter": "aws.msk.storage-throughput", "quantity": 0.0}
    return lines


def test_five_cases_of_all_sizes():
    assert [case["name"] for case in SCRIPT["cases"]] == ["G1", "G2", "G3", "G7", "G9"]
    assert all(len({row[0] for row in case["results"]}) == 22 for case in SCRIPT["cases"])
    priced = {
        sku for meter, sku, region in PriceBook.load().prices if (meter, region) == ("aws.msk.broker", "us-east-1")
    }
    assert {row[0] for case in SCRIPT["cases"] for row in case["results"]} <= priced


@pytest.mark.parametrize("given,result", RUNS)
def test_bill_to_the_cent(given, result, tmp_path):
    lines = usage_lines(given, result)
    path = tmp_path / "usage.yaml"
    rows = [{**line, "published": result[name]} for name, line in lines.items()]
    path.write_text(json.dumps({"hours_per_month": HOURS, "usage": rows}), encoding="utf-8")
    usage = load_usage(path)
    priced = bill(usage.usage, region=usage.region, regions_of=usage.regions_of)
    assert priced.missing == []
    for number, name in enumerate(lines):
        assert float(priced.entries[number].cost) == pytest.approx(usage.published[number], abs=CENT, rel=0), name
    assert [result[name] for name in LINES if name not in lines] == [0.0] * (len(LINES) - len(lines))
    assert priced.total == pytest.approx(result["total_usd"], abs=CENT, rel=0)


@pytest.mark.parametrize("given,result", RUNS)
def test_published_lines_add_up(given, result):
    """The golden data itself: up to six lines, each rounded, may miss the rounded total by three and a half cents."""
    assert sum(result[name] for name in LINES) == pytest.approx(result["total_usd"], abs=7 * CENT, rel=0)


@pytest.mark.parametrize("given,result", STANDARD)
def test_machine_table_gives_the_published_brokers(given, result):
    """EBS, network and partitions of `data/machines` in the script's formula, against the brokers it printed."""
    table = machine_table("aws_msk")
    row = {name: column[table.names == result["instance"]][0] for name, column in table.columns.items()}
    tiered = given["retention_hours"] > given["primary_retention_hours"]
    fan_out = given["peak_data_out_mbs"] / given["peak_data_in_mbs"]
    by_disk = row["ebs_baseline_mib_s"] / (8.0 if tiered else 6.5)
    by_network = row["network_baseline_mib_s"] / (1.5 * fan_out + (7.2 if tiered else 5.7))
    ingress = min(by_disk, by_network) * given["utilization_standard"]
    volumes = usage_lines(given, result)["storage_usd"]["quantity"]
    needs = (
        given["peak_data_in_mbs"] / ingress,
        given["num_partitions"] / row["recommended_partitions"],
        volumes / 16384,
    )
    assert max(3 * math.ceil(math.ceil(need) / 3) for need in needs) == result["brokers"]


# --------------------------------------------------------------------------- the same quantities from our models


def sized(given, result, platform, **more):
    write, copies = given["avg_data_in_mbs"], given["replication_factor"]
    load = Workload(
        write=f"{write} MiB/s",
        peak_write=f"{given['peak_data_in_mbs']} MiB/s",
        measured_at="broker",
        fan_out=given["avg_data_out_mbs"] / write,
        retention=f"{given['retention_hours']} h",
        # the script spreads storage evenly over brokers, as partitions do that are left to be chosen
        replication_factor=copies,
        **more,
    )
    options = {"follower_fetch": given["rack_affined_consumers"]}
    machine, units = result["instance"], result["brokers"]
    return size(load, platform, machine=machine, units=units, options=options, hours_per_month=HOURS)


def costs(sizing):
    return {entry.usage.meter: float(entry.cost) for entry in bill(sizing.usage).entries}


@pytest.mark.parametrize("given,result", EXPRESS)
def test_express_model_bills_the_same(given, result):
    priced = bill(sized(given, result, "msk-express").usage)
    cost = {entry.usage.meter: float(entry.cost) for entry in priced.entries}
    assert cost["aws.msk.broker"] == pytest.approx(result["broker_usd"], abs=CENT, rel=0)
    assert cost["aws.msk.storage"] == pytest.approx(result["storage_usd"], abs=CENT, rel=0)
    assert cost["aws.msk.express-data-in"] == pytest.approx(result["data_in_usd"], abs=CENT, rel=0)
    assert cost["aws.transfer.cross-zone"] == pytest.approx(result["cross_az_usd"], abs=CENT, rel=0)
    assert priced.total == pytest.approx(result["total_usd"], abs=CENT, rel=0)


@pytest.mark.parametrize("given,result", STANDARD)
def test_standard_model_meters_the_same(given, result):
    """Brokers, tiered storage and cross-zone traffic to the cent; volumes to the whole GiB that ours are rounded to."""
    tiered = given["retention_hours"] > given["primary_retention_hours"]
    more = {"hot_retention": f"{given['primary_retention_hours']} h"} if tiered else {}
    sizing = sized(
        given,
        result,
        "msk-standard-tiered" if tiered else "msk-standard",
        use_up_to={"disk space": 0.5},
        **more,
    )
    cost = costs(sizing)
    assert cost["aws.msk.broker"] == pytest.approx(result["broker_usd"], abs=CENT, rel=0)
    assert cost["aws.transfer.cross-zone"] == pytest.approx(result["cross_az_usd"], abs=CENT, rel=0)
    price = PriceBook.load().price("aws.msk.storage", "standard", "us-east-1").price
    assert -CENT <= cost["aws.msk.storage"] - result["storage_usd"] <= result["brokers"] * price
    if tiered:
        # MSK's own price is 0.06; the script takes that of S3, kept as a sku of its own
        script = PriceBook.load().price("aws.msk.tiered-storage", "sizing-script", "us-east-1").price
        stored = float(sizing.usage["aws.msk.tiered-storage"].quantity)
        assert stored * script == pytest.approx(result["tiered_usd"], abs=CENT, rel=0)
