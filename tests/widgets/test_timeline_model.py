"""The timeline explorer without a browser: index, filters, lanes, pages."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

import trailnb as tn
from tests.evidence import event, events, user
from trailnb.errors import ColumnError, RequestError
from trailnb.facts.kinds import KINDS
from trailnb.widgets._filters import filters_of, in_events
from trailnb.widgets._traits import span_of
from trailnb.widgets.timeline_model import Timeline

if TYPE_CHECKING:
    from pathlib import Path

SPAN = tuple(span_of(("2026-11-02", "2026-11-03")))
NINE = span_of(("2026-11-02T09:00", "2026-11-03"))[0]


def at(clock: str, **fields: Any) -> dict[str, Any]:
    """An event at this time of the day, with an id of its own."""
    return event(eventTime=f"2026-11-02T{clock}Z", eventID=clock, **fields)


STORY = events(
    at("10:00:00", userIdentity=user("bob"), eventName="PutObject"),
    at("09:00:00"),
    at("09:00:05", errorCode="AccessDenied"),
    at("09:00:07", eventName="DeleteBucket", errorCode="AccessDenied"),
    at("08:00:00", eventSource="sts.amazonaws.com", eventName="AssumeRole"),
    event(eventTime="1901-01-01T00:00:00Z", eventID="timeless"),
)


def test_index_is_sorted_whatever_the_order_of_the_events() -> None:
    """Positions follow time; names are codes of one byte; what has no time is counted apart."""
    index = Timeline(STORY).index
    assert index.rows["t"].is_sorted()
    assert index.untimed == 1
    assert index.rows.schema["actor"] == pl.UInt8
    assert index.names["actor"].to_list() == ["alice", "bob"]
    assert [KINDS[code] for code in index.rows["kind"]] == [
        "role assumed", "read", "denied or failed", "denied or failed", "write",
    ]  # fmt: skip


def test_record_is_found_by_its_file_and_number() -> None:
    """A position leads to exactly that event, and its id back to the position."""
    index = Timeline(STORY).index
    for position, event_id in enumerate(["08:00:00", "09:00:00", "09:00:05", "09:00:07"]):
        assert index.place_of(position).collect()["event_id"].to_list() == [event_id]
        assert index.position_of(event_id) == position
    assert index.position_of("nowhere") is None


def test_frame_without_files_is_found_by_row() -> None:
    """A frame of the user's own making needs no log_file."""
    index = Timeline(STORY.drop("log_file", "log_index")).index
    assert index.place_of(0).collect()["event_id"].to_list() == ["08:00:00"]
    assert index.position_of("10:00:00") == 4


def test_saved_trail_is_found_alike(tmp_path: Path) -> None:
    """Pages and records of a store are those of the logs it was made from."""
    trail = tn.open("data-samples/quiet", progress=lambda _: None)
    saved = trail.save(tmp_path / "store")
    raw, kept = Timeline(trail), Timeline(saved)
    assert raw.page({}, raw.extent, 0, 500)[0] == kept.page({}, kept.extent, 0, 500)[0]
    counted = raw.kinds({}, raw.extent, 10)
    assert counted == kept.kinds({}, kept.extent, 10)
    for position in (0, 700, kept.index.rows.height - 1):
        record = kept.index.place_of(position).select("event_time").collect().item()
        assert int(record.timestamp()) == kept.index.rows["t"][position]


def test_unusual_bursts_come_first() -> None:
    """Two refusals in one minute stand out of what the calm do."""
    lanes = Timeline(STORY).lanes({}, SPAN, 24)
    assert lanes.row(0, named=True)["denied or failed"] == 2
    assert lanes["events"].to_list() == [4, 1]


def test_every_order_of_lanes() -> None:
    """Each is by what it says; another one is refused with the list."""
    model = Timeline(STORY)
    first = {
        order: model.name("actor", model.lanes({}, SPAN, 24, order=order)["actor"][0])
        for order in ("most denied", "most events", "most writes", "fewest events", "first seen")
    }
    assert first == {
        "most denied": "alice", "most events": "alice", "most writes": "bob",
        "fewest events": "bob", "first seen": "alice",
    }  # fmt: skip
    with pytest.raises(RequestError, match=r"no order 'zodiac'\. There are unusual bursts,"):
        model.lanes({}, SPAN, 24, order="zodiac")


def test_hidden_kinds_keep_their_counts() -> None:
    """A chip says how many events it would bring back."""
    model = Timeline(STORY)
    chosen = filters_of({"kind": ["write"]})
    assert model.kinds(chosen, SPAN, 24)["denied or failed"] == 2
    assert model.lanes(chosen, SPAN, 24)["events"].to_list() == [1]
    assert model.lanes(filters_of({"kind": []}), SPAN, 24).height == 0


def test_view_packs_lane_bin_and_kind() -> None:
    """Two lists of u32: where a mark stands, and how many events it is."""
    model = Timeline(STORY)
    head, (places, counts) = model.view({}, SPAN, bins=24, order="first seen", lanes=5)
    where = struct.unpack(f"{len(places) // 4}I", places)
    told = dict(zip(where, struct.unpack(f"{len(counts) // 4}I", counts), strict=True))
    assert told == {
        (0 * 24 + 8) * 5 + 2: 1, (0 * 24 + 9) * 5 + 0: 2, (0 * 24 + 9) * 5 + 4: 1,
        (1 * 24 + 10) * 5 + 3: 1,
    }  # fmt: skip
    assert (head["actors"], head["events"]) == (2, 5)


def test_overview_counts_everything_once() -> None:
    """Parts of the whole, by kind."""
    model = Timeline(STORY)
    counts = struct.unpack("50I", model.overview({}, 10))
    assert sum(counts) == 5
    assert sum(counts[0::5]) == 2


def test_page_is_what_the_table_shows() -> None:
    """Position, seconds, kind, then names; and the total beside it."""
    total, rows = Timeline(STORY).page(filters_of({"outcome": "denied"}), SPAN, 1, 100)
    assert total == 2
    assert rows == [
        [3, NINE + 7, 0, "alice", "s3:DeleteBucket", "denied", "198.51.100.7", "eu-central-1",
         "111122223333"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    "given",
    [
        {}, {"actor": "bob"}, {"service": ["s3", "sts"]}, {"account": "111122223333"},
        {"region": "eu-central-1", "outcome": "denied"}, {"text": "BUCKET"}, {"text": "alic"},
        {"kind": ["write", "role assumed"]}, {"kind": []}, {"actor": "nobody"}, {"text": "[a-"},
        {"text": "s3:", "kind": ["denied or failed"], "actor": ["alice", "bob"]},
    ],
)  # fmt: skip
def test_filters_mean_the_same_in_index_and_events(given: dict[str, Any]) -> None:
    """What the table counts is what `events()` gives back."""
    chosen = filters_of(given)
    timed = STORY.filter(pl.col("event_time").dt.year() > 1970, in_events(chosen))
    model = Timeline(STORY)
    assert model.count(chosen, model.extent) == timed.collect().height


def test_unknown_is_a_value() -> None:
    """An event that tells neither region nor account is listed, and can be chosen."""
    bare = events(event(awsRegion=None, sourceIPAddress=None))
    model = Timeline(bare)
    assert model.count(filters_of({"region": "unknown"}), model.extent) == 1
    assert bare.filter(in_events(filters_of({"region": "unknown"}))).collect().height == 1


def test_filters_that_cannot_be_meant() -> None:
    """A sentence names what there is."""
    with pytest.raises(RequestError, match=r"no filter is called 'user'\. There are actor,"):
        filters_of({"user": "bob"})
    with pytest.raises(RequestError, match="actor=7 is neither a text nor a list"):
        filters_of({"actor": 7})
    with pytest.raises(RequestError, match="no kind is called 'bad'"):
        filters_of({"kind": "bad"})


def test_nothing_is_an_answer() -> None:
    """No events: no lanes, no rows, no error."""
    model = Timeline(STORY.clear())
    assert model.sentence() == "Timeline of 0 events by 0 actors: none."
    assert model.page({}, (0, 1), 0, 100) == (0, [])
    assert model.view({}, (0, 1), bins=60, order="unusual bursts", lanes=9)[0]["lanes"] == []


def test_missing_column_is_named() -> None:
    """The sentence says which, and who asked."""
    with pytest.raises(ColumnError, match="explore needs the columns event_time, actor"):
        Timeline(pl.LazyFrame({"time": [1]}))


@pytest.mark.parametrize("value", ["2026-11-02", ("2026-11-02",), ("soon", "later"), (5, 4)])
def test_stretch_of_time_that_cannot_be_meant(value: tuple[object, ...]) -> None:
    """Half a stretch, no moments, or an end before its start."""
    with pytest.raises(RequestError, match=r"stretch of time|names no moment"):
        span_of(value)
