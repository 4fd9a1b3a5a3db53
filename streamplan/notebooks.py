"""Running a notebook through papermill and turning it into a page."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from streamfacts.errors import MissingFact, unknown_name


def notebook_path(name: str) -> Path:
    """Return the path of a shipped notebook, from the checkout or from the wheel."""
    here = Path(__file__).resolve().parent
    for folder in (here / "_notebooks", here.parent / "notebooks"):
        if (folder / f"{name}.ipynb").is_file():
            return folder / f"{name}.ipynb"
    raise MissingFact(f"no notebook {name}.ipynb beside the package")


def run(notebook: Path, output: Path | None, parameters: Mapping[str, Any], *, progress: bool = True) -> Any:
    """Run a notebook with parameters in a fresh kernel and return the executed notebook.

    Parameters
    ----------
    notebook : its path; a cell tagged ``parameters`` holds the defaults
    output : where papermill writes it, None for nowhere
    parameters : values of plain JSON types; a name that the notebook does not have is an error
    progress : whether to show a bar on standard error

    Raises
    ------
    InputError
        for an unknown parameter.
    papermill.PapermillExecutionError
        if a cell fails.
    """
    import papermill
    from traitlets.config import Config

    known = papermill.inspect_notebook(str(notebook))
    for name in parameters:
        if name not in known:
            raise unknown_name(f"parameter of {notebook.name}", name, known)
    if progress and not sys.stderr.isatty():
        logging.getLogger("papermill").setLevel(logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        executed = papermill.execute_notebook(
            str(notebook),
            None if output is None else str(output),
            parameters=dict(parameters),
            progress_bar=progress,
            kernel_name="python3",
            # no work is left in the kernel when the last cell is done, so it need not say goodbye
            shutdown_kernel="immediate",
            config=Config({"KernelManager": {"transport_encryption": "auto"}}),
        )
    for cell in executed.cells:  # papermill gives its own cell a random id; the same run must give the same page
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell["id"] = "injected-parameters"
    return executed


def body_of(notebook: Any) -> str:
    """Return the outputs and text of an executed notebook as an HTML fragment, its code left out."""
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(  # type: ignore[no-untyped-call]
        template_name="basic", exclude_input=True, exclude_output_prompt=True, exclude_input_prompt=True
    )
    exporter.anchor_link_text = ""
    fragment, _ = exporter.from_notebook_node(notebook)
    return str(fragment)


__all__ = ["body_of", "notebook_path", "run"]
