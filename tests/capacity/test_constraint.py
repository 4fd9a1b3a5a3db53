"""Constraints, limits and rounding: small cases worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity import Constraint, Limit
from capacity.sizing.constraint import round_up, units_needed


def constraint(demand=100.0, capacity=10.0, ceiling=1.0, share=1.0, lost=0.0) -> Constraint:
    return Constraint(
        "network out",
        "normal",
        np.asarray(demand, float),
        np.asarray(capacity, float),
        np.asarray(ceiling, float),
        "bytes/s",
        "a source",
        share=np.asarray(share, float),
        lost=np.asarray(lost, float),
    )


@pytest.mark.parametrize(
    ("case", "needed"),
    [
        ({}, 10.0),  # 100 / 10
        ({"ceiling": 0.5}, 20.0),  # 100 / (10 x 0.5)
        ({"ceiling": 0.8}, 12.5),
        ({"share": 2 / 3}, 15.0),  # 10 units must be left of two thirds
        ({"lost": 1.0}, 11.0),  # one more than the ten that carry
        ({"share": 0.5, "lost": 1.0}, 22.0),  # half of 22 is 11, less one is 10
        ({"ceiling": 0.8, "share": 2 / 3}, 18.75),
        ({"demand": 0.0}, 0.0),
        ({"demand": 0.0, "lost": 1.0}, 0.0),  # nothing to carry, nothing to spare
        ({"demand": 0.0, "capacity": 0.0}, 0.0),
        ({"capacity": 0.0}, np.inf),
        ({"capacity": 0.0, "lost": 1.0}, np.inf),
        ({"capacity": np.inf}, 0.0),
        ({"share": 0.0}, np.inf),  # no unit is left
        ({"demand": 0.0, "share": 0.0}, 0.0),
    ],
)
def test_needed(case: dict, needed: float) -> None:
    assert constraint(**case).needed() == pytest.approx(needed, rel=1e-12)


@pytest.mark.parametrize(
    ("case", "units", "used"),
    [
        ({}, 10.0, 1.0),
        ({}, 20.0, 0.5),
        ({"ceiling": 0.5}, 20.0, 0.5),  # of the whole capacity, so that it compares with the ceiling
        ({"share": 2 / 3}, 30.0, 0.5),
        ({"lost": 1.0}, 11.0, 1.0),
        ({"lost": 1.0}, 6.0, 2.0),
        ({"lost": 1.0}, 1.0, np.inf),  # the only one is down
        ({"share": 0.5, "lost": 1.0}, 22.0, 1.0),
        ({"demand": 0.0}, 3.0, 0.0),
        ({"demand": 0.0, "lost": 1.0}, 1.0, 0.0),
        ({"capacity": 0.0}, 3.0, np.inf),
    ],
)
def test_utilisation(case: dict, units: float, used: float) -> None:
    assert constraint(**case).utilisation(np.float64(units)) == pytest.approx(used, rel=1e-12)


positive = st.floats(1e-3, 1e9)


@given(
    demand=st.floats(0.0, 1e12),
    capacity=positive,
    ceiling=st.floats(0.05, 1.0),
    share=st.floats(0.1, 1.0),
    lost=st.sampled_from([0.0, 1.0, 2.0]),
)
def test_units_needed_use_exactly_the_ceiling(demand, capacity, ceiling, share, lost) -> None:
    c = constraint(demand, capacity, ceiling, share, lost)
    needed = c.needed()
    if demand == 0:
        assert needed == 0
    elif demand / capacity > 1e-3:  # below, the units that carry vanish beside the lost ones in a float
        assert c.utilisation(needed) == pytest.approx(ceiling, rel=1e-6)


def test_arrays_broadcast() -> None:
    c = constraint(demand=[100.0, 0.0, 50.0], capacity=[[10.0], [0.0]])
    assert c.needed().tolist() == [[10.0, 0.0, 5.0], [np.inf, 0.0, np.inf]]
    assert c.utilisation(np.float64(5.0)).tolist() == [[2.0, 0.0, 1.0], [np.inf, 0.0, np.inf]]


@pytest.mark.parametrize(
    ("units", "multiple", "rounded"),
    [
        (3.0, 3, 3.0),
        (3.2, 3, 6.0),
        (4.0, 3, 6.0),
        (6.0, 3, 6.0),
        (1.0, 1, 1.0),
        (1.01, 1, 2.0),
        (3.0000000001, 1, 3.0),  # a rounding error buys no broker
        (9.000000000001, 3, 9.0),
        (3.00001, 1, 4.0),  # a hundred-thousandth of a broker does
        (0.0, 3, 0.0),
        (np.inf, 3, np.inf),
    ],
)
def test_round_up(units: float, multiple: float, rounded: float) -> None:
    assert float(round_up(np.float64(units), multiple)) == rounded


@given(st.floats(0.0, 1e6), st.sampled_from([1.0, 2.0, 3.0]))
def test_round_up_gives_the_next_multiple(units: float, multiple: float) -> None:
    rounded = float(round_up(np.float64(units), multiple))
    assert rounded % multiple == 0
    assert units - 1e-8 * multiple <= rounded < units + multiple


def test_units_needed_take_the_largest_the_minimum_and_the_multiple() -> None:
    asks_ten, asks_four = constraint(), constraint(demand=40.0)
    assert units_needed([asks_four, asks_ten], 3, 1) == 10
    assert units_needed([asks_four, asks_ten], 3, 3) == 12
    assert units_needed([asks_four], 6, 3) == 6
    assert units_needed([], 3, 3) == 3
    assert units_needed([asks_ten, constraint(capacity=0.0)], 3, 3) == np.inf
    several = units_needed([constraint(demand=[10.0, 70.0, 100.0])], np.array([3.0, 3.0, 2.0]), np.array([3, 3, 2.0]))
    assert several.tolist() == [3.0, 9.0, 10.0]


@pytest.mark.parametrize(
    ("demand", "wall", "at_least", "broken"),
    [
        (9.0, 10.0, False, False),
        (10.0, 10.0, False, False),
        (10.000000000001, 10.0, False, False),
        (10.1, 10.0, False, True),
        (np.inf, 10.0, False, True),
        (0.0, 0.0, False, False),
        (1e-6, 0.0, False, True),
        (9.0, 10.0, True, True),
        (10.0, 10.0, True, False),
        (9.999999999999, 10.0, True, False),
        (11.0, 10.0, True, False),
    ],
)
def test_limit(demand: float, wall: float, at_least: bool, broken: bool) -> None:
    limit = Limit("retention", np.asarray(demand), np.asarray(wall), "seconds", "a source", at_least=at_least)
    assert bool(limit.broken) is broken


def test_limit_by_element() -> None:
    limit = Limit("message size", np.array([1.0, 5.0]), np.array([[2.0], [10.0]]), "bytes", "a source")
    assert limit.broken.tolist() == [[False, True], [False, False]]


def test_a_demand_however_small_is_not_carried_by_the_unit_that_is_lost() -> None:
    """One core of a billion asked, one broker lost: two are there, so that one is left to carry it."""
    c = Constraint("CPU", "broker down", np.array([1e-9, 1e-12, 0.0, 1.5]), 1.0, 1.0, "cores", "", lost=1.0)
    assert units_needed([c], 1.0, 1.0).tolist() == [2.0, 2.0, 1.0, 3.0]
    assert (c.utilisation(units_needed([c], 1.0, 1.0)) <= 1.0).all()
