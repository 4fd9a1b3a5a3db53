"""`streamplan commit`: how much to commit to for one or three years."""

from __future__ import annotations

from collections.abc import Sequence

import click

from streamplan.commands.shared import (
    BOOK,
    HOURS,
    JSON,
    MACHINE,
    OPTION,
    PEOPLE,
    PEOPLE_FILE,
    PLATFORM,
    REGION,
    SUPPORT,
    WORKLOAD,
    book,
    fits,
    load,
    options,
    people,
    shared,
)


@click.command("commit")
@shared(WORKLOAD, PLATFORM, MACHINE, JSON, BOOK, HOURS, OPTION, REGION, PEOPLE, PEOPLE_FILE, SUPPORT)
@click.option("--years", type=int, default=1, show_default=True, help="Term of the commitment: 1 or 3.")
@click.option("--draws", type=int, default=4096, show_default=True, help="Joint draws of the uncertain inputs.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same figures.")
@click.option("--discount-rate", type=float, default=0.0, show_default=True, help="Rate a year, such as 0.08.")
@click.option("--rates", multiple=True, type=click.Path(), help="CSV of your own committed rates.")
def command(
    workload: str,
    platform: str,
    machine: str | None,
    as_json: bool,
    price_book: Sequence[str],
    hours_per_month: float,
    pairs: Sequence[str],
    region: str | None,
    with_people: bool,
    people_file: Sequence[str],
    support: str,
    years: int,
    draws: int,
    seed: int,
    discount_rate: float,
    rates: Sequence[str],
) -> None:
    """How much to commit to, given how uncertain the use is, and what unused commitment costs."""
    from pricing import Commitments
    from streamplan.commitment import commit

    found = commit(
        load(workload, region),
        platform,
        years,
        draws=draws,
        seed=seed,
        discount_rate=discount_rate,
        book=book(price_book),
        rates=Commitments.load(*rates),
        machine=machine,
        options=options(pairs),
        hours_per_month=hours_per_month,
        people=people(with_people, people_file, support),
    )
    fits(found.plan)
    if as_json:
        from streamplan.document import dumps
        from streamplan.document_choices import commitment_document

        click.echo(dumps(commitment_document(found)))
    else:
        from streamplan.terminal import console
        from streamplan.terminal_choices import commitment_table, commitment_terms

        console().print(commitment_table(found))
        console().print(commitment_terms(found))
