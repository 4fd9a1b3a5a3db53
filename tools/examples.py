"""The examples of the texts, run: `python -m tools.examples` writes their outputs anew, a test holds them current.

In a page, a block of YAML whose first line is ``# NAME.yaml`` is a file, and a block of `console` is a session: lines
with ``$ `` are commands, what stands below each is its output. A line of three dots stands for lines left out; as many
are kept above and below it as there were.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from contextlib import chdir, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from streamplan.cli import cli

ROOT = Path(__file__).parents[1]
LEFT_OUT = "..."
#: Width of the terminal that outputs are made for [characters].
WIDTH = "100"

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
_FILE = re.compile(r"# ([\w-]+\.yaml)\n")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page: its language, and its text without the fences."""

    language: str
    text: str


def blocks(page: str) -> list[Block]:
    """Return the fenced blocks of a page, in their order."""
    return [Block(*found.groups()) for found in _BLOCK.finditer(page)]


def files(page: str) -> dict[str, str]:
    """Return the files that a page tells its reader to save, text by name."""
    found = [(_FILE.match(block.text), block.text) for block in blocks(page) if block.language == "yaml"]
    return {name[1]: text for name, text in found if name}


def pages() -> list[Path]:
    """Return the pages with sessions: the README and all of the site."""
    texts = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [path for path in texts if "```console\n" in path.read_text(encoding="utf-8")]


def output(command: str) -> list[str]:
    """Return the lines that a command of streamplan prints where its output is no terminal.

    Raises
    ------
    ValueError
        if it is another program's.
    """
    program, *arguments = shlex.split(command)
    if program != "streamplan":
        raise ValueError(f"only streamplan is run here: {command}")
    printed, before = StringIO(), os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = WIDTH
    try:
        with redirect_stdout(printed):
            cli.main(arguments, standalone_mode=False)
    finally:
        if before is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = before
    return [line.rstrip() for line in printed.getvalue().strip("\n").splitlines()]


def shortened(lines: list[str], shown: list[str]) -> list[str]:
    """Return lines with as many left out as in what is shown.

    Examples
    --------
    >>> shortened(["a", "b", "c", "d"], ["x", "...", "y"])
    ['a', '...', 'd']
    >>> shortened(["a", "b"], ["x"])
    ['a', 'b']
    """
    if LEFT_OUT not in shown:
        return lines
    above = shown.index(LEFT_OUT)
    below = len(shown) - above - 1
    return lines if above + below >= len(lines) else [*lines[:above], LEFT_OUT, *lines[len(lines) - below :]]


def run(session: str) -> str:
    """Return a session with the outputs that its commands have now, run in the folder of the process."""
    out: list[str] = []
    for part in re.split(r"^(?=\$ )", session, flags=re.M):
        if part.startswith("$ "):
            command, *shown = part.rstrip("\n").split("\n")
            out += [command, *shortened(output(command[2:]), shown)]
    return "\n".join(out) + "\n"


def current(page: str) -> str:
    """Return a page with the outputs that its sessions have now; they share one folder, with the page's files in it."""
    with TemporaryDirectory() as folder, chdir(folder):
        for name, text in files(page).items():
            Path(name).write_text(text, encoding="utf-8")

        def again(found: re.Match[str]) -> str:
            return f"```console\n{run(found[2])}```" if found[1] == "console" else found[0]

        return _BLOCK.sub(again, page)


def main() -> None:
    """Write the outputs anew and name the pages that changed."""
    for path in pages():
        before = path.read_text(encoding="utf-8")
        after = current(before)
        if after != before:
            path.write_text(after, encoding="utf-8")
            print(f"written: {path.relative_to(ROOT)}", file=sys.stderr)


if __name__ == "__main__":
    main()
