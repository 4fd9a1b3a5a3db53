"""`streamplan chargeback`: who owes what of a shared cluster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from streamplan.cli.chapters import Chapter, chapter
from streamplan.cli.options import (
    BOOK,
    CLUSTERS,
    HOURS,
    JSON,
    MACHINE,
    OPTION,
    PEOPLE,
    PLATFORM,
    Asked,
    asks,
    options,
    rows_fail,
)
from streamplan.cli.show import show, tables

if TYPE_CHECKING:
    from streamplan.analyses.chargeback import Portfolio


@chapter(Chapter.OPERATE)
@click.command("chargeback")
@click.argument("portfolio", type=click.Path())
@asks(PLATFORM, MACHINE, JSON, BOOK, HOURS, OPTION, CLUSTERS, PEOPLE)
@click.option("--months", type=int, default=1, show_default=True, help="Months from now, 1 to 60.")
@click.option("--basis", default="average", show_default=True, help="Load that counts as use: average or peak.")
@click.option("--idle", default="apart", show_default=True, help="What nobody uses: apart, or spread over the teams.")
@click.option("--coincidence", type=float, default=1.0, show_default=True, help="How far peaks fall together, 0 to 1.")
@click.option("--driver", "driver", multiple=True, metavar="METER=DRIVER", help="A driver of your own for a line.")
@click.option("--alert-at", type=float, default=0.8, show_default=True, help="Share of a budget that counts as near.")
@click.option("--focus", type=click.Path(), default=None, help="CSV in the columns of FOCUS to write.")
@click.option("--start", default="", metavar="YYYY-MM", help="First month in the FOCUS file; the next one if left out.")
@tables()
def command(
    asked: Asked,
    portfolio: str,
    months: int,
    basis: str,
    idle: str,
    coincidence: float,
    driver: Sequence[str],
    alert_at: float,
    focus: str | None,
    start: str,
) -> None:
    """Charges of a shared cluster by team, to the cent: by rules, with budgets, and with what nobody used.

    A row that cannot be used is left out alone, with its reason; the exit status is then 2.
    """
    from streamplan.analyses.chargeback import chargeback, focus_rows, open_portfolio
    from streamplan.analyses.chargeback.words import chargeback_document, chargeback_table, summary

    opened = open_portfolio(portfolio)
    charged = chargeback(
        opened,
        asked.platform,
        months=months,
        basis=basis,
        idle=idle,
        coincidence=coincidence,
        drivers=options(driver, "--driver", "aws.msk.storage=stored"),
        alert_at=alert_at,
        machine=asked.machine,
        terms=asked.terms,
    )
    if focus is not None:
        from streamfacts.files import write_whole

        write_whole(focus, focus_rows(charged, start).to_csv(index=False))
    if asked.as_json:
        from streamplan.views.json import dumps

        click.echo(dumps(chargeback_document(charged)))
        _all_rows(opened, portfolio)
        return
    show(chargeback_table(charged), *summary(charged), [f"focus     {focus}"] if focus is not None else "")
    _all_rows(opened, portfolio)


def _all_rows(opened: Portfolio, path: str) -> None:
    reasons = [str(row.problem) for row in opened.left_out]
    rows_fail(path, len(opened.applications) + len(reasons), "rows that are applications", reasons)
