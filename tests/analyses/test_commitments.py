"""Commitments: the newsvendor's optimum in closed form, reserve zero, regret, rates as data, contract discounts."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from capacity import Workload
from pricing import Commitments, PriceBook, discounted, open_book, read_discounts
from pricing.commitment import best_reserve, cost_of_reserve, reserve_with_hindsight
from streamfacts.errors import InputError, MissingFact
from streamplan.analyses.commitments.commitments import commit
from streamplan.charts import commitment_curve
from streamplan.cli import main
from streamplan.planning.plan import plan

KNOWN = {"message": "1 KiB", "fan_out": 3, "retention": "3 d", "cpu_factor": 1}
UNCERTAIN = Workload(write={"low": "50 MB/s", "likely": "100 MB/s", "high": "200 MB/s"}, **KNOWN)
CERTAIN = Workload(write="100 MB/s", **KNOWN)
USES = st.lists(st.lists(st.floats(0, 1e3), min_size=3, max_size=3), min_size=1, max_size=20)
HOURS_OF_3_YEARS = 730.0 * 36


# ------------------------------------------------------------------------------------------------------- closed forms


@pytest.mark.parametrize("ratio", [0.1, 0.444, 0.6, 0.9])
def test_the_newsvendor_of_a_uniform_use(ratio):
    # uniform use on (0, 1), a unit on demand costs 1: the best reserve is 1 - ratio, the least cost ratio - ratio²/2
    use = ((np.arange(100_000) + 0.5) / 100_000)[:, None]
    best = best_reserve(use, [1.0], ratio)
    assert best == pytest.approx(1 - ratio, abs=2e-5)
    assert cost_of_reserve(use, best, [1.0], ratio).mean() == pytest.approx(ratio - ratio**2 / 2, abs=1e-5)


@pytest.mark.parametrize("ratio", [0.2, 0.444, 0.7])
def test_the_newsvendor_of_a_lognormal_use(ratio):
    spread = stats.lognorm(0.5, scale=12.0)
    use = spread.ppf((np.arange(50_000) + 0.5) / 50_000)[:, None]
    assert best_reserve(use, [1.0], ratio) == pytest.approx(spread.ppf(1 - ratio), rel=1e-3)


def test_months_count_with_what_they_cost_on_demand():
    # ten units in the dear month, one in the others: the eleventh share of the cost decides, not a third of the months
    use, on_demand = [[1.0, 1.0, 10.0]], [1.0, 1.0, 9.0]
    assert best_reserve(use, on_demand, 8.0) == 10.0  # a unit beyond 1 saves 9 for 8
    assert best_reserve(use, on_demand, 9.5) == 1.0  # and costs 9.5 here


def test_what_never_pays_is_not_committed_to():
    assert best_reserve([[5.0], [7.0]], [1.0], 1.0) == 0.0
    assert reserve_with_hindsight([[5.0], [7.0]], [1.0], 1.2).tolist() == [0.0, 0.0]


@given(USES, st.floats(0.05, 1.5), st.floats(0, 1.5e3))
def test_no_other_reserve_costs_less(uses, ratio, other):
    use, months = np.array(uses), np.ones(3)
    best = best_reserve(use, months, 3 * ratio)
    least, elsewhere = (cost_of_reserve(use, r, months, 3 * ratio).mean() for r in (best, other))
    assert least <= elsewhere + 1e-9 * max(1.0, elsewhere)


@given(USES, st.floats(0.05, 1.5))
def test_hindsight_is_never_worse(uses, ratio):
    use, months = np.array(uses), np.ones(3)
    best = best_reserve(use, months, 3 * ratio)
    with_hindsight = reserve_with_hindsight(use, months, 3 * ratio)
    least = np.array(
        [cost_of_reserve(u[None], r, months, 3 * ratio)[0] for u, r in zip(use, with_hindsight, strict=True)]
    )
    assert (least <= cost_of_reserve(use, best, months, 3 * ratio) + 1e-6).all()


@given(USES, st.floats(0.05, 1.5))
def test_a_reserve_of_zero_is_on_demand(uses, ratio):
    use, months = np.array(uses), np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(cost_of_reserve(use, 0.0, months, ratio), use @ months)


# ---------------------------------------------------------------------------------------------------------- an offer


@pytest.fixture(scope="module")
def found():
    return commit(UNCERTAIN, "kafka-ec2-ebs", 3, draws=512)


def test_with_a_known_use_all_of_it_is_committed_to():
    known = commit(CERTAIN, "kafka-ec2-ebs", 3, draws=4)
    entries = [e for e in plan(CERTAIN, "kafka-ec2-ebs").bill.entries if e.usage.meter == "aws.ec2.instance"]
    machines = {}
    for entry in entries:
        machines[entry.usage.sku] = machines.get(entry.usage.sku, 0.0) + float(entry.usage.quantity) / 730.0
    assert {line.sku: line.reserve for line in known.lines} == pytest.approx(machines)
    by_hand = sum(line.reserve * (line.on_demand_price - line.rate.rate) * HOURS_OF_3_YEARS for line in known.lines)
    assert known.saving.mean() == pytest.approx(by_hand, rel=1e-9)
    assert all(line.regret.max() == pytest.approx(0.0, abs=1e-6) and line.unused.max() == 0 for line in known.lines)


def test_on_demand_is_what_the_draws_cost_without(found):
    for line in found.lines:
        np.testing.assert_allclose(line.cost(0.0), line.on_demand)
        np.testing.assert_allclose(line.on_demand, line.use.sum(axis=1) * line.on_demand_price * 730.0)


def test_the_reserve_is_the_least_of_its_curve(found):
    for line in found.lines:
        curve = line.curve.set_index("reserve")["expected_usd"]
        assert curve[line.reserve] == pytest.approx(curve.min())


def test_regret_and_unused_are_never_negative(found):
    for line in found.lines:
        assert (line.regret >= -1e-6).all() and (line.unused >= 0).all()
        assert line.regret.mean() <= (line.on_demand - line.hindsight).mean() + 1e-6  # no worse than none at all


def test_what_is_paid_later_is_worth_less_but_upfront_is_not(found):
    discounted_plan = commit(UNCERTAIN, "kafka-ec2-ebs", 3, draws=512, discount_rate=0.10)
    for now, later in zip(found.lines, discounted_plan.lines, strict=True):
        assert later.rate.payment == "all-upfront" and later.unit_cost == now.unit_cost
        assert later.monthly.sum() < now.monthly.sum()
        assert later.critical_odds > now.critical_odds and later.reserve <= now.reserve


def test_monthly_payments_are_discounted_too():
    paid = [commit(UNCERTAIN, "kafka-gce-disk", 1, draws=64, discount_rate=r).lines[0] for r in (0.0, 0.2)]
    assert paid[1].unit_cost < paid[0].unit_cost
    assert paid[1].critical_odds == pytest.approx(paid[0].critical_odds)


def test_the_same_seed_gives_the_same(found):
    again = commit(UNCERTAIN, "kafka-ec2-ebs", 3, draws=512)
    assert again.table.equals(found.table)


def test_a_missing_rate_is_refused_and_ones_own_is_taken(tmp_path):
    with pytest.raises(MissingFact, match="msk-standard"):
        commit(CERTAIN, "msk-standard", 1, draws=4)
    own = tmp_path / "own.csv"
    own.write_text(
        "meter,sku,region,unit,rate,term_years,payment,as_of,source\n"
        "aws.msk.broker,kafka.m7g.large,us-east-1,broker-hour,0.1,1,monthly,2026-11-01,my contract\n"
    )
    rates = Commitments.load(own)
    found = commit(CERTAIN, "msk-standard", 1, draws=4, machine="kafka.m7g.large", rates=rates)
    assert [(line.sku, line.rate.source) for line in found.lines] == [("kafka.m7g.large", "my contract")]


def test_a_cluster_that_cannot_carry_it_has_nothing_to_commit_to(capsys):
    assert exit_of("commit", "netflix-keystone-2016", "--platform", "google-managed-kafka", "--draws", "4") in (0, 3)
    capsys.readouterr()


@pytest.mark.parametrize("years", [0, 2, 5, True])
def test_other_terms_are_refused(years):
    with pytest.raises(InputError, match="years"):
        commit(CERTAIN, "kafka-ec2-ebs", years)


def test_committed_rates_are_below_the_price_on_demand():
    book, checked = PriceBook.load(), 0
    for (meter, sku, region, _), rate in Commitments.load().rates.items():
        tiers = book.find(meter, sku, region)
        assert tiers, (meter, sku, region)
        assert rate.rate < tiers[0].price, (meter, sku, region)
        checked += 1
    assert checked > 1000


def test_three_years_cost_less_an_hour_than_one():
    rates = Commitments.load().rates
    pairs = [(rates[m, s, r, 1], row) for (m, s, r, y), row in rates.items() if y == 3 and (m, s, r, 1) in rates]
    assert pairs and all(three.rate < one.rate for one, three in pairs)


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("aws.ec2.instance,m5.large,us-east-1,instance-hour,0.05,2,monthly,2026,x", "term_years"),
        ("aws.ec2.instance,m5.large,us-east-1,instance-hour,-1,1,monthly,2026,x", "rate"),
        ("aws.ec2.instance,m5.large,us-east-1,instance-hour,0.05,1,weekly,2026,x", "payment"),
        ("aws.ec2.instance,m5.large,us-east-1,broker-hour,0.05,1,monthly,2026,x", "unit"),
        ("aws.ec2.instance,m5.large,atlantis,instance-hour,0.05,1,monthly,2026,x", "region"),
        ("aws.ec2.instance,m5.large,us-east-1,instance-hour,0.05,1,monthly,2026,", "source"),
        ("aws.ec2.instence,m5.large,us-east-1,instance-hour,0.05,1,monthly,2026,x", "meter"),
    ],
)
def test_rates_that_are_not_usable(tmp_path, row, field):
    path = tmp_path / "own.csv"
    path.write_text(f"meter,sku,region,unit,rate,term_years,payment,as_of,source\n{row}\n")
    with pytest.raises(InputError, match=field):
        Commitments.load(path)


# ---------------------------------------------------------------------------------------------------------- discounts


def test_the_longest_scope_counts():
    book = PriceBook.load()
    off = discounted(book, {"aws": 0.5, "aws.msk": 0.1})
    for meter, sku, share in (("aws.msk.broker", "kafka.m5.large", 0.1), ("aws.ec2.instance", "m5.large", 0.5)):
        price, less = (b.price(meter, sku, "us-east-1").price for b in (book, off))
        assert less == pytest.approx(price * (1 - share))
    assert off.price("azure.vm.instance", "Standard_D2s_v5", "eastus") == book.price(
        "azure.vm.instance", "Standard_D2s_v5", "eastus"
    )


def test_a_scope_is_whole_parts_of_a_name():
    with pytest.raises(InputError, match="discount"):
        read_discounts(["aws.ms=10%"])


def test_the_bill_falls_by_the_discount():
    w = Workload(write="10 MB/s", message="1 KiB")
    full, less = (plan(w, "msk-serverless", open_book(*d)).monthly_usd for d in ((), ("aws=12.5%",)))
    assert less == pytest.approx(0.875 * full)


def test_ones_own_prices_are_not_discounted_again(tmp_path):
    own = tmp_path / "own.csv"
    own.write_text(
        "meter,sku,region,unit,price,as_of,source\naws.ec2.instance,m5.large,us-east-1,instance-hour,0.05,2026,mine\n"
    )
    book = open_book(own, "aws=50%")
    assert book.price("aws.ec2.instance", "m5.large", "us-east-1").price == 0.05
    assert book.price("aws.ec2.instance", "m5.xlarge", "us-east-1").price == pytest.approx(0.096)


def test_discounts_in_a_file(tmp_path):
    path = tmp_path / "contract.yaml"
    path.write_text("aws: 12%\nconfluent: 0.3\n")
    assert read_discounts([str(path)]) == {"aws": 0.12, "confluent": 0.3}
    assert open_book(path).price("aws.ec2.instance", "m5.large", "us-east-1").price == pytest.approx(0.096 * 0.88)


@pytest.mark.parametrize("text", ["aws=100%", "aws=-1%", "aws=a lot", "aws=", "nobody=10%", "no-such-file.yaml"])
def test_discounts_that_are_none(text):
    with pytest.raises(InputError):
        read_discounts([text])


def test_a_scope_twice_is_refused():
    with pytest.raises(InputError, match="once"):
        read_discounts(["aws=1%", "aws=2%"])


# -------------------------------------------------------------------------------------------------------- the command


def exit_of(*arguments):
    try:
        main(list(arguments))
    except SystemExit as stop:
        return stop.code
    return 0


def test_the_command(capsys):
    asked = ("commit", "example-100mib", "--platform", "kafka-ec2-ebs", "--years", "3", "--draws", "64")
    assert exit_of(*asked, "--json", "--discount-rate", "0.08") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["years"] == 3 and document["discount_rate"] == 0.08
    assert document["saving_usd"] == pytest.approx(document["on_demand_usd"] - document["committed_usd"])
    assert all(line["source"].startswith("https://") for line in document["lines"])
    assert exit_of(*asked) == 0
    assert "commit to" in capsys.readouterr().out


def test_bad_input_ends_with_2(capsys):
    asked = ("commit", "example-100mib", "--platform", "kafka-ec2-ebs", "--draws", "4")
    for wrong in (("--years", "2"), ("--discount-rate", "7"), ("--machine", "m5.lorge"), ("--discount", "x=1%")):
        assert exit_of(*asked, *wrong) == 2
    assert exit_of("commit", "example-100mib", "--platform", "msk-express", "--draws", "4") == 2
    assert "rates" in capsys.readouterr().err


def test_the_curve_is_drawn(found):
    spec = json.dumps(commitment_curve(found).to_dict())
    assert "commit to" in spec and "worth today" in spec
