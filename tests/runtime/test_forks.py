"""Notebooks in forked children: the cells of bare papermill, each from a clean state; children that fail or die."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import nbformat
import papermill
import pytest

from streamplan.runtime import drawing, forks
from streamplan.runtime import notebook_runs as notebooks

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")


def outcomes(tasks, at_once=2):
    return {o.number: o for o in forks.run_forked(tasks, at_once)}


def test_values_come_back_by_number():
    found = outcomes([lambda place, n=n: n * n for n in range(7)])
    assert {n: o.value for n, o in found.items()} == {n: n * n for n in range(7)}


def test_two_children_are_never_in_one_place(tmp_path):
    def task(place):
        mark = tmp_path / str(place)
        mark.mkdir()  # fails if somebody else is in this place
        time.sleep(0.02)
        mark.rmdir()
        return place

    found = outcomes([task] * 6, at_once=3)
    assert all(o.error is None for o in found.values())
    assert {o.value for o in found.values()} <= {0, 1, 2}


def test_a_child_leaves_nothing_behind():
    def task(place):
        before = os.environ.get("LEFT_BEHIND"), getattr(json, "left_behind", None)
        os.environ["LEFT_BEHIND"] = json.left_behind = "yes"
        return before

    assert {o.value for o in outcomes([task] * 4).values()} == {(None, None)}
    assert "LEFT_BEHIND" not in os.environ and not hasattr(json, "left_behind")


def test_an_error_comes_back_and_the_others_go_on():
    def fails(place):
        raise ValueError("of this one")

    found = outcomes([fails, lambda place: "fine"])
    assert isinstance(found[0].error, ValueError) and str(found[0].error) == "of this one"
    assert found[1].value == "fine"


def test_a_killed_child_is_an_error_of_its_own():
    found = outcomes([lambda place: os.kill(os.getpid(), signal.SIGKILL), lambda place: "fine"])
    assert isinstance(found[0].error, forks.ChildDied) and "signal 9" in str(found[0].error)
    assert found[1].value == "fine"


def test_an_error_that_cannot_travel_is_told_in_words():
    def fails(place):
        raise type("Odd", (Exception,), {})("of a class that nobody can find")

    (outcome,) = outcomes([fails]).values()
    assert "Odd: of a class" in str(outcome.error)


def test_children_end_when_the_parent_stops_early():
    pids = []
    run = forks.run_forked([lambda place: os.getpid(), lambda place: time.sleep(60), lambda place: time.sleep(60)], 3)
    pids.append(next(run).value)
    run.close()
    with pytest.raises(ChildProcessError):  # none is left, not even unwaited for
        os.waitpid(-1, os.WNOHANG)


def test_a_process_with_threads_does_not_fork():
    import threading

    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        assert not forks.can_fork()
    finally:
        stop.set()
        thread.join()


# ----------------------------------------------------------------------------------------------- the cells of papermill

CELLS = [
    ("parameters", "a: int = 1  # first [1]\nb: list = []  # second"),
    ("", "print('out'); print('more')\nimport sys\nprint('err', file=sys.stderr)\na * 2"),
    ("", "from IPython.display import HTML, display\ndisplay(HTML('<b>x</b>')); print('between'); display(1)\n'last'"),
    ("", "import pandas as pd\npd.DataFrame({'x': [1, 2]})"),
    ("", "quiet = 3;\nquiet;"),
    (
        "",
        "class Both:\n    __repr__ = lambda self: 'both'\n"
        "    def _repr_mimebundle_(self, **k):\n        return {'text/html': 'h'}\nBoth()",
    ),
    ("", "from IPython.display import Image\nImage(data=b'\\x89PNG\\r\\n\\x1a\\n' + bytes(30), format='png')"),
    ("", ""),
    ("", "import __main__\n(__name__, __main__.a, _, In[2][:5], b)"),
    ("", "await __import__('asyncio').sleep(0, 'awaited')"),
]


def write(path, cells):
    made = [nbformat.v4.new_code_cell(source, id=f"c{i}") for i, (_, source) in enumerate(cells)]
    for cell, (tag, _) in zip(made, cells, strict=True):
        cell.metadata["tags"] = [tag] if tag else []
    made.insert(2, nbformat.v4.new_markdown_cell("# A title", id="title"))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    nbformat.write(nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": kernel}), path)
    return path


def compared(executed):
    """All of a notebook but what no two runs share: times, and the random id of the injected cell."""
    document = json.loads(nbformat.writes(executed))
    for where in (document, *document["cells"]):
        for name in ("start_time", "end_time", "duration"):
            where["metadata"]["papermill"].pop(name)
        where["metadata"].pop("execution", None)
    for cell in document["cells"]:
        if "injected-parameters" in cell["metadata"].get("tags", []):
            cell.pop("id")
        streams = [o for o in cell.get("outputs", []) if o["output_type"] == "stream"]
        cell["outputs"] = [o for o in cell.get("outputs", []) if o["output_type"] != "stream"]
        cell["streams"] = {
            n: "".join("".join(o["text"]) for o in streams if o["name"] == n) for n in ("stdout", "stderr")
        }
    return document


def forked(path, parameters):
    drawer = drawing.Drawer()

    def task(place):
        return nbformat.writes(notebooks.run_here(path, parameters, drawer)[0])

    try:
        (outcome,) = forks.run_forked([task], 1)
    finally:
        drawer.close()
    if outcome.error:
        raise outcome.error
    return nbformat.reads(outcome.value, as_version=4)


def bare(path, parameters):
    return papermill.execute_notebook(str(path), None, parameters=parameters, progress_bar=False)


def test_every_kind_of_output_is_that_of_bare_papermill(tmp_path):
    path = write(tmp_path / "kinds.ipynb", CELLS)
    parameters = {"a": 21, "b": ["<", '"']}
    assert compared(forked(path, parameters)) == compared(bare(path, parameters))


def test_the_report_is_that_of_bare_papermill():
    path = notebooks.notebook_path("compare-platforms")
    parameters = {"workload": "example-100mib", "platforms": ["msk-express", "kinesis-provisioned"], "on": "2026-11-23"}
    ours, theirs = compared(forked(path, parameters)), compared(bare(path, parameters))
    assert [c["outputs"] for c in ours["cells"]] == [c["outputs"] for c in theirs["cells"]]
    assert ours == theirs


def test_a_failing_cell_fails_as_in_papermill(tmp_path):
    path = write(tmp_path / "fails.ipynb", [*CELLS[:2], ("", "1 / 0"), ("", "print('never')")])
    for run in (forked, bare):
        with pytest.raises(papermill.PapermillExecutionError) as error:
            run(path, {"a": 2})
        assert (error.value.ename, error.value.evalue) == ("ZeroDivisionError", "division by zero")
        assert error.value.cell_index == 4 and error.value.exec_count == 4


def test_each_notebook_starts_from_a_clean_state(tmp_path):
    cells = [
        ("parameters", "a: int = 1  # first"),
        ("", "import json, streamfacts.words\nprint('seen' in globals(), hasattr(json, 'seen'), len(In))"),
        ("", "seen = json.seen = True\nstreamfacts.words.money = None"),
    ]
    path = write(tmp_path / "state.ipynb", cells)
    first, second = forked(path, {"a": 1}), forked(path, {"a": 1})
    assert compared(first)["cells"][2]["streams"]["stdout"] == compared(second)["cells"][2]["streams"]["stdout"]
    assert "False False" in compared(second)["cells"][2]["streams"]["stdout"]
    from streamfacts import words

    assert words.money is not None and not hasattr(json, "seen")
    assert sys.modules["__main__"].__dict__.get("seen") is None


SPECIFICATION = {
    "data": {"values": [{"x": 1}]},
    "mark": "point",
    "encoding": {"x": {"field": "x", "type": "quantitative"}},
}
#: A process that has drawn already, whose engine has threads that a fork does not have.
DRAWN = """
import json, sys
from streamplan.runtime import drawing
from streamplan.runtime import notebook_runs as notebooks
drawing.svg(json.loads(sys.argv[1]))
done = notebooks.run(notebooks.notebook_path("explore"), None, {"on": "2026-11-23"}, progress=False)
print(sum("output" in str(cell.get("outputs")) for cell in done.cells))
"""


def test_a_notebook_of_a_process_that_has_drawn_draws_elsewhere():
    command = [sys.executable, "-c", DRAWN, json.dumps(SPECIFICATION)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=240)
    assert int(done.stdout) > 3


def test_children_share_a_drawing_process():
    drawer = drawing.Drawer()

    def task(place):
        drawing.use(drawer)
        return drawing.svg(SPECIFICATION)

    try:
        found = outcomes([task] * 4)
    finally:
        drawer.close()
    assert all(o.error is None for o in found.values())
    assert len({o.value for o in found.values()}) == 1 and found[0].value.startswith("<svg")


def test_what_the_engine_says_comes_back_and_an_ended_one_is_told():
    drawer = drawing.Drawer()
    with pytest.raises(RuntimeError, match="conversion failed"):
        drawer.ask({"mark": 7}).answer()
    drawer.close()
    with pytest.raises((drawing.DrawerEnded, OSError)):
        drawer.ask(SPECIFICATION).answer()
    ended = drawing.Drawer()
    ended._process.kill()
    ended._process.wait()
    with pytest.raises(drawing.DrawerEnded):
        ended.ask(SPECIFICATION).answer()
    ended.close()
