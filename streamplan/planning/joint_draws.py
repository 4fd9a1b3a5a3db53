"""Draws of the workload's uncertain inputs, together with those of the people who run it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capacity import Demand, Workload
from capacity.demand.draws import Draws, demand_of, draw, uncertain_inputs

if TYPE_CHECKING:
    from streamplan.planning.people import People


def joint_draws(
    workload: Workload, months: int, n: int, seed: int, people: People | None = None, *, stratified: bool = False
) -> Draws:
    """Return draws of all that is uncertain about a workload, and about the people who run it if they count.

    `stratified` takes a Latin hypercube, for some hundred draws; see `capacity.demand.draws.draw`.
    """
    if people is None:
        return draw(uncertain_inputs(workload, months), n, seed, workload.correlation, stratified=stratified)
    inputs = {**uncertain_inputs(workload, months), **people.inputs}
    return draw(inputs, n, seed, people.correlation(workload.correlation), stratified=stratified)


def drawn_together(
    workload: Workload, months: int, n: int, seed: int, people: People | None = None
) -> tuple[Demand, People | None]:
    """Return the demand, shape (n, months), and the people who run it, both at the same draws."""
    joint = joint_draws(workload, months, n, seed, people)
    return demand_of(workload, joint, months), None if people is None else people.drawn(joint)
