"""Logs verified by their digests: a line for what is not valid, and a status for scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trailnb._command.logs import options

if TYPE_CHECKING:
    import argparse

TOLD = """\
Exit status: 0 when everything is proven; 1 when anything contradicts its proof, or a place could
not be listed or read; 2 when the command cannot be meant; 4 when nothing contradicts its proof, but
not everything could be proven.
"""


def verify(asked: argparse.Namespace) -> int:
    """Verify logs by their digests, and say what is not valid."""
    from trailnb.integrity.verify import verify as verified

    found = verified(
        asked.source,
        keys=asked.keys,
        signatures=asked.signatures,
        since=asked.since,
        until=asked.until,
        accounts=asked.accounts,
        regions=asked.regions,
        storage_options=options(asked),
        workers=asked.workers,
    )
    for line in found.lines(verbose=asked.verbose):
        print(line)
    print(found.summary())
    return found.exit_code
