"""Distributions of one input: the figures a person writes are the percentiles that are drawn."""

from __future__ import annotations

import math

import numpy as np
import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from capacity import Workload
from capacity.workload.uncertainty import FORMS, spread
from streamfacts.errors import InputError

BASE = {"write": "10 MB/s", "message": "1 KiB"}
P = np.linspace(0.001, 0.999, 199)


def drawn(field, value):
    return getattr(Workload(**{**BASE, field: value}), field).drawn


sizes = st.floats(1e-3, 1e12)
confidences = st.floats(0.05, 0.99)


@given(st.lists(sizes, min_size=3, max_size=3).map(sorted), confidences)
def test_a_range_has_the_percentiles_that_were_written(values, confidence):
    low, likely, high = values
    tail = (1 - confidence) / 2
    assert spread(low, likely, high, confidence).quantile([tail, 0.5, 1 - tail]) == pytest.approx(values, rel=1e-9)


@given(st.lists(st.floats(-0.9, 3.0), min_size=3, max_size=3).map(sorted), confidences)
def test_a_range_that_may_be_negative_has_them_too_and_keeps_its_floor(values, confidence):
    low, likely, high = values
    d = spread(low, likely, high, confidence, (-1.0, 10.0))
    tail = (1 - confidence) / 2
    assert d.quantile([tail, 0.5, 1 - tail]) == pytest.approx(values, abs=1e-9)
    assert d.quantile(P).min() >= -1.0


@given(st.lists(sizes, min_size=3, max_size=3).map(sorted), confidences)
def test_percentiles_rise_and_are_positive(values, confidence):
    x = spread(*values, confidence).quantile(P)
    assert (x[1:] >= x[:-1] * (1 - 1e-12)).all() and (x > 0).all()


@given(st.lists(sizes, min_size=3, max_size=3).map(sorted), st.floats(1.0, 5.0))
def test_a_wider_range_lowers_no_upper_percentile(values, wider):
    low, likely, high = values
    upper = P[P >= 0.5]
    narrow, wide = spread(low, likely, high), spread(low / wider, likely, high * wider)
    assert (wide.quantile(upper) >= narrow.quantile(upper) * (1 - 1e-12)).all()


def test_symmetric_range_is_the_log_normal():
    assert spread(25.0, 50.0, 100.0).quantile(P) == pytest.approx(
        stats.lognorm(math.log(2) / stats.norm.ppf(0.9), scale=50).ppf(P)
    )


def test_range_from_zero_reaches_zero_and_not_below():
    x = drawn("fan_out", {"low": 0, "likely": 1, "high": 4}).quantile([0.01, 0.1, 0.5, 0.9])
    assert x == pytest.approx([0, 0, 1, 4], abs=1e-9)


def test_likely_at_the_low_end_is_half_of_the_probability():
    """A setting that is probably the default: nothing below it, half of the draws above."""
    x = drawn("retention", {"low": "1 d", "likely": "1 d", "high": "7 d"}).quantile([0.1, 0.5, 0.9])
    assert x == pytest.approx([86400, 86400, 7 * 86400])


def test_whole_numbers_and_the_limits_of_the_field():
    x = drawn("partitions", {"low": 1, "likely": 3, "high": 12}).quantile(P)
    assert (x == np.rint(x)).all() and x.min() >= 1
    assert drawn("compression_ratio", {"low": 1.1, "likely": 1.5, "high": 5}).quantile(1e-6) == 1.0


NAMED = {
    "log-normal, median and p90": (
        {"distribution": "lognormal", "median": 2, "p90": 4},
        stats.lognorm(math.log(2) / stats.norm.ppf(0.9), scale=2),
    ),
    "log-normal, median and sigma": (
        {"distribution": "lognormal", "median": 2, "sigma": 0.5},
        stats.lognorm(0.5, scale=2),
    ),
    "normal cut at the field's limits": (
        {"distribution": "normal", "mean": 1, "sigma": 1},
        stats.truncnorm(-1, 999, loc=1, scale=1),
    ),
    "uniform": ({"distribution": "uniform", "low": 1, "high": 3}, stats.uniform(1, 2)),
    "triangular": ({"distribution": "triangular", "low": 1, "likely": 2, "high": 5}, stats.triang(0.25, 1, 4)),
    "pert": ({"distribution": "pert", "low": 1, "likely": 2, "high": 5}, stats.beta(2, 4, 1, 4)),
}


@pytest.mark.parametrize("written, same", NAMED.values(), ids=NAMED)
def test_named_distributions_are_those_of_scipy(written, same):
    assert drawn("fan_out", written).quantile(P) == pytest.approx(same.ppf(P), rel=1e-6)


@given(st.floats(0.5, 20.0), st.floats(1.01, 2.2))
def test_log_normal_by_mean_and_p90_has_that_mean_and_p90(mean, ratio):
    assume(mean * ratio < 100)
    d = drawn("fan_out", {"distribution": "lognormal", "mean": mean, "p90": mean * ratio})
    median, sigma = d.parameters
    assert stats.lognorm(sigma, scale=median).mean() == pytest.approx(mean)
    assert d.quantile(0.9) == pytest.approx(mean * ratio)


def test_empirical_values_are_equally_probable():
    x = drawn("write", {"distribution": "empirical", "values": ["1 MB/s", "4 MB/s", "2 MB/s", "3 MB/s"]})
    found, count = np.unique(x.quantile((np.arange(400) + 0.5) / 400), return_counts=True)
    assert found.tolist() == [1e6, 2e6, 3e6, 4e6] and count.tolist() == [100] * 4


def test_fixed_is_known():
    w = Workload(**{**BASE, "fan_out": {"distribution": "fixed", "value": 3}})
    assert w.fan_out.known and w.fan_out.likely == 3


def test_the_corners_of_a_named_distribution():
    w = Workload(**{**BASE, "fan_out": {"distribution": "lognormal", "median": 2, "p90": 4}})
    assert (w.fan_out.low, w.fan_out.likely, w.fan_out.high) == pytest.approx((1, 2, 4))


@pytest.mark.parametrize("name", sorted(set(FORMS) - {"fixed", "empirical", "normal"}))
def test_survives_a_file_with_its_origin_and_a_change_of_another_field(name, tmp_path):
    figures = {"lognormal": {"median": "5 d", "p90": "9 d"}, "uniform": {"low": "1 d", "high": "9 d"}}
    retention = {"distribution": name, **figures.get(name, {"low": "1 d", "likely": "2 d", "high": "9 d"})}
    path = tmp_path / "w.yaml"
    path.write_text(yaml.safe_dump({**BASE, "retention": {**retention, "assumed": "a guess"}}), encoding="utf-8")
    w = Workload.load(path)
    assert w.origin["retention"] == "assumed: a guess"
    assert w.replace(fan_out=2).retention == w.retention and w.retention.drawn.family == name


BAD = {
    "low above high": ("write", {"low": "9 MB/s", "high": "5 MB/s"}, ["write", "9 MB/s", "low <= likely <= high"]),
    "confidence of one": ("fan_out", {"low": 1, "high": 2, "confidence": 1}, ["fan_out.confidence", "1", "below 1"]),
    "confidence of nil": ("fan_out", {"low": 1, "high": 2, "confidence": 0}, ["fan_out.confidence", "0", "above 0"]),
    "confidence in per cent": ("fan_out", {"low": 1, "high": 2, "confidence": 80}, ["confidence", "80", "below 1"]),
    "negative": ("fan_out", {"low": -1, "likely": 1, "high": 2}, ["fan_out.low", "-1", "from 0 to 1000"]),
    "unknown family": ("fan_out", {"distribution": "lognormall", "median": 1}, ["fan_out.distribution", "lognormal"]),
    "figure missing": (
        "fan_out",
        {"distribution": "pert", "low": 1, "high": 2},
        ["fan_out", "low and likely and high"],
    ),
    "figure too many": (
        "fan_out",
        {"distribution": "lognormal", "median": 1, "mean": 1, "p90": 2},
        ["fan_out", "median or mean and p90 or sigma"],
    ),
    "p90 below the median": ("fan_out", {"distribution": "lognormal", "median": 3, "p90": 2}, ["fan_out.p90", "2"]),
    "p90 out of reach": ("fan_out", {"distribution": "lognormal", "mean": 1, "p90": 9}, ["fan_out.p90", "2.27 times"]),
    "no width": ("fan_out", {"distribution": "normal", "mean": 3, "sigma": 0}, ["fan_out.sigma", "0", "above 0"]),
    "wild sigma": ("fan_out", {"distribution": "lognormal", "median": 3, "sigma": 50}, ["fan_out.sigma", "at most 5"]),
    "ends the wrong way": ("fan_out", {"distribution": "uniform", "low": 3, "high": 1}, ["fan_out", "low <= high"]),
    "no values": ("fan_out", {"distribution": "empirical", "values": []}, ["fan_out.values", "[]", "a list"]),
    "value out of bounds": ("fan_out", {"distribution": "empirical", "values": [1, -2]}, ["fan_out.values", "-2"]),
    "unit missing": ("write", {"distribution": "lognormal", "median": 5, "p90": "9 MB/s"}, ["write.median", "unit"]),
}


@pytest.mark.parametrize("field, value, words", BAD.values(), ids=BAD)
def test_unusable_distribution(field, value, words):
    with pytest.raises(InputError) as error:
        Workload(**{**BASE, field: value})
    assert all(word in str(error.value) for word in words), error.value
