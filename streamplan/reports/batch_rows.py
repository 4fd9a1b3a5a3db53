"""The rows of a portfolio: a CSV with a name each, a team, a workload by file or by its fields, and any parameter."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from capacity import Workload
from capacity.workload.growth import beside
from streamfacts.core_yaml import to_yaml
from streamfacts.errors import InputError, has_controls, unknown_name
from streamfacts.reading import Table, read_cell, read_csv, read_mapping
from streamplan.planning.shipped_workloads import shipped_workloads
from streamplan.reports.report import NOTEBOOK
from streamplan.runtime import notebook_runs as notebooks

#: Columns that are neither a field of a workload nor a parameter of the notebook.
OWN = ("name", "team", "workload")
#: Parameters that name files, which count with what is in them.
FILES = ("price_books", "people_files")
#: More rows than any portfolio that a person reads reports of.
MOST_ROWS = 10_000
LONGEST_SLUG = 60
#: Names that some file systems keep for themselves.
_RESERVED = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


@dataclass(frozen=True)
class Row:
    """One report that is asked for, or the problem with it.

    Attributes
    ----------
    line : line of the CSV
    name, team : as written, in any characters
    slug : the name of its files: letters, digits, dots, hyphens and underscores
    workload : fields of the workload, as its own YAML file holds them
    parameters : of the notebook, but for `workload`
    files : what it reads besides, price books and the like
    problem : why there can be no report
    """

    line: int
    name: str
    team: str
    slug: str
    workload: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[Path, ...] = ()
    problem: InputError | None = None

    @property
    def yaml(self) -> str:
        """The workload as the text of a file."""
        return to_yaml(dict(self.workload))


def read_portfolio(path: Path, price_books: Sequence[str | Path] = ()) -> list[Row]:
    """Read a portfolio; a row that cannot be used keeps its problem, so that it fails alone.

    Parameters
    ----------
    path : CSV with a header; `name` is required, `team` and `workload` (a file beside the CSV, or a shipped workload)
        are optional, every other column is a field of `Workload` (laid over those of the file) or a parameter of the
        notebook. An empty cell says nothing. Ranges are written as in YAML: ``{low: 5 MB/s, high: 20 MB/s}``; several
        files or platforms, and options ``name=value``, are separated by semicolons.
    price_books : laid over the shipped prices in every row, before those of the row

    Raises
    ------
    InputError
        for a file that is no such CSV, or a column that means nothing.
    """
    table = _read(path)
    header = table.header
    parameters = notebooks.known_parameters(notebooks.notebook_path(NOTEBOOK))
    defaults = {name: ast.literal_eval(str(p["default"])) for name, p in parameters.items()}
    del defaults["on"]  # one day for all rows, an option of the batch
    known = {*OWN, *defaults, *Workload.model_fields}
    for column in header:
        if column not in known:
            raise unknown_name(f"{path.name}: column", column, known)
    if "name" not in header:
        raise InputError(f"{path.name}: columns", ", ".join(header), "a column 'name'")
    rows: list[Row] = []
    slugs: dict[str, int] = {}
    for each in table.lines:
        line, cells = each.number, each.cells
        name, team = cells.get("name", ""), cells.get("team", "")
        slug = slug_of(name)
        base = Row(line, name, team, slug)
        try:
            if each.problem is not None:
                raise each.problem
            if not name:
                raise InputError("name", "", "a name in every row")
            for column, text in (("name", name), ("team", team)):
                if has_controls(text):
                    raise InputError(column, text, "text without control characters")
            if slug.casefold() in slugs:
                raise InputError("name", name, f"each name once; line {slugs[slug.casefold()]} has it already")
            rows.append(_row(base, cells, defaults, path.parent, price_books))
        except InputError as problem:
            rows.append(Row(line, name, team, slug, problem=problem))
        slugs.setdefault(slug.casefold(), line)
    return rows


def slug_of(name: str) -> str:
    """Return the name of a row's files: the same for the same name, another for another one, inside its folder.

    Examples
    --------
    >>> slug_of("orders"), slug_of("../../etc/passwd")
    ('orders', 'etc-passwd-3754d6cb')
    """
    clean = re.sub(r"\.{2,}", ".", re.sub(r"[^A-Za-z0-9._-]+", "-", name)).strip("-._")[:LONGEST_SLUG].strip("-._")
    if clean and clean == name and not _RESERVED.match(name):
        return clean
    return f"{clean or 'report'}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _read(path: Path) -> Table:
    table = read_csv(path, "portfolio")
    if not 0 < len(table.lines) <= MOST_ROWS:
        raise InputError(f"{path.name}: rows", len(table.lines), f"1 to {MOST_ROWS:,} rows below the header")
    return table


def _row(
    base: Row, cells: Mapping[str, str], defaults: Mapping[str, Any], folder: Path, price_books: Sequence[str | Path]
) -> Row:
    given = {name: text for name, text in cells.items() if text and name not in ("name", "team")}
    workload = _workload_file(given.pop("workload"), folder) if "workload" in given else {}
    parameters = {k: _parameter(k, v, defaults[k]) for k, v in given.items() if k in defaults}
    workload |= _history_beside({k: read_cell(v, k) for k, v in given.items() if k not in defaults}, folder)
    workload = {**workload, "name": base.slug, "title": workload["title"] if "title" in given else base.name}
    Workload(**workload)  # so that a bad one is found before anything runs
    for name in FILES:
        if name in parameters:
            parameters[name] = [str(_beside(text, folder)) for text in parameters[name]]
    if price_books:
        parameters["price_books"] = [*map(str, price_books), *parameters.get("price_books", ())]
    history = workload.get("growth", {}).get("history") if isinstance(workload.get("growth"), dict) else None
    history = history.get("file") if isinstance(history, dict) else history
    files = [Path(text) for name in FILES for text in parameters.get(name, ())]
    files += [Path(history)] if isinstance(history, str) else []
    return Row(base.line, base.name, base.team, base.slug, workload, parameters, tuple(files))


def _workload_file(text: str, folder: Path) -> dict[str, Any]:
    path = _beside(text, folder)
    if not path.exists():
        shipped = shipped_workloads()
        if text not in shipped:
            raise unknown_name("workload (no such file beside the portfolio, and no shipped one)", text, shipped)
        path = shipped[text]
    return _history_beside(read_mapping(path, "workload"), path.parent)


def _history_beside(fields: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return the fields with the path of a history, where it is relative, taken from a folder."""
    growth = fields.get("growth")
    if isinstance(growth, dict) and "history" in growth:
        return fields | {"growth": growth | {"history": beside(growth["history"], folder.absolute())}}
    return fields


def _beside(text: str, folder: Path) -> Path:
    return Path(text) if Path(text).is_absolute() else folder / text


def _parameter(name: str, text: str, default: Any) -> Any:
    """Return a cell as a value of the kind of the parameter's default."""
    parts = [part.strip() for part in text.split(";") if part.strip()]
    if isinstance(default, bool):
        if text.lower() not in ("true", "false"):
            raise InputError(name, text, "true or false")
        return text.lower() == "true"
    if isinstance(default, list):
        return parts
    if isinstance(default, dict):
        pairs = [part.partition("=") for part in parts]
        if not all(sign and key.strip() for key, sign, _ in pairs):
            raise InputError(name, text, "name=value, several separated by semicolons")
        return {key.strip(): value.strip() for key, _, value in pairs}
    if isinstance(default, (int, float)):
        try:
            return type(default)(text)
        except ValueError:
            raise InputError(name, text, "a number" if isinstance(default, float) else "a whole number") from None
    return text
