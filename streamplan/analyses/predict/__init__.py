"""What a given cluster carries."""
