"""What can be changed to save, alone and stacked."""
