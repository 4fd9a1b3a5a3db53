"""Present value: by hand, against the closed form of an annuity, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamfacts.errors import InputError
from streamplan.planning.present_value import checked_rate, discount_factors, npv

RATES = st.floats(0.0, 1.0)
FLOWS = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60)


def test_by_hand():
    # 100 today, 110 in a year and 121 in two years are worth 300 at 10%
    flows = np.zeros(24)
    flows[11], flows[23] = 110.0, 121.0
    assert npv(flows, 0.10, upfront=100.0) == pytest.approx(300.0, abs=1e-9)


def test_against_an_annuity():
    monthly = 1.08 ** (1 / 12) - 1
    assert npv([1000.0] * 60, 0.08) == pytest.approx(1000.0 * (1 - (1 + monthly) ** -60) / monthly, rel=1e-12)


def test_without_a_rate_it_is_the_sum():
    assert npv([1.0, 2.0, 3.0], 0.0, upfront=4.0) == 10.0


def test_rows_of_flows_at_once():
    assert npv(np.ones((2, 3, 12)), 0.1).shape == (2, 3)


@given(FLOWS, RATES)
def test_twice_the_flows_are_worth_twice(flows, rate):
    assert npv([2 * x for x in flows], rate) == pytest.approx(2 * npv(flows, rate), abs=1e-3)


@given(st.integers(2, 60), st.floats(0.001, 1.0))
def test_later_is_worth_less(months, rate):
    factors = discount_factors(months, rate)
    assert (np.diff(factors) < 0).all() and (factors < 1).all() and (factors > 0).all()


@pytest.mark.parametrize("rate", [-0.01, 1.5, float("nan"), "8%", True, None])
def test_rates_that_are_none(rate):
    with pytest.raises(InputError, match="discount_rate"):
        checked_rate(rate)


@pytest.mark.parametrize("flows", [5.0, ["a"], [1.0, float("nan")]])
def test_flows_that_are_none(flows):
    with pytest.raises(InputError, match="cash_flows"):
        npv(flows, 0.1)


@pytest.mark.parametrize("months", [0, -1, 1.5, True])
def test_a_horizon_of_zero(months):
    with pytest.raises(InputError, match="months"):
        discount_factors(months, 0.1)
