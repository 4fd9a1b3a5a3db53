"""HTML pieces: escaped text, templates, tables, links of sources."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streamfacts.tables import parse_as_of
from streamfacts.units import human
from streamfacts.words import money

if TYPE_CHECKING:
    from jinja2 import Environment


class Html(str):
    """HTML text that a notebook shows as such, with what its own style would have otherwise: numbers to the right."""

    def _repr_html_(self) -> str:
        return f'<div class="streamplan"><style>{notebook_style()}</style>{self}</div>'


@cache
def notebook_style() -> str:
    """Return the style of tables in a notebook."""
    return (Path(__file__).parent / "templates" / "notebook.css").read_text(encoding="utf-8").replace("\n", " ").strip()


@cache
def environment() -> Environment:
    """Return the Jinja environment: templates of this package, everything escaped, no silent blanks."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    env = Environment(
        loader=PackageLoader("streamplan.views"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters["money"] = money
    env.filters["human"] = lambda value, unit: human(float(value), unit)
    env.filters["links"] = links
    return env


def compile_templates(names: Iterable[str]) -> None:
    """Read templates by name, for a process that forks: its children have them."""
    for name in names:
        environment().get_template(f"{name}.html.j2")


@cache
def links(text: str) -> tuple[tuple[str, str], ...]:
    """Split a source into (text, address) pairs; the address is empty where a part is no link.

    Examples
    --------
    >>> list(links("https://a.org/x (read in: https://github.com/b/c/d.md)"))
    [('a.org', 'https://a.org/x'), (' (read in: ', ''), ('github b/c', 'https://github.com/b/c/d.md'), (')', '')]
    """
    out: list[tuple[str, str]] = []
    position = 0
    for match in _ADDRESS.finditer(str(text)):
        if match.start() > position:
            out.append((text[position : match.start()], ""))
        out.append((_label(match[0]), match[0]))
        position = match.end()
    if position < len(str(text)):
        out.append((text[position:], ""))
    return tuple(out)


_ADDRESS = re.compile(r"https?://[^\s;,)\"]+")


def _label(address: str) -> str:
    host, *path = address.split("://", 1)[1].split("/")
    return f"github {path[0]}/{path[1]}" if host == "github.com" and len(path) > 1 else host


def render(template: str, **values: Any) -> Html:
    """Return a template of this package with these values in it, escaped."""
    return Html(environment().get_template(template).render(**values))


def day(text: str) -> dt.date:
    """Return the day on which the ages of prices are reckoned: an ISO date, or today if it is empty."""
    return parse_as_of(text) if text else dt.date.today()


@dataclass(frozen=True)
class Column:
    """A column: its title, and whether it holds numbers or sources."""

    title: str
    number: bool = False
    source: bool = False


@dataclass(frozen=True)
class Row:
    """A row: a cell a column, greyed if it is `out`."""

    cells: Sequence[str]
    out: bool = False


def table_page(columns: Iterable[tuple[str, bool]], rows: Sequence[Row], note: str, *, sources: bool = False) -> Html:
    """Return a table under a note; columns are (title, whether it holds numbers), sources last if asked for."""
    heads = [Column(title, number) for title, number in columns]
    if sources:
        heads.append(Column("rate from", source=True))
    return render("choices.html.j2", columns=heads, rows=rows, note=note)
