"""Bytes to rows of the event table, and what could not be read."""
