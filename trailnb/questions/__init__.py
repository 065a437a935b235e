"""Frame in, frame out: one question per file, none knows another."""
