"""Permissions: what a policy document says, what changed between two, and what that opens."""
