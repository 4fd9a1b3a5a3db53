"""Plans with the PyPI package `service-capacity-modeling`; runs in its environment and imports nothing of ours.

Reads one case a line from standard input, plans it once, and writes one line of JSON with the time of the call to
`planner.plan` alone. `"inspect": true` plans it with counters around the model and describes the plan; that time is
not for comparison.
"""

from __future__ import annotations

import json
import sys
import time
from importlib import metadata
from typing import Any

_start = time.perf_counter()

from service_capacity_modeling.capacity_planner import planner  # noqa: E402
from service_capacity_modeling.interface import CapacityDesires, Interval, QueryPattern, certain_float  # noqa: E402
from service_capacity_modeling.models.org.netflix.kafka import ClusterType  # noqa: E402

IMPORT_S = time.perf_counter() - _start
MODEL, MIB = "org.netflix.kafka", 2**20


def arguments(case: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of `planner.plan`, as in the package's own tests/netflix/test_kafka.py.

    Reads a second are consumers and the size of a write is the write rate; "strong" is three copies. The state is the
    model's default: write rate x retention x copies, half to twice of it at 98 %.
    """
    pattern = QueryPattern(
        estimated_read_per_second=Interval(**case["consumers"]),
        estimated_write_per_second=certain_float(1.0),
        estimated_mean_write_size_bytes=Interval(**case["write"]),
    )
    return {
        "model_name": MODEL,
        "region": "us-east-1",
        "desires": CapacityDesires(service_tier=1, query_pattern=pattern),
        "percentiles": tuple(case["percentiles"]),
        "simulations": case["simulations"],
        "num_results": 5,
        "extra_model_arguments": {"cluster_type": ClusterType.strong, "retention": case["retention"]},
    }


def inputs(desires: Any) -> dict[str, float]:
    """Return the three inputs that ours varies too."""
    return {
        "write_mib_s": desires.query_pattern.estimated_mean_write_size_bytes.mid / MIB,
        "consumers": desires.query_pattern.estimated_read_per_second.mid,
        "stored_tib": desires.data_shape.estimated_state_size_gib.mid / 1024,
    }


def alternative(plan: Any, sampled: Any) -> dict[str, Any]:
    """Describe one plan, with the world it was sized for (zones are equal in this model)."""
    zones = plan.candidate_clusters.zonal
    world = next((d for p, d, _ in sampled if p.candidate_clusters == plan.candidate_clusters), None)
    return {
        "machine": zones[0].instance.name,
        "units": sum(zone.count for zone in zones),
        "volume_gib": sum(drive.size_gib or 0 for drive in zones[0].attached_drives),
        "usd_a_year": float(plan.candidate_clusters.total_annual_cost),
        **({f"sized_for_{k}": v for k, v in inputs(world).items()} if world else {}),
    }


def inspected(case: dict[str, Any]) -> dict[str, Any]:
    """Plan once with counters around the model."""
    model = planner.models[MODEL]
    plain = model.capacity_plan
    outcomes: dict[str, int] = {}
    shapes, worlds = set(), {}

    def counting(**given: Any) -> Any:
        out = plain(**given)
        kind = type(out).__name__
        outcomes[kind] = outcomes.get(kind, 0) + 1
        shapes.add((given["instance"].name, given["drive"].name))
        worlds[id(given["desires"])] = given["desires"]
        return out

    model.capacity_plan = counting
    try:
        plan = planner.plan(**arguments(case))
    finally:
        del model.capacity_plan
    sampled = plan.explanation.regret_clusters_by_model[MODEL]
    assumed = plan.explanation.desires_by_model[MODEL]
    seen = [inputs(desires) for desires in worlds.values()]
    state = assumed.data_shape.estimated_state_size_gib
    return {
        "shapes": len(shapes),
        "worlds": len(worlds),
        "evaluations": sum(outcomes.values()),
        "outcomes": outcomes,
        "draws": case["simulations"],
        "draws_with_a_plan": len(sampled),
        "state_interval_tib": [state.low / 1024, state.mid / 1024, state.high / 1024],
        "inputs": {k: [f(w[k] for w in seen) for f in (min, lambda v: sum(v) / len(seen), max)] for k in seen[0]},
        "least_regret": [alternative(p, sampled) for p in plan.least_regret],
    }


def main() -> None:
    """Answer every line until the input ends; the first line out says what is answering."""
    about = {
        "version": metadata.version("service-capacity-modeling"),
        "python": sys.version.split()[0],
        "packages": {name: metadata.version(name) for name in ("numpy", "scipy", "pydantic")},
        "import_s": IMPORT_S,
    }
    print(json.dumps(about), flush=True)
    for line in sys.stdin:
        case = json.loads(line)
        given = arguments(case)
        if case.get("inspect"):
            answer = inspected(case)
        else:
            start = time.perf_counter()
            planner.plan(**given)
            answer = {"seconds": time.perf_counter() - start}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
