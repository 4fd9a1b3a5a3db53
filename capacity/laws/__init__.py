"""The laws: pure functions over arrays, one implementation for a single workload, 60 months or 100,000 draws."""
