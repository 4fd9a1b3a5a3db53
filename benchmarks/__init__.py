"""The measured figures of the texts, each one command: `python -m benchmarks --only planning`."""
