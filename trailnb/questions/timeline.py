"""Who did what, to what, from where, with what outcome: the timeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast, overload

import polars as pl

from trailnb._frame import FrameT, HasEvents, QuestionClass, asked, in_polars, refined
from trailnb._lineage.attribute import attributed
from trailnb.questions._collapse import ROWS, SHOWN, TOLD, in_rows, is_attributed, told_by
from trailnb.questions._matching import (
    ISSUING,
    ORIGIN_COLUMNS,
    Filter,
    acted,
    any_of,
    comes_from,
    hint,
    issues_in,
    matches,
    warn_nothing_found,
)

if TYPE_CHECKING:
    import narwhals.stable.v2 as nw

    from trailnb._frame import Narwhal
    from trailnb._lineage.issues import Issues

CLASS: QuestionClass = "refined"
SCHEMA = ROWS
#: Rows of one second have no order among themselves; their first event id decides.
SORT_KEY = ("time",)

#: The answer with `collapse=False`: one row per event.
ENGINE_SCHEMA = pl.Schema(dict.fromkeys(SHOWN, pl.String()) | {"time": SCHEMA["time"]})
ENGINE_SORT_KEY = ("time", "event_id")
#: What makes it an engine question.
ENGINE_FORM = {"collapse": False}

#: Which column a filter reads; `actor`, `session` and `origin` are told apart below.
_FILTERED = {
    "key": "access_key_id",
    "target": "target",
    "action": "action",
    "outcome": "outcome",
    "access": "access",
    "account": "recipient_account_id",
    "region": "aws_region",
}


@overload
def timeline(
    events: HasEvents[FrameT] | FrameT,
    *,
    actor: Filter | None = None,
    session: Filter | None = None,
    key: Filter | None = None,
    origin: Filter | None = None,
    target: Filter | None = None,
    action: Filter | None = None,
    outcome: Filter | None = None,
    access: Filter | None = None,
    account: Filter | None = None,
    region: Filter | None = None,
    collapse: Literal[True] = True,
) -> pl.LazyFrame: ...
@overload
def timeline(
    events: HasEvents[FrameT] | FrameT,
    *,
    actor: Filter | None = None,
    session: Filter | None = None,
    key: Filter | None = None,
    origin: Filter | None = None,
    target: Filter | None = None,
    action: Filter | None = None,
    outcome: Filter | None = None,
    access: Filter | None = None,
    account: Filter | None = None,
    region: Filter | None = None,
    collapse: Literal[False],
) -> FrameT: ...
def timeline(
    events: HasEvents[FrameT] | FrameT,
    *,
    actor: Filter | None = None,
    session: Filter | None = None,
    key: Filter | None = None,
    origin: Filter | None = None,
    target: Filter | None = None,
    action: Filter | None = None,
    outcome: Filter | None = None,
    access: Filter | None = None,
    account: Filter | None = None,
    region: Filter | None = None,
    collapse: bool = True,
) -> pl.LazyFrame | FrameT:
    """Who did what, to what, from where, and how did it end?

    A refined question: always a Polars LazyFrame, and nothing is read before it is collected. With
    `collapse=False` an engine question: one row per event, in the same kind of frame as `events`.

    Filters take a value, a `*` pattern or a list. `actor` and `session` rest on the events that
    issued credentials, which are read for them first. Ask of all events: a frame already filtered
    to one address or hour has lost its issuers.

    Args:
        events: A trail, its `events`, or a part of them.
        actor: The actor, or who began the chain of credentials: `"alice"`, `"role/deploy/*"`.
        session: As `tn.lineage` names sessions. With `collapse=False`, engines other than Polars
            need the column `session_id`, which `tn.attribute` adds.
        key: Access key that signed the request.
        origin: Addresses, networks or names: `"203.0.113.0/24"`, `"2001:db8::/32"`.
        target: `"arn:aws:s3:::payroll/*"`.
        action: `"iam:CreateUser"`, `"iam:*"`.
        outcome: `"denied"`, `["denied", "failed"]`.
        access: `read`, `list`, `write`, `permission`, `tagging`.
        account: Twelve digits: the account that recorded the event.
        region: `"eu-central-1"`.
        collapse: Fold pagination, repeats, retries, console clicks and what a service did on
            someone's behalf; never a permission change, an issued credential, a refusal with a
            success, or writes to different targets. Reads of several targets share a row.

    Returns:
        Sorted by `time` and first event id: `time`, `until` (UTC, when requests completed; whole
        seconds), `actor`, `via` (who issued the credentials, the first in the chain first; null
        when nobody did), `action`, `access`, `target`, `outcome`, `origin`, `region`, `account`,
        `count` of events, `event_ids`, and `summary`, a sentence. Where a row's events differ,
        `action` and `target` are the pattern they share. With `collapse=False`, sorted by `time`
        and `event_id`, which stands for what only rows of several events have.

    Warns:
        NothingFoundWarning: the filters left nothing; names the value that no event has. Not with
            `collapse=False`, where only the engine that collects knows.

    Example:
        >>> import trailnb as tn
        >>> trail = tn.open("data-samples/quiet", progress=lambda _: None)
        >>> answer = tn.timeline(trail, access="permission", action="*:Update*").collect()
        >>> print(answer["summary"].item())
        ida.berg@example.com, as SecurityAdmin from 192.0.2.88, updated assume role policy on \
role/thumbnailer-role: allowed
    """
    given: dict[str, Filter | None] = {
        "actor": actor, "session": session, "key": key, "origin": origin, "target": target,
        "action": action, "outcome": outcome, "access": access, "account": account,
        "region": region,
    }  # fmt: skip
    wanted = {name: values for name, values in given.items() if values is not None}
    if collapse:
        return _collapsed(events, wanted)
    return cast("FrameT", _each(events, wanted).to_native())


def _each(events: object, wanted: dict[str, Filter]) -> Narwhal:
    """One row per event, on the engine that holds them."""
    import narwhals.stable.v2 as nw

    frame = asked(events, _needed(wanted), "timeline")
    has = frame.collect_schema().names()
    filters = _plainly(wanted)
    if "session" in wanted:
        filters.append(matches("session_id", wanted["session"]))
        if "session_id" not in has:
            frame = _with_sessions(events, frame)
    if "actor" in wanted and "root_actor" in has:
        filters.append(_by_root(wanted["actor"]))
    elif "actor" in wanted:
        frame = asked(frame, ISSUING, "timeline")
        filters.append(acted(wanted["actor"], issues_in(events, frame)))
    kept = frame.filter(*filters) if filters else frame
    shown = kept.select(**{name: nw.col(column) for name, column in SHOWN.items()})
    return shown.sort(*ENGINE_SORT_KEY)


def _with_sessions(events: object, frame: Narwhal) -> Narwhal:
    """Tell sessions in Polars; another engine's frame must bring them."""
    import narwhals.stable.v2 as nw

    native = frame.to_native()
    if not isinstance(native, pl.DataFrame | pl.LazyFrame):
        return asked(frame, ["session_id"], "timeline")
    frame = asked(frame, ISSUING, "timeline")
    whose = attributed(in_polars(frame), issues_in(events, frame))
    same = whose.collect() if isinstance(native, pl.DataFrame) else whose
    return cast("Narwhal", nw.from_native(same))


def _collapsed(events: object, wanted: dict[str, Filter]) -> pl.LazyFrame:
    """Reduce on the engine, finish in Polars; nothing is read before somebody looks."""
    frame = asked(events, _needed(wanted), "timeline")
    frame = asked(frame, [*TOLD, *(() if is_attributed(frame) else ISSUING)], "timeline")
    return refined(SCHEMA, lambda: _rows(events, frame, wanted))


def _rows(events: object, frame: Narwhal, wanted: dict[str, Filter]) -> pl.DataFrame:
    import narwhals.stable.v2 as nw

    filters = _plainly(wanted)
    issues = None if is_attributed(frame) else issues_in(events, frame)
    kept = nw.from_native(told_by(frame.filter(*filters) if filters else frame, issues))
    if "actor" in wanted:
        kept = kept.filter(_by_root(wanted["actor"]))
    if "session" in wanted:
        kept = kept.filter(matches("session_id", wanted["session"]))
    rows = in_rows(kept.to_native())
    if rows.is_empty() and wanted:
        warn_nothing_found(hint(wanted, lambda name: _present(frame, issues, name)))
    return rows


def _by_root(wanted: Filter) -> nw.Expr:
    return any_of([matches("actor", wanted), matches("root_actor", wanted)])


def _needed(wanted: dict[str, Filter]) -> list[str]:
    """Which columns do rows and filters read, lineage apart?"""
    read = [_FILTERED[name] for name in wanted if name in _FILTERED]
    return [*SHOWN.values(), *read, *(ORIGIN_COLUMNS if "origin" in wanted else ())]


def _plainly(wanted: dict[str, Filter]) -> list[nw.Expr]:
    """Which filters can be told from an event alone?"""
    plain = [matches(_FILTERED[name], wanted[name]) for name in wanted if name in _FILTERED]
    return [*plain, comes_from(wanted["origin"])] if "origin" in wanted else plain


def _present(frame: Narwhal, issues: Issues | None, name: str) -> set[str]:
    """Which values do the events have for a filter?"""
    behind = {"actor": ("actor", "root_actor"), "session": ("session_id",)}
    columns = behind.get(name) or (_FILTERED.get(name, "source_ip_address"),)
    events = told_by(frame, issues) if name in behind else in_polars(frame)
    values = (events.select(column).unique().collect().to_series() for column in columns)
    return {value for found in values for value in found.drop_nulls()}
