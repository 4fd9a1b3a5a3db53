"""`streamplan size`: one offer on one workload."""

from __future__ import annotations

import click

from streamplan.cli.chapters import Chapter, chapter
from streamplan.cli.options import ONE_PLAN, Asked, asks, fits
from streamplan.cli.show import show, tables


@chapter(Chapter.SIZE)
@click.command("size")
@asks(*ONE_PLAN)
@tables("constraints", "bill")
def command(asked: Asked) -> None:
    """How much of what one offer needs, what binds, and what it costs."""
    result = asked.plan
    if asked.as_json:
        from streamplan.analyses.size.words import plan_document
        from streamplan.views.json import dumps

        click.echo(dumps(plan_document(result)))
    else:
        from streamplan.analyses.size.words import bill_table, plan_table, plan_words, unused_sentence

        total = result.bill.total
        said = f"total {total:,.2f} USD a month" if total is not None else "no total: " + "; ".join(result.bill.missing)
        words = plan_words(result)
        show(plan_table(result), *words, bill_table(result.bill), said, unused_sentence(result))
    fits(result)
