"""Inputs that contradict each other are said, with what is taken instead; sound ones are not."""

from __future__ import annotations

import json

import pytest

from capacity import Demand, Workload
from capacity.workload.contradictions import contradictions
from streamplan.cli import main
from streamplan.planning.shipped_workloads import open_workload, shipped_workloads

BASE = {"write": "10 MB/s", "message": "1 KiB", "fan_out": 2, "retention": "1 d"}
SAID = {
    "fewer partitions than topics": (
        {"topics": 40, "partitions": 10},
        "partitions 10 are fewer than topics 40, each of which has one at least: 40 are taken",
    ),
    "batch below one message": (
        {"batch": "500 B"},
        "batch 500 B is smaller than message 1.02 kB, of which it holds one at least: one is taken",
    ),
    "hot for longer than kept": (
        {"hot_retention": "7 d"},
        "hot_retention 7 d is longer than retention 1 d, and is taken as that",
    ),
    "cold reads of nothing cold": (
        {"hot_retention": "1 d", "cold_reads": 0.2},
        "cold_reads 0.2, and nothing is older than hot_retention; both are taken as they are",
    ),
    "readers without a group": (
        {"consumer_groups": 0},
        "fan_out 2 with consumer_groups 0: nobody is there to read; both are taken as they are",
    ),
    "more reads than groups": (
        {"fan_out": 3, "consumer_groups": 1},
        "fan_out 3 with consumer_groups 1: some read all of it more than once; both are taken as they are",
    ),
    "one copy that is to survive": (
        {"replication_factor": 1, "survive": "broker"},
        "replication_factor 1 with survive broker: what is on a lost one is gone; its load is carried",
    ),
    "range that ends below the least": (
        {"peak_ratio": {"distribution": "lognormal", "median": 1.1, "sigma": 1}},
        "peak_ratio: 46% of its range lies below 1, the least that it can be, and is taken as that",
    ),
}


@pytest.mark.parametrize("fields, sentence", SAID.values(), ids=SAID)
def test_said_once(fields, sentence) -> None:
    assert contradictions(Workload(**BASE | fields)) == (sentence,)


def test_the_share_below_is_that_of_the_distribution() -> None:
    """A log-normal of median 1.1 and sigma 1 lies below 1 with the probability of z < ln(1 / 1.1) = -0.0953: 46.2%."""
    w = Workload(**BASE, peak_ratio={"distribution": "lognormal", "median": 1.1, "sigma": 1})
    assert w.peak_ratio.distribution.quantile(0.4620) == pytest.approx(1.0, abs=2e-3)
    assert w.peak_ratio.distribution.quantile(0.3) == 1.0


@pytest.mark.parametrize(
    "fields",
    [
        {"topics": 10, "partitions": 10},
        {"partitions": 4, "hottest_partition": "25%"},
        {"hottest_partition": "1%"},
        {"partitions": 4, "consumers": 9, "fan_out": 1},
        {"batch": "64 KiB"},
        {"hot_retention": "6 h", "cold_reads": 0.2},
        {"consumer_groups": 2},
        {"replication_factor": 1, "survive": "none"},
        {"peak_ratio": {"low": 1, "likely": 1.5, "high": 3}},  # a tenth lies below low, by what low means
        {"fan_out": {"distribution": "normal", "mean": 1, "sigma": 1}},  # cut off at 0, as its form says
        {"compression_ratio": {"distribution": "uniform", "low": 1, "high": 4}},
    ],
)
def test_what_fits_together_is_not_said(fields) -> None:
    assert contradictions(Workload(**BASE | fields)) == ()


def test_what_is_said_is_what_is_taken() -> None:
    taken = Demand.of(Workload(**BASE, topics=40, partitions=10, hot_retention="7 d"))
    assert float(taken.partitions) == 40 and float(taken.hot_retention_s) == float(taken.retention_s)


def test_a_partition_carries_an_even_share_at_least() -> None:
    """3 partitions: the fullest carries 1/3 of 9 MB/s, whatever the file says below that."""
    fields = BASE | {"partitions": 3, "hottest_partition": "1%"}
    assert contradictions(Workload(**fields)) == (
        "hottest_partition 0.01 is less than an even share of the partitions, 0.333, which one of them "
        "carries at least: that is taken",
    )
    assert float(Demand.of(Workload(**fields)).hottest) == 1 / 3
    assert float(Demand.of(Workload(**fields | {"hottest_partition": "50%"})).hottest) == 0.5


def test_consumers_without_reads_are_said() -> None:
    said = contradictions(Workload(**BASE | {"consumers": 5, "fan_out": 0}))
    assert said == ("consumers 5 with fan_out 0: nothing is read; both are taken as they are",)


def test_shipped_workloads_do_not_contradict_themselves() -> None:
    assert {name: said for name in shipped_workloads() if (said := contradictions(open_workload(name)))} == {}


def test_said_beside_the_result(tmp_path, capsys) -> None:
    (tmp_path / "w.yaml").write_text("write: 10 MB/s\ntopics: 40\npartitions: 10\n")
    main(["compare", str(tmp_path / "w.yaml"), "--json", "--platform", "msk-express"])
    out, err = capsys.readouterr()
    (sentence,) = json.loads(out)["workload"]["contradictions"]
    assert err == f"streamplan: note: {sentence}\n" and "fewer than topics 40" in sentence
