"""Second opinions as HTML: the table and the reasons. All text is escaped."""

from __future__ import annotations

from streamplan.opinions import Opinions
from streamplan.opinions_text import opinion_rows
from streamplan.present import Html, _render


def side_by_side(opinions: Opinions) -> Html:
    """The table as HTML, with what each rule states besides, its range and its source."""
    return _render("opinions.html.j2", rows=opinion_rows(opinions), summary=opinions.summary, w=opinions.workload)


def reasons(opinions: Opinions) -> Html:
    """Why each rule differs from ours, as HTML."""
    groups: dict[str, list[list[str]]] = {}
    for d in opinions.why:
        groups.setdefault(d.title, []).append(d.sentences)
    return _render("opinion_reasons.html.j2", groups=groups)
