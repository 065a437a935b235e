"""An opened body of logs: what lies where, the events as a lazy frame, and what is missing."""
