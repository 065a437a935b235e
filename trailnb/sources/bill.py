"""What somebody agrees to before AWS bills: how many bytes may be scanned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trailnb.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

#: What a person who asks one question too many should not find on a bill: about five dollars.
MOST_SCANNED_BYTES = 10**12


def agreed(options: Mapping[str, Any]) -> int:
    """How many bytes may be scanned?

    Raises:
        RequestError: that is no number.

    Example:
        >>> agreed({}), agreed({"most_scanned_bytes": "5e9"})
        (1000000000000, 5000000000)
    """
    given = options.get("most_scanned_bytes", MOST_SCANNED_BYTES)
    try:
        most = int(float(given))
    except (TypeError, ValueError, OverflowError):
        most = 0
    if most < 1:
        raise RequestError("most_scanned_bytes is a number of bytes, such as 50_000_000_000.")
    return most


def unbounded(uri: str, first: datetime | None) -> RequestError:
    """Nothing bounds what would be scanned."""
    since = f", from {first:%Y-%m-%d} on" if first else ""
    return RequestError(
        f"Without since= all that {uri} holds would be scanned{since}, and AWS bills by the bytes "
        "scanned. Pass since=…, or storage_options={'allow_full_scan': True}."
    )
