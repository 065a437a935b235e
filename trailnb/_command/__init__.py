"""The verbs of `python -m trailnb`: thin, over the functions that notebooks call."""
