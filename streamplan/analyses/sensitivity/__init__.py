"""Which inputs matter for the cost."""
