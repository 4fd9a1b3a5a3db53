"""`streamplan resilience`: designs that survive a loss, what they cost, and whether they are within RPO and RTO."""

from __future__ import annotations

from collections.abc import Sequence

import click

from streamfacts.errors import NothingFeasible
from streamplan.cli.chapters import Chapter, chapter
from streamplan.cli.options import BOOK, HOURS, JSON, OPTION, PEOPLE, PLATFORM, REGION, WORKLOAD, Asked, asks, options
from streamplan.cli.show import show, tables


@chapter(Chapter.DECIDE)
@click.command("resilience")
@asks(WORKLOAD, PLATFORM, JSON, BOOK, HOURS, OPTION, REGION, PEOPLE)
@click.option("--rpo", default="5 min", show_default=True, help="How much of the newest data may be lost.")
@click.option("--rto", default="1 h", show_default=True, help="How long until everything is processed again.")
@click.option(
    "--against",
    multiple=True,
    default=("region",),
    show_default=True,
    help="Loss by disk, broker, zone, region or deletion (may be repeated).",
)
@click.option("--second-region", default=None, help="The other region; a neighbour of the first if left out.")
@click.option("--mechanism", default=None, help="What copies the records; the usual one of the offer if left out.")
@click.option("--design", "designs", multiple=True, help="Only these designs (may be repeated).")
@click.option("--backup-interval", default="5 min", show_default=True, help="Between two uploads to the object store.")
@click.option("--backup-kept", default=None, help="How long it keeps records; the workload's retention if left out.")
@click.option("--restored", default=None, help="Span of records that must be back; the hot retention if left out.")
@click.option(
    "--delay", "pairs_of_delays", multiple=True, metavar="NAME=DURATION", help='Your own delay, such as decide="2 min".'
)
@click.option("--draws", type=int, default=4096, show_default=True, help="Joint draws of the delays.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same figures.")
@tables()
def command(
    asked: Asked,
    rpo: str,
    rto: str,
    against: Sequence[str],
    second_region: str | None,
    mechanism: str | None,
    designs: Sequence[str],
    backup_interval: str,
    backup_kept: str | None,
    restored: str | None,
    pairs_of_delays: Sequence[str],
    draws: int,
    seed: int,
) -> None:
    """Designs that survive a loss: each sized, priced, and held against an RPO and an RTO."""
    from streamplan.analyses.resilience.resilience import MEETS, UNPRICED
    from streamplan.analyses.resilience.resilience import resilience as study
    from streamplan.analyses.resilience.words import resilience_document, resilience_table, resilience_terms

    result = study(
        asked.workload,
        asked.platform,
        rpo,
        rto,
        against=against,
        second_region=second_region,
        mechanism=mechanism,
        designs=designs,
        backup_interval=backup_interval,
        backup_kept=backup_kept,
        restored=restored,
        delays=options(pairs_of_delays, "--delay", "decide='2 min'"),
        draws=draws,
        seed=seed,
        terms=asked.terms,
    )
    if asked.as_json:
        from streamplan.views.json import dumps

        click.echo(dumps(resilience_document(result)))
    else:
        show(resilience_table(result), resilience_terms(result))
    if not any(r.status in (MEETS, UNPRICED) for r in result.results):
        raise NothingFeasible("no design is within the RPO and the RTO; the table says why")
