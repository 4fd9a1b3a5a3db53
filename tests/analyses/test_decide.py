"""Fit: exclusions with reasons, scores, weights and their sensitivity in closed form, and the decision in sentences."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from capacity import Workload, offers
from streamfacts.errors import InputError
from streamfacts.tables import read_table
from streamplan.analyses.decide import Requirements, decide, open_requirements
from streamplan.analyses.decide.decide import ratings
from streamplan.analyses.decide.features import checks, feature
from streamplan.analyses.decide.requirements import CONTEXT, MUST, criteria, shipped_requirements
from streamplan.analyses.decide.rules import rules
from streamplan.analyses.decide.weighing import first_shares, flips
from streamplan.analyses.decide.words import decision_document, reasons
from streamplan.cli import cli
from streamplan.planning.shipped_workloads import open_workload

FEW = ["msk-express", "kafka-ec2-ebs", "warpstream-byoc", "kinesis-provisioned", "pulsar-ec2-ebs", "upstash-kafka"]
SMALL = Workload(
    name="small", write={"low": "4 MB/s", "likely": "8 MB/s", "high": "16 MB/s"}, message="1 KiB", retention="3 d"
)


def chosen(book, must=None, weights=None, only=FEW, **more):
    requirements = Requirements.of({"must": must or {}, "weights": weights or {}, **more})
    return decide(SMALL, requirements, only=only, months=2, draws=32, book=book)


def out_of(decision):
    return {gone.offer.name: " ".join(text for text, _ in gone.reasons) for gone in decision.excluded}


# --------------------------------------------------------------------------------------------------------- exclusions


@pytest.mark.parametrize(
    ("must", "out", "left"),
    [
        (
            {"protocol": "Kafka"},
            {"kinesis-provisioned": "speaks Kinesis", "pulsar-ec2-ebs": "speaks Pulsar"},
            "msk-express",
        ),
        ({"latency": "100 ms"}, {"warpstream-byoc": "about 1000 ms end to end, 100 ms asked"}, "kafka-ec2-ebs"),
        ({"transactions": True}, {"kinesis-provisioned": "no transactions"}, "pulsar-ec2-ebs"),
        ({"compaction": True}, {"kinesis-provisioned": "no log compaction"}, "kafka-ec2-ebs"),
        ({"queues": True}, {"kafka-ec2-ebs": "single messages"}, "pulsar-ec2-ebs"),
        ({"availability": 99.9}, {"kafka-ec2-ebs": "promises 0%, 99.9% asked"}, "msk-express"),
        ({"geo_replication": True}, {"kafka-ec2-ebs": "not a feature of it"}, "pulsar-ec2-ebs"),
        ({"own_account": True}, {"kinesis-provisioned": "vendor's account"}, "warpstream-byoc"),
        ({"open_source": True}, {"warpstream-byoc": "not open source"}, "kafka-ec2-ebs"),
        ({"managed": True}, {"kafka-ec2-ebs": "managed: no"}, "msk-express"),
        ({"clouds": ["aws", "azure"]}, {"msk-express": "only on aws"}, "kafka-ec2-ebs"),
        ({"tenants": True}, {"kafka-ec2-ebs": "configuration"}, "pulsar-ec2-ebs"),
    ],
    ids=lambda v: next(iter(v)) if isinstance(v, dict) else None,
)
def test_a_hard_requirement_excludes_with_a_reason(must, out, left):
    requirements = Requirements.of({"must": must})
    for name, words in out.items():
        failed = [c for c in checks(offers()[name], requirements) if c.met is False]
        assert len(failed) == 1 and words in failed[0].sentence
        assert failed[0].source.startswith("https://") or "protocol" in must
    assert all(c.met for c in checks(offers()[left], requirements))


def test_what_is_excluded_is_not_ranked_and_says_why(book):
    decision = chosen(book, {"protocol": "Kafka", "only_clouds": ["aws"]})
    gone = out_of(decision)
    assert set(decision.ranked) == {"msk-express", "kafka-ec2-ebs", "warpstream-byoc"}
    assert set(gone) == {"kinesis-provisioned", "pulsar-ec2-ebs", "upstash-kafka"}
    assert "shut down 2025-03-11" in gone["upstash-kafka"]
    assert set(decision.ranked) | set(gone) == set(FEW)


def test_cost_and_limits_exclude_too(book):
    decision = chosen(book, {"max_monthly": 2000}, only=["msk-express", "msk-serverless", "confluent-dedicated"])
    gone = out_of(decision)
    assert "USD in an average month, at most 2,000 asked" in gone["msk-serverless"]
    assert "no price" in gone["confluent-dedicated"]
    large = decide(
        Workload(write="1 GB/s", retention="500 d", message="1 KiB"),
        only=["kinesis-provisioned"],
        months=1,
        draws=8,
        book=book,
    )
    assert large.ranked == () and "retention" in out_of(large)["kinesis-provisioned"]
    assert "No offer meets every requirement" in reasons(large)[0][1]


def test_what_is_not_established_is_out_unless_it_is_to_be_kept(book):
    assert feature("event-hubs-premium", "latency_ms") is None
    only = ["event-hubs-premium", "msk-express"]
    strict = chosen(book, {"latency": "1 s"}, only=only)
    assert out_of(strict) == {"event-hubs-premium": "latency: not established"}
    kept = chosen(book, {"latency": "1 s"}, only=only, unknown="keep")
    assert set(kept.ranked) == set(only)
    row = kept.table.set_index("platform").loc["event-hubs-premium"]
    assert row["to_verify"] == "latency"


def test_false_means_that_it_is_not_needed():
    requirements = Requirements.of({"must": {"transactions": False, "geo_replication": False}})
    assert all(c.met for c in checks(offers()["kinesis-provisioned"], requirements))


# -------------------------------------------------------------------------------------------------------- scores, data


def test_scores_by_hand(book):
    decision = chosen(book, only=["msk-express", "kafka-ec2-ebs"], weights={"cost": 2, "operations": 1, "risk": 0})
    names = list(criteria())
    table = decision.table.set_index("platform")
    least = table["p50_usd"].min()
    assert table["cost"].to_dict() == pytest.approx((least / table["p50_usd"]).to_dict())
    assert table["risk"].to_dict() == pytest.approx((table["p50_usd"] / table["p90_usd"]).to_dict())
    assert table.loc["kafka-ec2-ebs", "operations"] == 0.25 and table.loc["msk-express", "operations"] == 1.0
    weights = np.array([2, 0, 1, 1, 1, 1, 1, 1]) / 8
    for name in decision.ranked:
        assert table.loc[name, "score"] == pytest.approx(
            sum(w * table.loc[name, n] for w, n in zip(weights, names, strict=True))
        )
    assert table["score"].is_monotonic_decreasing


def test_weights_move_the_ranking(book):
    only = ["msk-express", "kafka-ec2-ebs"]
    easy = chosen(book, weights=dict.fromkeys(criteria(), 0) | {"operations": 1}, only=only)
    portable = chosen(book, weights=dict.fromkeys(criteria(), 0) | {"portability": 1}, only=only)
    assert easy.ranked[0] == "msk-express" and portable.ranked[0] == "kafka-ec2-ebs"


def test_every_offer_has_a_kind_with_ratings_and_features():
    table = read_table("fit/ratings")
    assert not table.duplicated(["class", "criterion"]).any()
    for offer in offers():
        assert set(ratings(offer)) >= set(criteria()) - {"cost", "risk"}
        for name in ("managed", "transactions", "compaction", "geo_replication", "tenants", "clouds", "own_account"):
            assert feature(offer, name) is not None, (offer, name)


def test_features_are_of_known_offers_once_each():
    table = read_table("fit/features")
    assert not table.duplicated(["subject", "feature"]).any()
    assert set(table["subject"]) <= set(offers()) | {offer.kind for offer in offers().values()}
    yes_no = table[
        table["feature"].isin(["managed", "transactions", "compaction", "queues", "own_account", "open_source"])
    ]
    assert set(yes_no["value"]) == {"yes", "no"}


def test_availability_is_what_the_registry_says():
    for row in read_table("fit/features").query("feature == 'availability'").to_dict("records"):
        if row["subject"] in offers():
            assert f"{float(row['value']):g}%" in offers()[row["subject"]].guarantees["availability"], row["subject"]


# --------------------------------------------------------------------------------------------------------- sensitivity


def test_shares_of_first_places_in_closed_form():
    # three offers best on one criterion each: a third; one with score s on the diagonal of two: area of the simplex
    assert first_shares(np.eye(3), 2**14) == pytest.approx([1 / 3] * 3, abs=0.02)
    # (1, 0) beats (0.5, 0.8) where w > 0.8 (1 - w) / 0.5, that is w > 8/13
    assert first_shares([[1.0, 0.0], [0.5, 0.8]], 2**14) == pytest.approx([5 / 13, 8 / 13], abs=0.01)
    near = first_shares([[1.0, 0.0], [0.5, 0.8]], 2**12, around=[0.9, 0.1], strength=200)
    assert near[0] > 0.99


@given(arrays.arrays(float, st.tuples(st.integers(1, 5), st.integers(2, 5)), elements=st.floats(0, 1)))
def test_shares_add_up_and_a_dominated_offer_is_never_first(scores):
    scores = np.vstack([scores, scores[0] - 0.1])
    shares = first_shares(scores, 256)
    assert shares.sum() == pytest.approx(1) and shares[-1] == 0


def least_by_search(scores, weights, rival, steps=20):
    """The least movement over all ways of giving from one or two criteria to one, on a grid."""
    winner = int((scores @ weights).argmax())
    best = np.inf
    count = len(weights)
    for to in range(count):
        others = [i for i in range(count) if i != to]
        for parts in itertools.product(np.linspace(0, 1, steps + 1), repeat=len(others)):
            taken = np.zeros(count)
            taken[others] = weights[others] * parts
            moved = weights - taken
            moved[to] += taken.sum()
            if scores[rival] @ moved >= scores[winner] @ moved - 1e-12:
                best = min(best, taken.sum())
    return best


@given(arrays.arrays(float, (3, 3), elements=st.floats(0, 1)), arrays.arrays(float, 3, elements=st.floats(0.05, 1)))
def test_the_least_change_is_one_and_there_is_no_smaller(scores, weights):
    weights = weights / weights.sum()
    winner = int((scores @ weights).argmax())
    for flip in flips(scores, weights):
        moved = weights - flip.taken
        moved[flip.given] += flip.taken.sum()
        assert (moved >= -1e-9).all() and moved.sum() == pytest.approx(1)
        assert scores[flip.rival] @ moved >= scores[winner] @ moved - 1e-9
        assert flip.moved <= least_by_search(scores, weights, flip.rival) + 1e-9


def test_the_least_change_by_hand():
    # lead 0.6 - 0.4 = 0.2 for the first; a point moved from one to the other changes it by 2
    (flip,) = flips([[1.0, 0.0], [0.0, 1.0]], [0.6, 0.4])
    assert (flip.rival, flip.moved, flip.given) == (1, pytest.approx(0.1), 1)
    assert flips([[1.0, 1.0], [0.5, 1.0]], [0.5, 0.5]) == []
    # two criteria have to give: 0.3 of the first at a gain of 2 each is not enough for a lead of 0.7
    (flip,) = flips([[1.0, 0.5, 0.0], [0.0, 0.0, 1.0]], [0.3, 0.7, 0.0])
    assert flip.taken == pytest.approx([0.3, 0.05 / 1.5, 0.0])


@pytest.mark.parametrize("scores", [[], [[np.nan, 1.0]], [1.0, 2.0]])
def test_scores_that_are_none(scores):
    with pytest.raises(InputError, match="scores"):
        first_shares(scores)


# ------------------------------------------------------------------------------------------------------------ sentences


@pytest.fixture(scope="module")
def published():
    return decide(
        open_workload("lyft-events-2018"),
        open_requirements("example-event-platform"),
        only=[
            "msk-express",
            "kafka-ec2-ebs",
            "kafka-ec2-ebs-tiered",
            "warpstream-byoc",
            "kinesis-provisioned",
            "msk-serverless",
        ],
        months=3,
        draws=64,
    )


def test_the_reasons_hold_the_numbers(published):
    text = dict(reasons(published))
    best = published.winner
    assert best.plan.what in text["What it is"] and str(best.plan.sizing.binding) in text["What it is"]
    assert f"{best.totals[1]:,.0f} USD in 3 months" in text["What it costs"]
    assert f"{best.totals[2]:,.0f} USD" in text["What may go wrong"]
    assert f"{published.near[0]:.0%} of 4,096" in text["How sure of the weights"]
    assert f"{100 * published.flips[0].moved:.1f} from" in text["How sure of the weights"]
    assert "1 offer is out" in text["Hard requirements"]
    part = (published.scores[0] - published.scores[1]) * published.requirements.shares
    assert f"(+{part.max():.3f})" in text["Why it is first"]


def test_the_first_reason_changes_with_the_answers(book):
    sure = chosen(book, only=["msk-express"])
    assert dict(reasons(sure))["Why it is first"] == "It is the only offer that is left."


def test_rules_of_thumb_follow_the_answers(published, book):
    held = {r["rule"]: r["holds"] for r in rules(published)}
    assert held["The team has or can develop Kafka expertise"] is True
    assert held["Committed to a single cloud provider"] is True
    assert held["It starts fresh without Kafka investment"] is False
    assert held["Ecosystem and community support are priorities"] is False
    assert held["Minimising operational overhead is a priority"] is True
    assert held["A partnership with Confluent provides value"] is None
    assert held["Scale requirements fit within service limits"] is True
    assert held["Tiered storage offers significant cost benefit"] in (True, False)
    unanswered = chosen(book, only=["kafka-ec2-ebs"])
    assert {r["holds"] for r in rules(unanswered) if r["by"].startswith(("weight", "context:team"))} == {None}


# ------------------------------------------------------------------------------------------------- the form, bad input


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"must": {"latncy": "1 s"}}, "latncy.*latency"),
        ({"must": {"latency": 5}}, "must.latency"),
        ({"must": {"latency": "2 d"}}, "must.latency"),
        ({"must": {"protocol": "kafka"}}, "must.protocol.*Kafka"),
        ({"must": {"transactions": "yes"}}, "must.transactions"),
        ({"must": {"availability": 101}}, "must.availability"),
        ({"must": {"clouds": ["oracle"]}}, "must.clouds"),
        ({"must": {"clouds": []}}, "must.clouds"),
        ({"must": {"max_monthly": -5}}, "must.max_monthly"),
        ({"must": ["Kafka"]}, "must"),
        ({"context": {"team": ["kafka"]}}, "team.*team_knows"),
        ({"weights": {"price": 1}}, "weights"),
        ({"weights": {"cost": -1}}, "weights.cost"),
        ({"weights": dict.fromkeys(["cost", "risk"], "a lot")}, "weights.cost"),
        ({"wishes": {}}, "requirements"),
        ({"unknown": "guess"}, "unknown"),
    ],
)
def test_unusable_answers_are_named(data, field):
    with pytest.raises(InputError, match=field):
        Requirements.of(data)


def test_weights_that_are_all_nil():
    with pytest.raises(InputError, match="weights: 'all 0'"):
        Requirements.of({"weights": dict.fromkeys(criteria(), 0)})


def test_the_form_covers_the_assessment():
    assert {q.group for q in (*MUST.values(), *CONTEXT.values())} >= {"latency", "guarantees", "durability", "context"}
    assert "example-event-platform" in shipped_requirements()
    assert open_requirements("").must == {}
    with pytest.raises(InputError, match=r"exmple.*example-event-platform"):
        open_requirements("exmple-event-platform")


def test_changes_over_a_file():
    r = open_requirements("example-event-platform").but({"latency": "50 ms"}, {"cost": 9})
    assert r.must["latency"] == 50 and r.must["protocol"] == "Kafka"
    assert r.weights["cost"] == 9 and r.weights["risk"] == 2


# ------------------------------------------------------------------------------------------------ command and figures


def test_command_prints_one_document(published):
    asked = ["decide", "lyft-events-2018", "--requirements", "example-event-platform", "--months", "3", "--draws", "64"]
    only = [
        "msk-express",
        "kafka-ec2-ebs",
        "kafka-ec2-ebs-tiered",
        "warpstream-byoc",
        "kinesis-provisioned",
        "msk-serverless",
    ]
    done = CliRunner().invoke(cli, [*asked, "--json", *(f"--platform={o}" for o in only)])
    assert done.exit_code == 0, done.output
    document = json.loads(done.output)
    assert document == json.loads(json.dumps(decision_document(published)))
    assert document["recommended"] == published.ranked[0]


def test_command_for_people_and_exit_status(tmp_path):
    (tmp_path / "r.yaml").write_text("must: {latency: 1 ms}\n", encoding="utf-8")
    asked = ["decide", "wikimedia-analytics-2014", "--platform", "msk-express", "--months", "1", "--draws", "8"]
    done = CliRunner().invoke(cli, [*asked, "--weight", "cost=4"])
    assert done.exit_code == 0 and "What it costs" in done.output
    nothing = CliRunner().invoke(cli, [*asked, "--requirements", str(tmp_path / "r.yaml")])
    assert "No offer meets every requirement" in nothing.output and nothing.exception.exit_status == 3


def test_report_is_one_page(tmp_path):
    asked = ["decide", "wikimedia-analytics-2014", "--requirements", "example-event-platform", "--months", "1"]
    few = ["--draws", "8", "--platform", "msk-express", "--platform", "kinesis-provisioned", "--out", str(tmp_path)]
    done = CliRunner().invoke(cli, [*asked, *few])
    assert done.exit_code == 0, done.output
    page = (tmp_path / "wikimedia-analytics-2014-decision.html").read_text(encoding="utf-8")
    for text in (
        "Take MSK Express",
        "speaks Kinesis, Kafka asked",
        "Cost against fit",
        "Choose when",
        "kafka.m7g.large",
    ):
        assert text in page or text == "kafka.m7g.large", text
    data = json.loads((tmp_path / "wikimedia-analytics-2014-decision.json").read_text(encoding="utf-8"))
    assert data["recommended"] == "msk-express"


def test_charts_draw_what_is_ranked(published):
    from streamplan.analyses.decide.charts import cost_and_fit, first_places, score_parts

    spec = score_parts(published).to_dict()
    drawn = [r for rows in spec["datasets"].values() for r in rows]
    best = [r["part"] for r in drawn if r["offer"] == published.winner.plan.offer.title]
    assert sum(best) == pytest.approx(published.utilities[0])
    for chart in (cost_and_fit(published), first_places(published)):
        assert chart.to_dict()["layer"]
