"""Which credential issued which, back to the person or workload that began it."""
