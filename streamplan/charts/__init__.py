"""Figures: each takes a study or a plan and returns an `alt.Chart`. Importing this makes charts show offline."""

from streamplan.charts.accuracy import (
    coefficients_before_and_after,
    errors_by_source,
    predicted_against_measured,
    predicted_brokers,
)
from streamplan.charts.breakeven import break_even_map
from streamplan.charts.commitment import commitment_curve
from streamplan.charts.cost import cost_by_platform
from streamplan.charts.demand import demand_by_month
from streamplan.charts.levers import lever_waterfall, levers_alone
from streamplan.charts.migration import move_by_month, saving_so_far
from streamplan.charts.months import cost_by_month
from streamplan.charts.network import network_paths_of
from streamplan.charts.opinions import vcpu_by_rule, vcpu_terms
from streamplan.charts.paths import bytes_by_path
from streamplan.charts.resilience import cost_by_design, recovery_by_design
from streamplan.charts.risk import cost_fan, plan_outgrown
from streamplan.charts.runway import month_of_wall, use_by_month
from streamplan.charts.schedule import regret_plot, step_plan
from streamplan.charts.sensitivity import sobol_bars, tornado
from streamplan.charts.theme import CATEGORY_COLOURS, platform_colours, set_up
from streamplan.charts.utilisation import utilisation_of_constraints

set_up()

__all__ = [
    "CATEGORY_COLOURS",
    "break_even_map",
    "bytes_by_path",
    "coefficients_before_and_after",
    "commitment_curve",
    "cost_by_design",
    "cost_by_month",
    "cost_by_platform",
    "cost_fan",
    "demand_by_month",
    "errors_by_source",
    "lever_waterfall",
    "levers_alone",
    "month_of_wall",
    "move_by_month",
    "network_paths_of",
    "plan_outgrown",
    "platform_colours",
    "predicted_against_measured",
    "predicted_brokers",
    "recovery_by_design",
    "regret_plot",
    "saving_so_far",
    "set_up",
    "sobol_bars",
    "step_plan",
    "tornado",
    "use_by_month",
    "utilisation_of_constraints",
    "vcpu_by_rule",
    "vcpu_terms",
]
