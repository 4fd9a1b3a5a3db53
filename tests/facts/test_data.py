"""The tables of data/: provenance on every row, keys once, units that agree, and prices complete in us-east-1."""

from __future__ import annotations

import datetime as dt
import re
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from capacity import Demand, Workload, offers
from pricing import PriceBook
from pricing.book import meters
from streamfacts.errors import InputError
from streamfacts.tables import data_dir, parse_as_of, read_rows, regions
from streamplan.planning.plan import cost_all

ROOT = data_dir()
#: Tables of facts; `columns.csv` says what their columns are.
TABLES = sorted(str(p.relative_to(ROOT).with_suffix("")) for p in ROOT.rglob("*.csv") if p != ROOT / "columns.csv")
PRICES = [t for t in TABLES if t.startswith("prices/")]
METERS = [t for t in TABLES if t.startswith("meters/")]
MACHINES = [t for t in TABLES if t.startswith("machines/")]
LIMITS = [t for t in TABLES if t.startswith("limits/")]

#: What makes a row of each table one of its kind.
KEYS = {
    "model/assumptions": ["name"],
    "clouds": ["cloud"],
    "families": ["family", "provider"],
    "regions": ["region"],
    "vendors": ["vendor"],
    "model/rules": ["rule", "name"],
    **{t: ["meter"] for t in METERS},
    **{t: ["offer", "resource", "limit"] for t in LIMITS},
    **{t: ["meter", "sku", "region", "tier_from"] for t in PRICES},
}
#: Sites that show figures without saying where they have them from.
NOT_SOURCES = ("brick-house.org", "fate-oracle.com")
#: Hosts of package indexes, whose pages change under a version's name; package and version say as much.
PACKAGE_INDEX = re.compile(r"\b(?:pypi|npmjs|crates|rubygems|pythonhosted|packagist|nuget|anaconda)\.(?:org|com|io)\b")


@cache
def table(name):
    """A table as text, so that nothing is converted on the way."""
    return pd.read_csv(ROOT / f"{name}.csv", dtype=str, keep_default_na=False)


@cache
def every_meter():
    return pd.concat([table(t) for t in METERS], ignore_index=True)


def rows_where(frame, mask):
    return (frame.index[mask] + 2).tolist()


def test_the_tables_are_there():
    assert {"model/assumptions", "regions"} <= set(TABLES)
    assert PRICES and METERS and MACHINES and LIMITS


@pytest.mark.parametrize("name", TABLES)
def test_every_row_has_source_and_date(name):
    frame = table(name)
    assert len(frame)
    assert rows_where(frame, frame["source"].str.strip() == "") == []
    assert rows_where(frame, frame["as_of"].str.strip() == "") == []
    for text in frame["as_of"].unique():
        assert dt.date(2010, 1, 1) <= parse_as_of(text) <= dt.date(2100, 1, 1), text


@pytest.mark.parametrize("name", [t for t in TABLES if "confidence" in table(t).columns])
def test_confidence_is_one_of_three(name):
    assert set(table(name)["confidence"]) <= {"high", "medium", "low"}


def test_every_table_of_numbers_has_a_confidence():
    without = [t for t in TABLES if "confidence" not in table(t).columns]
    names = ["families", "regions", "vendors"]  # and categories, no measured figures
    assert sorted(without) == sorted([*METERS, *names])


@pytest.mark.parametrize("name", TABLES)
def test_sources_can_be_opened(name):
    """A source is an address, or says in words which document or which address holds which columns."""
    frame = table(name)
    source = frame["source"]
    named = source.str.startswith("https://") | source.str.contains("https://|[A-Z][\\w-]+ .*\\d{4}", regex=True)
    assert rows_where(frame, ~named) == []
    assert rows_where(frame, source.str.contains("http://", regex=False)) == []
    addresses = source.str.findall(r"https://[^\s;,)\"]+").explode().dropna().unique()
    assert [a for a in addresses if not re.match(r"https://[a-z0-9-]+(\.[a-z0-9-]+)+(/|$)", a)] == []


@pytest.mark.parametrize("path", sorted(p for p in ROOT.rglob("*") if p.is_file()), ids=lambda p: p.name)
def test_no_file_rests_on_a_site_without_sources(path):
    text = path.read_text(encoding="utf-8").lower()
    assert [site for site in NOT_SOURCES if site in text] == []
    assert PACKAGE_INDEX.findall(text) == [], "name package and version: pypi: botocore 1.44.5, data/partitions.json"


@pytest.mark.parametrize("name", TABLES)
def test_every_key_is_there_once(name):
    frame = table(name)
    key = KEYS.get(name, frame.columns[:1].tolist() if name in MACHINES else frame.columns.tolist())
    assert rows_where(frame, frame.duplicated(key)) == []
    assert rows_where(frame, frame[key[0]].str.strip() == "") == []


@pytest.mark.parametrize("name", TABLES)
def test_cells_have_no_blanks_around_them(name):
    frame = table(name)
    for column in frame.columns:
        assert rows_where(frame, frame[column] != frame[column].str.strip()) == [], column


def test_a_price_is_in_one_table_only():
    keys = pd.concat([table(t)[["meter", "sku", "region", "tier_from"]].assign(table=t) for t in PRICES])
    assert not keys.duplicated(["meter", "sku", "region", "tier_from"]).any()


@pytest.mark.parametrize("name", PRICES)
def test_prices_are_on_known_meters_in_their_units(name):
    frame = table(name)
    units = dict(zip(every_meter()["meter"], every_meter()["unit"], strict=True))
    assert set(frame["meter"]) <= set(units)
    assert rows_where(frame, frame["unit"] != frame["meter"].map(units)) == []
    assert set(frame["region"]) <= set(regions())
    assert set(frame["currency"]) == {"USD"}
    price = pd.to_numeric(frame["price"])
    assert price.notna().all() and (price >= 0).all() and (price < 1000).all()


def test_every_meter_has_unit_category_and_title():
    frame = every_meter()
    assert not frame.duplicated("meter").any()
    assert set(frame["category"]) <= {"compute", "storage", "network", "data", "requests", "licence", "people"}
    assert (frame["unit"] != "").all() and (frame["title"] != "").all() and (frame["listed_unit"] != "").all()


@pytest.mark.parametrize("kind", ["prices", "meters", "limits"])
def test_a_vendor_has_one_name_in_every_folder(kind):
    """A stranger finds all of a vendor by one name; Pulsar is a software that several sell, with limits only."""
    files = {Path(t).name for t in TABLES if t.startswith(f"{kind}/")}
    assert files <= set(table("vendors")["vendor"]) | ({"pulsar"} if kind == "limits" else set())
    for name in files if kind != "limits" else ():
        assert {meter.partition(".")[0] for meter in table(f"{kind}/{name}")["meter"]} == {name}


@pytest.mark.parametrize(
    ("column", "word", "named"),
    [("path", "produced", "did you mean produce"), ("path", "", "path of"), ("seller", "amazon", "seller of")],
)
def test_a_path_or_seller_that_is_none_is_named(monkeypatch, column, word, named):
    rows = tuple({**row, column: word} for row in read_rows("meters/upstash"))
    monkeypatch.setattr("pricing.book.read_rows", lambda name: rows if name == "meters/upstash" else read_rows(name))
    with pytest.raises(InputError) as caught:
        meters.__wrapped__()
    assert named in str(caught.value) and "upstash.kafka" in str(caught.value)


def test_units_of_the_meters_are_binary_where_they_are_bytes():
    """A vendor's "GB" is 2^30 bytes on its bills; the meters say so, and a decimal unit would be a mix-up."""
    assert [u for u in every_meter()["unit"] if re.search(r"\b[KMGT]B\b", u)] == []


@pytest.mark.parametrize("name", MACHINES)
def test_figures_of_machines_are_positive(name):
    frame = table(name)
    for column in frame.columns:
        number = pd.to_numeric(frame[column], errors="coerce")
        if number.notna().any() and column != "as_of":
            filled = frame[column] != ""
            assert rows_where(frame, filled & number.isna()) == [], f"{column}: not a number"
            may_be_nil = column in ("local_disk_gb", "local_disks")
            assert rows_where(frame, filled & ((number < 0) | ((number == 0) & (not may_be_nil)))) == [], column


@pytest.mark.parametrize("name", MACHINES)
def test_baselines_are_no_higher_than_bursts(name):
    frame = table(name)
    pairs = [
        ("network_baseline_gbps", "network_burst_gbps"),
        ("ebs_baseline_mb_s", "ebs_max_mb_s"),
        ("baseline_mib_s", "max_mib_s"),
        ("baseline_iops", "max_iops"),
        ("min_size_gib", "max_size_gib"),
        ("recommended_partitions", "max_partitions"),
        ("sustained_ingress_mb_s", "max_ingress_mb_s"),
        ("sustained_egress_mb_s", "max_egress_mb_s"),
    ]
    for low, high in pairs:
        if low in frame.columns:
            assert rows_where(frame, pd.to_numeric(frame[low]) > pd.to_numeric(frame[high])) == [], low


def test_local_disks_are_described_whole():
    frame = table("machines/aws_ec2")
    disks = pd.to_numeric(frame["local_disks"])
    assert rows_where(frame, (disks > 0) != (pd.to_numeric(frame["local_disk_gb"]) > 0)) == []
    assert rows_where(frame, (disks > 0) != (frame["local_disk_kind"] != "")) == []


@pytest.mark.parametrize("name", LIMITS)
def test_limits_are_positive_and_belong_to_an_offer(name):
    frame = table(name)
    value = pd.to_numeric(frame["value"])
    assert rows_where(frame, ~(value > 0)) == []
    assert (frame["unit"] != "").all()
    assert rows_where(frame, (frame["unit"] == "fraction") & (value > 1)) == []
    families = {"pulsar"}  # limits of a software that several offers run
    assert set(frame["offer"]) <= set(offers()) | families


def test_assumptions_lie_within_their_range():
    frame = table("model/assumptions")
    low, value, high = (pd.to_numeric(frame[c]) for c in ("low", "value", "high"))
    assert rows_where(frame, ~((low <= value) & (value <= high))) == []
    assert (frame["unit"] != "").all() and (frame["note"] != "").all()
    shares = frame["name"].str.contains("use_up_to")
    assert shares.any() and (value[shares] <= 1).all() and (value[shares] > 0).all()


# ------------------------------------------------------------------------------------- us-east-1 is complete

#: Prices that no open page states; each is known to be absent, and why it does no harm.
KNOWN_GAPS = {
    ("msk-standard-tiered", "aws.msk.tiered-retrieval"): "only asked where consumers read from the remote tier",
}
#: Offers whose vendor publishes no price, or not all; they are sized, the bill names what is missing and takes a quote.
QUOTED = {
    "confluent-dedicated": "prices by quote on AWS since the price page lists the other types only",
    "aiven-kafka-standard": "compute beyond the smallest plan is by quote",
    "aiven-kafka-classic": "plans beyond the starting ones are listed in the console only",
    "astra-streaming": "unit prices of pay-as-you-go are on no open page",
    "instaclustr-kafka": "by quote",
    "streamnative-serverless": "storage is on no open page",
    "redpanda-byoc": "by quote",
    "redpanda-dedicated": "by quote",
}
#: Levers whose price is by quote.
QUOTED_LEVERS = {"support": "support plans have list prices in a fixture that is no page"}


def small(**fields):
    asked = {"write": "2 MB/s", "message": "2 KiB", "fan_out": 2, "retention": "7 d", "region": "us-east-1"}
    return Workload(**{**asked, **fields})


def missing_meters(workload, offer, options=None):
    demand = Demand.of(workload).replace(region=workload.region_at(offers()[offer].provider) or workload.region)
    costed = cost_all(demand, offer, PriceBook.load(), options=options)
    return costed, {e.usage.meter for e in costed.bill.entries if e.missing.any()}


@pytest.mark.parametrize("offer", sorted(offers()))
def test_every_configuration_is_priced_in_us_east_1(offer):
    costed, missing = missing_meters(small(), offer)
    assert costed.sizing.feasible.any(), "the small workload should fit on every offer"
    assert (missing == set()) != (offer in QUOTED), costed.bill.missing


@pytest.mark.parametrize("offer", sorted(offers()))
@pytest.mark.parametrize(
    "fields",
    [
        {"cold_reads": 0.2},
        {"cross_region_copies": 1},
        {"retention": "60 d"},
        {"write": "60 MB/s", "fan_out": 5},
        {"retention": "24 h", "fan_out": 0},
    ],
    ids=lambda f: " ".join(f"{k}={v}" for k, v in f.items()),
)
def test_other_loads_are_priced_too_but_for_the_known_gaps(offer, fields):
    _, missing = missing_meters(small(**fields), offer)
    if offer in QUOTED:
        return
    assert missing - {meter for name, meter in KNOWN_GAPS if name == offer} == set()


@pytest.mark.parametrize("offer", sorted(offers()))
def test_levers_lead_to_no_missing_price(offer):
    for option in offers()[offer].options:
        others = [v for v in option.allowed if v != option.default]
        if isinstance(option.default, bool):
            others = [not option.default]
        elif isinstance(option.default, int) and not others:
            others = [option.default + 1]
        if offer in QUOTED or option.name in QUOTED_LEVERS:
            continue
        # of many machine types one is sized; the others are billed on the same meters
        for value in others[:1] if option.name.endswith("machine") else others:
            costed, missing = missing_meters(small(), offer, {option.name: value})
            assert missing == set(), f"{option.name}={value}"
            if option.name.endswith("machine"):
                region, billed = costed.bill.region, [e.usage for e in costed.bill.entries]
                for meter in {line.meter for line in billed if str(line.sku) == value}:
                    for machine in others:
                        assert PriceBook.load().price(meter, machine, region).price > 0, machine


def test_known_gaps_are_gaps():
    """So that the list shrinks when somebody finds the price."""
    for offer, meter in KNOWN_GAPS:
        assert meter in missing_meters(small(cold_reads=0.2), offer)[1]
        assert meter not in missing_meters(small(), offer)[1]
