"""The public names of the four packages, from their signatures and docstrings (numpydoc)."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from docstring_parser import Docstring, DocstringStyle, parse
from pydantic import BaseModel

from tools.reference.words import blocks, code, plain, table

PACKAGES = ("capacity", "pricing", "streamplan", "streamfacts")
#: A signature that is longer has a line for each parameter.
LONG = 100


class _As:
    """Written as it is in a signature."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def names(package: str) -> list[str]:
    """Return the public names of a package."""
    return [str(name) for name in importlib.import_module(package).__all__]


@dataclass
class Described:
    """What the reference describes: where it is first, where else, and what returns it if no package names it."""

    package: str
    name: str
    value: Any
    places: list[str] = field(default_factory=list)
    returned_by: list[str] = field(default_factory=list)


def everything() -> list[Described]:
    """Return all public names, each once, and the classes of ours that public functions return."""
    found: dict[int, Described] = {}
    for package in PACKAGES:
        for name in names(package):
            value = getattr(importlib.import_module(package), name)
            found.setdefault(id(value), Described(package, name, value)).places.append(f"{package}.{name}")
    for public in list(found.values()):
        value = _returned(public.value)
        if value is not None and (id(value) not in found or found[id(value)].returned_by):
            item = found.setdefault(id(value), Described(public.package, value.__name__, value))
            item.returned_by.append(public.name)
    return list(found.values())


def _returned(function: Any) -> type | None:
    """The class of ours that a function returns, None for another."""
    if not inspect.isfunction(function):
        return None
    written = function.__annotations__.get("return")
    # an annotation is text; a class that is imported for types alone is looked up where the module would have it from
    value = getattr(inspect.getmodule(function), written, None) if isinstance(written, str) else written
    return value if inspect.isclass(value) and _ours(value) else None


def signature(name: str, value: Any) -> str:
    """Return how a function or class is called, a line for each parameter where it is long; the name for others."""
    try:
        found = inspect.signature(value)
    except (TypeError, ValueError):
        return name
    parts: list[str] = []
    kinds = [inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.VAR_POSITIONAL]
    star = False
    for p in found.parameters.values():
        if p.name in ("self", "cls"):
            continue
        if p.kind in kinds and not star:
            star = True
            parts += ["*"] if p.kind is kinds[0] else []
        default = p.default if _short(p.default) else _As("...")
        parts.append(str(p.replace(annotation=_written(p.annotation), default=default)))
    back = _written(found.return_annotation)
    arrow = "" if back is inspect.Signature.empty or inspect.isclass(value) else f" -> {back!r}"
    one_line = f"{name}({', '.join(parts)}){arrow}"
    if len(one_line) <= LONG or not parts:
        return one_line
    return f"{name}(\n" + "".join(f"    {part},\n" for part in parts) + f"){arrow}"


def _short(default: Any) -> bool:
    return default is inspect.Parameter.empty or (len(repr(default)) <= 40 and " object at " not in repr(default))


def _written(annotation: Any) -> Any:
    if annotation is inspect.Signature.empty:
        return annotation
    return _As(annotation if isinstance(annotation, str) else inspect.formatannotation(annotation))


def _examples(text: str) -> str:
    """An example of a docstring as code, words between examples as words."""
    out: list[str] = []
    for block in re.split(r"\n\s*\n", text.strip()):
        is_code = block.lstrip().startswith(">>>")
        out.append(f"```pycon\n{block}\n```" if is_code else plain(block))
    return "\n\n".join(out)


def _prose(text: str) -> str:
    """Words of a docstring; what follows a double colon, indented, is shown as it is."""
    out: list[str] = []
    for block in re.split(r"\n\s*\n", text.strip("\n")):
        if out and out[-1].endswith("::") and block.startswith(" "):
            out[-1] = out[-1][:-1]
            out.append(f"```text\n{inspect.cleandoc(block)}\n```")
        elif block.lstrip().startswith(">>>"):
            out.append(_examples(block))
        else:
            out.append(plain(block))
    return "\n\n".join(out)


def described(value: Any) -> Iterator[str]:
    """Yield what a docstring says: words, parameters, what comes back, what is raised, examples."""
    doc: Docstring = parse(inspect.getdoc(value) or "", DocstringStyle.NUMPYDOC)
    yield _prose("\n\n".join(filter(None, [doc.short_description, doc.long_description])))
    rows = [(code(p.arg_name), " ".join(filter(None, [p.type_name, p.description]))) for p in doc.params]
    yield table(["parameter", "what it is"], rows)
    back = [" ".join(filter(None, [r.return_name, r.type_name, r.description])) for r in doc.many_returns]
    yield "**Returns** " + plain("; ".join(back)) if back else ""
    raised = [f"- `{r.type_name}` {plain(r.description or '')}".rstrip() for r in doc.raises]
    yield "**Raises**\n\n" + "\n".join(raised) if raised else ""
    yield "\n\n".join(_examples("\n".join(filter(None, [e.snippet, e.description]))) for e in doc.examples)


def members(value: type) -> list[str]:
    """Return the public methods and properties that a class defines or has from one of ours."""
    foreign = {name for base in value.__mro__ if not _ours(base) for name in vars(base)}
    fields = {f.name for f in dataclasses.fields(value)} if dataclasses.is_dataclass(value) else set()
    found = {name: None for base in reversed(value.__mro__) if _ours(base) for name in vars(base)}
    return [n for n in found if n[0] != "_" and n not in foreign | fields and _told(inspect.getattr_static(value, n))]


def _ours(base: type) -> bool:
    return base.__module__.split(".")[0] in PACKAGES


def _told(member: Any) -> bool:
    kinds = (property, cached_property, classmethod, staticmethod)
    return (inspect.isfunction(member) or isinstance(member, kinds)) and bool(inspect.getdoc(member))


def _member(owner: str, value: type, name: str) -> Iterator[str]:
    member = inspect.getattr_static(value, name)
    if isinstance(member, property | cached_property):
        yield f"`{owner}.{name}`"
    else:
        yield f"```python\n{signature(f'{owner}.{name}', getattr(value, name))}\n```"
    yield from described(member)


def _section(item: Described) -> Iterator[str]:
    name, value = item.name, item.value
    yield f"### {name}"
    yield f"What {', '.join(map(code, item.returned_by))} returns." if item.returned_by else ""
    yield f"Also {', '.join(map(code, item.places[1:]))}." if item.places[1:] else ""
    if inspect.isclass(value) and issubclass(value, BaseModel):
        yield f"```python\n{name}(**fields)\n```"
        yield "Its fields: [Workload](workload.md)." if name == "Workload" else ""
    else:
        yield f"```python\n{signature(name, value)}\n```"
    yield from described(value)
    if inspect.isclass(value):
        for member in members(value):
            yield from _member(name, value, member)


def markdown() -> str:
    """Return a section for each package and in it one for each public name, and for what it returns."""
    found = everything()
    parts = []
    for package in PACKAGES:
        module = importlib.import_module(package)
        here = [item for item in found if item.package == package]
        places = [place for item in found if item.package != package for place in item.places]
        elsewhere = [place for place in places if place.startswith(f"{package}.")]
        parts += [f"## {package}", _prose(inspect.getdoc(module) or "")]
        parts.append(f"Also {', '.join(map(code, elsewhere))}, described where they are from." if elsewhere else "")
        for item in sorted(here, key=lambda item: item.name.lower()):
            parts += _section(item)
    return blocks(parts)
