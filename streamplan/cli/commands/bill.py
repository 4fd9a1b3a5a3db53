"""`streamplan bill`: explicit quantities against the price book."""

from __future__ import annotations

import click

from streamplan.cli.options import BOOK, JSON, Asked, asks


@click.command("bill")
@click.argument("usage", type=click.Path())
@asks(JSON, BOOK)
@click.option("--region", default=None, help="Region of the lines that name none.")
def command(asked: Asked, usage: str, region: str | None) -> None:
    """Price explicit quantities from a YAML or CSV file: a published example, an invoice, a quote."""
    from pricing import bill as price
    from pricing import load_usage

    given = load_usage(usage, region)
    result = price(given.usage, asked.book, given.region, regions_of=given.regions_of)
    if asked.as_json:
        from streamplan.analyses.size.words import bill_document
        from streamplan.views.json import dumps

        document = bill_document(result, given.published)
        click.echo(dumps({**document, "source": given.source, "published_total": given.published_total}))
        return
    from streamplan.analyses.size.words import bill_table
    from streamplan.views.terminal import console

    out = console()
    out.print(bill_table(result, given.published))
    if result.total is None:
        out.print(f"priced part {float(result.subtotal):,.2f} USD; no total: " + "; ".join(result.missing))
        return
    out.print(f"total {result.total:,.2f} USD")
    if given.published_total is not None:
        out.print(
            f"published {given.published_total:,.2f} USD, difference {result.total - given.published_total:+,.2f}"
        )
