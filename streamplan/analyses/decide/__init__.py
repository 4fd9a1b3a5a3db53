"""Fit: what a workload's owners require, which offers meet it, and how far the choice depends on what they weigh."""

from streamplan.analyses.decide.decide import Decision, decide
from streamplan.analyses.decide.requirements import Requirements, open_requirements

__all__ = ["Decision", "Requirements", "decide", "open_requirements"]
