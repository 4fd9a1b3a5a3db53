"""Resilience: designs that survive the loss of a zone or a region, what they need, and how soon they are back."""

from capacity.resilience.designs import DESIGNS, FAILURES, Design, find_design
from capacity.resilience.mechanisms import Mechanism, mechanisms_of, no_mechanism
from capacity.resilience.outcomes import Outcome, outcomes
from capacity.resilience.quantities import quantity
from capacity.resilience.shares import Site, sites

__all__ = [
    "DESIGNS",
    "FAILURES",
    "Design",
    "Mechanism",
    "Outcome",
    "Site",
    "find_design",
    "mechanisms_of",
    "no_mechanism",
    "outcomes",
    "quantity",
    "sites",
]
