"""Choice under uncertainty: criteria against closed forms, regret by hand, properties of the ranking."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from capacity import Workload, find_offer
from capacity.demand.draws import draw_demand
from pricing import PriceBook
from streamfacts.errors import InputError
from streamplan.analyses.choose.choose import CRITERIA, choose, cvar, regrets
from streamplan.charts import regret_plot
from streamplan.cli import main
from streamplan.planning.joint_draws import drawn_together
from streamplan.planning.people import People
from streamplan.planning.plan import cost_all

WRITE = {"low": "5 MB/s", "likely": "10 MB/s", "high": "20 MB/s"}
KNOWN = {"message": "1 KiB", "batch": "16 KiB", "fan_out": 2, "retention": "1 d", "partitions": 200}
W = Workload(write=WRITE, peak_ratio=1, outage="0 s", **KNOWN)
TWO = ["msk-express", "msk-serverless"]


@pytest.fixture(scope="module")
def choice():
    return choose(W, TWO, months=2, draws=128)


def test_cvar_by_hand_and_of_an_exponential():
    assert cvar(np.arange(1.0, 11.0), 0.8) == pytest.approx(9.5)
    # exponential with mean 1: the quantile at alpha is -log(1 - alpha), the mean beyond it one more
    u = (np.arange(200_000) + 0.5) / 200_000
    assert cvar(-np.log(1 - u), 0.9) == pytest.approx(-np.log(0.1) + 1, rel=1e-3)


def test_regret_by_hand():
    totals = np.array([[10.0, 40.0], [20.0, 25.0]])
    assert regrets(totals).tolist() == [[0, 15], [10, 0]]


def test_sized_for_the_same_demand(book):
    """What is held is the P90 of the units that the draws ask for, and the draws beyond pay for what they need."""
    large = W.replace(write={"low": "50 MB/s", "likely": "100 MB/s", "high": "200 MB/s"})
    a = choose(large, ["msk-express"], months=2, draws=128, machines=1).best
    demand = draw_demand(large, 128, 2, seed=0)
    needed = cost_all(demand, "msk-express", book, among=np.array([a.configuration]))
    floor = np.quantile(needed.sizing.units[0], 0.9, axis=0, method="inverted_cdf")
    assert (a.units == floor).all()
    beyond = np.broadcast_to(needed.sizing.units[0] > floor, (128, 2)).all(axis=1)
    alone = np.broadcast_to(needed.cost[0], (128, 2)).sum(axis=1)
    assert beyond.any() and a.total[beyond] == pytest.approx(alone[beyond])
    assert (a.total >= alone - 1e-9).all()


@pytest.mark.parametrize("by", CRITERIA)
def test_the_first_is_best_by_its_criterion(by):
    table = choose(W, TWO, by, months=1, draws=64).table
    assert table[CRITERIA[by][0]].is_monotonic_increasing and len(table) >= 2


def test_order_of_the_criteria(choice):
    t = choice.table
    assert (t["p50_usd"] <= t["p90_usd"]).all() and (t["p90_usd"] <= t["cvar_usd"]).all()
    assert (t["mean_regret_usd"] <= t["most_regret_usd"]).all() and (t["mean_regret_usd"] >= 0).all()
    assert t["best_in"].sum() >= 1


@given(arrays.arrays(float, st.integers(1, 50), elements=st.floats(0, 1e9)), st.floats(0.01, 0.99))
def test_cvar_is_never_below_the_quantile_nor_above_the_most(totals, alpha):
    value = float(cvar(totals, alpha))
    assert np.quantile(totals, alpha, method="inverted_cdf") <= value * (1 + 1e-9) + 1e-6
    assert totals.mean() <= value * (1 + 1e-9) + 1e-6 and value <= totals.max() * (1 + 1e-9) + 1e-6


def test_more_uncertainty_never_lowers_the_p90():
    wide = W.replace(write={"low": "2.5 MB/s", "likely": "10 MB/s", "high": "40 MB/s"})
    narrow, broad = (choose(w, ["msk-serverless"], months=1, draws=128).table.iloc[0] for w in (W, wide))
    assert broad["p90_usd"] >= narrow["p90_usd"] and broad["cvar_usd"] >= narrow["cvar_usd"]


def test_larger_plans_cost_no_less():
    small, large = (choose(W, ["msk-express"], months=1, draws=64, size_for=s, machines=1) for s in (0.5, 0.95))
    if small.best.configuration == large.best.configuration:
        assert (large.best.total >= small.best.total - 1e-9).all()
    assert (large.best.units >= small.best.units).all() or small.best.configuration != large.best.configuration


def test_same_seed_same_choice():
    one, same = (choose(W, TWO, months=1, draws=32, seed=4).table for _ in range(2))
    assert one.equals(same)


def test_what_carries_no_draw_is_left_out_with_a_reason():
    found = choose(W.replace(retention="400 d"), ["kinesis-provisioned"], months=1, draws=16)
    assert not found.something_fits and "kinesis-provisioned" in found.left_out


def test_command_and_figure(tmp_path, capsys, choice):
    path = tmp_path / "w.yaml"
    path.write_text("write: {low: 5 MB/s, likely: 10 MB/s, high: 20 MB/s}\nmessage: 1 KiB\n", encoding="utf-8")
    arguments = ["choose", str(path), "--months", "1", "--draws", "32", "--platform", "msk-express", "--by", "cvar"]
    main([*arguments, "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found["by"] == "cvar" and found["alternatives"][0]["platform"] == "msk-express"
    main(arguments)
    assert "CVaR" in capsys.readouterr().out
    assert "MSK Express" in json.dumps(regret_plot(choice).to_dict())


@pytest.mark.parametrize(
    "choices, words",
    [
        ({"by": "luck"}, "by"),
        ({"months": 0}, "months"),
        ({"draws": 0}, "draws"),
        ({"size_for": 1.0}, "size_for"),
        ({"alpha": 0}, "alpha"),
        ({"machines": 0}, "machines"),
        ({"only": ["msk-expres"]}, "msk-express"),
    ],
)
def test_unusable(choices, words):
    with pytest.raises(InputError, match=words):
        choose(W, **{"only": TWO, **choices})


def test_people_count_in_every_alternative():
    staff = People.load(support="none")
    plain, staffed = choose(W, TWO, months=2, draws=16), choose(W, TWO, months=2, draws=16, people=staff)
    assert staffed.best.total.mean() > plain.best.total.mean()
    demand, drawn = drawn_together(W, 2, 16, 0, staff.of([find_offer(name) for name in TWO]))
    one = next(a for a in staffed.alternatives if a.platform == "msk-serverless")
    costed = cost_all(demand, "msk-serverless", PriceBook.load(), people=drawn)
    assert one.total == pytest.approx(np.broadcast_to(costed.cost[0], (16, 2)).sum(axis=1))
    assert choose(W, TWO, months=2, draws=16).table.equals(plain.table)


def test_command_takes_people(capsys):
    asked = ["choose", "example-100mib", "--platform", "msk-express", "--months", "1", "--draws", "8", "--json"]
    main(asked)
    plain = capsys.readouterr().out
    main([*asked, "--people"])
    assert capsys.readouterr().out != plain
