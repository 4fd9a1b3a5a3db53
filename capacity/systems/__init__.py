"""Models that several platforms share: Kafka brokers, Pulsar's brokers and bookies."""
