"""What CloudTrail, IAM and STS say: expressions and tables, no I/O."""
