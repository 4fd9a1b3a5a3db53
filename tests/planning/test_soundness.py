"""Sound before cheap: which of an offer's configurations is taken, what is said of it, and how sure its size is."""

import dataclasses
import json

import numpy as np
import pytest
from click.testing import CliRunner

from capacity import Demand, Workload, find_offer
from streamfacts.errors import InputError
from streamplan import plan, study
from streamplan.cli import cli
from streamplan.planning.odds import SHARES, cpu_spread, odds_of
from streamplan.planning.plan import cost_all, least_cost
from streamplan.planning.shipped_workloads import open_workload
from streamplan.planning.soundness import easiest, fleet_sizes, sound
from streamplan.planning.terms import Terms

W = Workload(write="250 MB/s", peak_write="400 MB/s", message="1 KiB", fan_out=3, retention="2 d")
MACHINES = ["kafka-ec2-ebs", "kafka-azure-ssd-tiered", "kafka-gce-disk", "msk-standard", "pulsar-ec2-ebs"]


def test_the_fewest_brokers_near_the_least_cost():
    """51 x 2 vCPU at 12,264 USD; 15 x 8 vCPU cost 3.9% more and 24 x 4 vCPU 1.9%; nine at 14,000 are 14% dearer."""
    cost, units = np.array([12264.0, 12738.0, 12500.0, 14000.0]), np.array([51.0, 15.0, 24.0, 9.0])
    assert easiest(cost, units, 0.05) == 1 and easiest(cost, units, 0.02) == 2
    assert easiest(cost, units, 0.0) == 0 and easiest(cost, units, 0.15) == 3
    two = easiest(np.stack([cost, cost[::-1]], axis=1), np.stack([units, units[::-1]], axis=1), 0.05)
    assert two.tolist() == [1, 2]  # each demand for itself


def test_equal_counts_go_to_the_lower_cost():
    assert easiest(np.array([103.0, 101.0, 100.0]), np.array([3.0, 3.0, 6.0]), 0.05) == 1


def test_many_brokers_ask_for_larger_machines():
    """Up to 3 any machine, up to 9 at least 4 vCPU and 16 GiB, beyond 8 vCPU and 32 GiB."""
    assert [(row.more_than, row.vcpu, row.memory_gib) for row in fleet_sizes()] == [(3, 4, 16), (9, 8, 32)]
    one = plan(W, "kafka-ec2-ebs").sizing

    def held(units, vcpu, memory):
        return bool(sound(dataclasses.replace(one, units=np.float64(units), vcpu=vcpu, memory_gib=memory)))

    assert held(3, 2, 4) and not held(4, 2, 8) and held(9, 4, 16) and not held(9, 4, 8)
    assert not held(10, 4, 16) and held(10, 8, 32) and not held(51, 8, 16)
    assert held(51, np.nan, np.nan)  # a service that shows no machine


@pytest.mark.parametrize("platform", MACHINES)
def test_what_is_taken_is_sound_and_near_the_least_cost(platform):
    chosen = plan(W, platform)
    costed = cost_all(Demand.of(W).replace(region=chosen.bill.region), platform)
    assert sound(chosen.sizing)
    assert chosen.monthly_usd <= 1.05 * float(costed.least) + 1e-6
    near = np.isfinite(costed.sound_cost) & (costed.sound_cost <= 1.05 * costed.least)
    units = chosen.sizing.units + sum(chosen.sizing.pools.values())
    assert units == costed.brokers[near].min()
    cheapest = plan(W, platform, within=0.0)
    assert cheapest.monthly_usd == pytest.approx(float(costed.least), abs=1e-4)


@pytest.mark.parametrize("platform", MACHINES)
def test_one_demand_or_many_take_the_same(platform):
    demand = Demand.of(W).replace(region=W.region_at(find_offer(platform).provider))
    factors = np.array([0.05, 0.4, 1.0, 2.5])
    together = least_cost(demand.scaled(factors), platform)
    alone = [plan(demand.scaled(np.array(f)), platform).monthly_usd for f in factors]
    assert together == pytest.approx(alone)


def test_what_the_cheapest_would_save_is_an_aside():
    chosen = plan(open_workload("linkedin-busiest-cluster-2016"), "kafka-azure-ssd-tiered")
    assert chosen.cheaper is not None and chosen.cheaper.usd < chosen.monthly_usd <= 1.05 * chosen.cheaper.usd * 1.2
    assert chosen.cheaper.brokers > float(chosen.sizing.units)
    assert plan(W, "kinesis-on-demand-standard").cheaper is None


def test_a_named_machine_is_taken_as_it_is_and_said_to_be_small():
    named = plan(W, "kafka-ec2-ebs", machine="m7g.large")
    assert named.configuration == "m7g.large" and named.cheaper is None
    assert float(named.sizing.units) > 9 and any("2 vCPU" in text for text in named.warnings)


def test_a_load_over_many_namespaces_is_not_one_service():
    spread = plan(open_workload("linkedin-busiest-cluster-2016"), "event-hubs-standard")
    assert spread.clusters > 4
    assert any(
        f"not one service: topics and clients must be split over {spread.clusters}" in t for t in spread.warnings
    )
    assert not any("not one service" in t for t in plan(W, "msk-standard").warnings)


def test_odds_follow_the_spread_of_cpu():
    chosen = plan(W, "kafka-ec2-ebs")
    odds = odds_of(chosen)
    assert 0.0 <= odds.too_small < 1.0 and odds.units >= float(chosen.sizing.units)
    spread = cpu_spread(W)
    assert (
        spread.shape == (SHARES,) and np.median(spread) == pytest.approx(1.0, rel=0.02) and (np.diff(spread) > 0).all()
    )
    larger = plan(W, "kafka-ec2-ebs", machine=chosen.configuration, units=float(odds.units))
    assert odds_of(larger).too_small <= 0.1


def test_a_measured_cpu_leaves_nothing_to_chance():
    known = W.replace(cpu_factor=1.0)
    assert odds_of(plan(known, "kafka-ec2-ebs")).too_small == 0.0
    assert odds_of(plan(W, "pubsub")).too_small == 0.0  # nobody's CPU to be wrong about
    assert odds_of(plan(Demand.of(W), "pubsub")) is None


def test_rows_of_a_comparison_say_what_a_broker_is():
    rows = {r["platform"]: r for r in study(W, only=["kafka-ec2-ebs", "pubsub"]).table.to_dict("records")}
    kafka, pubsub = rows["kafka-ec2-ebs"], rows["pubsub"]
    assert kafka["cloud"] == "aws" and pubsub["cloud"] == "gcp"
    assert kafka["vcpu"] >= 4 and kafka["memory_gib"] >= 16 and kafka["partitions"] >= kafka["units"]
    assert kafka["replica_bytes"] * kafka["replicas_on_fullest"] <= kafka["disk_bytes"]
    assert 0 < kafka["rebuild_s"] <= 24 * 3600 and 0 <= kafka["too_small_odds"] < 1
    assert np.isnan(pubsub["vcpu"]) or pubsub["vcpu"] is None


def test_how_near_is_an_option(tmp_path):
    path = tmp_path / "w.yaml"
    path.write_text("name: w\nwrite: 250 MB/s\npeak_write: 400 MB/s\nmessage: 1 KiB\nfan_out: 3\nretention: 2 d\n")
    ask = ["compare", str(path), "--platform", "kafka-ec2-ebs", "--json", "--within"]
    near, least = (json.loads(CliRunner().invoke(cli, [*ask, share]).stdout)["platforms"][0] for share in ("5%", "0"))
    assert (
        least["monthly_usd"] <= near["monthly_usd"] <= 1.05 * least["monthly_usd"] and near["units"] <= least["units"]
    )


@pytest.mark.parametrize("share", [-0.1, 1.5, True])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(InputError, match="within"):
        Terms.of(within=share)
