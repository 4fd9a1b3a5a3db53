"""Running a notebook through papermill and turning it into a page."""

from __future__ import annotations

import logging
import re
import sys
import warnings
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

from streamfacts.errors import MissingFact, unknown_name


def notebook_path(name: str) -> Path:
    """Return the path of a shipped notebook, from the checkout or from the wheel."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "_notebooks", package.parent / "notebooks"):
        if (folder / f"{name}.ipynb").is_file():
            return folder / f"{name}.ipynb"
    raise MissingFact(f"no notebook {name}.ipynb beside the package")


def run(
    notebook: Path, output: Path | None, parameters: Mapping[str, Any], *, progress: bool = True, kernel: bool = False
) -> Any:
    """Run a notebook with parameters through papermill, from a clean state, and return the executed notebook.

    Where this process can fork, the notebook runs in a child that has all modules already; elsewhere, or if `kernel`,
    in a fresh kernel. The output cells are the same.

    Parameters
    ----------
    notebook : its path; a cell tagged ``parameters`` holds the defaults
    output : where papermill writes it, None for nowhere
    parameters : values of plain JSON types; a name that the notebook does not have is an error
    progress : whether to show a bar on standard error
    kernel : whether to start a kernel in any case

    Raises
    ------
    InputError
        for an unknown parameter.
    papermill.PapermillExecutionError
        if a cell fails.
    """
    import nbformat

    from streamplan.runtime import drawing, forks

    check_parameters(notebook, parameters)
    if kernel or not forks.can_fork():
        return _papermill(notebook, output, parameters, progress, **_KERNEL)
    drawer = drawing.Drawer()

    def task(place: int) -> str:
        executed, _ = run_here(notebook, parameters, drawer, output=output, progress=progress)
        return str(nbformat.writes(executed))  # type: ignore[no-untyped-call]

    try:
        (outcome,) = forks.run_forked([task], 1)
    finally:
        drawer.close()
    if outcome.error is not None:
        raise outcome.error
    return nbformat.reads(outcome.value, as_version=4)  # type: ignore[no-untyped-call]


def run_here(
    notebook: Path, parameters: Mapping[str, Any], drawer: Any, *, output: Path | None = None, progress: bool = False
) -> tuple[Any, dict[str, Any]]:
    """Run a notebook in this process, a forked child, and return it executed with the names that it defined."""
    from streamplan.runtime import drawing
    from streamplan.runtime.notebook_engine import NAME, InProcess

    drawing.use(drawer)
    executed = _papermill(notebook, output, parameters, progress, engine_name=NAME)
    return executed, InProcess.shell.user_ns if InProcess.shell is not None else {}


def check_parameters(notebook: Path, parameters: Mapping[str, Any]) -> None:
    """Raise `InputError` for a parameter that the notebook does not have."""
    known = known_parameters(notebook)
    for name in parameters:
        if name not in known:
            raise unknown_name(f"parameter of {notebook.name}", name, known)


def known_parameters(notebook: Path) -> dict[str, Any]:
    """Return what papermill knows of a notebook's parameters, by name: default, type and help."""
    import papermill

    return dict(papermill.inspect_notebook(str(notebook)))


#: No work is left in the kernel when the last cell is done, so it need not say goodbye.
_KERNEL: dict[str, Any] = {"shutdown_kernel": "immediate"}


def _papermill(
    notebook: Path, output: Path | None, parameters: Mapping[str, Any], progress: bool, **engine: Any
) -> Any:
    import papermill
    from traitlets.config import Config

    if not (progress and sys.stderr.isatty()):
        logging.getLogger("papermill").setLevel(logging.WARNING)
    if "engine_name" not in engine:
        engine = {**engine, "config": Config({"KernelManager": {"transport_encryption": "auto"}})}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        executed = papermill.execute_notebook(
            str(notebook),
            None if output is None else str(output),
            parameters=dict(parameters),
            progress_bar=progress,
            kernel_name="python3",
            **engine,
        )
    for cell in executed.cells:  # papermill gives its own cell a random id; the same run must give the same page
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell["id"] = "injected-parameters"
    return executed


def body_of(notebook: Any) -> str:
    """Return the outputs and text of an executed notebook as an HTML fragment, its code left out."""
    with _EXPORTING:
        fragment, _ = _exporter().from_notebook_node(notebook)
    return _ANCHOR.sub("", str(fragment))


#: The link of a heading to itself, empty and written as XML, which HTML does not take as closed.
_ANCHOR = re.compile(r'<a class="anchor-link"[^<>]*/>')
_EXPORTING = Lock()  # the exporter keeps what it is at


@cache
def _exporter() -> Any:
    """The exporter of all our pages. Its templates are compiled once, and what they make stays as it is.

    nbconvert's own exporter parses the finished page again to give pictures without a description one; ours are SVG.
    """
    from nbconvert.exporters import html

    theirs: Any = html

    class Fragment(theirs.HTMLExporter):  # type: ignore[misc]
        def from_notebook_node(self, nb: Any, resources: Any = None, **kw: Any) -> Any:
            resources = self._init_resources(resources)
            kept = theirs.WidgetsDataTypeFilter(notebook_metadata=self._nb_metadata, parent=self, resources=resources)
            self.register_filter("highlight_code", theirs.Highlight2HTML(pygments_lexer="ipython3", parent=self))
            self.register_filter("filter_data_type", kept)
            return theirs.TemplateExporter.from_notebook_node(self, nb, resources, **kw)

    exporter = Fragment(
        template_name="basic", exclude_input=True, exclude_output_prompt=True, exclude_input_prompt=True
    )
    exporter.anchor_link_text = ""
    return exporter


__all__ = ["body_of", "check_parameters", "known_parameters", "notebook_path", "run", "run_here"]
