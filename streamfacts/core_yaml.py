"""YAML as its version 1.2 has it, bounded, and of plain values only: the one dialect that is read here.

Numbers are decimal (or say 0x and 0o), truths are `true` and `false`, dates are text. A key comes once, an alias never
stands inside of what it stands for, and neither nesting nor aliases may make more of a text than is written.

Source: the core schema, https://yaml.org/spec/1.2.2/#103-core-schema
"""

from __future__ import annotations

import math
import re
from functools import cache
from typing import Any

from streamfacts.errors import InputError, cut

#: Nesting beyond this is no workload; a file made to nest without end must not reach a parser that recurses.
DEEPEST = 20
#: More values than any file is written with for us.
MOST_VALUES = 500_000
#: How much larger aliases may make a file than it is written.
MOST_REPEATED = 10
#: More digits than a number has that is meant.
_MOST_DIGITS = 18
_CORE = {
    "null": (r"(?:~|null|Null|NULL|)", "~nN"),
    "bool": (r"(?:true|True|TRUE|false|False|FALSE)", "tTfF"),
    "int": (r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)", "-+0123456789"),
    "float": (
        r"(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))",
        "-+.0123456789",
    ),
    "merge": (r"<<", "<"),
}


def parse_yaml(text: str, field: str, shown: str, wanted: str = "well-formed YAML") -> Any:
    """Return what a YAML text holds; `field` and `shown` (the file's name, or the text) are what messages name."""
    import yaml

    loader = _loader()
    try:
        _check_events(yaml.parse(text, Loader=loader), field, shown)
        reader = loader(text)
        try:
            node = reader.get_single_node()
            if node is None:
                return None
            _Checked(field, shown).size(node)
            return reader.construct_document(node)
        finally:
            reader.dispose()
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        mark = getattr(error, "problem_mark", None)
        plain = cut(" ".join(str(error).split()), 160)
        where = f"at line {mark.line + 1}, column {mark.column + 1}" if mark else f"({plain})"
        why = f": {error.problem}" if isinstance(error, yaml.constructor.ConstructorError) else ""
        raise InputError(field, shown, f"{wanted}; the parser stopped {where}{why}") from None


def to_yaml(data: Any, width: int = 100) -> str:
    """Return plain values as YAML that reads the same here and in a reader of version 1.1.

    Examples
    --------
    >>> to_yaml({"name": "1e3", "write": "10 MB/s", "tls": True})
    "name: '1e3'\\nwrite: 10 MB/s\\ntls: true\\n"
    """
    import yaml

    return str(yaml.dump(data, Dumper=_dumper(), sort_keys=False, allow_unicode=True, width=width))


def whole_number(text: str) -> int | float | str:
    """Return a whole number; one of more digits than any that is meant as a float, so that work on it stays finite."""
    if text.startswith(("0x", "0o")) and len(text) <= _MOST_DIGITS:
        return int(text, 0)
    return int(text) if len(text) <= _MOST_DIGITS else real_number(text)


def real_number(text: str) -> float | str:
    """Return a number, or the text of one that is too large for any, so that a message can show it."""
    plain = text.lower()
    number = float(plain.replace(".inf", "inf").replace(".nan", "nan"))
    return text if math.isinf(number) and "inf" not in plain else number


@cache
def _resolvers() -> dict[str, list[Any]]:
    """Return the tags of plain text by its first letter."""
    out: dict[str, list[Any]] = {"": [("tag:yaml.org,2002:null", re.compile(r"\Z"))]}
    for name, (pattern, first) in _CORE.items():
        for letter in first:
            out.setdefault(letter, []).append((f"tag:yaml.org,2002:{name}", re.compile(rf"{pattern}\Z")))
    return out


@cache
def _dumper() -> Any:
    """Return the class of a dumper that puts in quotes what either version would take for something else than text."""
    import yaml

    both = {letter: list(known) for letter, known in yaml.SafeDumper.yaml_implicit_resolvers.items()}
    for letter, known in _resolvers().items():
        both.setdefault(letter, []).extend(known)
    return type("BothDumper", (yaml.SafeDumper,), {"yaml_implicit_resolvers": both})


@cache
def _loader() -> Any:
    """Return the class of a loader that knows the core schema of YAML 1.2 and builds nothing but plain values."""
    import yaml

    base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    built = {
        "null": base.construct_yaml_null,
        "bool": lambda self, node: self.construct_scalar(node).lower() == "true",
        "int": lambda self, node: whole_number(self.construct_scalar(node)),
        "float": lambda self, node: real_number(self.construct_scalar(node)),
        "str": base.construct_yaml_str,
        "seq": base.construct_yaml_seq,
        "map": base.construct_yaml_map,
    }
    constructors: dict[str | None, Any] = {f"tag:yaml.org,2002:{name}": function for name, function in built.items()}
    constructors[None] = base.construct_undefined
    return type(
        "CoreLoader",
        (base,),
        {
            "yaml_implicit_resolvers": _resolvers(),
            "yaml_constructors": constructors,
            "yaml_multi_constructors": {},
        },
    )


def _check_events(events: Any, field: str, shown: str) -> None:
    depth = 0
    for count, event in enumerate(events):
        name = type(event).__name__
        depth += name.endswith("StartEvent") - name.endswith("EndEvent")
        if depth > DEEPEST:
            raise InputError(field, shown, f"YAML that nests at most {DEEPEST} levels")
        if count > MOST_VALUES:
            raise InputError(field, shown, f"YAML of at most {MOST_VALUES:,} values")


class _Checked:
    """Goes over the nodes of a document, each once however many aliases lead to it."""

    def __init__(self, field: str, shown: str) -> None:
        self.field, self.shown = field, shown
        #: Values that a node stands for with all that aliases repeat in it, and its nesting; None while it is open.
        self.seen: dict[int, tuple[int, int] | None] = {}
        self.once = 0

    def size(self, root: Any) -> None:
        """Raise `InputError` for a key twice, an alias inside of what it stands for, and for aliases that multiply."""
        values, depth = self._visit(root)
        if depth > DEEPEST:
            raise InputError(self.field, self.shown, f"YAML that nests at most {DEEPEST} levels, aliases included")
        if values > MOST_REPEATED * (self.once + 1000):
            raise InputError(
                self.field, self.shown, f"aliases that repeat at most {MOST_REPEATED} times what is written"
            )

    def _visit(self, node: Any) -> tuple[int, int]:
        if id(node) in self.seen:
            known = self.seen[id(node)]
            if known is None:
                line = node.start_mark.line + 1
                raise InputError(self.field, self.shown, f"no alias inside of what it stands for, as on line {line}")
            return known
        self.seen[id(node)] = None
        self.once += 1
        values, depth = 1, 0
        if not isinstance(node.value, str):
            keys: set[tuple[str, str]] = set()
            for child in node.value:
                pair = child if isinstance(child, tuple) else (child,)
                if len(pair) == 2 and isinstance(pair[0].value, str):
                    self._check_key(pair[0], keys)
                for each in pair:
                    inner, deeper = self._visit(each)
                    values, depth = values + inner, max(depth, deeper + 1)
        self.seen[id(node)] = values, depth
        return values, depth

    def _check_key(self, key: Any, keys: set[tuple[str, str]]) -> None:
        if (key.tag, key.value) in keys:
            raise InputError(
                self.field, key.value, f"each key once; line {key.start_mark.line + 1} of {self.shown} has it again"
            )
        keys.add((key.tag, key.value))


__all__ = ["DEEPEST", "parse_yaml", "real_number", "to_yaml", "whole_number"]
