"""Meaning is data: no branch of the four packages is taken on a text that is for a reader."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = next(folder for folder in Path(__file__).parents if (folder / "pyproject.toml").is_file())
MODULES = sorted(
    path for name in ("streamfacts", "capacity", "pricing", "streamplan") for path in (ROOT / name).rglob("*.py")
)
#: Fields whose text is for a reader, or that name what a field, an enum or a table tells apart.
SHOWN = {
    *("name", "title", "label", "note", "notes", "reason", "sentence", "summary", "why", "what", "doc"),
    *("binding", "next_binding", "formula", "hardware", "family", "configuration", "guarantees", "lacks"),
}
#: Names that are keys and no texts: fields of a dataclass, inputs of a workload, items of a table, distributions.
KEYS = {"f.name", "control.name", "item.name", "table['name']", "self.family", "value.distribution.family"}
#: Calls that look into a text.
LOOKS = {"startswith", "endswith", "split", "partition", "rpartition", "removeprefix", "removesuffix", "find", "index"}
PATTERNS = {"search", "match", "fullmatch", "findall", "finditer"}


def shown(node: ast.AST) -> bool:
    """Whether an expression is a text for a reader: ``offer.title``, ``row["note"].lower()``, ``str(part.name)``."""
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("lower", "upper", "casefold", "strip"):
            return shown(node.func.value)
        return isinstance(node.func, ast.Name) and node.func.id == "str" and any(map(shown, node.args))
    if isinstance(node, (ast.Attribute, ast.Subscript)) and ast.unparse(node) in KEYS:
        return False
    if isinstance(node, ast.Attribute):
        return node.attr in SHOWN
    if isinstance(node, ast.Subscript):
        key = node.slice.value if isinstance(node.slice, ast.Constant) else None
        return key in SHOWN or shown(node.value)
    return False


def written(node: ast.AST) -> bool:
    """Whether an expression is a text in the code, or holds one; the empty text asks only whether there is any."""
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        return any(map(written, node.elts))
    text = isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value != ""
    return text or isinstance(node, ast.JoinedStr)


def branches(source: str) -> list[str]:
    """The places of a module that decide by a text for a reader."""
    out = []
    for node in ast.walk(ast.parse(source)):
        sides = [node.left, *node.comparators] if isinstance(node, ast.Compare) else []
        asked = any(map(shown, sides)) and any(map(written, sides))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            asked = (node.func.attr in LOOKS and shown(node.func.value)) or (
                node.func.attr in PATTERNS and any(map(shown, node.args)) and ast.unparse(node.func.value) != "_NAME"
            )
        if asked:
            out.append(f"line {node.lineno}: {ast.unparse(node)}")
    return out


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_branch_is_taken_on_a_text_for_a_reader(module):
    assert branches(module.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "line",
    [
        'part.name.startswith("time to re")',
        '"bookie" in part.name',
        'row["reason"].split(" (http")',
        'offer.family == "Amazon MSK"',
        'offer.name in ("pubsub", "astra-streaming")',
        'f"{c.name} ({c.state})" == sizing.binding',
        'plan.configuration.split(" + ")',
        're.search(r"bookies", str(row["note"]).lower())',
        '"service" in str(offer.guarantees["copies"])',
    ],
)
def test_what_was_mended_would_be_found(line):
    assert branches(f"if {line}:\n    pass")


@pytest.mark.parametrize(
    "line", ["c.name == Resource.CPU", "part.kind is PartKind.REBUILD", 'x.name == ""', "a.name == b.name"]
)
def test_kinds_are_no_texts(line):
    assert branches(f"if {line}:\n    pass") == []
