"""Processes, cores and notebook engines; knows no streaming."""
