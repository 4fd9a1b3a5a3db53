"""`streamplan accuracy`: how far the capacity model is off published measurements."""

from __future__ import annotations

import click

from streamplan.cli.chapters import Chapter, chapter
from streamplan.cli.options import JSON
from streamplan.cli.show import show, tables


@chapter(Chapter.DATA)
@click.command("accuracy")
@JSON
@click.option(
    "--left-out", default="source", show_default=True, help="What the list of misses leaves out: source or row."
)
@click.option("--worst", type=click.IntRange(1, 1000), default=10, show_default=True, help="How many misses to list.")
@tables("sources", "misses")
def command(as_json: bool, left_out: str, worst: int) -> None:
    """Published limits of clusters beside predictions that have not seen them, by source, with the worst misses.

    `python -m capacity.measured.calibration` fits the coefficients again and writes the predictions shown here.
    """
    from streamplan.analyses.accuracy.accuracy import accuracy

    found = accuracy(left_out)
    if as_json:
        from streamplan.views.json import dumps

        click.echo(dumps(found.document(worst)))
        return
    from streamplan.analyses.accuracy.words import accuracy_tables

    show(*accuracy_tables(found, worst))
