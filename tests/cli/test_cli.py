"""The command line: what it prints where, its exit status, and prices of one's own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
import yaml

import streamplan
from capacity import Workload, offers
from streamplan.cli import cli, main
from streamplan.planning.shipped_workloads import shipped_workloads
from tests.published import FILLED

EXAMPLE = "example-100mib"
HEADER = "meter,sku,region,unit,price,as_of,source\n"
PACKAGES = str(Path(streamplan.__file__).resolve().parent.parent)
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join(filter(None, [PACKAGES, os.environ.get("PYTHONPATH", "")])),
}


@pytest.fixture
def run(capsys):
    """Runs the command line and returns standard output; expects this status and, at 0, a quiet standard error."""

    def call(*arguments, status=0):
        found = 0
        try:
            main(list(arguments))
        except SystemExit as stop:
            found = stop.code or 0
        out, err = capsys.readouterr()
        assert found == status, err
        assert "Traceback" not in err and (status or not err)
        return out

    return call


def strict(text):
    """Parse one JSON document that holds neither NaN nor infinity and is alone in the text."""

    def refuse(word):
        raise AssertionError(f"{word} in the document")

    return json.loads(text, parse_constant=refuse)


@pytest.fixture
def usage_file(tmp_path):
    """Ten MSK brokers and a line with a unit: figures that anyone can check with a pencil."""
    path = tmp_path / "usage.yaml"
    lines = [
        {"meter": "aws.msk.broker", "sku": "kafka.m7g.large", "count": 10, "published": 1489.2},
        {"meter": "aws.msk.storage", "sku": "standard", "quantity": "2 TiB", "note": "volumes"},
    ]
    document = {"region": "us-east-1", "source": "a pencil", "published_total": 1700, "usage": lines}
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return str(path)


@pytest.fixture
def eleven_shards(tmp_path):
    """10 MiB/s of 1 KiB records: 10,240 records/s, which at 1,000 a shard are eleven shards; 10 for the bytes.

    At one rate, up to the quota, and with no outage to catch up after.
    """
    path = tmp_path / "eleven.yaml"
    fields = {"write": "10 MiB/s", "message": "1 KiB", "fan_out": 2, "retention": "24 h", "peak_ratio": 1}
    path.write_text(yaml.safe_dump(fields | FILLED), encoding="utf-8")
    return str(path)


# ---------------------------------------------------------------------------------------------------------------- JSON

OFFER_KEYS = {
    "platform", "title", "configuration", "options", "feasible", "violations", "unit", "units", "binding", "next_wall",
    "constraints", "limits", "parts", "usage", "bill", "assumptions", "guarantees", "not_modelled",
}  # fmt: skip
BILL_KEYS = {"currency", "region", "hours_per_month", "total", "subtotal", "missing", "lines"}
LINE_KEYS = {
    "meter", "sku", "title", "category", "quantity", "unit", "unit_price", "tiers", "cost", "currency", "region",
    "as_of", "confidence", "source", "note", "formula",
}  # fmt: skip
ROW_KEYS = {
    "platform", "title", "status", "monthly_usd", "low_usd", "high_usd", "configuration", "units", "unit", "binding",
    "next_wall", "utilisation", "confidence", "reason",
}  # fmt: skip


def test_compare_as_json(run):
    document = strict(run("compare", EXAMPLE, "--json"))
    assert {"workload", "currency", "hours_per_month", "platforms", "equivalence"} <= set(document)
    assert {"name", "fields", "origin", "demand"} <= set(document["workload"])
    rows = document["platforms"]
    assert {r["platform"] for r in rows} == {r["platform"] for r in document["equivalence"]} == set(offers())
    assert all(set(r) >= ROW_KEYS for r in rows)
    for home in (True, False):
        costs = [r["monthly_usd"] + r["work_usd"] for r in rows if r["status"] == "feasible" and r["home"] is home]
        assert costs == sorted(costs) and costs and all(c > 0 for c in costs)
    others = [r for r in rows if r["status"] in ("price missing", "infeasible")]
    assert all(r["reason"] and r["monthly_usd"] is None for r in others)
    assert all(r["closed"] for r in rows if r["status"] == "closed")
    order = ["feasible", "closed", "price missing", "infeasible"]
    ranks = [(not r["home"], order.index(r["status"])) for r in rows]
    assert ranks == sorted(ranks) and rows[0]["platform"] == document["answer"]["platform"]


@pytest.mark.parametrize("workload", ["slack-fleet-2022", "line-platform-2018", "netflix-keystone-2016"])
def test_compare_as_json_where_there_are_ranges_and_gaps(workload, run):
    """Ranges, infeasible ends, missing prices: what is not there is null, never NaN."""
    rows = strict(run("compare", workload, "--json"))["platforms"]
    assert any(r["high_usd"] is None or r["low_usd"] != r["high_usd"] for r in rows)


@pytest.mark.parametrize("platform", sorted(offers()))
def test_size_as_json(platform, run):
    text = run("size", "wikimedia-analytics-2014", "--platform", platform, "--json")
    document = strict(text)
    assert set(document) >= OFFER_KEYS
    bill = document["bill"]
    assert set(bill) >= BILL_KEYS and all(set(line) >= LINE_KEYS for line in bill["lines"])
    costs = [line["cost"] for line in bill["lines"]]
    if bill["missing"]:
        assert bill["total"] is None and None in costs
    else:
        assert bill["total"] == pytest.approx(sum(costs), rel=1e-12)
    assert document["units"] >= 1 and document["feasible"] is True and document["violations"] == []
    assert document["binding"] in {f"{c['constraint']} ({c['state']})" for c in document["constraints"]}
    for constraint in document["constraints"]:
        assert {"constraint", "state", "demand", "capacity_of_one", "unit", "utilisation", "source"} <= set(constraint)
        assert constraint["utilisation"] <= constraint["use_up_to"] * (1 + 1e-6)
    beside = {
        "aws.transfer.internet",
        "azure.transfer.internet",
        "gcp.transfer.internet",
    }  # clients that stay elsewhere
    billed = {(x["meter"], x["sku"]) for x in bill["lines"] if x["meter"] not in beside}
    assert {(u["meter"], u["sku"]) for u in document["usage"]} >= billed


def test_explain_as_json(run):
    document = strict(run("explain", EXAMPLE, "--platform", "msk-express", "--json"))
    assert set(document) >= OFFER_KEYS | {"workload"}
    sized = strict(run("size", EXAMPLE, "--platform", "msk-express", "--json"))
    assert {k: v for k, v in document.items() if k != "workload"} == sized


def test_bill_as_json(usage_file, run):
    document = strict(run("bill", usage_file, "--json"))
    assert set(document) >= BILL_KEYS | {"source", "published_total"}
    broker, storage = document["lines"]
    assert broker["quantity"] == 7300 and broker["unit"] == "broker-hour"
    assert storage["quantity"] == 2048 and storage["unit"] == "GiB-month"
    assert document["source"] == "a pencil" and document["published_total"] == 1700
    assert [line["published"] for line in document["lines"]] == [1489.2, None]
    assert document["total"] == pytest.approx(7300 * broker["unit_price"] + 2048 * storage["unit_price"], rel=1e-12)


def test_bill_with_a_missing_price_has_no_total(tmp_path, run):
    path = tmp_path / "usage.csv"
    path.write_text("meter,sku,quantity\naws.msk.broker,kafka.m99.huge,10\naws.kinesis.shard,,100\n", encoding="utf-8")
    document = strict(run("bill", str(path), "--json"))
    assert document["total"] is None and document["subtotal"] > 0
    assert len(document["missing"]) == 1 and "kafka.m99.huge" in document["missing"][0]
    assert document["lines"][0]["cost"] is None
    assert "no total: no price for aws.msk.broker kafka.m99.huge in us-east-1" in run("bill", str(path))


def test_platforms_as_json(run):
    rows = strict(run("platforms", "--json"))
    assert {r["platform"] for r in rows} == set(offers())
    for r in rows:
        assert r["configurations"] and r["title"] and r["family"] and r["provider"] and r["sources"]
        assert {"protocol", "copies", "zones", "availability", "disks"} <= set(r["guarantees"])
        assert all(set(o) >= {"name", "default", "doc"} and o["doc"] for o in r["options"])


def test_prices_list_as_json(run):
    rows = strict(run("prices", "list", "--json"))
    assert len(rows) > 500
    wanted = {"meter", "sku", "region", "unit", "price", "currency", "as_of", "source", "confidence"}
    assert all(set(r) >= wanted for r in rows)
    kept = strict(run("prices", "list", "--json", "--meter", "kinesis", "--region", "us-east-2"))
    assert kept == [r for r in rows if "kinesis" in r["meter"] and r["region"] == "us-east-2"] and kept


def test_prices_list_as_text_holds_the_same_rows(run):
    text = run("prices", "list", "--region", "eu-west-1")
    rows = strict(run("prices", "list", "--region", "eu-west-1", "--json"))
    assert len(text.splitlines()) == len(rows)
    assert all(f"{r['price']:<10g} USD/{r['unit']}" in line for r, line in zip(rows, text.splitlines(), strict=True))


def test_prices_check_as_json(run):
    document = strict(run("prices", "check", "--json"))
    rows = strict(run("prices", "list", "--json"))
    assert document["rows"] == len(rows) == sum(document["confidence"].values())
    assert document["old_rows"] == sum(r["age_days"] > document["older_than_days"] for r in rows)
    assert strict(run("prices", "check", "--json", "--max-age-days", "100000"))["old_rows"] == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["compare", EXAMPLE],
        ["size", EXAMPLE, "--platform", "kafka-ec2-ebs"],
        ["explain", EXAMPLE, "--platform", "msk-standard"],
        ["platforms"],
        ["prices", "list"],
        ["prices", "check"],
    ],
    ids=" ".join,
)
def test_json_is_the_same_twice(arguments, run):
    assert run(*arguments, "--json") == run(*arguments, "--json")


# ---------------------------------------------------------------------------------------------------------------- text


#: A shipped workload that every offer can carry.
FITS_ALL = "wikimedia-analytics-2014"


@pytest.mark.parametrize("platform", sorted(offers()))
def test_explain_gives_formula_and_source_of_every_number(platform, run):
    document = strict(run("explain", FITS_ALL, "--platform", platform, "--json"))
    lines = run("explain", FITS_ALL, "--platform", platform).splitlines()

    def after(start):
        return next((i for i, line in enumerate(lines) if line.strip().startswith(start)), None)

    for name in Workload.load(shipped_workloads()[FITS_ALL]).model_fields_set - {"name", "title", "description"}:
        assert after(f"{name} = ") is not None and "<-" in lines[after(f"{name} = ")]
    for c in document["constraints"]:
        at = after(f"{c['constraint']} ({c['state']}): ")
        assert at is not None, c
        assert "/" in lines[at] and "used" in lines[at]
        assert c["formula"] and lines[at + 1].strip() == f"demand = {c['formula']}"
        assert c["source"] and lines[at + 2].strip() == f"source: {c['source']}"
    for limit in document["limits"]:
        assert limit["source"]
        assert any(x.strip().startswith(f"{limit['limit']}: ") and limit["source"] in x for x in lines), limit
    for line in document["bill"]["lines"]:
        name = f"{line['meter']} {line['sku']}".strip()
        start = f"{name}: {line['quantity']:,.6g} {line['unit']} x "
        found = [i for i, x in enumerate(lines) if x.strip().startswith(start)]
        found = [i for i in found if lines[i + 1].strip() == f"quantity = {line['formula']}"]
        assert found and line["formula"], line
        following = [x.strip() for x in lines[found[0] + 1 : found[0] + 4]]
        if line["cost"] is None:
            assert "MISSING PRICE" in lines[found[0]]
            continue
        assert f"{line['cost']:,.2f} USD" in lines[found[0]] and line["as_of"] in lines[found[0]]
        assert line["source"] and f"source: {line['source']}" in following
    for part in document["parts"]:
        assert part["formula"] and after(f"{part['part']} = ") is not None
    total = document["bill"]["total"]
    if total is None:
        assert document["bill"]["missing"] and after("MISSING: ") is not None
    else:
        assert after(f"total = {total:,.2f} USD a month") is not None


def test_compare_as_text_has_a_row_an_offer(run):
    text = run("compare", EXAMPLE, "--all")
    lines = text.splitlines()
    for row in strict(run("compare", EXAMPLE, "--json"))["platforms"]:
        shown = f"{row['monthly_usd']:,.0f}" if row["status"] == "feasible" else row["status"]
        start = row["title"][:10]  # a long title goes on in the next line
        assert any(line.strip().startswith(start) and shown in line for line in lines), row["title"]


def test_bill_as_text_shows_the_published_figures(usage_file, run):
    text = run("bill", usage_file)
    total = strict(run("bill", usage_file, "--json"))["total"]
    assert f"total {total:,.2f} USD" in text
    assert f"published 1,700.00 USD, difference {total - 1700:+,.2f}" in text
    assert "1,489.20" in text


def test_workloads_lists_every_shipped_one(run):
    text = run("workloads")
    assert [line.split()[0] for line in text.splitlines()] == list(shipped_workloads())


def commands(group=cli, path=()):
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


EVERY = list(commands())


@pytest.mark.parametrize(("path", "command"), EVERY, ids=[" ".join(path) for path, _ in EVERY])
@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_of_every_command(path, command, flag, run, monkeypatch):
    # click keeps the help option that a command had when it was first run, which in a test may be without its group
    monkeypatch.setattr(command, "_help_option", None)
    text = run(*path, flag)
    assert text.startswith("Usage: ")
    assert command.help.split("\n")[0].split(":")[0] in " ".join(text.split())
    for option in command.params:
        for name in option.opts if option.param_type_name == "option" else [option.human_readable_name]:
            assert name in text


def test_help_lists_every_command_of_the_contract(run):
    text = run("--help")
    for name in ("compare", "size", "explain", "bill", "report", "prices", "platforms", "workloads"):
        assert re.search(rf"^  {name} ", text, re.MULTILINE)


def test_version(run):
    assert run("--version").strip() == streamplan.__version__


@pytest.mark.parametrize("arguments", [["compar"], ["prices", "lst"], [], ["prices"]], ids=" ".join)
def test_unknown_or_missing_command(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    out, err = capsys.readouterr()
    assert stop.value.code == 2 and out == ""
    assert "Usage: " in err and "Traceback" not in err


# -------------------------------------------------------------------------------------------------------------- prices


def test_own_price_moves_the_total_by_the_hand_worked_amount(eleven_shards, tmp_path, run):
    """Eleven shards for 730 h at 0.02 in place of 0.015 USD: 11 x 730 x 0.005 = 40.15 USD more."""
    book = tmp_path / "mine.csv"
    book.write_text(HEADER + "aws.kinesis.shard,,us-east-1,shard-hour,0.02,2026-01-01,my contract\n", encoding="utf-8")
    ask = ["size", eleven_shards, "--platform", "kinesis-provisioned", "--json"]
    before, after = strict(run(*ask)), strict(run(*ask, "--price-book", str(book)))
    assert before["units"] == after["units"] == 11
    assert after["bill"]["total"] - before["bill"]["total"] == pytest.approx(40.15, abs=1e-9)
    line = next(x for x in after["bill"]["lines"] if x["meter"] == "aws.kinesis.shard")
    assert line["cost"] == pytest.approx(11 * 730 * 0.02) and line["source"] == "my contract"

    rows = [
        {r["platform"]: r["monthly_usd"] for r in strict(run("compare", eleven_shards, "--json", *more))["platforms"]}
        for more in ([], ["--price-book", str(book)])
    ]
    assert rows[1]["kinesis-provisioned"] - rows[0]["kinesis-provisioned"] == pytest.approx(40.15, abs=1e-9)
    assert {k for k in rows[0] if rows[0][k] != rows[1][k]} == {"kinesis-provisioned"}


def test_last_price_book_wins(eleven_shards, tmp_path, run):
    books = []
    for price in (0.02, 0.03):
        path = tmp_path / f"{price}.csv"
        path.write_text(HEADER + f"aws.kinesis.shard,,us-east-1,shard-hour,{price},2026-01-01,me\n", encoding="utf-8")
        books += ["--price-book", str(path)]
    document = strict(run("size", eleven_shards, "--platform", "kinesis-provisioned", "--json", *books))
    line = next(x for x in document["bill"]["lines"] if x["meter"] == "aws.kinesis.shard")
    assert line["unit_price"] == pytest.approx(0.03)


def test_own_price_on_a_bill(usage_file, tmp_path, run):
    """7,300 broker hours at 1 USD and 2,048 GiB at 0.10: 7,504.80 USD."""
    book = tmp_path / "mine.csv"
    rows = "aws.msk.broker,kafka.m7g.large,us-east-1,broker-hour,1,2026-01-01,me\n"
    rows += "aws.msk.storage,standard,us-east-1,GiB-month,0.1,2026-01-01,me\n"
    book.write_text(HEADER + rows, encoding="utf-8")
    assert strict(run("bill", usage_file, "--json", "--price-book", str(book)))["total"] == pytest.approx(7504.80)


def test_own_price_is_marked_in_the_list(tmp_path, run):
    book = tmp_path / "mine.csv"
    book.write_text(HEADER + "aws.kinesis.shard,,me-west-1,shard-hour,0.02,2026-01-01,me\n", encoding="utf-8")
    rows = strict(run("prices", "list", "--json", "--price-book", str(book)))
    assert [r["region"] for r in rows if r["own"]] == ["me-west-1"]


def test_hours_of_the_month_scale_what_counts_hours(eleven_shards, run):
    ask = ["size", eleven_shards, "--platform", "kinesis-provisioned", "--json"]
    for hours in (672, 744):
        document = strict(run(*ask, "--hours-per-month", str(hours)))
        line = next(x for x in document["bill"]["lines"] if x["meter"] == "aws.kinesis.shard")
        assert line["quantity"] == 11 * hours and document["bill"]["hours_per_month"] == hours


def test_region_without_prices_says_so(eleven_shards, run):
    rows = strict(run("compare", eleven_shards, "--region", "sa-east-1", "--json"))["platforms"]
    unpriced = [r for r in rows if r["status"] == "price missing"]
    assert {"msk-express", "confluent-dedicated", "instaclustr-kafka"} & {r["platform"] for r in unpriced}
    for r in unpriced:
        assert r["monthly_usd"] is None and r["units"] >= 1
        assert "no price for " in r["reason"] and f"in {r['region']}" in r["reason"]

    ask = ["size", eleven_shards, "--platform", "kinesis-provisioned", "--region", "sa-east-1"]
    document = strict(run(*ask, "--json"))
    assert document["bill"]["region"] == "sa-east-1" and document["bill"]["total"] is None
    assert any("aws.kinesis.shard in sa-east-1 (known in" in m for m in document["bill"]["missing"])
    text = " ".join(run(*ask).split())
    assert "no total: no price for aws.kinesis.shard in sa-east-1 (known in" in text
    assert "MISSING: no price for aws.kinesis.shard in sa-east-1" in run("explain", *ask[1:])


def test_region_takes_the_place_of_the_workloads(eleven_shards, run):
    east = strict(run("compare", eleven_shards, "--region", "us-east-2", "--json"))
    assert east["workload"]["fields"]["region"] == "us-east-2"
    by_name = {r["platform"]: r for r in east["platforms"]}
    assert by_name["kinesis-provisioned"]["status"] == "feasible"  # priced in us-east-2
    assert by_name["msk-standard"]["status"] == "price missing"  # not priced there


def test_option_is_heard(run):
    ask = ["size", EXAMPLE, "--platform", "kafka-ec2-ebs", "--json"]
    near = strict(run(*ask, "--option", "follower_fetch=true"))
    far = strict(run(*ask, "--option", "follower_fetch=false"))
    assert near["options"]["follower_fetch"] is True and far["options"]["follower_fetch"] is False
    assert far["bill"]["total"] > near["bill"]["total"]


def test_only_the_platforms_asked(run):
    document = strict(run("compare", EXAMPLE, "--platform", "msk-express", "--platform", "msk-standard", "--json"))
    assert sorted(r["platform"] for r in document["platforms"]) == ["msk-express", "msk-standard"]


# ----------------------------------------------------------------------------------------------------- a real process


@pytest.mark.parametrize("arguments", [["prices", "list"], ["compare", EXAMPLE], ["prices", "list", "--json"]])
def test_reader_that_goes_away(arguments):
    """As in `streamplan prices list | head -1`: no traceback, no complaint at exit, and success."""
    with subprocess.Popen(
        [sys.executable, "-m", "streamplan", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**ENVIRONMENT, "PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdout.read(10)
        process.stdout.close()
        err = process.stderr.read().decode()
        status = process.wait(60)
    assert err == ""
    assert status == 0


def test_output_is_utf_8_and_whole_when_it_is_a_file(tmp_path):
    path = tmp_path / "out.json"
    with path.open("wb") as out:
        command = [sys.executable, "-m", "streamplan", "compare", EXAMPLE, "--json"]
        subprocess.run(command, stdout=out, check=True, env=ENVIRONMENT, timeout=60)
    assert strict(path.read_text(encoding="utf-8"))["workload"]["name"] == EXAMPLE
