"""`streamplan deployments`: brokers of published deployments, predicted blind."""

from __future__ import annotations

from collections.abc import Sequence

import click

from streamplan.cli.chapters import Chapter, chapter
from streamplan.cli.options import JSON
from streamplan.cli.show import show, tables


@chapter(Chapter.DATA)
@click.command("deployments")
@JSON
@click.option("--deployment", "only", multiple=True, help="Only these ids (may be repeated).")
@click.option("--draws", type=int, default=4096, show_default=True, help="Joint draws of what is not known.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the draws.")
@tables()
def command(as_json: bool, only: Sequence[str], draws: int, seed: int) -> None:
    """Brokers that our sizing gives published deployments, beside how many there are, and why they differ."""
    from streamplan.analyses.accuracy.deployments import predict_deployments

    found = predict_deployments(only, draws, seed)
    if as_json:
        from streamplan.views.json import dumps

        click.echo(dumps(found.document()))
        return
    from streamplan.analyses.accuracy.words import deployment_tables

    show(*deployment_tables(found))
