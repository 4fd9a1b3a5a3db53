"""Draws of several inputs: seeded, stable, converging, correlated as stated."""

from __future__ import annotations

import math

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from capacity import Demand, Range, Workload
from capacity.demand.draws import draw, draw_demand, uncertain_inputs
from capacity.workload.correlation import Correlation, factor, pearson_of_ranks, usual_correlations
from streamfacts.errors import InputError

SPREAD = Range(50.0, 100.0, 200.0)
WORKLOAD = Workload(
    write={"low": "5 MB/s", "likely": "10 MB/s", "high": "30 MB/s"},
    message="1 KiB",
    fan_out={"distribution": "pert", "low": 1, "likely": 2, "high": 5},
    retention={"low": "1 d", "likely": "3 d", "high": "7 d"},
)


def rank(a, b):
    return stats.spearmanr(np.ravel(a), np.ravel(b)).statistic


def test_the_same_seed_gives_the_same_draws_and_another_does_not():
    one, same, other = (draw_demand(WORKLOAD, 256, seed=seed) for seed in (7, 7, 8))
    assert np.array_equal(one.wire_bytes_s, same.wire_bytes_s)
    assert not np.array_equal(one.wire_bytes_s, other.wire_bytes_s)


def test_percentiles_of_the_draws_are_those_written():
    d = draw_demand(WORKLOAD, 4096)
    assert np.percentile(d.retention_s / 86400, [10, 50, 90]) == pytest.approx([1, 3, 7], rel=0.01)
    assert np.percentile(d.payload_bytes_s / 1e6, [10, 50, 90]) == pytest.approx([5, 10, 30], rel=0.01)


def test_fewer_draws_are_the_first_of_more():
    few, many = (draw({"write": SPREAD}, n).values["write"] for n in (1000, 20000))
    assert np.array_equal(few, many[:1000])


def test_one_more_uncertain_input_leaves_the_others_as_they_were():
    less = draw({"write": SPREAD, "model.b": SPREAD}, 512).values
    more = draw({"write": SPREAD, "model.b": SPREAD, "retention": SPREAD, "batch": SPREAD}, 512).values
    assert all(np.array_equal(less[name], more[name]) for name in less)


def test_any_named_range_is_drawn_and_known_ones_are_not():
    d = draw({"model.some_cost": SPREAD, "growth.yearly": Range(-0.1, 0.2, 0.5), "zones": Range(3, 3, 3)}, 1024)
    assert set(d.values) == {"model.some_cost", "growth.yearly"}
    assert np.percentile(d.values["model.some_cost"], [10, 90]) == pytest.approx([50, 200], rel=0.02)
    assert d.take("zones", Range(3, 3, 3)) == 3


def test_more_inputs_than_the_usual_dimensions():
    d = draw({f"model.{i:03}": SPREAD for i in range(100)}, 64)
    assert len({v.tobytes() for v in d.values.values()}) == 100


def test_mean_converges_faster_than_independent_draws():
    """Root mean square error over seeds of the mean of a log-normal; independent draws would gain a factor of 8."""
    sigma = math.log(2) / stats.norm.ppf(0.9)
    exact = 100 * math.exp(sigma**2 / 2)

    def error(n):
        return np.sqrt(
            np.mean([(draw({"write": SPREAD}, n, seed).values["write"].mean() - exact) ** 2 for seed in range(8)])
        )

    assert error(4096) < error(64) / 16


@pytest.mark.parametrize("months, shape", [(None, (64,)), (5, (64, 5))])
def test_shape(months, shape):
    d = draw_demand(WORKLOAD, 64, months)
    assert d.shape == shape and d.retention_s.shape == ((64,) if months is None else (64, 1))


def test_a_known_workload_has_as_many_draws_as_asked():
    w = Workload(write="10 MB/s", message="1 KiB", cpu_factor=1)
    assert uncertain_inputs(w) == {}
    d = draw_demand(w, 16, 3)
    assert d.shape == (16, 3) and np.ptp(d.wire_bytes_s) == 0


def test_a_draw_is_the_demand_of_that_workload():
    d = draw_demand(WORKLOAD, 32)
    for i in (0, 17):
        point = Demand.of(
            WORKLOAD.replace(
                write=f"{d.payload_bytes_s[i]!r} B/s".replace("np.float64(", "").replace(")", ""),
                fan_out=float(d.fan_out[i]),
                retention=f"{float(d.retention_s[i])!r} s",
                cpu_factor=float(d.cpu_factor[i]),
            )
        )
        for name, value in point.arrays().items():
            assert np.broadcast_to(d.arrays()[name], (32,))[i] == pytest.approx(float(value), rel=1e-12), name


def test_what_the_model_does_not_know_is_drawn_unless_the_workload_does():
    known = Workload(write="10 MB/s", message="1 KiB")
    assert list(uncertain_inputs(known)) == ["model.cpu"]
    d = draw_demand(known, 4096)
    low, middle, high = np.percentile(d.cpu_factor, [5, 50, 95])
    assert middle == pytest.approx(1.0, rel=0.01) and low == pytest.approx(1 / high, rel=0.02)
    assert 1.5 < high < 4.0  # test beds differ by a factor of 1.5 at one standard deviation
    measured = known.replace(cpu_factor={"distribution": "lognormal", "median": 0.8, "sigma": 0.1})
    own = draw_demand(measured, 4096).cpu_factor
    assert np.median(own) == pytest.approx(0.8, rel=0.01) and np.std(np.log(own)) == pytest.approx(0.1, rel=0.03)
    # the corners of a comparison are those of the workload's own ranges
    assert np.all(Demand.corners(known).cpu_factor == 1.0)


# -------------------------------------------------------------------------------------------------- what moves together


def test_written_read_and_stored_bytes_move_together():
    d = draw_demand(WORKLOAD, 4096)
    read, stored = d.wire_bytes_s * d.fan_out, d.wire_bytes_s * d.retention_s
    assert rank(d.wire_bytes_s, read) > 0.8 and rank(d.wire_bytes_s, stored) > 0.5 and rank(read, stored) > 0.4


def test_a_peak_moves_with_its_average_and_is_never_below():
    w = WORKLOAD.replace(peak_write={"low": "8 MB/s", "likely": "20 MB/s", "high": "60 MB/s"})
    d = draw_demand(w, 4096)
    assert d.peak_ratio.min() >= 1
    x = draw(uncertain_inputs(w), 4096).values
    assert rank(x["write"], x["peak_write"]) == pytest.approx(usual_correlations()["peak_write", "write"], abs=0.01)


def test_larger_records_are_fewer():
    w = Workload(
        messages={"low": "5000 records/s", "high": "20000 records/s"}, message={"low": "500 B", "high": "2000 B"}
    )
    d = draw_demand(w, 4096)
    assert rank(d.records_s, d.message_bytes) == pytest.approx(usual_correlations()["message", "messages"], abs=0.01)
    free = draw_demand(w.replace(correlation={"message,messages": 0}), 4096)
    assert rank(free.records_s, free.message_bytes) == pytest.approx(0, abs=0.03)
    assert np.ptp(np.log(d.payload_bytes_s)) < np.ptp(np.log(free.payload_bytes_s))


@given(st.floats(-0.99, 0.99))
def test_a_rank_correlation_is_recovered_and_the_percentiles_stay(r):
    d = draw({"write": SPREAD, "retention": SPREAD}, 2048, correlation=Correlation.read({"write,retention": r})).values
    assert rank(d["write"], d["retention"]) == pytest.approx(r, abs=0.03)
    assert np.percentile(d["retention"], [10, 50, 90]) == pytest.approx([50, 100, 200], rel=0.05)


@pytest.mark.parametrize("r", [-1, 1])
def test_complete_correlation(r):
    d = draw({"write": SPREAD, "retention": SPREAD}, 256, correlation=Correlation.read({"write,retention": r})).values
    assert rank(d["write"], d["retention"]) == pytest.approx(r, abs=1e-3)


def test_a_matrix_is_recovered():
    names, matrix = ["fan_out", "retention", "write"], [[1, 0.3, -0.4], [0.3, 1, 0.5], [-0.4, 0.5, 1]]
    given = Correlation.read({"inputs": names, "matrix": matrix})
    d = draw(dict.fromkeys(names, SPREAD), 4096, correlation=given).values
    found = stats.spearmanr(np.stack([d[name] for name in names], axis=1)).statistic
    assert found == pytest.approx(np.array(matrix), abs=0.02)


def test_what_nobody_states_follows_from_what_is_stated():
    """Independent given the input in between: the product of the two correlations; and 0 for what is not linked."""
    given = Correlation.read({"write,retention": 0.5, "fan_out,write": 0.6})
    matrix = given.matrix(["write", "retention", "fan_out", "batch"])
    assert matrix[1, 2] == pytest.approx(0.3) and matrix[:3, 3].tolist() == [0, 0, 0]


@given(st.lists(st.floats(-1, 1), min_size=3, max_size=3))
def test_a_matrix_is_taken_exactly_if_it_is_positive_semi_definite(values):
    a, b, c = values
    matrix = np.array([[1, a, b], [a, 1, c], [b, c, 1]])
    least = np.linalg.eigvalsh(matrix).min()
    try:
        Correlation.read({"inputs": ["write", "retention", "fan_out"], "matrix": matrix.tolist()})
    except InputError:
        assert least < 1e-6
    else:
        assert least > -1e-6


def test_the_factor_gives_the_correlation_of_normals():
    matrix = np.array([[1, 0.5], [0.5, 1]])
    lower = factor(matrix)
    assert lower @ lower.T == pytest.approx(pearson_of_ranks(matrix)) and lower[0, 1] == 0
    assert pearson_of_ranks(0.5) == pytest.approx(2 * math.sin(math.pi / 12))


def test_forms_of_a_correlation_in_a_file():
    flow, quoted, block = (
        Workload(write="1 MB/s", message="1 kB", correlation=yaml.safe_load(text)).correlation
        for text in ("{write,retention: 0.5}", "{'retention, write': 0.5}", "write,retention: 0.5")
    )
    matrix = Correlation.read({"inputs": ["write", "retention"], "matrix": [[1, 0.5], [0.5, 1]]})
    assert flow == quoted == block == matrix and matrix


BAD = {
    "contradiction": (
        {"write,retention": 0.9, "retention,fan_out": 0.9, "write,fan_out": -0.9},
        ["correlation", "write", "-0.9", "positive semi-definite"],
    ),
    "unknown input": ({"write,retentoin": 0.5}, ["'retentoin'", "retention"]),
    "field that is no quantity": ({"write,zones": 0.5}, ["'zones'"]),
    "above one": ({"write,retention": 1.5}, ["correlation.write,retention", "1.5", "from -1 to 1"]),
    "no number": ({"write,retention": "much"}, ["'much'", "from -1 to 1"]),
    "one input": ({"write": 0.5}, ["'write'", "pairs such as"]),
    "with itself": ({"write,write": 0.5}, ["'write,write'", "pairs such as"]),
    "half a pair": ({"write": None}, ["'write'", "pairs such as"]),
    "twice": ({"write,retention": 0.5, "retention,write": 0.4}, ["each pair once"]),
    "no mapping": ([1, 2], ["correlation", "[1, 2]", "pairs such as"]),
    "not symmetric": (
        {"inputs": ["write", "retention"], "matrix": [[1, 0.5], [0.4, 1]]},
        ["correlation.matrix", "0.5 and 0.4 for write and retention", "symmetric"],
    ),
    "diagonal": ({"inputs": ["write", "retention"], "matrix": [[1, 0], [0, 0.9]]}, ["0.9", "ones on the diagonal"]),
    "too few rows": ({"inputs": ["write", "retention"], "matrix": [[1, 0]]}, ["2 rows of 2"]),
    "matrix alone": ({"matrix": [[1]]}, ["inputs and matrix"]),
    "same input twice": ({"inputs": ["write", "write"], "matrix": [[1, 0], [0, 1]]}, ["different inputs"]),
}


@pytest.mark.parametrize("value, words", BAD.values(), ids=BAD)
def test_unusable_correlation(value, words):
    with pytest.raises(InputError) as error:
        Workload(write="1 MB/s", message="1 kB", correlation=value)
    assert all(word in str(error.value) for word in words), error.value


@pytest.mark.parametrize("n", [0, -1, 2.5, True, "10", 10**8])
def test_unusable_number_of_draws(n):
    with pytest.raises(InputError, match=r"draws: .*a whole number from 1"):
        draw_demand(WORKLOAD, n)


@pytest.mark.parametrize("months", [0, -1, 61, 1.5])
def test_unusable_horizon(months):
    with pytest.raises(InputError, match=r"months: .*a whole number from 1 to 60"):
        draw_demand(WORKLOAD, 4, months)


def test_unusable_seed():
    with pytest.raises(InputError, match="seed"):
        draw_demand(WORKLOAD, 4, seed=-1)
