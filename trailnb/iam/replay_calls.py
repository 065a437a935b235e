"""From the caller's frame to calls: only what can change permissions, in narrow columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from trailnb._frame import asked, in_polars
from trailnb._lineage.attribute import attributed
from trailnb._lineage.issues import SESSION_COLUMNS
from trailnb.iam.replay_edits import Call
from trailnb.iam.replay_paths import parsed
from trailnb.iam.replay_table import actions
from trailnb.questions._collapse import LINEAGE, is_attributed
from trailnb.questions._matching import ISSUING, issues_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from trailnb._frame import FrameT, HasEvents, Narwhal

_READ = (
    "event_time", "event_id", "action", "actor", "outcome", "source_ip_address", "aws_region",
    "recipient_account_id", "user_account_id", "user_name", "access_key_id", "user_arn", "target",
    "request_parameters", "response_elements",
)  # fmt: skip

_COPIED = (
    "event_id", "event_time", "recipient_account_id", "action", "outcome", "request_parameters",
    "response_elements",
)  # fmt: skip

#: What is told of a call beside what it did, and where that stands among the events' columns.
_TOLD = {
    "actor": "actor", "root_actor": "root_actor", "actor_arn": "user_arn", "outcome": "outcome",
    "origin": "source_ip_address", "region": "aws_region",
}  # fmt: skip
_OUTCOME = [*_TOLD].index("outcome")
_PASSED = (
    "event_time", "event_id", "action", "recipient_account_id", "request_parameters",
    "response_elements", "target", "user_name", "access_key_id", *_TOLD.values(),
)  # fmt: skip


class Read(NamedTuple):
    """Calls that can change permissions, and the accounts that the events were recorded in."""

    calls: list[Call]
    accounts: frozenset[str]


def calls_in(events: HasEvents[FrameT] | FrameT, asked_by: str) -> Callable[[], Read]:
    """Which calls in these events can change permissions? Read once the answer is called.

    Each event counts once, however many trails delivered it.
    """
    import narwhals.stable.v2 as nw

    frame = asked(events, _READ, asked_by)
    frame = asked(frame, () if is_attributed(frame) else ISSUING, asked_by)
    session = LINEAGE if is_attributed(frame) else SESSION_COLUMNS
    wanted = nw.col("action").is_in(list(actions()))
    reduced = frame.filter(wanted).select(*dict.fromkeys([*_READ, *session]))
    return lambda: _calls(events, frame, reduced)


def _calls(events: object, frame: Narwhal, reduced: Narwhal) -> Read:
    import polars as pl

    rows = in_polars(reduced)
    if not is_attributed(frame):
        rows = attributed(rows, issues_in(events, frame))
    own = pl.coalesce("recipient_account_id", "user_account_id")  # old records name no recipient
    rows = rows.with_columns(own.alias("recipient_account_id"))
    places = in_polars(frame.select("recipient_account_id").unique())
    told, accounts = pl.collect_all([rows, places])
    told = told.drop_nulls("event_time").with_row_index("place")
    # Copies that differ, and events without an id, all count.
    named = pl.when(pl.col("event_id").is_null()).then("place")
    once = told.with_columns(named.alias("place")).unique(["place", *_COPIED], keep="any")
    calls = [_call(row) for row in once.select(_PASSED).iter_rows()]
    return Read(calls, frozenset(accounts.to_series().drop_nulls()))


def _call(row: tuple[Any, ...]) -> Call:
    time, event_id, action, account, asked, answered, target, user_name, key, *told = row
    request = parsed(asked)
    return Call(
        time=time,
        action=action,
        event_id=event_id or "",
        account=account or "unknown",
        is_success=told[_OUTCOME] == "success",
        request={} if (size := _omitted(request)) else request,
        response=parsed(answered),
        omitted_bytes=size,
        target=target,
        user_name=user_name,
        access_key_id=key,
        told=dict(zip(_TOLD, told, strict=True)),
    )


def _omitted(request: Mapping[str, Any]) -> str:
    """Say how many bytes CloudTrail left out: `{"omitted": "true", "originalSize": "149893"}`."""
    if "omitted" not in request or str(request["omitted"]).lower() != "true":
        return ""
    size = str(request.get("originalSize", ""))
    return size if size.isascii() and size.isdigit() else "?"
