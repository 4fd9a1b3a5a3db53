"""How much to commit to, and for how long."""
