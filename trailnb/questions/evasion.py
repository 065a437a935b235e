"""What was done against the evidence: logging stopped, narrowed, removed; and what fell silent."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl

from trailnb._frame import FrameT, HasEvents, QuestionClass, asked, in_polars, refined
from trailnb.facts.tables import rows
from trailnb.questions._counting import COUNTED, counted
from trailnb.trail.request import duration
from trailnb.trail.trail import Trail

if TYPE_CHECKING:
    import narwhals.stable.v2 as nw

CLASS: QuestionClass = "refined"
_TIME, _TEXT = pl.Datetime("us", "UTC"), pl.String()
SCHEMA = pl.Schema(
    {
        **dict.fromkeys(("time", "until"), _TIME),
        **dict.fromkeys(("kind", "actor", "action", "target", "outcome", "origin"), _TEXT),
        **dict.fromkeys(("region", "account", "event_id"), _TEXT),
    }
)
SORT_KEY = ("time", "event_id", "account", "region")

_COLUMNS = {
    "time": "event_time",
    "actor": "actor",
    "action": "action",
    "target": "target",
    "outcome": "outcome",
    "origin": "source_ip_address",
    "region": "aws_region",
    "account": "recipient_account_id",
    "event_id": "event_id",
    "request": "request_parameters",
}
#: How CloudTrail itself appears, writing to its bucket and asking for keys.
_CLOUDTRAIL = "service:cloudtrail"
_NAMES_BUCKET = ("cloudtrail:CreateTrail", "cloudtrail:UpdateTrail")
_BUCKET = r"^arn:[^:]*:s3:::([^/]+)"
#: A region with fewer events, or seen on one day only, may well fall silent by itself.
_FEW_EVENTS, _FEW_DAYS = 20, 2
#: Digests come every hour.
_DIGEST_EVERY = timedelta(minutes=90)


def evasion(events: HasEvents[FrameT] | FrameT, *, quiet: str = "24h") -> pl.LazyFrame:
    """What was done against the evidence, and where did it fall silent?

    A refined question: one row per call that stops, narrows or removes what others would learn
    from, failed attempts included; and per silence. Given a trail, gaps between its digests are
    told too. Whether a silence is one of logging or of work, `trail.coverage()` may know.

    Args:
        events: A trail, its `events`, or a part of them.
        quiet: How long a region must be silent while its account, or all else, goes on.

    Returns:
        Sorted by `time`, `event_id`, `account` and `region`: `time` (UTC; of a silence, its
        beginning), `until` (its end, null where it does not end), `kind` (logging stopped, trail
        deleted, selectors narrowed, trail narrowed, digests off, log bucket changed, log files
        removed, log key changed, detection off, other logs removed, alarms off, organization left,
        content withheld, region gone quiet, digest gap), `actor`, `action`, `target`, `outcome`,
        `origin`, `region`, `account`, `event_id`; what a silence has none of is null.

    Raises:
        RequestError: `quiet` names no duration.

    Source: MITRE ATT&CK T1562.008; CIS AWS Foundations Benchmark; `facts/tables/evasion.csv`.

    Example:
        >>> import trailnb as tn
        >>> trail = tn.open("data-samples/acme", since="2026-11-03")
        >>> evasion(trail).select("kind", "actor").collect().rows()[:2]
        [('content withheld', 'svc-backup-sync'), ('logging stopped', 'svc-backup-sync')]
    """
    import narwhals.stable.v2 as nw

    silence = duration("quiet", quiet)
    listed = rows("evasion.csv")
    needed = dict.fromkeys([*_COLUMNS.values(), *COUNTED])
    frame = asked(events, list(needed), "evasion")
    actions = sorted({action for row in listed for action in row["actions"].split()})
    wanted = nw.col("action").is_in([*actions, *_NAMES_BUCKET]) | (nw.col("actor") == _CLOUDTRAIL)
    picked: dict[str, nw.Expr] = {name: nw.col(column) for name, column in _COLUMNS.items()}
    calls = frame.filter(wanted).select(**picked)
    places = {
        "account": nw.col("recipient_account_id"),
        "region": nw.col("aws_region"),
        "day": nw.col("event_time").dt.truncate("1d"),
    }
    days = counted(frame, places, {})

    asked_of: object = events

    def answer() -> pl.DataFrame:
        made, lived = pl.collect_all([in_polars(calls), in_polars(days)])
        parts = [_done(made, listed), _quiet(lived, silence)]
        if isinstance(asked_of, Trail):
            parts.append(_gaps(asked_of))
        told = pl.concat([_typed(part) for part in parts])
        return told.sort(*SORT_KEY, nulls_last=True)

    return refined(SCHEMA, answer)


def _typed(part: pl.DataFrame) -> pl.DataFrame:
    held = set(part.columns)
    return part.select(
        (pl.col(name) if name in held else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in SCHEMA.items()
    )


def _done(made: pl.DataFrame, listed: list[dict[str, str]]) -> pl.DataFrame:
    """Judge the calls, each by the first row of the table that holds."""
    by_trails = pl.col("actor") == _CLOUDTRAIL
    named = pl.col("request").str.extract(r'"s3BucketName"\s*:\s*"([^"]+)"')
    buckets = made.filter(pl.col("action").is_in(_NAMES_BUCKET)).select(named).to_series()
    written = made.filter(by_trails).select(pl.col("target").str.extract(_BUCKET)).to_series()
    touched = made.filter(by_trails, pl.col("target").str.contains(":kms:", literal=True))
    log_buckets = pl.concat([buckets, written]).drop_nulls().unique().to_list()
    scopes = {
        "": pl.lit(value=True),
        "log bucket": pl.col("target").str.extract(_BUCKET).is_in(log_buckets),
        "log key": pl.col("target").is_in(touched["target"].unique().to_list()),
    }
    kind = pl.coalesce(
        pl.when(
            pl.col("action").is_in(row["actions"].split())
            & scopes[row["scope"]]
            & pl.col("request").fill_null("").str.contains(row["pattern"] or "")
        ).then(pl.lit(row["kind"]))
        for row in listed
    )
    told = made.filter(~by_trails).with_columns(kind=kind)
    return told.filter(pl.col("kind").is_not_null())


def _quiet(lived: pl.DataFrame, silence: timedelta) -> pl.DataFrame:
    """Find regions that were active on several days and then fell silent, while others went on."""
    places = lived.drop_nulls(["account", "region", "day"]).group_by("account", "region")
    seen = places.agg(
        pl.col("last_seen").max().alias("time"), pl.col("events").sum(), pl.len().alias("days")
    ).with_columns(
        _account=pl.col("time").max().over("account"),
        _regions=pl.len().over("account"),
        _all=pl.col("time").max(),
    )
    goes_on = pl.when(pl.col("_regions") > 1).then("_account").otherwise("_all")
    fallen = seen.filter(
        pl.col("events") >= _FEW_EVENTS,
        pl.col("days") >= _FEW_DAYS,
        goes_on - pl.col("time") >= silence,
    )
    return fallen.with_columns(kind=pl.lit("region gone quiet"))


def _gaps(trail: Trail) -> pl.DataFrame:
    """Find hours between two digests in which none came."""
    digests = trail.files().filter(pl.col("use") == "evidence").drop_nulls("delivered")
    ordered = digests.sort("account", "region", "delivered")
    following = pl.col("delivered").shift(-1).over("account", "region")
    apart = ordered.with_columns(time="delivered", until=following)
    gone = apart.filter(pl.col("until") - pl.col("time") > _DIGEST_EVERY)
    return gone.with_columns(kind=pl.lit("digest gap"))
