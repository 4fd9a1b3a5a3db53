"""Files in and out: one YAML mapping read with clear errors, output written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from streamfacts.errors import InputError


def read_mapping(path: str | Path, field: str) -> dict[str, Any]:
    """Return the one mapping that a YAML file holds; `field` names it in messages."""
    import yaml

    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(field, str(path), f"a readable UTF-8 text file ({type(error).__name__})") from None
    try:
        data = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise InputError(field, str(path), f"well-formed YAML; the parser stopped{where}") from None
    if not isinstance(data, dict) or not all(isinstance(key, str) for key in data):
        raise InputError(field, str(path), "one mapping of names to values")
    return data


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
