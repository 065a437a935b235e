"""Proof that logs are whole and untouched: CloudTrail's digests, their chain and their signatures.

A digest lists the log files of one hour with their hashes, names the digest before it, and is
signed by CloudTrail. The facts are those of "CloudTrail log file integrity validation" and "Custom
implementations of CloudTrail log file integrity validation" (CloudTrail User Guide).
"""
