"""`streamplan migrate`: what a move from one offer to another costs, and whether it pays."""

from __future__ import annotations

from collections.abc import Sequence

import click

from streamplan.cli.chapters import Chapter, chapter
from streamplan.cli.options import BOOK, HOURS, JSON, OPTION, PEOPLE, REGION, WORKLOAD, Asked, asks, options
from streamplan.cli.show import show, tables


@chapter(Chapter.DECIDE)
@click.command("migrate")
@asks(WORKLOAD, JSON, BOOK, HOURS, OPTION, REGION, PEOPLE)
@click.option("--from", "source", required=True, help="The offer that is left.")
@click.option("--to", "target", required=True, help="The offer to go to.")
@click.option("--months", type=int, default=60, show_default=True, help="Horizon, 1 to 60 months from now.")
@click.option("--method", default="mirror", show_default=True, help="mirror or dual-write.")
@click.option(
    "--phase", "phases", multiple=True, metavar="NAME=MONTHS", help="Your own length of a phase, such as move=6."
)
@click.option("--applications", type=int, default=None, help="Producers and consumers that move.")
@click.option("--history", default=None, help="Span of kept records that leaves; all if left out, '0 s' for none.")
@click.option("--discount-rate", type=float, default=0.08, show_default=True, help="Effective rate a year.")
@click.option("--draws", type=int, default=512, show_default=True, help="Joint draws of all that is uncertain.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same figures.")
@tables()
def command(
    asked: Asked,
    source: str,
    target: str,
    months: int,
    method: str,
    phases: Sequence[str],
    applications: int | None,
    history: str | None,
    discount_rate: float,
    draws: int,
    seed: int,
) -> None:
    """What a move from one offer to another costs by phase, when it has paid for itself, and its value today."""
    from streamplan.analyses.migration.migration import migrate
    from streamplan.analyses.migration.words import migration_document, migration_table, sentences

    move = migrate(
        asked.workload,
        source,
        target,
        months,
        method=method,
        phases=options(phases, "--phase", "move=6"),
        applications=applications,
        history=history,
        discount_rate=discount_rate,
        draws=draws,
        seed=seed,
        terms=asked.terms,
    )
    if asked.as_json:
        from streamplan.views.json import dumps

        click.echo(dumps(migration_document(move)))
    else:
        show(migration_table(move), " ".join(sentences(move)))
