"""What a cluster carries, in words: document and text."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from capacity.measured.prediction import Prediction
from streamplan.views.tables import Column, Table, share


def prediction_document(result: Prediction) -> list[dict[str, Any]]:
    """Return one JSON document a cluster: limit, interval, bottleneck, ceilings, use at the load, what was assumed."""
    loaded = np.isfinite(result.cluster.load_mb_s)
    use = result.utilisation(np.where(loaded, result.cluster.load_mb_s, 0.0))
    latency = result.latency
    out = []
    for i in range(len(result)):
        document: dict[str, Any] = {
            "system": str(result.cluster.system[i]),
            "limit_mb_s": float(result.limit_mb_s[i]),
            "predicted_mb_s_in_total": float(result.limit_mb_s[i]),
            "low_mb_s": float(result.low_mb_s[i]),
            "high_mb_s": float(result.high_mb_s[i]),
            "confidence": result.confidence,
            "bottleneck": str(result.bottleneck[i]),
            "ceilings_mb_s": {n: _finite(v[i]) for n, v in result.ceilings.items() if np.isfinite(v[i])},
            "load_mb_s": _finite(result.cluster.load_mb_s[i]),
            "utilisation": {n: float(v[i]) for n, v in use.items() if np.isfinite(result.ceilings[n][i])}
            if loaded[i]
            else None,
            "publish_p99_ms": _finite(latency.p99_ms[i]),
            "publish_p99_interval_ms": [_finite(latency.low_ms[i]), _finite(latency.high_ms[i])],
            "publish_p99_outside": latency.why[i],
            "publish_saturated_odds": _finite(latency.saturated[i]),
            "assumed": list(result.assumed[i]),
            "notes": result.notes(i),
        }
        out.append(document)
    return out


def prediction_text(result: Prediction, position: int) -> list[Any]:
    """Return the prediction of one cluster as pieces for the terminal."""
    document = prediction_document(result)[position]
    low, high = document["low_mb_s"], document["high_mb_s"]
    head = (
        f"{document['system']}: {document['limit_mb_s']:,.4g} MB/s of payload in, {result.confidence:.0%} between"
        f" {low:,.4g} and {high:,.4g}; {document['bottleneck']} binds"
    )
    table = Table(
        head,
        (
            Column("resource", "resource"),
            Column("ceiling", "ceiling MB/s", True, shown=lambda x: f"{x:,.4g}", priority=0),
            share("use", "use at the load", 0),
        ),
    )
    for name, ceiling in sorted(document["ceilings_mb_s"].items(), key=lambda item: item[1]):
        table.add({"resource": name, "ceiling": ceiling, "use": (document["utilisation"] or {}).get(name)})
    pieces: list[Any] = [table]
    if document["publish_p99_ms"] is not None:
        a, b = document["publish_p99_interval_ms"]
        odds = document["publish_saturated_odds"]
        more = f"; in {odds:.0%} of the cases the load is more than the cluster takes" if odds >= 0.005 else ""
        pieces.append(
            f"publish p99 {document['publish_p99_ms']:.3g} ms at the load, 90% between {a:.3g} and {b:.3g}{more}"
        )
    elif document["load_mb_s"] is not None:
        pieces.append(f"publish latency is not predicted: {document['publish_p99_outside']}")
    return pieces + [f"note: {note}" for note in document["notes"]]


def _finite(value: Any) -> float | None:
    number = float(value)
    return number if math.isfinite(number) else None
