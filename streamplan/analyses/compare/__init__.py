"""Every offer on the same workload: the answer, the comparison and what makes it fair."""
