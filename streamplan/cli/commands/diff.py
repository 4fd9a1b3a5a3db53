"""`streamplan diff`: what moved between two workloads, two results or two states of the prices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from streamfacts.errors import InputError, NothingFeasible, OfferFailed
from streamplan.cli.chapters import Chapter, chapter
from streamplan.cli.options import (
    BARE,
    BOOK,
    BUDGET,
    CLUSTERS,
    HOURS,
    JSON,
    OPTION,
    PEOPLE,
    REGION,
    WITHIN,
    Asked,
    asks,
    warn,
)
from streamplan.cli.show import format_asked, show, tables

if TYPE_CHECKING:
    from capacity import Workload
    from streamplan.analyses.diff.diff import Difference
    from streamplan.analyses.diff.result import Result


@chapter(Chapter.DECIDE)
@click.command("diff")
@click.argument("files", metavar="OLD NEW", nargs=-1, type=click.Path())
@asks(JSON, BARE, BUDGET, BOOK, HOURS, OPTION, REGION, CLUSTERS, PEOPLE, WITHIN)
@click.option(
    "--prices",
    nargs=2,
    type=click.Path(),
    metavar="OLD NEW",
    help="Two states of the prices: CSV, folder or shipped.",
)
@click.option("--platform", default=None, help="The offer to look at; the recommended one if left out.")
@click.option("--fail-above", default=None, metavar="SHARE", help="Exit 4 if the bill grew by more, such as 10%.")
@tables("causes", "lines", "offers")
def command(
    asked: Asked,
    files: Sequence[str],
    prices: tuple[str, str] | None,
    platform: str | None,
    fail_above: str | None,
) -> None:
    """What moved between two workloads or two results, by line and by cause: input, price, model.

    OLD and NEW are workloads, or what `compare --json` wrote. With --prices one workload is enough. The exit status is
    4 if the bill is above --budget or grew by more than --fail-above.
    """
    from streamplan.analyses.diff.given import open_given
    from streamplan.planning.gate import budget_of, check_budget, check_growth, growth_of

    allowed, budget = growth_of(fail_above), budget_of(asked.budget)
    if len(files) != 2 and not (prices and len(files) == 1):
        raise InputError("OLD NEW", " ".join(files) or "nothing", "two workloads or results, or one with --prices")
    old, new = (open_given(name, asked.region) for name in (files[0], files[-1]))
    found = _found(asked, (old, new), files, prices, platform)
    if asked.bare:
        click.echo("-" if found.after is None or found.after.usd is None else f"{found.after.usd:.2f}")
    elif asked.as_json:
        from streamplan.analyses.diff.words import diff_document
        from streamplan.views.json import dumps

        click.echo(dumps(diff_document(found)))
    else:
        from streamplan.analyses.diff.words import markdown_sentences, sentences
        from streamplan.analyses.diff.words import tables as diff_tables

        said = [markdown_sentences(found)] if format_asked() == "md" else sentences(found)
        show(*said, *diff_tables(found))
    before, after = found.before, found.after
    if after is None or after.usd is None:
        raise NothingFeasible("the new workload has no cost; the sentences say why")
    check_budget(after.title, after.usd, budget)
    if allowed is not None and (before is None or before.usd is None):
        raise InputError("--fail-above", fail_above, "a bill before to grow from; the old one has no cost")
    check_growth(after.title, before.usd if before else None, after.usd, allowed)
    if found.failed:
        lines = [f"{offer.platform}: {offer.reason}" for offer in found.failed]
        raise OfferFailed("\n  ".join(["not all offers could be sized; the others are shown", *lines]))


def _found(
    asked: Asked,
    given: tuple[Workload | Result, Workload | Result],
    files: Sequence[str],
    prices: tuple[str, str] | None,
    platform: str | None,
) -> Difference:
    from capacity.workload.contradictions import contradictions
    from streamplan.analyses.diff.diff import between, diff
    from streamplan.analyses.diff.result import Result
    from streamplan.analyses.diff.retold import retold
    from streamplan.planning.study import study

    results = [one for one in given if isinstance(one, Result)]
    if results and prices:
        raise InputError("--prices", " ".join(prices), "two workloads or one; a result holds its own prices")
    if len(results) == len(given):
        _for_workloads_alone(asked)
    for name, one in dict(zip(files, given, strict=False)).items():
        if not isinstance(one, Result):
            warn(f"{name}: {text}" for text in contradictions(one))
    old, new = given
    if isinstance(old, Result) or isinstance(new, Result):
        only = [platform] if platform else None
        sides = [
            one if isinstance(one, Result) else Result.of_study(study(one, only=only, terms=asked.terms), name)
            for one, name in zip(given, files, strict=False)
        ]
        found = between(sides[0], sides[1], platform)
        return found if asked.bare else retold(found)
    books = None
    if prices:
        from pricing.dated import dated_book

        first, second = (dated_book(source, *asked.price_book) for source in prices)
        books = (first, second)
    labels = prices if prices and len(files) == 1 else (files[0], files[-1])
    return diff(old, new, platform, terms=asked.terms, books=books, labels=labels, by_input=not asked.bare)


def _for_workloads_alone(asked: Asked) -> None:
    """Raise `InputError` for an option that two results have no use for: it would seem to count."""
    given = {
        "--price-book or --discount": " ".join(asked.price_book),
        "--option": " ".join(asked.pairs),
        "--region": asked.region,
        "--people": "given" if asked.with_people or asked.people_file else None,
    }
    for name, value in given.items():
        if value:
            raise InputError(name, value, "none with two results, which hold what they were made with")
