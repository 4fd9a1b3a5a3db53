"""Chargeback: the sum of demands, hand-worked shares, cents that add up, budgets, FOCUS columns."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from capacity import Demand, Workload, offers, size
from capacity.demand.shared_cluster import stack, together
from pricing import bill
from streamfacts.errors import InputError, MissingFact, NothingFeasible
from streamfacts.tables import data_dir, read_table
from streamplan.analyses.chargeback import Portfolio, chargeback, focus_rows, open_portfolio
from streamplan.analyses.chargeback.cents import in_cents, largest_remainder
from streamplan.analyses.chargeback.focus import focus_problems
from streamplan.analyses.chargeback.rules import CHARGED, DRIVERS, rule_for
from streamplan.analyses.chargeback.words import chargeback_document, rules, summary
from streamplan.cli import cli
from streamplan.planning.people import _FORMULAS as FORMULAS
from streamplan.planning.people import People

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = "example-four-teams"


def row(name, team, write, **fields):
    return {"name": name, "team": team, "write": write, "message": "1 KiB", "measured_at": "broker", **fields}


def two(**fields):
    return Portfolio.of([row("a", "x", "3 MB/s", **fields), row("b", "y", "9 MB/s", **fields)])


# ------------------------------------------------------------------------------------------------------------- demand


def test_bytes_written_read_and_held_are_sums():
    p = Portfolio.of(
        [
            row("a", "x", "2 MB/s", fan_out=4, retention="7 d", peak_ratio=2, partitions=10),
            row("b", "y", "8 MB/s", fan_out=1, retention="1 d", peak_ratio=1.5, partitions=30, max_message="3 MB"),
        ]
    )
    d = together(p.demand())
    assert d.wire_bytes_s.tolist() == [10e6]
    assert (d.wire_bytes_s * d.fan_out).tolist() == [pytest.approx(16e6)]
    assert (d.wire_bytes_s * d.held_s).tolist() == [pytest.approx((2e6 * 7 + 8e6 * 1) * 86400)]
    assert d.peak_wire_bytes_s.tolist() == [pytest.approx(16e6)]
    assert d.partitions.tolist() == [40]
    assert d.max_message_bytes.tolist() == [3e6] and d.retention_s.tolist() == [7 * 86400]


@given(st.floats(0, 1))
def test_peaks_lie_between_one_at_a_time_and_all_at_once(coincidence):
    p = Portfolio.of([row("a", "x", "2 MB/s", peak_ratio=2), row("b", "y", "8 MB/s", peak_ratio=1.5)])
    peak = float(together(p.demand(), coincidence=coincidence).peak_wire_bytes_s[0])
    assert peak == pytest.approx(10e6 + 4e6 + coincidence * 2e6)


def test_one_application_alone_is_its_own_cluster():
    w = Workload(write="5 MB/s", message="1 KiB", fan_out=2, retention="3 d", peak_ratio=2)
    ours, alone = together(stack([Demand.of(w)])), Demand.of(w)
    for name, value in alone.arrays().items():
        assert float(getattr(ours, name)) == pytest.approx(float(value)), name


def test_groups_add_up_to_the_whole():
    p = open_portfolio(SHIPPED)
    d = p.demand(12)
    by_team = together(d, p.groups)
    assert by_team.shape == (len(p.teams), 12)
    assert by_team.wire_bytes_s.sum(axis=0) == pytest.approx(together(d).wire_bytes_s)


def test_months_follow_the_growth_of_an_application():
    d = open_portfolio(SHIPPED).demand(13)
    wire = np.broadcast_to(d.wire_bytes_s, d.shape)
    assert wire[2, 12] / wire[2, 0] == pytest.approx(1.6, rel=0.06)  # clicks, 60% a year
    assert wire[0, 12] == wire[0, 0]


# -------------------------------------------------------------------------------------------------------------- cents


@given(
    arrays.arrays(
        float, arrays.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12), elements=st.floats(0, 1e6)
    ),
    st.integers(0, 10**9),
)
def test_cents_add_up_and_none_is_a_cent_off(amounts, total):
    amounts = amounts + 1e-3
    cents = largest_remainder(amounts, np.full(amounts.shape[1], total))
    assert (cents.sum(axis=0) == total).all()
    assert (cents >= 0).all()
    assert (np.abs(cents - amounts / amounts.sum(axis=0) * total) < 1 + 1e-6 * total).all()


def test_largest_remainders_by_hand():
    # 100 cents over 47:16:15.8:12:6:3.2 are 47, 16, 15.8, 12, 6, 3.2: one cent is left, for the .8
    assert largest_remainder([47, 16, 15.8, 12, 6, 3.2], 100).tolist() == [47, 16, 16, 12, 6, 3]
    assert in_cents([0.005, 1.005, 2.675, 10]).tolist() == [0, 100, 268, 1000]


@pytest.mark.parametrize("amounts", [[-1.0, 2.0], [np.nan, 1.0], [np.inf, 1.0], [0.0, 0.0]])
def test_cents_are_not_shared_by_nonsense(amounts):
    with pytest.raises(InputError, match="amounts"):
        largest_remainder(amounts, 10)


# ------------------------------------------------------------------------------------------------------------ by hand


def test_metered_bytes_are_shared_by_bytes(book):
    """MSK Serverless: data in 1:3; both the cluster's hours, a fee, go by bytes in and out, which are 1:3 as well."""
    p = two(fan_out=2, retention="1 d", partitions=8)
    c = chargeback(p, "msk-serverless", book=book)
    frame = c.charges.pivot_table(index="meter", columns="team", values="usd", aggfunc="sum")
    gib = 3e6 * 730 * 3600 / 2**30
    price = {m: book.schedule(f"aws.msk.serverless-{m}", "", "us-east-1").price[0, 0] for m in ("data-in", "data-out")}
    assert frame.loc["aws.msk.serverless-data-in", "x"] == pytest.approx(gib * price["data-in"], abs=0.01)
    assert frame.loc["aws.msk.serverless-data-out", "y"] == pytest.approx(3 * 2 * gib * price["data-out"], abs=0.01)
    hours = frame.loc["aws.msk.serverless-cluster"]
    assert hours["y"] / hours.sum() == pytest.approx(0.75, abs=1e-4)
    # 8 partitions each, so half the partition-hours each, whatever the bytes
    assert frame.loc["aws.msk.serverless-partition", "x"] == frame.loc["aws.msk.serverless-partition", "y"]
    assert c.unused.sum() == 0


def test_bought_brokers_are_used_kept_and_spare(book):
    """MSK Standard: what is used is the busiest resource at the average; up to what the failures ask for is reserve."""
    p = two(fan_out=2, retention="1 d", partitions=30, peak_ratio=2, batch="16 KiB")
    c = chargeback(p, "msk-standard", machine="kafka.m7g.large", book=book)
    total = together(p.demand())
    sizing = size(total, "msk-standard", machine="kafka.m7g.large")
    (brokers,) = [s for s in c.lines if s.entry.usage.meter == "aws.msk.broker"]
    average = size(total.replace(peak_ratio=np.ones(1)), "msk-standard", machine="kafka.m7g.large")
    at_average = max(float(k.utilisation(sizing.units)[0]) for k in average.constraints if k.state == "normal")
    needed = max(float((k.needed() / sizing.units).max()) for k in sizing.constraints)
    assert brokers.used[0] == pytest.approx(at_average) and brokers.needed[0] == pytest.approx(needed)
    number = c.lines.index(brokers)
    cost = float(np.max(brokers.entry.cost)) * 100
    a, b, reserve, spare = (float(x) for x in c.cents[number, :, 0])
    assert (a + b) / cost == pytest.approx(at_average, abs=1e-4)
    assert b / a == pytest.approx(3, rel=0.01)
    assert reserve / cost == pytest.approx(needed - at_average, abs=1e-4)
    assert spare / cost == pytest.approx(1 - needed, abs=1e-4)


def test_bought_volumes_are_used_where_data_lies(book):
    c = chargeback(two(retention="7 d"), "msk-standard", book=book)
    (storage,) = [s for s in c.lines if s.entry.usage.meter == "aws.msk.storage"]
    held = 12e6 * 7 * 86400 * 3
    bought = float(np.max(storage.entry.usage.quantity)) * 2**30
    assert storage.used[0] == pytest.approx(held / bought, rel=1e-6)
    assert storage.needed[0] == pytest.approx(min(held / bought / 0.85, 1.0), rel=1e-6)


def test_the_peak_as_basis_counts_more_as_used(book):
    p = Portfolio.of([row("a", "x", "5 MB/s", peak_ratio=3), row("b", "y", "5 MB/s")])
    average, peak = (chargeback(p, "msk-standard", basis=b, book=book) for b in ("average", "peak"))
    assert peak.unused.sum() < average.unused.sum()
    share = [c.by_team[0].sum() / c.by_team.sum() for c in (average, peak)]
    assert share[1] > share[0]  # who peaks pays for it


def test_spread_leaves_nobody_out_and_the_bill_as_it_is(book):
    apart, spread = (chargeback(two(), "kafka-ec2-ebs", idle=i, book=book) for i in ("apart", "spread"))
    assert spread.unused.sum() == 0 and apart.unused.sum() > 0
    assert (spread.total == apart.total).all()
    assert (spread.by_team >= apart.by_team).all()


def test_a_driver_of_ones_own(book):
    p = Portfolio.of([row("a", "x", "3 MB/s", partitions=90), row("b", "y", "9 MB/s", partitions=10)])
    c = chargeback(p, "msk-standard", drivers={"compute": "partitions"}, book=book)
    charges = c.charges[c.charges["meter"] == "aws.msk.broker"].set_index("team")["usd"]
    assert charges["x"] / charges["y"] == pytest.approx(9, rel=1e-3)


# ------------------------------------------------------------------------------------------------------ reconciliation


@st.composite
def portfolios(draw):
    n = draw(st.integers(1, 6))
    teams = draw(st.lists(st.sampled_from(["red", "green", "blue"]), min_size=n, max_size=n))
    rate = st.floats(0.05, 20)
    return Portfolio.of(
        [
            row(
                f"app{i}",
                team,
                f"{draw(rate)} MB/s",
                fan_out=draw(st.floats(0, 8)),
                retention=f"{draw(st.integers(1, 400))} h",
                peak_ratio=draw(st.floats(1, 4)),
                partitions=draw(st.integers(1, 60)),
            )
            for i, team in enumerate(teams)
        ]
    )


OFFERS = ("msk-standard", "kafka-ec2-ebs", "pulsar-ec2-nvme", "confluent-enterprise", "kinesis-provisioned", "pubsub")


@pytest.mark.parametrize("offer", OFFERS)
@settings(max_examples=8)
@given(portfolios(), st.sampled_from(["average", "peak"]), st.sampled_from(["apart", "spread"]))
def test_charges_add_up_to_the_bill_to_the_cent(book, offer, portfolio, basis, idle):
    c = chargeback(portfolio, offer, months=3, basis=basis, idle=idle, book=book)
    expected = np.broadcast_to(np.asarray(c.bill.subtotal), (3,))
    assert (np.abs(c.total / 100 - expected) <= 0.00501).all()
    assert (c.cents >= 0).all()
    assert (c.by_team.sum(axis=0) + c.unused.sum(axis=0) == c.total).all()
    assert round(c.charges["usd"].sum() * 100) == c.total.sum()
    by_line = c.cents.sum(axis=1) / 100
    for number, shared in enumerate(c.lines):
        assert (np.abs(by_line[number] - np.broadcast_to(shared.entry.cost, (3,))) < 0.0101).all()


@pytest.mark.parametrize("offer", sorted(offers()))
def test_every_offer_is_charged_or_says_why_not(offer, book):
    try:
        c = chargeback(two(), offer, book=book)
    except (MissingFact, NothingFeasible) as error:
        assert len(str(error)) > 30
    else:
        assert c.by_team.sum() + c.unused.sum() == c.total.sum() > 0
        assert c.by_team.min() > 0


def test_every_meter_has_a_rule_and_every_rule_a_meter():
    meters = pd.concat([pd.read_csv(f) for f in sorted((data_dir() / "meters").glob("*.csv"))])
    table = read_table("chargeback/drivers")
    own = set(table["meter"][~table["meter"].str.startswith(("category:", "people."))])
    assert set(table["meter"][table["meter"].str.startswith("people.")]) <= {f"people.{name}" for name in FORMULAS}
    categories = {m.split(":")[1] for m in table["meter"] if m.startswith("category:")}
    assert own <= set(meters["meter"])
    assert set(meters["category"]) <= categories
    assert set(table["charged"]) == set(CHARGED) and set(table["driver"]) <= set(DRIVERS)


def test_the_most_special_rule_is_taken(book):
    w = Workload(write="10 MB/s", message="1 KiB")
    s = size(w, "kafka-ec2-ebs", machine="m7g.large")
    found = {e.usage.formula: rule_for(e) for e in bill(s.usage, book).entries if e.usage.meter == "aws.ec2.instance"}
    assert sorted(r.charged for r in found.values()) == ["bought", "fixed"]
    assert next(r for f, r in found.items() if "controllers" in f).charged == "fixed"


# ------------------------------------------------------------------------------------------------------------- people


def test_people_are_charged_by_a_rule_to_the_cent(book):
    p, people = two(), People.load()
    plain, c = chargeback(p, "kafka-ec2-ebs", book=book), chargeback(p, "kafka-ec2-ebs", people=people, book=book)
    extra = sum(float(e.cost[0]) for e in c.bill.entries if e.usage.meter.startswith("people."))
    assert extra > 0 and int(c.total[0]) == int(in_cents(c.bill.subtotal)[0])
    assert int(c.by_team.sum() + c.unused.sum()) == int(c.total[0])
    assert c.total[0] - plain.total[0] == pytest.approx(100 * extra, abs=1)
    staff = c.charges[c.charges["category"] == "people"].groupby("team")["usd"].sum()
    assert staff["y"] == pytest.approx(3 * staff["x"], rel=1e-3)  # 3 and 9 MB/s, each read as often: by bytes
    assert (c.separate - plain.separate > 0).all()
    sold = focus_rows(c, "2027-01").set_index("SkuMeter")["ProviderName"]
    assert set(sold["people.staff"]) == {"own organisation"}
    assert set(sold["people.support"]) == {"Amazon Web Services"}


def test_a_licence_of_nodes_is_shared_as_the_nodes_are(book, tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(
        "item,applies_to,low,likely,high,unit\nlicence_per_node,kafka-ec2-ebs,100,100,100,USD/node-month\n", "utf-8"
    )
    c = chargeback(two(), "kafka-ec2-ebs", people=People.load(path), drivers={"people": "own"}, book=book)
    licence, machines = (
        next(s for s in c.lines if s.entry.usage.meter == meter) for meter in ("people.licence", "aws.ec2.instance")
    )
    assert licence.driver == machines.driver and licence.used.tolist() == machines.used.tolist()
    # nobody has a quantity of staff of its own: bytes stand in
    assert {s.driver for s in c.lines if s.entry.category == "people"} == {"bytes"}


# -------------------------------------------------------------------------------------------------- teams and budgets


def test_own_clusters_are_those_of_each_team_alone(book):
    from streamplan.planning.plan import cost_all

    p = open_portfolio(SHIPPED)
    c = chargeback(p, "msk-standard", book=book)
    web = together(stack([Demand.of(a.workload) for a in p.applications if a.team == "web"]))
    alone = cost_all(web, "msk-standard", book)
    # the sound plan that is taken, which is not the cheapest; growth starts within the month
    assert c.separate[p.teams.index("web"), 0] == pytest.approx(alone.taken_cost.item(), rel=0.01)
    assert alone.taken_cost.item() > 1.05 * alone.cost.min()


def test_budgets_by_team_and_month(book):
    rows = [row("a", "x", "3 MB/s", budget=1e6), row("b", "y", "9 MB/s", budget=1), row("c", "z", "1 MB/s")]
    p = Portfolio.of(rows, budgets={"x": 900_000})
    assert p.budget_of("x") == 900_000 and p.budget_of("y") == 1 and p.budget_of("z") is None
    c = chargeback(p, "msk-serverless", months=2, book=book)
    alerts = c.by_month.pivot_table(index="team", columns="month", values="alert", aggfunc="first")
    assert alerts.loc["x"].tolist() == ["ok", "ok"] and alerts.loc["y"].tolist() == ["over", "over"]
    assert alerts.loc["z"].tolist() == ["", ""]
    assert len(c.alerts) == 1 and "y is over its budget of 1.00 USD in 2 of 2 months, first in month 1" in c.alerts[0]


def test_a_growing_team_runs_into_its_budget(book):
    c = chargeback(open_portfolio(SHIPPED), "msk-standard", months=24, book=book)
    web = c.by_month[c.by_month["team"] == "web"]["alert"].tolist()
    assert web[0] == "near" and web[-1] == "over"
    assert web == sorted(web, key=["ok", "near", "over"].index)


def test_the_summary_holds_the_numbers(book):
    c = chargeback(open_portfolio(SHIPPED), "msk-standard", book=book)
    text = " ".join(summary(c))
    assert f"{c.total.sum() / 100:,.2f} USD a month" in text
    assert f"{c.unused.sum() / 100:,.2f} USD of it" in text
    assert sum(r["usd"] for r in rules(c)) == pytest.approx(c.total.sum() / 100)


# -------------------------------------------------------------------------------------------------------------- FOCUS


def test_focus_rows_add_up_and_keep_to_the_published_columns(book):
    c = chargeback(open_portfolio(SHIPPED), "kafka-ec2-ebs", months=14, book=book)
    rows = focus_rows(c, "2027-11")
    assert focus_problems(rows) == []
    assert round(rows["BilledCost"].sum() * 100) == c.total.sum()
    assert rows["ChargePeriodStart"].min() == "2027-11-01T00:00:00Z"
    assert rows["ChargePeriodEnd"].max() == "2029-01-01T00:00:00Z"
    idle = rows[rows["SubAccountId"].isna()]
    assert set(idle["x_Allocation"]) == {"reserve", "spare"}
    assert round(idle["BilledCost"].sum() * 100) == c.unused.sum()
    assert np.allclose(rows["ListUnitPrice"] * rows["PricingQuantity"], rows["ListCost"])


@pytest.mark.parametrize(
    ("column", "value", "problem"),
    [
        ("BilledCost", None, "BilledCost: null"),
        ("ChargeCategory", "Idle", "ChargeCategory: 'Idle' is none of Usage"),
        ("BillingCurrency", "dollars", "BillingCurrency"),
        ("ChargePeriodStart", "2027-01-01", "ChargePeriodStart"),
        ("Tags", "team=x", "Tags"),
        ("ListCost", "12", "ListCost"),
        ("Team", "x", "Team: no column of FOCUS"),
    ],
)
def test_what_is_against_the_columns_is_found(book, column, value, problem):
    rows = focus_rows(chargeback(two(), "msk-serverless", book=book), "2027-01").astype(object)
    rows[column] = value
    assert any(problem in p for p in focus_problems(rows)), focus_problems(rows)
    assert "BilledCost: mandatory and absent" in focus_problems(rows.drop(columns="BilledCost"))


#: Names of the specification that the validator's rules for 1.0 have otherwise, and a column that one of them reads.
AS_THE_VALIDATOR_HAS_IT = {
    "InvoiceIssuerName": "InvoiceIssuer",
    "ProviderName": "Provider",
    "PublisherName": "Publisher",
    "ResourceId": "ResourceID",
}


def test_the_public_validator_accepts_the_file(book, tmp_path):
    command = os.environ.get("FOCUS_VALIDATOR", str(ROOT / ".venv-focus" / "bin" / "focus-validator"))
    if not Path(command).is_file():
        pytest.skip("the FOCUS validator is not installed; 'make focus' does that and runs this test")
    home = next(Path(command).parent.parent.glob("lib/python*/site-packages"))  # it looks for a file of its own there
    rows = focus_rows(chargeback(open_portfolio(SHIPPED), "pulsar-ec2-ebs", months=2, book=book), "2027-01")

    def validate(frame):
        path = tmp_path / "focus.csv"
        frame.rename(columns=AS_THE_VALIDATOR_HAS_IT).assign(ChargeType="Usage").to_csv(path, index=False)
        asked = [command, "--data-file", str(path), "--validate-version", "1.0"]
        done = subprocess.run(asked, cwd=home, capture_output=True, text=True, timeout=300)
        return done.stdout + done.stderr

    assert "Validation succeeded" in validate(rows)
    assert "ServiceCategory_Enum failed" in validate(rows.assign(ServiceCategory="Streaming"))


# ---------------------------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("rows", "field"),
    [
        ([], "applications"),
        ([{"team": "x", "write": "1 MB/s"}], "application 1: name"),
        ([{"name": "a", "write": "1 MB/s"}], "application 1: team"),
        ([row("a", "x", "1 MB/s"), row("a", "y", "1 MB/s")], "name: 'a'"),
        ([row("a", "x", "1 MB/s", retension="1 d")], "retension.*retention"),
        ([row("a", "x", "one MB/s")], r"application 1 \(a\): write"),
        ([row("a", "=1+1", "1 MB/s")], "application 1: team"),
        ([row("../a", "x", "1 MB/s")], "application 1: name"),
        ([row("a", "x", "1 MB/s", budget=0)], "budget"),
        ([row("a", "x", "1 MB/s", budget="lots")], "budget"),
        (["a"], "application 1"),
    ],
)
def test_unusable_rows_are_named(rows, field):
    with pytest.raises(InputError, match=field):
        Portfolio.of(rows)


def test_applications_must_agree_on_what_a_cluster_has_once():
    p = Portfolio.of([row("a", "x", "1 MB/s"), row("b", "x", "1 MB/s", replication_factor=2)])
    with pytest.raises(InputError, match="replication_factor"):
        p.demand()


@pytest.mark.parametrize(
    ("choices", "field"),
    [
        ({"basis": "median"}, "basis"),
        ({"idle": "lost"}, "idle"),
        ({"months": 0}, "months"),
        ({"coincidence": 1.5}, "coincidence"),
        ({"alert_at": 0}, "alert_at"),
        ({"drivers": {"compute": "luck"}}, "driver of compute"),
        ({"drivers": {"aws.msk.brokr": "bytes"}}, "driver: 'aws.msk.brokr'.*aws.msk.broker"),
    ],
)
def test_unusable_choices_are_named(choices, field, book):
    with pytest.raises(InputError, match=field):
        chargeback(two(), "msk-standard", book=book, **choices)


def test_a_budget_of_no_team():
    with pytest.raises(InputError, match=r"budgets.*'z'"):
        Portfolio.of([row("a", "x", "1 MB/s")], budgets={"z": 5})


def test_one_application_that_breaks_a_limit_is_not_averaged_away(book):
    p = Portfolio.of([row("a", "x", "100 MB/s"), row("b", "y", "1 kB/s", retention="400 d")])
    with pytest.raises(NothingFeasible, match="retention"):
        chargeback(p, "kinesis-provisioned", book=book)


def test_a_missing_price_is_named(book):
    with pytest.raises(MissingFact, match=r"confluent\.cku"):
        chargeback(two(), "confluent-dedicated", book=book)


@pytest.mark.parametrize("start", ["2027", "2027-13", "soon"])
def test_a_start_that_is_no_month(start, book):
    with pytest.raises(InputError, match="start"):
        focus_rows(chargeback(two(), "msk-serverless", book=book), start)


# ------------------------------------------------------------------------------------------------------ files and CLI


def test_csv_and_yaml_are_the_same(tmp_path):
    (tmp_path / "p.csv").write_text(
        "name,team,write,message,retention,budget,tls\n"
        "a,x,3 MB/s,1 KiB,7 d,500,false\n"
        'b,y,"{low: 5 MB/s, likely: 9 MB/s, high: 12 MB/s}",1 KiB,7 d,,false\n\n',
        encoding="utf-8",
    )
    (tmp_path / "p.yaml").write_text(
        "message: 1 KiB\nretention: 7 d\ntls: false\napplications:\n"
        "  - {name: a, team: x, write: 3 MB/s, budget: 500}\n"
        "  - {name: b, team: y, write: {low: 5 MB/s, likely: 9 MB/s, high: 12 MB/s}}\n",
        encoding="utf-8",
    )
    one, other = (Portfolio.load(tmp_path / f"p.{kind}") for kind in ("csv", "yaml"))
    assert [a.workload for a in one.applications] == [a.workload for a in other.applications]
    assert [a.budget for a in one.applications] == [a.budget for a in other.applications] == [500, None]


@pytest.mark.parametrize(
    ("name", "text", "field"),
    [
        ("p.csv", "", "applications"),
        ("p.csv", "name,team,write,write\na,x,1 MB/s,1 MB/s\n", "columns"),
        ("p.csv", "name,team,write\na,x,1 MB/s,9\n", "p.csv row 2.*3 fields, as in the header"),
        ("p.csv", "name,team,write\na,x,{low: \n", r"p.csv row 2 \(a\): write"),
        ("p.yaml", "applications: 3\n", "applications"),
        ("p.yaml", "budgets: []\napplications: []\n", "budgets"),
        ("p.txt", "name\n", "portfolio"),
    ],
)
def test_unusable_files_are_named(tmp_path, name, text, field):
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=field):
        open_portfolio(tmp_path / name)


def test_command_prints_one_document_and_writes_focus(tmp_path):
    asked = ["chargeback", SHIPPED, "--platform", "msk-express", "--months", "2", "--start", "2027-01", "--json"]
    done = CliRunner().invoke(cli, [*asked, "--focus", str(tmp_path / "f.csv")])
    assert done.exit_code == 0, done.output
    document = json.loads(done.output)
    assert round(sum(c["usd"] for c in document["charges"]), 2) == document["total_usd"]
    assert pd.read_csv(tmp_path / "f.csv")["BilledCost"].sum() == pytest.approx(document["total_usd"])
    c = chargeback(open_portfolio(SHIPPED), "msk-express", months=2)
    assert document["accounts"] == chargeback_document(c)["accounts"]


def test_command_for_people():
    done = CliRunner().invoke(cli, ["chargeback", SHIPPED, "--platform", "msk-express"])
    assert done.exit_code == 0 and "(reserve: headroom)" in done.output and "to the cent" in done.output


def test_charts_draw_every_account(book):
    from streamplan.analyses.chargeback.charts import charges_by_team, own_or_shared

    c = chargeback(open_portfolio(SHIPPED), "msk-standard", book=book)
    spec = charges_by_team(c).to_dict()
    drawn = [r for rows in spec["datasets"].values() for r in rows if "category" in r]
    assert sum(r["usd"] for r in drawn) == pytest.approx(c.total.sum() / 100)
    assert {r["owner"] for r in drawn} >= set(c.portfolio.teams) | {"(reserve: headroom)"}
    assert own_or_shared(c).to_dict()["layer"]
