"""Figures: each takes a study or a plan and returns an `alt.Chart`. Importing this makes charts show offline."""

from streamplan.analyses.accuracy.charts import (
    coefficients_before_and_after,
    errors_by_source,
    predicted_against_measured,
    predicted_brokers,
)
from streamplan.analyses.break_even.charts import break_even_map
from streamplan.analyses.choose.charts import regret_plot
from streamplan.analyses.commitments.charts import commitment_curve
from streamplan.analyses.compare.charts import cost_by_month, cost_by_platform
from streamplan.analyses.demand.charts import demand_by_month
from streamplan.analyses.levers.charts import lever_waterfall, levers_alone
from streamplan.analyses.migration.charts import move_by_month, saving_so_far
from streamplan.analyses.opinions.charts import vcpu_by_rule, vcpu_terms
from streamplan.analyses.resilience.charts import cost_by_design, recovery_by_design
from streamplan.analyses.risk.charts import cost_fan, plan_outgrown
from streamplan.analyses.runway.charts import month_of_wall, use_by_month
from streamplan.analyses.schedule.charts import step_plan
from streamplan.analyses.sensitivity.charts import sobol_bars, tornado
from streamplan.analyses.size.charts import bytes_by_path, network_paths_of, utilisation_of_constraints
from streamplan.views.theme import CATEGORY_COLOURS, platform_colours, set_up

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
