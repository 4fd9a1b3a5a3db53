"""Capacity and pricing together: plans, studies, least costs over draws and months."""
