"""Controls over a workload: where they start, what they change and what they leave alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity import Demand, Workload
from streamfacts.errors import InputError
from streamplan import study
from streamplan.app.explore import at, controls, view
from streamplan.app.panel import Panel
from streamplan.planning.horizon import HORIZON
from streamplan.planning.shipped_workloads import open_workload, shipped_workloads

TWO = ["kinesis-provisioned", "msk-express"]
PLAIN = Workload(write="10 MB/s", message="1 KiB", fan_out=2, retention="3 d", peak_ratio=1.5)


def start(workload):
    return {control.name: control.start for control in controls(workload)}


@pytest.mark.parametrize("name", sorted(shipped_workloads()))
def test_controls_start_where_the_workload_is(name):
    """Set to where they start, they make the same likely demand, to the digits that they show."""
    workload = open_workload(name)
    before, after = Demand.of(workload), Demand.of(at(workload, start(workload)))
    for field, value in before.arrays().items():
        assert after.arrays()[field] == pytest.approx(value, rel=2e-5, abs=1), field


@pytest.mark.parametrize("name", sorted(shipped_workloads()))
def test_a_control_holds_where_it_starts(name):
    for control in controls(open_workload(name)):
        assert control.low <= control.start <= control.high and control.low < control.high
        assert not control.logarithmic or control.low > 0


def test_nothing_moved_is_the_workload_itself():
    workload = open_workload("lyft-events-2018")
    assert at(workload, {}) == workload


def test_each_control_by_hand():
    moved = at(
        PLAIN, {"write": 25, "message": 500, "retention": 48, "replication_factor": 2, "fan_out": 4, "growth": 44}
    )
    assert moved.write.likely == 25e6 and moved.message.likely == 500 and moved.retention.likely == 48 * 3600
    assert moved.replication_factor == 2 and moved.fan_out.likely == 4 and moved.peak_ratio.likely == 1.5
    level = moved.growth.path(lambda name, value: value.likely, 25)
    assert level[[0, 12, 24]] == pytest.approx([1.0, 1.44, 1.44**2])


def test_the_rest_of_growth_stays():
    base = PLAIN.replace(growth={"yearly": 0.1, "launches": [{"month": 3, "times": 2}]})
    moved = at(base, {"growth": 50})
    assert moved.growth.yearly.likely == 0.5 and moved.growth.launches == base.growth.launches


def test_a_range_that_is_set_becomes_one_value_and_the_others_stay():
    ranged = PLAIN.replace(retention={"low": "1 d", "likely": "2 d", "high": "9 d"}, fan_out={"low": 1, "high": 4})
    moved = at(ranged, {"retention": 24})
    assert moved.retention.known and not moved.fan_out.known


def test_the_peak_follows_the_average():
    moved = at(PLAIN.replace(peak_ratio=None, peak_write="30 MB/s"), {"write": 100})
    assert moved.peak_ratio.likely == pytest.approx(3.0) and moved.peak_write is None


def test_a_workload_of_records_takes_a_rate_of_bytes():
    moved = at(Workload(messages="1000 records/s", message="2 KiB"), {"write": 5})
    assert float(Demand.of(moved).records_s) == pytest.approx(5e6 / 2048)


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"writ": 1}, "write"),
        ({"write": 0}, "write"),
        ({"write": -5}, "write"),
        ({"write": float("nan")}, "write"),
        ({"write": "fast"}, "write"),
        ({"write": True}, "write"),
        ({"message": 1e12}, "message"),
        ({"retention": 0}, "retention"),
        ({"replication_factor": 2.5}, "replication_factor"),
        ({"replication_factor": 4}, "replication_factor"),
        ({"fan_out": -1}, "fan_out"),
        ({"growth": -100}, "growth"),
    ],
)
def test_what_a_workload_cannot_take_is_refused_by_name(settings, named):
    with pytest.raises(InputError, match=named):
        at(PLAIN, settings)


def test_unknown_offer():
    with pytest.raises(InputError, match="msk-expres"):
        view(PLAIN, platform="msk-expres", only=TWO)


def test_a_view_is_the_study_of_that_workload():
    seen = view(PLAIN, {"write": 40}, only=TWO)
    same = study(PLAIN.replace(write="40 MB/s"), only=TWO)
    assert seen.study.table.drop(columns="confidence").equals(same.table.drop(columns="confidence"))
    assert seen.platform == same.recommended.offer.name


def test_months_start_at_the_cost_of_now_and_follow_growth():
    flat, grown = (view(PLAIN, {"growth": g}, only=TWO) for g in (0, 60))
    for seen in (flat, grown):
        first = seen.months[seen.months["month"] == 1].set_index("platform")["usd"]
        now = seen.study.table.set_index("platform")["monthly_usd"]
        assert first.to_dict() == pytest.approx(now[first.index].to_dict())
    assert flat.months.groupby("platform")["usd"].nunique().eq(1).all()
    assert (grown.months["usd"] >= flat.months["usd"] * (1 - 1e-9)).all()
    assert grown.months["month"].max() == HORIZON


def test_the_offer_looked_at_is_followed_too():
    seen = view(PLAIN, platform="msk-express", only=TWO)
    assert "msk-express" in seen.followed and seen.plan.offer.name == "msk-express"


@given(write=st.floats(0.1, 500), more=st.floats(1.0, 5.0))
def test_more_throughput_never_costs_less_on_kinesis(write, more):
    low, high = (
        view(PLAIN, {"write": w}, only=["kinesis-on-demand-standard"]).plan.monthly_usd for w in (write, write * more)
    )
    assert high >= low * (1 - 1e-9)


# -------------------------------------------------------------------------------------------------- the widgets


def test_moving_a_slider_changes_numbers_charts_and_bill():
    panel = Panel(PLAIN)
    before, cost = panel.html, panel.view.study.recommended.monthly_usd
    panel.set("write", 100.0)
    assert panel.settings == {"write": pytest.approx(100.0)}
    assert panel.view.study.recommended.monthly_usd > 2 * cost
    assert panel.html != before and panel.html.count("<svg") == 4 and "<table" in panel.html
    assert np.isclose(panel.view.study.workload.write.likely, 100e6)


def test_a_slider_that_goes_too_far_says_so_and_comes_back():
    panel = Panel(PLAIN.replace(zones=1, survive="none"))
    cost = panel.view.study.recommended.monthly_usd
    panel.set("replication_factor", 2.5)
    assert "replication_factor" in panel.html and "<svg" not in panel.html
    panel.set("replication_factor", 3.0)
    assert "<svg" in panel.html and panel.view.study.recommended.monthly_usd == pytest.approx(cost)


def test_a_panel_starts_at_its_settings():
    panel = Panel(PLAIN, {"write": 55}, "msk-express")
    assert panel.view.study.workload.write.likely == 55e6 and panel.view.platform == "msk-express"
    assert "MSK Express" in panel.html
