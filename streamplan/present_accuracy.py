"""Accuracy and deployments as HTML. All text is escaped."""

from __future__ import annotations

from streamplan.accuracy import LEFT_OUT, Accuracy, coefficients
from streamplan.accuracy_text import deployment_rows, digits, miss_rows, source_rows
from streamplan.deployments import Predictions
from streamplan.present import Html, _render


def errors(found: Accuracy) -> Html:
    """The scores in words and the table by source."""
    return _render("accuracy.html.j2", sentences=found.sentences, rows=source_rows(found))


def misses(found: Accuracy, count: int = 10) -> Html:
    """The limits that are missed by most, with the reason."""
    return _render("accuracy_misses.html.j2", rows=miss_rows(found, count), left_out=LEFT_OUT[found.by])


def blind(found: Predictions) -> Html:
    """Published deployments: predicted range, actual count, and why they differ."""
    return _render("deployments.html.j2", rows=deployment_rows(found), sentences=found.sentences)


def coefficient_table() -> Html:
    """The coefficients before and after the measurements."""
    numbers = ("prior", "prior_low", "prior_high", "value", "low", "high")
    rows = [{**row, **{n: digits(row[n]) for n in numbers}} for row in coefficients().to_dict("records")]
    return _render("coefficients.html.j2", rows=rows)
