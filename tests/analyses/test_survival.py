"""A decision with RPO and RTO: the cheapest design that keeps them is in the cost, without one an offer is out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from capacity import Workload
from pricing import PriceBook
from streamfacts.errors import InputError
from streamplan.analyses.decide import Requirements, decide, open_requirements
from streamplan.analyses.decide.words import answers, decision_document, ranking_page, reasons, survival_page
from streamplan.analyses.resilience.resilience import MEETS, resilience
from streamplan.analyses.risk.risk import risk
from streamplan.cli import cli
from streamplan.planning.people import People

FORMS = sorted((Path(__file__).parents[2] / "examples" / "decisions").glob("*.yaml"))
ONLY = ["kafka-ec2-ebs", "warpstream-byoc", "kinesis-provisioned"]
W = Workload(
    name="small", write={"low": "4 MB/s", "likely": "8 MB/s", "high": "16 MB/s"}, message="1 KiB", retention="1 d"
)
CHOICES = {"months": 2, "draws": 32}


def decided(book, only=ONLY, people=None, **form):
    return decide(W, Requirements.of(form), only=only, book=book, people=people, **CHOICES)


@pytest.fixture(scope="module")
def kept():
    return decided(PriceBook.load(), must={"rpo": "1 min", "rto": "12 h"})


def test_each_cost_is_that_of_the_cheapest_design_within_the_aim(kept, book):
    assert set(kept.ranked) == {"kafka-ec2-ebs", "warpstream-byoc"}
    for name in kept.ranked:
        study = resilience(W, name, "1 min", "12 h", draws=1024, book=book)
        cheapest = study.cheapest
        built = kept.survivals[name]
        assert built.result.design == cheapest.design and built.result.status == MEETS
        assert built.factor == pytest.approx(cheapest.monthly_usd / study.base_usd) and built.factor > 1.5
        alone = kept.study.risk_of(name)
        assert kept.risk_of(name).total == pytest.approx(alone.total * built.factor)
        assert kept.risk_of(name).by_month == pytest.approx(alone.by_month * built.factor)
        row = kept.table.set_index("platform").loc[name]
        assert row["p50_usd"] == pytest.approx(alone.totals[1] * built.factor)
        assert row["design_usd"] == pytest.approx(cheapest.monthly_usd - study.base_usd)


def test_an_offer_that_no_design_serves_is_out_with_the_reason(kept):
    gone = {g.offer.name: g.reasons for g in kept.excluded}
    assert set(gone) == {"kinesis-provisioned"}
    ((why, _),) = gone["kinesis-provisioned"]
    assert why.startswith("RPO 1 min and RTO 12 h after loss of a region: ")
    assert "nothing is in another region" in why and "asked 12 h" in why


def test_a_design_that_only_lacks_a_price_is_told_apart(book):
    lacking = replace(book, prices={key: rows for key, rows in book.prices.items() if key[2] != "us-west-2"})
    (out,) = decided(lacking, only=["kafka-ec2-ebs"], must={"rpo": "1 min"}).excluded
    ((why, _),) = out.reasons
    assert "would keep it, but there is no price for aws.ec2.instance" in why and "in us-west-2 and" in why
    assert "nothing is in another region" not in why  # what would do with a price is what matters


def test_a_wish_keeps_an_offer_and_says_so(kept, book):
    wished = decided(book, wish={"rpo": "1 min", "rto": "12 h"})
    assert set(wished.ranked) == set(ONLY)
    assert wished.survivals["kafka-ec2-ebs"].factor == kept.survivals["kafka-ec2-ebs"].factor
    left = wished.survivals["kinesis-provisioned"]
    assert left.factor == 1.0 and left.result.design.name == "stretched-zones"
    assert "nothing is in another region" in left.unmet
    first = decided(book, only=["kinesis-provisioned"], wish={"rpo": "1 min"})
    assert "Wished and not kept: RPO 1 min after loss of a region" in dict(reasons(first))["What it survives"]


def test_a_wish_beyond_what_must_be_is_given_up_first(book):
    easy = decided(book, only=["kafka-ec2-ebs"], must={"rto": "30 d"})
    strict = decided(book, only=["kafka-ec2-ebs"], must={"rto": "30 d"}, wish={"rto": "1 s"})
    (one,), (other,) = easy.survivals.values(), strict.survivals.values()
    assert one.unmet == "" and other.unmet.startswith("RTO 1 s")
    assert one.factor == other.factor and one.result.design == other.result.design
    assert one.result.design.name == "backup"  # dearer ones keep 30 days too


def test_what_the_plan_survives_anyway_costs_nothing_more(book):
    zone = decided(book, only=["kafka-ec2-ebs"], must={"rto": "1 h", "losses": ["zone"]})
    built = zone.survivals["kafka-ec2-ebs"]
    assert built.factor == 1.0 and built.result.design.name == "stretched-zones" and not built.unmet
    assert "that adds" not in dict(reasons(zone))["What it survives"]


def test_deletion_asks_for_a_backup(book):
    both = decided(book, only=["kafka-ec2-ebs"], must={"rpo": "1 h", "losses": ["region", "deletion"]})
    assert "backup" in both.survivals["kafka-ec2-ebs"].result.design.name


def test_the_most_that_a_month_may_cost_is_that_of_the_design(book):
    alone = decided(book, only=["kafka-ec2-ebs"])
    limit = 1.2 * float(alone.risk_of("kafka-ec2-ebs").totals[1]) / 2
    assert decided(book, only=["kafka-ec2-ebs"], must={"max_monthly": limit}).ranked
    out = decided(book, only=["kafka-ec2-ebs"], must={"max_monthly": limit, "rto": "12 h"})
    assert not out.ranked and "in an average month" in out.excluded[0].reasons[0][0]


def test_nothing_changes_where_nothing_is_asked(book):
    plain = decided(book)
    assert plain.survivals == {} and plain.requirements.aim is None
    study = risk(W, ONLY, 2, 32, book=book)
    for name in plain.ranked:
        assert np.array_equal(plain.risk_of(name).total, study.risk_of(name).total)
    assert "What it survives" not in dict(reasons(plain))
    assert "asks for no RPO" in str(survival_page(plain))
    assert "design" not in str(ranking_page(plain)).split("</thead>")[0]


def test_people_are_in_every_cost_where_they_are_asked_for(book):
    plain, staffed = decided(book, only=ONLY[:2]), decided(book, only=ONLY[:2], people=People.load())
    study = risk(W, ONLY[:2], 2, 32, book=book, people=People.load())
    for name in ONLY[:2]:
        assert np.array_equal(staffed.risk_of(name).total, study.risk_of(name).total)
        assert staffed.risk_of(name).totals[1] > plain.risk_of(name).totals[1]
    assert "are people, tools and support" in dict(reasons(staffed))["What it costs"]
    assert "people" not in dict(reasons(plain))["What it costs"]
    # those who run the second region are in the design
    assert decided(book, only=ONLY[:1], people=People.load(), must={"rto": "12 h"}).survivals[ONLY[0]].factor > 1


def test_the_numbers_reach_page_and_document(kept):
    name = kept.ranked[0]
    built = kept.survivals[name]
    text = dict(reasons(kept))
    assert f"{built.extra_usd:,.0f} USD a month" in text["What it survives"]
    assert built.result.design.title in text["What it survives"] and "us-west-2" in text["What it survives"]
    assert "Meets RPO, RTO." in text["Hard requirements"]
    assert built.result.design.name in str(ranking_page(kept))
    assert built.result.design.title in str(survival_page(kept))
    document = decision_document(kept)
    assert document["must"] == {"rpo": 60.0, "rto": 43200.0}
    assert document["platforms"][0]["design"] == built.result.design.name
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    given = {(row["part"], row["answer"]) for row in answers(kept) if row["group"] == "resilience"}
    assert ("must", "1 min") in given and ("must", "12 h") in given


@pytest.mark.parametrize(
    ("data", "names"),
    [
        ({"must": {"rpo": 5}}, "must.rpo: 5.*unit is missing"),
        ({"must": {"rto": "-1 h"}}, "must.rto"),
        ({"must": {"rto": "2 years"}}, "must.rto"),
        ({"wish": {"rpo": "5 MB"}}, "wish.rpo"),
        ({"wish": {"latency": "5 ms"}}, "wish: question.*latency"),
        ({"wish": ["rpo"]}, "wish"),
        ({"must": {"losses": ["regoin"]}}, "must.losses.*region"),
    ],
    ids=str,
)
def test_bad_answers_are_named(data, names):
    with pytest.raises(InputError, match=names):
        Requirements.of(data)


@pytest.mark.parametrize("path", FORMS, ids=lambda p: p.stem)
def test_the_example_decides_for_its_workload(path):
    """A form of `examples/decisions` is named after the published workload that it is for."""
    form = open_requirements(path)
    assert form.aim is not None and form.aim.hard
    few = ["warpstream-byoc", "kafka-ec2-ebs", "kinesis-provisioned"]
    asked = ["decide", path.stem, "--requirements", str(path), "--people", "--months", "1", "--draws", "8", "--json"]
    done = CliRunner().invoke(cli, [*asked, *(f"--platform={name}" for name in few)])
    assert done.exit_code == 0, done.output
    document = json.loads(done.output)
    assert document["recommended"] in few[:2] and document["people"] is True
    assert {row["reason"] for gone in document["excluded"] for row in gone["reasons"]} == {
        "speaks Kinesis, Kafka asked"
    }


def test_there_is_an_example():
    assert [p.stem for p in FORMS] == ["lyft-events-2018"]
