"""What did CloudTrail Insights itself find: its own records, read as windows?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trailnb._frame import FrameT, HasEvents, QuestionClass, refined
from trailnb.questions import _recorded

if TYPE_CHECKING:
    import polars as pl

CLASS: QuestionClass = "refined"
SCHEMA, SORT_KEY = _recorded.SCHEMA, _recorded.SORT_KEY


def recorded_insights(events: HasEvents[FrameT] | FrameT) -> pl.LazyFrame:
    """What did CloudTrail Insights find, from when to when, beside what is usual?

    A refined question: one row per pair of Start and End records, as a trail delivers them or as
    LookupEvents hands them out.

    Args:
        events: A trail, its `events`, or a part of them.

    Returns:
        Sorted by `start`, `kind`, `account`, `region`, `event_source`, `event_name`, `error_code`:
        `start`, `end` (UTC; null when no End record is here), `kind` (call_rate, error_rate, or
        AWS's own word), `account`, `region`, `event_source`, `event_name`, `error_code`, `minutes`,
        `average` and `baseline` (events a minute; of the whole when ended, else of its beginning),
        `baseline_minutes`, `fold`, `state` (ended, start only, end only: then `start` is
        computed), `actors`, `agents`, `error_codes`, `resources` (lists of `value`, `average`,
        `baseline`; a null error code is a success), `shared_event_id`, `event_ids`.

    Source: CloudTrail User Guide, "CloudTrail record contents for Insights events".

    Example:
        >>> import trailnb as tn
        >>> found = recorded_insights(tn.open("data-samples/acme", categories="Insight"))
        >>> found.select("kind", "event_name", "average", "state").collect().row(0)
        ('error_rate', 'GetSecretValue', 12.0, 'ended')
    """
    return refined(SCHEMA, lambda: _recorded.recorded(events, "recorded_insights"))
