"""`make pictures`: take the pictures of the texts anew. Pages are seen by Chromium, charts are drawn without it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import vl_convert

from streamplan import charts, study
from streamplan.analyses.risk.risk import risk
from streamplan.planning.shipped_workloads import open_workload
from streamplan.reports.report import write_report
from tests.browsers import browser

#: Where they lie.
PICTURES = Path(__file__).parents[1] / "docs"
#: The workloads that are seen; the fan needs ranges.
REPORTED, EXPLORED, UNCERTAIN = "linkedin-busiest-cluster-2016", "example-100mib", "lyft-events-2018"
#: Growth that the pictures assume, as the workload states none, and a budget [USD/month].
GROWTH, BUDGET = {"yearly": {"low": 0.1, "likely": 0.25, "high": 0.45}}, 60_000.0
#: No picture is larger [byte].
LARGEST = 300_000


@contextmanager
def app() -> Iterator[str]:
    """The address of `streamplan app` while it runs."""
    process = subprocess.Popen(
        [sys.executable, "-m", "streamplan", "app", "--port", "0"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield next(word for word in process.stdout.readline().split() if word.startswith("http"))
    finally:
        process.terminate()
        process.wait(10)


def pages() -> None:
    """The first screen of a report, and the page of the app."""
    with tempfile.TemporaryDirectory() as folder:
        report = write_report(REPORTED, Path(folder), progress=False)
        with browser.open(report.html.as_uri(), width=1100, height=900) as page:
            page.wait("document.querySelectorAll('svg').length > 0")
            page.screenshot(PICTURES / "report.png", whole=False)
    with app() as url, browser.open(f"{url}?workload={EXPLORED}&growth=25", width=1300, height=1250) as page:
        page.wait("document.body.dataset.drawn")
        page.value("document.querySelector('[data-platform=msk-standard]').click()")
        page.wait("Number(document.body.dataset.drawn) > 1")
        page.screenshot(PICTURES / "app.png", whole=False)


def figures() -> None:
    """Charts by themselves."""
    workload = open_workload(UNCERTAIN).replace(growth=GROWTH)
    compared, drawn = study(workload), risk(workload, draws=512, months=60, budget=BUDGET)
    plan = compared.plan_of("kafka-ec2-ebs-tiered")
    for name, figure in {
        "cost-by-platform": charts.cost_by_platform(compared, drawn, most=12),
        "utilisation": charts.utilisation_of_constraints(plan),
        "network-paths": charts.network_paths_of(plan),
        "cost-fan": charts.cost_fan(drawn),
    }.items():
        (PICTURES / f"{name}.png").write_bytes(vl_convert.vegalite_to_png(figure.to_dict(), scale=1.3))


def main() -> None:
    """Take all pictures and print their sizes; fails if one is too large."""
    figures()
    pages()
    sizes = {path.name: path.stat().st_size for path in sorted(PICTURES.glob("*.png"))}
    for name, size in sizes.items():
        print(f"{name:24} {size / 1000:6.0f} kB")
    if max(sizes.values()) > LARGEST:
        sys.exit(f"a picture is larger than {LARGEST / 1000:g} kB")


if __name__ == "__main__":
    main()
