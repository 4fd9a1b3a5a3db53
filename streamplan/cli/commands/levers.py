"""`streamplan levers`: what each measure saves, alone and stacked."""

from __future__ import annotations

from collections.abc import Sequence

import click

from streamplan.cli.chapters import Chapter, chapter
from streamplan.cli.options import BOOK, HOURS, JSON, OPTION, PEOPLE, PLATFORM, REGION, WORKLOAD, Asked, asks, options
from streamplan.cli.show import show, tables


@chapter(Chapter.SIZE)
@click.command("levers")
@asks(WORKLOAD, PLATFORM, JSON, BOOK, HOURS, OPTION, REGION, PEOPLE)
@click.option("--machine", default=None, help="Machine type that is held; the cheapest if left out.")
@click.option(
    "--set", "own", multiple=True, metavar="NAME=VALUE", help="How far to pull a lever, such as retention_share=0.3."
)
@click.option("--without", multiple=True, metavar="LEVER", help="Leave a lever out (may be repeated).")
@click.option("--rates", multiple=True, type=click.Path(), help="CSV of your own committed rates.")
@tables("alone", "stacked")
def command(
    asked: Asked, machine: str | None, own: Sequence[str], without: Sequence[str], rates: Sequence[str]
) -> None:
    """What each measure saves on this workload: by itself, and stacked without counting anything twice."""
    from pricing import Commitments
    from streamplan.analyses.levers.levers import study_levers

    study = study_levers(
        asked.workload,
        asked.platform,
        machine=machine,
        own_targets=options(own, "--set", "retention_share=0.3"),
        without=without,
        rates=Commitments.load(*rates),
        terms=asked.terms,
    )
    if asked.as_json:
        from streamplan.analyses.levers.words import levers_document
        from streamplan.views.json import dumps

        click.echo(dumps(levers_document(study)))
    else:
        from streamplan.analyses.levers.words import lever_stack_table, levers_alone_table

        show(levers_alone_table(study), lever_stack_table(study))
