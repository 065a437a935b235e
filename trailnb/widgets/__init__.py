"""The explorers in the notebook: a plain model in Python, a thin shell, one script each."""
