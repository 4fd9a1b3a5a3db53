"""Sensitivity: Sobol indices of functions with known indices, groups of correlated inputs, the tornado by hand."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import qmc

from capacity import Workload
from streamfacts.errors import InputError, NothingFeasible
from streamplan.analyses.sensitivity.sensitivity import groups_of, sensitivity, sobol_indices
from streamplan.charts import sobol_bars, tornado
from streamplan.cli import main
from streamplan.planning.plan import plan

METERED = "msk-serverless"
KNOWN = {"message": "1 KiB", "partitions": 20, "peak_ratio": 1, "cpu_factor": 1}
WRITE = {"low": "5 MB/s", "likely": "10 MB/s", "high": "20 MB/s"}
TWO = Workload(write=WRITE, fan_out={"low": 1, "likely": 2, "high": 4}, retention="1 d", **KNOWN)


def indices_of(function, dimensions, n=2**14):
    """Indices of a function of independent uniform inputs, each a group of its own."""
    sample = qmc.Sobol(2 * dimensions, seed=1).random(n).T
    a, b = sample[:dimensions], sample[dimensions:]
    mixed = []
    for i in range(dimensions):
        x = a.copy()
        x[i] = b[i]
        mixed.append(function(x))
    return sobol_indices(function(a), function(b), mixed)


# -------------------------------------------------------------------------------------------------------- closed forms


def test_ishigami():
    a, b = 7.0, 0.1

    def ishigami(u):
        x = 2 * math.pi * u - math.pi
        return np.sin(x[0]) + a * np.sin(x[1]) ** 2 + b * x[2] ** 4 * np.sin(x[0])

    variance = a**2 / 8 + b * math.pi**4 / 5 + b**2 * math.pi**8 / 18 + 0.5
    alone = np.array([0.5 * (1 + b * math.pi**4 / 5) ** 2, a**2 / 8, 0.0])
    together = 8 * b**2 * math.pi**8 / 225
    found = indices_of(ishigami, 3)
    np.testing.assert_allclose(found.first, alone / variance, atol=0.01)
    np.testing.assert_allclose(found.total, (alone + np.array([together, 0, together])) / variance, atol=0.01)
    assert found.variance == pytest.approx(variance, rel=0.01)
    assert found.mean == pytest.approx(a / 2, abs=0.01)


def test_a_sum_has_no_interactions():
    weights = np.array([1.0, 2.0, 4.0])
    found = indices_of(lambda u: weights @ u, 3)
    np.testing.assert_allclose(found.first, weights**2 / (weights**2).sum(), atol=0.01)
    np.testing.assert_allclose(found.total, found.first, atol=0.01)


def test_a_product_is_all_together():
    # (u1 - 1/2)(u2 - 1/2): nothing alone, everything together
    found = indices_of(lambda u: (u[0] - 0.5) * (u[1] - 0.5), 2)
    np.testing.assert_allclose(found.first, 0.0, atol=0.02)
    np.testing.assert_allclose(found.total, 1.0, atol=0.02)


@settings(max_examples=30)
@given(st.lists(st.floats(-5, 5), min_size=2, max_size=4), st.floats(-1e6, 1e6), st.floats(0.1, 1e6))
def test_shift_and_scale_change_nothing(weights, shift, scale):
    w = np.array(weights)
    if np.abs(w).max() < 0.1:
        return
    one = indices_of(lambda u: w @ u, len(w), 256)
    other = indices_of(lambda u: shift + scale * (w @ u), len(w), 256)
    np.testing.assert_allclose(one.total, other.total, atol=1e-4)


def test_errors_cover_the_truth():
    weights = np.array([1.0, 3.0])
    found = indices_of(lambda u: weights @ u, 2, 512)
    assert (np.abs(found.first - [0.1, 0.9]) <= 4 * found.first_error + 1e-3).all()


def test_what_does_not_vary_has_no_indices():
    found = sobol_indices(np.ones(8), np.ones(8), np.ones((2, 8)))
    assert found.first.tolist() == found.total.tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("a", "b", "mixed"),
    [([1.0], [1.0], [[1.0]]), ([1, 2], [1, 2, 3], [[1, 2]]), ([1, 2], [1, 2], [1, 2]), ([1, np.inf], [1, 2], [[1, 2]])],
)
def test_values_that_are_none(a, b, mixed):
    with pytest.raises(InputError, match="values"):
        sobol_indices(a, b, mixed)


# ---------------------------------------------------------------------------------------------------------- an offer


@pytest.fixture(scope="module")
def found():
    return sensitivity(TWO, METERED, months=2, draws=2048)


def test_the_indices_of_a_cost_in_closed_form(found):
    # cost = c + w (i + o f): writes w and fan-out f, each log-normal with P10 and P90 at half and twice
    s2 = (math.log(2) / 1.2815515655446004) ** 2
    mean, square = math.exp(s2 / 2), math.exp(2 * s2)
    price = {n: plan(Workload(write="10 MB/s", fan_out=f, retention="1 d", **KNOWN), METERED).monthly_usd
             for n, f in (("none", 0), ("two", 2))}  # fmt: skip
    fixed = plan(Workload(write="1 B/s", fan_out=0, retention="1 d", **KNOWN), METERED).monthly_usd
    i, o = price["none"] - fixed, price["two"] - price["none"]  # of the likely writes, of them read twice
    of_w = (i + o * mean) ** 2 * (square - mean**2)
    of_f = (o * mean) ** 2 * (square - mean**2)
    both = o**2 * (square - mean**2) ** 2
    table = found.table.set_index("inputs")
    total = of_w + of_f + both
    assert table["first"].to_dict() == pytest.approx({"write": of_w / total, "fan_out": of_f / total}, abs=0.04)
    assert table["total"].to_dict() == pytest.approx(
        {"write": (of_w + both) / total, "fan_out": (of_f + both) / total}, abs=0.05
    )


def test_the_tornado_by_hand(found):
    def at(write, fan_out):
        return 2 * plan(Workload(write=write, fan_out=fan_out, retention="1 d", **KNOWN), METERED).monthly_usd

    rows = found.tornado.set_index("input")
    assert found.likely_usd == pytest.approx(at("10 MB/s", 2))
    assert rows.loc["write", ["low_usd", "high_usd"]].tolist() == pytest.approx([at("5 MB/s", 2), at("20 MB/s", 2)])
    assert rows.loc["fan_out", ["low_usd", "high_usd"]].tolist() == pytest.approx([at("10 MB/s", 1), at("10 MB/s", 4)])
    assert found.tornado["input"].tolist() == ["write", "fan_out"]  # the widest first


def test_what_is_correlated_is_one_group():
    linked = TWO.replace(correlation={"write,fan_out": 0.5}, retention={"low": "1 d", "high": "2 d"})
    found = sensitivity(linked, METERED, months=1, draws=256)
    assert sorted(map(sorted, found.groups)) == [["fan_out", "write"], ["retention"]]
    assert set(found.table["inputs"][0].split(", ")) == {"write", "fan_out"}
    assert found.table["total"][0] > 0.95


def test_the_usual_correlations_make_groups():
    peak = Workload(
        write=WRITE,
        peak_write={"low": "20 MB/s", "likely": "30 MB/s", "high": "60 MB/s"},
        message="1 KiB",
        cpu_factor=1,
    )
    assert sensitivity(peak, METERED, months=1, draws=64).groups == (("write", "peak_write"),)


def test_groups_follow_links_of_links():
    matrix = np.eye(4)
    matrix[0, 1] = matrix[1, 0] = matrix[1, 3] = matrix[3, 1] = 0.3
    assert groups_of(list("abcd"), matrix) == (("a", "b", "d"), ("c",))


def test_the_same_seed_gives_the_same():
    one, again, other = (sensitivity(TWO, METERED, months=1, draws=64, seed=s) for s in (3, 3, 4))
    assert one.table.equals(again.table) and not one.table.equals(other.table)


def test_nothing_uncertain_is_refused():
    with pytest.raises(InputError, match="range or a distribution"):
        sensitivity(Workload(write="10 MB/s", **KNOWN), METERED)


def test_what_never_fits_is_refused():
    large = Workload(write="10 MB/s", message={"low": "20 MB", "high": "30 MB"})
    with pytest.raises(NothingFeasible):
        sensitivity(large, "kinesis-provisioned", months=1, draws=16)


def exit_of(*arguments):
    try:
        main(list(arguments))
    except SystemExit as stop:
        return stop.code or 0
    return 0


def test_the_command(capsys):
    asked = ("sensitivity", "example-100mib", "--platform", "kafka-ec2-ebs", "--draws", "16", "--months", "1")
    assert exit_of(*asked, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    inputs = {name for group in document["groups"] for name in group}
    assert inputs == {row["input"] for row in document["tornado"]} and "model.cpu" in inputs
    assert exit_of(*asked) == 0
    assert "model.cpu" in capsys.readouterr().out
    assert exit_of(*asked[:3], "nowhere") == 2


def test_the_charts(found):
    assert "10 MB/s" not in json.dumps(sobol_bars(found).to_dict())
    spec = json.dumps(tornado(found).to_dict())
    assert "write: 5 MB/s to 20 MB/s" in spec and "USD in 2 months" in spec
