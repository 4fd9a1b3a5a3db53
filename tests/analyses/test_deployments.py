"""Real deployments: blind, by the laws of every plan, with hand-worked cases and reasons from the numbers."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from capacity import Demand, Workload, size
from capacity.workload.quantity import Range
from streamfacts.errors import InputError, MissingFact
from streamfacts.tables import assumption, read_table
from streamplan import charts
from streamplan.analyses.accuracy import deployments
from streamplan.analyses.accuracy.deployment_cases import HARDWARE, UNKNOWN, assumed
from streamplan.analyses.accuracy.deployment_cases import deployments as cases
from streamplan.analyses.accuracy.deployment_reasons import reason_of
from streamplan.analyses.accuracy.deployments import predict_deployments
from streamplan.analyses.accuracy.predicted_deployment import FEWER, INSIDE, MORE
from streamplan.analyses.accuracy.words import blind
from streamplan.cli.commands.deployments import command

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def found():
    return predict_deployments(draws=512)


def known(value):
    return Range(value, value, value)


def exact(monkeypatch, brokers, **fields):
    """The prediction of a made-up deployment of which everything is known."""
    case = cases(["linkedin-cluster-2016"])[0]
    told = {"write": "100 MB/s", "measured_at": "broker", "message": "1 KiB", "fan_out": 2, "retention": "2 d"}
    told |= {"peak_ratio": 1, "replication_factor": 2, "zones": 1, "partitions": 1000, "tls": False, "cpu_factor": 1}
    machine = {"vcpu": known(64.0), "memory_gib": known(256.0), "network_gbps": known(10.0), "disk_tb": known(2.0)}
    case = replace(
        case,
        workload=Workload(**told | fields),
        machine=machine,
        copies=known(2.0),
        disk_fill=known(0.85),
        unknown=(),
        brokers=brokers,
        clusters=1,
    )
    monkeypatch.setattr(deployments, "deployments", lambda only: [case])
    return predict_deployments(draws=8).cases[0]


def test_disk_space_by_hand(monkeypatch):
    """100 MB/s x 2 copies x 172,800 s = 34.56 TB, on disks of 2 TB filled to 85%: 20.3, so 21 brokers."""
    # of 2,000 replicas of 17.28 GB the fullest of 21 brokers holds 96: 1.66 of the 1.7 TB that may be filled
    p = exact(monkeypatch, 21)
    assert p.range.tolist() == [21, 21, 21]
    assert p.binding == ("disk space", 1.0) and p.verdict == INSIDE and p.ratio == 1.0
    assert p.holds_s == pytest.approx(21 * 2e12 * 0.85 / 200e6)
    assert p.fullest[0] == "disk space" and p.fullest[1] == pytest.approx(96 * 17.28e9 / 2e12)
    assert p.write_each_mb_s == pytest.approx(200 / 21) and p.replicas_each == pytest.approx(2000 / 21)


def test_too_many_and_too_few(monkeypatch):
    more = exact(monkeypatch, 42)
    assert more.verdict == FEWER and more.ratio == 2.0
    assert (
        "2.0 times as many" in reason_of(more)
        and "disk space" in reason_of(more)
        and "41% used where 85% may be" in reason_of(more)
    )
    assert "the disks hold 4 days where 2 are kept" in reason_of(more)
    fewer = exact(monkeypatch, 10)
    assert fewer.verdict == MORE and "0.0% of the draws need no more than are there" in reason_of(fewer)


def test_the_prediction_rises_with_what_is_asked(monkeypatch):
    counts = [exact(monkeypatch, 21, retention=f"{d} d").range[1] for d in (1, 2, 4, 8)]
    assert counts == sorted(counts) and counts[-1] > counts[0]
    assert exact(monkeypatch, 21, retention="60 s", write="1 kB/s").binding[0] == "one broker a copy"


def test_clusters_are_sized_apart(monkeypatch):
    """Five clusters of a tiny load need two brokers each, one a copy."""
    one = exact(monkeypatch, 10, write="1 kB/s")
    monkeypatch.setattr(deployments, "deployments", lambda only: [replace(one.case, scope="fleet", clusters=5)])
    assert predict_deployments(draws=8).cases[0].range.tolist() == [10, 10, 10]


def test_the_number_of_brokers_has_no_part_in_the_prediction(found, monkeypatch):
    """Blind: with other counts the same ranges come out."""
    original = deployments.deployments
    monkeypatch.setattr(deployments, "deployments", lambda only: [replace(c, brokers=1) for c in original(only)])
    other = predict_deployments(draws=512)
    assert [p.range.tolist() for p in other.cases] == [p.range.tolist() for p in found.cases]


def test_pulsar_is_sized_through_its_offer():
    """Where one machine is left to draw, the nodes are the larger of the offer's two pools."""
    case = cases(["tencent-teg-2022"])[0]
    p = predict_deployments(["tencent-teg-2022"], draws=256).cases[0]
    ends = []
    for name in case.configurations:
        for corner in ("low", "high"):
            s = size(Demand.of(case.workload, corner), case.offer, machine=name, options=case.options)
            ends.append(max(float(s.units), *(float(v) for v in s.pools.values())))
    assert min(ends) <= p.range[0] and p.range[1] <= max(ends)
    assert len(set(p.inputs["machine"].tolist())) == len(case.configurations)


def test_known_deployments(found):
    rows = {p.case.id: p for p in found.cases}
    assert rows["wikimedia-2014"].range[1] == 2  # the copies, as its operators had it
    assert rows["wikimedia-2014"].binding[0] == "one broker a copy"
    assert rows["microsoft-siphon-2015"].verdict == FEWER  # five sites and tenants kept apart
    low, _, high = rows["linkedin-cluster-2016"].range
    assert low < 42 < high


def test_scores(found):
    assert (
        sum(s["count"] for s in found.summary.values()) == len(found.cases) == len(read_table("evidence/deployments"))
    )
    for scope, s in found.summary.items():
        group = found.of_scope(scope)
        assert s["inside"] == sum(p.range[0] <= p.case.brokers <= p.range[2] for p in group)
        sharp = [p for p in group if p.range[2] < 10 * p.range[0]]
        assert s["sharp"] == len(sharp)
        assert s["ratio"] == pytest.approx(np.median([p.case.brokers / p.range[1] for p in sharp]))
    text = " ".join(found.sentences)
    assert f"{found.summary['cluster']['inside']} of {found.summary['cluster']['count']} single clusters" in text


def test_misses_say_how_full_the_brokers_would_be(found):
    table = found.table.set_index("id")
    for row in table[table["verdict"] == FEWER].to_dict("records"):
        assert "times as many as the load needs" in row["why"] and "% used where" in row["why"]
    assert (table.loc[table["verdict"] == MORE, "why"].str.contains("of the draws need no more")).all()


def test_what_is_not_told_is_drawn():
    case = {c.id: c for c in cases()}
    assert {"message", "retention", "vcpu", "disk_tb", "replication_factor"} <= set(case["signalfx-2015"].unknown)
    assert "retention" in case["linkedin-cluster-2016"].unknown  # the file's own was chosen knowing the count
    assert case["linkedin-fleet-2015"].machine["network_gbps"].known
    p = predict_deployments(["signalfx-2015"], draws=1024).cases[0]
    assert set(np.unique(p.inputs["replication_factor"])) == {2.0, 3.0}
    low, _, high = (getattr(assumed("unknown_disk_tb"), end) for end in ("low", "likely", "high"))
    assert np.quantile(p.inputs["disk_tb"], [0.1, 0.9]) == pytest.approx([low, high], rel=0.05)
    for name in [prior for _, _, prior in HARDWARE.values()] + list(UNKNOWN.values()):
        assert float(assumption(name)) > 0


def test_same_seed_same_figures():
    once, again = (predict_deployments(["rubin-2026"], draws=128, seed=3) for _ in range(2))
    assert np.array_equal(once.cases[0].units, again.cases[0].units)
    assert not np.array_equal(once.cases[0].units, predict_deployments(["rubin-2026"], 128, 4).cases[0].units)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"only": ["rubin-2062"]}, r"deployment.*'rubin-2062'.*rubin-2026"),
        ({"draws": 0}, r"draws.*0"),
        ({"seed": -1}, r"seed.*-1"),
    ],
)
def test_bad_input_is_refused(arguments, words):
    with pytest.raises(InputError, match=words):
        predict_deployments(**{"only": ["rubin-2026"], **arguments})


def test_an_assumption_that_is_none():
    with pytest.raises(MissingFact, match="unknown_disk_pb"):
        assumed("unknown_disk_pb")


def test_page_and_figure_hold_all(found):
    page = blind(found)
    assert all(p.case.id in page and f"{p.case.brokers:,}" in page for p in found.cases)
    parts = charts.predicted_brokers(found).to_dict()["vconcat"]
    assert len(parts) == 2
    single = predict_deployments(["rubin-2026"], draws=64)
    assert len(charts.predicted_brokers(single).to_dict()["vconcat"]) == 1
    assert single.sentences[0].startswith("1 of 1 single")


def test_command():
    result = CliRunner().invoke(command, ["--json", "--deployment", "rubin-2026", "--draws", "128"])
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    (row,) = document["deployments"]
    assert row["predicted_p10"] <= row["actual"] == 5 <= row["predicted_p90"]
    shown = CliRunner().invoke(command, ["--deployment", "rubin-2026", "--draws", "128"])
    assert "rubin-2026" in shown.stdout and "inside" in shown.stdout


def test_the_page_on_accuracy_states_the_counts():
    """What a blind run of the command finds, with as many draws as it takes by itself."""
    found = predict_deployments()
    text = " ".join((ROOT / "docs" / "explanation" / "accuracy.md").read_text(encoding="utf-8").split())
    single, fleets = found.summary["cluster"], found.summary["fleet"]
    more, less = (sum(p.verdict == verdict for p in found.of_scope("fleet")) for verdict in (FEWER, MORE))
    for words in (
        f"sizes {len(found.cases)} published deployments",
        f"{single['inside']} of {single['count']} single clusters lie within the predicted P10 to P90",
        f"only {single['sharp']} of those ranges span less than a factor of 10",
        f"their medians are off by {single['off'] - 1:.0%} in the median",
        f"Of {fleets['count']} fleets, which test a lower bound, {fleets['inside']} lie within",
        f"{more} have more brokers than predicted ({fleets['ratio']:.1f} times,",
        f"and {less} {'is' if less == 1 else 'are'} predicted too large",
    ):
        assert words in text
