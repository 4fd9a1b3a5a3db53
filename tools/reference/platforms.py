"""The offers, as `streamplan platforms --markdown` prints them."""

from __future__ import annotations

from click.testing import CliRunner

from streamplan.cli import cli


def markdown() -> str:
    """Return a section for each family of offers, without the title of the page."""
    printed = CliRunner().invoke(cli, ["platforms", "--markdown"], catch_exceptions=False).stdout
    return printed[printed.index("\n## ") + 1 :]
