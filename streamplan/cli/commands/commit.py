"""`streamplan commit`: how much to commit to for one or three years."""

from __future__ import annotations

from collections.abc import Sequence

import click

from streamplan.cli.chapters import Chapter, chapter
from streamplan.cli.options import (
    BOOK,
    HOURS,
    JSON,
    MACHINE,
    OPTION,
    PEOPLE,
    PLATFORM,
    REGION,
    WITHIN,
    WORKLOAD,
    Asked,
    asks,
    fits,
)
from streamplan.cli.show import show, tables


@chapter(Chapter.SIZE)
@click.command("commit")
@asks(WORKLOAD, PLATFORM, MACHINE, JSON, BOOK, HOURS, OPTION, REGION, PEOPLE, WITHIN)
@click.option("--years", type=int, default=1, show_default=True, help="Term of the commitment: 1 or 3.")
@click.option("--draws", type=int, default=4096, show_default=True, help="Joint draws of the uncertain inputs.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same figures.")
@click.option("--discount-rate", type=float, default=0.0, show_default=True, help="Rate a year, such as 0.08.")
@click.option("--rates", multiple=True, type=click.Path(), help="CSV of your own committed rates.")
@tables()
def command(asked: Asked, years: int, draws: int, seed: int, discount_rate: float, rates: Sequence[str]) -> None:
    """How much to commit to, given how uncertain the use is, and what unused commitment costs."""
    from pricing import Commitments
    from streamplan.analyses.commitments.commitments import commit

    found = commit(
        asked.workload,
        asked.platform,
        years,
        draws=draws,
        seed=seed,
        discount_rate=discount_rate,
        rates=Commitments.load(*rates),
        machine=asked.machine,
        terms=asked.terms,
    )
    fits(found.plan)
    if asked.as_json:
        from streamplan.analyses.commitments.words import commitment_document
        from streamplan.views.json import dumps

        click.echo(dumps(commitment_document(found)))
    else:
        from streamplan.analyses.commitments.words import commitment_table, commitment_terms

        show(commitment_table(found), commitment_terms(found))
