"""What must hold for any workload on any offer, however it is written, at every month and in every draw."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from capacity import Demand, Workload, offers, size
from capacity.demand.draws import draw_demand
from pricing import PriceBook
from streamfacts.errors import InputError
from streamplan.analyses.size.words import plan_document
from streamplan.planning.plan import Costed, cost_all, plan
from streamplan.views.json import dumps
from streamplan.views.workload_document import workload_document

#: Months and draws that each workload is sized at, together.
MONTHS, DRAWS = 14, 8


def check_workload(fields: Mapping[str, Any], offer: str, month: int, draw: int, book: PriceBook) -> bool:
    """Return whether the fields are a workload; then check its demand, its sizing, its bill and its documents."""
    try:
        workload = Workload(**fields)
    except InputError:
        return False
    demand = Demand.of(workload).replace(
        region=workload.region_at(offers()[offer].provider) or workload.region,
    )
    _check_demand(demand)
    _check_demand(Demand.corners(workload))
    json.loads(dumps(workload_document(workload)))

    options: dict[str, Any] = {}
    one = cost_all(demand, offer, book, options=options)
    _check_costed(one)
    _check_more(demand, offer, book)

    path = Demand.months(workload, MONTHS).replace(region=demand.region)
    drawn = draw_demand(workload, DRAWS, MONTHS, seed=draw).replace(region=demand.region)
    for several in (path, drawn):
        _check_demand(several)
    together = cost_all(path, offer, book, options=options)
    _check_costed(together)
    _check_same(cost_all(_at(path, month), offer, book, options=options), together, (month,))
    every = cost_all(drawn, offer, book, options=options)
    _check_costed(every)
    where = (draw % DRAWS, month)
    _check_same(cost_all(_at(drawn, *where), offer, book, options=options), every, where)
    _check_plan(workload, offer, book)
    return True


def _at(demand: Demand, *index: int) -> Demand:
    """One demand of arrays that broadcast against each other."""
    return demand.replace(
        **{k: np.asarray(np.broadcast_to(v, demand.shape)[index], float) for k, v in demand.arrays().items()}
    )


def _check_demand(demand: Demand) -> None:
    for name, values in demand.arrays().items():
        assert np.isfinite(values).all(), f"{name} is not finite"
        assert (values >= 0).all(), f"{name} is negative"
    assert (demand.peak_ratio >= 1 - 1e-9).all(), "a peak below the average"
    assert (demand.hot_retention_s <= demand.retention_s * (1 + 1e-9)).all(), "hot for longer than kept"


def _check_costed(costed: Costed) -> None:
    sizing, bill = costed.sizing, costed.bill
    numbers = [("units", sizing.units), ("subtotal", bill.subtotal), *sizing.pools.items()]
    numbers += [(line.meter, line.quantity) for line in sizing.usage]
    numbers += [(entry.usage.meter, entry.cost) for entry in bill.entries]
    numbers += [(part.name, part.value) for part in sizing.parts]
    numbers += [(f"needed: {c.name}", c.needed()) for c in sizing.constraints]
    for name, values in numbers:
        assert not np.isnan(values).any(), f"{name} is NaN"
        assert (np.asarray(values) >= 0).all(), f"{name} is negative"
    for c in sizing.constraints:
        over = c.utilisation(sizing.units_of(c)) > np.asarray(c.ceiling) * (1 + 1e-8)
        assert not (over & sizing.feasible).any(), f"{c.name} ({c.state}) is over its ceiling, and said to fit"
    assert np.isfinite(bill.subtotal)[sizing.feasible].all(), "a sum that is not finite"
    total = sum(np.broadcast_to(entry.cost, sizing.units.shape) for entry in bill.entries)
    np.testing.assert_allclose(np.broadcast_to(bill.subtotal, sizing.units.shape), total, rtol=1e-9, err_msg="the sum")


def _check_more(demand: Demand, offer: str, book: PriceBook) -> None:
    """More bytes and records of the same kind need no fewer units and cost no less; partitions and the rest stay."""
    rates = ("payload_bytes_s", "wire_bytes_s", "records_s")
    scales = np.array([1.0, 1.01, 1.7, 6.0])
    rising = cost_all(demand.replace(**{name: getattr(demand, name) * scales for name in rates}), offer, book)
    units, least = rising.sizing.units, rising.cost.min(axis=0)
    assert (units[:, 1:] >= units[:, :-1]).all(), "more bytes need fewer units"
    assert (rising.sizing.feasible[:, 1:] <= rising.sizing.feasible[:, :-1]).all(), "more bytes mend a limit"
    assert (least[1:] >= least[:-1] * (1 - 1e-9)).all(), "more bytes cost less"


def _check_same(alone: Costed, together: Costed, index: tuple[int, ...]) -> None:
    """What is sized alone is what stands at that place of the arrays."""
    shape = together.sizing.units.shape

    def at(values: Any) -> Any:
        return np.broadcast_to(values, shape)[(slice(None), *index)]

    np.testing.assert_allclose(alone.sizing.units, at(together.sizing.units), rtol=1e-9, err_msg="units")
    np.testing.assert_allclose(alone.bill.subtotal, at(together.bill.subtotal), rtol=1e-9, err_msg="cost")
    assert (alone.sizing.feasible == at(together.sizing.feasible)).all(), "feasible alone, and not in company"
    for a, b in zip(alone.sizing.usage, together.sizing.usage, strict=True):
        np.testing.assert_allclose(a.quantity, at(b.quantity), rtol=1e-9, err_msg=a.meter)


def _check_plan(workload: Workload, offer: str, book: PriceBook) -> None:
    """The plan, on several clusters where one will not do: the same numbers as its own sizing, in the document too."""
    chosen = plan(workload, offer, book, most_clusters=20)
    document = json.loads(dumps(plan_document(chosen)))
    assert bool(chosen.sizing.violations) is not chosen.feasible
    assert document["feasible"] is chosen.feasible
    if chosen.monthly_usd is None:
        assert chosen.reason, "no cost, and no reason"
    else:
        lines = sum(line["cost"] for line in document["bill"]["lines"])
        np.testing.assert_allclose(document["bill"]["total"], lines, rtol=1e-9, err_msg="the sum of the lines")
    if chosen.clusters > 1:
        again = size(
            Demand.of(workload).replace(region=chosen.sizing.demand.region),
            offer,
            machine=chosen.configuration,
            clusters=chosen.clusters,
        )
        np.testing.assert_allclose(again.units, chosen.sizing.units, err_msg="units of one cluster")
        for a, b in zip(again.usage, chosen.sizing.usage, strict=True):
            np.testing.assert_allclose(a.quantity, b.quantity, rtol=1e-9, err_msg=a.meter)
