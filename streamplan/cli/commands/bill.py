"""`streamplan bill`: explicit quantities against the price book."""

from __future__ import annotations

import click

from streamplan.cli.chapters import Chapter, chapter
from streamplan.cli.options import BOOK, JSON, Asked, asks
from streamplan.cli.show import show, tables


@chapter(Chapter.SIZE)
@click.command("bill")
@click.argument("usage", type=click.Path())
@asks(JSON, BOOK)
@click.option("--region", default=None, help="Region of the lines that name none.")
@tables()
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

    total, published = result.total, given.published_total
    if total is None:
        said = [f"priced part {float(result.subtotal):,.2f} USD; no total: {'; '.join(result.missing)}"]
    else:
        said = [f"total {total:,.2f} USD"]
        if published is not None:
            said.append(f"published {published:,.2f} USD, difference {round(total - published, 2) + 0.0:+,.2f}")
    show(bill_table(result, given.published), *said)
