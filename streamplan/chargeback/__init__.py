"""Chargeback: what each team owes of a shared cluster, to the cent, and what nobody used."""

from streamplan.chargeback.charge import Chargeback, chargeback
from streamplan.chargeback.focus import focus_rows
from streamplan.chargeback.portfolio import Application, Portfolio, open_portfolio

__all__ = ["Application", "Chargeback", "Portfolio", "chargeback", "focus_rows", "open_portfolio"]
