"""One folder an analysis; in each `words.py` says it and `charts.py` draws it."""
