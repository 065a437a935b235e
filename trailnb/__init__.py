"""Who did what, from where, with whose credentials, in AWS CloudTrail logs: and what is unknown.

Example:
    >>> import trailnb as tn
    >>> trail = tn.open("data-samples/acme")
    >>> trail
    Trail data-samples/acme: 409 log files, 0.9 MB, whole history, 4 accounts, 3 regions
"""

from __future__ import annotations

from trailnb.trail.opening import open, scan  # noqa: A004 - tn.open is the verb

__all__ = ["open", "scan"]
__version__ = "0.1.0"
