"""`streamplan prices`: the price book."""

from __future__ import annotations

import click

from streamplan.cli.chapters import Chapter, chapter
from streamplan.cli.options import BOOK, JSON, Asked, asks
from streamplan.cli.show import show, tables


@chapter(Chapter.DATA)
@click.group("prices")
def command() -> None:
    """The price book."""


@command.command("list")
@asks(JSON, BOOK)
@click.option("--meter", default="", help="Only meters whose id contains this.")
@click.option("--region", default=None, help="Only this region.")
@tables()
def prices_list(asked: Asked, meter: str, region: str | None) -> None:
    """Every price with unit, region, date, confidence and source."""
    from streamfacts.errors import unknown_name
    from streamfacts.tables import regions

    if region and region not in regions():
        raise unknown_name("region", region, regions())
    frame = asked.book.frame()
    frame = frame[frame["meter"].str.contains(meter, regex=False)]
    if region:
        frame = frame[frame["region"] == region]
    if asked.as_json:
        from streamplan.views.json import dumps, records

        click.echo(dumps(records(frame)))
        return
    from streamplan.analyses.prices.prices import prices_table

    show(prices_table(frame))


@command.command("check")
@asks(JSON, BOOK)
@click.option("--max-age-days", type=int, default=365, show_default=True, help="Flag prices older than this.")
def prices_check(asked: Asked, max_age_days: int) -> None:
    """Validate every table of prices and count the old and the doubtful rows."""
    frame = asked.book.frame()
    old = frame[frame["age_days"] > max_age_days]
    summary = {
        "rows": len(frame),
        "meters": int(frame["meter"].nunique()),
        "regions": sorted(frame["region"].unique()),
        "older_than_days": max_age_days,
        "old_rows": len(old),
        "confidence": frame["confidence"].value_counts().to_dict(),
        "oldest": str(frame["as_of"].min()),
    }
    if asked.as_json:
        from streamplan.views.json import dumps

        click.echo(dumps(summary))
        return
    click.echo(
        f"{summary['rows']} rows on {summary['meters']} meters in {len(summary['regions'])} regions are well formed"
    )
    click.echo(f"{summary['old_rows']} are older than {max_age_days} days; the oldest is of {summary['oldest']}")
    click.echo("confidence: " + ", ".join(f"{k} {v}" for k, v in summary["confidence"].items()))
    for meter, rows in old.groupby("meter"):
        click.echo(f"  old: {meter} ({len(rows)} rows, since {rows['as_of'].min()})")


@command.command("coverage")
@asks(JSON, BOOK)
@click.option("--cloud", multiple=True, help="Only the regions of this cloud.")
@click.option("--region", multiple=True, help="Only this region; then a row for each offer.")
@click.option("--workload", default="example-100mib", show_default=True, help="What is planned for.")
@tables()
def prices_coverage(asked: Asked, cloud: tuple[str, ...], region: tuple[str, ...], workload: str) -> None:
    """Which offers have all of their prices in which region, and which prices are missing."""
    from streamplan.analyses.prices.coverage import HOW_TO_GET, coverage, coverage_table, offers_table
    from streamplan.planning.shipped_workloads import open_workload

    covered = coverage(open_workload(workload), asked.book, cloud, region)
    if asked.as_json:
        from streamplan.views.json import dumps

        rows = [
            {
                "region": one.region,
                "cloud": one.cloud,
                "offer": one.offer,
                "whole": one.whole,
                "missing": [{"meter": gap.meter, "sku": gap.sku, "region": gap.region} for gap in one.gaps],
            }
            for one in covered
        ]
        click.echo(dumps(rows))
        return
    show(offers_table(covered) if region else coverage_table(covered), HOW_TO_GET)
