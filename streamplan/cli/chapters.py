"""The groups in which the help lists commands, and the mark by which a command says which is its own."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TypeVar

import click

Command = TypeVar("Command", bound=click.Command)
_MARK = "chapter"


class Chapter(Enum):
    """A group of commands, in the order of the help; the value is its heading."""

    START = "Start"
    SIZE = "Size and price"
    DECIDE = "Decide"
    OPERATE = "Operate"
    DATA = "Data"


def chapter(of: Chapter) -> Callable[[Command], Command]:
    """Mark a command as one of a group; stands above `click.command`."""

    def mark(command: Command) -> Command:
        setattr(command, _MARK, of)
        return command

    return mark


def chapter_of(command: click.Command) -> Chapter:
    """Return the group that a command says it is of; the last one for one that says none."""
    found: Chapter = getattr(command, _MARK, Chapter.DATA)
    return found
