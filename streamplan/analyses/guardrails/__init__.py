"""Alerts and quotas that keep a plan within its walls."""
