"""Chargeback: what each team owes of a shared cluster, to the cent, and what nobody used."""

from streamplan.analyses.chargeback.charge import Chargeback, chargeback
from streamplan.analyses.chargeback.focus import focus_rows
from streamplan.analyses.chargeback.portfolio import Application, Portfolio, open_portfolio

__all__ = ["Application", "Chargeback", "Portfolio", "chargeback", "focus_rows", "open_portfolio"]
