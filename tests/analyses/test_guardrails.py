"""Guardrails: levels by hand, the plan's numbers in the rules, and promtool's word on the file."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest
import yaml
from click.testing import CliRunner

from capacity import Workload, offers
from streamfacts.errors import InputError, NothingFeasible
from streamfacts.tables import read_table
from streamplan.analyses.guardrails.guardrails import guardrails, levels, rule_file
from streamplan.cli import cli
from streamplan.planning.plan import plan

PROMTOOL = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed (Debian package prometheus)")
WATCHED = [
    "kafka-ec2-ebs",
    "kafka-ec2-nvme-tiered",
    "msk-standard",
    "msk-express",
    "pulsar-ec2-ebs",
    "kinesis-provisioned",
    "kinesis-on-demand-standard",
    "confluent-standard",
    "confluent-dedicated",
]


def planned(offer="kafka-ec2-ebs", **fields):
    asked = {"write": "100 MB/s", "message": "1 KiB", "peak_ratio": 1.5, "fan_out": 3, "retention": "3 d"}
    return plan(Workload(name="orders", **{**asked, **fields}), offer)


def by_alert(p, **choices):
    (group,) = guardrails(p, **choices)["groups"]
    return {rule["alert"]: rule for rule in group["rules"]}


def level(rule):
    return float(rule["expr"].split()[-1])


def test_levels_are_where_the_states_run_out():
    p = planned()
    found = levels(p, "network out")
    states = [c for c in p.sizing.constraints if c.name == "network out"]
    used = {c.state: float(c.utilisation(p.sizing.units)) for c in states}
    assert found.planned == pytest.approx(used["normal"])
    grow = min(float(c.ceiling) / used[c.state] for c in states)
    assert found.warning == pytest.approx(used["normal"] * grow)
    assert found.critical == pytest.approx(used["normal"] / max(used.values()))
    assert found.planned <= found.warning < found.critical <= 1


def test_at_the_warning_level_a_state_is_exactly_full():
    """Load grown by warning / planned brings the first state to its ceiling: one more byte needs one more broker."""
    p = planned()
    found = levels(p, "CPU")
    grown = plan(
        p.workload.replace(write=f"{100 * found.warning / found.planned} MB/s"), p.offer.name, machine=p.configuration
    )
    cpu = [c for c in grown.sizing.constraints if c.name == "CPU" and c.state == found.warned_by]
    assert float(cpu[0].utilisation(p.sizing.units)) == pytest.approx(float(cpu[0].ceiling), rel=0.02)


def test_the_plan_is_in_the_rules():
    p = planned()
    rules = by_alert(p)
    assert level(rules["BrokersMissing"]) == float(p.sizing.units)
    assert level(rules["WritesAbovePlan"]) == pytest.approx(float(p.sizing.demand.peak_wire_bytes_s), rel=1e-5)
    assert level(rules["UnderReplicatedPartitions"]) == 0
    assert p.what in rules["BrokerCpu"]["annotations"]["description"]
    space = next(c for c in p.sizing.constraints if c.name == "disk space")
    assert level(rules["BrokerDiskSpace"]) == float(space.ceiling)
    network = levels(p, "network out")
    assert level(rules["BrokerNetworkOut"]) == pytest.approx(network.warning * network.capacity, rel=1e-5)


def test_lag_is_what_can_be_caught_up():
    p = planned(outage="30 min", fan_out=3, consumer_groups=3)
    rules = by_alert(p)
    each = 100e6 / 1024  # records a second, which every one of three groups reads
    assert level(rules["ConsumerLagCritical"]) == pytest.approx(each * 1800, rel=1e-4)
    assert level(rules["ConsumerLag"]) == pytest.approx(each * 900, rel=1e-4)


def test_lag_never_outlasts_half_of_the_retention():
    rules = by_alert(planned(outage="12 h", retention="2 h"))
    assert level(rules["ConsumerLagCritical"]) == pytest.approx(100e6 / 1024 * 3600, rel=1e-4)


def test_kinesis_counts_age_and_minutes():
    p = planned("kinesis-provisioned", outage="1 h", retention="24 h")
    rules = by_alert(p)
    assert level(rules["ConsumerBehindCritical"]) == 3_600_000
    assert level(rules["WritesAbovePlan"]) == pytest.approx(float(p.sizing.demand.peak_wire_bytes_s) * 60, rel=1e-5)


def test_msk_disks_are_percent_and_express_has_none():
    assert level(by_alert(planned("msk-standard"))["BrokerDiskSpace"]) == 85
    assert "BrokerDiskSpace" not in by_alert(planned("msk-express"))


@pytest.mark.parametrize("offer", WATCHED)
def test_levels_lie_above_the_plan_and_below_the_wall(offer):
    rules = by_alert(planned(offer))
    assert {rule["labels"]["severity"] for rule in rules.values()} <= {"warning", "critical"}
    assert any("Lag" in name or "Backlog" in name or "Behind" in name for name in rules)
    for name, rule in rules.items():
        critical = rules.get(f"{name}Critical")
        if critical is not None and rule is not critical:
            assert level(critical) > level(rule) > 0, name


def test_labels_pick_the_series():
    rules = by_alert(planned(), labels={"cluster": 'or"ders'})
    assert all('cluster="or\\"ders"' in rule["expr"] for rule in rules.values())
    assert all("{}" not in rule["expr"] for rule in by_alert(planned()).values())


def test_every_metric_has_a_source_and_is_used():
    table = read_table("analyses/guardrails")
    assert not table.duplicated(["scheme", "alert"]).any()
    assert set(table["scheme"]) == {scheme for offer in WATCHED for scheme in offers()[offer].metrics}
    assert table["source"].str.startswith("https://").all()


# ----------------------------------------------------------------------------------------------------------- promtool


@needs_promtool
@pytest.mark.parametrize("offer", WATCHED)
def test_promtool_accepts_the_file(offer, tmp_path):
    path = tmp_path / "rules.yml"
    path.write_text(rule_file(planned(offer), labels={"cluster": "orders"}), encoding="utf-8")
    done = subprocess.run([PROMTOOL, "check", "rules", str(path)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(by_alert(planned(offer)))} rules found" in done.stdout


@needs_promtool
def test_promtool_fires_them_above_the_level_and_not_below(tmp_path):
    p = planned()
    (tmp_path / "rules.yml").write_text(rule_file(p), encoding="utf-8")
    units, peak = int(p.sizing.units), float(p.sizing.demand.peak_wire_bytes_s)
    lag = level(by_alert(p)["ConsumerLag"])

    def series(share, brokers, urp):
        out = [
            {
                "series": f'kafka_server_brokertopicmetrics_bytesin_total{{topic="",instance="b{i}"}}',
                "values": f"0+{share * peak * 60 / brokers:.0f}x90",
            }
            for i in range(brokers)
        ]
        out += [
            {"series": f'kafka_server_replicamanager_partitioncount{{instance="b{i}"}}', "values": "10x90"}
            for i in range(brokers)
        ]
        under = 'kafka_server_replicamanager_underreplicatedpartitions{instance="b0"}'
        group = 'kafka_consumergroup_lag{consumergroup="g",topic="t",partition="0"}'
        return [*out, {"series": under, "values": f"{urp}x90"}, {"series": group, "values": f"{share * lag:.0f}x90"}]

    def silent(share, brokers, urp):
        names = ("WritesAbovePlan", "BrokersMissing", "UnderReplicatedPartitions", "ConsumerLag")
        return {
            "interval": "1m",
            "input_series": series(share, brokers, urp),
            "promql_expr_test": [],
            "alert_rule_test": [{"eval_time": "80m", "alertname": name, "exp_alerts": []} for name in names],
        }

    quiet = silent(0.95, units, 0)
    (tmp_path / "quiet.yml").write_text(
        yaml.safe_dump({"rule_files": ["rules.yml"], "tests": [quiet]}), encoding="utf-8"
    )
    done = subprocess.run(
        [PROMTOOL, "test", "rules", "quiet.yml"], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    # the same expectation of silence fails for all four when the levels are passed
    loud = silent(1.05, units - 1, 2)
    (tmp_path / "loud.yml").write_text(yaml.safe_dump({"rule_files": ["rules.yml"], "tests": [loud]}), encoding="utf-8")
    done = subprocess.run(
        [PROMTOOL, "test", "rules", "loud.yml"], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert done.returncode != 0
    for name in ("WritesAbovePlan", "BrokersMissing", "UnderReplicatedPartitions", "ConsumerLag"):
        assert f"alertname: {name}," in done.stdout + done.stderr, name


# ------------------------------------------------------------------------------------------------ bad input, commands


@pytest.mark.parametrize("offer", ["msk-serverless", "pubsub", "event-hubs-premium", "warpstream-byoc"])
def test_an_offer_without_known_metrics_is_refused(offer):
    with pytest.raises(InputError, match=r"platform.*self-managed Kafka"):
        guardrails(planned(offer))


def test_a_plan_that_does_not_fit_is_refused():
    with pytest.raises(NothingFeasible):
        guardrails(planned("kinesis-provisioned", retention="500 d"))


def test_a_label_that_is_none():
    with pytest.raises(InputError, match="label"):
        guardrails(planned(), labels={"2nd": "x"})


def test_command_writes_the_file(tmp_path):
    asked = ["guardrails", "wikimedia-analytics-2014", "--platform", "kafka-ec2-ebs"]
    done = CliRunner().invoke(cli, [*asked, "--out", str(tmp_path / "rules.yml"), "--label", "cluster=web", "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.output) == yaml.safe_load((tmp_path / "rules.yml").read_text(encoding="utf-8"))
    printed = CliRunner().invoke(cli, asked)
    assert printed.output.startswith("# Kafka on EC2") and yaml.safe_load(printed.output)["groups"]
