"""One report a row of a portfolio, on all cores, each from a clean state, and only what is missing or changed."""

from __future__ import annotations

import contextlib
import gc
import hashlib
import json
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from importlib import metadata
from pathlib import Path
from typing import Any

from streamfacts.errors import InputError, NotWritten, StreamplanError
from streamfacts.files import scratch_folder, write_whole
from streamfacts.tables import data_dir
from streamplan import __version__
from streamplan.planning.study import Study
from streamplan.reports.batch_result import Batch, Done, Failed
from streamplan.reports.batch_rows import Row, read_portfolio
from streamplan.reports.batch_store import KEPT, Folder, Store, digest_of, store_at
from streamplan.reports.report import NOTEBOOK, TEMPLATES, checked_formats, contents, study_of
from streamplan.runtime import drawing, forks
from streamplan.runtime import notebook_runs as notebooks
from streamplan.views.html import day
from streamplan.views.json import dumps, plain

#: What a batch makes unless told otherwise; a PDF takes a browser a second or more.
FORMATS = ("html", "xlsx")
REPORTS = "reports"
#: Reports at a time that one drawing process serves; its pictures take a third of the time of a report or less.
PER_DRAWER = 3
LONGEST_REASON = 600
#: Packages whose version may show in a report.
PACKAGES = ("altair", "vl-convert-python", "nbconvert", "pandas", "numpy", "scipy", "papermill", "xlsxwriter")


def run_batch(
    portfolio: str | Path,
    out: str | Path,
    *,
    formats: Sequence[str] = FORMATS,
    price_books: Sequence[str | Path] = (),
    on: str = "",
    jobs: int | None = None,
    kernels: bool = False,
    progress: bool = True,
) -> Batch:
    """Make a report of every row of a portfolio, with an index page and a workbook of totals by team.

    Parameters
    ----------
    portfolio : CSV; see `streamplan.reports.batch_rows.read_portfolio`
    out : folder, or an address that papermill writes to
    formats : some of "html", "pdf", "xlsx"; the executed notebook and the data come with them
    price_books : laid over the shipped prices in every row
    on : day on which the ages of prices are reckoned, today if empty; another day makes the reports anew
    jobs : reports at a time, as many as there are cores if left out
    kernels : start a fresh kernel for each notebook, as papermill does, instead of forking this process
    progress : whether to show a bar on standard error, if that is a terminal

    Raises
    ------
    InputError
        for an unusable portfolio, format, day or place; what is wrong with one row is in `Batch.failed`.
    NotWritten
        if the disk is full, say; reports that are there by then are whole, and the next run goes on from them.
    """
    chosen = checked_formats(formats)
    rows = read_portfolio(Path(portfolio), price_books)
    batch = Batch(Path(portfolio).name, day(on).isoformat(), rows)
    with store_at(out).opened() as store, scratch_folder() as scratch:
        todo = _todo(batch, store, chosen)
        at_once = min(jobs or forks.cores(), max(1, len(todo)))
        bar = _bar(len(rows), len(rows) - len(todo), progress)
        try:
            paths = [_write_input(store, row, scratch) for row, _ in todo]
            with bar, contextlib.closing(_made(todo, paths, chosen, batch.on, at_once, kernels)) as made:
                for row, key, outcome in made:
                    _keep(batch, store, row, key, outcome)
                    bar.update()
            _finish(batch, store)
        except NotWritten:  # what is whole stays for the next run, which goes on from there
            for row, _ in todo:
                if row.line not in batch.done:
                    _remove(store, row)
            raise
    return batch


def _todo(batch: Batch, store: Store, formats: Sequence[str]) -> list[tuple[Row, str]]:
    """Return the rows to make, each with the key of its inputs; note those that are there already or cannot be made."""
    version, todo = code_version(), []
    for row in batch.rows:
        if row.problem is not None:
            _fail(batch, store, row, row.problem)
            continue
        key = key_of(row, formats, batch.on, version)
        try:
            record = json.loads(store.read(_record(row)) or "{}")
        except ValueError:
            record = {}
        files = record.get("files", {})
        if record.get("key") == key and all(store.intact(name, digest) for name, digest in files.items()):
            batch.done[row.line] = Done(row, _by_suffix(files), record["summary"], fresh=False)
        else:
            todo.append((row, key))
    return todo


def _write_input(store: Store, row: Row, scratch: Path) -> Path:
    """Write the workload of a row where its notebook reads it: beside the report, or aside where that is no folder."""
    name = f"{REPORTS}/{row.slug}.yaml"
    if isinstance(store, Folder):
        store.write(name, row.yaml)
        return store.root / name
    path = scratch / f"{row.slug}.yaml"
    return write_whole(path, row.yaml)


def _record(row: Row) -> str:
    return f"{KEPT}/{row.slug}.json"


def _by_suffix(names: Iterable[str]) -> dict[str, str]:
    return {name.rpartition(".")[2]: name for name in names}


def key_of(row: Row, formats: Sequence[str], on: str, version: str) -> str:
    """Return a digest of all that a row's report depends on: its inputs, the files they name, the code, the facts."""
    files = [(str(path), digest_of(path.read_bytes()) if path.is_file() else "") for path in row.files]
    about = [row.name, row.slug, row.yaml, dict(row.parameters), files, list(formats), on, version]
    return digest_of(json.dumps(about, sort_keys=True))


def code_version() -> str:
    """Return a digest of the code, the facts, the notebook and the packages that reports are made of."""
    package = Path(__file__).resolve().parents[1]
    parts = [package, *(package.parent / name for name in ("capacity", "pricing", "streamfacts"))]
    files = sorted(p for part in parts for kind in ("*.py", "*.j2", "*.css") for p in part.rglob(kind))
    files += [*sorted(p for p in data_dir().rglob("*") if p.is_file()), notebooks.notebook_path(NOTEBOOK)]
    seen = hashlib.sha256(__version__.encode())
    for path in files:
        seen.update(path.name.encode() + digest_of(path.read_bytes()).encode())
    for name in PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            seen.update(f"{name} {metadata.version(name)}".encode())
    return seen.hexdigest()


Made = tuple[dict[str, str | bytes], dict[str, Any]]


def _made(
    todo: Sequence[tuple[Row, str]],
    paths: Sequence[Path],
    formats: Sequence[str],
    on: str,
    at_once: int,
    kernels: bool,
) -> Generator[tuple[Row, str, Made | BaseException], None, None]:
    """Make reports and yield each with its row and key, or the error instead."""
    if not todo:
        return
    asked = [{**row.parameters, "workload": str(path), "on": on} for (row, _), path in zip(todo, paths, strict=True)]
    run = _in_kernels if kernels or not forks.can_fork() else _in_forks
    with contextlib.closing(run(asked, formats, at_once)) as made:
        for number, outcome in made:
            yield *todo[number], outcome


def _in_forks(
    asked: Sequence[dict[str, Any]], formats: Sequence[str], at_once: int
) -> Generator[tuple[int, Made | BaseException], None, None]:
    """Run each notebook in a child forked from this process, which has everything imported and every table read."""
    from streamplan.views.page import make_bundle_ahead, vega_bundle

    notebook = notebooks.notebook_path(NOTEBOOK)
    drawers = [drawing.Drawer() for _ in range(-(-at_once // PER_DRAWER))]

    def task_for(parameters: Mapping[str, Any]) -> Callable[[int], Made]:
        def task(place: int) -> Made:
            executed, names = notebooks.run_here(notebook, parameters, drawers[place % len(drawers)])
            return _report(names["result"], executed, formats, parameters["on"])

        return task

    def tasks() -> Iterator[Callable[[int], Made]]:
        waiting = map(task_for, asked)
        if at_once > 1 and bundled:  # the first starts cold, beside the warming up for all others
            yield next(waiting)
        _warm_up(asked[0], formats)
        if "html" in formats:
            vega_bundle()
        gc.freeze()  # so that children do not copy the parent's memory by looking for garbage in it
        yield from waiting

    try:
        bundled = "html" not in formats or make_bundle_ahead()
        for outcome in forks.run_forked(tasks(), at_once):
            yield outcome.number, outcome.error or outcome.value
    finally:
        gc.unfreeze()
        for drawer in drawers:
            drawer.close()


def _warm_up(parameters: Mapping[str, Any], formats: Sequence[str]) -> None:
    """Import what reports of these formats need and read the tables once, before there are children."""
    import nbformat

    import streamplan.analyses.size.words  # noqa: F401
    import streamplan.runtime.notebook_engine  # noqa: F401
    from streamplan.analyses.compare.answer import answer_of
    from streamplan.charts import bytes_by_path, cost_by_platform, utilisation_of_constraints
    from streamplan.views import theme
    from streamplan.views.html import compile_templates

    compile_templates(TEMPLATES)
    if {"html", "pdf"} & set(formats):
        compile_templates(["page"])
        notebooks.body_of(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("## Heading")]))  # type: ignore[no-untyped-call]
    with contextlib.suppress(StreamplanError):  # the row that it comes from will say what is wrong
        study = study_of(parameters)
        answer_of(study)
        with theme.unchecked():
            charts = cost_by_platform(study), bytes_by_path(study.workload), utilisation_of_constraints(study.plans[0])
            for chart in charts:
                chart.to_dict(validate=False)
        if "xlsx" in formats:
            from streamplan.analyses.compare.workbook import study_workbook

            study_workbook(study)


def _in_kernels(
    asked: Sequence[dict[str, Any]], formats: Sequence[str], at_once: int
) -> Generator[tuple[int, Made | BaseException], None, None]:
    """Run each notebook in a fresh kernel, several at a time."""
    notebook = notebooks.notebook_path(NOTEBOOK)

    def make(parameters: Mapping[str, Any]) -> Made:
        executed = notebooks.run(notebook, None, parameters, progress=False, kernel=True)
        return _report(study_of(parameters), executed, formats, parameters["on"])

    pool = ThreadPoolExecutor(at_once)
    try:
        futures = {pool.submit(make, parameters): number for number, parameters in enumerate(asked)}
        for future in as_completed(futures):
            yield futures[future], future.exception() or future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _report(study: Study, executed: Any, formats: Sequence[str], on: str) -> Made:
    return contents(study, executed, formats, day(on)), summary_of(study)


def summary_of(study: Study) -> dict[str, Any]:
    """Return what the portfolio says of a report: the recommended offer, its cost a month [USD], what binds."""
    best = study.recommended
    row = {} if best is None else study.table[study.table["platform"] == best.offer.name].iloc[0].to_dict()
    out = {
        k: row.get(k) for k in ("platform", "title", "region", "monthly_usd", "low_usd", "high_usd", "what", "binding")
    }
    return {
        "status": "feasible" if best else "nothing fits and is priced",
        **{k: plain(v) for k, v in out.items()},
        "failed_offers": {f.offer.name: f.reason for f in study.failed},
    }


def _keep(batch: Batch, store: Store, row: Row, key: str, outcome: Made | BaseException) -> None:
    """Write the files of a report, its record last, so that a report without a record is made again."""
    if isinstance(outcome, BaseException):
        _fail(batch, store, row, outcome)
        return
    made, summary = outcome
    files = {f"{REPORTS}/{row.slug}.{suffix}": content for suffix, content in {"yaml": row.yaml, **made}.items()}
    store.remove(_record(row))
    try:
        for name, content in files.items():
            store.write(name, content)
    except InputError as problem:
        _fail(batch, store, row, problem)
        return
    record = {"key": key, "files": {name: digest_of(content) for name, content in files.items()}, "summary": summary}
    store.write(_record(row), dumps(record) + "\n")
    batch.done[row.line] = Done(row, _by_suffix(files), summary, fresh=True)


def _fail(batch: Batch, store: Store, row: Row, error: BaseException) -> None:
    """Note why a row has no report, and take away one that it had for other inputs."""
    batch.failed[row.line] = Failed(row, reason_of(error))
    if any(other.slug == row.slug and other.line != row.line and other.problem is None for other in batch.rows):
        return  # the files are those of the row that has the name first
    _remove(store, row)


def _remove(store: Store, row: Row) -> None:
    store.remove(_record(row))
    for suffix in ("html", "pdf", "xlsx", "ipynb", "json", "yaml"):
        store.remove(f"{REPORTS}/{row.slug}.{suffix}")


def reason_of(error: BaseException) -> str:
    """Return an error in a line or two: of a failing cell, what it raised."""
    name, said = getattr(error, "ename", type(error).__name__), getattr(error, "evalue", str(error))
    text = said if isinstance(error, StreamplanError) or name == "InputError" else f"{name}: {said}"
    return text if len(text) <= LONGEST_REASON else text[: LONGEST_REASON - 3] + "..."


def _finish(batch: Batch, store: Store) -> None:
    from streamplan.reports.batch_words import portfolio_index
    from streamplan.reports.batch_workbook import portfolio_workbook
    from streamplan.views.page import page

    index = page(f"{batch.title}: reports", portfolio_index(batch), live_charts=False, footer=f"Made on {batch.on}.")
    store.write("index.html", index)
    store.write("portfolio.json", dumps(batch.document()) + "\n")
    try:
        store.write("portfolio.xlsx", portfolio_workbook(batch))
    except InputError:
        if not any("xlsx" in done.files for done in batch.done.values()):
            return  # the place, or this machine, has no spreadsheets, and none were asked for
        raise


def _bar(total: int, initial: int, progress: bool) -> Any:
    from tqdm import tqdm

    tqdm.monitor_interval = 0  # its monitor is a thread, and a process with threads does not fork
    quiet = not (progress and sys.stderr.isatty())
    return tqdm(total=total, initial=initial, unit="report", desc="Reports", file=sys.stderr, disable=quiet)
