"""Levers: savings by hand, alone and stacked; what is in force, what does not apply, what is refused."""

from __future__ import annotations

import json

import numpy as np
import pytest

from capacity import Demand, Workload
from pricing import Commitments, PriceBook
from streamfacts.errors import InputError, NothingFeasible
from streamfacts.tables import read_table
from streamplan.analyses.levers.levers import State, levers, study_levers, targets
from streamplan.charts import lever_waterfall, levers_alone
from streamplan.cli import main
from streamplan.planning.plan import plan

METERED = "msk-serverless"
KNOWN = {"message": "1 KiB", "fan_out": 2, "retention": "4 d", "partitions": 20, "peak_ratio": 1}
SMALL = Workload(write="10 MB/s", **KNOWN)
LARGE = Workload(write="100 MB/s", message="1 KiB", fan_out=3, retention="7 d")
BY_NAME = {lever.name: lever for lever in levers()}


def state(workload, platform, **more):
    return State(workload, platform, PriceBook.load(), targets(), Commitments.load(), **more)


def cost_of(meters, workload, platform):
    lines = plan(workload, platform).bill.lines
    return lines.loc[lines["meter"].str.contains(meters), "cost"].sum()


@pytest.fixture(scope="module")
def small():
    return study_levers(SMALL, METERED)


# ------------------------------------------------------------------------------------------------------------ by hand


def test_half_the_retention_saves_half_the_storage(small):
    saved = small.alone.set_index("lever").loc["retention", "saving_usd"]
    assert saved == pytest.approx(0.5 * cost_of("serverless-storage", SMALL, METERED))


def test_compression_takes_its_ratio_off_the_metered_bytes(small):
    ratio = read_table("model/compression").set_index("codec").loc["zstd", "ratio"]
    bytes_billed = cost_of("data-in|data-out|storage", SMALL, METERED)
    saved = small.alone.set_index("lever").loc["zstd", "saving_usd"]
    assert saved == pytest.approx(bytes_billed * (1 - 1 / ratio), rel=0.02)  # all but the headers of batches


def test_topics_that_nobody_reads_take_writes_and_storage_but_no_reads(small):
    changed = BY_NAME["unused-topics"].change(state(SMALL, METERED))
    before, after = Demand.of(SMALL), Demand.of(changed.workload)
    assert float(after.wire_bytes_s) == pytest.approx(0.9 * float(before.wire_bytes_s))
    assert float(after.wire_bytes_s * after.fan_out) == pytest.approx(float(before.wire_bytes_s * before.fan_out))
    assert float(after.partitions) == 18
    written = cost_of("data-in|storage", SMALL, METERED)
    partitions = cost_of("partition", SMALL, METERED)
    saved = small.alone.set_index("lever").loc["unused-topics", "saving_usd"]
    assert saved == pytest.approx(0.1 * (written + partitions))


def test_reserved_saves_the_rate_on_every_machine():
    held = plan(LARGE, "kafka-ec2-ebs", machine="m7g.xlarge")
    rates = Commitments.load()
    by_hand = sum(
        float(e.cost) - float(e.usage.quantity) * rates.find("aws.ec2.instance", e.usage.sku, "us-east-1", 3).rate
        for e in held.bill.entries
        if e.usage.meter == "aws.ec2.instance"
    )
    found = study_levers(LARGE, "kafka-ec2-ebs", machine="m7g.xlarge")
    assert found.alone.set_index("lever").loc["reserved", "saving_usd"] == pytest.approx(by_hand)


def test_follower_fetch_saves_what_crosses_zones_to_consumers():
    alone = study_levers(LARGE, "kafka-ec2-ebs", options={"follower_fetch": False}).alone.set_index("lever")
    by_hand = [plan(LARGE, "kafka-ec2-ebs", options={"follower_fetch": f}).monthly_usd for f in (False, True)]
    assert alone.loc["follower-fetch", "saving_usd"] == pytest.approx(by_hand[0] - by_hand[1])


def test_sizes_measured_at_the_broker_shrink_along():
    broker = Workload(write="10 MB/s", message="500 B", measured_at="broker", compression_ratio=2)
    changed = BY_NAME["zstd"].change(state(broker, METERED))
    before, after = Demand.of(broker), Demand.of(changed.workload)
    assert float(after.payload_bytes_s) == pytest.approx(float(before.payload_bytes_s))
    assert float(after.records_s) == pytest.approx(float(before.records_s))
    assert float(after.wire_bytes_s) == pytest.approx(float(before.wire_bytes_s) * 2 / 3.79)


# --------------------------------------------------------------------------------------------------------- properties


@pytest.mark.parametrize(
    ("workload", "platform", "more"),
    [
        (SMALL, METERED, {}),
        (LARGE, "msk-standard", {}),
        (LARGE, "kafka-ec2-ebs", {"machine": "m5.2xlarge", "options": {"follower_fetch": "false"}}),
        (LARGE, "kinesis-provisioned", {}),
        (LARGE, "pulsar-ec2-ebs", {"without": ["diskless"]}),
    ],
)
def test_the_stack_adds_up(workload, platform, more):
    found = study_levers(workload, platform, **more)
    stack = found.stack
    assert len(stack)
    assert stack["saving_usd"].sum() == pytest.approx(found.start.usd - found.end.usd, abs=1e-6)
    assert stack["before_usd"].iloc[0] == found.start.usd and stack["after_usd"].iloc[-1] == found.end.usd
    assert (stack["before_usd"].to_numpy()[1:] == stack["after_usd"].to_numpy()[:-1]).all()
    assert (stack["saving_usd"] > 0).all()
    groups = [BY_NAME[name].group for name in stack["lever"]]
    assert all(groups.count(group) == 1 for group in groups if group)
    first = found.alone.iloc[0]
    assert (stack["lever"].iloc[0], stack["saving_usd"].iloc[0]) == (first["lever"], first["saving_usd"])


def test_levers_on_the_same_bytes_are_not_counted_twice(small):
    alone = small.alone.set_index("lever")["saving_usd"]
    stacked = small.stack.set_index("lever")["saving_usd"]
    assert alone[stacked.index].sum() > small.saving
    assert small.saving < small.start.usd


def test_every_lever_is_told_of_once(small):
    assert sorted(small.alone["lever"]) == sorted(BY_NAME)
    told = small.alone["saving_usd"].notna() | (small.alone["why_not"] != "")
    assert told.all() and (small.alone["gives_up"] != "").all()


def test_what_is_in_force_says_what_it_is_worth():
    alone = study_levers(LARGE, "kafka-ec2-ebs-tiered").alone.set_index("lever")
    without = plan(LARGE, "kafka-ec2-ebs").monthly_usd - plan(LARGE, "kafka-ec2-ebs-tiered").monthly_usd
    assert alone.loc["tiered-storage", "worth_usd"] == pytest.approx(without)
    assert alone.loc["follower-fetch", "saving_usd"] > 0  # off by default, as in Kafka
    near = study_levers(LARGE, "kafka-ec2-ebs-tiered", options={"follower_fetch": True}).alone.set_index("lever")
    assert near.loc["follower-fetch", "worth_usd"] > 0
    assert np.isnan(near.loc["follower-fetch", "saving_usd"])


def test_a_codec_that_is_no_better_does_not_apply():
    alone = study_levers(SMALL.replace(compression_ratio=3.0), METERED).alone.set_index("lever")
    assert alone.loc["lz4", "why_not"].startswith("now 3 to one") and alone.loc["lz4", "worth_usd"] > 0
    assert alone.loc["zstd", "saving_usd"] > 0


def test_a_lever_that_is_left_out_is_out():
    found = study_levers(LARGE, "msk-standard", without=["diskless", "zstd"])
    assert not {"diskless", "zstd"} & {*found.alone["lever"], *found.stack["lever"]}
    assert found.end.platform.startswith("msk-standard")


def test_further_targets_save_more():
    saved = [
        study_levers(SMALL, METERED, own_targets={"retention_share": s}).alone.set_index("lever")["saving_usd"]
        for s in (0.25, 0.75)
    ]
    assert saved[0]["retention"] > saved[1]["retention"] > 0


# ---------------------------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    "own",
    [
        {"retention": 0.5},
        {"retention_share": 0},
        {"retention_share": "half"},
        {"unused_share": 1},
        {"replication_factor": 1.5},
        {"commitment_years": 2},
        {"batch_bytes": True},
    ],
)
def test_targets_that_are_none(own):
    with pytest.raises(InputError, match="target"):
        targets(own)


def test_unknown_names():
    for wrong in ({"without": ["discless"]}, {"machine": "m5.lorge"}, {"options": {"fetch": True}}):
        with pytest.raises(InputError):
            study_levers(LARGE, "kafka-ec2-ebs", **wrong)


def test_what_does_not_fit_has_nothing_to_save():
    with pytest.raises(NothingFeasible, match="kinesis-provisioned"):
        study_levers(Workload(write="10 MB/s", message="20 MB"), "kinesis-provisioned")


# -------------------------------------------------------------------------------------------------------- the command


def exit_of(*arguments):
    try:
        main(list(arguments))
    except SystemExit as stop:
        return stop.code or 0
    return 0


def test_the_command(capsys):
    asked = ("levers", "example-100mib", "--platform", "msk-standard", "--without", "diskless")
    assert exit_of(*asked, "--json", "--set", "retention_share=0.3") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["targets"]["retention_share"] == 0.3
    assert sum(row["saving_usd"] for row in document["stack"]) == pytest.approx(document["saving_usd"])
    assert exit_of(*asked) == 0
    assert "gives up" in capsys.readouterr().out
    assert exit_of(*asked, "--set", "retention_share=3") == 2


def test_the_charts(small):
    spec = json.dumps(lever_waterfall(small).to_dict())
    assert "all of them" in spec and "USD a month" in spec
    assert "in force" in json.dumps(levers_alone(small).to_dict())
