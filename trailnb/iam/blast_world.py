"""What a blast radius is followed through: sessions, who issued them, and what calls gave away."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import polars as pl

from trailnb._lineage.chains import hops_of
from trailnb.iam.replay_table import actions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from trailnb._lineage.chains import Hop
    from trailnb._lineage.issues import Issues

_WHO = ("session_id", "actor", "user_arn", "user", "session_issuer_arn", "user_type")
_TEXTS = ("target", "request_parameters", "response_elements")
#: Sessions that are no credential: everyone who came from that account, a user who is only named
#: (signing in, or in another account's copy of a call), and who named nothing.
NO_SESSION = re.compile(r"^(?:account:|AIDA[A-Z0-9]*$|unknown caller$)")
#: What can be run, and then has credentials of its own.
WORKLOADS = ("instance", "function", "task")
_KEY = TypeVar("_KEY")
_VALUE = TypeVar("_VALUE")


class Session(NamedTuple):
    """One credential session: whose it is, and when it was used."""

    id: str
    actor: str
    arn: str
    user: str | None
    role: str | None
    first: datetime
    last: datetime


class Control(NamedTuple):
    """A call that gave its caller a say in what a workload runs."""

    session: str
    kind: str
    workload: str
    action: str
    time: datetime
    event_id: str
    account: str


@dataclass(frozen=True)
class World:
    """Everything the closure looks at, each by what it is looked up by.

    Users and roles go by `ACCOUNT/NAME`. `changes` are rows of `iam_changes` by the session that
    made them.
    """

    sessions: Mapping[str, Session]
    hops: Mapping[str, Hop]
    issued: Mapping[str, list[Hop]]
    of_user: Mapping[str | None, list[Session]]
    of_role: Mapping[str | None, list[Session]]
    of_name: Mapping[str, list[Session]]
    changes: Mapping[str, list[dict[str, Any]]]
    controls: Mapping[str, list[Control]]
    #: Sessions that a SAML or OIDC provider vouched for, by its ARN.
    through: Mapping[str, list[Hop]]
    #: Accounts whose events are here, and whether data events are among them.
    accounts: Mapping[str, bool]


def user_of() -> pl.Expr:
    """Which IAM user is it, as account and name: null for anybody else?

    A failed sign-in names its user and no ARN.

    Example:
        >>> row = {"user_type": "IAMUser", "user_arn": "arn:aws:iam::111122223333:user/ops/alice"}
        >>> row |= {"user_name": None, "user_account_id": "111122223333"}
        >>> types = dict.fromkeys(row, pl.String)
        >>> pl.DataFrame([row], schema=types).select(user_of()).item()
        '111122223333/alice'
    """
    named = pl.coalesce(pl.col("user_arn").str.extract(r":user/(?:.*/)?([^/]+)$"), "user_name")
    whole = pl.concat_str("user_account_id", pl.lit("/"), named)
    return pl.when(pl.col("user_type") == "IAMUser").then(whole).alias("user")


def role_of(arn: str | None) -> str | None:
    """Which role is it, as account and name: its path apart?

    Example:
        >>> role_of("arn:aws:iam::111122223333:role/service-role/app")
        '111122223333/app'
    """
    parts = (arn or "").split(":", 5)
    is_role = len(parts) > 5 and parts[5].startswith("role/")  # noqa: PLR2004 - of an ARN
    return f"{parts[4]}/{parts[5].rpartition('/')[2]}" if is_role else None


def world_of(events: pl.LazyFrame, issues: Issues, changes: pl.LazyFrame) -> World:
    """What is there to follow?

    Args:
        events: All events, with `session_id` and `user`.
        issues: Which credentials were issued.
        changes: The answer of `iam_changes`.
    """
    telling = {action for row in _controlling() for action in row["actions"].split()}
    done = events.filter(
        pl.col("action").is_in(sorted(telling.union(actions()))), pl.col("outcome") == "success"
    )
    seen = [pl.col("event_time").min().alias("first"), pl.col("event_time").max().alias("last")]
    texts = pl.when(pl.col("action").is_in(sorted(telling))).then(pl.col(_TEXTS))
    calls_read = ("session_id", "event_time", "event_id", "action", "recipient_account_id")
    is_data = (pl.col("event_category") == "Data").any()
    places = events.group_by("recipient_account_id").agg(is_data).drop_nulls("recipient_account_id")
    used, calls, changed, accounts = pl.collect_all(
        [events.group_by(_WHO).agg(seen), done.select(*calls_read, texts), changes, places],
        engine="streaming",
    )
    sessions, found = list(_sessions(used)), list(_controls(calls))
    hops = hops_of(issues)
    # A change is of the account of its entity, which may be another than the one it was made in.
    which = ["event_id", "time", "action"]
    by = calls.select(pl.col("event_id").fill_null(""), "session_id", "action", time="event_time")
    made = changed.join(by.unique(which, keep="any"), on=which, how="left")
    return World(
        sessions={one.id: one for one in sessions},
        hops=hops,
        issued=_by((hop.caller, hop) for hop in hops.values()),
        of_user=_by((one.user, one) for one in sessions),
        of_role=_by((one.role, one) for one in sessions),
        of_name=_by((one.arn.rpartition("/")[2], one) for one in sessions if one.role),
        changes=_by((row["session_id"], row) for row in made.iter_rows(named=True)),
        controls=_by((one.session, one) for one in found if one.kind in WORKLOADS),
        through=_through(found, hops.values()),
        accounts=dict(accounts.iter_rows()),
    )


def _sessions(used: pl.DataFrame) -> Iterable[Session]:
    """Tell each session once, however its events spell who it is."""
    real = used.filter(~pl.col("session_id").str.contains(NO_SESSION.pattern))
    # Another account's copy of a call knows little of who made it.
    own = pl.col("user_type").ne_missing("AWSAccount")
    named = pl.col("actor", "user_arn", "user", "session_issuer_arn")
    once = real.group_by("session_id").agg(
        named.filter(own).drop_nulls().sort().first(),
        pl.col("first").min(),
        pl.col("last").max(),
    )
    for name, actor, arn, user, issuer, first, last in once.sort("session_id").iter_rows():
        yield Session(name, actor or "unknown", arn or "", user, role_of(issuer), first, last)


def _through(calls: Iterable[Control], hops: Iterable[Hop]) -> Mapping[str, list[Hop]]:
    by_event = _by((hop.event_id, hop) for hop in hops)
    vouched = (one for one in calls if one.kind == "provider")
    return _by((one.workload, hop) for one in vouched for hop in by_event.get(one.event_id, []))


@cache
def unfollowed() -> frozenset[str]:
    """Which calls let a service act with a role, under session names that tell nothing?

    Example:
        >>> "cloudformation:CreateStack" in unfollowed()
        True
    """
    rows = (row for row in _controlling() if row["kind"] == "role")
    return frozenset(action for row in rows for action in row["actions"].split())


@cache
def _controlling() -> list[dict[str, str]]:
    table = files("trailnb.iam").joinpath("tables", "blast_control.csv").read_text("utf-8")
    return list(csv.DictReader(line for line in table.splitlines() if not line.startswith("#")))


def _controls(calls: pl.DataFrame) -> Iterable[Control]:
    for row in _controlling():
        own = calls.filter(pl.col("action").is_in(row["actions"].split())).select(
            "session_id",
            pl.lit(row["kind"]),
            pl.col(row["where"]).str.extract_all(row["pattern"]).alias("name"),
            "action",
            "event_time",
            "event_id",
            "recipient_account_id",
        )
        # What was found is the whole match; the name is the group within it.
        named = own.explode("name", empty_as_null=True).with_columns(
            pl.col("name").str.extract(row["pattern"])
        )
        yield from map(Control._make, named.drop_nulls("name").unique().sort("event_time").rows())


def _by(pairs: Iterable[tuple[_KEY, _VALUE]]) -> dict[_KEY, list[_VALUE]]:
    found: dict[_KEY, list[_VALUE]] = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return dict(found)
