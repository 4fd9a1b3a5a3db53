"""What one's own messages weigh."""
