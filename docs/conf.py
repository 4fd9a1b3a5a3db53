"""The site, built by `make docs`: Markdown of this folder, its reference written from the code while it is read."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from sphinx.application import Sphinx

from streamplan import __version__
from tools.reference import filled

project = "streamplan"
author = "the maintainers"
copyright = "the maintainers; Apache-2.0"
version = release = __version__

extensions = ["myst_parser"]
exclude_patterns = ["_build"]
myst_heading_anchors = 3
smartquotes = False  # names of options begin with two hyphens

html_theme = "furo"
html_title = "streamplan"
html_copy_source = False
html_show_sphinx = False
html_static_path = ["_static"]
html_css_files = ["site.css"]


def setup(app: Sphinx) -> None:
    """Fill in the generated parts of each page as it is read."""

    def fill(_: Sphinx, __: str, source: list[str]) -> None:
        source[0] = filled(source[0])

    app.connect("source-read", fill)
