"""`python -m tools.reference.data_page`: write `data/README.md`, a page of each table, its columns and readers."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from streamfacts.files import write_whole
from streamfacts.tables import TEXT, data_dir, declared_column

HEAD = """# The tables of facts

Every number that is not computed is a row of a table here, with its unit, its date (`as_of`), how sure it is
(`confidence`) and a `source` that a reader can open. `columns.csv` declares what each column means, its unit, and
whether it holds text or numbers; `streamfacts.read_rows` reads a table so, and refuses a column that is not declared
or a row without source or date. A vendor has one name in every folder, its row of `vendors.csv`:
`prices/confluent.csv`, `meters/confluent.csv`, `limits/confluent.csv`. A vendor without a file in `prices/` lists no
price in the open. `STREAMPLAN_DATA` names a folder of the same shape to use instead of this one.

In the lists below a unit stands in brackets behind a column of numbers; `row's unit` is that of the column `unit`.
This page is written from the tables by `python -m tools.reference.data_page`.
"""


@dataclass(frozen=True)
class Told:
    """What is said of a table, or of a folder of them (its place ends in a slash), and the modules that read it."""

    place: str
    what: str
    readers: tuple[str, ...]


TABLES = (
    Told(
        "regions", "regions of the clouds, and which stand for the same part of the world", ("streamfacts/tables.py",)
    ),
    Told(
        "vendors",
        "vendors by the name that each has in every folder, and who sends the invoice",
        ("pricing/vendors.py",),
    ),
    Told(
        "clouds",
        "clouds that machines are rented from: machine table, volume, object store, meters of the network",
        ("capacity/clouds/cloud.py", "capacity/sizing/machines.py"),
    ),
    Told("families", "families of offers and their colour in every figure", ("streamplan/views/theme.py",)),
    Told("prices/", "list prices by meter, SKU, region and tier; one file a vendor", ("pricing/book.py",)),
    Told("commitments/", "prices for who commits to a term; one file a cloud", ("pricing/commitment.py",)),
    Told(
        "meters/", "what is metered, for which network paths, and who sells it; one file a vendor", ("pricing/book.py",)
    ),
    Told(
        "limits/",
        "quotas and hard limits; one file a vendor, and one for Pulsar, which several run",
        ("streamfacts/tables.py", "capacity/platforms/event_hubs.py"),
    ),
    Told("machines/", "machine types, volumes, node types and plans", ("capacity/sizing/machines.py",)),
    Told("model/assumptions", "constants of the model with their range", ("streamfacts/tables.py",)),
    Told("model/compression", "ratios of codecs on one data set", ("streamplan/analyses/levers/levers.py",)),
    Told("model/correlations", "inputs that move together", ("capacity/workload/correlation.py",)),
    Told("model/rules", "constants of the sizing rules of others", ("capacity/rules/rule.py",)),
    Told(
        "model/partitions_by_size",
        "partitions that vendors allow a broker by its size",
        ("capacity/sizing/partitions.py",),
    ),
    Told("model/", "other constants of the model", ("capacity/",)),
    Told("evidence/evidence", "published measurements of clusters", ("capacity/measured/calibration/evidence.py",)),
    Told(
        "evidence/deployments",
        "published clusters and fleets that nothing is fitted on",
        ("streamplan/analyses/accuracy/deployment_cases.py",),
    ),
    Told(
        "calibration/",
        "what was fitted on the evidence; written by `python -m capacity.measured.calibration`",
        ("capacity/laws/coefficients.py", "capacity/measured/latency.py", "streamplan/analyses/accuracy/accuracy.py"),
    ),
    Told(
        "analyses/guardrails", "alerts by the metrics of a platform", ("streamplan/analyses/guardrails/guardrails.py",)
    ),
    Told("analyses/levers", "targets of the levers", ("streamplan/analyses/levers/levers.py",)),
    Told("analyses/migration", "lengths and efforts of a migration", ("streamplan/analyses/migration/migration.py",)),
    Told("analyses/people", "prior of staff, training and tools", ("streamplan/planning/people.py",)),
    Told("analyses/support", "published support plans of the vendors", ("streamplan/planning/people.py",)),
    Told("analyses/resilience", "delays and rates of a recovery", ("capacity/resilience/quantities.py",)),
    Told(
        "fit/",
        "what offers can do, how they are rated and weighed",
        (
            "streamplan/analyses/decide/features.py",
            "streamplan/analyses/decide/decide.py",
            "streamplan/analyses/decide/requirements.py",
            "streamplan/analyses/decide/rules.py",
        ),
    ),
    Told(
        "chargeback/drivers", "by what each line of a bill is shared out", ("streamplan/analyses/chargeback/rules.py",)
    ),
    Told(
        "focus/columns", "columns of FOCUS as its specification has them", ("streamplan/analyses/chargeback/focus.py",)
    ),
)


def told_of(name: str) -> Told:
    """Return what is said of a table: of itself, else of its folder; raises LookupError if nothing is."""
    folder = name.rpartition("/")[0] + "/"
    for place in (name, folder):
        for told in TABLES:
            if told.place == place:
                return told
    raise LookupError(f"nothing in tools/reference/data_page.py says what data/{name}.csv is")


def _files() -> list[tuple[str, Path]]:
    found = {path.relative_to(data_dir()).with_suffix("").as_posix(): path for path in data_dir().rglob("*.csv")}
    return sorted((name, path) for name, path in found.items() if name != "columns")


def _column(name: str, column: str) -> str:
    declared = declared_column(name, column)
    return f"`{column}`" if declared.kind == TEXT or not declared.unit else f"`{column}` [{declared.unit}]"


def _columns(members: list[tuple[str, Path]]) -> str:
    """The columns of tables that are told together, each once; of more than a few tables also which has which."""
    columns: dict[str, str] = {}
    for name, path in members:
        with path.open(encoding="utf-8", newline="") as lines:
            header = next(csv.reader(lines))
        own = set(header) - {"name"}
        if name == "calibration/covariance":
            columns.setdefault("coefficient", "a column for each coefficient [1]")
            header = [c for c in header if c not in own or c in ("as_of", "confidence", "source")]
        for column in header:
            columns.setdefault(column, _column(name, column))
    return ", ".join(columns.values())


def page() -> str:
    """Return the page as Markdown."""
    members: dict[str, list[tuple[str, Path]]] = {}
    for name, path in _files():
        members.setdefault(told_of(name).place, []).append((name, path))
    out = [HEAD]
    for told in TABLES:
        if told.place not in members:
            continue
        names = [name for name, _ in members[told.place]]
        files = ", ".join(f"`{name.rpartition('/')[2]}`" for name in names)
        title = f"{told.place} ({len(names)} tables)" if told.place.endswith("/") else f"{told.place}.csv"
        out.append(f"## {title}\n")
        out.append(
            f"{told.what[0].upper()}{told.what[1:]}." + (f" {files}." if told.place.endswith("/") else "") + "\n"
        )
        out.append(f"- columns: {_columns(members[told.place])}")
        out.append(f"- read by: {', '.join(f'`{reader}`' for reader in told.readers)}\n")
    return "\n".join(out)


if __name__ == "__main__":
    write_whole(data_dir() / "README.md", page())
