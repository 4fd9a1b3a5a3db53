"""Demand over time: closed forms of every law of growth, what moves with them, and what they refuse."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity import Demand, Workload, offers, size
from capacity.demand.draws import draw_demand, uncertain_inputs
from capacity.laws.storage import stored_bytes
from capacity.workload.growth import MOST_MONTHS, SECONDS_A_MONTH, Growth, compound, retained_share, s_curve
from streamfacts.errors import InputError
from streamplan.analyses.risk.risk import risk
from streamplan.planning.least_costs import draw_costs
from streamplan.views.workload_document import workload_document

DAY = 86400.0


def workload(growth, **fields):
    return Workload(**{"write": "100 MB/s", "message": "1 KiB", "measured_at": "broker", **fields}, growth=growth)


def stated(inputs):
    """The uncertain inputs that are the workload's, not the model's."""
    return [name for name in inputs if not name.startswith("model.")]


def level(growth, months=60, **fields):
    """Bytes written by month over those that the workload states."""
    w = workload(growth, **fields)
    return Demand.months(w, months).wire_bytes_s / Demand.of(w).wire_bytes_s


# ----------------------------------------------------------------------------------------------------- the laws


def test_compound_growth_is_reached_after_each_year():
    assert level({"yearly": 0.3})[[0, 12, 24, 36, 48]] == pytest.approx([1, 1.3, 1.69, 2.197, 2.8561])


def test_a_percentage_is_a_share():
    assert level({"yearly": "30%"}) == pytest.approx(level({"yearly": 0.3}))
    drawn = Growth(yearly={"low": "-10%", "likely": "20 %", "high": "50%"}).yearly
    assert (drawn.low, drawn.likely, drawn.high) == (-0.1, 0.2, 0.5)


def test_s_curve_by_hand():
    """Saturation 4, midpoint 13, steepness 0.2: in month 13 the logistic function is a half."""
    got = level({"s_curve": {"saturation": 4, "midpoint": 13, "steepness": 0.2}})
    start = 1 / (1 + math.exp(0.2 * 12))
    assert got[0] == 1 and got[12] == pytest.approx(1 + 3 * (0.5 - start) / (1 - start))
    assert np.all(np.diff(got) > 0) and 3.99 < got[-1] < 4


@given(st.floats(0.05, 50), st.floats(1, 60), st.floats(0.01, 2))
def test_an_s_curve_stays_between_one_and_its_saturation(saturation, midpoint, steepness):
    got = s_curve(np.arange(1, 601), saturation, midpoint, steepness)
    low, high = min(1, saturation), max(1, saturation)
    assert got[0] == 1 and np.all((got >= low - 1e-9) & (got <= high + 1e-9))
    assert np.all(np.diff(got) * np.sign(saturation - 1) >= -1e-12)


def test_adoption_in_phases():
    """Pilot in months 1 to 3, expansion in 4 to 9, then all of it."""
    got = level({"adoption": {"pilot": 0.05, "expansion": 0.4}}, 12)
    assert got == pytest.approx([0.05] * 3 + [0.4] * 6 + [1.0] * 3)


def test_adoption_without_a_share_of_expansion_rises_in_equal_steps():
    got = level({"adoption": {"pilot": 0.3}}, 12)
    assert got == pytest.approx([0.3] * 3 + [0.4, 0.5, 0.6, 0.7, 0.8, 0.9] + [1.0] * 3)


def test_a_season_comes_back_every_year():
    got = level({"seasons": {"start": "2026-11", "months": {"dec": 1.6, "january": 0.9}}}, 26)
    assert got[[1, 13, 25]] == pytest.approx([1.6] * 3) and got[[2, 14]] == pytest.approx([0.9] * 2)
    assert np.sum(got == 1) == 26 - 5


def test_launches_stay_and_events_pass():
    got = level(
        {
            "launches": [{"month": 3, "times": 1.5}],
            "events": [{"from": 4, "to": 5, "times": 2}, {"from": 6, "times": 3}],
        },
        7,
    )
    assert got == pytest.approx([1, 1, 1.5, 3, 3, 4.5, 1.5])


def test_laws_multiply():
    parts = [
        {"yearly": 0.5},
        {"adoption": {"pilot": 0.1}},
        {"seasons": {"start": "2027-01", "months": {"june": 2}}},
        {"launches": [{"month": 9, "times": 1.2}]},
    ]
    together = {k: v for part in parts for k, v in part.items()}
    assert level(together) == pytest.approx(np.prod([level(part) for part in parts], axis=0))


def test_day_week_and_burst_make_the_peak_of_every_month():
    w = workload({"seasons": {"day": 1.8, "week": 1.2, "burst": 1.5}})
    assert float(Demand.of(w).peak_ratio) == pytest.approx(3.24)
    assert Demand.months(w, 12).peak_ratio == pytest.approx(3.24)


# ------------------------------------------------------------------------------------------------- what moves with it


def test_written_bytes_and_records_grow_and_sizes_and_windows_do_not():
    d = Demand.months(workload({"yearly": 1.0}, retention="7 d", fan_out=3), 13)
    for name in ("wire_bytes_s", "payload_bytes_s", "records_s"):
        assert getattr(d, name)[12] == pytest.approx(2 * getattr(d, name)[0]), name
    for name in ("message_bytes", "retention_s", "fan_out", "peak_ratio"):
        assert np.ndim(getattr(d, name)) == 0 or np.ptp(getattr(d, name)) == 0, name
    assert d.partitions[12] == pytest.approx(2 * d.partitions[0], abs=1)


def test_records_stated_by_number_grow_too():
    w = Workload(messages="10000 records/s", message="1 KiB", growth={"yearly": 1.0})
    assert Demand.months(w, 13).records_s[12] == pytest.approx(20000)
    w = Workload(messages="10000 records/s", write="10 MB/s", growth={"yearly": 1.0})
    d = Demand.months(w, 13)
    assert d.payload_bytes_s[12] == pytest.approx(20e6) and np.ptp(d.message_bytes) == 0


def test_a_field_may_grow_on_its_own():
    w = workload(
        {"fields": {"fan_out": 0.5, "partitions": 1.0, "peak_ratio": -0.9}}, fan_out=2, partitions=30, peak_ratio=2
    )
    d = Demand.months(w, 13)
    assert d.fan_out[12] == pytest.approx(3) and d.partitions[12] == 60 and d.partitions[1] == 32
    assert d.peak_ratio[12] == 1 and np.ptp(d.wire_bytes_s) == 0


def test_without_a_horizon_the_figures_are_those_written():
    w = workload({"yearly": 1.0, "adoption": {"pilot": 0.1}})
    assert Demand.of(w).wire_bytes_s == Demand.of(workload(None)).wire_bytes_s
    assert draw_demand(w, 4).wire_bytes_s == pytest.approx(float(Demand.of(w).wire_bytes_s))


# -------------------------------------------------------------------------------------------------- retained bytes


def by_summing(levels, window, steps=600):
    """The bytes of the window before the end of each month, summed over small steps of time."""
    out = []
    for month in range(1, len(levels) + 1):
        times = month - (np.arange(steps) + 0.5) * window / steps
        out.append(levels[np.maximum(np.floor(times).astype(int), 0)].mean() / levels[month - 1])
    return np.array(out)


@given(st.lists(st.floats(0.1, 10), min_size=1, max_size=24), st.sampled_from([1.0, 1.5, 2.25, 7.0, 40.0]))
def test_retained_bytes_are_the_integral_of_the_window(levels, window):
    levels = np.array(levels)
    got = np.broadcast_to(retained_share(levels, window * SECONDS_A_MONTH), levels.shape)
    assert got == pytest.approx(by_summing(levels, window), rel=0.05)


def test_retained_bytes_by_draw_and_month():
    levels = np.array([[1.0, 2.0, 4.0], [1.0, 1.0, 1.0]])
    got = retained_share(levels, np.array([[2.0], [3.0]]) * SECONDS_A_MONTH)
    assert got == pytest.approx(np.array([[1, 0.75, 0.75], [1, 1, 1]]))


def test_a_year_of_retention_holds_less_than_the_present_rate_would():
    d = Demand.months(workload({"yearly": 1.0}, retention="365 d"), 60)
    held, flat = stored_bytes(d.wire_bytes_s, d.held_s), stored_bytes(d.wire_bytes_s, d.retention_s)
    # of a rate that doubles in a year the year's mean over its end is (1 - 1/2) / ln 2; months are steps
    assert held[-1] / flat[-1] == pytest.approx(0.5 / math.log(2), rel=0.04) and held[0] == pytest.approx(flat[0])


def test_stored_bytes_of_every_offer_follow_the_window():
    """Half of a two-month window is at half the rate: an offer that bills what is kept bills three quarters of it."""
    w = workload({"launches": [{"month": 2, "times": 2}]}, retention=f"{2 * SECONDS_A_MONTH} s")
    d = Demand.months(w, 2)
    for platform in ("confluent-enterprise", "msk-express", "warpstream-byoc", "kinesis-on-demand-advantage"):
        usage = size(d, platform).usage
        kept = [u for u in usage if "GiB-month" in u.unit or "gibibyte-month" in u.unit or "month" in u.unit]
        growing = [np.ravel(np.broadcast_to(u.quantity, (*np.shape(u.quantity)[:-1], 2))[..., :])[-2:] for u in kept]
        assert any(g[0] > 0 and g[1] / g[0] == pytest.approx(1.5, rel=0.02) for g in growing), platform


@pytest.mark.parametrize("platform", sorted(offers()))
def test_a_month_of_the_path_is_the_workload_of_that_level(platform):
    """Sizing along the months is the sizing of each month's load, for short retention."""
    grown = size(Demand.months(workload({"yearly": 1.0}), 13), platform)
    alone = size(workload(None, write="200 MB/s"), platform)
    assert np.array_equal(np.broadcast_to(grown.units, (*alone.units.shape, 13))[..., 12], alone.units)


# ------------------------------------------------------------------------------------------------------- under draws


UNCERTAIN = {
    "yearly": {"low": 0.0, "likely": 0.2, "high": 0.6},
    "events": [{"from": 3, "times": {"low": 1, "high": 4}}],
}


def test_growth_is_drawn_with_the_other_inputs():
    w = workload(UNCERTAIN, write={"low": "50 MB/s", "likely": "100 MB/s", "high": "200 MB/s"})
    assert stated(uncertain_inputs(w, 13)) == ["growth.yearly", "growth.event.1", "write"]
    assert stated(uncertain_inputs(w)) == ["write"]
    d = draw_demand(w, 4096, 13)
    assert d.shape == (4096, 13)
    ratio = d.wire_bytes_s[:, 12] / d.wire_bytes_s[:, 0]
    assert np.percentile(ratio, [10, 50, 90]) == pytest.approx([1.0, 1.2, 1.6], rel=0.01)
    assert np.percentile(d.wire_bytes_s[:, 2] / d.wire_bytes_s[:, 1], 50) == pytest.approx(
        2 * 1.2 ** (1 / 12), rel=0.01
    )


def test_growth_may_be_correlated():
    w = workload({"yearly": {"low": 0.1, "high": 0.6}}, write={"low": "50 MB/s", "high": "200 MB/s"}).replace(
        correlation={"write,growth.yearly": -0.8}
    )
    d = draw_demand(w, 1024, 13)
    assert np.corrcoef(np.log(d.wire_bytes_s[:, 0]), np.log(d.wire_bytes_s[:, 12] / d.wire_bytes_s[:, 0]))[0, 1] < -0.6


def test_uncertain_growth_leaves_the_other_draws_alone():
    w = workload(None, write={"low": "50 MB/s", "high": "200 MB/s"})
    grown = workload(UNCERTAIN, write={"low": "50 MB/s", "high": "200 MB/s"})
    assert np.array_equal(draw_demand(w, 64, 1).wire_bytes_s, draw_demand(grown, 64, 1).wire_bytes_s)


@given(st.floats(0, 2), st.floats(0, 2))
def test_more_growth_is_never_less_load(a, b):
    low, high = sorted((a, b))
    month = np.arange(1, 61)
    assert np.all(compound(low, month) <= compound(high, month))


def test_risk_follows_growth():
    w = workload({"yearly": 1.0})
    study = risk(w, ["msk-serverless", "msk-express"], months=25, draws=2)
    for offer in study.offers:
        cost = offer.by_month[1]
        assert cost[24] > 3 * cost[0] and np.all(np.diff(cost) >= 0)
        assert offer.plan.sizing.demand.wire_bytes_s * offer.plan.clusters == pytest.approx(400e6)
    flat = risk(workload(None), ["msk-serverless"], months=1, draws=2).offers[0].totals[1]
    assert study.risk_of("msk-serverless").by_month[1][0] == pytest.approx(flat)


def test_costs_by_month_are_the_costs_of_each_month(book):
    d = draw_demand(workload(UNCERTAIN), 8, 6)
    whole = draw_costs(d, "msk-express", book).usd
    for month in (0, 2, 5):
        one = d.replace(**{k: v[..., month : month + 1] for k, v in d.arrays().items() if v.ndim and v.shape[-1] == 6})
        assert draw_costs(one, "msk-express", book).usd[:, 0] == pytest.approx(whole[:, month], rel=1e-12)


# ------------------------------------------------------------------------------------------------------- in a file


def test_growth_in_a_file(tmp_path):
    path = tmp_path / "w.yaml"
    path.write_text(
        "write: 10 MB/s\nmessage: 1 KiB\ngrowth:\n  yearly: {low: 10%, likely: 30%, high: 60%, assumed: our plan}\n"
        "  launches:\n    - {month: 7, times: 1.5, name: mobile}\n",
        encoding="utf-8",
    )
    w = Workload.load(path)
    assert w.origin == {"growth.yearly": "assumed: our plan"} and "mobile" in str(w.growth)
    assert stated(uncertain_inputs(w, 12)) == ["growth.yearly"]
    document = workload_document(w)["fields"]["growth"]
    assert document["yearly"] == {"low": 0.1, "likely": 0.3, "high": 0.6}
    assert document["launches"] == [{"month": 7, "times": 1.5, "name": "mobile"}]
    assert w.replace(fan_out=2).growth == w.growth


BAD = {
    "unknown": ({"yaerly": 0.1}, ["yaerly", "yearly"]),
    "no mapping": (0.3, ["growth", "0.3", "mapping"]),
    "no number": ({"yearly": "much"}, ["growth.yearly", "much", "from -0.99"]),
    "low above high": (
        {"yearly": {"low": 0.5, "likely": 0.2, "high": 0.1}},
        ["growth.yearly", "low <= likely <= high"],
    ),
    "shrinks to nothing": ({"yearly": -1.0}, ["growth.yearly", "-1.0", "from -0.99"]),
    "two laws": (
        {"yearly": 0.1, "s_curve": {"saturation": 2, "midpoint": 12, "steepness": 0.2}},
        ["growth.s_curve", "not both"],
    ),
    "half an s-curve": ({"s_curve": {"saturation": 2}}, ["s_curve", "midpoint"]),
    "share above one": ({"adoption": {"pilot": 1.5}}, ["growth.pilot", "1.5", "to 1"]),
    "no such month": ({"seasons": {"start": "2026-12", "months": {"brumaire": 2}}}, ["brumaire", "did you mean"]),
    "ambiguous month": ({"seasons": {"start": "2026-12", "months": {"ma": 2}}}, ["'ma'"]),
    "season without a start": ({"seasons": {"months": {"december": 2}}}, ["growth.seasons.start", "2026-12"]),
    "start that is no month": ({"seasons": {"start": "2026-13", "months": {"december": 2}}}, ["2026-13"]),
    "launch beyond the horizon": ({"launches": [{"month": 61, "times": 2}]}, ["month", "61", "1 to 60"]),
    "launch in month zero": ({"launches": [{"month": 0, "times": 2}]}, ["month", "0", "1 to 60"]),
    "event that ends before it starts": (
        {"events": [{"from": 5, "to": 4, "times": 2}]},
        ["growth.events.to", "4", "5"],
    ),
    "event without a factor": ({"events": [{"from": 5}]}, ["event", "times"]),
    "same name twice": (
        {"launches": [{"month": 1, "times": 2, "name": "a"}, {"month": 2, "times": 2, "name": "a"}]},
        ["growth.launches", "once"],
    ),
    "field that does not grow": ({"fields": {"retention": 0.1}}, ["growth.fields", "retention"]),
}


@pytest.mark.parametrize("growth, words", BAD.values(), ids=BAD)
def test_unusable_growth(growth, words):
    with pytest.raises(InputError) as error:
        workload(growth)
    assert all(word in str(error.value) for word in words), error.value


def test_a_peak_is_stated_once():
    with pytest.raises(InputError, match=r"peak_ratio: .*given with growth.seasons"):
        workload({"seasons": {"day": 2}}, peak_ratio=2)


@pytest.mark.parametrize("months", [0, -1, MOST_MONTHS + 1, 1.5, True])
def test_unusable_horizon(months):
    with pytest.raises(InputError, match=r"months: .*a whole number from 1 to 60"):
        Demand.months(workload({"yearly": 0.1}), months)
