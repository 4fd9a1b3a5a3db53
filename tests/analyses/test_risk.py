"""Risk: percentiles of the cost against closed forms, odds, and what fits in no draw or has no price."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from capacity import Workload, size
from capacity.demand.draws import draw_demand
from streamfacts.errors import InputError
from streamplan.analyses.risk.risk import OUTGROWN, percentiles, risk
from streamplan.charts import cost_fan, plan_outgrown
from streamplan.cli import main
from streamplan.planning.least_costs import draw_costs, too_small
from streamplan.planning.plan import plan

KNOWN = {"message": "1 KiB", "batch": "16 KiB", "fan_out": 2, "retention": "1 d", "partitions": 60}
KNOWN |= {"peak_ratio": 1, "cpu_factor": 1}
#: A workload whose cost on a metered offer is a straight line in its one uncertain input.
WRITE = {"low": "5 MB/s", "likely": "10 MB/s", "high": "20 MB/s"}
LINEAR = Workload(write=WRITE, **KNOWN)
METERED = "msk-serverless"
SIGMA = math.log(2) / stats.norm.ppf(0.9)


@pytest.fixture(scope="module")
def linear():
    return risk(LINEAR, [METERED, "confluent-dedicated", "kinesis-provisioned"], months=3, draws=4096, budget=7000)


def at(write, book, platform=METERED):
    return plan(Workload(write=write, **KNOWN), platform, book).monthly_usd


# -------------------------------------------------------------------------------------------------------- closed forms


def test_percentiles_of_a_linear_cost_are_those_of_the_log_normal(linear, book):
    """The cost is a + b x write, so its percentiles are a + b x the percentiles of the input."""
    low, middle, high = (at(w, book) for w in ("5 MB/s", "10 MB/s", "20 MB/s"))
    assert high - middle == pytest.approx(2 * (middle - low), rel=1e-9)  # a straight line
    offer = linear.risk_of(METERED)
    assert offer.by_month[:, 0] == pytest.approx([low, middle, high], rel=2e-3)
    assert offer.totals == pytest.approx(3 * offer.by_month[:, 0])


def test_mean_of_a_linear_cost_is_that_of_the_log_normal(linear, book):
    low, middle = (at(w, book) for w in ("5 MB/s", "10 MB/s"))
    slope = (middle - low) / 5e6
    mean = middle - 10e6 * slope + slope * 10e6 * math.exp(SIGMA**2 / 2)
    assert linear.risk_of(METERED).total.mean() / 3 == pytest.approx(mean, rel=1e-3)


def test_odds_of_exceeding_a_budget_in_closed_form(linear, book):
    low, middle = (at(w, book) for w in ("5 MB/s", "10 MB/s"))
    write = 10e6 + (7000 - middle) / ((middle - low) / 5e6)
    odds = 1 - stats.lognorm(SIGMA, scale=10e6).cdf(write)
    offer = linear.risk_of(METERED)
    assert 0.1 < odds < 0.9
    assert offer.over_budget == pytest.approx([odds] * 3, abs=2e-3) and offer.over_total == pytest.approx(
        odds, abs=2e-3
    )


def test_likely_inputs_give_the_plan(linear, book):
    offer = linear.risk_of(METERED)
    assert offer.likely == pytest.approx([at("10 MB/s", book)] * 3)
    assert offer.plan.monthly_usd == pytest.approx(at("10 MB/s", book))


def test_every_draw_costs_what_a_plan_of_it_costs(book):

    name = "msk-express"
    found = risk(LINEAR, [name], months=1, draws=16, seed=3, book=book).offers[0].total
    demand = draw_demand(LINEAR, 16, 1, seed=3)
    for i in (0, 5, 15):
        write = f"{float(demand.payload_bytes_s[i, 0])!r} B/s"
        assert found[i] == pytest.approx(at(write, book, name), rel=1e-9)


def test_percentiles_are_draws_and_infinity_lies_above():
    x = np.array([3.0, np.inf, 1.0, 2.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0])
    assert percentiles(x).tolist() == [1.0, 5.0, 9.0]
    assert np.isnan(percentiles(np.array([1.0, np.nan, 2.0]))).all()


# ---------------------------------------------------------------------------------------------------------- properties


def test_same_seed_same_figures():
    one, same, other = (risk(LINEAR, [METERED], months=2, draws=64, seed=s).table for s in (1, 1, 2))
    assert one.equals(same) and not one.equals(other)


@pytest.mark.parametrize("name", ["lyft-events-2018", "slack-fleet-2022", "netflix-keystone-2016"])
def test_median_never_above_p90_on_published_workloads(name):
    from streamplan.planning.shipped_workloads import open_workload

    study = risk(open_workload(name), ["msk-express", "kafka-ec2-ebs", "event-hubs-dedicated"], months=1, draws=64)
    for offer in study.offers:
        p10, p50, p90 = offer.by_month
        assert (p10 <= p50).all() and (p50 <= p90).all()
    assert any(np.isfinite(offer.totals).all() and offer.totals[0] < offer.totals[2] for offer in study.offers)


@settings(max_examples=10)
@given(st.floats(1.0, 3.0), st.sampled_from([METERED, "kinesis-provisioned", "msk-express"]))
def test_more_uncertainty_never_lowers_the_p90(wider, platform):
    wide = {"low": f"{5 / wider} MB/s", "likely": "10 MB/s", "high": f"{20 * wider} MB/s"}
    narrow, broad = (
        risk(Workload(write=write, **KNOWN), [platform], months=1, draws=128).offers[0] for write in (WRITE, wide)
    )
    assert broad.totals[2] >= narrow.totals[2] and broad.totals[0] <= narrow.totals[0]


def test_correlated_inputs_spread_the_cost_wider():
    """Storage is write x retention: if the two rise together the dear draws are dearer."""
    fields = {**KNOWN, "retention": {"low": "1 d", "likely": "4 d", "high": "16 d"}}
    apart, together = (
        risk(Workload(write=WRITE, correlation=c, **fields), [METERED], months=1, draws=1024).offers[0].totals
        for c in ({}, {"write,retention": 0.9})
    )
    assert together[2] > apart[2] and together[0] < apart[0]


# ------------------------------------------------------------------------------------------- what does not fit or lacks


def test_draws_that_do_not_fit_are_counted_and_lie_above_every_percentile():
    """Kinesis keeps records for 365 days at most: the share of draws beyond is known."""
    retention = {"low": "300 d", "likely": "350 d", "high": "400 d"}
    w = Workload(write="1 MB/s", **{**KNOWN, "retention": retention})
    study = risk(w, ["kinesis-provisioned"], months=2, draws=1024, budget=1e6)
    sigma = math.log(400 / 350) / stats.norm.ppf(0.9)
    share = 1 - stats.norm.cdf(math.log(365 / 350) / sigma)
    row = study.table.iloc[0]
    assert row["infeasible_draws"] / 1024 == pytest.approx(share, abs=3e-3)
    assert row["p50_usd"] > 0 and row["p90_usd"] != row["p90_usd"]  # P90 is a draw that does not fit
    assert row["over_budget"] == row["infeasible_draws"] / 1024
    assert (study.by_month["infeasible_draws"] == row["infeasible_draws"]).all()
    assert study.offers[0].too_small == pytest.approx([share] * 2, abs=3e-3)


def test_a_missing_price_is_counted_and_never_a_zero(linear):
    row = linear.table.set_index("platform").loc["confluent-dedicated"]
    assert row["status"] == "price missing" and row["unpriced_draws"] == 4096 and row["infeasible_draws"] == 0
    assert row[["p10_usd", "p50_usd", "p90_usd", "over_budget"]].isna().all() and "price" in row["reason"]
    assert linear.by_month.query("platform == 'confluent-dedicated'")["p50_usd"].isna().all()


def test_the_cheapest_shares_add_up(linear):
    assert sum(linear.cheapest_in.values()) == pytest.approx(1)
    assert linear.cheapest_in["confluent-dedicated"] == 0


# ---------------------------------------------------------------------------------------------------- plans outgrown


def test_a_plan_is_too_small_where_its_draw_needs_more():

    name, machine = "msk-standard", "kafka.m7g.large"
    wide = LINEAR.replace(write={"low": "20 MB/s", "likely": "50 MB/s", "high": "150 MB/s"})
    study = risk(wide, [name], months=1, draws=64, held={"machine": machine, "units": 3})
    demand = draw_demand(wide, 64, 1)
    needed = [
        float(size(wide.replace(write=f"{float(x)!r} B/s"), name, machine=machine).units)
        for x in demand.payload_bytes_s[:, 0]
    ]
    share = np.mean(np.array(needed) > 3)
    assert 0 < share < 1 and study.offers[0].too_small.tolist() == [share] == [study.offers[0].too_small_ever]


def test_more_units_are_never_too_small_more_often():
    odds = [
        risk(LINEAR, ["kinesis-provisioned"], months=1, draws=128, held={"units": n}).offers[0].too_small[0]
        for n in (4, 10, 20, 40)
    ]
    assert odds == sorted(odds, reverse=True) and odds[0] > 0.9 and odds[-1] < 0.05


def test_outgrown_is_the_first_month_above_the_line(linear):
    offer = linear.risk_of("kinesis-provisioned")
    assert (offer.outgrown == 1) == (offer.too_small[0] > OUTGROWN)


# ----------------------------------------------------------------------------------------------- figures, command line


@pytest.mark.parametrize("figure", [cost_fan, plan_outgrown])
def test_figures_show_the_offer(figure, linear):
    assert "MSK Serverless" in json.dumps(figure(linear, METERED).to_dict())


def test_fan_without_a_price_says_so(linear):
    assert "no offer fits and is priced" in json.dumps(cost_fan(linear, "confluent-dedicated").to_dict())


@pytest.fixture
def workload_file(tmp_path):
    path = tmp_path / "w.yaml"
    path.write_text(
        "write: {low: 5 MB/s, likely: 10 MB/s, high: 20 MB/s, confidence: 0.9}\nmessage: 1 KiB\n"
        "retention: {distribution: uniform, low: 1 d, high: 3 d}\ncorrelation: {write,retention: 0.5}\n",
        encoding="utf-8",
    )
    return str(path)


def test_command_as_json(workload_file, capsys):
    arguments = ["--months", "2", "--draws", "64", "--seed", "5", "--budget", "7500", "--platform", METERED]
    main(["risk", workload_file, *arguments, "--json"])
    found = json.loads(capsys.readouterr().out)
    assert (found["months"], found["draws"], found["seed"], found["budget_usd"]) == (2, 64, 5, [7500, 7500])
    assert [x["name"] for x in found["inputs"]] == ["write", "retention", "model.cpu"]
    assert found["inputs"][0]["distribution"] == "90% between low and high"
    assert found["correlation"] == [{"inputs": ["write", "retention"], "rank_correlation": 0.5}]
    assert [x["month"] for x in found["by_month"]] == [1, 2]
    row = found["platforms"][0]
    assert row["p10_usd"] < row["p50_usd"] < row["p90_usd"] and 0 < row["over_budget"] < 1


def test_command_as_a_table(workload_file, capsys):
    main(["risk", workload_file, "--months", "1", "--draws", "16", "--platform", METERED, "--budget", "7500"])
    out = capsys.readouterr().out
    assert "MSK Serverless" in out and "P90" in out and "write and retention 0.5" in out


BAD = {
    "horizon of zero": (["--months", "0"], ["months", "0", "from 1 to 60"]),
    "six years": (["--months", "72"], ["months", "72", "from 1 to 60"]),
    "no draws": (["--draws", "0"], ["draws", "0", "from 1"]),
    "no budget": (["--budget", "0"], ["budget", "USD a month above 0"]),
    "plan beyond the horizon": (["--months", "2", "--plan-month", "3"], ["plan_month", "3", "from 1 to 2"]),
    "units of no offer": (["--units", "3"], ["--platform", "--units"]),
    "unknown offer": (["--platform", "msk-expres"], ["msk-expres", "msk-express"]),
}


@pytest.mark.parametrize("arguments, words", BAD.values(), ids=BAD)
def test_unusable_choice(arguments, words, workload_file, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["risk", workload_file, *arguments])
    err = capsys.readouterr().err
    assert stop.value.code == 2 and all(word in err for word in words), err


@pytest.mark.parametrize("budget", [[1, 2], "900", True, float("nan"), -5, [[1]]])
def test_unusable_budget(budget):
    with pytest.raises(InputError, match="budget"):
        risk(LINEAR, [METERED], months=3, draws=4, budget=budget)


# ------------------------------------------------------------------------------------------------------ months, blocks


def growing(factors):

    d = draw_demand(LINEAR, 24, len(factors), seed=2)
    rates = ("payload_bytes_s", "wire_bytes_s", "records_s")
    return d.replace(**{name: d.arrays()[name] * np.asarray(factors) for name in rates})


@pytest.mark.parametrize("platform", [METERED, "msk-express"])
def test_each_month_costs_what_it_costs_alone(platform, book):
    factors = [1.0, 1.5, 1.5, 4.0]
    together = draw_costs(growing(factors), platform, book).usd
    assert together.shape == (24, 4) and np.array_equal(together[:, 1], together[:, 2])
    for month, factor in enumerate(factors):
        assert draw_costs(growing([factor]), platform, book).usd[:, 0] == pytest.approx(together[:, month], rel=1e-12)


def test_the_size_of_a_block_changes_nothing(book, monkeypatch):
    demand, held = growing([1.0, 2.0, 6.0]), plan(LINEAR, "msk-express", book)
    whole, short = draw_costs(demand, "msk-express", book).usd, too_small(demand, held)
    monkeypatch.setattr("streamplan.planning.least_costs.BLOCK", 100)
    assert np.array_equal(draw_costs(demand, "msk-express", book).usd, whole)
    assert np.array_equal(too_small(demand, held), short) and 0 < short.mean() < 1


def test_offers_shared_out_over_the_cores_give_the_same(monkeypatch):
    import streamplan.analyses.risk.risk as module

    arguments = (LINEAR, [METERED, "msk-standard", "kafka-ec2-ebs", "astra-streaming"], 2, 32)
    alone = risk(*arguments, budget=7000)
    monkeypatch.setattr(module, "LEAST_SHARED", 0)
    shared = risk(*arguments, budget=7000)
    for one, other in zip(alone.offers, shared.offers, strict=True):
        for name in ("by_month", "total", "likely", "over_budget", "too_small", "infeasible", "unpriced"):
            assert np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True), name
        assert one.too_small_ever == other.too_small_ever
