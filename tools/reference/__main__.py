"""`python -m tools.reference workload`: print one generated part of the reference as Markdown."""

from __future__ import annotations

import sys

from tools.reference import PARTS


def main(names: list[str]) -> None:
    """Print the parts of these names; fails with the names there are if one is unknown or none is given."""
    if not names or set(names) - set(PARTS):
        sys.exit(f"usage: python -m tools.reference {'|'.join(PARTS)}")
    for name in names:
        print(PARTS[name]())


if __name__ == "__main__":
    main(sys.argv[1:])
