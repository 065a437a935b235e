"""Who read and wrote which data, and how much."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

import trailnb as tn
from tests.evidence import event, events
from trailnb.errors import RequestError
from trailnb.questions.data_access import SCHEMA, data_access

ROOT = Path(__file__).parents[2]
READS = tomllib.loads((ROOT / "data-samples" / "MANIFEST.toml").read_text("utf-8"))["acme"][
    "attack"
]["reads"]


def read(key: str, size: object = 10.0, **fields: Any) -> dict[str, Any]:
    """One object read."""
    return event(
        eventCategory="Data",
        managementEvent=False,
        eventName="GetObject",
        requestParameters={"bucketName": "payroll", "key": key},
        resources=[{"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::payroll/{key}"}],
        additionalEventData={"bytesTransferredIn": 0, "bytesTransferredOut": size},
        **fields,
    )


def test_bytes_by_actor_bucket_and_prefix() -> None:
    """Sums per prefix, whatever number the service wrote."""
    records = [read("2026/a", 10.0), read("2026/b", 5), read("2025/a", 1.5e3), read("top", 1)]
    answer = data_access(events(*records, event())).collect()
    assert answer.schema == SCHEMA
    assert answer.select("prefix", "bytes_out", "events", "objects").rows() == [
        ("2025/", 1500, 1, 1), ("2026/", 15, 2, 2), ("", 1, 1, 1),
    ]  # fmt: skip
    assert answer["resource"].unique().to_list() == ["arn:aws:s3:::payroll"]


@pytest.mark.parametrize(("depth", "prefix"), [(0, ""), (1, "a/"), (2, "a/b/"), (9, "a/b/")])
def test_depth(depth: int, prefix: str) -> None:
    """How many folders make a prefix."""
    assert data_access(events(read("a/b/c")), depth=depth).collect()["prefix"].item() == prefix


def test_negative_depth() -> None:
    """Zero is the least."""
    with pytest.raises(RequestError, match="depth=-1 is negative"):
        data_access(events(), depth=-1)


def test_unknown_bytes_are_no_zero() -> None:
    """A function's call tells no bytes."""
    call = event(
        eventCategory="Data",
        eventSource="lambda.amazonaws.com",
        eventName="Invoke",
        resources=[{"ARN": "arn:aws:lambda:eu-west-1:111122223333:function:pay"}],
        additionalEventData={"functionVersion": "1"},
    )
    (row,) = data_access(events(call)).collect().to_dicts()
    assert (row["service"], row["bytes_out"], row["prefix"]) == ("lambda", None, None)
    assert row["resource"].endswith(":function:pay")


def test_old_records_without_category() -> None:
    """Before version 1.07 a record only says that it is no management event."""
    old = read("a/b") | {"eventCategory": None}
    assert (
        data_access(events({k: v for k, v in old.items() if v is not None})).collect().height == 1
    )


def test_reads_of_the_attack() -> None:
    """The backups that were taken stand first, with the bytes the manifest knows."""
    trail = tn.open(ROOT / "data-samples" / "acme", progress=lambda _: None)
    with pytest.warns(tn.errors.ProblemWarning):
        first = data_access(trail).collect().row(0, named=True)
    assert first["resource"] == f"arn:aws:s3:::{READS['bucket']}"
    assert first["bytes_out"] == READS["bytes_out"]
    assert first["objects"] == READS["events"]
