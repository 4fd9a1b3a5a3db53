"""`streamplan batch`: a report a row of a portfolio."""

from __future__ import annotations

import click

from streamplan.cli.chapters import Chapter, chapter
from streamplan.cli.options import BOOK, JSON, Asked, asks, rows_fail
from streamplan.cli.show import show, tables


@chapter(Chapter.OPERATE)
@click.command("batch")
@click.argument("portfolio", type=click.Path())
@asks(BOOK, JSON)
@click.option(
    "--out",
    default="reports",
    show_default=True,
    metavar="DIR",
    help="Folder, or an address that papermill writes to, such as s3://bucket/reports.",
)
@click.option(
    "--format",
    "formats",
    default="html,xlsx",
    show_default=True,
    metavar="NAMES",
    help="Some of html,pdf,xlsx, separated by commas.",
)
@click.option(
    "--on", default="", metavar="DATE", help="Day on which the ages of prices are reckoned; today if left out."
)
@click.option(
    "--jobs", type=click.IntRange(1, 512), default=None, help="Reports at a time; as many as there are cores."
)
@click.option("--kernels", is_flag=True, help="Start a fresh kernel for each notebook instead of forking.")
@tables(format_option="--table-format")
def command(asked: Asked, portfolio: str, out: str, formats: str, on: str, jobs: int | None, kernels: bool) -> None:
    """Make a report of every row of PORTFOLIO, a CSV, with an index page and a workbook of totals by team.

    Columns: name, team, workload (a file beside the CSV, or a shipped workload), any field of a workload, any parameter
    of the notebook compare-platforms. A row that fails does so alone, with its reason; the exit status is then 2. An
    offer that could not be sized is a row of its report, with its reason; the exit status is then 4. Another run makes
    only what is missing or changed.
    """
    import signal

    from streamfacts.errors import NothingFeasible, OfferFailed
    from streamplan.reports.batch import run_batch
    from streamplan.reports.batch_words import batch_table
    from streamplan.views.json import dumps

    def ended(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, ended)  # clean up as after Ctrl-C
    batch = run_batch(
        portfolio,
        out,
        formats=[name.strip() for name in formats.split(",") if name.strip()],
        price_books=asked.price_book,
        on=on,
        jobs=jobs,
        kernels=kernels,
        progress=not asked.as_json,
    )
    if asked.as_json:
        click.echo(dumps(batch.document()))
    else:
        show(batch_table(batch))
        made = sum(d.fresh for d in batch.done.values())
        click.echo(f"{made} made, {len(batch.done) - made} unchanged, {len(batch.failed)} failed: {out}/index.html")
    reasons = [f"line {f.row.line}, {f.row.name!r}: {f.reason}" for f in batch.failed.values()]
    rows_fail(portfolio, len(batch.rows), "rows that give a report", reasons)
    failed = batch.failed_offers
    if failed:
        few = "an offer" if len(failed) == 1 else f"{len(failed)} offers"
        reasons = [f"{name}: {reason}" for name, reason in failed.items()]
        raise OfferFailed("\n  ".join([f"{few} could not be sized; the reports show the others", *reasons]))
    if all(d.summary["monthly_usd"] is None for d in batch.done.values()):
        raise NothingFeasible("no offer can carry any of these workloads; the reports say why")
