"""What a filter of a question means: an exact value, a `*` pattern, a network, or a list of these.

All of it is said in comparisons and regular expressions, which every engine has.
"""

from __future__ import annotations

import re
import warnings
from difflib import get_close_matches
from functools import reduce
from ipaddress import IPv4Address, ip_address
from operator import or_
from typing import TYPE_CHECKING, TypeAlias

from trailnb._frame import in_polars
from trailnb._lineage.attribute import chains_by_session
from trailnb._lineage.issues import HOW, LONGEST, READ, TOLERANCE, Issues, issues_of
from trailnb.errors import NothingFoundWarning, caller_level
from trailnb.facts.origins import key_range

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    import narwhals.stable.v2 as nw

    from trailnb._frame import Narwhal

#: One value, a pattern such as `"role/*"`, or several of them.
Filter: TypeAlias = "str | Iterable[str]"

#: Columns that the filter of an origin reads.
ORIGIN_COLUMNS = ("source_ip_address", "source_address_key")

#: Columns that name resources, as JSON text.
MENTIONING = ("resources", "request_parameters", "response_elements")

#: Columns that tell what issued which credential.
ISSUING = READ

# Spark pushes `a | b` down to Parquet, and never `is_in`; longer lists read better as one.
_FEW = 16
# A log value may hold a line break.
_ANYTHING = r"[\s\S]*"
_SUGGESTIONS, _COMPARED = 3, 5_000


def matches(column: str, wanted: Filter) -> nw.Expr:
    """Does the column hold one of the wanted values or patterns?

    Example:
        >>> import polars as pl
        >>> import narwhals.stable.v2 as nw
        >>> frame = nw.from_native(pl.DataFrame({"action": ["iam:CreateUser", "s3:GetObject"]}))
        >>> frame.filter(matches("action", "iam:*")).rows()
        [('iam:CreateUser',)]
    """
    values = listed(wanted)
    globbed = [_globbed(value) for value in values if "*" in value]
    return any_of(_spelt(column, [value for value in values if "*" not in value], globbed))


def comes_from(wanted: Filter) -> nw.Expr:
    """Is the origin one of the wanted addresses, networks (`203.0.113.0/24`), names or patterns?

    Networks and IPv6 addresses, which have many spellings, compare `source_address_key`.

    Example:
        >>> import polars as pl
        >>> import narwhals.stable.v2 as nw
        >>> from trailnb.facts.origins import source_address_key
        >>> frame = pl.DataFrame({"source_ip_address": ["203.0.113.7", "198.51.100.7"]})
        >>> frame = frame.with_columns(source_address_key().alias("source_address_key"))
        >>> nw.from_native(frame).filter(comes_from("203.0.113.0/24")).rows()
        [('203.0.113.7', '00000000000000000000ffffcb007107')]
    """
    import narwhals.stable.v2 as nw

    text, key = ORIGIN_COLUMNS
    values = listed(wanted)
    ranges = [found for value in values if (found := _range(value))]
    patterns = [_globbed(value) for value in values if "*" in value]
    exact = [value for value in values if "*" not in value and _range(value) is None]
    within = [(nw.col(key) >= low) & (nw.col(key) <= high) for low, high in ranges]
    named = _spelt(text, exact, patterns) if exact or patterns or not within else []
    return any_of([*named, *within])


def mentions(wanted: Filter) -> nw.Expr:
    """Does the event act on, or name, a resource of this name or ARN?

    The target counts, and every value in the columns `MENTIONING`, whole or after `:` or `/`.

    Example:
        >>> import polars as pl
        >>> import narwhals.stable.v2 as nw
        >>> nothing = dict.fromkeys(("target", *MENTIONING))
        >>> rows = [nothing | {"request_parameters": text} for text in ('{"a":"bob"}', '{"bob":1}')]
        >>> frame = nw.from_native(pl.DataFrame(rows, schema=dict.fromkeys(nothing, pl.String)))
        >>> frame.filter(mentions("bob"))["request_parameters"].to_list()
        ['{"a":"bob"}']
    """
    import narwhals.stable.v2 as nw

    spelt = "|".join(_globbed(value) for value in listed(wanted)) or "[^\\s\\S]"
    inside = spelt.replace(_ANYTHING, '[^"]*')
    value = rf'"(?:[^"]*[:/])?(?:{inside})"\s*[,}}\]]'
    target = nw.col("target").str.contains(f"^(?:{_ANYTHING}[:/])?(?:{spelt})$")
    return any_of([target, *(nw.col(name).str.contains(value) for name in MENTIONING)])


def issues_in(trail_or_events: object, frame: Narwhal) -> Issues:
    """Which credentials were issued in these events, and in the lookback files of a Trail?

    Reads the issuing events, here and now; `frame` has the columns `ISSUING`. A table that only
    stands for events, to be written about, brings its `issues` along.

    Example:
        >>> import polars as pl
        >>> import narwhals.stable.v2 as nw
        >>> from trailnb.facts.columns import base_schema
        >>> types = base_schema() | dict.fromkeys(set(ISSUING) - set(base_schema()), pl.String)
        >>> nothing = pl.DataFrame(schema=types)
        >>> issues_in(nothing, nw.from_native(nothing)).rows.height
        0
    """
    import narwhals.stable.v2 as nw
    import polars as pl

    if isinstance(brought := getattr(trail_or_events, "issues", None), Issues):
        return brought
    is_issuing = nw.col("event_name").is_in(sorted(HOW)) & (nw.col("outcome") == "success")
    rows = in_polars(frame.filter(is_issuing).select(*ISSUING))
    before = getattr(trail_or_events, "lookback_events", None)
    return issues_of(rows if before is None else pl.concat([before.select(ISSUING), rows]))


def acted(wanted: Filter, issues: Issues) -> nw.Expr:
    """Is one of the wanted names the actor, or the one who began the chain of credentials?

    `issues` come from all events. The sessions they lead to are named by key, and by principal and
    beginning where requests are signed with keys of their own.

    Example:
        >>> import polars as pl
        >>> import narwhals.stable.v2 as nw
        >>> from trailnb.facts.columns import base_schema
        >>> from trailnb.facts.derived import DERIVED, with_derived
        >>> from trailnb._lineage.issues import issues_of
        >>> names = [column.name for column in DERIVED]
        >>> nobody = with_derived(pl.DataFrame(schema=base_schema()), names)
        >>> frame = nw.from_native(pl.DataFrame({"actor": ["alice", "bob"]}))
        >>> frame.filter(acted("al*", issues_of(nobody))).rows()
        [('alice',)]
    """
    import narwhals.stable.v2 as nw
    import polars as pl

    own = matches("actor", wanted)
    chains = nw.from_native(chains_by_session(issues)).filter(matches("_root", wanted)).to_native()
    sessions = chains.select(session="session_id")
    keys = issues.by_key.join(sessions, on="session")["access_key_id"].sort().to_list()
    starts = issues.by_start.join(sessions, on="session").drop_nulls()
    begun = starts.group_by("user_principal_id").agg(pl.col("session_creation_date").sort())
    among = [
        (nw.col("user_principal_id") == principal)
        & any_of([nw.col("session_creation_date") == moment for moment in moments])
        for principal, moments in begun.sort("user_principal_id").iter_rows()
    ]
    only = issues.by_window.join(sessions, on="session").sort("user_principal_id")
    among += [_in_window(name, at) for name, _, at in only.iter_rows()]
    return any_of([own, *(_spelt("access_key_id", keys, []) if keys else []), *among])


def _in_window(principal: str, issued_at: datetime) -> nw.Expr:
    """Do events of the only session that was issued under this name go with that issue?"""
    import narwhals.stable.v2 as nw

    time, began = nw.col("event_time"), nw.col("session_creation_date")
    near = (began >= issued_at - TOLERANCE) & (began <= issued_at + TOLERANCE)
    within = (time >= issued_at) & (time <= issued_at + LONGEST)
    return (nw.col("user_principal_id") == principal) & within & (began.is_null() | near)


def listed(wanted: Filter) -> list[str]:
    """Which values are wanted: one text is a list of one?

    Example:
        >>> listed("alice")
        ['alice']
    """
    return [wanted] if isinstance(wanted, str) else list(wanted)


def hint(wanted: Mapping[str, Filter], present: Callable[[str], Iterable[str]]) -> str:
    """Why was nothing found: which wanted value is not there at all, and what is like it?

    Args:
        wanted: each filter by its name; patterns and networks are passed over.
        present: the values that events have for a filter of that name.

    Example:
        >>> hint({"actor": "alcie"}, lambda name: ["alice", "bob"])
        "Nothing found: no event has the actor 'alcie'. Did you mean 'alice'?"
    """
    for name, values in wanted.items():
        exact = [value for value in listed(values) if not _is_open(value)]
        held = sorted(present(name)) if exact else []
        for value in exact:
            if value not in held:
                said = f"Nothing found: no event has the {name} {value!r}."
                likely = _alike(value, held)
                return f"{said} Did you mean {likely}?" if likely else said
    return "Nothing found: no event meets all filters at once."


def warn_nothing_found(said: str) -> None:
    """Warn that the filters left nothing."""
    warnings.warn(said, NothingFoundWarning, stacklevel=caller_level())


def _alike(value: str, present: list[str]) -> str:
    """Name the values that contain the wanted one, or are spelt much like it."""
    lowered = {text.lower(): text for text in reversed(present)}
    holding = [text for low, text in lowered.items() if value.lower() in low]
    near = get_close_matches(value.lower(), list(lowered)[:_COMPARED], _SUGGESTIONS)
    found = [lowered[low] for low in near] or sorted(holding, key=len)
    return " or ".join(map(repr, found[:_SUGGESTIONS]))


def _is_open(value: str) -> bool:
    """Tell whether many values could be meant: a pattern or a network."""
    return "*" in value or _range(value) is not None


def _spelt(column: str, exact: list[str], patterns: list[str]) -> list[nw.Expr]:
    import narwhals.stable.v2 as nw

    held = nw.col(column)
    found = [held.str.contains(f"^(?:{'|'.join(patterns)})$")] if patterns else []
    if len(exact) > _FEW or not (exact or patterns):
        return [*found, held.is_in(exact)]
    return [*found, *(held == value for value in exact)]


def any_of(found: list[nw.Expr]) -> nw.Expr:
    """Does at least one of these hold?

    Example:
        >>> import polars as pl
        >>> import narwhals.stable.v2 as nw
        >>> frame = nw.from_native(pl.DataFrame({"actor": ["alice", "bob"]}))
        >>> frame.filter(any_of([nw.col("actor") == "bob"])).rows()
        [('bob',)]
    """
    while len(found) > 1:  # in pairs: a chain of thousands would be too deep for some engines
        found = [reduce(or_, found[place : place + 2]) for place in range(0, len(found), 2)]
    return found[0]


def _globbed(pattern: str) -> str:
    """Spell a `*` pattern as a regular expression."""
    return _ANYTHING.join(re.escape(part) for part in pattern.split("*"))


def _range(value: str) -> tuple[str, str] | None:
    """Read a network, or one IPv6 address; an IPv4 address has one spelling and stays text."""
    try:
        if "/" not in value and isinstance(ip_address(value), IPv4Address):
            return None
        return key_range(value)
    except ValueError:
        return None
