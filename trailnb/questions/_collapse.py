"""What is told in one row: pagination, repeats, retries, console clicks, a service's fan-out.

Never told in one: permission changes, issued credentials, different outcomes, writes to different
targets.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

import polars as pl

from trailnb._frame import in_polars
from trailnb._lineage.attribute import attributed
from trailnb._lineage.chains import SEPARATOR
from trailnb._lineage.issues import HOW, SESSION_COLUMNS
from trailnb.questions._summary import summary

if TYPE_CHECKING:
    from trailnb._frame import Narwhal
    from trailnb._lineage.issues import Issues

#: Columns of an answer that shows events, and where the event table has them.
SHOWN = {
    "time": "event_time",
    "actor": "actor",
    "action": "action",
    "access": "access",
    "target": "target",
    "outcome": "outcome",
    "origin": "source_ip_address",
    "region": "aws_region",
    "account": "recipient_account_id",
    "event_id": "event_id",
}
#: What the rows of a collapsed answer have.
_TIME, _TEXT = pl.Datetime("us", "UTC"), pl.String()
ROWS = pl.Schema(
    {
        "time": _TIME,
        "until": _TIME,
        **dict.fromkeys(("actor", "via", "action", "access", "target", "outcome"), _TEXT),
        **dict.fromkeys(("origin", "region", "account"), _TEXT),
        "count": pl.UInt32(),
        "event_ids": pl.List(_TEXT),
        "summary": _TEXT,
    }
)
#: What `attribute` adds.
LINEAGE = ("root_actor", "session_id", "chain_text")
#: Events this far apart are two happenings.
PAUSE_SECONDS = 300
#: What the events of one row have in common.
SAME = (
    "root_actor", "actor", "as_role", "via", "access", "outcome", "origin", "region", "account",
)  # fmt: skip
_KEY = (*SAME, "_like")
_READS = ("read", "list")
_MARKS = ("target_count", "issued_key", "issued_session", "is_console", "is_on_behalf")
#: Columns of the event table that rows are made of, beside those that are shown.
TOLD = (*_MARKS, "session_issuer_user_name", "request_parameters")


def is_attributed(frame: Narwhal) -> bool:
    """Does the frame tell its lineage already?

    Example:
        >>> import narwhals.stable.v2 as nw
        >>> is_attributed(nw.from_native(pl.DataFrame({"actor": ["alice"]})))
        False
    """
    return set(LINEAGE).issubset(frame.collect_schema().names())


def told_by(kept: Narwhal, issues: Issues | None) -> pl.LazyFrame:
    """How do the kept events go on in Polars: the columns of rows, and who is behind each?

    `issues` are what all events issued; None for a frame that tells its lineage already.

    Example:
        >>> import narwhals.stable.v2 as nw
        >>> names = dict.fromkeys([*SHOWN.values(), *TOLD, *LINEAGE], pl.String)
        >>> told_by(nw.from_native(pl.DataFrame(schema=names)), None).collect().height
        0
    """
    import narwhals.stable.v2 as nw

    columns = [*SHOWN.values(), *TOLD, *(LINEAGE if issues is None else SESSION_COLUMNS)]
    # Requests are long texts; only a policy's name is told from them.
    policies = nw.when(nw.col("action").str.contains("Policy")).then(nw.col("request_parameters"))
    reduced = kept.with_columns(request_parameters=policies).select(*dict.fromkeys(columns))
    events = in_polars(reduced)
    return events if issues is None else attributed(events, issues)


def in_rows(events: pl.LazyFrame) -> pl.DataFrame:
    """Which rows, `ROWS`, do these attributed events make, in order of time?

    Takes `SHOWN`, `TOLD` and `LINEAGE` columns of the event table.
    """
    rows = collapsed(events.select(_told()).collect())
    told = rows.with_columns(summary=summary())
    return told.select(pl.col(name).cast(dtype) for name, dtype in ROWS.items())


def _told() -> list[pl.Expr]:
    """Name what collapsing and telling need of each attributed event."""
    request = pl.col("request_parameters")
    policy = pl.coalesce(
        request.str.json_path_match("$.policyArn").str.extract("([^/]+)$"),
        request.str.json_path_match("$.policyName"),
    )
    before = pl.col("chain_text").str.strip_suffix(pl.lit(SEPARATOR) + pl.col("actor"))
    first_and_last = SEPARATOR.join(("${1}", "…", "${2}"))
    short = before.str.replace(f"^(.*?){SEPARATOR}.*{SEPARATOR}(.*)$", first_and_last)
    return [
        *(pl.col(column).alias(name) for name, column in SHOWN.items() if name != "time"),
        pl.col("event_time", "root_actor", *_MARKS),
        pl.when(pl.col("chain_text") != pl.col("actor")).then(short).alias("via"),
        pl.col("session_issuer_user_name").alias("as_role"),
        policy.alias("detail"),
    ]


def collapsed(events: pl.DataFrame) -> pl.DataFrame:
    """Which rows do these events make, each event in exactly one?

    A row's events follow each other within five minutes. Reads of several targets share a row, and
    so do a service's or a console's reads of several kinds: `target` and `action` are then what
    their names have in common, as a pattern (`ec2:Describe*`).

    Takes the columns of `_told`; returns `time`, `until`, `SAME`, `action`, `target`,
    `target_count`, `detail`, `count` and `event_ids`, sorted by `time` and first event id.
    """
    marked = events.with_columns(_is_alone=is_alone(), _like=_like())
    # One hash sorts faster than ten texts; where two keys share one, the run breaks all the same.
    ordered = marked.with_columns(_hash=pl.struct(_KEY).hash()).sort(
        "_hash", "event_time", "event_id"
    )
    rows = (
        ordered.with_columns(_run=_begins().cum_sum())
        .group_by("_run", maintain_order=True)
        .agg(
            pl.col("event_time").first().alias("time"),
            pl.col("event_time").last().alias("until"),
            pl.col(*SAME, "target_count", "detail").first(),
            pl.col("action", "target").min(),
            pl.col("action", "target").max().name.prefix("_last_"),
            pl.len().alias("count"),
            pl.col("event_id").alias("event_ids"),
        )
        .sort("time", pl.col("event_ids").list.first())
    )
    return rows.with_columns(_shared(rows, "action"), _shared(rows, "target"))


def is_alone() -> pl.Expr:
    """Must the event stand in a row of its own?

    Permission changes, issued credentials, and what was changed without a single known target.

    Example:
        >>> row = {"access": "permission", "outcome": "success", "target": "arn", "target_count": 1}
        >>> row |= {"issued_key": None, "issued_session": None, "action": "iam:CreateUser"}
        >>> pl.DataFrame([row]).select(is_alone()).item()
        True
    """
    succeeded = pl.col("outcome") == "success"
    name = pl.col("action").str.replace("^.*:", "")
    issues = (
        pl.col("issued_key").is_not_null()
        | pl.col("issued_session").is_not_null()
        | (name.is_in(sorted(HOW)) & succeeded)
    )
    is_open = pl.col("target").is_null() | (pl.col("target_count") != 1)
    changes = pl.col("access").is_in(_READS).not_()
    return (pl.col("access") == "permission") | issues | (changes & succeeded & is_open)


def _like() -> pl.Expr:
    """What two events must share beside `SAME` to be repeats of each other?"""
    service = pl.col("action").str.extract("^([^:]*:)")
    is_clicked = pl.col("is_console") | pl.col("is_on_behalf")
    named = pl.when(is_clicked).then(service).otherwise("action")
    has_target = pl.when(pl.col("target").is_not_null()).then(pl.lit(" +")).otherwise(pl.lit(" -"))
    exactly = pl.concat_str("action", pl.lit(" "), pl.col("target").fill_null(""), "target_count")
    return pl.when(pl.col("access").is_in(_READS)).then(named + has_target).otherwise(exactly)


def _begins() -> pl.Expr:
    """Does a row begin here, in events sorted by what they share and then by time?"""
    differs = (pl.col(name).ne_missing(pl.col(name).shift()) for name in _KEY)
    since = pl.col("event_time").diff().dt.total_seconds()
    alone = pl.col("_is_alone")
    return pl.any_horizontal(
        *differs,
        (since > PAUSE_SECONDS).fill_null(value=True),
        alone,
        alone.shift().fill_null(value=True),
    )


def _shared(rows: pl.DataFrame, name: str) -> pl.Series:
    """Name what the first and the last value in a row's order have in common, as a pattern."""
    pairs = zip(rows[name], rows[f"_last_{name}"], strict=True)
    values = [low if low == high else _start(low, high) + "*" for low, high in pairs]
    return pl.Series(name, values, dtype=pl.String)


def _start(one: str, other: str) -> str:
    same = takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return "".join(char for char, _ in same)
