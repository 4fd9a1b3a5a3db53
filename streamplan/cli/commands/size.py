"""`streamplan size`: one offer on one workload."""

from __future__ import annotations

import click

from streamplan.cli.options import ONE_PLAN, Asked, asks, fits


@click.command("size")
@asks(*ONE_PLAN)
def command(asked: Asked) -> None:
    """How much of what one offer needs, what binds, and what it costs."""
    result = asked.plan
    if asked.as_json:
        from streamplan.analyses.size.words import plan_document
        from streamplan.views.json import dumps

        click.echo(dumps(plan_document(result)))
    else:
        from streamplan.analyses.size.words import bill_table, plan_table, plan_words, unused_sentence
        from streamplan.views.terminal import console

        out = console()
        out.print(plan_table(result))
        for text in plan_words(result):
            out.print(text)
        out.print(bill_table(result.bill))
        total = result.bill.total
        out.print(
            f"total {total:,.2f} USD a month" if total is not None else "no total: " + "; ".join(result.bill.missing)
        )
        unused = unused_sentence(result)
        if unused:
            out.print(unused)
    fits(result)
