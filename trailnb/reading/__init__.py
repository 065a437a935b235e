"""Log files to frames: in bounded batches, by several processes, each event once."""
