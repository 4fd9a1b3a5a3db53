"""What is fetched: pins with hashes, licences that are known and permitted, an audit that says what it did not do."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from tools import audit, licences

ROOT = Path(__file__).resolve().parents[2]
PINS = sorted(path.name for path in ROOT.glob("constraints*.txt"))
NAMES = sorted({canonicalize_name(pin.name) for pin in licences.pinned(ROOT / "constraints.txt")})


@pytest.mark.parametrize("file", PINS)
def test_every_pin_has_the_hashes_of_its_files(file):
    lines = [line for line in (ROOT / file).read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    blocks = "\n".join(lines).replace("\\\n", "").splitlines()
    for block in blocks:
        pin, _, hashes = block.partition(" --hash=")
        assert re.fullmatch(r"[a-z0-9.-]+==[^\s;=]+( ; [a-z_]+ .+)?", pin.strip()), pin
        digests = re.findall(r"sha256:([0-9a-f]{64})(?= |$)", hashes)
        assert digests and len(digests) == len(set(digests)) == hashes.count("sha256:"), pin
    assert len({block.partition("==")[0] for block in blocks}) == len(blocks) > 5
    assert "pip" in {block.partition("==")[0] for block in blocks}


def test_setup_installs_by_hash_and_builds_without_fetching():
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8").partition("define install")[2].partition("endef")[0]
    installs = re.findall(r"\$\$pip install (.*?) 2>&1", recipe)
    assert len(installs) == 3 and 'pinned="--no-deps --require-hashes"' in recipe
    assert all("$$pinned -r" in line for line in installs[:2])
    assert {"--no-deps", "--no-build-isolation", "--no-index"} <= set(installs[2].split())


def test_a_file_with_another_hash_is_refused(tmp_path):
    """pip, told as `make setup` tells it, takes the file that was pinned and no other of the same name and version."""

    wheel = tmp_path / "thing-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as out:
        out.writestr("thing.py", "")
        out.writestr("thing-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: thing\nVersion: 1.0\n")
        out.writestr("thing-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        out.writestr("thing-1.0.dist-info/RECORD", "")

    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    done = {}
    for name, given in {"right": digest, "wrong": "0" * 64}.items():
        pins = tmp_path / f"{name}.txt"
        pins.write_text(f"thing==1.0 \\\n    --hash=sha256:{given}\n")
        flags = ["--no-deps", "--require-hashes", "--no-index", "--disable-pip-version-check", "--no-input"]
        command = [sys.executable, "-m", "pip", "install", *flags, "--find-links", str(tmp_path), "-r", str(pins)]
        ran = subprocess.run([*command, "--target", str(tmp_path / name)], capture_output=True, text=True, timeout=120)
        done[name] = ran.returncode, (tmp_path / name / "thing.py").is_file(), ran.stderr
    assert done["right"][:2] == (0, True), done["right"]
    assert done["wrong"][:2] == (1, False) and "DO NOT MATCH THE HASHES" in done["wrong"][2]


def test_every_pinned_package_has_a_licence_that_is_permitted():
    listed = licences.kept()
    assert sorted(listed) == NAMES, "the list of licences is not that of the pins: make licences"
    bad = {name: row["licence"] for name, row in listed.items() if not licences.permitted(row["licence"])}
    assert bad == {}


def test_what_is_installed_says_of_its_licence_what_the_list_says():
    listed = licences.kept()
    said = {name: licences.says(name) for name in NAMES}
    other = {n: (text, listed[n]["says"]) for n, text in said.items() if text is not None and text != listed[n]["says"]}
    assert other == {}, "look at the licence again, then: make licences"
    assert sum(text is not None for text in said.values()) > 0.9 * len(NAMES)  # the others are for other systems
    assert all(row["says"] for row in listed.values())


@pytest.mark.parametrize(
    "expression",
    ["", "GPL-3.0-only", "AGPL-3.0-or-later", "MIT AND GPL-3.0-only", "BSD License",
     "(MIT OR GPL-3.0-only) AND SSPL-1.0",
     "GPL-2.0-or-later OR AGPL-3.0-only", "LicenseRef-Proprietary", "MIT AND", "GPL-3.0-only WITH GCC-exception-3.1"],
)  # fmt: skip
def test_licences_that_are_not_permitted(expression):
    assert not licences.permitted(expression)


def test_an_audit_takes_nothing_unknown_for_sound():
    sound = {"name": "a", "version": "1", "vulns": []}
    skipped = {"name": "b", "skip_reason": "not found"}
    found = {"name": "c", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2", "3"]}]}
    assert audit.judged("pins", [sound, sound]) == (0, ["pins: nothing known of its 2 packages"])
    status, said = audit.judged("pins", [sound, skipped])
    assert status == audit.NOT_ASKED and "1 of 2 packages were not audited" in said[0] and "b" in said[0]
    status, said = audit.judged("pins", [found, skipped])
    assert status == audit.FOUND and said[0] == "pins: c 1 has CVE-1, mended in 2, 3" and len(said) == 2
    assert audit.judged("pins", [])[0] == audit.NOT_ASKED


def test_an_audit_that_reaches_nothing_says_so(tmp_path, monkeypatch, capsys):
    outcome = subprocess.CompletedProcess([], 1, stdout="Traceback ...\nConnectionError: no way to the database")
    monkeypatch.setattr(audit.subprocess, "run", lambda *_, **__: outcome)
    assert audit.main(["constraints.txt"]) == audit.NOT_ASKED
    assert "could not be reached: ConnectionError: no way to the database" in capsys.readouterr().out

    def answered(command, **_):
        Path(command[command.index("--output") + 1]).write_text(
            json.dumps({"dependencies": [{"name": "a", "vulns": []}]})
        )
        return subprocess.CompletedProcess([], 0, stdout="")

    monkeypatch.setattr(audit.subprocess, "run", answered)
    assert audit.main(["constraints.txt"]) == 0
