"""The "choose when" rules of the guide, held against the answers and the study."""

from __future__ import annotations

from typing import Any

import numpy as np

from streamfacts.tables import read_rows
from streamplan.analyses.decide.decide import Decision
from streamplan.analyses.decide.features import feature

#: What the rules choose between, in words.
CHOICES = {"kafka": "Kafka", "pulsar": "Pulsar", "managed": "a managed cloud service"}


def rules(decision: Decision) -> list[dict[str, Any]]:
    """Return each rule with whether it holds: True, False, or None where nobody answered."""
    return [
        {
            "choice": r["choice"],
            "rule": r["text"],
            "holds": _holds(decision, r["test"]),
            "by": r["test"],
            "source": r["source"],
        }
        for r in read_rows("fit/choose_when")
    ]


def _holds(decision: Decision, test: str) -> bool | None:
    from streamplan.analyses.decide.requirements import criteria

    kind, _, name = test.partition(":")
    requirements = decision.requirements
    if kind == "weight":  # a priority is what counts more than it would if all counted the same
        if not requirements.weights:
            return None
        share = requirements.shares[list(criteria()).index(name)]
        return bool(share > 1.0 / len(criteria()) + 1e-9)
    if kind == "must":
        return bool(requirements.must[name]) if name in requirements.must else None
    if kind == "context":
        name, _, value = name.partition("=")
        if name == "tiering_pays":
            return _tiering_pays(decision)
        if name not in requirements.context:
            return None
        answer = requirements.context[name]
        return value in answer if value else bool(answer)
    return _managed_fits(decision)


def _managed_fits(decision: Decision) -> bool | None:
    if decision.study is None:
        return None
    managed = [o for o in decision.study.offers if _is_managed(o.plan.offer.name)]
    return any(o.plan.feasible for o in managed) if managed else None


def _is_managed(offer: str) -> bool:
    found = feature(offer, "managed")
    return found is not None and found.value == "yes"


def _tiering_pays(decision: Decision) -> bool | None:
    """Whether the cheapest self-managed Pulsar or Kafka that keeps data in object storage beats its plain sibling."""
    if decision.study is None:
        return None
    own = [o for o in decision.study.offers if o.plan.offer.self_managed and np.isfinite(o.totals[1])]
    cost = {o.plan.offer.name: float(o.totals[1]) for o in own}
    pairs = [(cost[o.plan.offer.name], cost[t]) for o in own if (t := o.plan.offer.tiered_as) in cost]
    return any(tiered < 0.9 * plain for plain, tiered in pairs) if pairs else None
