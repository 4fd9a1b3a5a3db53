"""Fit: what a workload's owners require, which offers meet it, and how far the choice depends on what they weigh."""

from streamplan.fit.decide import Decision, decide
from streamplan.fit.requirements import Requirements, open_requirements

__all__ = ["Decision", "Requirements", "decide", "open_requirements"]
