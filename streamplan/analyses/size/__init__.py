"""One offer's plan: its constraints, its bill, its network paths and how each number came about."""
