"""`streamplan size`: one offer on one workload."""

from __future__ import annotations

import click

from streamplan.commands.shared import (
    BOOK,
    HOURS,
    JSON,
    MACHINE,
    OPTION,
    PEOPLE,
    PLATFORM,
    POSTERIOR,
    REGION,
    UNITS,
    WORKLOAD,
    Asked,
    asks,
    fits,
)


@click.command("size")
@asks(WORKLOAD, PLATFORM, MACHINE, UNITS, JSON, BOOK, HOURS, OPTION, REGION, POSTERIOR, PEOPLE)
def command(asked: Asked) -> None:
    """How much of what one offer needs, what binds, and what it costs."""
    result = asked.plan
    if asked.as_json:
        from streamplan.document import dumps, plan_document

        click.echo(dumps(plan_document(result)))
    else:
        from streamplan.terminal import bill_table, console, plan_table, plan_words

        out = console()
        out.print(plan_table(result))
        for text in plan_words(result):
            out.print(text)
        out.print(bill_table(result.bill))
        total = result.bill.total
        out.print(
            f"total {total:,.2f} USD a month" if total is not None else "no total: " + "; ".join(result.bill.missing)
        )
    fits(result)
