"""`python -m benchmarks`: measure the figures of the texts. Nothing here asserts a time."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

import click

from benchmarks import batch, draws, growth, planning, report, slider, startup
from benchmarks.timing import Result, load, machine

NAMES = ("planning", "compare", "report", "batch", "growth", "draws", "slider", "imports")


def _chosen(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[str, ...]:
    names = tuple(name.strip() for name in value.split(",")) if value else NAMES
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        raise click.BadParameter(f"{unknown[0]!r} is none of {', '.join(NAMES)}")
    return names


@click.command()
@click.option("--only", callback=_chosen, metavar="NAMES", help=f"Some of {','.join(NAMES)}, separated by commas.")
@click.option(
    "--peer-python",
    type=click.Path(exists=True, dir_okay=False),
    help="Interpreter that has service-capacity-modeling, see constraints-bench.txt; without it ours is timed alone.",
)
@click.option("--repeats", type=click.IntRange(min=1), help="Repeats: plans of the peer (3), processes (7).")
@click.option("--full", is_flag=True, help="Grow to 2^20 draws.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output, nothing else.")
def main(only: tuple[str, ...], peer_python: str | None, repeats: int | None, full: bool, as_json: bool) -> None:
    """Measure; print n, least, median and greatest time of each, and their ratios from the same run."""
    run: dict[str, Callable[[], Result]] = {
        "planning": lambda: planning.measure(peer_python, repeats or 3),
        "compare": lambda: startup.compare(repeats or 7),
        "report": lambda: report.measure(repeats or 7),
        "batch": lambda: batch.measure(repeats or 3),
        "growth": lambda: growth.measure(full),
        "draws": lambda: draws.measure(full, peer_python),
        "slider": slider.measure,
        "imports": startup.imports,
    }
    about, results = machine(), []
    if not as_json:
        click.echo("\n".join(f"{label:>10}: {value}" for label, value in about.items()) + "\n")
    for name in only:
        click.echo(f"measuring {name} ...", err=True)
        before = load()
        results.append(run[name]())
        results[-1].load = f"{before}, {load()}"
        if not as_json:
            click.echo(results[-1].text())
    if as_json:
        json.dump({"machine": about, "results": [result.as_dict() for result in results]}, sys.stdout, indent=2)
        click.echo()


if __name__ == "__main__":
    main()
