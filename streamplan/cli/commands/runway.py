"""`streamplan runway`: how long the cluster that is there will do, and the most that it carries."""

from __future__ import annotations

from collections.abc import Sequence

import click

from streamfacts.errors import InputError
from streamplan.cli.chapters import Chapter, chapter
from streamplan.cli.options import BOOK, JSON, OPTION, PEOPLE, PLATFORM, REGION, WORKLOAD, Asked, asks
from streamplan.cli.show import show, tables


@chapter(Chapter.OPERATE)
@click.command("runway")
@asks(WORKLOAD, JSON, BOOK, OPTION, REGION, PLATFORM, PEOPLE)
@click.option("--machine", default=None, help="Machine type that is there; may be left out where there is but one.")
@click.option("--units", type=int, required=True, help="Brokers, shards or units that are there.")
@click.option("--pool", "pools", multiple=True, metavar="NAME=UNITS", help="Units of a further kind, such as bookie=9.")
@click.option("--disk", default=None, help="Disk of one unit that is there, such as '2 TB'.")
@click.option("--clusters", type=click.IntRange(1, 500), default=1, show_default=True, help="Equal clusters.")
@click.option("--months", type=int, default=60, show_default=True, help="Months from now, 1 to 60.")
@click.option("--draws", type=int, default=1024, show_default=True, help="Joint draws of the uncertain inputs.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same figures.")
@click.option(
    "--month", type=int, default=1, show_default=True, help="Month of which the most that is carried is told."
)
@click.option("--budget", type=float, default=None, help="USD a month: also the most that it carries on this platform.")
@tables("walls", "most")
def command(
    asked: Asked,
    machine: str | None,
    units: int,
    pools: Sequence[str],
    disk: str | None,
    clusters: int,
    months: int,
    draws: int,
    seed: int,
    month: int,
    budget: float | None,
) -> None:
    """Given the cluster that is there: how full it is, the month each wall is passed, the most that it carries."""
    from streamplan.analyses.runway.inverse import most_carried
    from streamplan.analyses.runway.runway import runway

    result = runway(
        asked.workload, asked.platform, machine, units, months, draws, seed,
        options=asked.options, pools=_pools(pools), disk=disk, clusters=clusters,
    )  # fmt: skip
    if asked.people is not None and budget is None:
        raise InputError("--people", "given", "together with --budget: people count against it")
    most = most_carried(result, month, budget, seed=seed, book=asked.book, options=asked.options, people=asked.people)
    if asked.as_json:
        from streamplan.analyses.runway.words import runway_document
        from streamplan.views.json import dumps

        click.echo(dumps(runway_document(result, most, budget)))
    else:
        from streamplan.analyses.runway.words import most_table, runway_table, runway_terms

        show(runway_table(result), runway_terms(result), most_table(most, month))


def _pools(pairs: Sequence[str]) -> dict[str, float]:
    out = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign or not value.strip().isdigit():
            raise InputError("--pool", pair, "name=units, such as bookie=9")
        out[name.strip()] = float(value)
    return out
