"""Documents of what one can choose and of what matters: levers, commitments, sensitivity, break-even."""

from __future__ import annotations

from typing import Any

import numpy as np

from streamplan.breakeven import BreakEven
from streamplan.commitment import CommitmentPlan
from streamplan.document import plain, records, workload_document
from streamplan.levers import LeverStudy
from streamplan.sensitivity import ENDS, Sensitivity


def levers_document(study: LeverStudy) -> dict[str, Any]:
    """Return a study of levers: each alone, the stack in its order, and what is bought before and after."""
    return _plain(
        {
            "workload": workload_document(study.workload),
            "currency": "USD",
            "platform": study.start.platform,
            "targets": dict(study.start.targets),
            "start": {"monthly_usd": study.start.usd, "what": study.start.plan.what},
            "end": {
                "monthly_usd": study.end.usd,
                "platform": study.end.platform,
                "what": study.end.plan.what,
            },
            "saving_usd": study.saving,
            "alone": records(study.alone),
            "stack": records(study.stack),
        }
    )


def commitment_document(found: CommitmentPlan) -> dict[str, Any]:
    """Return what to commit to: a row a meter and SKU, totals as worth today, what has no committed rate."""
    return _plain(
        {
            "workload": workload_document(found.workload),
            "currency": "USD",
            "platform": found.plan.offer.name,
            "what": found.plan.what,
            "years": found.years,
            "discount_rate": found.discount_rate,
            "draws": found.draws,
            "seed": found.seed,
            "inputs": found.inputs,
            "draws_over_a_limit": found.over_limit,
            "lines": records(found.table),
            "without_rate": found.without_rate,
            "on_demand_usd": found.on_demand.mean(),
            "committed_usd": found.committed.mean(),
            "saving_usd": found.saving.mean(),
            "saving_p10_usd": np.quantile(found.saving, 0.1, method="inverted_cdf"),
            "rest_of_bill_usd": None if found.rest is None else found.rest.mean(),
        }
    )


def sensitivity_document(found: Sensitivity) -> dict[str, Any]:
    """Return what matters: Sobol indices by group of inputs and the tornado."""
    return _plain(
        {
            "workload": workload_document(found.workload),
            "currency": "USD",
            "platform": found.platform,
            "months": found.months,
            "draws": found.draws,
            "seed": found.seed,
            "draws_left_out": found.left_out,
            "mean_usd": found.indices.mean,
            "standard_deviation_usd": found.indices.variance**0.5,
            "likely_usd": found.likely_usd,
            "groups": [list(group) for group in found.groups],
            "indices": records(found.table),
            "tornado_percentiles": [100 * end for end in ENDS],
            "tornado": records(found.tornado),
        }
    )


def break_even_document(found: BreakEven) -> dict[str, Any]:
    """Return where the cheapest offer flips: both axes, the flips of each row, those of the workload, the grid."""
    return _plain(
        {
            "workload": workload_document(found.workload),
            "currency": "USD",
            **{
                name: {"input": one.name, "unit": one.unit, "values": one.values, "own": one.own}
                for name, one in (("x", found.x), ("y", found.y))
            },
            "platforms": found.offers,
            "cheapest_somewhere": found.winners,
            "flips": records(found.flips),
            "own_flips": records(found.own_flips),
            "grid": records(found.table),
        }
    )


def _plain(document: dict[str, Any]) -> dict[str, Any]:
    return {key: plain(value) for key, value in document.items()}
