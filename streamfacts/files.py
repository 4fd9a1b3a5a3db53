"""Files in and out: YAML read with clear errors, output written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from streamfacts.errors import InputError, unreadable


def read_mapping(path: str | Path, field: str) -> dict[str, Any]:
    """Return the one mapping that a YAML file holds; `field` names it in messages."""
    data = read_document(path, field)
    if not isinstance(data, dict) or not all(isinstance(key, str) for key in data):
        raise InputError(field, str(path), "one mapping of names to values")
    return data


def read_document(path: str | Path, field: str) -> Any:
    """Return what a YAML file holds, its keys once and its nesting bounded; `field` names it in messages."""
    import yaml

    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise unreadable(field, path, "a readable UTF-8 text file", error) from None
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _check_depth(yaml.parse(text, Loader=loader), field, path)
        _check_keys(yaml.compose(text, Loader=loader), field)
        return yaml.load(text, Loader=loader)
    except (yaml.YAMLError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else f" ({error})"
        raise InputError(field, str(path), f"well-formed YAML; the parser stopped{where}") from None


#: Nesting beyond this is no workload; a file made to nest without end must not reach the recursive parser.
DEEPEST = 20


def _check_depth(events: Any, field: str, path: Path) -> None:
    depth = 0
    for event in events:
        name = type(event).__name__
        depth += name.endswith("StartEvent") - name.endswith("EndEvent")
        if depth > DEEPEST:
            raise InputError(field, str(path), f"YAML that nests at most {DEEPEST} levels")


def _check_keys(node: Any, field: str) -> None:
    """Raise `InputError` for a key that a mapping has twice, of which the parser would silently keep the last."""
    if node is None or isinstance(node.value, str):
        return
    seen = set()
    for child in node.value:
        if isinstance(child, tuple):
            key = child[0].value
            if isinstance(key, str) and key in seen:
                raise InputError(field, key, f"each key once; line {child[0].start_mark.line + 1} has it again")
            seen.add(key if isinstance(key, str) else id(key))
            _check_keys(child[1], field)
        else:
            _check_keys(child, field)


def write_whole(path: str | Path, content: str | bytes) -> Path:
    """Write a file so that it is there whole or not at all: to a temporary file beside it, then renamed."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode("utf-8") if isinstance(content, str) else content
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path
