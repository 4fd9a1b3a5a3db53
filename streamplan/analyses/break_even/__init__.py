"""Where the cheapest offer flips."""
