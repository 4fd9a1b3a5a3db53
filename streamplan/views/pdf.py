"""A page as PDF: printed by a browser that is there, else by WeasyPrint."""

from __future__ import annotations

import shutil
import subprocess
from typing import Any

from streamfacts.errors import InputError
from streamfacts.files import scratch_folder, write_whole

#: Browsers that print a page without a window, the first found is taken.
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
#: A browser that takes longer than this hangs [s].
PATIENCE_S = 120


def browser() -> str | None:
    """Return the path of a browser that prints, None if there is none."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def can_print() -> bool:
    """Whether this machine can make a PDF."""
    return browser() is not None or _weasyprint() is not None


def why_not() -> InputError:
    """Return the error that says what is missing for a PDF."""
    allowed = f"one of {', '.join(BROWSERS)} on the path, or WeasyPrint: pip install 'streamplan[reports]'"
    return InputError("--format", "pdf", allowed)


def to_pdf(html: str) -> bytes:
    """Return a self-contained page as a PDF.

    Parameters
    ----------
    html : a whole document that loads nothing; give it charts as pictures (`page(..., live_charts=False)`), as
        WeasyPrint runs no scripts

    Raises
    ------
    InputError
        if neither a browser nor WeasyPrint is there, or the browser fails.
    """
    program = browser()
    if program:
        return _by_browser(program, html)
    weasyprint = _weasyprint()
    if weasyprint is None:
        raise why_not()
    return bytes(weasyprint.HTML(string=html, url_fetcher=_nothing).write_pdf())


def _by_browser(program: str, html: str) -> bytes:
    with scratch_folder() as folder:
        source, target = folder / "page.html", folder / "page.pdf"
        write_whole(source, html)
        command = [
            program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
            "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={folder / 'profile'}", "--no-pdf-header-footer",
            "--generate-pdf-document-outline", f"--print-to-pdf={target}", source.as_uri(),
        ]  # fmt: skip
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        except subprocess.TimeoutExpired:
            raise InputError(
                "--format", "pdf", f"a browser that prints within {PATIENCE_S} s; {program} did not"
            ) from None
        if done.returncode or not target.is_file():
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise InputError("--format", "pdf", f"a browser that prints; {program} says: {last}")
        return target.read_bytes()


def _weasyprint() -> Any:
    """Return WeasyPrint, None where it or the libraries that it draws with are not installed."""
    try:
        import weasyprint
    except (ImportError, OSError):
        return None
    return weasyprint


def _nothing(url: str) -> None:
    raise ValueError(f"a report loads nothing, and so not {url}")
