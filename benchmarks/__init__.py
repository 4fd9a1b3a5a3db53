"""The measured figures of the README, each one command: `python -m benchmarks --only planning`."""
