"""Figures: each takes a study or a plan and returns an `alt.Chart`. Importing this makes charts show offline.

A figure's module is imported when the figure is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamfacts.on_demand import on_demand
from streamplan.views.theme import set_up

if TYPE_CHECKING:
    from streamplan.analyses.accuracy.charts import (
        coefficients_before_and_after,
        errors_by_source,
        predicted_against_measured,
        predicted_brokers,
    )
    from streamplan.analyses.break_even.charts import break_even_map
    from streamplan.analyses.chargeback.charts import budgets_by_month, charges_by_team, own_or_shared
    from streamplan.analyses.choose.charts import regret_plot
    from streamplan.analyses.commitments.charts import commitment_curve
    from streamplan.analyses.compare.charts import cost_by_month, cost_by_platform, difference_by_line
    from streamplan.analyses.decide.charts import cost_and_fit, first_places, score_parts
    from streamplan.analyses.demand.charts import demand_by_month
    from streamplan.analyses.levers.charts import lever_waterfall, levers_alone
    from streamplan.analyses.migration.charts import move_by_month, saving_so_far
    from streamplan.analyses.opinions.charts import vcpu_by_rule, vcpu_terms
    from streamplan.analyses.prices.charts import ages_of_prices
    from streamplan.analyses.resilience.charts import cost_by_design, recovery_by_design
    from streamplan.analyses.risk.charts import cost_fan, plan_outgrown
    from streamplan.analyses.runway.charts import month_of_wall, use_by_month
    from streamplan.analyses.schedule.charts import step_plan
    from streamplan.analyses.sensitivity.charts import sobol_bars, tornado
    from streamplan.analyses.size.charts import bytes_by_path, network_paths_of, utilisation_of_constraints
    from streamplan.views.theme import CATEGORY_COLOURS, colour_of, platform_colours

set_up()

#: Each figure and the module that draws it.
_PLACES = {
    "CATEGORY_COLOURS": "streamplan.views.theme",
    "ages_of_prices": "streamplan.analyses.prices.charts",
    "break_even_map": "streamplan.analyses.break_even.charts",
    "budgets_by_month": "streamplan.analyses.chargeback.charts",
    "bytes_by_path": "streamplan.analyses.size.charts",
    "charges_by_team": "streamplan.analyses.chargeback.charts",
    "coefficients_before_and_after": "streamplan.analyses.accuracy.charts",
    "commitment_curve": "streamplan.analyses.commitments.charts",
    "cost_and_fit": "streamplan.analyses.decide.charts",
    "cost_by_design": "streamplan.analyses.resilience.charts",
    "cost_by_month": "streamplan.analyses.compare.charts",
    "cost_by_platform": "streamplan.analyses.compare.charts",
    "difference_by_line": "streamplan.analyses.compare.charts",
    "cost_fan": "streamplan.analyses.risk.charts",
    "demand_by_month": "streamplan.analyses.demand.charts",
    "errors_by_source": "streamplan.analyses.accuracy.charts",
    "first_places": "streamplan.analyses.decide.charts",
    "lever_waterfall": "streamplan.analyses.levers.charts",
    "levers_alone": "streamplan.analyses.levers.charts",
    "month_of_wall": "streamplan.analyses.runway.charts",
    "move_by_month": "streamplan.analyses.migration.charts",
    "network_paths_of": "streamplan.analyses.size.charts",
    "own_or_shared": "streamplan.analyses.chargeback.charts",
    "plan_outgrown": "streamplan.analyses.risk.charts",
    "colour_of": "streamplan.views.theme",
    "platform_colours": "streamplan.views.theme",
    "predicted_against_measured": "streamplan.analyses.accuracy.charts",
    "predicted_brokers": "streamplan.analyses.accuracy.charts",
    "recovery_by_design": "streamplan.analyses.resilience.charts",
    "regret_plot": "streamplan.analyses.choose.charts",
    "saving_so_far": "streamplan.analyses.migration.charts",
    "score_parts": "streamplan.analyses.decide.charts",
    "sobol_bars": "streamplan.analyses.sensitivity.charts",
    "step_plan": "streamplan.analyses.schedule.charts",
    "tornado": "streamplan.analyses.sensitivity.charts",
    "use_by_month": "streamplan.analyses.runway.charts",
    "utilisation_of_constraints": "streamplan.analyses.size.charts",
    "vcpu_by_rule": "streamplan.analyses.opinions.charts",
    "vcpu_terms": "streamplan.analyses.opinions.charts",
}

__getattr__, __dir__ = on_demand(__name__, _PLACES)

__all__ = [
    "CATEGORY_COLOURS",
    "ages_of_prices",
    "break_even_map",
    "budgets_by_month",
    "bytes_by_path",
    "charges_by_team",
    "coefficients_before_and_after",
    "colour_of",
    "commitment_curve",
    "cost_and_fit",
    "cost_by_design",
    "cost_by_month",
    "cost_by_platform",
    "cost_fan",
    "demand_by_month",
    "difference_by_line",
    "errors_by_source",
    "first_places",
    "lever_waterfall",
    "levers_alone",
    "month_of_wall",
    "move_by_month",
    "network_paths_of",
    "own_or_shared",
    "plan_outgrown",
    "platform_colours",
    "predicted_against_measured",
    "predicted_brokers",
    "recovery_by_design",
    "regret_plot",
    "saving_so_far",
    "score_parts",
    "set_up",
    "sobol_bars",
    "step_plan",
    "tornado",
    "use_by_month",
    "utilisation_of_constraints",
    "vcpu_by_rule",
    "vcpu_terms",
]
