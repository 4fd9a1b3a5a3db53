"""The reference of the site, written from the code and the data each time it is built.

A page has words of its own and a line that says what comes in its place.

>>> filled("Above.\\n\\n<!-- generated: nothing -->\\n", {"nothing": lambda: "Here."})
'Above.\\n\\nHere.\\n'
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from tools.reference import api, commands, layers, platforms, tables, workload

#: What a page may ask for.
PARTS: dict[str, Callable[[], str]] = {
    "api": api.markdown,
    "commands": commands.markdown,
    "layers": layers.markdown,
    "platforms": platforms.markdown,
    "tables": tables.markdown,
    "workload": workload.markdown,
}
_ASKED = re.compile(r"^<!-- generated: ([a-z]+) -->$", re.M)


def asked(text: str) -> list[str]:
    """Return the names of the parts that a page asks for."""
    return _ASKED.findall(text)


def filled(text: str, parts: Mapping[str, Callable[[], str]] = PARTS) -> str:
    """Return a page with the generated parts in the places that ask for them.

    Raises
    ------
    KeyError
        if it asks for a part that nothing writes.
    """
    return _ASKED.sub(lambda match: parts[match[1]]().rstrip("\n"), text)
