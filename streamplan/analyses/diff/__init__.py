"""What moved between two workloads, two results or two states of the prices, by line and by cause."""
