"""Schedules: what is held covers every month, never shrinks, changes seldom; hand-worked steps, moves and costs."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from capacity import Workload, size
from streamfacts.errors import InputError
from streamfacts.tables import assumption
from streamplan.analyses.schedule.schedule import hold, moved_bytes, schedule, schedules
from streamplan.charts import step_plan
from streamplan.cli import main
from streamplan.planning.people import UNITS, People
from streamplan.planning.plan import plan

STILL = Workload(write="40 MB/s", message="1 KiB", fan_out=2, retention="1 d", partitions=100)
GROWING = STILL.replace(growth={"yearly": "60%"})


@pytest.fixture(scope="module")
def kafka():
    return schedule(GROWING, "kafka-ec2-ebs", 36, step_months=6)


# --------------------------------------------------------------------------------------------------------- hand-worked


def test_hold_by_hand():
    asked = np.array([3.0, 4.0, 5.0, 2.0, 2.0, 7.0, 1.0])
    assert hold(asked, 1).tolist() == [3, 4, 5, 5, 5, 7, 7]
    assert hold(asked, 3).tolist() == [5, 5, 5, 7, 7, 7, 7]
    assert hold(asked, 60).tolist() == [7] * 7


def test_bytes_that_move_by_hand():
    # 12 TB on 4 brokers are 3 TB each; on 6 they are 2 TB each, so the two new ones take 4 TB
    assert moved_bytes(12e12, 4, 6) == 4e12


def test_a_load_that_does_not_grow_is_the_plan_in_every_month(book):
    found, one = schedule(STILL, "msk-express", 12, book=book), plan(STILL, "msk-express", book)
    assert found.configuration == one.configuration
    assert found.usd == pytest.approx([one.monthly_usd] * 12)
    assert found.steps["after"].tolist() == [float(one.sizing.units)] and found.total == pytest.approx(
        12 * one.monthly_usd
    )


def test_a_step_of_kinesis_by_hand(book):
    """One shard takes 1 MiB/s in: what is held in a period is what its last month asks for, as the load only grows."""
    w = Workload(write="10 MB/s", message="1 KiB", fan_out=1, retention="1 d", growth={"yearly": "100%"})
    found = schedule(w, "kinesis-provisioned", 12, step_months=6, book=book)
    asked = found.needed["shard"]
    assert found.units["shard"].tolist() == [asked[5]] * 6 + [asked[11]] * 6
    assert found.steps["month"].tolist() == [1, 7] and found.steps["moved_bytes"].tolist() == [0, 0]


def test_time_to_move_and_to_order(kafka):
    """The slower side of the move sets the time: old brokers that send, or new ones that take."""
    rate = float(assumption("rebalance_bytes_s"))
    rows = kafka.steps[kafka.steps["after"] > kafka.steps["before"]].iloc[1:]
    assert len(rows)
    for row in rows.to_dict("records"):
        stored = kafka.stored_bytes[row["month"] - 1]
        added = row["after"] - row["before"]
        assert row["moved_bytes"] == pytest.approx(stored * added / row["after"])
        assert row["rebalance_days"] == pytest.approx(row["moved_bytes"] / (min(row["before"], added) * rate) / 86400)
        assert row["order_days"] == pytest.approx(14 + row["rebalance_days"])


def test_what_is_held_carries_every_month(kafka):
    for month in (1, 6, 7, 36):
        w = GROWING.replace(growth=None, write=f"{float(_write(GROWING, 36)[month - 1])!r} B/s")
        needed = size(w, "kafka-ec2-ebs", machine=kafka.configuration)
        assert kafka.units["broker"][month - 1] >= float(needed.units) == kafka.needed["broker"][month - 1]


def _write(w, months):
    from capacity.demand.draws import Draws, demand_of

    return np.broadcast_to(demand_of(w, Draws({}, 1, 0), months).payload_bytes_s, (1, months))[0]


# ---------------------------------------------------------------------------------------------------------- properties


@given(
    arrays.arrays(float, st.integers(1, 60), elements=st.integers(1, 1000).map(float)),
    st.integers(1, 60),
)
def test_held_covers_grows_and_lasts(asked, step):
    held = hold(asked, step)
    assert (held >= asked).all() and (np.diff(held) >= 0).all() and held.max() == asked.max()
    changes = np.flatnonzero(np.diff(held)) + 1
    assert (changes % step == 0).all()


@settings(max_examples=5, deadline=None)
@given(st.sampled_from(["kafka-ec2-ebs", "pulsar-ec2-ebs", "msk-standard", "kinesis-provisioned"]), st.integers(1, 12))
def test_steps_only_go_up_and_cost_at_least_what_resizing_costs(platform, step):
    found = schedule(GROWING, platform, 24, step_months=step)
    for kind, held in found.units.items():
        assert (np.diff(held) >= 0).all() and (held >= found.needed[kind]).all()
    if found.disk_gib is not None:
        assert (np.diff(found.disk_gib) >= 0).all()
    assert found.total >= 0.999 * found.resized.sum()
    assert (np.diff(found.steps["month"].unique()) >= step).all()


def test_all_zones_get_as_many(kafka):
    assert (kafka.units["broker"] % 3 == 0).all()


# --------------------------------------------------------------------------------------------------- doors, bad input


def test_an_offer_that_cannot_says_why(book):
    found = schedule(STILL.replace(retention="400 d"), "kinesis-provisioned", 6, book=book)
    assert not found.feasible and "retention" in found.reason and found.total == float("inf")
    assert "no schedule" in json.dumps(step_plan(found).to_dict())


def test_cheapest_first(book):
    found = schedules(STILL, ["msk-serverless", "msk-express"], 6, book=book)
    assert [s.offer.name for s in found] == ["msk-express", "msk-serverless"]


def test_figure(kafka):
    text = json.dumps(step_plan(kafka).to_dict())
    assert "asked for" in text and "USD a month" in text and kafka.configuration in text


@pytest.fixture
def workload_file(tmp_path):
    path = tmp_path / "w.yaml"
    path.write_text("write: 20 MB/s\nmessage: 1 KiB\nretention: 1 d\ngrowth: {yearly: 50%}\n", encoding="utf-8")
    return str(path)


def test_command(workload_file, capsys):
    main(["schedule", workload_file, "--platform", "msk-express", "--months", "12", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found["platforms"][0]["steps"][0]["month"] == 1 and len(found["platforms"][0]["by_month"]) == 12
    main(["schedule", workload_file, "--platform", "msk-express", "--months", "12"])
    assert "brokers" in capsys.readouterr().out


@pytest.mark.parametrize(
    "choices, words",
    [
        ({"months": 0}, "months"),
        ({"step_months": 0}, "step_months"),
        ({"lead_days": -1}, "lead_days"),
        ({"lead_days": float("nan")}, "lead_days"),
        ({"options": {"nonsense": 1}}, "nonsense"),
    ],
)
def test_unusable(choices, words):
    with pytest.raises(InputError, match=words):
        schedule(STILL, "msk-express", **choices)


@pytest.mark.parametrize("units", [np.array([1.5]), np.array([0.0]), np.array([]), np.array([True]), np.array([2e6])])
def test_unusable_units(units):
    with pytest.raises(InputError, match="units"):
        size(STILL, "kafka-ec2-ebs", units=units)


# ------------------------------------------------------------------------------------------------------------- people


@pytest.mark.parametrize("platform", ["kafka-ec2-ebs", "pulsar-ec2-ebs"])
def test_people_run_what_is_held(book, tmp_path, platform):
    staff = People.load(support="none")
    still = schedule(STILL, platform, 3, book=book, people=staff)
    assert still.usd == pytest.approx([plan(STILL, platform, book, people=staff).monthly_usd] * 3)
    # tools of one USD a node and nothing else: a USD for each machine that is held, needed yet or not
    nil = [f"{n},{platform},0,0,0,{u}" for n, u in UNITS.items() if n.startswith(("staff", "training", "tooling_base"))]
    rows = ["item,applies_to,low,likely,high,unit", *nil, f"tooling_per_node,{platform},1,1,1,USD/node-month"]
    (tmp_path / "own.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    tools = People.load(tmp_path / "own.csv", support="none")
    large = GROWING.replace(write="600 MB/s")
    plain, tooled = (schedule(large, platform, 24, step_months=12, book=book, people=p) for p in (None, tools))
    assert tooled.configuration == plain.configuration
    nodes = sum(tooled.units.values())
    assert len(np.unique(nodes)) == 2
    more = tooled.usd - plain.usd - nodes  # of nodes beside those that are held: controllers, metadata
    assert more == pytest.approx(np.full(24, more[0])) and more[0] in (0.0, pytest.approx(3.0))


def test_commands_take_people(capsys):
    asked = ["schedule", "example-100mib", "--platform", "msk-express", "--months", "2", "--json"]
    main(asked)
    plain = capsys.readouterr().out
    main([*asked, "--people"])
    assert capsys.readouterr().out != plain
