"""`streamplan break-even`: where the cheapest offer is another one."""

from __future__ import annotations

from collections.abc import Sequence

import click

from streamfacts.errors import InputError
from streamplan.cli.chapters import Chapter, chapter
from streamplan.cli.options import (
    BOOK,
    CLUSTERS,
    HOURS,
    JSON,
    ONLY,
    OPTION,
    PEOPLE,
    POPULATION,
    REGION,
    WORKLOAD,
    Asked,
    asks,
    options,
)
from streamplan.cli.show import show, tables


def _ends(text: str | None, name: str) -> tuple[str, str] | None:
    if text is None:
        return None
    low, sign, high = text.partition("..")
    if not sign or not low.strip() or not high.strip():
        raise InputError(name, text, "two values with two dots between them, such as '1 MB/s..1 GB/s'")
    return low.strip(), high.strip()


@chapter(Chapter.DECIDE)
@click.command("break-even")
@asks(WORKLOAD, JSON, BOOK, HOURS, OPTION, REGION, CLUSTERS, ONLY, POPULATION, PEOPLE)
@click.option("--x", default="write", show_default=True, help="Input along the rows; or team, in USD a month.")
@click.option("--y", default="retention", show_default=True, help="Input along the columns.")
@click.option("--x-ends", default=None, metavar="LOW..HIGH", help="Ends of x, such as '1 MB/s..1 GB/s'.")
@click.option("--y-ends", default=None, metavar="LOW..HIGH", help="Ends of y.")
@click.option("--steps", type=int, default=24, show_default=True, help="Points along each axis.")
@click.option(
    "--fixed", multiple=True, metavar="PLATFORM=USD", help="Cost a month on top of an offer's bill (may be repeated)."
)
@tables("own", "grid")
def command(
    asked: Asked, x: str, y: str, x_ends: str | None, y_ends: str | None, steps: int, fixed: Sequence[str]
) -> None:
    """Where the cheapest offer flips over two inputs: exact flips, and with --json the whole map."""
    from streamplan.analyses.break_even.break_even import break_even

    found = break_even(
        asked.workload,
        x.replace("-", "_"),
        y.replace("-", "_"),
        x_ends=_ends(x_ends, "--x-ends"),
        y_ends=_ends(y_ends, "--y-ends"),
        steps=steps,
        only=asked.only,
        fixed_usd={name: _usd(name, value) for name, value in options(fixed, "--fixed", "kafka-ec2-ebs=20000").items()},
        terms=asked.terms,
    )
    if asked.as_json:
        from streamplan.analyses.break_even.words import break_even_document
        from streamplan.views.json import dumps

        click.echo(dumps(break_even_document(found)))
    else:
        from streamplan.analyses.break_even.words import break_even_tables

        show(*break_even_tables(found))


def _usd(name: str, value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise InputError(f"fixed cost of {name}", value, "USD a month, 0 or more") from None
