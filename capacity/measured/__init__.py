"""What measurements say of a given cluster: its ceilings, its latency, and the fit behind them."""
