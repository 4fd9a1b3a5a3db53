"""The rooms of the house, highest first, from the contracts that `make lint` holds and the rooms' own first lines."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

from tools.reference.words import blocks, code, table

CONTRACTS = Path(__file__).parents[2] / ".importlinter"


def layers() -> dict[str, list[list[str]]]:
    """Return the floors of each contract, highest first, by its name; rooms on one floor do not know each other."""
    found = ConfigParser()
    found.read(CONTRACTS, encoding="utf-8")
    out = {}
    for section in found.sections():
        contract = found[section]
        if contract.get("type") == "layers":
            before = "".join(f"{container}." for container in contract.get("containers", "").split())
            lines = [line for line in contract["layers"].strip().splitlines() if line.strip()]
            out[contract["name"]] = [[before + room.strip(" ()") for room in line.split("|")] for line in lines]
    return out


def _first_line(room: str) -> str:
    return (inspect.getdoc(importlib.import_module(room)) or "").partition("\n")[0]


def _sections() -> Iterator[str]:
    for name, floors in layers().items():
        yield f"**{name[:1].upper()}{name[1:]}**, highest first; rooms on one floor do not know each other:"
        rows = [
            ("" if i else str(len(floors) - floor), code(room), _first_line(room))
            for floor, rooms in enumerate(floors)
            for i, room in enumerate(rooms)
        ]
        yield table(["floor", "room", "what is in it"], rows)


def markdown() -> str:
    """Return a table of rooms for each contract of layers."""
    return blocks(_sections())
