"""The price book by age, provider and meter."""
