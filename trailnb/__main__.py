"""`python -m trailnb`: what scripts and cron need, with the functions that notebooks call."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING

from trailnb._command.parser import read
from trailnb._command.status import INTERRUPTED, PROBLEMS, USAGE
from trailnb.errors import NothingFoundWarning, ProblemWarning, RequestError, TrailnbError

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks, and return the exit status."""
    asked = read(arguments)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ProblemWarning)  # each verb says what it met
            warnings.simplefilter("always", NothingFoundWarning)
            # It takes whatever it is called with.
            warnings.showwarning = _said  # type: ignore[assignment]
            status: int = asked.verb(asked)
    except TrailnbError as error:
        print(f"trailnb: {error}", file=sys.stderr)
        return USAGE if isinstance(error, RequestError) else PROBLEMS
    except KeyboardInterrupt:
        print("trailnb: interrupted; what was saved is kept.", file=sys.stderr)
        return INTERRUPTED
    return status


def _said(message: Warning | str, *_: object) -> None:
    """Show a warning as a person reads it: without the line of code."""
    print(f"trailnb: {message}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
