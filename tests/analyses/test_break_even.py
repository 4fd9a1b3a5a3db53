"""Break-even: solved by hand, against a published one, the map against single plans, and what is refused."""

from __future__ import annotations

import json

import numpy as np
import pytest

from capacity import Workload
from pricing import PriceBook
from streamfacts.errors import InputError, NothingFeasible
from streamfacts.units import GIB, MIB
from streamplan.analyses.break_even.break_even import axis, break_even
from streamplan.charts import break_even_map
from streamplan.cli import main
from streamplan.planning.plan import plan

STANDARD, ADVANTAGE = "kinesis-on-demand-standard", "kinesis-on-demand-advantage"
KINESIS = (STANDARD, ADVANTAGE)
ONE = Workload(write="5 MB/s", message="1 KiB", fan_out=1, retention="24 h")
SECONDS = 730.0 * 3600.0
#: What advantage bills at least: 25 MiB/s in and out.
LEAST = 25.0 / 1024.0 * SECONDS * (0.032 + 0.016)


@pytest.fixture(scope="module")
def kinesis():
    return break_even(ONE, x_ends=["1 MB/s", "100 MB/s"], y_ends=["1 h", "24 h"], only=KINESIS, steps=8)


# -------------------------------------------------------------------------------------------------------- closed forms


def test_by_hand(kinesis):
    # 0.04 an hour and 0.12 a GiB written and read once, against the minimum commitment
    by_hand = (LEAST - 0.04 * 730.0) / 0.12 * GIB / SECONDS
    assert kinesis.flips["at"].tolist() == pytest.approx([by_hand] * 8, rel=1e-9)
    assert set(kinesis.flips["below"]) == {STANDARD} and set(kinesis.flips["above"]) == {ADVANTAGE}
    assert kinesis.flips["usd"].tolist() == pytest.approx([LEAST] * 8)
    own = kinesis.own_flips
    assert own["along"].tolist() == ["write"] and own["at"][0] == pytest.approx(by_hand, rel=1e-9)


def test_the_published_break_even(tmp_path):
    """AWS: advantage is the cheaper one from 10 MiB/s on, with one consumer and no hours of streams."""
    book = tmp_path / "book.csv"
    book.write_text(
        "meter,sku,region,unit,price,as_of,source\n"
        "aws.kinesis.stream,on-demand-standard,us-east-1,stream-hour,0,2026,no hours of streams\n"
    )
    found = break_even(ONE, x_ends=["1 MB/s", "100 MB/s"], only=KINESIS, steps=4, book=PriceBook.load(book))
    assert found.own_flips["at"][0] == pytest.approx(10 * MIB, rel=1e-9)


def test_a_fixed_cost_moves_the_flip_by_hand():
    found = break_even(
        ONE, x_ends=["1 MB/s", "100 MB/s"], only=KINESIS, steps=4, fixed_usd={STANDARD: 600.0, ADVANTAGE: 0.0}
    )
    by_hand = (LEAST - 600.0 - 0.04 * 730.0) / 0.12 * GIB / SECONDS
    assert found.own_flips["at"][0] == pytest.approx(by_hand, rel=1e-9)


def test_the_size_of_the_team_by_hand():
    pair = ["kafka-ec2-ebs", "msk-serverless"]
    w = Workload(write="50 MB/s", message="1 KiB", fan_out=2, retention="3 d")
    own, managed = (plan(w, name).monthly_usd for name in pair)
    assert own < managed
    found = break_even(w, "team", "retention", x_ends=[1, 1e6], y_ends=["1 d", "9 d"], only=pair, steps=6)
    # through the workload's own retention the flip is where the team costs what the service costs more
    here = found.own_flips[found.own_flips["along"] == "team"]
    assert here["at"].tolist() == pytest.approx([managed - own], rel=1e-6)
    assert here["below"].tolist() == ["kafka-ec2-ebs"] and here["above"].tolist() == ["msk-serverless"]


# ------------------------------------------------------------------------------------------------------------ the map


def test_the_map_is_what_single_plans_say():
    names = ["msk-express", "kinesis-provisioned", "msk-serverless"]
    found = break_even(ONE, "write", "fan_out", x_ends=["1 MB/s", "60 MB/s"], y_ends=[1, 6], only=names, steps=4)
    for i, fan_out in enumerate(found.y.values):
        for j, write in enumerate(found.x.values):
            w = ONE.replace(write=f"{float(write)!r} B/s", fan_out=float(fan_out))
            costs = [plan(w, name).monthly_usd for name in names]
            single = [np.inf if usd is None else usd for usd in costs]
            np.testing.assert_allclose(found.usd[:, i, j], single, rtol=1e-9)
            assert found.winner[i, j] == int(np.argmin(single))


def test_both_sides_of_a_flip(kinesis):
    flip = kinesis.flips.iloc[0]
    for factor, cheapest in ((0.999, flip["below"]), (1.001, flip["above"])):
        w = ONE.replace(write=f"{float(flip['at']) * factor!r} B/s")
        assert min(KINESIS, key=lambda name: plan(w, name).monthly_usd) == cheapest


def test_a_finer_grid_finds_the_same_flips(kinesis):
    fine = break_even(ONE, x_ends=["1 MB/s", "100 MB/s"], y_ends=["1 h", "24 h"], only=KINESIS, steps=15)
    assert fine.own_flips["at"][0] == pytest.approx(kinesis.own_flips["at"][0], rel=1e-9)


def test_where_nothing_fits_the_map_is_empty():
    found = break_even(
        ONE,
        "message",
        "retention",
        x_ends=["1 kB", "20 MB"],
        y_ends=["1 h", "9 d"],
        only=["kinesis-provisioned"],
        steps=5,
    )
    assert (found.winner[:, -1] == -1).all() and (found.winner[:, 0] == 0).all()
    assert set(found.flips["above"]) == {""}
    assert found.table["usd"].isna().sum() == (found.winner == -1).sum()


def test_a_given_peak_keeps_its_ratio():
    peaky = ONE.replace(peak_write="10 MB/s")
    found = break_even(peaky, x_ends=["5 MB/s", "50 MB/s"], only=["kinesis-provisioned"], steps=2)
    tenfold = plan(ONE.replace(write="50 MB/s", peak_write="100 MB/s"), "kinesis-provisioned").monthly_usd
    row = int(np.argmin(np.abs(found.y.values - ONE.retention.likely)))
    assert found.usd[0, row, 1] >= tenfold * (1 - 1e-9)


def test_closed_offers_are_left_out():
    found = break_even(ONE, x_ends=["4 MB/s", "6 MB/s"], steps=2)
    assert "upstash-kafka" not in found.offers and "msk-express" in found.offers


def test_axes_of_their_own():
    default = axis(ONE, "write", steps=3)
    assert default.values.tolist() == pytest.approx([5e6 / 30, 5e6, 150e6])
    assert axis(ONE, "retention", ["1 h", "36 h"], 2).values.tolist() == [3600.0, 129600.0]
    assert axis(ONE.replace(peak_ratio=2), "peak_ratio", steps=2).values[0] == 2  # below 1 there is no peak


# ---------------------------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"x": "writes"}, "axis"),
        ({"x": "connections"}, "axis"),
        ({"x": "retention"}, "axes"),
        ({"x": "team"}, "team"),
        ({"x_ends": ["2 MB/s", "1 MB/s"]}, "write"),
        ({"x_ends": ["1 MB/s"]}, "write"),
        ({"x_ends": "1 MB/s"}, "write"),
        ({"x_ends": ["1 MB", "2 MB"]}, "write"),
        ({"x_ends": [1, 2]}, "write"),
        ({"y_ends": ["1 s", "2 d"]}, "retention"),
        ({"steps": 1}, "steps"),
        ({"steps": 10_000}, "steps"),
        ({"fixed_usd": {"msk-express": 5}}, "fixed"),
        ({"fixed_usd": {STANDARD: -5}}, "fixed"),
        ({"options": {"nothing": 1}}, "option"),
        ({"only": ["kinesis"]}, "platform"),
    ],
)
def test_what_is_refused(asked, field):
    with pytest.raises(InputError, match=field):
        break_even(ONE, **{"only": KINESIS, "steps": 3, **asked})


def test_nothing_anywhere_is_refused():
    large = Workload(write="10 MB/s", message="20 MB")
    with pytest.raises(NothingFeasible):
        break_even(large, only=["kinesis-provisioned"], steps=2)


# -------------------------------------------------------------------------------------------------------- the command


def exit_of(*arguments):
    try:
        main(list(arguments))
    except SystemExit as stop:
        return stop.code or 0
    return 0


def test_the_command(capsys, tmp_path):
    path = tmp_path / "one.yaml"
    path.write_text("write: 5 MB/s\nmessage: 1 KiB\nretention: 24 h\n")
    asked = ("break-even", str(path), *(x for name in KINESIS for x in ("--platform", name)), "--steps", "4")
    ends = ("--x-ends", "1 MB/s..100 MB/s", "--y-ends", "1 h..24 h")
    assert exit_of(*asked, *ends, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert len(document["grid"]) == 16 and document["x"]["unit"] == "bytes/s"
    assert all(1e6 < row["at"] < 1e8 for row in document["flips"])
    assert exit_of(*asked, *ends) == 0
    assert "flip" in capsys.readouterr().out
    for wrong in (("--x", "nothing"), ("--x-ends", "1 MB/s"), ("--fixed", f"{STANDARD}=much"), ("--fixed", STANDARD)):
        assert exit_of(*asked, *wrong) == 2
    assert exit_of(*asked, "--x", "fan-out", "--x-ends", "1..4") == 0


def test_the_chart(kinesis):
    spec = json.dumps(break_even_map(kinesis).to_dict())
    assert "bytes written [MB/s]" in spec and "retention [days]" in spec and "this workload" in spec
