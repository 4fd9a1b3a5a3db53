"""What the page of `streamplan app` waits for after each movement of a slider."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from benchmarks.timing import Result, Times

WORKLOAD = "example-100mib"
SETTINGS = 20


def measure() -> Result:
    """Measure the numbers of every offer, and then the figures, at settings that were not asked for before."""
    from streamplan.app.documents import charts_document, view_document
    from streamplan.app.server import Source

    result = Result("slider", f"a movement of the throughput slider of `streamplan app`, {SETTINGS} settings")
    source = Source()

    def numbers(asked: dict[str, str]) -> Any:
        return view_document(source.view(asked))

    def figures(asked: dict[str, str]) -> Any:
        return charts_document(source.view(asked))

    wall: dict[str, list[float]] = {"numbers": [], "figures": []}
    busy: dict[str, list[float]] = {"numbers": [], "figures": []}
    makers: dict[str, Callable[[dict[str, str]], Any]] = {"numbers": numbers, "figures": figures}
    size, offers = {}, 0
    for step in range(-2, SETTINGS):  # two that warm up
        asked = {"workload": WORKLOAD, "write": f"{100 * 1.05**step:.6g}"}
        for name, make in makers.items():
            start, cpu = time.perf_counter(), time.process_time()
            document = make(asked)
            size[name] = len(json.dumps(document, allow_nan=False))
            if step >= 0:
                wall[name].append(time.perf_counter() - start)
                busy[name].append(time.process_time() - cpu)
            offers = len(document["offers"]) if name == "numbers" else offers
    result.times = {
        "numbers of all offers and the bill, as JSON": Times.of(wall["numbers"]),
        "the same, processor time": Times.of(busy["numbers"]),
        "then the four figures, as JSON": Times.of(wall["figures"]),
        "those, processor time": Times.of(busy["figures"]),
    }
    result.facts = {
        "offers": offers,
        **{f"bytes of the {name}": f"{bytes_ / 1024:.0f} KiB" for name, bytes_ in size.items()},
    }
    result.notes = [
        "In one process, as the page's server has it; without the way through the network card and the browser.",
        "The figures are asked for when a slider rests, and take the study that the numbers came from.",
    ]
    return result
