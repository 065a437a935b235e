"""May any engine read the parts of a store as they lie, and find what a trail finds?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trailnb.store import marks
from trailnb.store.anew import is_old

if TYPE_CHECKING:
    from datetime import timedelta

    from trailnb.store.ledger import Ledger
    from trailnb.store.place import Place


def obstacles(place: Place, held: Ledger, late: timedelta | None) -> list[str]:
    """Why would an engine that knows no ledger find other events? Empty when it would not.

    A trail hides what is said here while it reads. `compact` mends all but torn parts, which the
    next save brings again.

    Example:
        >>> from trailnb.store.ledger import Ledger
        >>> from trailnb.store.place import place_of
        >>> obstacles(place_of("nowhere", None), Ledger(parts=()), None)
        []
    """
    counts = {
        "wait for their copies to be marked": len(marks.stale(place, held, late)),
        "were saved under older facts": sum(map(is_old, held.parts)),
        "hold log files that a newer part holds": sum(
            bool(held.left_out(part)) for part in held.parts
        ),
        "are replaced and not removed yet": len(held.spent),
        "cannot be read": len(held.torn),
    }
    return [f"{count:,} of its parts {what}" for what, count in counts.items() if count]
