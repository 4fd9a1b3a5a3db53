"""The report: the comparison notebook run for one workload, and one page that opens anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pricing import PriceBook
from streamfacts.errors import InputError
from streamfacts.files import write_whole
from streamfacts.usage import HOURS_PER_MONTH
from streamplan.document import dumps, study_document
from streamplan.people import asked
from streamplan.plan import MOST_CLUSTERS
from streamplan.present import day
from streamplan.study import Study, study
from streamplan.workloads import open_workload


@dataclass(frozen=True)
class Report:
    """What a report left behind."""

    study: Study
    html: Path
    notebook: Path
    data: Path


def file_name(name: str) -> str:
    """Return a file name for a workload's name (which has no path or markup characters; see `Workload`)."""
    return name.replace(" ", "-")


def write_report(
    workload: str | Path,
    out: Path,
    *,
    price_books: Sequence[str | Path] = (),
    hours_per_month: float = HOURS_PER_MONTH,
    region: str | None = None,
    only: Sequence[str] = (),
    most_clusters: int = MOST_CLUSTERS,
    on: str = "",
    options: Mapping[str, Any] | None = None,
    people: bool = False,
    people_files: Sequence[str | Path] = (),
    support: str = "business",
    progress: bool = True,
) -> Report:
    """Run the comparison notebook for a workload file and write notebook, page and data into `out`.

    Inputs are checked, and the study made, before a kernel starts, so that bad input fails at once. Each file is
    written whole or not at all.

    `on` is the day on which the ages of prices are reckoned, today if empty; it is all that changes from day to day.
    `people` (or `people_files`, one's own rows) adds staff, tools and the plan of `support`; see `streamplan.people`.

    Raises
    ------
    InputError
        for an unusable workload, price book or option, or an `out` that is no folder.
    """
    import nbformat

    from streamplan import notebooks
    from streamplan.page import page, vega_bundle

    there = next(folder for folder in (out, *out.absolute().parents) if folder.exists())
    if not there.is_dir():
        raise InputError("--out", str(out), "a folder, new or existing")
    w = open_workload(workload, region)
    result = study(
        w,
        only=only,
        book=PriceBook.load(*price_books),
        options=options,
        hours_per_month=hours_per_month,
        most_clusters=most_clusters,
        people=asked(people, people_files, support),
    )
    parameters = {
        "workload": str(workload),  # as given, so that the notebook holds no path of this machine
        "region": region or "",
        "platforms": list(only),
        "most_clusters": most_clusters,
        "on": day(on).isoformat(),
        "price_books": [str(p) for p in price_books],
        "hours_per_month": hours_per_month,
        "options": {k: str(v) for k, v in (options or {}).items()},
        "people": people,
        "people_files": [str(p) for p in people_files],
        "support": support,
    }
    with ThreadPoolExecutor(1) as pool:  # the bundle is made while the kernel works
        bundle = pool.submit(vega_bundle)
        executed = notebooks.run(notebooks.notebook_path("compare-platforms"), None, parameters, progress=progress)
        bundle.result()
    title = f"{w.title or w.name}: streaming platforms compared"
    html = page(
        title,
        notebooks.body_of(executed),
        footer=f"Prices in {w.region}, list prices, month of {hours_per_month:g} h; ages of prices on {day(on)}.",
    )
    executed_text: str = nbformat.writes(executed)  # type: ignore[no-untyped-call]
    stem = file_name(w.name)
    return Report(
        result,
        html=write_whole(out / f"{stem}.html", html),
        notebook=write_whole(out / f"{stem}.ipynb", executed_text),
        data=write_whole(out / f"{stem}.json", dumps(study_document(result)) + "\n"),
    )
