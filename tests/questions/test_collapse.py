"""What a timeline tells in one row, and what it never does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.evidence import event, events, role
from trailnb.questions.timeline import timeline

if TYPE_CHECKING:
    from random import Random


def at(second: int, **fields: Any) -> dict[str, Any]:
    """One event so many seconds after nine, with an id that says so."""
    time = f"2026-11-02T{9 + second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z"
    return event(eventTime=time, eventID=f"at-{second}", **fields)


def reads(key: str) -> dict[str, Any]:
    """A read of one object."""
    return {
        "eventName": "GetObject",
        "requestParameters": {"bucketName": "payroll", "key": key},
        "resources": [{"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::payroll/{key}"}],
    }


def writes(name: str, **fields: Any) -> dict[str, Any]:
    """A change of one function."""
    return {
        "eventSource": "lambda.amazonaws.com",
        "eventName": "UpdateFunctionCode20150331v2",
        "requestParameters": {"functionName": name},
        "readOnly": False,
    } | fields


def counts(*records: dict[str, Any]) -> list[int]:
    """How many events has each row?"""
    return timeline(events(*records)).collect()["count"].to_list()


def test_repeated_reads_are_one_row_with_count_and_span() -> None:
    """Pages of one listing share a row from the first to the last, all event ids kept."""
    row = timeline(events(*(at(second) for second in (0, 30, 70)))).collect().row(0, named=True)
    assert (row["until"] - row["time"]).total_seconds() == 70
    assert (row["count"], row["event_ids"]) == (3, ["at-0", "at-30", "at-70"])
    assert row["summary"] == ("alice from 198.51.100.7 listed buckets 3 times within 70 s: allowed")


def test_reads_of_several_targets_share_a_row_with_what_their_names_share() -> None:
    """The row's target is a pattern that works as a filter."""
    records = [at(second, **reads(f"2026/{second}.csv")) for second in (1, 2)]
    row = timeline(events(*records)).collect().row(0, named=True)
    assert row["target"] == "arn:aws:s3:::payroll/2026/*"
    assert timeline(events(*records), target=row["target"]).collect()["count"].sum() == 2


def test_pause_begins_a_new_row() -> None:
    """Five minutes apart is one happening, a second more is two."""
    assert counts(at(0), at(300)) == [2]
    assert counts(at(0), at(301)) == [1, 1]


def test_console_clicks_of_one_service_share_a_row() -> None:
    """A console page asks many questions at once; the action is what their names share."""
    names = ("DescribeInstances", "DescribeImages", "DescribeVpcs")
    page = {"eventSource": "ec2.amazonaws.com", "sessionCredentialFromConsole": "true"}
    records = [at(second, eventName=name, **page) for second, name in enumerate(names)]
    rows = timeline(events(*records)).collect()
    assert rows.select("action", "count").rows() == [("ec2:Describe*", 3)]
    assert "called ec2:Describe* 3 times within 2 s" in rows["summary"].item()


def test_what_a_service_read_on_behalf_of_someone_shares_a_row() -> None:
    """A deployment fans out into many calls with the caller's session."""
    caller = role("ops", "s", invokedBy="cloudformation.amazonaws.com")
    names = ("DescribeSubnets", "DescribeVpcs")
    records = [
        at(second, eventName=name, eventSource="ec2.amazonaws.com", userIdentity=caller)
        for second, name in enumerate(names)
    ]
    assert counts(*records) == [2]


def test_retries_share_a_row_and_their_success_does_not() -> None:
    """A refusal is never folded into a success."""
    throttled = writes("f", errorCode="TooManyRequestsException")
    rows = timeline(events(at(0, **throttled), at(1, **throttled), at(2, **writes("f")))).collect()
    assert rows.select("outcome", "count").rows() == [("throttled", 2), ("success", 1)]


def test_writes_to_different_targets_stay_apart() -> None:
    """The same write twice is one row; to another function it is another."""
    assert counts(at(0, **writes("f")), at(1, **writes("f"))) == [2]
    assert counts(at(0, **writes("f")), at(1, **writes("g"))) == [1, 1]


def test_writes_to_unknown_targets_stay_apart() -> None:
    """Nobody knows that they were the same."""
    unknown = {"eventSource": "new.amazonaws.com", "eventName": "PutThing", "readOnly": False}
    assert counts(at(0, **unknown), at(1, **unknown)) == [1, 1]


def test_permission_changes_stay_apart() -> None:
    """Each counts, however alike they look."""
    change = {
        "eventSource": "iam.amazonaws.com",
        "eventName": "PutUserPolicy",
        "requestParameters": {"userName": "bob", "policyName": "p"},
    }
    assert counts(at(0, **change), at(1, **change)) == [1, 1]


def test_issued_credentials_stay_apart() -> None:
    """Each AssumeRole hands out another credential."""
    issue = {
        "eventSource": "sts.amazonaws.com",
        "eventName": "AssumeRole",
        "requestParameters": {"roleArn": "arn:aws:iam::111122223333:role/ops"},
        "responseElements": {"credentials": {"accessKeyId": "ASIAIOSFODNN7EXAMPLE"}},
    }
    assert counts(at(0, **issue), at(1, **issue)) == [1, 1]


RECORDS = st.builds(
    at,
    st.integers(0, 900),
    eventName=st.sampled_from(["ListBuckets", "GetObject", "PutObject", "PutBucketPolicy"]),
    requestParameters=st.sampled_from(
        [{"bucketName": "a", "key": "k"}, {"bucketName": "b", "key": "k"}, None]
    ),
    errorCode=st.sampled_from([None, "AccessDenied", "SlowDown"]),
    sourceIPAddress=st.sampled_from(["198.51.100.7", "203.0.113.7", None]),
    sessionCredentialFromConsole=st.sampled_from([None, "true"]),
    userIdentity=st.sampled_from([role("ops", "a"), role("ops", "b"), None]),
    recipientAccountId=st.sampled_from([None, "111122223333"]),
    readOnly=st.sampled_from([None, True, False]),
)


@settings(max_examples=60)
@given(st.lists(RECORDS, max_size=30), st.randoms(use_true_random=False))
def test_counts_add_up_to_the_events(records: list[dict[str, Any]], random: Random) -> None:
    """Every event is in exactly one row, and every row keeps to what may share one."""
    kept = [record | {"eventID": f"e{place}"} for place, record in enumerate(records)]
    frame = events(*kept).collect()
    rows = timeline(frame).collect()
    assert rows["count"].sum() == len(kept)
    held = rows.explode("event_ids", empty_as_null=False)
    assert sorted(held["event_ids"]) == sorted(record["eventID"] for record in kept)
    assert rows.filter(pl.col("count") > 1, pl.col("access") == "permission").is_empty()
    several = held.join(frame, left_on="event_ids", right_on="event_id", suffix="_own")
    assert several.filter(pl.col("outcome") != pl.col("outcome_own")).is_empty()
    assert several.filter(
        pl.col("access") == "write", pl.col("target").ne_missing(pl.col("target_own"))
    ).is_empty()
    random.shuffle(kept)
    assert timeline(events(*kept)).collect().equals(rows)


@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
def test_nothing_makes_no_row(engine: Literal["in-memory", "streaming"]) -> None:
    """No events, no rows, and no complaint where nothing was filtered."""
    assert timeline(events(event()).clear()).collect(engine=engine).is_empty()
