"""The answer: the odds behind it, the lines that decide it, and its sentences against the numbers beside them."""

from __future__ import annotations

import datetime as dt
import json
import re

import numpy as np
import pytest

from capacity import Workload
from streamfacts.tables import regions
from streamplan.analyses.compare.answer import answer_of
from streamplan.analyses.compare.recommendation import answer_rows, recommendation_of
from streamplan.analyses.compare.words import study_document
from streamplan.planning.chances import chances_of, totals_over
from streamplan.planning.horizon import SCALES
from streamplan.planning.shipped_workloads import open_workload, shipped_workloads
from streamplan.planning.study import study
from streamplan.views.json import dumps

ON = dt.date(2026, 12, 1)


@pytest.fixture(scope="module")
def studies():
    return {name: study(open_workload(name, None), scales=SCALES) for name in shipped_workloads()}


def test_each_shipped_workload_is_answered_in_its_own_cloud(studies):
    for name, found in studies.items():
        best = recommendation_of(found)
        assert best is not None, name
        assert best.plan.offer.provider == regions()[found.workload.region], name
        assert answer_of(found, ON).headline.startswith(best.plan.offer.title)


_UNDER = re.compile(r"([\d,]+) for (?:bill and work together|its bill), (\d+)% under [^:.]*? at ([\d,]+)")
_OF = re.compile(r"(\d+)% of the bill, ([\d,]+) of ([\d,]+)")
_SAVES = re.compile(r": ([\d,]+) USD a month at list prices.*would save ([\d,]+) \((\d+)%\)")


def number(text: str) -> float:
    return float(text.replace(",", ""))


def test_every_percentage_is_that_of_the_numbers_beside_it(studies):
    seen = {"under": 0, "of": 0, "saves": 0}
    for found in studies.values():
        text = " ".join(fact for _, fact in answer_of(found, ON).facts)
        for ours, percent, theirs in _UNDER.findall(text):
            assert float(percent) == pytest.approx(100 * (1 - number(ours) / number(theirs)), abs=0.51), text
            seen["under"] += 1
        for percent, part, whole in _OF.findall(text):
            assert float(percent) == pytest.approx(100 * number(part) / number(whole), abs=0.51), text
            seen["of"] += 1
        for whole, saved, percent in _SAVES.findall(text):
            assert float(percent) == pytest.approx(100 * number(saved) / number(whole), abs=0.51), text
            seen["saves"] += 1
        # no percentage stands alone: all others are shares of draws, of a ceiling, or of the model's spread
        rest = _SAVES.sub("", _OF.sub("", _UNDER.sub("", text)))
        for percent in re.finditer(r"\d+%", rest):
            around = rest[max(0, percent.start() - 40) : percent.end() + 40]
            assert re.search(r"draws|in \d+%|used|allowed|hold in|think|SLA|fleet|disk", around), around
    assert min(seen.values()) > 0, seen


def test_the_lines_of_a_reason_add_up_to_the_difference(studies):
    for found in studies.values():
        best = recommendation_of(found)
        for other in filter(None, (best.next, best.usual)):
            gap = found.ranks_at(other) - found.ranks_at(best.plan)
            assert sum(row.usd for row in best.because(other)) == pytest.approx(gap, abs=0.5)
            assert sum(best.lines(other).values()) == pytest.approx(found.ranks_at(other), abs=0.01)


def test_odds_are_shares_of_the_same_draws(studies):
    for found in studies.values():
        chances = chances_of(found)
        assert sum(chances.cheapest.values()) <= 1.0 + 1e-9
        best = recommendation_of(found)
        low, high = best.interval
        assert low is None or high is None or low <= high
        for other in best.tied:
            assert chances.below(other.offer.name, best.name) >= 0.25


def test_without_uncertainty_draws_cost_what_the_plan_costs():
    """A quota service whose inputs are single values: every draw bills the plan's own bill to the cent."""
    w = Workload(write="10 MB/s", message="1 KiB", fan_out=2, retention="1 d", peak_ratio=1.5)
    found = study(w, only=["kinesis-provisioned", "msk-express"])
    chances = chances_of(found)
    p = found.plan_of("kinesis-provisioned")
    assert np.ptp(chances.bill["kinesis-provisioned"]) == 0
    assert chances.bill["kinesis-provisioned"][0] == pytest.approx(p.monthly_usd, abs=0.005)
    assert totals_over(found, p, (12,))[12] == pytest.approx(12 * p.monthly_usd, abs=0.05)


def test_growth_moves_the_years_and_not_the_month():
    grown = Workload(write="10 MB/s", message="1 KiB", fan_out=2, retention="1 d", growth={"yearly": "30%"})
    found = study(grown, only=["kinesis-provisioned"])
    best = recommendation_of(found)
    year, three, five = (best.over[months][1] for months in (12, 36, 60))
    assert year > 12 * best.monthly_usd and three > 3 * year and five > 5 / 3 * three


def test_the_document_carries_the_answer_and_rows_in_rank_order(studies):
    found = studies["lyft-events-2018"]
    document = json.loads(dumps(study_document(found)))
    answer, rows = document["answer"], document["platforms"]
    wanted = {"platform", "cloud", "monthly_usd", "p10_usd", "p90_usd", "cheapest_odds", "too_small_odds", "tied_with"}
    assert wanted | {"because"} <= answer.keys()
    assert rows[0]["platform"] == answer["platform"] and rows[0]["monthly_usd"] == answer["monthly_usd"]
    assert [r["home"] for r in rows] == sorted((r["home"] for r in rows), reverse=True)
    assert all({"line", "usd"} == row.keys() for row in answer["because"]) and answer["because"]


def test_the_age_of_prices_stands_beside_a_total():
    found = study(Workload(write="10 MB/s", message="1 KiB"), only=["msk-standard"])
    (row,) = answer_rows(found, ON)
    lines = found.plan_of("msk-standard").bill.records(ON)
    assert row["as_of_oldest"] == min(r["as_of"] for r in lines if r["cost"])
    assert row["stale_usd"] == pytest.approx(sum(r["cost"] for r in lines if r["stale"]))


def test_a_workload_that_nothing_carries_says_so():
    found = study(Workload(write="10 MB/s", message="1 KiB", max_message="500 MB"), only=["msk-serverless"])
    assert recommendation_of(found) is None
    assert answer_of(found, ON).headline.startswith("No offer")


def test_what_would_change_it_is_what_another_throughput_finds():
    """At 100 MiB/s Kinesis is the first by bill and work; at ten times as much WarpStream is, here and on its own."""
    fields = {"peak_ratio": 1.5, "message": "1 KiB", "fan_out": 3, "retention": "3 d"}
    small = study(Workload(write="100 MiB/s", **fields), scales=SCALES)
    large = study(Workload(write="1000 MiB/s", **fields))
    assert small.recommended.offer.name == "kinesis-provisioned" and large.recommended.offer.name == "warpstream-byoc"
    said = dict(answer_of(small, ON).facts)["What would change it"]
    cost = large.recommended.monthly_usd + small.work["warpstream-byoc"]
    found = re.search(r"t 10 times the throughput, WarpStream [^;]*? is the first at ([\d,]+) for bill", said)
    assert number(found[1]) == pytest.approx(cost, rel=0.01)


def test_only_offers_that_win_are_tied(studies):
    for found in studies.values():
        best = recommendation_of(found)
        assert all(best.chances.cheapest[p.offer.name] >= 0.05 for p in best.tied)


def test_an_unpriced_region_says_how_to_get_its_prices():
    found = study(Workload(write="10 MB/s", message="1 KiB", region="uksouth"))
    assert recommendation_of(found) is None
    why = dict(answer_of(found, ON).facts)["Why"]
    assert "prices coverage --region uksouth" in why and "--price-book" in why
