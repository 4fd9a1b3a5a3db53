"""Published sizing rules on the same workload."""
