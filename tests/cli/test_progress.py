"""How far a long work is: told by its loops to a terminal, by no child, and to nobody who did not ask."""

from __future__ import annotations

import os
import sys

import pytest

from streamplan.cli import progress
from streamplan.cli.progress import Bar, shown_progress
from streamplan.runtime.cores import on_cores, shared_empty
from streamplan.runtime.progress import counted, listening, stage


def told(work):
    said = []
    with listening(lambda *args: said.append(args)):
        work()
    return said


def test_a_loop_that_is_left_early_ends_what_it_tells():
    def leave():
        for item in counted([1, 2, 3], "offers"):
            if item == 2:
                break

    def fail():
        for _ in counted([1], "offers"):
            raise ValueError

    assert told(leave) == [("offers", 0, 3), ("offers", 1, 3), (None, 1, 3)]
    with pytest.raises(ValueError):
        told(fail)
    assert list(counted([1, 2], "offers")) == [1, 2]


def test_a_stage_is_told_and_ended():
    def work():
        with stage("samples"):
            pass

    assert told(work) == [("samples", 0, 0), (None, 0, 0)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no forked children here")
def test_children_tell_nothing_and_work_is_all_done(monkeypatch):
    monkeypatch.setattr("streamplan.runtime.cores.cores", lambda: 2)
    done = shared_empty((5,))
    pid = os.getpid()
    said = []

    def fill(i):
        done[i] = 1

    with listening(lambda *args: said.append((os.getpid(), *args))):
        on_cores(fill, range(5), forked=True, what="offers")
    assert done.sum() == 5 and {one[0] for one in said} == {pid}
    assert [one[1:] for one in said] == [("offers", 0, 3), ("offers", 1, 3), ("offers", 2, 3), (None, 3, 3)]


def test_a_bar_appears_on_a_terminal_alone_and_leaves_nothing(monkeypatch, capsys):
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    with shown_progress():
        list(counted([1, 2], "Costs"))
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    with shown_progress():
        list(counted([1, 2], "Costs"))
    out, err = capsys.readouterr()
    assert out == ""
    assert "Costs" in err and "0/2" in err and err.rstrip().endswith("\x1b[2K")


def test_what_is_quick_shows_no_bar(monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE", 60.0)
    bar = Bar()
    monkeypatch.setattr(progress, "_started", lambda *_: pytest.fail("shown at once"))
    bar("Costs", 0, 2)
    bar("Costs", 1, 2)
    bar(None, 2, 2)
