"""The report: the comparison notebook run for one workload, as a page that opens anywhere, a PDF and a spreadsheet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pricing import open_book
from streamfacts.errors import InputError, unknown_name
from streamfacts.files import write_all
from streamfacts.usage import HOURS_PER_MONTH
from streamplan.analyses.compare.words import study_document
from streamplan.planning.clients import STAY
from streamplan.planning.horizon import SCALES
from streamplan.planning.people import asked
from streamplan.planning.population import Population
from streamplan.planning.shipped_workloads import open_workload
from streamplan.planning.study import Study, study
from streamplan.planning.terms import MOST_CLUSTERS, WITHIN
from streamplan.views.html import day
from streamplan.views.json import dumps

NOTEBOOK = "compare-platforms"
#: Templates that its cells use.
TEMPLATES = (
    "_source", "answer", "assumptions", "bill", "comparison", "constraints", "equivalence", "inputs", "not_modelled",
)  # fmt: skip
#: Tag of the cells that a short report leaves out.
ANNEX = "annex"
#: What a report can be written as, beside the executed notebook and the data.
FORMATS = ("html", "pdf", "xlsx")


@dataclass(frozen=True)
class Report:
    """What a report left behind; None for a format that was not asked for or cannot be made here."""

    study: Study
    notebook: Path
    data: Path
    html: Path | None = None
    pdf: Path | None = None
    xlsx: Path | None = None


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
    within: float = WITHIN,
    population: Population | None = None,
    annex: bool = False,
    formats: Sequence[str] | None = None,
    progress: bool = True,
) -> Report:
    """Run the comparison notebook for a workload file and write notebook, data and report into `out`.

    Inputs are checked, and the study made, before a kernel starts, so that bad input fails at once. All files are
    written, whole, or none.

    `on` is the day on which the ages of prices are reckoned, today if empty; it is all that changes from day to day.
    `formats` are some of "html", "pdf" and "xlsx"; if left out, all that this machine can make.
    `annex` puts every bill, constraint and source into the PDF, which is short without; the page has them folded.
    `within` and `population` are those of `streamplan.planning.terms.Terms`.
    `people` (or `people_files`, one's own rows) adds staff, tools and the plan of `support`; see
    `streamplan.planning.people`.

    Raises
    ------
    InputError
        for an unusable workload, price book or option, or an `out` that is no folder.
    NotWritten
        if the disk is full, say; no file is left then.
    """
    from streamplan.runtime import notebook_runs as notebooks
    from streamplan.views.page import make_bundle_ahead

    chosen = available() if formats is None else checked_formats(formats)
    there = next(folder for folder in (out, *out.absolute().parents) if folder.exists())
    if not there.is_dir():
        raise InputError("--out", str(out), "a folder, new or existing")
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
        "within": within,
        **parameters_of(population or Population()),
    }
    if "html" in chosen:
        make_bundle_ahead()
    result = study_of(parameters)
    executed = notebooks.run(notebooks.notebook_path(NOTEBOOK), None, parameters, progress=progress)
    stem = file_name(result.workload.name)
    made = contents(result, executed, chosen, day(on), annex=annex)
    written = {suffix: out / f"{stem}.{suffix}" for suffix in made}
    write_all({written[suffix]: content for suffix, content in made.items()})
    return Report(
        result,
        notebook=written.pop("ipynb"),
        data=written.pop("json"),
        **written,
    )


#: Parameters of the notebook that say which offers are compared, with what they are if left out.
_POPULATION: dict[str, Any] = {"clouds": (), "protocol": "", "who": "", "clients": STAY, "bill_only": False}


def parameters_of(population: Population) -> dict[str, Any]:
    """Return which offers are compared as parameters of the notebook."""
    said = {name: getattr(population, name) for name in _POPULATION}
    return {**said, "clouds": list(population.clouds)}


def study_of(parameters: Mapping[str, Any]) -> Study:
    """Return the study that the comparison notebook makes of its parameters; those left out have its defaults."""
    given = dict(parameters)
    workload = open_workload(given.pop("workload"), given.pop("region", "") or None)
    given.pop("on", None)
    population = Population.named(*(given.pop(name, default) for name, default in _POPULATION.items()))
    people = given.pop("people", False), given.pop("people_files", ()), given.pop("support", "business")
    return study(
        workload,
        only=given.pop("platforms", ()),
        book=open_book(*given.pop("price_books", ())),
        people=asked(*people),
        population=population,
        scales=SCALES,
        **given,
    )


def contents(
    study: Study, executed: Any, formats: Sequence[str], on: dt.date, *, annex: bool = False
) -> dict[str, str | bytes]:
    """Return the files of a report by suffix: those of `formats`, then the executed notebook and the data.

    The PDF leaves out the cells tagged `ANNEX` unless it is asked for.
    """
    import nbformat

    from streamplan.runtime import notebook_runs as notebooks
    from streamplan.views.page import page

    w = study.workload
    title = f"{w.title or w.name}: streaming platforms compared"
    footer = f"Prices in {w.region}, list prices, month of {study.hours_per_month:g} h; ages of prices on {on}."
    body = notebooks.body_of(executed) if "html" in formats or annex else ""
    out: dict[str, str | bytes] = {}
    if "html" in formats:
        out["html"] = page(title, body, footer=footer)
    if "pdf" in formats:
        from streamplan.views.pdf import to_pdf

        short = body if annex else notebooks.body_of(without(executed, ANNEX))
        out["pdf"] = to_pdf(page(title, short, live_charts=False, footer=footer))
    if "xlsx" in formats:
        from streamplan.analyses.compare.workbook import study_workbook

        out["xlsx"] = study_workbook(study, on)
    out["ipynb"] = str(nbformat.writes(executed))  # type: ignore[no-untyped-call]
    out["json"] = dumps(study_document(study, on)) + "\n"
    return out


def without(executed: Any, tag: str) -> Any:
    """Return a notebook without the cells of a tag."""
    import copy

    short = copy.copy(executed)
    short.cells = [cell for cell in executed.cells if tag not in cell.metadata.get("tags", ())]
    return short


def available() -> tuple[str, ...]:
    """Return the formats that this machine can make."""
    from streamplan.views.pdf import can_print

    able = {"html": True, "pdf": can_print(), "xlsx": find_spec("xlsxwriter") is not None}
    return tuple(name for name in FORMATS if able[name])


def checked_formats(names: Sequence[str]) -> tuple[str, ...]:
    """Return the formats in order, each once; raises `InputError` for one that is unknown or cannot be made here."""
    from streamplan.views.pdf import can_print, why_not

    for name in names:
        if name not in FORMATS:
            raise unknown_name("--format", name, FORMATS)
    if "pdf" in names and not can_print():
        raise why_not()
    if "xlsx" in names and find_spec("xlsxwriter") is None:
        raise InputError("--format", "xlsx", "the package xlsxwriter: pip install 'streamplan[excel]'")
    return tuple(name for name in FORMATS if name in names)
