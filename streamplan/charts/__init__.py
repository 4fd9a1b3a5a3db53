"""Figures: each takes a study or a plan and returns an `alt.Chart`. Importing this makes charts show offline."""

from streamplan.charts.cost import cost_by_platform
from streamplan.charts.demand import demand_by_month
from streamplan.charts.opinions import vcpu_by_rule, vcpu_terms
from streamplan.charts.paths import bytes_by_path
from streamplan.charts.risk import cost_fan, plan_outgrown
from streamplan.charts.theme import CATEGORY_COLOURS, platform_colours, set_up
from streamplan.charts.utilisation import utilisation_of_constraints

set_up()

__all__ = [
    "CATEGORY_COLOURS",
    "bytes_by_path",
    "cost_by_platform",
    "cost_fan",
    "demand_by_month",
    "plan_outgrown",
    "platform_colours",
    "set_up",
    "utilisation_of_constraints",
    "vcpu_by_rule",
    "vcpu_terms",
]
