"""The fields of a workload, from the model that reads them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from capacity import Range, Workload
from tools.reference.api import described
from tools.reference.words import blocks, code, table

_UNIT = re.compile(r"\s*\[([^\]]+)\]$")


def _types(annotation: Any) -> list[Any]:
    """The types that a field may hold, without what `Annotated` and `Optional` add."""
    if get_origin(annotation) is Literal:
        return [annotation]
    inner = get_args(annotation)
    if not inner or isinstance(annotation, type):
        return [] if annotation is NoneType else [annotation]
    if hasattr(annotation, "__metadata__"):
        return _types(annotation.__origin__)
    if get_origin(annotation) in (dict, list, tuple):
        return [get_origin(annotation), *(t for part in inner if part is not ... for t in _types(part))]
    return [t for part in inner for t in _types(part)]


def models(model: type[BaseModel] = Workload) -> list[type[BaseModel]]:
    """Return a model and all that its fields are made of, each once, outermost first."""
    found = [model]
    for item in found:
        for info in item.model_fields.values():
            found += [
                t for t in _types(info.annotation) if inspect.isclass(t) and issubclass(t, BaseModel) and t not in found
            ]
    return found


def _holds(info: FieldInfo) -> str:
    """What a field takes, in words."""
    types = _types(info.annotation)
    words = []
    for t in types:
        if get_origin(t) is Literal:
            words.append(" or ".join(code(value) for value in get_args(t)))
        elif t is Range:
            words.append("quantity, may be a range")
        elif inspect.isclass(t) and issubclass(t, BaseModel):
            words.append(f"[{t.__name__}](#{t.__name__.lower()})")
        else:
            names = {str: "text", int: "whole number", float: "number", bool: "true or false"}
            names |= {dict: "mapping of", list: "list of", tuple: "list of"}
            words.append(names.get(t, "mapping"))
    return re.sub(r"mapping of text ", "mapping of name to ", " ".join(words))


def _default(info: FieldInfo) -> str:
    """The default as one would write it; '' where there is none."""
    value = info.get_default(call_default_factory=True) if not info.is_required() else None
    if isinstance(value, Range):
        return code(f"{value.likely:g}")
    if isinstance(value, bool):
        return code(str(value).lower())
    return code(value) if isinstance(value, str | int | float) and value != "" else ""


def _row(name: str, info: FieldInfo) -> tuple[str, str, str, str, str]:
    """Name, what it is, what it takes, unit and default of a field."""
    words = info.description or ""
    unit = _UNIT.search(words)
    required = "required" if info.is_required() else _default(info)
    return code(info.alias or name), _UNIT.sub("", words), _holds(info), unit[1] if unit else "", required


def _sections() -> Iterator[str]:
    for model in models():
        if model is not Workload:
            yield f"### {model.__name__}"
            yield from described(model)
        rows = [_row(name, info) for name, info in model.model_fields.items()]
        filled = [i for i in range(5) if i in (0, 2) or any(row[i] for row in rows)]
        head = ("field", "what it is", "takes", "unit", "default")
        yield table([head[i] for i in filled], [[row[i] for i in filled] for row in rows])


def markdown() -> str:
    """Return a table of the fields of a workload, and one for each block that a field may hold."""
    return blocks(_sections())
