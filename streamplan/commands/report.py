"""`streamplan report`: the comparison as a page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from streamplan.commands.shared import (
    BOOK,
    CLUSTERS,
    HOURS,
    ONLY,
    OPTION,
    PEOPLE,
    PEOPLE_FILE,
    REGION,
    SUPPORT,
    WORKLOAD,
    options,
    shared,
    something_fits,
)


@click.command("report")
@shared(WORKLOAD, BOOK, HOURS, OPTION, REGION, CLUSTERS, ONLY, PEOPLE, PEOPLE_FILE, SUPPORT)
@click.option("--out", type=click.Path(), default="reports", show_default=True, help="Folder for the report.")
@click.option(
    "--on", default="", metavar="DATE", help="Day on which the ages of prices are reckoned; today if left out."
)
def command(
    workload: str,
    price_book: Sequence[str],
    hours_per_month: float,
    pairs: Sequence[str],
    region: str | None,
    most_clusters: int,
    only: Sequence[str],
    with_people: bool,
    people_file: Sequence[str],
    support: str,
    out: str,
    on: str,
) -> None:
    """Run the comparison notebook and leave one self-contained HTML file beside it."""
    from streamplan.report import write_report
    from streamplan.terminal import console, study_table

    result = write_report(
        workload,
        Path(out),
        price_books=price_book,
        hours_per_month=hours_per_month,
        region=region,
        only=only,
        options=options(pairs),
        most_clusters=most_clusters,
        on=on,
        people=with_people,
        people_files=people_file,
        support=support,
    )
    console().print(study_table(result.study))
    click.echo(f"report    {result.html}")
    click.echo(f"notebook  {result.notebook}")
    click.echo(f"data      {result.data}")
    something_fits(result.study)
