"""Which offer to choose under uncertainty: cost, regret, odds."""
