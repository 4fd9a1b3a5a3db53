"""What a person asks for: the workload with its ranges, its growth and its history. Imports facts alone."""
