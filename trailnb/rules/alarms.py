"""Which alarms would have fired, had they been on: rules run over the whole history."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import polars as pl

from trailnb._frame import QuestionClass, asked, refined
from trailnb.errors import RequestError
from trailnb.rules.corners import USUAL, Corners
from trailnb.rules.loading import cis
from trailnb.rules.one_pass import Plan, candidates, slices, warn_of_undecided
from trailnb.rules.rule import Rule, at_least_one, checked
from trailnb.trail.request import duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import timedelta

    from trailnb._frame import FrameT, HasEvents, Narwhal

CLASS: QuestionClass = "refined"
_TIME, _TEXT, _COUNT = pl.Datetime("us", "UTC"), pl.String(), pl.Int64()
SCHEMA = pl.Schema(
    {
        "start": _TIME,
        "end": _TIME,
        "rule": _TEXT,
        "title": _TEXT,
        "severity": _TEXT,
        "account": _TEXT,
        "events": _COUNT,
        "is_notified": pl.Boolean(),
        "first_seen": _TIME,
        "last_seen": _TIME,
        "first_event_id": _TEXT,
        "last_event_id": _TEXT,
        "actors": pl.List(_TEXT),
        "accounts": pl.List(_TEXT),
    }
)
SORT_KEY = ("start", "rule", "account")

#: What is kept of each match.
_KEPT = {
    "time": "event_time",
    "event_id": "event_id",
    "of": "recipient_account_id",
    "actor": "actor",
}
_SUMS = pl.Schema(
    {
        "number": pl.UInt32(),
        **{
            name: SCHEMA[name]
            for name in (
                "start", "account", "events", "first_seen", "last_seen", "first_event_id",
                "last_event_id", "actors", "accounts",
            )
        },
    }
)  # fmt: skip
#: After so many matches they are summed up, which bounds what is held.
_MANY = 200_000


def alarms(
    events: HasEvents[FrameT] | FrameT,
    *,
    rules: Rule | Iterable[Rule] | None = None,
    period: str | timedelta = "5m",
    threshold: int = 1,
    by_account: bool = False,
    corners: Corners = USUAL,
) -> pl.LazyFrame:
    """Which CloudWatch alarms would have fired over the whole history, had they been on?

    A refined question, answered in one pass for all rules: one row per rule and period in which it
    matched at least `threshold` times. Periods are those of CloudWatch, whole multiples of their
    length since 1970, and counted by the time of the event; the real metric counts by the time of
    delivery, some minutes later. A rule that never matched has no row.

    Args:
        events: A trail, its `events`, or a part of them.
        rules: What to look for; None is the CIS set, `tn.rules.cis()`. Add `tn.rules.wider()` for
            what that set leaves out, or `tn.rules.load("rules/")` for your own.
        period: How long a period is, for rules that do not say.
        threshold: How many matches make an alarm, for rules that do not say.
        by_account: Whether each account has alarms of its own. Without, all accounts count
            together, as in the one log group of an organization's trail.
        corners: What AWS's documentation leaves open.

    Returns:
        Sorted by `start`, `rule` and `account`: `start`, `end` (the period, UTC; null for events
        without a time), `rule`, `title`, `severity`, `account` (null unless `by_account`), `events`
        (matches; Int64), `is_notified` (whether the alarm was not on already in the period before,
        so that somebody would have been told), `first_seen`, `last_seen` (UTC), `first_event_id`,
        `last_event_id`, and the sorted lists `actors` and `accounts`.

    Raises:
        RequestError: two rules share a name, or an argument cannot be meant.
        ColumnError: the frame lacks a column that a rule or the answer needs.

    Source: CIS AWS Foundations Benchmark; CloudWatch User Guide, "Alarm evaluation".

    Example:
        >>> import trailnb as tn
        >>> trail = tn.open("data-samples/acme", since="2026-11-03")
        >>> fired = alarms(trail).filter(pl.col("rule") == "cis-4.5")
        >>> fired.select("title", "events", "actors").collect().row(0)
        ('Changes of CloudTrail', 1, ['svc-backup-sync'])
    """
    chosen = chosen_of(rules)
    about = _about(chosen, period, threshold)
    plan = Plan.of([rule.matcher(corners) for rule in chosen])
    frame = asked(events, list(dict.fromkeys([*_KEPT.values(), *plan.columns])), "alarms")
    lengths = about.select("number", "length")

    def answer() -> pl.DataFrame:
        return _fired(_counted(frame, plan, lengths, by_account=by_account), about)

    return refined(SCHEMA, answer)


def _about(chosen: Sequence[Rule], period: str | timedelta, threshold: int) -> pl.DataFrame:
    """Tell of each rule what the answer says, and what makes an alarm."""
    lengths = [duration("period", rule.period or period) for rule in chosen]
    if not all(lengths):
        raise RequestError("a period of no length holds no events. Write it like '5m' or '1h'.")
    least = at_least_one("threshold", threshold)
    told = {
        "number": range(len(chosen)),
        "rule": [rule.name for rule in chosen],
        "title": [rule.title for rule in chosen],
        "severity": [rule.severity for rule in chosen],
        "least": [rule.threshold or least for rule in chosen],
        "length": lengths,
    }
    types = {"number": pl.UInt32(), "least": _COUNT, "length": pl.Duration("us")}
    return pl.DataFrame(told, schema={name: types.get(name, _TEXT) for name in told})


def chosen_of(rules: Rule | Iterable[Rule] | None) -> Sequence[Rule]:
    """Which rules are meant: the CIS set where none are named, and each by a name of its own?

    Raises:
        RequestError: one is no rule, or two share a name.

    Example:
        >>> len(chosen_of(None))
        15
    """
    if rules is None:
        return cis()
    chosen = [rules] if isinstance(rules, Rule) else [checked(one) for one in rules]
    for name, count in Counter(rule.name for rule in chosen).items():
        if count > 1:
            raise RequestError(f"two rules are named {name!r}. Rename one.")
    return chosen


def _counted(
    frame: Narwhal, plan: Plan, lengths: pl.DataFrame, *, by_account: bool
) -> pl.DataFrame:
    """Read once, and count each rule's matches by its periods."""
    columns = [*_KEPT.values(), *plan.columns]
    sums: list[pl.DataFrame] = [_merged([pl.DataFrame(schema=_SUMS)])]
    undecided = held = 0
    for part in slices(candidates(frame, plan, columns)):
        found, unread = plan.matches(part)
        undecided += len(unread)
        kept = part.select(**{name: pl.col(column) for name, column in _KEPT.items()})
        numbers = [number for number, rows in found.items() for _ in rows]
        matched = kept[[row for rows in found.values() for row in rows]].with_columns(
            number=pl.Series(numbers, dtype=pl.UInt32)
        )
        sums.append(_each(matched, lengths, by_account=by_account))
        held += matched.height
        if held > _MANY:
            sums, held = [_merged(sums)], 0
    warn_of_undecided(undecided)
    return _merged(sums)


def _each(matched: pl.DataFrame, lengths: pl.DataFrame, *, by_account: bool) -> pl.DataFrame:
    """Take each match for a sum of one, in its period."""
    moment, length = pl.col("time").to_physical(), pl.col("length").to_physical()
    account = pl.col("of") if by_account else pl.lit(None, _TEXT)
    return matched.join(lengths, on="number", maintain_order="left").select(
        "number",
        start=(moment - moment % length).cast(_TIME),
        account=account,
        events=pl.lit(1, _COUNT),
        first_seen="time",
        last_seen="time",
        first_event_id="event_id",
        last_event_id="event_id",
        actors=pl.concat_list("actor"),
        accounts=pl.concat_list("of"),
    )


def _merged(sums: list[pl.DataFrame]) -> pl.DataFrame:
    """Add up sums of the same rule, period and account."""
    last = pl.col("last_event_id").sort_by("last_seen", "last_event_id", nulls_last=False).last()
    lists = pl.col("actors", "accounts").explode(empty_as_null=False)
    return (
        pl.concat(sums)
        .sort("first_seen", "first_event_id", nulls_last=True)
        .group_by("number", "start", "account", maintain_order=True)
        .agg(
            pl.col("events").sum(),
            pl.col("first_seen").min(),
            pl.col("last_seen").max(),
            pl.col("first_event_id").first(),
            last,
            lists.drop_nulls().unique().sort(),
        )
    )


def _fired(counted: pl.DataFrame, about: pl.DataFrame) -> pl.DataFrame:
    """Keep the periods with enough matches, and say which of them would have been news."""
    ended = pl.col("end").shift().over("rule", "account", order_by="start")
    return (
        counted.join(about, on="number")
        .filter(pl.col("events") >= pl.col("least"))
        .with_columns(end=pl.col("start") + pl.col("length"))
        .with_columns(is_notified=(ended != pl.col("start")).fill_null(value=True))
        .select(*SCHEMA)
        .sort(*SORT_KEY, nulls_last=True)
    )
