"""Second regions, backups and replication: cost, loss and time to recover."""
