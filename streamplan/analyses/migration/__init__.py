"""Moving from one platform to another, and building against buying."""
