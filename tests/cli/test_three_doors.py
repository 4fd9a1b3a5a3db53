"""One workload, three doors: Python, the command line and the notebook give the same numbers, to the last bit."""

from __future__ import annotations

import json

import nbformat
import numpy as np
import pandas as pd
import pytest
import yaml

from capacity import Workload, offers, size
from pricing import bill, open_book
from streamplan import compare, plan, study
from streamplan.analyses.compare.words import compare_document, study_document
from streamplan.analyses.size.words import plan_document
from streamplan.cli import main
from streamplan.planning.clients import client_lines
from streamplan.planning.shipped_workloads import open_workload
from streamplan.runtime import notebook_runs as notebooks
from streamplan.views.json import dumps

SPLIT = "one document a line follows"
CASES = {
    "points": {"workload": "example-100mib"},
    "ranges": {
        "workload": "ranges.yaml",
        "region": "us-east-2",
        "price_books": ["book.csv"],
        "hours_per_month": 720.0,
        "options": {"follower_fetch": "false", "aggregate_kib": "20"},
    },
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("doors")
    fields = {
        "write": {"low": "20 MB/s", "likely": "33.3 MB/s", "high": "70 MB/s", "source": "a guess of the test"},
        "message": {"low": "300 B", "high": "3 KiB", "assumed": "likely is the geometric mean"},
        "peak_ratio": 1.7,
        "fan_out": 2.5,
        "retention": "4 d",
        "compression_ratio": {"low": 1, "likely": 2, "high": 4},
    }
    (folder / "ranges.yaml").write_text(yaml.safe_dump(fields), encoding="utf-8")
    (folder / "book.csv").write_text(
        "meter,sku,region,unit,price,as_of,source\naws.kinesis.shard,,us-east-2,shard-hour,0.0123,2026-01-01,a quote\n",
        encoding="utf-8",
    )
    return folder


@pytest.fixture(scope="module", params=list(CASES))
def case(request, folder):
    """The choices of a case, with paths that exist."""
    asked = CASES[request.param]
    own = folder / asked["workload"]
    return {
        "workload": str(own) if own.exists() else asked["workload"],
        "region": asked.get("region", ""),
        "price_books": [str(folder / b) for b in asked.get("price_books", [])],
        "hours_per_month": asked.get("hours_per_month", 730.0),
        "options": asked.get("options", {}),
    }


@pytest.fixture(scope="module")
def python(case):
    """The study through `from streamplan import study`."""
    return study(
        open_workload(case["workload"], case["region"]),
        book=open_book(*case["price_books"]),
        options=case["options"],
        hours_per_month=case["hours_per_month"],
    )


@pytest.fixture(scope="module")
def notebook(case, tmp_path_factory):
    """The executed notebook, with one more cell that prints its own result: the study, then a plan an offer."""
    copy = nbformat.read(notebooks.notebook_path("compare-platforms"), as_version=4)
    copy.cells.append(
        nbformat.v4.new_code_cell(
            "import json\n"
            "from streamplan.analyses.compare.words import study_document\n"
            "from streamplan.analyses.size.words import plan_document\n"
            f"print({SPLIT!r})\n"
            "print(json.dumps(study_document(result), allow_nan=False))\n"
            "for each in result.plans:\n"
            "    print(json.dumps(plan_document(each), allow_nan=False))\n",
            id="documents",
        )
    )
    path = tmp_path_factory.mktemp("notebook") / "compare-platforms.ipynb"
    nbformat.write(copy, path)
    return notebooks.run(path, None, case, progress=False)


@pytest.fixture(scope="module")
def from_notebook(notebook):
    text = "".join(o.text for o in notebook.cells[-1].outputs if o.output_type == "stream" and o.name == "stdout")
    first, *rest = text.split(SPLIT, 1)[1].strip().splitlines()
    return json.loads(first), {d["platform"]: d for d in map(json.loads, rest)}


@pytest.fixture
def command(case, capsys):
    """Runs a command with the choices of the case and returns its JSON document."""

    def run(name, *arguments, options=True):
        line = [name, case["workload"], "--json", "--hours-per-month", str(case["hours_per_month"]), *arguments]
        line += ["--region", case["region"]] if case["region"] else []
        for path in case["price_books"]:
            line += ["--price-book", path]
        if options:
            for key, value in case["options"].items():
                line += ["--option", f"{key}={value}"]
        try:
            main(line)
        except SystemExit as stop:
            assert stop.code in (0, 3)
        return json.loads(capsys.readouterr().out)

    return run


def own_options(case, platform):
    known = {o.name for o in offers()[platform].options}
    return {k: v for k, v in case["options"].items() if k in known}


def test_comparison_is_the_same_through_all_three(python, command, from_notebook):
    expected = json.loads(dumps(study_document(python)))
    assert command("compare") == json.loads(dumps(compare_document(python)))
    assert from_notebook[0] == expected
    assert any(r["monthly_usd"] for r in expected["platforms"])


@pytest.mark.parametrize("platform", sorted(offers()))
def test_plan_is_the_same_through_all_three(platform, python, case, command, from_notebook):
    expected = json.loads(dumps(plan_document(python.plan_of(platform))))
    options = [x for k, v in own_options(case, platform).items() for x in ("--option", f"{k}={v}")]
    assert command("size", "--platform", platform, *options, options=False) == expected
    assert from_notebook[1][platform] == expected


@pytest.mark.parametrize("platform", sorted(offers()))
def test_plan_alone_is_the_plan_in_the_comparison(platform, python, case):
    alone = plan(
        python.workload,
        platform,
        python.book,
        options=own_options(case, platform),
        hours_per_month=case["hours_per_month"],
    )
    assert dumps(plan_document(alone)) == dumps(plan_document(python.plan_of(platform)))
    row = python.table.set_index("platform").loc[platform]
    if alone.monthly_usd is not None:
        assert row["monthly_usd"] == alone.monthly_usd == alone.bill.total
    assert row["units"] == float(alone.sizing.units) and row["binding"] == alone.sizing.binding


@pytest.mark.parametrize("platform", sorted(offers()))
def test_capacity_and_pricing_alone_give_the_same(platform, python, case):
    """`capacity.size` and `pricing.bill`, as somebody else's tool would call them."""
    found = python.plan_of(platform)
    sizing = size(
        found.sizing.demand if found.clusters > 1 else python.workload,
        platform,
        machine=found.configuration,
        options=own_options(case, platform),
        hours_per_month=case["hours_per_month"],
    )
    assert float(sizing.units) == float(found.sizing.units)
    assert sizing.binding == found.sizing.binding
    total = bill(sizing.usage, python.book, region=found.bill.region).total
    beside = [line.cost for line in client_lines(found.sizing, python.book, found.bill.region)]
    whole = None if total is None or any(line.missing for line in found.bill.entries) else total + sum(beside)
    assert whole == (None if found.bill.total is None else pytest.approx(found.bill.total, rel=1e-12))


def test_notebook_shows_the_numbers_that_it_holds(notebook, python):
    """What a reader sees: the total of every offer's bill, to the cent, and the cheapest in the headline."""
    shown = "\n".join(o.data.get("text/html", "") for c in notebook.cells for o in c.get("outputs", []) if "data" in o)
    best = python.recommended
    assert f"<h1>{best.offer.title}: about " in shown
    for found in python.plans:
        if found.monthly_usd is not None and found.offer.name in python.home:
            assert f">{found.bill.total:,.2f}</td>" in shown


def test_compare_returns_the_table_of_the_study(python, case):
    frame = compare(python.workload, book=python.book, options=case["options"], hours_per_month=case["hours_per_month"])
    pd.testing.assert_frame_equal(frame, python.table, check_exact=True)


def test_row_of_a_data_frame_is_the_same_workload_as_a_file():
    """Numbers out of pandas are NumPy's; a workload takes them as it takes Python's."""
    fields = {"write": "5 MB/s", "message": "1 KiB", "fan_out": 2.0, "replication_factor": 3, "zones": 3, "tls": False}
    frame = pd.DataFrame([fields])
    row = frame.iloc[0].to_dict()
    assert Workload(**row) == Workload(**fields)
    numpy_row = {**row, "fan_out": np.float64(2), "replication_factor": np.int64(3), "zones": np.int32(3)}
    assert Workload(**numpy_row) == Workload(**fields)
    assert Workload(**{**row, "tls": np.bool_(False)}) == Workload(**fields)


def test_text_and_numbers_in_other_units_are_the_same_workload():
    one = Workload(write="8 Mb/s", message="1 KiB", retention="1 d", fan_out="2")
    two = Workload(write="1 MB/s", message="1024 B", retention="24 h", fan_out=2)
    assert one == two
    assert dumps(study_document(study(one))) == dumps(study_document(study(two)))
