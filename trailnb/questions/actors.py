"""Who is in these logs: one row per actor, how sure that is, and how much each did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import polars as pl

from trailnb._frame import FrameT, HasEvents, QuestionClass, asked
from trailnb.questions._counting import COUNTED, counted

if TYPE_CHECKING:
    from trailnb._frame import Narwhal

CLASS: QuestionClass = "engine"
_TIME, _TEXT, _COUNT = pl.Datetime("us", "UTC"), pl.String(), pl.Int64()
SCHEMA = pl.Schema(
    {
        **dict.fromkeys(("actor", "kind", "confidence", "source"), _TEXT),
        **dict.fromkeys(("first_seen", "last_seen"), _TIME),
        **dict.fromkeys(("events", "denied", "writes"), _COUNT),
        **dict.fromkeys(("sources", "accounts", "credentials", "origins"), _COUNT),
    }
)
#: The busiest come first.
SORT_KEY = ("events", "actor")
_DISTINCT = {
    "sources": "actor_source",
    "accounts": "recipient_account_id",
    "credentials": "access_key_id",
    "origins": "source_ip_address",
}


def actors(events: HasEvents[FrameT] | FrameT) -> FrameT:
    """Who acted, what are they, how do we know, and how much did they do?

    An engine question: one row per actor, as far as the records themselves tell (`tn.lineage` goes
    back further). Where several rules named an actor, the answer is what the weakest supports.

    Args:
        events: A trail, its `events`, or a part of them.

    Returns:
        Sorted by `events` (most first) and `actor`: `actor`; `kind` (human, workload, service,
        external account, root, unknown; unknown where records disagree); `confidence`, the lowest
        (exact, strong, inferred); `source`, the rule that named the actor with that confidence
        (the last by name); `first_seen`, `last_seen` (UTC); `events`, `denied`, `writes` (also
        permission changes and tagging); and how many distinct `sources` (rules), `accounts`
        (recording), `credentials` (access keys), `origins` (addresses and services). Counts are
        Int64.

    Example:
        >>> import trailnb as tn
        >>> answer = actors(tn.open("data-samples/quiet", progress=lambda _: None)).collect()
        >>> answer.row(by_predicate=pl.col("actor") == "ida.berg@example.com")[1:4]
        ('human', 'exact', 'saml_user')
    """
    import narwhals.stable.v2 as nw

    by = ["actor", "actor_kind", "actor_confidence", "actor_source"]
    frame = asked(events, [*COUNTED, *by, *_DISTINCT.values()], "actors")
    told = _told(frame.select(*by).unique())
    distinct = {name: nw.col(column) for name, column in _DISTINCT.items()}
    rows = counted(frame, {"actor": nw.col("actor")}, distinct)
    rows = rows.join(cast("Any", told), on="actor", how="left")
    shown = rows.select(*SCHEMA).sort(*SORT_KEY, descending=[True, False])
    return cast("FrameT", shown.to_native())


def _told(ways: Narwhal) -> Narwhal:
    """What is each actor, and how sure is that, from the distinct ways in which it was named?"""
    import narwhals.stable.v2 as nw

    surety = nw.col("actor_confidence")
    rank = nw.when(surety == "exact").then(nw.lit("1")).otherwise(nw.lit("2"))
    rank = nw.when(surety == "inferred").then(nw.lit("3")).otherwise(rank)
    # The greatest such text is the weakest way: "3inferred|role_session".
    way = nw.concat_str(nw.concat_str(rank, surety), nw.col("actor_source"), separator="|")
    weakest = (
        ways.with_columns(_way=way)
        .group_by("actor")
        .agg(
            _way=nw.col("_way").max(),
            _kind=nw.col("actor_kind").min(),
            _last_kind=nw.col("actor_kind").max(),
        )
    )
    is_one = nw.col("_kind") == nw.col("_last_kind")
    return weakest.select(
        "actor",
        kind=nw.when(is_one).then(nw.col("_kind")).otherwise(nw.lit("unknown")),
        confidence=nw.col("_way").str.replace_all(r"^\d|\|.*$", ""),
        source=nw.col("_way").str.replace_all(r"^[^|]*\|", ""),
    )
