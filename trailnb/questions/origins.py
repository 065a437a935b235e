"""Where calls came from: every source address, what it touched, and what is odd about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast, overload

import polars as pl

from trailnb._frame import FrameT, HasEvents, QuestionClass, asked
from trailnb.enrich.locations import Databases, located
from trailnb.enrich.networks import AWS, Labelled, Networks, labelled
from trailnb.questions._counting import COUNTED, counted
from trailnb.questions._kinds import SESSION_COLUMNS, session, value_of
from trailnb.questions._moments import instant
from trailnb.questions._origin_marks import SCHEMA as MARK_SCHEMA
from trailnb.questions._origin_marks import USED, marked
from trailnb.questions._refining import finished
from trailnb.questions._travel import travelled

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    import narwhals.stable.v2 as nw

    from trailnb._frame import Narwhal
    from trailnb._typing import Moment

CLASS: QuestionClass = "refined"
_TIME, _TEXT, _COUNT = pl.Datetime("us", "UTC"), pl.String(), pl.Int64()
#: Lists in the answer, and what of a use they list.
_LISTED = {
    "actors": "actor",
    "credentials": "session",
    "agents": "agent",
    "actions": "action",
    "accounts": "account",
    "regions": "region",
}
_TOTALS = ("events", "denied", "writes")
_PLACES = ("country", "city", "as_organization")
SCHEMA = pl.Schema(
    {
        **dict.fromkeys(("origin", "kind", "ip_version", "network", *_PLACES), _TEXT),
        **dict.fromkeys(("latitude", "longitude"), pl.Float64()),
        **dict.fromkeys(_LISTED, pl.List(_TEXT)),
        **dict.fromkeys(("first_seen", "last_seen"), _TIME),
        **dict.fromkeys(_TOTALS, _COUNT),
        "marks": pl.List(_TEXT),
        "why": pl.List(_TEXT),
        "speed_kmh": pl.Float64(),
    }
)
SORT_KEY = ("first_seen", "origin")
ENGINE_SCHEMA = pl.Schema(
    {
        **dict.fromkeys(("origin", "kind", "ip_version"), _TEXT),
        **dict.fromkeys(_LISTED, _COUNT),
        **dict.fromkeys(("first_seen", "last_seen"), _TIME),
        **dict.fromkeys(_TOTALS, _COUNT),
    }
)
ENGINE_SORT_KEY = ("first_seen", "origin")
#: What makes it an engine question.
ENGINE_FORM = {"marks": False}

#: How the key of every IPv4 address begins.
_V4 = "00000000000000000000ffff"
#: A /24 of IPv4 and a /48 of IPv6, in digits of the key: one site's addresses.
_V4_SITE, _V6_SITE = 30, 12
_NEEDED = (
    *COUNTED, *SESSION_COLUMNS, "source_ip_address", "source_kind", "source_address_key", "actor",
    "actor_kind", "action", "user_agent", "tls_version", "is_console", "ec2_role_delivery",
    "is_on_behalf", "recipient_account_id", "aws_region",
)  # fmt: skip


@overload
def origins(
    events: HasEvents[FrameT] | FrameT,
    *,
    since: Moment | None = None,
    networks: Labelled | None = None,
    own: Collection[str] = (),
    locations: Databases | None = None,
    marks: Literal[True] = True,
) -> pl.LazyFrame: ...
@overload
def origins(
    events: HasEvents[FrameT] | FrameT,
    *,
    since: Moment | None = None,
    networks: Labelled | None = None,
    own: Collection[str] = (),
    locations: Databases | None = None,
    marks: Literal[False],
) -> FrameT: ...
def origins(
    events: HasEvents[FrameT] | FrameT,
    *,
    since: Moment | None = None,
    networks: Labelled | None = None,
    own: Collection[str] = (),
    locations: Databases | None = None,
    marks: bool = True,
) -> pl.LazyFrame | FrameT:
    """Where did calls come from, what did each address touch, and what is odd about it?

    A refined question; with `marks=False` an engine question that counts and judges nothing. Ask
    all events: marks compare addresses, and a part has lost what they are compared with.

    Args:
        events: A trail, its `events`, or a part of them.
        since: What is first seen from then on is marked new; the events before are the baseline.
        networks: Labelled networks: `{"office": "203.0.113.0/24", "Tor": "tor.txt"}`,
            `tn.aws_ranges("ip-ranges.json")`, or a list of such. The narrowest label counts.
        own: Labels of networks where your instances may be, besides AWS's.
        locations: MaxMind-format databases, as paths; or a table with `address`, `country`, `city`,
            `latitude`, `longitude`, `as_organization`. Only addresses are looked up, never names.
        marks: False for counts only.

    Returns:
        One row per origin (null: none was logged), sorted by `first_seen` and `origin`: `origin`,
        `kind` (public, private, AWS service, AWS internal, malformed, none), `ip_version` (v4, v6),
        `network` (label), `country`, `city`, `as_organization`, `latitude`, `longitude`
        (degrees), sorted lists `actors`, `credentials` (sessions; a long-term key is one),
        `agents`, `actions`, `accounts`, `regions`, then `first_seen`, `last_seen` (UTC), `events`,
        `denied`, `writes` (Int64), `marks` (see `trailnb.questions._origin_marks.MARKS`), `why`
        (sentences), `speed_kmh` (of the fastest journey that ended here, where impossible). With
        `marks=False`: `origin`, `kind`, `ip_version`, the lists as counts, times and counts.

    Raises:
        RequestError: `since` names no moment, or a network is none.
        SourceError: a list or a database cannot be read.

    Example:
        >>> import trailnb as tn
        >>> trail = tn.open("data-samples/acme", accounts="444455556666")
        >>> odd = origins(trail, since="2026-11-03").filter(pl.col("denied") > 40).collect()
        >>> odd.select("origin", "marks").row(0)
        ('198.51.100.23', ['credential from several networks', 'new'])
    """
    import narwhals.stable.v2 as nw

    frame = asked(events, list(dict.fromkeys(_NEEDED)), "origins")
    if not marks:
        return cast("FrameT", _counted(frame).to_native())
    known = labelled(networks)
    start = None if since is None else instant("since", since)
    by = _by(frame)
    if locations is not None:
        by["hour"] = nw.col("event_time").dt.truncate("1h")

    def finish(uses: pl.DataFrame) -> pl.DataFrame:
        return _told(uses, known, start, own, locations)

    return finished(counted(frame, by, {}), finish, SCHEMA)


def _counted(frame: Narwhal) -> Narwhal:
    import narwhals.stable.v2 as nw

    key = nw.col("source_address_key")
    version = (
        nw.when(key.str.starts_with(_V4)).then(nw.lit("v4")).when(~key.is_null()).then(nw.lit("v6"))
    )
    by = {
        "origin": nw.col("source_ip_address"), "kind": nw.col("source_kind"), "ip_version": version,
    }  # fmt: skip
    uses = _by(frame)
    distinct = {name: uses[of] for name, of in _LISTED.items()}
    return counted(frame, by, distinct).select(*ENGINE_SCHEMA).sort(*ENGINE_SORT_KEY)


def _by(frame: Narwhal) -> dict[str, nw.Expr]:
    """What makes a use of an origin: who, with which credential and program, did what there."""
    import narwhals.stable.v2 as nw

    at_instance = nw.col("user_principal_id").str.contains(r":i-[0-9a-f]{8,17}$")
    return {
        "origin": nw.col("source_ip_address"),
        "kind": nw.col("source_kind"),
        "key": nw.col("source_address_key"),
        "actor": nw.col("actor"),
        "actor_kind": nw.col("actor_kind"),
        "session": session(),
        "is_instance": nw.coalesce(
            at_instance | ~nw.col("ec2_role_delivery").is_null(), nw.lit(value=False)
        ),
        "is_console": nw.col("is_console"),
        "is_on_behalf": nw.col("is_on_behalf"),
        "agent": nw.col("user_agent"),
        "tls_version": nw.col("tls_version"),
        "action": nw.col("action"),
        "service": value_of("service", frame),
        "account": nw.col("recipient_account_id"),
        "region": nw.col("aws_region"),
    }


def _told(
    uses: pl.DataFrame,
    known: Networks,
    since: datetime | None,
    own: Collection[str],
    locations: Databases | None,
) -> pl.DataFrame:
    shown = _summed(uses)
    shown = shown.with_columns(network=known.labels(shown["key"]))
    addresses = shown.drop_nulls("key")["origin"].unique().sort()
    places = located(addresses, locations).rename({"address": "origin"})
    shown = shown.join(places, on="origin", how="left", nulls_equal=True)
    used = _placed(uses, shown.select("origin", "network"))
    is_aws_known = any(label.startswith(AWS) for _, _, label in known.ranges)
    found = marked(used, since=since, own=own, is_aws_known=is_aws_known)
    journeys = travelled(used, places.select("origin", "latitude", "longitude"))
    speeds = journeys.group_by("origin").agg(pl.col("speed_kmh").max())
    fast = journeys.with_columns(mark=pl.lit("fast travel")).select(*MARK_SCHEMA)
    gathered = pl.concat([found, fast]).group_by("origin").agg(
        marks=pl.col("mark").unique().sort(), why=pl.col("why").unique().sort()
    )  # fmt: skip
    empty = pl.lit([], pl.List(_TEXT))
    return (
        shown.join(gathered, on="origin", how="left")
        .join(speeds, on="origin", how="left")
        .with_columns(pl.col("marks", "why").fill_null(empty))
        .sort(*SORT_KEY)
    )


def _summed(uses: pl.DataFrame) -> pl.DataFrame:
    """Sum up the uses of each origin."""
    key = pl.col("key")
    version = (
        pl.when(key.str.starts_with(_V4))
        .then(pl.lit("v4"))
        .when(key.is_not_null())
        .then(pl.lit("v6"))
    )
    return (
        uses.group_by("origin", "kind", "key")
        .agg(
            *(pl.col(of).drop_nulls().unique().sort().alias(name) for name, of in _LISTED.items()),
            pl.col("first_seen").min(),
            pl.col("last_seen").max(),
            *(pl.col(name).sum() for name in _TOTALS),
        )
        .with_columns(ip_version=version)
    )


def _placed(uses: pl.DataFrame, labels: pl.DataFrame) -> pl.DataFrame:
    """Say of each use in which place it was: a label, or the site's network; own calls only."""
    key, label = pl.col("key"), pl.col("network")
    place = (
        pl.when(label.str.starts_with(AWS))
        .then(pl.lit(AWS))
        .when(label.is_not_null())
        .then(label)
        .when(pl.col("kind") == "private")
        .then(pl.lit("private"))
        .when(key.str.starts_with(_V4))
        .then(key.str.slice(0, _V4_SITE))
        .otherwise(key.str.slice(0, _V6_SITE))
    )
    addressed = uses.filter(key.is_not_null(), ~pl.col("is_on_behalf"))
    return addressed.join(labels, on="origin").with_columns(place=place).select(*USED)
