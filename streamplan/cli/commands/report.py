"""`streamplan report`: the comparison as a page, a PDF and a spreadsheet."""

from __future__ import annotations

import click

from streamplan.cli.chapters import Chapter, chapter
from streamplan.cli.options import (
    BOOK,
    CLUSTERS,
    HOURS,
    ONLY,
    OPTION,
    PEOPLE,
    REGION,
    WITHIN,
    WORKLOAD,
    Asked,
    asks,
    something_fits,
)
from streamplan.cli.show import show, tables


@chapter(Chapter.START)
@click.command("report")
@asks(WORKLOAD, BOOK, HOURS, OPTION, REGION, CLUSTERS, ONLY, PEOPLE, WITHIN)
@click.option("--out", type=click.Path(), default="reports", show_default=True, help="Folder for the report.")
@click.option(
    "--format",
    "formats",
    default=None,
    metavar="NAMES",
    help="Some of html,pdf,xlsx, separated by commas; all that can be made here if left out.",
)
@click.option(
    "--on", default="", metavar="DATE", help="Day on which the ages of prices are reckoned; today if left out."
)
@tables(format_option="--table-format")
def command(asked: Asked, out: str, formats: str | None, on: str) -> None:
    """Run the comparison notebook and leave it as a self-contained page, a PDF and a spreadsheet with live totals."""
    from pathlib import Path

    from streamplan.analyses.compare.words import study_table
    from streamplan.reports.report import write_report

    result = write_report(
        asked.workload_file,
        Path(out),
        price_books=asked.price_book,
        hours_per_month=asked.hours_per_month,
        region=asked.region,
        only=asked.only,
        options=asked.options,
        most_clusters=asked.most_clusters,
        within=asked.within,
        on=on,
        people=asked.with_people,
        people_files=asked.people_file,
        support=asked.support,
        formats=None if formats is None else [name.strip() for name in formats.split(",") if name.strip()],
    )
    show(study_table(result.study, fold=not asked.only))
    left = (("report", result.html), ("pdf", result.pdf), ("workbook", result.xlsx))
    for label, path in (*left, ("notebook", result.notebook), ("data", result.data)):
        if path is not None:
            click.echo(f"{label:<10}{path}")
    something_fits(result.study)
