"""The work to run what is planned: staff, training and tools of the shipped prior, beside the bill and never on it."""

from __future__ import annotations

from functools import cache

import numpy as np

from streamfacts.arrays import Array
from streamplan.planning.people import NO_SUPPORT, People
from streamplan.planning.plan import Plan

#: Categories of the lines of `People` that are work; licences and support plans are bought.
WORK = ("people", "tooling")


@cache
def prior() -> People:
    """Return the shipped prior of staff and tools, without a support plan."""
    return People.load(support=NO_SUPPORT)


def work_of(plan: Plan, people: People | None = None) -> Array:
    """Return what it costs to run a plan, of the shape of the people's values [USD/month].

    Parameters
    ----------
    plan : what is run; its bill has no people on it
    people : values to take, the likely ones of `prior` if left out
    """
    lines = (people or prior()).lines(plan.sizing, plan.bill)
    return np.asarray(sum((line.cost for line in lines if line.category in WORK), np.zeros(())))
