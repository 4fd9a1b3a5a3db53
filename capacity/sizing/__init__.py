"""How an offer is sized: constraints, limits, machines, and what comes of them."""
