"""What can be reached from one compromised thing, hop by hop, and what stays unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from trailnb._frame import FrameT, HasEvents, QuestionClass, asked, in_polars, refined
from trailnb._lineage.attribute import attributed
from trailnb.iam.blast_acts import READ, acts
from trailnb.iam.blast_reach import reach
from trailnb.iam.blast_rows import Radius, rows
from trailnb.iam.blast_start import starts
from trailnb.iam.blast_world import user_of, world_of
from trailnb.iam.changes import iam_changes
from trailnb.iam.seed import instant
from trailnb.questions._matching import ISSUING, ORIGIN_COLUMNS, issues_in, warn_nothing_found
from trailnb.questions.evasion import evasion

if TYPE_CHECKING:
    from collections.abc import Iterable

    from trailnb._typing import Moment
    from trailnb.iam.seed import Seed

CLASS: QuestionClass = "refined"
_TIME, _TEXT, _COUNT = pl.Datetime("us", "UTC"), pl.String(), pl.Int64()
_TEXTS = pl.List(_TEXT)
SCHEMA = pl.Schema(
    {
        "hop": pl.UInt32(),
        **dict.fromkeys(("kind", "value", "actor", "account", "how", "reached_by"), _TEXT),
        **dict.fromkeys(("chain", "marks"), _TEXTS),
        **dict.fromkeys(("first", "last"), _TIME),
        **dict.fromkeys(("events", "denied", "bytes_in", "bytes_out"), _COUNT),
        **dict.fromkeys(("origins", "event_ids"), _TEXTS),
        "unknown": _TEXT,
    }
)
SORT_KEY = ("hop", "first", "kind", "value", "reached_by")
_NEEDED = dict.fromkeys(
    [*ISSUING, *READ, *ORIGIN_COLUMNS, "user_name", "session_issuer_arn", "request_parameters",
     "response_elements"]
)  # fmt: skip


def blast_radius(
    events: HasEvents[FrameT] | FrameT,
    *,
    start: str,
    since: Moment | None = None,
    seed: Seed | Iterable[Seed] | None = None,
) -> pl.LazyFrame:
    """What can be reached from one compromised thing, and what did that do?

    A refined question: from the start to the credentials it issued, across roles and accounts; to
    what it made that can act (users, keys, passwords, roles, opened trusts, identity providers,
    instances, functions, tasks, resources opened to other accounts); to whatever these issued and
    made. Each counts from the moment it
    was reached. Ask of all events: a part of them has lost the hops.

    Args:
        events: A trail, its `events`, or a part of them.
        start: A key (`"AKIA…"`), an ARN of a user, role, session, instance or function, an address
            or network, or a session as `tn.lineage` names it.
        since: When it came into other hands, UTC; None: from its first event on.
        seed: What was known of permissions at a time, as in `iam_changes`.

    Returns:
        Sorted by `hop`, `first`, `kind`, `value` and `reached_by`. `hop` counts from the start, 0.
        `kind` is a thing that can act (origin, credential, user, password, role, trust, provider,
        workload, opening), something done (permission, share, write, data, read, evidence,
        attempt) or unknown.
        `value` names it, `actor` whose credential it is or did it, `account` where. `how` it was
        reached or done, `reached_by` what, `chain` the way from the start to there. `marks` as in
        `iam_changes`. `first`, `last` (UTC), `events`, `denied`, `bytes_in`, `bytes_out` (of data
        events; null when none tells), `origins`: of a thing that can act, since it was reached, all
        it did. `event_ids`: the calls that reached it, or the calls that did it; across all rows,
        every event in the radius. `unknown`: what nobody can tell from these logs.

    Raises:
        RequestError: `since` names no moment.

    Example:
        >>> import trailnb as tn
        >>> trail = tn.open("data-samples/acme", since="2026-11-03", lookback="1h")
        >>> radius = blast_radius(trail, start="198.51.100.23").collect()
        >>> radius.filter(kind="data").select("reached_by", "value", "bytes_out").row(0)
        ('ASIARZPUZDIKOVD6KRQU', 'arn:aws:s3:::acme-backups-archive', 782024021)
    """
    from_then = None if since is None else instant("since", since)
    frame = asked(events, list(_NEEDED), "blast_radius")
    narrow = in_polars(frame.select(*_NEEDED))
    changes = iam_changes(events, seed=seed)
    # Silences and gaps are no deeds of anybody; calls against the evidence are.
    hidden = evasion(frame.to_native())

    def answer() -> pl.DataFrame:
        issues = issues_in(events, frame)
        told = _in_utc(attributed(narrow, issues)).with_columns(
            user_of(),
            pl.coalesce("recipient_account_id", "user_account_id").alias("recipient_account_id"),
        )
        begun = starts(told, issues, start, from_then)
        if not begun:
            warn_nothing_found(f"Nothing found: no event is of {start!r}.")
            return pl.DataFrame(schema=SCHEMA)
        world = world_of(told, issues, changes)
        found = reach(world, begun)
        against = hidden.select("event_id", "kind").drop_nulls().unique("event_id", keep="any")
        evidence = dict(against.collect().iter_rows())
        radius = Radius(
            world, found, acts(told, found.values(), world.accounts), evidence, from_then
        )
        return pl.DataFrame(list(rows(radius)), schema=SCHEMA).sort(SORT_KEY, nulls_last=True)

    return refined(SCHEMA, answer)


def _in_utc(told: pl.LazyFrame) -> pl.LazyFrame:
    """Give times one type: some engines spell the zone otherwise, or count in other units."""
    schema = told.collect_schema()
    times = [name for name in ("event_time", "session_creation_date") if schema[name] != _TIME]
    return told.with_columns(pl.col(times).cast(_TIME)) if times else told
