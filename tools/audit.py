"""Known vulnerabilities of what is pinned, by pip-audit; what its database does not know is not taken for sound."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

#: Exit statuses: something is known, and it could not be found out.
FOUND, NOT_ASKED = 1, 2


def audited(pins: Path, folder: Path) -> tuple[int, list[str]]:
    """Return the exit status for a file of pins, and what to say of it."""
    report = folder / "audit.json"
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(pins), "--require-hashes", "--disable-pip"]
    done = subprocess.run(
        [*command, "--progress-spinner", "off", "--format", "json", "--output", str(report)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        packages = json.loads(report.read_text(encoding="utf-8"))["dependencies"]
    except (OSError, ValueError, KeyError):
        last = (done.stdout.strip().splitlines() or ["no word"])[-1]
        return NOT_ASKED, [f"{pins.name}: nothing was audited, the database could not be reached: {last[:200]}"]
    return judged(pins.name, packages)


def judged(name: str, packages: list[dict[str, object]]) -> tuple[int, list[str]]:
    """Return the exit status and the sentences for what pip-audit reports of the packages of a file."""
    said = []
    for package in packages:
        for found in package.get("vulns") or []:  # type: ignore[attr-defined]
            fixed = ", ".join(found["fix_versions"]) or "no version yet"
            said.append(f"{name}: {package['name']} {package['version']} has {found['id']}, mended in {fixed}")
    skipped = [str(package["name"]) for package in packages if package.get("skip_reason")]
    status = FOUND if said else 0
    if skipped or not packages:
        status = status or NOT_ASKED
        some = ", ".join(skipped[:3]) + (", ..." if len(skipped) > 3 else "")
        said.append(
            f"{name}: {len(skipped)} of {len(packages)} packages were not audited, the database has no answer: {some}"
        )
    elif not said:
        said.append(f"{name}: nothing known of its {len(packages)} packages")
    return status, said


def main(files: list[str]) -> int:
    """Audit each file and print a line for each finding; 1 if anything is known, 2 if it could not be found out."""
    statuses = set()
    with tempfile.TemporaryDirectory() as folder:
        for file in files:
            status, said = audited(Path(file), Path(folder))
            statuses.add(status)
            print(*said, sep="\n", flush=True)
    return FOUND if FOUND in statuses else max(statuses, default=0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
