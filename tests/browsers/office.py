"""LibreOffice for tests: a workbook recalculated from its formulas alone, and cells changed as a person would."""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

NAMESPACE = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
#: Always recalculate on loading, whatever values the file brings.
SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse">
<value>0</value></prop></item></oor:items>
"""
#: Comma, double quote, UTF-8, from line 1; raw numbers in plain notation; every sheet into a file of its own.
EVERY_SHEET = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1"


def recalculated(workbook: bytes, folder: Path) -> dict[str, list[list[str]]]:
    """Return the cells of every sheet after LibreOffice has recalculated all formulas; skips where there is none."""
    return all_recalculated({"book": workbook}, folder)["book"]


def all_recalculated(workbooks: dict[str, bytes], folder: Path) -> dict[str, dict[str, list[list[str]]]]:
    """Return the same of several workbooks by name, in one run of LibreOffice; no name has a hyphen."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        pytest.skip("no LibreOffice on this machine; on Debian: apt install libreoffice-calc-nogui")
    profile = folder / "profile" / "user"
    profile.mkdir(parents=True, exist_ok=True)
    (profile / "registrymodifications.xcu").write_text(SETTINGS, encoding="utf-8")
    sources, out = [folder / f"{name}.xlsx" for name in workbooks], folder / "sheets"
    for source, workbook in zip(sources, workbooks.values(), strict=True):
        source.write_bytes(workbook)
    shutil.rmtree(out, ignore_errors=True)
    command = [program, f"-env:UserInstallation={profile.parent.as_uri()}", "--headless", "--convert-to", EVERY_SHEET]
    done = subprocess.run(
        [*command, "--outdir", str(out), *map(str, sources)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0 and out.is_dir(), done.stderr
    found: dict[str, dict[str, list[list[str]]]] = {name: {} for name in workbooks}
    for path in out.glob("*.csv"):
        name, _, sheet = path.stem.partition("-")
        found[name][sheet] = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
    assert all(found.values()), done.stdout
    return found


def sheets(workbook: bytes) -> dict[str, str]:
    """Return the name of every sheet with the path of its part."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        root = ElementTree.fromstring(archive.read("xl/workbook.xml"))
    names = [str(sheet.get("name")) for sheet in root.findall("m:sheets/m:sheet", NAMESPACE)]
    return {name: f"xl/worksheets/sheet{number}.xml" for number, name in enumerate(names, start=1)}


def cells(workbook: bytes, sheet: str) -> dict[str, tuple[str, str]]:
    """Return each cell of a sheet as (formula, value as it is in the file), before anybody recalculates."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        shared = [
            "".join(t.text or "" for t in item.iter(f"{{{NAMESPACE['m']}}}t"))
            for item in ElementTree.fromstring(archive.read("xl/sharedStrings.xml"))
        ]
        root = ElementTree.fromstring(archive.read(sheets(workbook)[sheet]))
    found = {}
    for cell in root.iter(f"{{{NAMESPACE['m']}}}c"):
        formula = cell.findtext("m:f", "", NAMESPACE)
        value = cell.findtext("m:v", "", NAMESPACE)
        found[str(cell.get("r"))] = (formula, shared[int(value)] if cell.get("t") == "s" else value)
    return found


def changed(workbook: bytes, sheet: str, cell: str, value: float) -> bytes:
    """Return the workbook with a number typed into a cell, all other cells with the values that they had."""
    out, part = io.BytesIO(), sheets(workbook)[sheet]
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == part:
                pattern = rf'<c r="{cell}"( s="\d+")?(?: t="\w+")?(?:/>|>.*?</c>)'
                text, times = re.subn(pattern, rf'<c r="{cell}"\1><v>{value!r}</v></c>', content.decode(), count=1)
                assert times == 1, f"no cell {cell}"
                content = text.encode()
            new.writestr(name, content)
    return out.getvalue()
