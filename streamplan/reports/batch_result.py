"""What a batch leaves: reports done, rows failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from streamplan.reports.batch_rows import Row


@dataclass(frozen=True)
class Done:
    """A row with its report: the names of its files and what the portfolio says of it; `fresh` if made just now."""

    row: Row
    files: Mapping[str, str]
    summary: Mapping[str, Any]
    fresh: bool


@dataclass(frozen=True)
class Failed:
    """A row without a report, and why."""

    row: Row
    reason: str


@dataclass
class Batch:
    """What a batch left behind, row by row in the order of the portfolio."""

    title: str
    on: str
    rows: list[Row]
    done: dict[int, Done] = field(default_factory=dict)
    failed: dict[int, Failed] = field(default_factory=dict)

    @property
    def entries(self) -> list[Done | Failed]:
        """Every row, in order."""
        return [self.done.get(row.line) or self.failed[row.line] for row in self.rows]

    @property
    def teams(self) -> dict[str, list[Done]]:
        """Team to its reports, by name."""
        out: dict[str, list[Done]] = {}
        for row in sorted(self.rows, key=lambda r: r.team.casefold()):
            if row.line in self.done:
                out.setdefault(row.team, []).append(self.done[row.line])
        return out

    @property
    def failed_offers(self) -> dict[str, str]:
        """Offers that could not be sized in a report, with the reason given first."""
        out: dict[str, str] = {}
        for d in self.done.values():
            for name, reason in d.summary.get("failed_offers", {}).items():
                out.setdefault(name, reason)
        return out

    def document(self) -> dict[str, Any]:
        """Return the batch as a plain document."""
        return {
            "portfolio": self.title,
            "on": self.on,
            "currency": "USD",
            "reports": [
                {"name": d.row.name, "team": d.row.team, "fresh": d.fresh, "files": dict(d.files), **d.summary}
                for d in self.entries
                if isinstance(d, Done)
            ],
            "failures": [
                {"name": f.row.name, "team": f.row.team, "line": f.row.line, "reason": f.reason}
                for f in self.entries
                if isinstance(f, Failed)
            ],
        }
