"""A papermill engine that runs a notebook in this process: no kernel to start, the same output cells.

Meant for a process that does nothing else, such as a child forked from a parent that has imported everything
(`streamplan.runtime.forks`). The shell takes over `__main__`, standard output and the display hook of the process.
"""

from __future__ import annotations

import base64
import sys
from contextlib import nullcontext
from io import TextIOBase
from typing import Any

from ipykernel.ipkernel import IPythonKernel
from IPython.core import application, completerlib, logger, oinspect  # noqa: F401 - so that no shell has to when it starts
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from nbformat import v4
from papermill.engines import Engine, papermill_engines
from traitlets import Any as AnyTrait
from traitlets.config import Config

NAME = "streamplan-in-process"


def _output(kind: str, **fields: Any) -> Any:
    return v4.new_output(kind, **fields)  # type: ignore[no-untyped-call]


def _figures() -> Any:
    """The theme of our figures, None in a notebook that has none."""
    return sys.modules.get("streamplan.views.theme")


def _shown(chart: Any) -> Any:
    ours = _figures()
    return ours.shown(chart) if ours else chart._repr_mimebundle_()


class _Stream(TextIOBase):
    """Standard output or error that adds to the outputs of the running cell."""

    def __init__(self, name: str, outputs: list[Any]) -> None:
        self._name, self._outputs = name, outputs

    def write(self, text: str) -> int:
        last = self._outputs[-1] if self._outputs else None
        if last is not None and last.get("output_type") == "stream" and last.name == self._name:
            last.text += text
        elif text:
            self._outputs.append(_output("stream", name=self._name, text=text))
        return len(text)

    def isatty(self) -> bool:
        return False


class _Hook(DisplayHook):
    """Adds the value of a cell's last expression to its outputs."""

    outputs = AnyTrait()

    def write_output_prompt(self) -> None:
        """A notebook has the count in the output itself."""

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        """Add the formatted value."""
        count = self.prompt_count
        self.outputs.append(_bundle("execute_result", format_dict, md_dict, execution_count=count))

    def finish_displayhook(self) -> None:
        """Nothing to flush."""


class _Publisher(DisplayPublisher):
    """Adds what a cell displays to its outputs."""

    outputs = AnyTrait()

    def publish(self, data: Any, metadata: Any = None, *_: Any, **__: Any) -> None:
        """Add what is displayed."""
        self.outputs.append(_bundle("display_data", data, metadata))

    def clear_output(self, wait: bool = False) -> None:
        """Forget what the cell has shown so far."""
        self.outputs.clear()


def _bundle(kind: str, data: Any, metadata: Any, **more: Any) -> Any:
    encoded = {k: base64.b64encode(v).decode("ascii") if isinstance(v, bytes) else v for k, v in data.items()}
    return _output(kind, data=encoded, metadata=metadata or {}, **more)


class Shell(InteractiveShell):
    """An interactive shell whose outputs are those of a notebook."""

    def __init__(self) -> None:
        self.outputs: list[Any] = []
        config = Config({"HistoryManager": {"enabled": False}, "InteractiveShell": {"colors": "neutral"}})
        super().__init__(  # type: ignore[no-untyped-call]
            config=config, displayhook_class=_Hook, display_pub_class=_Publisher
        )
        for place in (self.displayhook, self.display_pub):
            setattr(place, "outputs", self.outputs)  # noqa: B010
        formatter: Any = self.display_formatter
        formatter.mimebundle_formatter.for_type_by_name("altair.vegalite.v6.api", "TopLevelMixin", _shown)

    def enable_gui(self, gui: Any = None) -> None:
        """There is no window system to enable."""

    def _showtraceback(self, etype: Any, evalue: Any, stb: Any) -> None:
        self.outputs.append(_output("error", ename=etype.__name__, evalue=str(evalue), traceback=list(stb)))

    def run(self, cell: Any) -> bool:
        """Run a code cell and give it its outputs; return whether it went well."""
        self.outputs.clear()
        before = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = _Stream("stdout", self.outputs), _Stream("stderr", self.outputs)
        cell.execution_count = self.execution_count
        ours = _figures()
        try:
            with ours.unchecked() if ours else nullcontext():
                done = self.run_cell(cell.source, store_history=True)  # type: ignore[no-untyped-call]
        finally:
            sys.stdout, sys.stderr = before
        cell.outputs = list(self.outputs)
        return bool(done.success)


class InProcess(Engine):  # type: ignore[misc]
    """Runs the cells of a notebook in a shell of this process.

    Figures of ours are not held against Vega-Lite's schema here, as tests do that; it takes as long as making them.
    """

    #: The shell of the last run, whose `user_ns` has the names that the notebook defined.
    shell: Shell | None = None

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **_: Any) -> None:
        """Run every code cell in order, up to the first that fails."""
        InteractiveShell.clear_instance()
        cls.shell = shell = Shell.instance()
        nb_man.nb.metadata["language_info"] = dict(IPythonKernel.language_info)
        for index, cell in enumerate(nb_man.nb.cells):
            nb_man.cell_start(cell, index)
            try:
                if cell.cell_type == "code" and cell.source.strip() and not shell.run(cell):
                    nb_man.cell_exception(cell, cell_index=index)
                    break
            finally:
                nb_man.cell_complete(cell, cell_index=index)


papermill_engines.register(NAME, InProcess)
