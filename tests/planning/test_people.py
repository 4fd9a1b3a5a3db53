"""People and platform: each formula by hand, off by default, drawn with the rest, and what cannot be used refused."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from capacity import Workload, find_offer, offers
from capacity.demand.draws import demand_of, draw, uncertain_inputs
from streamfacts.errors import InputError, MissingFact
from streamfacts.tables import read_table
from streamplan.analyses.commitments.commitments import commit
from streamplan.analyses.levers.levers import study_levers
from streamplan.analyses.risk.risk import risk
from streamplan.analyses.risk.words import uncertain_inputs as inputs_page
from streamplan.analyses.runway.inverse import most_of_budget
from streamplan.analyses.sensitivity.sensitivity import sensitivity
from streamplan.cli import main
from streamplan.planning.least_costs import draw_costs
from streamplan.planning.people import UNITS, People, asked
from streamplan.planning.plan import cost_all, plan
from streamplan.planning.study import study

W = Workload(write="20 MB/s", message="1 KiB", fan_out=2, retention="1 d", peak_ratio=1.5)
KAFKA = "kafka-ec2-ebs"
EXTRA = {"people", "support", "tooling"}


@pytest.fixture
def own(tmp_path):
    """Write rows of one's own and return the path of the file."""

    def write(*rows, header="item,applies_to,low,likely,high,unit"):
        path = tmp_path / "mine.csv"
        path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        return path

    return write


# ------------------------------------------------------------------------------------------------------------ by hand


def test_published_example_of_a_support_plan():
    """AWS: 150,000 at 10% + 350,000 at 7% + 500,000 at 5% + 200,000 at 3% = 70,500 USD."""
    fee = People.load(support="partner-led").support_of(find_offer("msk-standard")).fee
    assert float(fee(1.2e6)) == pytest.approx(70_500)
    assert float(fee(1000.0)) == 7500  # the minimum
    assert fee(np.array([[0.0, 150e3], [500e3, 1e6]])).tolist() == [[7500, 15000], [39500, 64500]]


def test_head_count_and_its_cost_by_hand(book, own):
    rows = (
        "staff_base,kafka-ec2-ebs,2,2,2,FTE",
        "staff_per_cluster,kafka-ec2-ebs,0.5,0.5,0.5,FTE/cluster",
        "staff_per_10_nodes,kafka-ec2-ebs,1,1,1,FTE/10 nodes",
        "wage,*,84000,84000,84000,USD/year",
        "wage_share_of_cost,*,0.7,0.7,0.7,1",
        "training,*,1200,1200,1200,USD/FTE-year",
        "tooling_base,kafka-ec2-ebs,100,100,100,USD/month",
        "tooling_per_node,kafka-ec2-ebs,10,10,10,USD/node-month",
        "licence_per_node,kafka-ec2-ebs,500,500,500,USD/node-month",
        "support_quote,kafka-ec2-ebs,900,900,900,USD/month",
    )
    p = plan(W, KAFKA, book, people=People.load(own(*rows)))
    nodes = float(p.sizing.units)
    fte = 2 + 0.5 + nodes / 10
    cost = p.bill.lines.set_index("meter")["cost"]
    assert cost["people.staff"] == pytest.approx(fte * 84000 / 0.7 / 12)
    assert cost["people.training"] == pytest.approx(fte * 100)
    assert cost["people.tooling"] == pytest.approx(100 + 10 * nodes)
    assert cost["people.licence"] == pytest.approx(500 * nodes)
    assert cost["people.support"] == pytest.approx(900)
    assert p.monthly_usd == pytest.approx(cost.sum())


def test_support_is_a_share_of_the_bill_without_licences(book):
    p = plan(W, "warpstream-byoc", book, people=People.load())
    by_category = p.bill.lines.groupby("category")["cost"].sum()
    infrastructure = by_category.drop(["licence", *EXTRA & set(by_category.index)]).sum()
    assert by_category["licence"] > 0
    assert by_category["support"] == pytest.approx(max(0.10 * infrastructure, 100))  # below the second tier


def test_nodes_count_over_all_pools_and_clusters(book, own):
    people = People.load(own())
    assert people.items == People.load().items  # a file without rows changes nothing
    pulsar = plan(W, "pulsar-ec2-ebs", book, people=people)
    nodes = float(pulsar.sizing.units + sum(pulsar.sizing.pools.values()))
    item = people.item("staff_per_10_nodes", pulsar.offer).value.likely
    base = people.item("staff_base", pulsar.offer).value.likely
    of_cluster = people.item("staff_per_cluster", pulsar.offer).value.likely
    assert float(people.fte(pulsar.sizing)) == pytest.approx(base + of_cluster + item * nodes / 10)
    twice = plan(W, "pulsar-ec2-ebs", book, machine=pulsar.configuration, clusters=2)
    both = 2 * float(twice.sizing.units + sum(twice.sizing.pools.values()))
    assert float(people.fte(twice.sizing)) == pytest.approx(base + 2 * of_cluster + item * both / 10)


# ---------------------------------------------------------------------------------------------------- off and on


def test_off_by_default(book):
    without, with_them = study(W, book=book), study(W, book=book, people=People.load())
    assert not EXTRA & set(without.lines["category"])
    for p in without.plans:
        on = with_them.plan_of(p.offer.name)
        mine = [e for e in on.bill.entries if e.usage.meter.startswith("people.")]
        assert mine and len(on.bill.entries) - len(mine) == len(p.bill.entries)
        if on.configuration == p.configuration and p.monthly_usd is not None:
            assert on.monthly_usd - float(sum(e.cost for e in mine)) == pytest.approx(p.monthly_usd)


def test_lines_of_every_offer_are_complete(book):
    """Every offer of the registry finds its rows, and each line names source, date and confidence."""
    for name in offers():
        lines = plan(W, name, book, people=People.load()).bill.lines
        mine = lines[lines["meter"].str.startswith("people.")]
        assert {"people", "tooling"} <= set(mine["category"]), name
        assert (mine["source"] != "").all() and (mine["as_of"] != "").all() and (mine["confidence"] != "").all()
        assert (mine["cost"] >= 0).all()


def test_people_may_change_the_order_of_the_offers(book):
    only = ["kafka-ec2-ebs", "msk-express"]
    people = study(W, only=only, book=book, people=People.load()).table.set_index("platform")["monthly_usd"]
    assert people["msk-express"] < people["kafka-ec2-ebs"]  # self-managed needs more people, whatever the brokers cost


def test_ranges_of_people_reach_low_and_high(book):
    row = study(W, only=[KAFKA], book=book, people=People.load()).table.iloc[0]
    assert row["low_usd"] < row["monthly_usd"] < row["high_usd"]
    fixed = study(W, only=[KAFKA], book=book).table.iloc[0]
    assert fixed["low_usd"] == fixed["high_usd"]


def test_one_law_for_any_shape(book):
    """All configurations at once and one after the other give the same bill."""
    people = People.load()
    costed = cost_all(plan(W, KAFKA, book).sizing.demand, KAFKA, book, people=people)
    for index in (0, 17, 100):
        machine = str(costed.sizing.configuration[index])
        one = plan(W, KAFKA, book, machine=machine, clusters=1, people=people)
        assert float(costed.bill.pick(index).subtotal) == pytest.approx(float(one.bill.subtotal))


# ------------------------------------------------------------------------------------------------------------- drawn


def test_drawn_with_the_other_inputs(book):
    still = risk(W, ["kinesis-provisioned"], months=2, draws=256, book=book)
    drawn = risk(W, ["kinesis-provisioned"], months=2, draws=256, book=book, people=People.load(support="none"))
    assert np.ptp(still.offers[0].total) == 0
    p10, p50, p90 = drawn.offers[0].totals
    assert still.offers[0].totals[0] < p10 < p50 < p90
    assert "people.wage.*" in drawn.inputs
    assert not any("Kafka" in name for name in drawn.inputs)  # rows that no offer uses are not drawn
    again = risk(W, ["kinesis-provisioned"], months=2, draws=256, book=book, people=People.load(support="none"))
    assert (again.offers[0].total == drawn.offers[0].total).all()


def test_draws_of_the_workload_stay_as_they_were(book, own):
    """People who cost nothing, though their number is drawn, leave every total as it was."""
    uncertain = W.replace(write={"low": "10 MB/s", "likely": "20 MB/s", "high": "40 MB/s"})
    choices = {"only": ["kinesis-provisioned"], "months": 1, "draws": 128, "book": book}
    free = [f"{name},*,0,0,0,{UNITS[name]}" for name in ("wage", "training", "tooling_base", "tooling_per_node")]
    people = People.load(own(*free), support="none")
    nobody = risk(uncertain, people=people, **choices)
    assert "people.staff_base.Amazon Kinesis Data Streams" in nobody.inputs
    assert nobody.offers[0].total == pytest.approx(risk(uncertain, **choices).offers[0].total)


def test_people_of_two_offers_move_together(book, own):
    """Who needs many for one offer needs many for the other: ranks of the head counts correlate as stated."""

    def ranks(people):
        both = people.of([find_offer(KAFKA), find_offer("msk-express")])
        drawn = draw(both.inputs, 4096, 0, both.correlation(W.correlation)).values
        one, other = (drawn[f"people.staff_base.{f}"] for f in ("Apache Kafka, self-managed", "Amazon MSK"))
        return stats.spearmanr(one, other).statistic

    assert ranks(People.load()) == pytest.approx(0.8, abs=0.02)
    apart = own("rank_correlation_of_offers,*,0,0,0,1")
    assert ranks(People.load(apart)) == pytest.approx(0.0, abs=0.03)
    study_of_two = risk(W, [KAFKA, "msk-express"], months=1, draws=64, book=book, people=People.load())
    pair = ["people.staff_base.Apache Kafka, self-managed", "people.staff_base.Amazon MSK"]
    assert {"inputs": pair, "rank_correlation": 0.8} in study_of_two.correlations


def test_every_draw_costs_the_least_of_all_configurations(book):
    """Whatever is left out unlooked at to save time, the cost with people is that of all machine types and counts."""
    uncertain = W.replace(write={"low": "20 MB/s", "likely": "60 MB/s", "high": "300 MB/s"})
    for name in (KAFKA, "pulsar-ec2-ebs"):
        people = People.load().of([find_offer(name)])
        joint = draw({**uncertain_inputs(uncertain, 2), **people.inputs}, 64, 0, people.correlation(W.correlation))
        demand, drawn = demand_of(uncertain, joint, 2), people.drawn(joint)
        of_all = cost_all(demand, name, book, people=drawn).least
        assert np.isfinite(of_all).all()
        assert draw_costs(demand, name, book, people=drawn).usd == pytest.approx(of_all)


@given(spend=st.floats(0, 1e8), more=st.floats(0, 1e7), level=st.sampled_from(["developer", "business", "enterprise"]))
def test_a_larger_bill_is_never_cheaper_to_support(spend, more, level):
    for offer in ("msk-express", "confluent-standard", "event-hubs-premium", "pubsub"):
        fee = People.load(support=level).support_of(find_offer(offer)).fee
        assert fee(spend + more) >= fee(spend) >= 0
        assert fee(spend) <= max(float(fee(0.0)), 0.10 * spend + 1e-9)


def test_tiers_of_support_leave_no_gap():
    for _, rows in read_table("analyses/support").fillna({"spend_to": np.inf}).groupby(["applies_to", "level"]):
        ends = rows["spend_to"].tolist()
        assert rows["spend_from"].tolist() == [0, *ends[:-1]] and ends[-1] == np.inf
        assert rows["share"].between(0, 0.2).all() and rows["minimum_usd"].nunique() == 1


# --------------------------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    "row, names",
    [
        ("staff_bas,*,1,1,1,FTE", "staff_base"),
        ("staff_base,kafka-ec2,1,1,1,FTE", "kafka-ec2-ebs"),
        ("staff_base,*,1,1,1,people", "FTE"),
        ("staff_base,*,2,1,3,FTE", "low <= likely <= high"),
        ("staff_base,*,-1,1,3,FTE", "0"),
        ("staff_base,*,nan,1,3,FTE", "0"),
        ("staff_base,*,,1,3,FTE", "0"),
        ("wage_share_of_cost,*,0.7,0.8,1.2,1", "1"),
    ],
)
def test_rows_that_cannot_be_used(own, row, names):
    with pytest.raises(InputError) as error:
        People.load(own(row))
    assert names in str(error.value) and "row 2" in str(error.value)


def test_files_that_cannot_be_used(own, tmp_path):
    with pytest.raises(InputError, match="columns"):
        People.load(own("staff_base,1", header="item,likely"))
    with pytest.raises(InputError, match="readable"):
        People.load(tmp_path / "none.csv")
    with pytest.raises(InputError, match="support"):
        People.load(support="gold")


def test_a_level_that_an_offer_does_not_have():
    with pytest.raises(MissingFact, match=r"partner-led.*business"):
        People.load(support="partner-led").support_of(find_offer("pubsub"))


def test_asked_for_by_switch_or_file(own):
    assert asked(False) is None
    assert asked(True) is not None
    assert asked(False, [own("staff_base,*,1,1,1,FTE")]).items["staff_base", "*"].value.likely == 1


def test_command_line(capsys, tmp_path):
    path = tmp_path / "w.yaml"
    path.write_text("write: 20 MB/s\nmessage: 1 KiB\n", encoding="utf-8")

    def table(*flags):
        main(["compare", str(path), "--json", "--platform", KAFKA, *flags])
        return json.loads(capsys.readouterr().out)["platforms"][0]

    assert table("--people", "--support", "none")["monthly_usd"] > 2 * table()["monthly_usd"]
    with pytest.raises(SystemExit) as stop:
        main(["compare", str(path), "--people", "--support", "gold"])
    assert stop.value.code == 2
    assert "business" in capsys.readouterr().err


# --------------------------------------------------------------------------------------------- in the other analyses

RANGED = Workload(
    write={"low": "10 MB/s", "likely": "20 MB/s", "high": "40 MB/s"}, message="1 KiB", fan_out=2, retention="1 d"
)


def test_levers_save_people_with_the_machines(book):
    plain, staffed = study_levers(W, KAFKA, book=book), study_levers(W, KAFKA, book=book, people=People.load())
    assert plain.start.usd == plan(W, KAFKA, book).monthly_usd
    assert staffed.start.usd == plan(W, KAFKA, book, people=People.load()).monthly_usd > plain.start.usd
    assert staffed.stack["saving_usd"].sum() == pytest.approx(staffed.saving)
    # a move to a service takes people along
    moved = staffed.alone.set_index("lever").loc["diskless", "saving_usd"]
    assert moved > plain.alone.set_index("lever").loc["diskless", "saving_usd"]


def test_a_commitment_leaves_people_to_the_rest(book):
    choices = {"draws": 64, "book": book}
    plain, staffed = commit(RANGED, KAFKA, **choices), commit(RANGED, KAFKA, people=People.load(), **choices)
    assert staffed.on_demand == pytest.approx(plain.on_demand)
    assert (staffed.rest > plain.rest).all()
    known = [name for name in staffed.inputs if not name.startswith("people.")]
    assert known == list(plain.inputs) and len(staffed.inputs) > len(known)


def test_sensitivity_ranks_people_among_the_inputs(book):
    choices = {"months": 1, "draws": 64, "book": book}
    plain, staffed = sensitivity(RANGED, KAFKA, **choices), sensitivity(RANGED, KAFKA, people=People.load(), **choices)
    assert staffed.likely_usd == pytest.approx(plan(RANGED, KAFKA, book, people=People.load()).monthly_usd)
    assert set(staffed.tornado["input"]) - set(plain.tornado["input"]) == set(
        People.load().of([find_offer(KAFKA)]).inputs
    )
    # the tornado of staff by hand: one more person costs a wage over its share, a twelfth each month
    row = staffed.tornado.set_index("input").loc["people.staff_base.Apache Kafka, self-managed"]
    people = People.load()
    offer = find_offer(KAFKA)
    of_one = float(people.person_month(offer)) + people.item("training", offer).value.likely / 12
    assert row["swing_usd"] == pytest.approx((row["high"] - row["low"]) * of_one)


def test_a_budget_that_pays_people_carries_less(book, own):
    most = most_of_budget(W, KAFKA, 30_000.0, "write", draws=8, book=book)
    staffed = most_of_budget(W, KAFKA, 30_000.0, "write", draws=8, book=book, people=People.load())
    assert 0 < staffed.likely < most.likely
    assert (staffed.percentiles <= most.percentiles).all()
    free = [f"{n},*,0,0,0,{u}" for n, u in UNITS.items() if n.startswith(("staff", "training", "tooling"))]
    free = [line.replace("*", KAFKA) for line in free]
    nobody = most_of_budget(
        W, KAFKA, 30_000.0, "write", draws=8, book=book, people=People.load(own(*free), support="none")
    )
    assert nobody.likely == most.likely


@pytest.mark.parametrize(
    "command",
    [
        ["size", "example-100mib", "--platform", "msk-express"],
        ["explain", "example-100mib", "--platform", KAFKA],
        ["levers", "example-100mib", "--platform", "msk-express"],
        ["commit", "example-100mib", "--platform", KAFKA, "--draws", "16"],
        ["sensitivity", "lyft-events-2018", "--platform", "msk-express", "--months", "1", "--draws", "16"],
        ["chargeback", "example-four-teams", "--platform", "msk-express"],
    ],
    ids=lambda c: c[0],
)  # fmt: skip
def test_every_command_takes_people(command, capsys):
    main([*command, "--json"])
    plain = json.loads(capsys.readouterr().out)
    main([*command, "--people", "--json"])
    assert json.loads(capsys.readouterr().out) != plain


def test_a_runway_without_a_budget_has_nothing_that_people_count_against(capsys):
    asked_of = ["runway", "example-100mib", "--platform", "msk-express", "--machine", "express.m7g.large"]
    with pytest.raises(SystemExit) as end:
        main([*asked_of, "--units", "30", "--people"])
    assert end.value.code == 2
    assert "--budget" in capsys.readouterr().err


def test_what_a_line_of_people_rests_on_is_no_tier(book):
    lines = plan(W, KAFKA, book, people=People.load()).bill.lines.set_index("meter")
    assert (lines.loc[["people.staff", "people.tooling"], "tiers"] == "").all()
    assert "low" in set(lines.loc[["people.tooling"], "confidence"])


def test_the_page_of_inputs_says_where_people_come_from(book):
    page = str(inputs_page(risk(RANGED, [KAFKA, "msk-express"], 1, 8, book=book, people=People.load())))
    plain = str(inputs_page(risk(RANGED, [KAFKA, "msk-express"], 1, 8, book=book)))
    assert page.count("low confidence") > 5 and "FTE/cluster" in page and "by item, with a rank correlation" in page
    assert "people" not in plain and page.count("people.staff_base") == 2  # a row each, and no list of pairs
