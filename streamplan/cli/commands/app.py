"""`streamplan app`: the workbook as a web page."""

from __future__ import annotations

import click

from streamplan.cli.chapters import Chapter, chapter
from streamplan.cli.options import BOOK, REGION, Asked, asks, load


@chapter(Chapter.START)
@click.command("app")
@click.argument("workload", required=False, metavar="[WORKLOAD]")
@asks(BOOK, REGION)
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0 for a free one.")
@click.option(
    "--address",
    default="127.0.0.1",
    show_default=True,
    help="Another one lets in machines that have the printed token.",
)
def command(asked: Asked, workload: str | None, port: int, address: str) -> None:
    """Serve sliders, charts and the bill as a page for the browser; needs no network and no Jupyter.

    WORKLOAD is a file or a shipped workload to start with; the page offers the shipped ones beside it.
    """
    from streamplan.app import serve

    def ready(url: str) -> None:
        click.echo(f"streamplan is at {url} (Ctrl+C ends it)")

    serve(load(workload, asked.region) if workload else None, asked.book, port=port, address=address, ready=ready)
