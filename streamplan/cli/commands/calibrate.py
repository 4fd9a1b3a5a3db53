"""`streamplan calibrate`: own measurements into the coefficients."""

from __future__ import annotations

import click

from streamfacts.errors import InputError
from streamplan.cli.options import JSON


@click.command("calibrate")
@click.argument("measurements", type=click.Path())
@click.option("--cluster", required=True, type=click.Path(), help="YAML file of the cluster that was measured.")
@click.option("--out", type=click.Path(), default=None, help="File for the posterior, which --posterior takes.")
@click.option(
    "--at-limit/--held",
    default=None,
    help="Whether the rates were the most the cluster took, or rates that it held; read off the file if left out.",
)
@click.option(
    "--at-once/--in-turn",
    default=None,
    help="Whether several runs of one perf log wrote together; read off the log if left out.",
)
@JSON
def command(
    measurements: str, cluster: str, out: str | None, at_limit: bool | None, at_once: bool | None, as_json: bool
) -> None:
    """What measurements of your own cluster say: a CSV of load and CPU, a benchmark's result, a perf test's output."""
    from capacity.measured.calibration.own_measurements import calibrate
    from capacity.measured.clusters_file import open_clusters

    opened = open_clusters(cluster)
    if len(opened.many) != 1:
        raise InputError("cluster", cluster, "one cluster, the one that was measured")
    found = calibrate(measurements, opened.many[0], at_limit, at_once)
    if out is not None:
        found.save(out)
    document = found.document()
    if as_json:
        from streamplan.views.json import dumps

        click.echo(dumps(document))
        return
    from rich.table import Table

    from streamplan.views.terminal import console

    factor = document["cpu_factor"]
    table = Table("coefficient", "before", "90% between", "after", "90% between")
    for row in document["moved"][:8]:
        ends = ["{:.3g} and {:.3g}".format(*row[name]) for name in ("before_90", "after_90")]
        table.add_row(row["name"], f"{row['before']:.3g}", ends[0], f"{row['after']:.3g}", ends[1])
    count = document["measurements"]
    console().print(f"{count} measurement{'s' * (count != 1)} from {document['kind']}")
    for rate in document["read"]:
        count = f", {rate['producers']} producers" if (rate["producers"] or 0) > 1 else ""
        unused = "" if rate["used"] else " (not used)"
        console().print(f"  {rate['measured_mb_s']:,.1f} MB/s, {rate['role']}{count}: {rate['why']}{unused}")
    for sentence in document["odd"]:
        console().print(sentence)
    if document["ignored_columns"]:
        console().print("not used: " + ", ".join(document["ignored_columns"]))
    console().print(table)
    click.echo("# for your workload file: CPU of your brokers over the model's")
    click.echo(f"cpu_factor: {{distribution: lognormal, median: {factor['median']:.4g}, sigma: {factor['sigma']:.4g}}}")
    if out is not None:
        click.echo(f"# or: --posterior {out}")
