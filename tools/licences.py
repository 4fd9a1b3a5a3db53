"""The licences of all pinned packages: what each says of itself, and which licence that is, by its SPDX name.

`docs/reference/licences.csv` is kept by hand where a package does not say it in SPDX; a package that says something
else than it did must be looked at again. `make licences` adds packages that are new and drops those that are gone.
"""

from __future__ import annotations

import csv
import importlib.metadata
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
LIST = ROOT / "docs" / "reference" / "licences.csv"
FIELDS = ("package", "licence", "says")
#: Licences under which a package may be used and passed on beside ours. LGPL only as a library that is installed on its
#: own; of several that are offered one of these must be among them.
PERMITTED = frozenset({
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "LGPL-2.1-or-later", "MIT", "MIT-0",
    "MIT-CMU", "MPL-1.1", "MPL-2.0", "PSF-2.0", "Unlicense", "Zlib", "LicenseRef-Public-Domain",
})  # fmt: skip
#: What the environments beside ours hold is not part of the list.
PINS = ROOT / "constraints.txt"


def pinned(path: Path) -> Iterator[Requirement]:
    """Yield the pins of a file, without their hashes."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and line[0] not in "# ":
            yield Requirement(line.rstrip(" \\"))


def says(name: str) -> str | None:
    """Return what an installed package says its licence is, None if it is not installed.

    The first of: a licence expression, the classifiers, the first line of the text.
    """
    try:
        metadata = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        return None
    if expression := metadata.get("License-Expression"):
        return str(expression)
    kinds = [c.split(" :: ")[-1] for c in metadata.get_all("Classifier") or [] if c.startswith("License ::")]
    text = (metadata.get("License") or "").strip().splitlines()
    return "; ".join([*text[:1], *kinds])[:120]


def permitted(expression: str) -> bool:
    """Return whether a licence expression is satisfied by permitted licences: all of `AND`, one of `OR`.

    Examples
    --------
    >>> permitted("MIT AND Zlib"), permitted("GPL-2.0-or-later OR MPL-1.1"), permitted("MIT AND GPL-3.0-only")
    (True, True, False)
    >>> permitted(""), permitted("MIT AND (Apache-2.0 OR GPL-3.0-only)")
    (False, True)
    """
    try:
        text = canonicalize_license_expression(expression)
    except InvalidLicenseExpression:
        return False
    while inner := re.search(r"\(([^()]*)\)", text):
        text = text.replace(inner[0], "MIT" if permitted(inner[1]) else "LicenseRef-No")
    return any(set(part.split(" AND ")) <= PERMITTED for part in text.split(" OR "))


def kept() -> dict[str, dict[str, str]]:
    """Return the list by package."""
    with LIST.open(encoding="utf-8", newline="") as lines:
        return {row["package"]: row for row in csv.DictReader(lines)}


def main() -> int:
    """Write the list anew; say what has to be looked at, and fail if there is anything."""
    known, out, open_ = kept() if LIST.is_file() else {}, {}, []
    for name in sorted({canonicalize_name(pin.name) for pin in pinned(PINS)}):
        row = dict(known.get(name) or dict.fromkeys(FIELDS, "") | {"package": name})
        said = says(name)
        if said is not None and said != row["says"]:
            row |= {"says": said, "licence": said if permitted(said) else ""}
        if not permitted(row["licence"]):
            open_.append(f"{name} says {row['says']!r}")
        out[name] = row
    with LIST.open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(out.values())
    for line in open_:
        print(f"{line}: look its licence up and write it into {LIST.relative_to(ROOT)}", file=sys.stderr)
    return 1 if open_ else 0


if __name__ == "__main__":
    sys.exit(main())
