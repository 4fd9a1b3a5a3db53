"""The shipped workloads: each loads, says where its values come from, and is sized and priced on every offer."""

from __future__ import annotations

import re
from itertools import pairwise

import pandas as pd
import pytest

from capacity import Demand, Workload
from streamfacts.tables import data_dir
from streamplan.planning.shipped_workloads import open_workload, shipped_workloads
from streamplan.planning.terms import WITHIN
from tests.published import compared

NAMES = sorted(shipped_workloads())
FOLDER = data_dir() / "workloads"
#: What a workload says of itself; the region is where one would price it, not a finding about the deployment.
LABELS = {"name", "title", "description", "region"}


def test_there_are_workloads_and_every_file_is_one():
    assert NAMES
    assert sorted(p.stem for p in FOLDER.iterdir() if p.name != "README.md") == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_loads_under_its_file_name(name):
    workload = Workload.load(FOLDER / f"{name}.yaml")
    assert workload.name == name
    assert workload.title and workload.description
    assert "region" in workload.model_fields_set


@pytest.mark.parametrize("name", NAMES)
def test_every_field_says_where_it_comes_from(name):
    workload = open_workload(name)
    for field in workload.model_fields_set - LABELS:
        origin = workload.origin.get(field, "")
        assert len(origin.removeprefix("assumed:").strip()) >= 10, f"{name}: {field} has no origin"
    assert set(workload.origin) <= workload.model_fields_set


@pytest.mark.parametrize("name", NAMES)
def test_cited_fields_can_be_opened(name):
    for field, origin in open_workload(name).origin.items():
        assert origin.startswith("assumed:") or "https://" in origin, f"{name}: {field}: {origin}"
        assert "http://" not in origin


def test_at_least_eight_describe_published_deployments():
    cited = [n for n in NAMES if any("https://" in v for v in open_workload(n).origin.values())]
    assert len(cited) >= 8


def test_readme_lists_every_file():
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| \[([\w.-]+)\]\(([\w.-]+)\) \|", text, re.MULTILINE)
    assert sorted(name for name, _ in listed) == NAMES
    assert all(file == f"{name}.yaml" for name, file in listed)


@pytest.mark.parametrize("name", NAMES)
def test_some_offer_carries_it_or_the_missing_price_is_named(name):
    result = compared(name)
    table = result.table
    assert len(table) == len(result.plans)
    assert set(table["status"]) <= {"feasible", "closed", "price missing", "infeasible"}
    assert (table["status"] != "infeasible").any()
    unpriced = table[table["status"] == "price missing"]
    assert (table["status"] == "feasible").any() or len(unpriced)
    for row in unpriced.itertuples():
        assert f"in {row.region}" in row.reason
    for row in table[table["status"] == "infeasible"].itertuples():
        assert row.reason and all(source for _, source in result.plan_of(row.platform).obstacles)


@pytest.mark.parametrize("name", NAMES)
def test_cost_rises_from_the_low_to_the_high_end(name):
    for row in compared(name).table.itertuples():
        known = [v for v in (row.low_usd, row.monthly_usd, row.high_usd) if pd.notna(v)]
        steps = pairwise(known)
        # of plans near the least cost the easiest is taken, so each may be up to that much above it; and spread over
        # several clusters, a little more load may need one more and fill each better
        slack = WITHIN if row.clusters == 1 else WITHIN + 0.01
        assert all(a <= b * (1 + slack) for a, b in steps), f"{name} on {row.platform}: {known}"


@pytest.mark.parametrize("name", NAMES)
def test_load_rises_from_the_low_to_the_high_end(name):
    demand = Demand.corners(open_workload(name))
    for field in ("payload_bytes_s", "wire_bytes_s", "records_s", "peak_wire_bytes_s", "fan_out", "retention_s"):
        values = pd.Series(getattr(demand, field) + 0.0 * demand.fan_out)
        assert values.is_monotonic_increasing, f"{name}: {field} {values.tolist()}"


@pytest.mark.parametrize("name", NAMES)
def test_likely_corner_is_the_point_result(name):
    result = compared(name)
    for plan in result.plans:
        likely = result.corner_costs[plan.offer.name][1]
        assert (likely is None) == (plan.monthly_usd is None)
        assert likely is None or likely == pytest.approx(plan.monthly_usd, rel=1e-12)


def test_a_shipped_name_and_its_file_are_the_same_workload():
    name = NAMES[0]
    assert open_workload(name) == open_workload(FOLDER / f"{name}.yaml") == Workload.load(FOLDER / f"{name}.yaml")


def test_another_region_keeps_the_origins():
    before = open_workload("lyft-events-2018")
    after = open_workload("lyft-events-2018", "eu-west-1")
    assert after.region == "eu-west-1" and after.origin == before.origin
