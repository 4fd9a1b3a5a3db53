"""Migration: payback and value today by hand, the schedule, what runs twice, what leaves, and bad input."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity import Demand, Workload, find_offer
from streamfacts.errors import InputError, MissingFact, NothingFeasible
from streamfacts.units import GIB
from streamplan.analyses.migration.build_or_buy import build_or_buy
from streamplan.analyses.migration.migration import PHASES, migrate, payback_month, phase_masks, same_protocol
from streamplan.analyses.migration.words import migration_answer, sentences, when
from streamplan.charts import move_by_month, saving_so_far
from streamplan.cli import main
from streamplan.planning.people import People
from streamplan.planning.plan import plan
from streamplan.planning.present_value import npv

W = Workload(write="20 MB/s", message="1 KiB", fan_out=2, retention="2 d", peak_ratio=1.5, partitions=60, topics=40)
OLD, NEW = "msk-serverless", "msk-express"
FIXED = {"prepare": 2, "build": 1, "move": 3, "overlap": 2}
PARTS = ("work", "old platform", "new platform", "mirror", "history")


@pytest.fixture(scope="module")
def move():
    return migrate(W, OLD, NEW, 24, phases=FIXED, draws=64)


# -------------------------------------------------------------------------------------------------------- by hand


@pytest.mark.parametrize(
    "saving, month",
    [
        ([-100, 50, 50, 50], 3),  # the sum is 0 at the end of month 3
        ([-100, 50, 49, 50], 4),
        ([-100, 10, 10, 10], np.inf),
        ([10, 10, 10, 10], 0),
        ([-10, 20, -15, 20], 4),  # once more below nothing in month 3
        ([0, 0, 0, 0], 0),
    ],
)
def test_payback_by_hand(saving, month):
    assert payback_month(saving) == month


def test_payback_of_many_rows_is_that_of_each():
    rows = np.random.default_rng(1).normal(0, 1, (50, 24))
    assert payback_month(rows).tolist() == [float(payback_month(row)) for row in rows]


@given(saving=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40), more=st.floats(0, 1e6))
def test_more_saving_pays_back_no_later(saving, more):
    assert payback_month(np.array(saving) + more) <= payback_month(saving)


def test_phases_follow_each_other_and_leave_no_month_out():
    lengths = {phase: np.array([float(n), 1.0]) for phase, n in FIXED.items()}
    masks = phase_masks(lengths, 12)
    assert (sum(m.astype(int) for m in masks.values()) == 1).all()
    assert [int(masks[p][0].sum()) for p in PHASES] == [2, 1, 3, 2]
    assert np.flatnonzero(masks["move"][0]).tolist() == [3, 4, 5]
    assert np.flatnonzero(masks["after"][1])[0] == 4


def test_every_cost_by_hand(move, book):
    """20 MB/s in one region: two platforms side by side in months 4 to 8, the history leaves in month 4."""
    old, new = plan(W, OLD, book).monthly_usd, plan(W, NEW, book).monthly_usd
    parts = {name: part[0] for name, part in move.parts.items()}
    assert move.stay[0] == pytest.approx(np.full(24, old))
    assert parts["old platform"] == pytest.approx([old] * 8 + [0] * 16)
    assert parts["new platform"] == pytest.approx([0, 0, 0.25 * new] + [new] * 21)
    crossing = 2 * 2 / 3 * 0.01  # both directions are billed, two of three zones are others [USD/GiB]
    d = Demand.of(W)
    wire = float(d.wire_bytes_s) / GIB
    history = wire * 2 * 86400 * crossing
    assert parts["history"] == pytest.approx([0, 0, 0, history] + [0] * 20)
    more = plan(W.replace(fan_out=3, consumer_groups=3), OLD, book).monthly_usd - old
    workers = 3 * 730 * 0.0816  # 30 MB/s at peak / (2 vCPU x 10 MB/s x 60%)
    mirror = wire * 730 * 3600 * crossing + more + workers
    assert parts["mirror"] == pytest.approx([0] * 3 + [mirror] * 5 + [0] * 16)


def test_work_by_hand(move):
    """60 days, 3 for each of 2 x 2 applications, 0.1 for each of 40 topics, spread over the first six months."""
    days = 60 + 4 * 3 + 40 * 0.1
    assert move.person_days[0] == pytest.approx(days)
    work = days * 133080 / 0.70 / 220
    assert move.parts["work"][0] == pytest.approx([work / 6] * 6 + [0] * 18)


def test_value_today_is_that_of_the_monthly_savings(move):
    by_hand = sum(s / 1.08 ** (m / 12) for m, s in enumerate(move.saving[0], 1))
    assert move.npv[0] == pytest.approx(by_hand)
    assert move.npv[0] == pytest.approx(npv(move.stay[0], 0.08) - npv(move.move[0], 0.08))


def test_savings_are_what_the_platforms_save_less_what_the_move_takes():
    m = migrate(W, OLD, NEW, 24, phases={p: 1 for p in PHASES}, draws=4, history="0 s")
    saved = m.stay[0] - m.parts["old platform"][0] - m.parts["new platform"][0]
    once = sum(m.parts[k][0].sum() for k in ("work", "mirror", "history"))
    assert m.saving[0].sum() == pytest.approx(saved.sum() - once)
    assert m.parts["history"].sum() == 0


# ----------------------------------------------------------------------------------------------------- properties


def test_parts_add_up(move):
    assert move.move == pytest.approx(sum(move.parts.values()))
    assert all((part >= 0).all() for part in move.parts.values())
    schedule = move.schedule
    assert schedule["moving_usd"].sum() == pytest.approx(move.move[0].sum())
    assert schedule["staying_usd"].sum() == pytest.approx(move.stay[0].sum())
    assert schedule["phase"].tolist() == [*PHASES, "after"]
    assert schedule["last_month"].tolist() == [2, 3, 6, 8, 24]
    table = move.by_month
    assert table["cumulative_usd"].iloc[-1] == pytest.approx(move.saving[0].sum())
    assert (table["p10_usd"] <= table["p50_usd"]).all() and (table["p50_usd"] <= table["p90_usd"]).all()


def test_same_seed_same_figures(move):
    again = migrate(W, OLD, NEW, 24, phases=FIXED, draws=64)
    assert (again.npv == move.npv).all()
    assert (migrate(W, OLD, NEW, 24, phases=FIXED, draws=64, seed=1).npv[1:] != move.npv[1:]).any()


def test_a_higher_rate_values_later_savings_less(move):
    dear = migrate(W, OLD, NEW, 24, phases=FIXED, draws=64, discount_rate=0.3)
    assert dear.npv[0] < move.npv[0]
    assert dear.payback[0] == move.payback[0]  # payback does not discount


def test_longer_overlap_costs_more(move):
    longer = migrate(W, OLD, NEW, 24, phases={**FIXED, "overlap": 5}, draws=64)
    assert longer.npv[0] < move.npv[0] and longer.payback[0] >= move.payback[0]


def test_dual_write_is_work_in_place_of_a_mirror(move):
    dual = migrate(W, OLD, NEW, 24, phases=FIXED, draws=64, method="dual-write")
    assert dual.parts["mirror"].sum() == 0 < move.parts["mirror"].sum()
    assert dual.person_days[0] == pytest.approx(move.person_days[0] + 4 * 4)


def test_another_protocol_means_rewriting():
    kinesis = migrate(W, OLD, "kinesis-provisioned", 24, phases=FIXED, draws=8)
    assert kinesis.person_days[0] == pytest.approx(60 + 4 * (3 + 15) + 4)
    assert not same_protocol(find_offer(OLD), find_offer("kinesis-provisioned"))
    assert same_protocol(find_offer("pulsar-ec2-ebs"), find_offer("streamnative-byoc"))


def test_leaving_a_cloud_costs_more_than_leaving_a_cluster(move):
    away = migrate(W, OLD, "kafka-azure-ssd", 24, phases=FIXED, draws=8)
    assert away.parts["history"][0].sum() > 3 * move.parts["history"][0].sum()
    assert "internet" in away.path


def test_people_are_counted_on_both_sides(move):
    with_people = migrate(W, OLD, NEW, 24, phases=FIXED, draws=64, people=People.load())
    assert (with_people.stay[0] > move.stay[0]).all()
    assert (with_people.parts["new platform"][0][3:] > move.parts["new platform"][0][3:]).all()
    assert with_people.parts["work"][0] == pytest.approx(move.parts["work"][0])


def test_own_applications():
    assert migrate(W, OLD, NEW, 12, draws=4, applications=100).person_days[0] == pytest.approx(60 + 300 + 4)


# ---------------------------------------------------------------------------------------------------- build or buy


def test_break_even_head_count_by_hand():
    b = build_or_buy(W, "kafka-ec2-ebs", "confluent-standard")
    gap = b.without_people(b.buy) - b.without_people(b.build)
    assert b.break_even_fte == pytest.approx(gap / (133080 / 0.7 / 12 + 2000 / 12))
    # at that saving both cost the same
    month = float(b.people.person_month(b.build.offer)) + 2000 / 12
    build = b.prior_fte[0]
    assert b.without_people(b.build) + build * month == pytest.approx(b.build.monthly_usd)
    assert b.without_people(b.buy) + (build - b.break_even_fte) * month == pytest.approx(b.build.monthly_usd)
    assert "full-time people" in b.sentence and f"{b.break_even_fte:.2f}" in b.sentence


def test_a_cheaper_service_needs_no_saving():
    b = build_or_buy(W, "confluent-standard", "kinesis-provisioned")
    assert b.break_even_fte < 0 and "less than" in b.sentence


# ---------------------------------------------------------------------------------------------- pages, doors, input


def test_pages_and_charts(move):
    page = migration_answer(move)
    assert "USD today" in page and sentences(move)[1] in page
    for chart in (move_by_month(move), saving_so_far(move)):
        assert chart.to_dict()
    assert when(None, 24) == "not within 24 months"


def test_command_line(capsys, tmp_path):
    path = tmp_path / "w.yaml"
    path.write_text("write: 20 MB/s\nmessage: 1 KiB\n", encoding="utf-8")
    arguments = ["migrate", str(path), "--from", OLD, "--draws", "16"]
    main([*arguments, "--to", NEW, "--json", "--phase", "move=2"])
    document = json.loads(capsys.readouterr().out)
    assert document["to"] == NEW and document["schedule"][2]["last_month"] == 5
    assert document["figures"]["npv_usd"]["likely"] > 0
    main([*arguments, "--to", NEW])
    assert "overlap" in capsys.readouterr().out
    for choices, status in ((["--to", OLD], 2), (["--to", NEW, "--phase", "move=0"], 2), (["--to", "upstash"], 2)):
        with pytest.raises(SystemExit) as stop:
            main([*arguments, *choices])
        assert stop.value.code == status


@pytest.mark.parametrize(
    "choices, names",
    [
        ({"method": "copy"}, "method"),
        ({"months": 0}, "months"),
        ({"months": 61}, "months"),
        ({"draws": 1}, "draws"),
        ({"phases": {"moving": 1}}, "phase"),
        ({"phases": {"move": 1.5}}, "move"),
        ({"phases": {"move": "soon"}}, "move"),
        ({"phases": {"move": float("nan")}}, "move"),
        ({"applications": -1}, "applications"),
        ({"history": "3 d"}, "history"),
        ({"history": "3"}, "history"),
        ({"discount_rate": 1.5}, "discount_rate"),
        ({"discount_rate": "much"}, "discount_rate"),
    ],
)
def test_bad_input(choices, names):
    with pytest.raises(InputError, match=names):
        migrate(W, OLD, NEW, **choices)


def test_what_does_not_fit_or_has_no_price_is_refused():
    with pytest.raises(NothingFeasible, match="msk-serverless"):
        migrate(W.replace(message="20 MB", max_message="30 MB"), "kafka-ec2-ebs", OLD)
    with pytest.raises(MissingFact, match="no price"):
        migrate(W, OLD, "confluent-dedicated")
    with pytest.raises(MissingFact):
        build_or_buy(W, OLD, "confluent-dedicated")
