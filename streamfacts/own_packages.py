"""Is this package the one that `streamplan` installed? `capacity` and `pricing` are names that others took too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

ADVICE = (
    "the package {name!r} that Python found is not (or not only) the one of the distribution 'streamplan'. An unrelated"
    " package of that name on the package index overwrites it: run 'pip uninstall -y {name} streamplan' and then"
    " 'pip install streamplan'. {why}"
)


def check(name: str, folders: Sequence[str], modules: Iterable[str], marker: str | None = "streamplan") -> None:
    """Raise ImportError if a package lacks modules of ours or carries another distribution's marker.

    Parameters
    ----------
    name : the package
    folders : its `__path__`
    modules : modules that ours has
    marker : its `__distribution__`
    """
    missing = [m for m in modules if not any((Path(folder) / f"{m}.py").is_file() for folder in folders)]
    if missing:
        raise ImportError(ADVICE.format(name=name, why=f"Missing: {', '.join(missing)}."))
    if marker != "streamplan":
        raise ImportError(ADVICE.format(name=name, why="It does not name its distribution."))
