"""What is odd about an origin: each mark with the credential it is about and a sentence why.

Every function takes the uses of all origins (`USED`) and gives rows of origin, mark, credential and
why. A mark is a lead to look at, never a verdict.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from trailnb.enrich.networks import AWS

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

#: Every mark an origin can have, and what it means.
MARKS = {
    "new": "first seen in the window, and not before it",
    "credential from several networks": "a credential used here was first used elsewhere",
    "instance credential outside": "an instance's credentials, used where the instance is not",
    "agent change": "inside a session, another program or system than at its beginning",
    "TLS change": "inside a session, another TLS version to the same service",
    "console and API apart": "a person's console and API calls come from different places",
    "fast travel": "faster than an airliner from where it was used before",
}
#: What the functions read: one row per use of an origin by a session, with its place.
USED = (
    "origin", "place", "network", "kind", "actor", "actor_kind", "session", "is_instance",
    "is_console", "agent", "tls_version", "service", "first_seen", "last_seen", "events",
)  # fmt: skip
SCHEMA = pl.Schema(dict.fromkeys(("origin", "mark", "credential", "why"), pl.String()))

_PERSONS = ("human", "root")
# Programs that AWS itself runs, under a session of the caller.
_OF_AWS = r"(?i)amazonaws\.com|^\[?aws[ -]internal"
_SYSTEMS = r"(?i)\b(windows|linux|darwin|macos|mac os|android|ios)\b"
_SAME_SYSTEM = {"mac os": "darwin", "macos": "darwin"}
_FIRST = ("first_seen", "origin")


def marked(
    used: pl.DataFrame, *, since: datetime | None, own: Collection[str], is_aws_known: bool
) -> pl.DataFrame:
    """Which origins are marked, with which credential, and why?

    Example:
        >>> marked(
        ...     pl.DataFrame(schema=dict.fromkeys(USED, pl.String)),
        ...     since=None,
        ...     own=[],
        ...     is_aws_known=False,
        ... ).columns
        ['origin', 'mark', 'credential', 'why']
    """
    if used.is_empty():
        return pl.DataFrame(schema=SCHEMA)
    parts = [
        _moved(used),
        _outside(used, own, is_aws_known=is_aws_known),
        _other_agent(used),
        _other_tls(used),
        _apart(used),
    ]
    if since is not None:
        parts.append(_new(used, since))
    return pl.concat(parts).unique().sort(*SCHEMA)


def _rows(
    found: pl.DataFrame, mark: str, why: pl.Expr, credential: str = "session"
) -> pl.DataFrame:
    return found.select(
        "origin", pl.lit(mark).alias("mark"), pl.col(credential).alias("credential"),
        why.alias("why"),
    ).select(pl.col(name).cast(dtype) for name, dtype in SCHEMA.items())  # fmt: skip


def _new(used: pl.DataFrame, since: datetime) -> pl.DataFrame:
    began = used.group_by("origin").agg(pl.col("first_seen").min())
    fresh = began.filter(pl.col("first_seen") >= since).with_columns(session=pl.lit(None))
    return _rows(fresh, "new", pl.format("first seen {}", _time("first_seen")))


def _moved(used: pl.DataFrame) -> pl.DataFrame:
    """Find credentials used in other places than where they were first used."""
    is_credential = pl.col("session").str.contains("^AKIA|^ASIA|@")
    homes = _home(used.filter(is_credential, ~pl.col("is_instance")), "session")
    away = homes.filter(pl.col("place") != pl.col("home"))
    why = pl.format("{} was first used from {}", "session", "home_origin")
    return _rows(away, "credential from several networks", why)


def _outside(used: pl.DataFrame, own: Collection[str], *, is_aws_known: bool) -> pl.DataFrame:
    """Find instances' credentials away from their instance.

    Where AWS's ranges are known, an address in none of them, nor in one's own networks, is outside.
    Otherwise, of the places one session is seen in, the instance's own is where most instances are,
    else where nobody else is, else where it is seen first; and a place that several instances share
    is no thief's.
    """
    mark = "instance credential outside"
    ours = used.filter("is_instance")
    shared = used.group_by("place").agg(
        pl.col("session").filter("is_instance").n_unique().alias("_instances"),
        (~pl.col("is_instance")).any().alias("_others"),
    )
    seen = ours.group_by("session", "place").agg(
        pl.col("first_seen").min().alias("_since"), pl.col("origin").sort_by(*_FIRST).first()
    )
    instances = ours.with_columns(_instance=_instance()).group_by("place")
    fleet = instances.agg(pl.col("_instance").n_unique().alias("_fleet"))
    ranked = (
        seen.join(shared, on="place")
        .join(fleet, on="place")
        .sort(
            "session",
            "_fleet",
            "_others",
            "_since",
            "place",
            descending=[False, True, False, False, False],
        )
        .with_columns(
            home=pl.col("place").first().over("session"),
            home_origin=pl.col("origin").first().over("session"),
        )
    )
    odd = ranked.filter(pl.col("place") != pl.col("home"), pl.col("_fleet") == 1)
    away = ours.join(odd.select("session", "place", "home_origin"), on=["session", "place"])
    rows = _rows(away, mark, pl.format("{} is at work at {}", "session", "home_origin"))
    if not is_aws_known:
        return rows
    label = pl.col("network").fill_null("")
    is_ours = label.is_in(list(own)) | label.str.starts_with(AWS)
    elsewhere = ours.filter((pl.col("kind") == "public") & ~is_ours)
    why = pl.format("{}: no address of AWS or of yours", "session")
    return pl.concat([rows, _rows(elsewhere, mark, why)])


def _other_agent(used: pl.DataFrame) -> pl.DataFrame:
    """Find sessions that change system, or that bring another program from another place."""
    own = _in_session(used).filter(~pl.col("is_console"), ~pl.col("agent").str.contains(_OF_AWS))
    agent = pl.col("agent").str.strip_prefix("[")
    system = agent.str.extract(_SYSTEMS).str.to_lowercase().replace(_SAME_SYSTEM)
    told = _home(
        own.with_columns(_program=agent.str.extract(r"^([^/\s]+)"), _system=system), "session"
    )
    first = pl.col("_system").drop_nulls().first().over("session")
    told = told.sort("session", *_FIRST).with_columns(_first=first)
    at_home = told.filter(pl.col("place") == pl.col("home"))
    known = (
        at_home.select("session", "_program").unique().with_columns(_is_known=pl.lit(value=True))
    )
    told = told.join(known, on=["session", "_program"], how="left")
    changed = told.filter((pl.col("_system") != pl.col("_first")) | pl.col("_is_known").is_null())
    return _rows(changed, "agent change", pl.format("{} came as {}", "session", "agent"))


def _other_tls(used: pl.DataFrame) -> pl.DataFrame:
    """Find sessions whose TLS version to one service changes."""
    by = ("session", "service", "_program")
    program = pl.col("agent").str.strip_prefix("[").str.extract(r"^([^/\s]+)").fill_null("")
    told = _in_session(used).with_columns(_program=program).drop_nulls("tls_version")
    first = pl.col("tls_version").first().over(by)
    told = told.sort(*by, *_FIRST).with_columns(_first=first)
    changed = told.filter(pl.col("tls_version") != pl.col("_first"))
    why = pl.format("{} to {}: {}, before {}", "session", "service", "tls_version", "_first")
    return _rows(changed, "TLS change", why)


def _apart(used: pl.DataFrame) -> pl.DataFrame:
    """Find persons whose console and API calls share no place; the later way is marked."""
    persons = used.filter(pl.col("actor_kind").is_in(_PERSONS))
    ways = persons.group_by("actor", "is_console").agg(
        pl.col("place").unique(), pl.col("first_seen").min().alias("_since")
    )
    both = ways.filter("is_console").join(ways.filter(~pl.col("is_console")), on="actor")
    no_place = pl.col("place").list.set_intersection("place_right").list.len() == 0
    later = both.filter(no_place).select(
        "actor", is_console=pl.col("_since") > pl.col("_since_right")
    )
    found = persons.join(later, on=["actor", "is_console"])
    way = pl.when("is_console").then(pl.lit("console")).otherwise(pl.lit("API"))
    why = pl.format("{} uses the {} here, and the other way elsewhere", "actor", way)
    return _rows(found, "console and API apart", why)


def _home(used: pl.DataFrame, by: str) -> pl.DataFrame:
    """Add the place and the origin where each session was first used."""
    return used.sort(by, *_FIRST).with_columns(
        home=pl.col("place").first().over(by), home_origin=pl.col("origin").first().over(by)
    )


def _in_session(used: pl.DataFrame) -> pl.DataFrame:
    """Keep temporary sessions: a long-term key serves many programs."""
    return used.filter(pl.col("session").str.contains("@", literal=True), ~pl.col("is_instance"))


def _instance() -> pl.Expr:
    return pl.col("session").str.extract(r":([^@]*)")


def _time(column: str) -> pl.Expr:
    return pl.col(column).dt.strftime("%Y-%m-%dT%H:%M:%SZ")
