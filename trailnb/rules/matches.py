"""Which events does an event pattern or a filter pattern match?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from polars.io.plugins import register_io_source

from trailnb._frame import QuestionClass, asked
from trailnb.rules.corners import USUAL, Corners
from trailnb.rules.languages import compiled
from trailnb.rules.one_pass import Plan, candidates, slices, warn_of_undecided

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

    from trailnb._frame import FrameT, HasEvents, Narwhal
    from trailnb.rules.languages import Over, Pattern

#: The answer has the columns and the order of the events it was asked of.
CLASS: QuestionClass = "refined"


def matches(
    events: HasEvents[FrameT] | FrameT,
    pattern: Pattern,
    *,
    over: Over | None = None,
    corners: Corners = USUAL,
) -> pl.LazyFrame:
    """Which events would this EventBridge pattern or CloudWatch Logs filter have matched?

    A refined question that decides on each event's `record`, exactly as AWS's matcher does. What a
    match must have in plain columns is asked first, so only the records of events that may match
    are read. An event pattern is over the record, or over the EventBridge event that CloudTrail
    would have sent, as its fields at the top tell: `source`, `detail-type`, `detail` and the like
    stand in the envelope only. Reads and events of more than 256 KB match as well, though
    EventBridge does not deliver them to every rule; filter by `read_only` where that counts. A
    record with a list where CloudTrail always writes a plain string, such as an eventName of two
    names, may be passed over; `trail.problems()` tells of it.

    Args:
        events: A trail, its `events`, or a part of them.
        pattern: An event pattern, as a mapping or JSON text; a metric filter over JSON,
            `{ $.eventName = "StopLogging" }`; or a filter of plain terms, `StopLogging -Describe`.
        over: "record" or "envelope", where the pattern's own fields should not decide.
        corners: What AWS's documentation leaves open.

    Returns:
        The events that match, as they are: same columns, same order.

    Raises:
        RequestError: the pattern is refused, with the place and the reason.
        ColumnError: the frame lacks `record`, or a column that the pattern's fields are in.

    Source: EventBridge User Guide, "Comparison operators"; CloudWatch Logs User Guide, "Filter
    pattern syntax"; aws/event-ruler.

    Example:
        >>> import trailnb as tn
        >>> events = tn.open("data-samples/acme", since="2026-11-03").events
        >>> pattern = {"source": ["aws.cloudtrail"], "detail": {"eventName": [{"prefix": "Stop"}]}}
        >>> matches(events, pattern).select("actor", "action").collect().row(0)
        ('svc-backup-sync', 'cloudtrail:StopLogging')
        >>> matches(events, "{ $.eventName = StopL* }").collect().height
        2
    """
    plan = Plan.of([compiled(pattern, over=over, corners=corners)])
    frame = asked(events, plan.columns, "matches")
    schema = frame.collect_schema().to_polars()

    def read(
        columns: list[str] | None, where: pl.Expr | None, most: int | None, _size: int | None
    ) -> Iterator[pl.DataFrame]:
        wanted = schema.names() if columns is None else columns
        return _read(frame, plan, wanted, where, most)

    # An engine may name the zone of its times otherwise, so the schema is not insisted on.
    return register_io_source(read, schema=schema, validate_schema=False, is_pure=True)


def _read(
    frame: Narwhal, plan: Plan, columns: list[str], where: pl.Expr | None, most: int | None
) -> Iterator[pl.DataFrame]:
    """Read the candidates, keep what matches, and stop when there is enough of it."""
    needed = [*columns, *plan.columns, *(where.meta.root_names() if where is not None else ())]
    rows = candidates(frame, plan, needed)
    if where is not None and most is None:
        rows = rows.filter(where)  # further down it can skip files and fields
    undecided, left = 0, most
    for part in slices(rows):
        found, unread = plan.matches(part)
        undecided += len(unread)
        chosen = part[found.get(0, [])]
        if left is not None:
            chosen = chosen.head(left)
            left -= chosen.height  # Polars counts rows before it filters them
            chosen = chosen if where is None else chosen.filter(where)
        yield chosen.select(columns)
        if left == 0:
            break
    warn_of_undecided(undecided)
