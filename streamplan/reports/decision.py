"""The decision report: the decision notebook run for one workload, and one page that opens anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pricing import open_book
from streamfacts.errors import InputError
from streamfacts.files import write_all
from streamfacts.usage import HOURS_PER_MONTH
from streamplan.analyses.decide.decide import Decision, decide
from streamplan.analyses.decide.requirements import open_requirements
from streamplan.analyses.decide.words import decision_document
from streamplan.planning.people import asked
from streamplan.planning.shipped_workloads import open_workload
from streamplan.views.json import dumps


@dataclass(frozen=True)
class DecisionReport:
    """What a decision report left behind."""

    decision: Decision
    html: Path
    notebook: Path
    data: Path


def write_decision(
    workload: str | Path,
    requirements: str | Path,
    out: Path,
    *,
    only: Sequence[str] = (),
    months: int = 12,
    draws: int = 256,
    seed: int = 0,
    price_books: Sequence[str | Path] = (),
    options: Mapping[str, Any] | None = None,
    hours_per_month: float = HOURS_PER_MONTH,
    region: str | None = None,
    people: bool = False,
    people_files: Sequence[str | Path] = (),
    support: str = "business",
    progress: bool = True,
) -> DecisionReport:
    """Run the decision notebook and write page, notebook and data into `out`; bad input fails before a kernel starts.

    Raises
    ------
    InputError
        for an unusable workload, form or option, or an `out` that is no folder.
    """
    import nbformat

    from streamplan.runtime import notebook_runs as notebooks
    from streamplan.views.page import page

    there = next(folder for folder in (out, *out.absolute().parents) if folder.exists())
    if not there.is_dir():
        raise InputError("--out", str(out), "a folder, new or existing")
    w = open_workload(workload, region)
    decision = decide(
        w,
        open_requirements(requirements),
        only=only,
        months=months,
        draws=draws,
        seed=seed,
        book=open_book(*price_books),
        options=options,
        hours_per_month=hours_per_month,
        people=asked(people, people_files, support),
    )
    parameters = {
        "workload": str(workload),
        "requirements": str(requirements),
        "region": region or "",
        "platforms": list(only),
        "months": months,
        "draws": draws,
        "seed": seed,
        "price_books": [str(p) for p in price_books],
        "hours_per_month": hours_per_month,
        "options": {k: str(v) for k, v in (options or {}).items()},
        "people": people,
        "people_files": [str(p) for p in people_files],
        "support": support,
    }
    executed = notebooks.run(notebooks.notebook_path("decision"), None, parameters, progress=progress)
    html = page(
        f"{w.title or w.name}: which streaming platform",
        notebooks.body_of(executed),
        footer=f"Prices in {w.region}, list prices, month of {hours_per_month:g} h.",
    )
    text: str = nbformat.writes(executed)  # type: ignore[no-untyped-call]
    stem = f"{w.name.replace(' ', '-')}-decision"
    data = dumps(decision_document(decision)) + "\n"
    written = write_all({out / f"{stem}.html": html, out / f"{stem}.ipynb": text, out / f"{stem}.json": data})
    return DecisionReport(decision, *written)
