"""Files are written whole or not at all; what goes wrong is one line; what a kill has left is swept by the next."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from streamfacts import files
from streamfacts.errors import NotWritten
from streamplan.reports.batch_store import Folder

WORKLOAD = "example-100mib"
HISTORY = Path(__file__).resolve().parents[2] / "examples" / "histories" / "synthetic-daily.csv"


def tree(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.fixture
def full(monkeypatch):
    """A disk that takes so many more bytes."""
    write = os.write

    def set_room(bytes_):
        left = [bytes_]

        def limited(handle, data):
            if left[0] <= 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            done = write(handle, bytes(data[: left[0]]))
            left[0] -= done
            return done

        monkeypatch.setattr(files.os, "write", limited)

    return set_room


@pytest.mark.parametrize("room", [0, 1, 4999])
def test_a_full_disk_leaves_nothing(tmp_path, full, room):
    full(room)
    with pytest.raises(NotWritten, match=r"new/far/out\.txt cannot be written: No space left on device"):
        files.write_whole(tmp_path / "new" / "far" / "out.txt", "x" * 5000)
    assert tree(tmp_path) == []


def test_a_full_disk_leaves_what_was_there(tmp_path, full):
    (tmp_path / "a.txt").write_text("old a")
    full(7)
    with pytest.raises(NotWritten, match=r"b\.txt cannot be written"):
        files.write_all({tmp_path / "a.txt": "new a", tmp_path / "b.txt": "new b"})
    assert tree(tmp_path) == ["a.txt"] and (tmp_path / "a.txt").read_text() == "old a"
    full(10**6)
    assert files.write_all({tmp_path / "a.txt": "new a", tmp_path / "b.txt": b"new b"}) == [
        tmp_path / "a.txt", tmp_path / "b.txt",
    ]  # fmt: skip
    assert tree(tmp_path) == ["a.txt", "b.txt"] and (tmp_path / "b.txt").read_text() == "new b"


def test_places_that_cannot_be_written_are_named_with_the_reason(tmp_path):
    (tmp_path / "file").write_text("kept")
    cases = {
        tmp_path / "file" / "x": "Not a directory", tmp_path: "it is a folder",
        tmp_path / ("x" * 300): "File name too long",
        Path("/dev/null/x"): "Not a directory", tmp_path / "a\0b": "null",
    }  # fmt: skip
    if Path("/dev/full").exists():
        cases[Path("/dev/full")] = "No space left on device"
    for place, reason in cases.items():
        with pytest.raises(NotWritten) as caught:
            files.write_whole(place, "text")
        assert reason in str(caught.value) and "\n" not in str(caught.value) and caught.value.exit_status == 2
    assert tree(tmp_path) == ["file"] and (tmp_path / "file").read_text() == "kept"


def test_links_are_followed_modes_kept_and_pipes_written_to(tmp_path):
    (tmp_path / "real").write_text("old")
    (tmp_path / "real").chmod(0o600)
    (tmp_path / "link").symlink_to("real")
    files.write_whole(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real").read_text() == "new"
    assert (tmp_path / "real").stat().st_mode & 0o777 == 0o600
    os.mkfifo(tmp_path / "pipe")
    read = []
    reader = threading.Thread(target=lambda: read.append((tmp_path / "pipe").read_text()))
    reader.start()
    files.write_whole(tmp_path / "pipe", "through")
    reader.join(30)
    assert read == ["through"] and not (tmp_path / "pipe").is_file()


KILLED = """
import os, signal, sys
from streamfacts import files
fsync = os.fsync
files.os.fsync = lambda handle: (fsync(handle), print("aside", flush=True), signal.pause())
files.write_whole(sys.argv[1], "half" * 1000)
"""


def test_what_a_killed_process_left_is_swept_and_what_a_living_one_holds_is_not(tmp_path):
    running = [
        subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path / "out.txt")], stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    for process in running:
        assert process.stdout.readline() == b"aside\n"
    (tmp_path / ".out.txt.notes").write_text("of somebody else")
    running[0].send_signal(signal.SIGKILL)
    running[0].wait(30)
    assert len(tree(tmp_path)) == 3
    files.write_whole(tmp_path / "out.txt", "whole")
    left = tree(tmp_path)
    assert (
        len(left) == 3 and {".out.txt.notes", "out.txt"} < set(left) and (tmp_path / "out.txt").read_text() == "whole"
    )
    running[1].send_signal(signal.SIGKILL)
    running[1].wait(30)
    files.write_whole(tmp_path / "out.txt", "whole")
    assert tree(tmp_path) == [".out.txt.notes", "out.txt"]
    for process in running:
        process.stdout.close()


def test_scratch_folders_of_killed_runs_are_swept(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "streamplan-notes").mkdir()
    (tmp_path / f"{files.SCRATCH}abc" / "deep").mkdir(parents=True)  # nobody holds it
    with files.scratch_folder() as mine:
        (mine / "page.html").write_text("x")
        with files.scratch_folder() as other:
            assert tree(tmp_path) == sorted(["streamplan-notes", mine.name, f"{mine.name}/page.html", other.name])
        child = os.fork()
        if child == 0:
            os._exit(len(files._held))  # a child holds none
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert tree(tmp_path) == ["streamplan-notes"]


def test_no_place_for_a_scratch_folder(monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", "/dev/null/none")
    with pytest.raises(NotWritten, match="Not a directory"), files.scratch_folder():
        pass


def test_a_store_names_what_it_cannot_write(tmp_path, monkeypatch):
    with Folder(tmp_path).opened() as store:
        store.write("reports/a.html", "old")

        def no_space(handle):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(os, "fsync", no_space)
        with pytest.raises(NotWritten, match=r"reports/a\.html cannot be written: No space left on device"):
            store.write("reports/a.html", "new")
        assert not [path for path in (tmp_path / ".streamplan" / "unfinished").iterdir()]
    assert (tmp_path / "reports" / "a.html").read_text() == "old"


# ------------------------------------------------------------------------------------------------------ as commands


def told(*arguments, **changes):
    """Status, output and error of a command."""
    command = [sys.executable, "-m", "streamplan", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=os.environ | changes)
    return done.returncode, done.stdout, done.stderr


def test_a_batch_on_a_full_disk_leaves_whole_reports_only_and_goes_on(tmp_path, monkeypatch):
    """The second report does not fit any more: the first stays, nothing of the second does, the next run makes that."""
    from streamplan.reports import batch

    portfolio = tmp_path / "portfolio.csv"
    portfolio.write_text("name,workload\na,example-100mib\nb,example-100mib\n")
    made = []

    def reports(todo, paths, *_):
        for row, key in todo:
            made.append(row.name)
            yield row, key, ({"html": f"page of {row.name}", "json": "{}"}, {"status": "feasible"})

    write = Folder.write

    def small(self, name, content):
        if name == "reports/b.json":
            raise NotWritten(self.root / name, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
        write(self, name, content)

    monkeypatch.setattr(batch, "_made", reports)
    monkeypatch.setattr(batch, "_finish", lambda *_: None)
    monkeypatch.setattr(Folder, "write", small)
    with pytest.raises(NotWritten, match=r"reports/b\.json cannot be written: No space left"):
        batch.run_batch(portfolio, tmp_path / "out", formats=["html"], progress=False)
    assert [name for name in tree(tmp_path / "out") if not name.startswith(".")] == [
        "reports", "reports/a.html", "reports/a.json", "reports/a.yaml",
    ]  # fmt: skip
    assert not (tmp_path / "out" / ".streamplan" / "b.json").exists()
    monkeypatch.setattr(Folder, "write", write)
    batch.run_batch(portfolio, tmp_path / "out", formats=["html"], progress=False)
    assert made == ["a", "b", "b"] and (tmp_path / "out" / "reports" / "b.html").read_text() == "page of b"


PORTFOLIOS = {"chargeback": ("name,team,write,retention", "a,one,10 MB/s,1 d")}


@pytest.mark.parametrize(
    "arguments",
    [
        ("guardrails", WORKLOAD, "--platform", "msk-express", "--out"),
        ("report", WORKLOAD, "--platform", "msk-express", "--format", "html", "--out"),
        ("decide", WORKLOAD, "--out"),
        ("batch", "{portfolio}", "--out"),
        ("chargeback", "{portfolio}", "--platform", "msk-express", "--focus"),
    ],
)
def test_a_folder_that_cannot_be_made_is_one_line(tmp_path, arguments):
    portfolio = tmp_path / "portfolio.csv"
    columns, row = PORTFOLIOS.get(arguments[0], ("name,workload", "a,example-100mib"))
    portfolio.write_text(f"{columns}\n{row}\n")
    (tmp_path / "file").write_text("kept")
    given = [word.format(portfolio=portfolio) for word in arguments]
    status, out, error = told(*given, tmp_path / "file" / "out")
    assert status == 2 and out == ""
    assert error.count("\n") == 1 and error.startswith("streamplan: ") and str(tmp_path / "file" / "out") in error
    assert tree(tmp_path) == ["file", "portfolio.csv"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_standard_output_on_a_full_disk_is_said():
    for arguments in (
        ("platforms",),
        ("guardrails", WORKLOAD, "--platform", "msk-express"),
    ):
        with open("/dev/full", "w") as nowhere:
            command = [sys.executable, "-m", "streamplan", *arguments]
            done = subprocess.run(command, stdout=nowhere, stderr=subprocess.PIPE, text=True, timeout=300)
        assert (done.returncode, done.stderr) == (2, "streamplan: standard output: No space left on device\n")


def test_without_a_home_a_cache_or_an_output():
    places = {"HOME": "/dev/null", "XDG_CACHE_HOME": "/dev/null/cache", "IPYTHONDIR": "/dev/null/ipython"}
    status, out, error = told("compare", WORKLOAD, "--json", **places)
    assert status == 0 and json.loads(out) and error == ""
    command = f'"{sys.executable}" -m streamplan platforms >&-'
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")


KILLED_BATCH = """
import signal, sys
from streamplan.reports import batch
batch._made = lambda *_: (print("at work", flush=True), signal.pause())
batch.run_batch(sys.argv[1], sys.argv[2], formats=["html"], progress=False)
"""


def test_a_killed_batch_leaves_nothing_that_the_next_does_not_sweep(tmp_path, monkeypatch):
    from streamplan.reports import batch

    portfolio, out, scratch = tmp_path / "portfolio.csv", tmp_path / "out", tmp_path / "tmp"
    scratch.mkdir()
    portfolio.write_text("name,workload\na,example-100mib\n")
    command = [sys.executable, "-c", KILLED_BATCH, str(portfolio), str(out)]
    process = subprocess.Popen(command, env=os.environ | {"TMPDIR": str(scratch)}, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"at work\n"
    process.send_signal(signal.SIGKILL)
    process.wait(60)
    process.stdout.close()
    (out / ".streamplan" / "unfinished" / "reports~a.html").write_text("half")
    assert tree(scratch)
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    monkeypatch.setattr(batch, "_made", lambda todo, *_: ((*row, ({"html": "page"}, {})) for row in todo))
    monkeypatch.setattr(batch, "_finish", lambda *_: None)
    batch.run_batch(portfolio, out, formats=["html"], progress=False)
    assert tree(scratch) == [] and not (out / ".streamplan" / "unfinished").exists()
    assert tree(out / "reports") == ["a.html", "a.yaml"]
