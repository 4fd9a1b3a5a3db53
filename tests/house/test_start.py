"""What a start imports: each command what it needs, and no more. Nothing here is timed; `benchmarks/startup.py` is."""

from __future__ import annotations

import subprocess
import sys

import pytest

#: Runs the command line, or code, and then says which packages it imported.
WATCHED = """
import atexit, sys
def told():
    print("\\n" + " ".join(sorted({name.partition(".")[0] for name in sys.modules} & {WATCHES})), file=sys.stderr)
atexit.register(told)
"""
#: Packages that take a while to import, or that only some commands have a use for.
HEAVY = {
    *("numpy", "pandas", "scipy", "pint", "pydantic", "rich", "yaml", "jinja2", "statsmodels"),
    *("altair", "tornado", "papermill", "nbconvert", "nbformat", "xlsxwriter", "weasyprint", "capacity", "pricing"),
}
SMALL = ("data/workloads/example-100mib.yaml", "--platform", "kinesis-provisioned")
MODEL = {"numpy", "pydantic", "yaml", "capacity", "pricing"}


def imported(code: str) -> set[str]:
    """The heavy packages that a process has imported at its end."""
    code = WATCHED.replace("{WATCHES}", repr(HEAVY)) + code
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(run.stderr.splitlines()[-1].split())


def of_command(*arguments: str) -> set[str]:
    return imported(f"from streamplan.cli import main; main({list(arguments)!r})")


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["compare", "--help"], ["report", "--help"]])
def test_help_and_version_import_nothing_of_the_model(arguments):
    assert of_command(*arguments) == set()


def test_a_comparison_imports_no_table_library():
    answered = MODEL | {"scipy"}  # the odds behind an answer are drawn; a bare figure needs none
    assert of_command("compare", *SMALL, "--bare") == MODEL
    assert of_command("compare", *SMALL) == answered
    assert of_command("compare", *SMALL, "--json") == answered


@pytest.mark.parametrize(
    "arguments",
    [["platforms", "--json"], ["workloads"], ["size", *SMALL, "--json"], ["explain", *SMALL, "--json"]],
    ids=lambda arguments: arguments[0],
)
def test_commands_that_hand_out_no_table_import_none(arguments):
    assert not {"pandas", "scipy", "pint", "rich", "jinja2", "altair"} & of_command(*arguments)


def test_import_capacity_waits_until_it_is_asked():
    assert imported("import capacity, pricing, streamplan, streamfacts") == {"capacity", "pricing"}
    asked = imported(
        "from capacity import Workload, size\n"
        "w = Workload(write='250 MB/s', message='1 KiB', retention='36 h')\n"
        "size(w, 'msk-standard', machine='kafka.m7g.large')"
    )
    assert asked == MODEL - {"pricing", "yaml"}
