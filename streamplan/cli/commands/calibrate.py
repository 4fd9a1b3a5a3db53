"""`streamplan calibrate`: own measurements into the coefficients."""

from __future__ import annotations

import click

from streamfacts.errors import InputError
from streamplan.cli.chapters import Chapter, chapter
from streamplan.cli.options import JSON
from streamplan.cli.show import show, tables


@chapter(Chapter.OPERATE)
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
@tables()
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
    from streamplan.analyses.accuracy.words import moved_table

    factor = document["cpu_factor"]
    count, ignored = document["measurements"], ", ".join(document["ignored_columns"])
    read = []
    for rate in document["read"]:
        producers = f", {rate['producers']} producers" if (rate["producers"] or 0) > 1 else ""
        unused = "" if rate["used"] else " (not used)"
        read.append(f"{rate['measured_mb_s']:,.1f} MB/s, {rate['role']}{producers}: {rate['why']}{unused}")
    show(
        f"{count} measurement{'s' * (count != 1)} from {document['kind']}",
        *read,
        *document["odd"],
        f"not used: {ignored}" if ignored else "",
        moved_table(document["moved"]),
        [
            "# for your workload file: CPU of your brokers over the model's",
            f"cpu_factor: {{distribution: lognormal, median: {factor['median']:.4g}, sigma: {factor['sigma']:.4g}}}",
            *([f"# or: --posterior {out}"] if out is not None else []),
        ],
    )
