"""Bad input ends with exit status 2 and one message that names field, value and what is allowed; never a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import streamplan
from capacity import Range, Workload, offers, size
from streamfacts.errors import InputError
from streamplan.cli import main

BASE = {"write": "10 MiB/s", "message": "1 KiB", "fan_out": 2, "retention": "24 h"}
HEADER = "meter,sku,region,unit,price,currency,tier_from,tier_to,as_of,source,confidence,note\n"
NAN, INF = float("nan"), float("inf")


def row(price="0.2", start="", end="", **other):
    """One row of a price book for a broker that is priced in data/ too."""
    cells = {
        "meter": "aws.msk.broker",
        "sku": "kafka.m7g.large",
        "region": "us-east-1",
        "unit": "broker-hour",
        "price": price,
        "currency": "USD",
        "tier_from": start,
        "tier_to": end,
        "as_of": "2026-01-01",
        "source": "a quote",
        "confidence": "high",
        "note": "",
    }
    return ",".join({**cells, **other}.values()) + "\n"


def one_line(**line):
    return yaml.safe_dump({"usage": [line]})


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def workload(folder):
    """Writes a workload file: the base with some fields changed; None takes a field away."""

    def write(**fields):
        given = {k: v for k, v in {**BASE, **fields}.items() if v is not None}
        (folder / "mine.yaml").write_text(yaml.safe_dump(given), encoding="utf-8")
        return "mine.yaml"

    return write


@pytest.fixture
def refused(capsys):
    """Runs the command line, expects status 2 and a quiet standard output, and looks for words in the message."""

    def run(*arguments, words=()):
        with pytest.raises(SystemExit) as stop:
            main(list(arguments))
        out, err = capsys.readouterr()
        assert stop.value.code == 2, err
        assert out == ""
        assert "Traceback" not in err and "Warning" not in err
        for word in words:
            assert word in err, f"{word!r} is not in {err!r}"
        return err

    return run


@pytest.fixture
def outcome(capsys):
    """Runs the command line and returns (status, standard output, standard error)."""

    def run(*arguments):
        status = 0
        try:
            main(list(arguments))
        except SystemExit as stop:
            status = stop.code
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return status, out, err

    return run


# ---------------------------------------------------------------------------------------------------- workload fields

FIELDS = {
    "rate without unit": ({"write": "250"}, ["write: '250'", "'250 MB/s'", "unit is missing"]),
    "bare number as rate": ({"write": 250}, ["write: 250", "'250 MB/s'", "unit is missing"]),
    "size without unit": ({"message": 1024}, ["message: 1024", "'1 KiB'", "unit is missing"]),
    "duration without unit": ({"retention": 7}, ["retention: 7", "'7 d'", "unit is missing"]),
    "records where bytes belong": ({"write": "5 records/s"}, ["write", "'5 records/s'", "byte rate"]),
    "rate where a size belongs": ({"message": "5 MB/s"}, ["message", "'5 MB/s'", "a size"]),
    "size where a duration belongs": ({"retention": "5 MB"}, ["retention", "'5 MB'", "a duration"]),
    "unit that nobody knows": ({"write": "5 MB/fortnight"}, ["write", "'5 MB/fortnight'", "byte rate"]),
    "no number at all": ({"write": "lots"}, ["write", "'lots'", "byte rate"]),
    "negative rate": ({"write": "-5 MB/s"}, ["write", "'-5 MB/s'", "from 1 "]),
    "zero rate": ({"write": "0 MB/s"}, ["write", "'0 MB/s'", "from 1 "]),
    "zero records": ({"message": None, "messages": "0 records/s"}, ["messages", "'0 records/s'", "from 0.001"]),
    "negative fan-out": ({"fan_out": -1}, ["fan_out", "-1", "from 0 to 1000"]),
    "negative low end": ({"write": {"low": "-1 MB/s", "high": "5 MB/s"}}, ["write.low", "'-1 MB/s'", "from 1 "]),
    "1e18 bytes a second": ({"write": "1e18 B/s"}, ["write", "'1e18 B/s'", "1e+14"]),
    "1e18 records a second": (
        {"message": None, "messages": "1e18 records/s"},
        ["messages", "'1e18 records/s'", "1e+12"],
    ),
    "NaN": ({"fan_out": NAN}, ["fan_out", "nan", "from 0 to 1000"]),
    "infinity": ({"fan_out": INF}, ["fan_out", "inf", "from 0 to 1000"]),
    "NaN with unit": ({"write": "nan MB/s"}, ["write", "'nan MB/s'", "finite"]),
    "infinity with unit": ({"write": "inf MB/s"}, ["write", "'inf MB/s'", "finite"]),
    "overflow to infinity": ({"fan_out": "1e999"}, ["fan_out", "'1e999'", "from 0 to 1000"]),
    "NaN share": ({"use_up_to": NAN}, ["use_up_to", "nan", "up to 1"]),
    "peak below average": ({"peak_write": "5 MB/s"}, ["peak_write", "5e+06", "at least the average", "1.04858e+07"]),
    "peak ratio below one": ({"peak_ratio": 0.5}, ["peak_ratio", "0.5", "from 1 "]),
    "peak below average where both are likely": (
        {
            "write": {"low": "5 MB/s", "likely": "18 MB/s", "high": "20 MB/s"},
            "peak_write": {"low": "10 MB/s", "likely": "11 MB/s", "high": "30 MB/s"},
        },
        ["peak_write", "at least the average"],
    ),
    "peak and ratio": (
        {"peak_write": "50 MB/s", "peak_ratio": 2},
        ["peak_ratio", "peak_write or peak_ratio, not both"],
    ),
    "largest record below the average": ({"max_message": "100 B"}, ["max_message", "100"]),
    "copies above zones": ({"replication_factor": 4}, ["replication_factor", "4", "1 to 3", "zones is 3"]),
    "copies above zones given": ({"replication_factor": 3, "zones": 2}, ["replication_factor", "3", "zones is 2"]),
    "no copies": ({"replication_factor": 0}, ["replication_factor", "0", "from 1 to 7"]),
    "part of a copy": ({"replication_factor": 2.5}, ["replication_factor", "2.5", "whole number"]),
    "part of a partition": ({"partitions": 1.5}, ["partitions", "1.5", "whole number"]),
    "zone to lose when there is one": (
        {"zones": 1, "replication_factor": 1, "survive": "zone"},
        ["survive", "'zone'", "none or broker"],
    ),
    "unknown loss": ({"survive": "region"}, ["survive", "'region'", "none, broker or zone"]),
    "unknown place of measurement": ({"measured_at": "wire"}, ["measured_at", "'wire'", "producer", "broker"]),
    "unknown region": ({"region": "us-est-1"}, ["region", "'us-est-1'", "us-east-1"]),
    "misspelt field": ({"retetion": "1 d"}, ["'retetion'", "retention"]),
    "low above high": ({"write": {"low": "9 MB/s", "high": "5 MB/s"}}, ["write", "9 MB/s", "low <= likely <= high"]),
    "likely above high": ({"fan_out": {"low": 1, "likely": 9, "high": 5}}, ["fan_out", "9", "low <= likely <= high"]),
    "low without high": ({"fan_out": {"low": 1}}, ["fan_out", "a range with low, high"]),
    "range with a typo": ({"fan_out": {"low": 1, "hihg": 2, "high": 3}}, ["fan_out", "hihg", "a range with low, high"]),
    "share above one": ({"use_up_to": 1.2}, ["use_up_to", "1.2", "up to 1"]),
    "share of one resource above one": ({"use_up_to": {"cpu": 1.5}}, ["use_up_to.cpu", "1.5", "up to 1"]),
    "share of nothing": ({"use_up_to": 0}, ["use_up_to", "0", "above 0"]),
    "share of an unknown resource": ({"use_up_to": {"cup": 0.5}}, ["use_up_to", "'cup'", "cpu"]),
    "bool as number": ({"fan_out": True}, ["fan_out", "True", "from 0 to 1000"]),
    "bool as rate": ({"write": True}, ["write", "True", "byte rate"]),
    "bool as whole number": ({"replication_factor": True}, ["replication_factor", "True", "whole number"]),
    "bool as share": ({"use_up_to": True}, ["use_up_to", "True", "up to 1"]),
    "number as bool": ({"tls": 1}, ["tls", "1", "true or false"]),
    "word as bool": ({"tls": "yes"}, ["tls", "'yes'", "true or false"]),
    "list as number": ({"fan_out": [1, 2]}, ["fan_out", "[1, 2]", "from 0 to 1000"]),
    "number as title": ({"title": 3}, ["title", "3", "string"]),
    "source and assumed": ({"fan_out": {"value": 1, "source": "a", "assumed": "b"}}, ["fan_out", "one of source"]),
    "value and range": ({"fan_out": {"value": 1, "low": 0, "source": "a"}}, ["fan_out", "low", "value, or low"]),
    "three of three": ({"messages": "5 records/s"}, ["message", "two of write, messages and message"]),
    "nothing written": ({"write": None, "message": None}, ["write", "not given", "write and message"]),
    "name that climbs folders": ({"name": "../up"}, ["name", "'../up'", "without path or markup"]),
    "name with a slash": ({"name": "a/b"}, ["name", "'a/b'", "without path or markup"]),
    "name with a backslash": ({"name": "a\\b"}, ["name", "without path or markup"]),
    "name with markup": ({"name": "<b>x</b>"}, ["name", "'<b>x</b>'", "without path or markup"]),
    "name with quotes": ({"name": 'a"onload=x'}, ["name", "without path or markup"]),
    "empty name": ({"name": ""}, ["name", "''", "1 to 80"]),
    "endless name": ({"name": "x" * 81}, ["name", "1 to 80"]),
    "number as name": ({"name": 3}, ["name", "3", "1 to 80"]),
}


@pytest.mark.parametrize("fields, words", FIELDS.values(), ids=FIELDS)
def test_unusable_field(fields, words, workload, refused):
    refused("compare", workload(**fields), "--json", words=words)


def test_several_unusable_fields_are_named_at_once(workload, refused):
    err = refused("compare", workload(write="5", fan_out=True, retention="5 MB"))
    assert all(f"{name}: " in err for name in ("write", "fan_out", "retention"))


def test_range_from_zero_needs_a_likely_value_above_zero():
    """The default is the geometric mean, which would say that nobody reads."""
    try:
        found = Workload(**{**BASE, "fan_out": {"low": 0, "high": 4}}).fan_out.likely
    except InputError as error:
        assert error.field == "fan_out"
    else:
        assert 0 < found < 4


def test_likely_value_of_a_whole_number_is_whole():
    found = Workload(**BASE, partitions={"low": 10, "high": 20}).partitions
    assert found.likely == int(found.likely) and 10 <= found.likely <= 20


@pytest.mark.parametrize("value", [-5e6, 0.0, 1e18, NAN, INF])
def test_range_object_is_held_to_the_same_bounds_as_text(value):
    with pytest.raises(InputError, match="write"):
        Workload(**{**BASE, "write": Range(value, value, value)})


# --------------------------------------------------------------------------------------------------------------- files


@pytest.mark.parametrize(
    "content, words",
    [
        ("write: [1, 2\nmessage: {", ["mine.yaml", "well-formed YAML", "line 2"]),
        ("write: 'open\n", ["mine.yaml", "well-formed YAML"]),
        ("write: 1 MB/s\n---\nwrite: 2 MB/s\n", ["mine.yaml", "well-formed YAML"]),
        ("write: !!python/object/apply:os.system ['true']\n", ["mine.yaml", "well-formed YAML"]),
        ("write: *nobody\n", ["mine.yaml", "well-formed YAML"]),
        ("write: 2020-13-45\nmessage: 1 KiB\n", ["mine.yaml"]),
        ("write: 1 MB/s\nwrite: 2 MB/s\nmessage: 1 KiB\n", ["write"]),
        ("- write\n- message\n", ["mine.yaml", "one mapping"]),
        ("5\n", ["mine.yaml", "one mapping"]),
        ("1: 2\n", ["mine.yaml", "one mapping"]),
        ("", ["mine.yaml", "one mapping"]),
        ("# nothing but a comment\n", ["mine.yaml", "one mapping"]),
    ],
    ids=["bracket", "quote", "documents", "tag", "alias", "date", "twice", "list", "scalar", "key", "empty", "comment"],
)
def test_malformed_workload_file(content, words, folder, refused):
    (folder / "mine.yaml").write_text(content, encoding="utf-8")
    refused("compare", "mine.yaml", words=words)


@pytest.mark.parametrize("content", [bytes(range(256)), b"\xff\xfe\x00w", b"write: \x00\n"])
def test_binary_workload_file(content, folder, refused):
    (folder / "mine.yaml").write_bytes(content)
    refused("compare", "mine.yaml", words=["workload", "mine.yaml"])


def test_missing_workload_file(folder, refused):
    refused("compare", "nowhere.yaml", words=["workload", "'nowhere.yaml'", "readable"])


def test_unknown_shipped_workload(folder, refused):
    refused("compare", "exmple-100mib", words=["workload", "'exmple-100mib'", "example-100mib"])


def test_folder_as_workload(folder, refused):
    (folder / "d.yaml").mkdir()
    refused("compare", "d.yaml", words=["workload", "'d.yaml'", "readable"])


def test_file_name_longer_than_the_system_takes(folder, refused):
    refused("compare", "x" * 5000 + ".yaml", words=["workload"])


def test_file_whose_name_is_no_workload_name(folder, refused):
    (folder / "<b>.yaml").write_text(yaml.safe_dump(BASE), encoding="utf-8")
    refused("compare", "<b>.yaml", words=["name", "'<b>'", "without path or markup"])


# ------------------------------------------------------------------------------------------------------------ choices

CHOICES = {
    "region": (["--region", "us-est-1"], ["region", "'us-est-1'", "us-east-1"]),
    "platform": (["--platform", "msk-standrd"], ["platform", "'msk-standrd'", "msk-standard"]),
    "option without value": (["--option", "follower_fetch"], ["--option", "'follower_fetch'", "name=value"]),
    "option without name": (["--option", "=3"], ["--option", "'=3'", "name=value"]),
    "option": (["--option", "follower_fetsh=false"], ["option", "'follower_fetsh'", "follower_fetch"]),
    "option as bool": (["--option", "follower_fetch=maybe"], ["follower_fetch", "'maybe'", "true or false"]),
    "option as number": (["--option", "streams=many"], ["streams", "'many'", "from 1 to 100000"]),
    "option out of range": (["--option", "streams=0"], ["streams", "0", "from 1 to 100000"]),
    "option NaN": (["--option", "aggregate_kib=nan"], ["aggregate_kib", "nan", "from 0 to 1024"]),
    "option not allowed": (["--option", "controllers=4"], ["controllers", "'4'", "3, 5"]),
    "machine of the controllers": (
        ["--option", "controller_machine=m7g.larg"],
        ["controller_machine", "'m7g.larg'", "m7g.large"],
    ),
    "hours 0": (["--hours-per-month", "0"], ["hours_per_month", "0", "at most 744"]),
    "hours 800": (["--hours-per-month", "800"], ["hours_per_month", "800", "at most 744"]),
    "hours below 0": (["--hours-per-month", "-730"], ["hours_per_month", "-730", "at most 744"]),
    "hours NaN": (["--hours-per-month", "nan"], ["hours_per_month", "nan", "at most 744"]),
    "hours infinite": (["--hours-per-month", "inf"], ["hours_per_month", "inf", "at most 744"]),
    "hours as text": (["--hours-per-month", "all"], ["--hours-per-month", "'all'", "float"]),
    "flag": (["--jsn"], ["--jsn"]),
    "argument too many": (["another.yaml"], ["another.yaml"]),
}


@pytest.mark.parametrize("arguments, words", CHOICES.values(), ids=CHOICES)
def test_unusable_choice(arguments, words, workload, refused):
    refused("compare", workload(), "--json", *arguments, words=words)


SIZE_CHOICES = {
    "no platform": ([], ["--platform"]),
    "platform": (["--platform", "msk-expres"], ["platform", "'msk-expres'", "msk-express"]),
    "machine": (
        ["--platform", "msk-standard", "--machine", "kafka.m7g.larg"],
        ["machine", "'kafka.m7g.larg'", "kafka.m7g.large"],
    ),
    "machine of another offer": (
        ["--platform", "msk-standard", "--machine", "express.m7g.large"],
        ["machine", "'express.m7g.large'", "kafka.m7g.large"],
    ),
    "option of another offer": (
        ["--platform", "msk-standard", "--option", "controllers=3"],
        ["option", "'controllers'", "follower_fetch"],
    ),
    "option of an offer that has none": (
        ["--platform", "msk-serverless", "--option", "follower_fetch=true"],
        ["option", "'follower_fetch'", "none"],
    ),
    "no units": (["--platform", "msk-standard", "--units", "0"], ["units", "0", "at least 1"]),
    "units below 0": (["--platform", "msk-standard", "--units", "-3"], ["units", "-3", "at least 1"]),
    "units NaN": (["--platform", "msk-standard", "--units", "nan"], ["units", "nan", "at least 1"]),
    "units infinite": (["--platform", "msk-standard", "--units", "inf"], ["units", "inf", "at least 1"]),
    "part of a broker": (["--platform", "msk-standard", "--units", "3.5"], ["units", "3.5", "whole"]),
}


@pytest.mark.parametrize("command", ["size", "explain"])
@pytest.mark.parametrize("arguments, words", SIZE_CHOICES.values(), ids=SIZE_CHOICES)
def test_unusable_choice_for_one_offer(arguments, words, command, workload, refused):
    refused(command, workload(), "--json", *arguments, words=words)


@pytest.mark.parametrize("platform", ["msk-standard", "kafka-ec2-ebs", "msk-express"])
def test_fewer_brokers_than_copies(platform, workload, refused):
    refused("size", workload(), "--platform", platform, "--units", "2", "--json", words=["2", "3", "brokers"])


@pytest.mark.parametrize(
    "value", [True, 2.7, INF, NAN, [3], None], ids=["bool", "fraction", "infinity", "NaN", "list", "nothing"]
)
def test_option_of_the_wrong_type_from_python(value):
    with pytest.raises(InputError, match="fan_out_consumers"):
        size(Workload(**BASE), "kinesis-provisioned", options={"fan_out_consumers": value})


@pytest.mark.parametrize("name, value", [("units", "3"), ("units", True), ("hours_per_month", "730")])
def test_argument_of_the_wrong_type_from_python(name, value):
    with pytest.raises(InputError, match=name):
        size(Workload(**BASE), "msk-standard", **{name: value})


def test_every_offer_names_itself_when_an_option_is_unknown():
    for offer in offers():
        with pytest.raises(InputError, match=offer):
            size(Workload(**BASE), offer, options={"no_such_option": 1})


# --------------------------------------------------------------------------------------------------------- price books

BOOKS = {
    "empty": ("", ["mine.csv", "columns", "meter, region, unit, price"]),
    "column missing": ("meter,price\naws.msk.broker,1\n", ["mine.csv", "columns", "missing region"]),
    "semicolons": ((HEADER + row()).replace(",", ";"), ["mine.csv", "columns", "at least meter"]),
    "row too short": (HEADER + "aws.msk.broker,kafka.m7g.large\n", ["mine.csv row 2", "12 fields"]),
    "row too long": (HEADER + row().strip() + ",more\n", ["mine.csv row 2", "12 fields"]),
    "open quote": (HEADER + '"aws.msk.broker\n', ["mine.csv", "readable CSV"]),
    "column twice": (HEADER.replace("note", "price") + row(note="9"), ["mine.csv", "price"]),
    "unknown column": (HEADER.replace("note", "discount") + row(note="1"), ["mine.csv row 2", "discount"]),
    "no price": (HEADER + row(""), ["mine.csv row 2: price", "number"]),
    "price as text": (HEADER + row("cheap"), ["mine.csv row 2: price", "'cheap'", "number"]),
    "price NaN": (HEADER + row("nan"), ["mine.csv row 2: price", "'nan'"]),
    "price infinite": (HEADER + row("inf"), ["mine.csv row 2: price", "'inf'", "finite"]),
    "price beyond any sum": (HEADER + row("1e308"), ["mine.csv", "1e308"]),
    "price below 0": (HEADER + row("-0.1"), ["mine.csv row 2: price", "'-0.1'", "0"]),
    "second row below 0": (HEADER + row() + row("-1"), ["mine.csv row 3: price", "'-1'"]),
    "tiers overlap": (HEADER + row("1", "0", "100") + row("2", "50"), ["tiers of aws.msk.broker", "50", "overlap"]),
    "tiers with a gap": (HEADER + row("1", "0", "100") + row("2", "150"), ["tiers of aws.msk.broker", "150", "gap"]),
    "same row twice": (HEADER + row() + row(), ["tiers of aws.msk.broker", "overlap"]),
    "tiers that start late": (HEADER + row("1", "5"), ["tiers of aws.msk.broker", "5", "gap"]),
    "tiers that end": (HEADER + row("1", "0", "100"), ["tiers of aws.msk.broker", "100", "without end"]),
    "tier that ends before it starts": (
        HEADER + row("1", "0", "9") + row("1", "9", "5"),
        ["tiers of aws.msk.broker", "9 to 5"],
    ),
    "tier from NaN": (HEADER + row("1", "nan"), ["mine.csv", "nan"]),
    "tier to NaN": (HEADER + row("1", "0", "nan"), ["mine.csv", "nan"]),
    "tier below 0": (HEADER + row("1", "-5"), ["mine.csv", "-5"]),
    "unknown meter": (HEADER + row(meter="aws.mks.broker"), ["mine.csv", "'aws.mks.broker'", "aws.msk.broker"]),
    "unit of another meter": (HEADER + row(unit="GiB"), ["mine.csv", "'GiB'", "broker-hour"]),
    "unknown region": (HEADER + row(region="us-est-1"), ["mine.csv", "'us-est-1'", "us-east-1"]),
    "another currency": (HEADER + row(currency="EUR"), ["mine.csv row 2: currency", "'EUR'", "USD"]),
    "no source": (HEADER + row(source=""), ["mine.csv row 2: source"]),
    "date as text": (HEADER + row(as_of="yesterday"), ["mine.csv row 2: as_of", "'yesterday'", "ISO date"]),
    "month 13": (HEADER + row(as_of="2026-13-01"), ["mine.csv row 2: as_of", "'2026-13-01'", "ISO date"]),
    "unknown confidence": (HEADER + row(confidence="sure"), ["mine.csv row 2: confidence", "'sure'", "high"]),
}


@pytest.mark.parametrize("content, words", BOOKS.values(), ids=BOOKS)
def test_unusable_price_book(content, words, folder, workload, refused):
    (folder / "mine.csv").write_text(content, encoding="utf-8")
    refused("compare", workload(), "--price-book", "mine.csv", "--platform", "msk-standard", words=words)


@pytest.mark.parametrize("command", [["prices", "list"], ["prices", "check"]])
def test_unusable_price_book_for_the_other_commands(command, folder, refused):
    (folder / "mine.csv").write_text(HEADER + row("-1"), encoding="utf-8")
    refused(*command, "--price-book", "mine.csv", words=["mine.csv row 2: price", "'-1'"])


def test_binary_price_book(folder, workload, refused):
    (folder / "mine.csv").write_bytes(bytes(range(256)))
    refused("compare", workload(), "--price-book", "mine.csv", words=["price book", "mine.csv", "readable CSV"])


def test_missing_price_book(workload, refused):
    refused("compare", workload(), "--price-book", "none.csv", words=["price book", "'none.csv'", "readable CSV"])


def test_folder_as_price_book(folder, workload, refused):
    refused("compare", workload(), "--price-book", str(folder), words=["price book", str(folder), "readable CSV"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_price_book_as_spreadsheets_save_it(encoding, folder, workload, outcome):
    """Spreadsheets put a byte order mark in front of "CSV UTF-8" and end lines with CR LF."""
    (folder / "mine.csv").write_bytes((HEADER + row("0.5")).replace("\n", "\r\n").encode(encoding))
    status, _, err = outcome("compare", workload(), "--price-book", "mine.csv", "--platform", "msk-standard")
    assert status == 0, err


def test_unknown_region_of_the_price_list(refused):
    refused("prices", "list", "--region", "eu-wst-1", words=["region", "'eu-wst-1'", "eu-west-1"])


# --------------------------------------------------------------------------------------------------------- usage files

SHARD, STORAGE = "aws.kinesis.shard", "aws.msk.storage"
USAGES = {
    "unknown meter": (one_line(meter="aws.kinesis.shrd", quantity=1), ["meter", "'aws.kinesis.shrd'", SHARD]),
    "no meter": (one_line(quantity=1), ["usage line 1: meter", "id of a meter"]),
    "quantity and count": (one_line(meter=SHARD, quantity=1, count=2), ["usage line 1", "quantity, or count"]),
    "neither quantity nor count": (one_line(meter=SHARD), ["usage line 1", "quantity, or count"]),
    "hours beside a quantity": (one_line(meter=SHARD, quantity=1, hours=5), ["usage line 1", "hours"]),
    "unit that does not convert": (
        one_line(meter=STORAGE, sku="standard", quantity="5 h"),
        ["usage line 1: quantity", "'5 h'", "GiB-month"],
    ),
    "unit that nobody knows": (one_line(meter=SHARD, quantity="5 boxes"), ["quantity", "'5 boxes'", "shard-hour"]),
    "count on a GiB meter": (
        one_line(meter=STORAGE, sku="standard", count=3),
        ["usage line 1: count", "3", "GiB-month", "does not count hours"],
    ),
    "bool as quantity": (one_line(meter=SHARD, quantity=True), ["usage line 1: quantity", "True", "number"]),
    "bool as count": (one_line(meter=SHARD, count=True), ["usage line 1: count", "True", "number"]),
    "bool as total": (one_line(meter=SHARD, quantity=1) + "published_total: true\n", ["published_total", "True"]),
    "quantity NaN": (one_line(meter=SHARD, quantity=NAN), ["usage line 1: quantity", "nan", "finite"]),
    "quantity infinite": (one_line(meter=SHARD, quantity=INF), ["usage line 1: quantity", "inf", "finite"]),
    "quantity below 0": (one_line(meter=SHARD, quantity=-1), ["usage line 1: quantity", "-1", "0 or more"]),
    "quantity of 1e18": (one_line(meter=SHARD, quantity=1e18), ["usage line 1: quantity", "1e+18", "1e15"]),
    "quantity as text": (one_line(meter=SHARD, quantity="lots"), ["usage line 1: quantity", "'lots'", "shard-hour"]),
    "quantity as list": (one_line(meter=SHARD, quantity=[1]), ["usage line 1: quantity", "[1]", "number"]),
    "hours of a line as text": (one_line(meter=SHARD, count=1, hours="all"), ["usage line 1: hours", "'all'"]),
    "hours of a line above a month": (one_line(meter=SHARD, count=1, hours=800), ["usage line 1: hours", "800", "744"]),
    "published as text": (one_line(meter=SHARD, quantity=1, published="x"), ["usage line 1: published", "'x'"]),
    "misspelt key of a line": (one_line(meter=SHARD, quantty=1), ["usage line 1", "'quantty'", "quantity"]),
    "misspelt key of the file": ("usge: []\n", ["'usge'", "usage"]),
    "region of a line": (
        one_line(meter=SHARD, quantity=1, region="us-est-1"),
        ["usage line 1: region", "'us-est-1'", "us-east-1"],
    ),
    "region of the file": ("region: us-est-1\n" + one_line(meter=SHARD, quantity=1), ["'us-est-1'", "us-east-1"]),
    "hours of 0": ("hours_per_month: 0\n" + one_line(meter=SHARD, count=1), ["hours_per_month", "0"]),
    "hours of 800": ("hours_per_month: 800\n" + one_line(meter=SHARD, count=1), ["hours_per_month", "800", "744"]),
    "line that is a list": ("usage: [[1]]\n", ["usage line 1", "[1]", "mapping"]),
    "no lines": ("usage: []\n", ["usage", "[]", "a list of lines"]),
    "no usage": ("region: us-east-1\n", ["usage", "a list of lines"]),
    "list": ("- 1\n", ["mine.yaml", "one mapping"]),
    "empty": ("", ["mine.yaml", "one mapping"]),
}


@pytest.mark.parametrize("content, words", USAGES.values(), ids=USAGES)
def test_unusable_usage_file(content, words, folder, refused):
    (folder / "mine.yaml").write_text(content, encoding="utf-8")
    refused("bill", "mine.yaml", "--json", words=words)


@pytest.mark.parametrize(
    "content, words",
    [
        ("", ["usage", "a list of lines"]),
        ("meter,quantity\n", ["usage", "a list of lines"]),
        ("meter,quantity\naws.kinesis.shard,1,2\n", ["mine.csv row 2", "3 fields", "2 fields, as in the header"]),
        ("meter,quantity\naws.kinesis.shard\n", ["usage line 1", "quantity, or count"]),
        ("meter,quantity,count\naws.kinesis.shard,1,2\n", ["usage line 1", "quantity, or count"]),
        ('meter,quantity\n"aws.kinesis.shard\n', ["mine.csv", "readable CSV"]),
    ],
    ids=["empty", "header", "long", "short", "both", "quote"],
)
def test_unusable_usage_table(content, words, folder, refused):
    (folder / "mine.csv").write_text(content, encoding="utf-8")
    refused("bill", "mine.csv", words=words)


def test_unknown_region_of_a_bill(folder, refused):
    (folder / "mine.yaml").write_text(one_line(meter=SHARD, quantity=1), encoding="utf-8")
    refused("bill", "mine.yaml", "--region", "us-est-1", words=["region", "'us-est-1'", "us-east-1"])


def test_missing_usage_file(folder, refused):
    refused("bill", "none.yaml", words=["usage file", "'none.yaml'", "readable"])


# ------------------------------------------------------------------------------------------- infeasible is not an error


def test_retention_beyond_a_limit_leaves_the_offer_out(workload, outcome):
    status, out, _ = outcome("compare", workload(retention="400 d"), "--json")
    rows = {r["platform"]: r for r in json.loads(out)["platforms"]}
    assert status == 0
    assert rows["kinesis-provisioned"]["status"] == "infeasible"
    assert "400 d" in rows["kinesis-provisioned"]["reason"] and "365 d" in rows["kinesis-provisioned"]["reason"]
    assert any(r["status"] == "feasible" for r in rows.values())


def test_size_of_an_offer_beyond_its_limit_as_json(workload, outcome):
    status, out, err = outcome("size", workload(retention="400 d"), "--platform", "kinesis-provisioned", "--json")
    document = json.loads(out)
    assert status == 3 and document["feasible"] is False
    assert any("400 d" in v and "365 d" in v and "https://" in v for v in document["violations"])
    wall = next(limit for limit in document["limits"] if limit["limit"] == "retention")
    assert wall["broken"] and wall["wall"] == 365 * 86400 and wall["source"].startswith("https://")
    assert "retention" in err and "365 d" in err


def test_size_of_an_offer_beyond_its_limit_names_the_source(workload, outcome):
    status, _, err = outcome("size", workload(retention="400 d"), "--platform", "kinesis-provisioned")
    assert status == 3
    assert "400 d" in err and "365 d" in err and "https://" in err


#: Offers with quotas that no number of clusters moves far enough; machines can be had without end.
METERED = ["--platform", "msk-serverless", "--platform", "kinesis-on-demand-standard"]


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_nothing_feasible_still_shows_the_comparison(form, workload, outcome):
    status, out, err = outcome("compare", workload(write="100 TB/s", peak_ratio=1000), *METERED, *form)
    assert status == 3
    assert err.startswith("streamplan: ") and err.count("\n") == 1
    if form:
        rows = json.loads(out)["platforms"]
        assert len(rows) == len(METERED) // 2
        assert all(r["status"] == "infeasible" and r["reason"] and r["monthly_usd"] is None for r in rows)
    else:
        assert out.count("infeasible") == len(METERED) // 2


def test_units_given_that_do_not_carry_the_load(workload, outcome):
    """Too few units are a violation with their utilisation, not a refusal."""
    status, out, err = outcome(
        "size", workload(write="100 MiB/s"), "--platform", "kinesis-provisioned", "--units", "10", "--json"
    )
    document = json.loads(out)
    assert status == 3 and document["units"] == 10 and "10 shards" in err
    written = next(c for c in document["constraints"] if c["constraint"] == "write bytes")
    assert written["utilisation"] == pytest.approx(15)  # 100 MiB/s x 1.5 on ten shards of 1 MiB/s each


# ----------------------------------------------------------------------------------------------------- a real process


def process(*arguments, cwd, **environment):
    packages = str(Path(streamplan.__file__).resolve().parent.parent)
    path = os.pathsep.join(filter(None, [packages, os.environ.get("PYTHONPATH", "")]))
    return subprocess.run(
        [sys.executable, "-m", "streamplan", *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": path, **environment},
        timeout=60,
    )


def test_process_with_an_unusable_field(workload, folder):
    done = process("compare", workload(write="5"), "--json", cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("streamplan: mine.yaml: write: '5'") and "Traceback" not in done.stderr


def test_process_with_nothing_feasible(workload, folder):
    done = process("compare", workload(write="100 TB/s", peak_ratio=1000), *METERED, "--json", cwd=folder)
    assert done.returncode == 3 and "Traceback" not in done.stderr
    assert json.loads(done.stdout)["platforms"]


def test_process_survives_a_file_of_nested_brackets(folder):
    """A parser that recurses in C can take the whole process with it."""
    (folder / "mine.yaml").write_text("write: " + "[" * 50_000 + "]" * 50_000, encoding="utf-8")
    done = process("compare", "mine.yaml", cwd=folder)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr[-300:]
    assert "Traceback" not in done.stderr


def test_process_without_its_tables(workload, folder):
    done = process("compare", workload(), cwd=folder, STREAMPLAN_DATA=str(folder / "none"))
    assert (done.returncode, done.stdout) == (2, "")
    assert "data" in done.stderr and "none" in done.stderr and "Traceback" not in done.stderr


PAIRS = {
    "--set": ["levers", "example-100mib", "--platform", "msk-standard", "--set", "retention_share"],
    "--delay": ["resilience", "example-100mib", "--platform", "msk-standard", "--delay", "decide"],
    "--fixed": ["break-even", "example-100mib", "--fixed", "msk-standard"],
    "--phase": ["migrate", "example-100mib", "--from", "kafka-ec2-ebs", "--to", "msk-standard", "--phase", "move"],
    "--label": ["guardrails", "example-100mib", "--platform", "kafka-ec2-ebs", "--label", "cluster"],
}


@pytest.mark.parametrize("field", PAIRS)
def test_a_pair_without_value_is_named_by_its_own_option(field: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(PAIRS[field])
    said = capsys.readouterr().err
    assert stop.value.code == 2
    assert f"streamplan: {field}: '{PAIRS[field][-1]}' is not usable; allowed: name=value, such as " in said
