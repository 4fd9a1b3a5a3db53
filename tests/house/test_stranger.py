"""A stranger adds a platform: one file, its rows and a golden test, in a copy of the tree with no other file edited."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from capacity import offers
from streamfacts.errors import InputError, InputErrors

pytestmark = pytest.mark.slow

ROOT = next(folder for folder in Path(__file__).parents if (folder / "pyproject.toml").is_file())
OFFER = "stromwerk-kafka"

PLATFORM = '''"""Stromwerk Kafka on AWS: a made-up service in units of fixed throughput, which none sells."""

from __future__ import annotations

import numpy as np

from capacity.laws.storage import stored_bytes
from capacity.platforms._managed import GB, MB, at_most, gigabytes, quota
from capacity.sizing.constraint import Resource, units_needed
from capacity.sizing.offer import Context, Copies, Offer, Protocol
from capacity.sizing.sizing import Sizing
from streamfacts.tables import Fact, limit
from streamfacts.usage import UsageLine

_NAME = "stromwerk-kafka"


def _limit(name: str) -> Fact:
    return limit("stromwerk", _NAME, name)


def _model(context: Context) -> Sizing:
    d, hours = context.demand, context.hours_per_month
    write, out = d.peak_wire_bytes_s, d.fan_out + d.cross_region_copies
    constraints = [
        quota(context, "ingress", write, _limit("ingress_mb_s"), "bytes/s", "peak write", MB),
        quota(context, "egress", write * out, _limit("egress_mb_s"), "bytes/s", "peak write x readers", MB),
        quota(context, Resource.PARTITIONS, d.partitions, _limit("partitions"), "partitions", "as given"),
    ]
    units = context.units_or(units_needed(constraints, 1.0, 1.0))
    limits = [
        at_most("units in a cluster", units, _limit("max_units"), "units", advice="split over several clusters"),
        at_most("message size", d.max_message_bytes, _limit("max_message_mb"), "bytes", MB),
        at_most("copies", d.replication_factor, _limit("replication_factor"), "copies"),
        at_most("zones", d.zones, _limit("zones"), "zones"),
    ]
    lines = [
        UsageLine("stromwerk.unit", units * hours, "unit-hour", formula=f"units x {hours:g} h", counts="unit"),
        UsageLine(
            "stromwerk.storage",
            context.spread(stored_bytes(d.wire_bytes_s, d.held_s) / GB),
            "gigabyte-month",
            formula="average write x retention, once",
        ),
        UsageLine(
            "stromwerk.data-out",
            gigabytes(context, d.wire_bytes_s * out),
            "gigabyte",
            formula="average write x (fan-out + other regions)",
        ),
    ]
    return context.sizing("unit", units, constraints, limits, lines, (), ("GB are 10^9 bytes",))


OFFERS = (
    Offer(
        name=_NAME,
        title="Stromwerk Kafka",
        family="Stromwerk",
        provider="aws",
        configurations=lambda: np.array(["unit"]),
        model=_model,
        configuration_is="unit",
        protocols=(Protocol.KAFKA,),
        kind="kafka-managed",
        copies_on=Copies.SERVICE,
        counts_region_copies=True,
        guarantees={
            "copies": "3",
            "zones": "3",
            "availability": "99.9% a month",
            "disks": "managed",
        },
        not_modelled=("what clients pay for reaching it",),
        sources=("https://stromwerk.example/kafka",),
    ),
)
'''

LIMITS = """\
offer,limit,resource,value,unit,as_of,source,confidence,note
stromwerk-kafka,ingress_mb_s,unit,10,MB/s,2026-11,https://stromwerk.example/limits,high,
stromwerk-kafka,egress_mb_s,unit,30,MB/s,2026-11,https://stromwerk.example/limits,high,
stromwerk-kafka,partitions,unit,500,partitions,2026-11,https://stromwerk.example/limits,high,
stromwerk-kafka,max_units,cluster,20,units,2026-11,https://stromwerk.example/limits,high,
stromwerk-kafka,max_message_mb,cluster,8,MB,2026-11,https://stromwerk.example/limits,high,
stromwerk-kafka,replication_factor,cluster,3,copies,2026-11,https://stromwerk.example/limits,high,
stromwerk-kafka,zones,cluster,3,zones,2026-11,https://stromwerk.example/limits,high,
"""

METERS = """\
meter,unit,category,title,listed_unit,path,seller,source,as_of
stromwerk.unit,unit-hour,compute,Stromwerk unit,hour,none,stromwerk,https://stromwerk.example/prices,2026-11
stromwerk.storage,gigabyte-month,storage,Stromwerk stored data,GB,none,stromwerk,https://stromwerk.example/prices,2026-11
stromwerk.data-out,gigabyte,data,Stromwerk data out,GB,consume; cross_region,stromwerk,https://stromwerk.example/prices,2026-11
"""

PRICES = """\
meter,sku,region,unit,price,currency,tier_from,tier_to,as_of,source,confidence,note
stromwerk.unit,,any,unit-hour,0.5,USD,0,,2026-11,https://stromwerk.example/prices,high,
stromwerk.storage,,any,gigabyte-month,0.05,USD,0,,2026-11,https://stromwerk.example/prices,high,
stromwerk.data-out,,any,gigabyte,0.02,USD,0,,2026-11,https://stromwerk.example/prices,high,
"""

#: Who sends the invoice: a row at the end of `data/vendors.csv`.
VENDOR = "stromwerk,Stromwerk,,https://stromwerk.example/prices,2026-11\n"

GOLDEN = '''"""A month on Stromwerk Kafka, worked by hand."""

import pytest

from capacity import Workload, size
from pricing import bill


def test_a_month_by_hand():
    w = Workload(write="42 MB/s", message="1 kB", measured_at="broker", fan_out=2, retention="1 d", peak_ratio=1,
                 use_up_to={"all": 1})  # fmt: skip
    sizing = size(w, "stromwerk-kafka", machine="unit")
    # ingress 42 / 10 = 4.2, egress 84 / 30 = 2.8: five units
    assert float(sizing.units) == 5 and sizing.binding == "ingress (normal)"
    found = bill(sizing.usage, region="us-east-1")
    # 5 x 730 h x 0.50; 42 MB/s x 86,400 s = 3,628.8 GB x 0.05; 84 MB/s x 730 h x 3,600 s = 220,752 GB x 0.02
    assert found.total == pytest.approx(1825 + 181.44 + 4415.04, abs=0.005)
'''


def tracked() -> list[str]:
    """The files of the checkout, as git has them."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.skip("no checkout of git")
    return [name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of the tree with the made-up platform."""
    folder = tmp_path_factory.mktemp("tree")
    for name in tracked():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    for name, content in (
        ("capacity/platforms/stromwerk.py", PLATFORM),
        ("data/limits/stromwerk.csv", LIMITS),
        ("data/meters/stromwerk.csv", METERS),
        ("data/prices/stromwerk.csv", PRICES),
        ("tests/golden/test_stromwerk.py", GOLDEN),
    ):
        assert not (folder / name).exists()
        (folder / name).write_text(content, encoding="utf-8")
    with (folder / "data/vendors.csv").open("a", encoding="utf-8") as table:
        table.write(VENDOR)
    (folder / "small.yaml").write_text(
        "name: small\nwrite: 20 MB/s\nmessage: 1 kB\nfan_out: 2\nretention: 1 d\nmeasured_at: broker\n"
    )
    return folder


def run(tree, *words):
    """What Python says in the copy, where its own packages are found first."""
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    for name in ("STREAMPLAN_DATA", "SLIPCOVER_ENABLED"):
        environment.pop(name, None)
    done = subprocess.run([sys.executable, *map(str, words)], cwd=tree, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


#: Rooms whose tests run in the copy: those of the new offer, and those of the house that look at all offers and tables.
ROOMS = (
    *("tests/capacity/test_registry.py", "tests/golden/test_stromwerk.py", "tests/facts/test_data.py"),
    *("tests/cli/test_three_doors.py", "tests/views/test_charts.py", "tests/planning/test_people.py"),
    "tests/house/test_docstrings.py",
)
CHOSEN = "stromwerk or test_docstrings or lines_of_every_offer"


def test_the_tests_of_the_house_are_green_with_it(tree):
    """Registry, golden case, tables, the three doors, charts, people, docstrings and layers."""
    said = run(tree, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", *ROOMS, "-k", CHOSEN)
    assert int(said.rsplit(" passed", 1)[0].rsplit(None, 1)[-1]) > 60


def test_the_commands_take_it(tree):
    found = json.loads(run(tree, "-m", "streamplan", "compare", "small.yaml", "--json"))
    row = {r["platform"]: r for r in found["platforms"]}[OFFER]
    assert (row["status"], row["unit"], row["configuration"]) == ("feasible", "unit", "unit")
    assert OFFER in run(tree, "-m", "streamplan", "platforms")
    explained = run(tree, "-m", "streamplan", "explain", "small.yaml", "--platform", OFFER)
    assert "https://stromwerk.example/limits" in explained and "https://stromwerk.example/prices" in explained
    with_people = json.loads(run(tree, "-m", "streamplan", "compare", "small.yaml", "--people", "--json"))
    assert {r["platform"]: r for r in with_people["platforms"]}[OFFER]["monthly_usd"] > row["monthly_usd"]
    form = ["--requirements", "data/requirements/example-event-platform.yaml"]
    decided = json.loads(run(tree, "-m", "streamplan", "decide", "small.yaml", *form, "--platform", OFFER, "--json"))
    assert OFFER in json.dumps(decided)


def test_its_charges_are_lines_of_focus(tree):
    """By the column `seller` of its meters and the name of the seller in the table of vendors."""
    shared = ["data/portfolios/example-four-teams.yaml", "--platform", OFFER, "--focus", "focus.csv"]
    run(tree, "-m", "streamplan", "chargeback", *shared, "--json")
    with (tree / "focus.csv").open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table))
    ours = [row for row in rows if "stromwerk" in json.dumps(row)]
    assert ours and {row["ProviderName"] for row in ours} == {"Stromwerk"}


def test_the_figure_of_the_network_and_the_docs_have_it(tree):
    script = (
        "from capacity import Workload; from streamplan import charts; from streamplan.planning.plan import plan;"
        " from streamplan.analyses.catalogue import catalogue; from capacity.resilience import mechanisms_of;"
        f" p = plan(Workload(write='20 MB/s', message='1 kB', fan_out=2, retention='1 d'), '{OFFER}');"
        " print(charts.network_paths_of(p).to_json()); print(catalogue.markdown());"
        " print(mechanisms_of(p.offer)[0].title)"
    )
    written = run(tree, "-m", "tools.reference", "platforms", "tables")
    assert f"({OFFER})" in written.replace("`", "") and "data/limits/stromwerk.csv" in written
    said = run(tree, "-c", script)
    assert "Stromwerk Kafka: where the bytes go" in said and f"(`{OFFER}`)" in said
    assert said.rstrip().endswith("MirrorMaker 2")  # as it speaks Kafka


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"guarantees": {"copies": "3", "zones": " "}}, ["guarantees", "zones, availability, disks"]),
        ({"not_modelled": ()}, ["not_modelled", "one gap or more"]),
        ({"sources": ()}, ["sources", "one page or more"]),
        ({"sources": ("http://example.org",)}, ["sources", "http://example.org", "https://"]),
        ({"protocols": ()}, ["protocols", "Kafka", "Pulsar"]),
        ({"provider": "ibm"}, ["provider", "ibm", "aws or azure or gcp"]),
        ({"name": "MSK Standard"}, ["name", "MSK Standard", "lower-case"]),
        ({"title": ""}, ["title"]),
        ({"family": " "}, ["family"]),
        ({"kind": ""}, ["kind", "data/fit"]),
        ({"closed": "withdrawn"}, ["closed", "withdrawn", "year"]),
    ],
)
def test_an_offer_says_what_it_lacks(fields, named):
    with pytest.raises(InputError) as error:
        replace(offers()["msk-standard"], **fields)
    assert [word for word in ("offer", *named) if word not in str(error.value)] == []


def test_everything_that_an_offer_lacks_is_said_at_once():
    with pytest.raises(InputErrors) as error:
        replace(offers()["msk-standard"], guarantees={}, not_modelled=(), sources=())
    assert [e.field for e in error.value.errors] == [
        f"offer msk-standard: {field}" for field in ("guarantees", "not_modelled", "sources")
    ]
