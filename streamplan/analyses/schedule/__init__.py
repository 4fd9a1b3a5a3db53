"""When to buy what over the months."""
