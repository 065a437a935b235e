"""Which files does a filter let the reader leave unread or undecoded, and never one too many?"""

from __future__ import annotations

import base64
import gzip
import json
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

import trailnb as tn
from tests.evidence import user
from tests.trail.deliveries import ALICE_ACCOUNT, OTHER_ACCOUNT, WatchedSource, key, log, numbered
from trailnb.errors import ProblemWarning
from trailnb.trail.scan import Query

ACCOUNTS, REGIONS = (ALICE_ACCOUNT, OTHER_ACCOUNT), ("eu-central-1", "us-east-1")
DAYS = (1, 2, 3)


def organization() -> WatchedSource:
    """A file at noon for each of two accounts, two regions and three days, five minutes late."""
    return WatchedSource(
        {
            key(f"2026-11-{day:02}T12:05", account=account, region=region): log(
                numbered(
                    number,
                    eventTime=f"2026-11-{day:02}T12:00:00Z",
                    recipientAccountId=account,
                    awsRegion=region,
                )
            )
            for number, (day, account, region) in enumerate(
                (day, account, region) for day in DAYS for account in ACCOUNTS for region in REGIONS
            )
        }
    )


def read_for(source: WatchedSource, *predicates: pl.Expr, **how: Any) -> list[str]:
    """Which files are read for this filter, once paths and records were seen to agree?"""
    asked = tn.open(source, **how).events.filter(*predicates)
    asked.collect()
    source.read_keys.clear()
    asked.collect()
    return source.read_keys


def test_no_filter_reads_everything() -> None:
    """Without a filter every file is read once."""
    source = organization()
    tn.open(source).events.collect()
    assert source.read_keys == sorted(source.contents, key=lambda name: name.rsplit("_", 2)[1:])


def test_account_bound_skips_other_accounts() -> None:
    """A filter on the account reads that account's folders only."""
    keys = read_for(organization(), pl.col("recipient_account_id") == OTHER_ACCOUNT)
    assert len(keys) == 6
    assert all(f"/{OTHER_ACCOUNT}/" in name for name in keys)


def test_region_bound_skips_other_regions() -> None:
    """A filter on the region reads that region's folders only."""
    keys = read_for(organization(), pl.col("aws_region").is_in(["us-east-1"]))
    assert len(keys) == 6
    assert all("/us-east-1/" in name for name in keys)


def test_time_bound_skips_earlier_deliveries() -> None:
    """No event happens after its delivery, so files delivered before the bound are skipped."""
    keys = read_for(organization(), pl.col("event_time") >= datetime(2026, 11, 2, tzinfo=UTC))
    assert {name.split("/")[-2] for name in keys} == {"02", "03"}


def test_time_bound_skips_what_comes_too_late() -> None:
    """Files delivered later than `late` after the bound hold nothing that was asked for."""
    before = pl.col("event_time") < datetime(2026, 11, 1, 12, tzinfo=UTC)
    assert {name.split("/")[-2] for name in read_for(organization(), before)} == {"01"}
    assert len(read_for(organization(), before, late="2d")) == 8
    assert len(read_for(organization(), before, late=None)) == 12


@pytest.mark.parametrize(("minutes", "is_read"), [(10, True), (11, False)])
def test_slack_of_ten_minutes(minutes: int, *, is_read: bool) -> None:
    """A file stamped up to ten minutes before the bound may hold an event after it."""
    source = organization()
    bound = datetime(2026, 11, 3, 12, 5 + minutes, tzinfo=UTC)
    assert bool(read_for(source, pl.col("event_time") >= bound)) == is_read


def test_bounds_work_together() -> None:
    """Time, account and region leave a single file."""
    keys = read_for(
        organization(),
        pl.col("recipient_account_id") == OTHER_ACCOUNT,
        pl.col("aws_region") == "us-east-1",
        pl.col("event_time").is_between(
            datetime(2026, 11, 2, 11, tzinfo=UTC), datetime(2026, 11, 2, 12, tzinfo=UTC)
        ),
    )
    # The third day's delivery comes within `late` of the bound only by an hour too much.
    assert keys == [key("2026-11-02T12:05", account=OTHER_ACCOUNT, region="us-east-1")]


def test_either_of_two_bounds() -> None:
    """An alternative reads what either side may need."""
    keys = read_for(
        organization(),
        (pl.col("recipient_account_id") == OTHER_ACCOUNT) | (pl.col("aws_region") == "us-east-1"),
    )
    assert len(keys) == 12  # sides that bound different things bound nothing together
    either = pl.col("aws_region").is_in(["us-east-1"]) | (pl.col("aws_region") == "eu-west-3")
    assert len(read_for(organization(), either)) == 6


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("flat.json.gz", id="no layout"),
        pytest.param(key("2026-11-01T12:05").rsplit("/", 1)[1], id="name without its path"),
        pytest.param(
            key("2026-11-01T12:05").replace("/eu-central-1/", "/eu_central_1/"), id="odd region"
        ),
        pytest.param(key("2026-11-01T12:05").replace("/01/", "/1/"), id="odd day"),
        pytest.param(
            key("2026-11-01T12:05").replace(f"AWSLogs/{ALICE_ACCOUNT}", "AWSLogs/999999999999"),
            id="path and name disagree",
        ),
        pytest.param(key("2026-11-01T12:05").replace("AWSLogs", "logs"), id="other root"),
    ],
)
def test_what_lies_elsewhere_is_read(name: str) -> None:
    """A file outside the true layout may hold anything, so no bound skips it by its name."""
    other = numbered(1, recipientAccountId=OTHER_ACCOUNT, awsRegion="us-east-1")
    later = datetime(2026, 11, 2, tzinfo=UTC)
    asked = {
        "account": pl.col("recipient_account_id") == OTHER_ACCOUNT,
        "region": pl.col("aws_region") == "us-east-1",
        "time": pl.col("event_time") >= later,
    }
    for predicate in asked.values():
        events = tn.open({name: log(other)}).events
        assert events.filter(predicate).collect().height == 1


def test_rewritten_account_in_a_placed_path() -> None:
    """Data sets with rewritten accounts keep their file names; a filter must still find them."""
    events = tn.open(
        {key("2026-11-02T09:05"): log(numbered(1, recipientAccountId="0" * 12))}
    ).events
    asked = pl.col("recipient_account_id") == "0" * 12
    assert events.collect().filter(asked).height == 1
    assert events.filter(asked).collect().height == 1


# Search before decoding.


def shop() -> dict[str, bytes]:
    """Ten files, each with its own key, address and user, with ordinary escapes in their text."""
    return {
        f"{number}.json": json.dumps(
            {
                "Records": [
                    numbered(
                        number,
                        eventName=f"Call{number}Name",
                        sourceIPAddress=f"203.0.113.{100 + number}",
                        userIdentity=user(f"user-{number}/x")
                        | {"accessKeyId": f"AKIAEXAMPLE{number:09}"},
                        requestParameters={"path": "a/b", "html": "<&>", "said": '"é"'},
                    )
                ]
            }
        )
        .replace("/", "\\/")
        .replace("&", "\\u0026")
        .replace("<", "\\u003c")
        .encode()
        for number in range(10)
    }


def searched(contents: dict[str, Any], predicate: pl.Expr) -> tuple[int, int]:
    """How many rows match, and how many files were left undecoded?"""
    query = Query.of(tn.open(contents, dedupe=False).scan, ("event_name",), predicate)
    rows = sum(frame.height for frame in query.frames())
    return rows, query.skipped


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("access_key_id", "AKIAEXAMPLE000000003"),
        ("source_ip_address", "203.0.113.103"),
        ("event_name", "Call3Name"),
        ("user_name", "user-3/x"),
        ("user_arn", "arn:aws:iam::111122223333:user/user-3/x"),
        ("event_id", "11111111-1111-4111-8111-000000000003"),
    ],
)
def test_equality_decodes_one_file_of_ten(column: str, value: str) -> None:
    """Files whose text cannot hold the value are never decoded, ordinary escapes or not."""
    assert searched(shop(), pl.col(column) == value) == (1, 9)
    assert searched(shop(), pl.col(column).is_in([value, "NoSuchValueAnywhere"])) == (1, 9)
    assert searched(shop(), (pl.col(column) == value) & pl.col("read_only")) == (1, 9)


def test_is_in_decodes_what_it_names() -> None:
    """`is_in` decodes the files that hold one of the values."""
    names = ["Call3Name", "Call5Name", "NoSuchCall"]
    assert searched(shop(), pl.col("event_name").is_in(names)) == (2, 8)
    both = (pl.col("event_name") == "Call3Name") | (pl.col("source_ip_address") == "203.0.113.105")
    assert searched(shop(), both) == (2, 8)


def test_value_elsewhere_in_the_text_is_decoded() -> None:
    """A file that holds the value in another field is decoded and brings no row."""
    contents = {"a.json": log(numbered(1, requestParameters={"name": "DeleteTrail"}))}
    assert searched(contents, pl.col("event_name") == "DeleteTrail") == (0, 0)


def test_short_values_are_not_searched() -> None:
    """A value of one or two letters is in every text."""
    assert searched(shop(), pl.col("event_name") == "X") == (0, 0)


@pytest.mark.parametrize(
    "spelt",
    ["\\u0044eleteTrail", "Delet\\u0065Trail", "DeleteTrai\\u006C", "DeleteTrai\\u006c"],
)
def test_escaped_letters_force_decoding(spelt: str) -> None:
    """An escape that could spell a letter of the value never hides an event."""
    text = json.dumps({"Records": [numbered(1, eventName="DeleteTrail")]})
    contents = {"a.json": text.replace("DeleteTrail", spelt)}
    assert searched(contents, pl.col("event_name") == "DeleteTrail") == (1, 0)


@pytest.mark.parametrize(
    "value", ["a/b/c", 'say "Hello"', "back\\slash", "tab\tbed", "Größe", "日本語"]
)
def test_values_that_json_escapes(value: str) -> None:
    """Slashes, quotes, control characters and other scripts are found however JSON spells them."""
    for ascii_only in (True, False):
        text = json.dumps({"Records": [numbered(1, eventName=value)]}, ensure_ascii=ascii_only)
        for spelt in (text, text.replace("/", "\\/")):
            assert searched({"a.json": spelt}, pl.col("event_name") == value)[0] == 1


def test_other_encodings_are_decoded() -> None:
    """Text that is no UTF-8 cannot be searched, so it is decoded."""
    text = json.dumps({"Records": [numbered(1, eventName="DeleteTrail")]})
    for encoded in (text.encode("utf-16"), b"\xef\xbb\xbf" + text.encode()):
        rows, _ = searched({"a.json": encoded}, pl.col("event_name") == "DeleteTrail")
        assert rows == 1


@pytest.mark.filterwarnings("ignore::trailnb.errors.ProblemWarning")
def test_value_that_is_no_text_is_found() -> None:
    """A number where text is due is kept as its JSON text and found by it."""
    contents = {"a.json": json.dumps({"Records": [numbered(1, eventName=12345)]})}
    assert searched(contents, pl.col("event_name") == "12345")[0] == 1


def wrapped(name: str, spell: Any = str) -> dict[str, str]:  # noqa: ANN401 - text to text
    """A record as text inside a record of another tool, spelt in some way."""
    inner = json.dumps(numbered(1, eventName=name)).replace(name, spell(name))
    return {"a.json": json.dumps([{"_raw": inner}])}


def test_record_inside_text_is_found() -> None:
    """In text that is JSON again the value is found as well."""
    assert searched(wrapped("DeleteTrail"), pl.col("event_name") == "DeleteTrail") == (1, 0)
    escaped = wrapped("DeleteTrail", lambda name: name.replace("D", "\\u0044"))
    assert searched(escaped, pl.col("event_name") == "DeleteTrail") == (1, 0)


def test_escaped_backslash_inside_text_forces_decoding() -> None:
    """An escape whose backslash is escaped never hides an event."""
    escaped = wrapped("DeleteTrail", lambda name: name.replace("D", "\\u0044"))
    spelt = {"a.json": escaped["a.json"].replace("\\\\u0044", "\\u005cu0044")}
    assert searched(spelt, pl.col("event_name") == "DeleteTrail") == (1, 0)


def payload(name: str) -> str:
    """A CloudWatch Logs subscription's compressed payload with one event."""
    message = json.dumps(numbered(1, eventName=name))
    body = json.dumps({"messageType": "DATA_MESSAGE", "logEvents": [{"message": message}]})
    return base64.b64encode(gzip.compress(body.encode())).decode()


def test_compressed_payload_is_decoded() -> None:
    """What is compressed inside cannot be searched, so it is decoded."""
    contents = {"a.json": json.dumps({"awslogs": {"data": payload("DeleteTrail")}})}
    assert searched(contents, pl.col("event_name") == "DeleteTrail") == (1, 0)


def test_compressed_payload_spelt_with_escapes_is_decoded() -> None:
    """An escaped letter in the payload's first four hides no event."""
    text = json.dumps({"awslogs": {"data": payload("PutX9")}}).replace('"H4sI', '"\\u00484sI')
    assert searched({"a.json": text}, pl.col("event_name") == "PutX9") == (1, 0)


def test_torn_file_is_searched_as_far_as_it_goes() -> None:
    """A truncated file that may hold the value is decoded; one that cannot is still reported."""
    whole = log(*(numbered(n, eventName=f"Call{n}Name") for n in range(50)))
    contents = {"a.json.gz": whole[: len(whole) // 2]}
    with pytest.warns(ProblemWarning, match="1 log file"):
        rows, skipped = searched(contents, pl.col("event_name") == "NoSuchCallAtAll")
    assert (rows, skipped) == (0, 1)
