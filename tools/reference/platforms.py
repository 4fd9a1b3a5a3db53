"""The offers, as `streamplan platforms --markdown` prints them."""

from __future__ import annotations

import re

from click.testing import CliRunner

from streamplan.cli import cli


def markdown() -> str:
    """Return a section for each family of offers, without the title of the page."""
    printed = CliRunner().invoke(cli, ["platforms", "--markdown"], catch_exceptions=False).stdout
    return linked(printed[printed.index("\n## ") + 1 :])


def linked(text: str) -> str:
    """Return text in which an address is a link.

    Examples
    --------
    >>> linked("99.9% (https://example.org/sla/), https://example.org")
    '99.9% (<https://example.org/sla/>), <https://example.org>'
    """
    return re.sub(r"https://[^\s,;)]+", r"<\g<0>>", text)
