"""The workload in canonical arrays: the likely demand, draws, multiples, several applications on one cluster."""
