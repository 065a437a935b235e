"""One question per module: `answer(options)` measures it and returns its tables."""
