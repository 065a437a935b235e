"""Real records, freely licensed, kept beside the project: is each one read, each file told of?"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import trailnb as tn
from trailnb.errors import ProblemWarning
from trailnb.facts.columns import BY_NAME
from trailnb.formats.gunzip import unpack
from trailnb.formats.lenient import LenientReader
from trailnb.formats.records import MisfitError, reader_of
from trailnb.trail.scan import schema

if TYPE_CHECKING:
    from trailnb.trail.trail import Trail

DATA = Path(__file__).parents[2].parent / "shared" / "data"

pytestmark = [
    pytest.mark.skipif(not DATA.is_dir(), reason=f"the real records are not at {DATA}"),
    pytest.mark.filterwarnings("ignore::trailnb.errors.ProblemWarning"),
]

#: Set, records delivered, records without exact copies, files that hold no event (LICENSE apart),
#: files with an error.
SETS = (
    ("boogy-log-parser", 1685, 1685, 0, 0),
    ("cloudgrappler-good-and-bad", 2, 2, 0, 1),
    ("cribl-raw", 44, 44, 0, 0),
    ("custodian-eventbridge", 24, 24, 13, 0),
    ("datadog-cloudwatch", 14, 8, 0, 0),
    ("fivexl-redacted", 9, 9, 0, 0),
    ("invictus-aws-dataset", 2900, 2900, 1, 0),
    ("not-cloudtrail-notifications", 0, 0, 14, 0),
    ("promtail-gz", 2, 2, 0, 0),
    ("stratus-red-team", 310, 310, 0, 0),
    ("techcadia-console", 4, 4, 0, 0),
    ("traildiscover", 315, 314, 0, 0),
    ("trailscraper", 7, 3, 0, 0),
    ("umccr-parquet", 206, 206, 0, 0),
)
NAMES = [name for name, *_ in SETS]


def opened(name: str, *, dedupe: bool = False) -> Trail:
    """The trail of one set."""
    return tn.open(DATA / name, dedupe=dedupe)


def count(trail: Trail) -> int:
    """How many events are there?"""
    return int(trail.events.select(pl.len()).collect().item())


def test_every_set_is_counted() -> None:
    """No set lies there that these tests do not know."""
    assert sorted(path.name for path in DATA.iterdir() if path.is_dir()) == sorted(NAMES)


@pytest.mark.parametrize(("name", "records"), [one[:2] for one in SETS])
def test_no_record_is_lost(name: str, records: int) -> None:
    """Every record of the set is an event, whatever it is wrapped in."""
    assert count(opened(name)) == records


@pytest.mark.parametrize(("name", "distinct"), [(one[0], one[2]) for one in SETS])
def test_only_exact_copies_are_dropped(name: str, distinct: int) -> None:
    """By default copies go that say the same; what shares an id and differs stays."""
    trail = opened(name, dedupe=True)
    assert count(trail) == distinct
    assert trail.duplicates()["copies"].sum() == count(opened(name)) - distinct


@pytest.mark.parametrize(("name", "noted", "broken"), [(one[0], *one[3:]) for one in SETS])
def test_file_without_events_is_reported(name: str, noted: int, broken: int) -> None:
    """A file that brings no event is an empty delivery, or is reported by name."""
    trail = opened(name)
    bring = trail.events.select("log_file").unique().collect()["log_file"]
    problems = trail.problems()
    silent = set(trail.files()["log_file"]) - {*bring, *problems["log_file"]}
    contents = {"".join(Path(path).read_text(encoding="utf-8").split()) for path in silent}
    assert contents <= {"[]", '{"Records":[]}'}
    notes = problems.filter(
        pl.col("reason").str.starts_with("not CloudTrail events: ")
        & ~pl.col("log_file").str.contains("LICENSE")
    )
    assert notes["log_file"].n_unique() == noted
    assert problems.filter(severity="error")["log_file"].n_unique() == broken


@pytest.mark.parametrize("name", NAMES)
def test_all_columns_collect(name: str) -> None:
    """Every column of every set collects, alone and together, with the promised type."""
    events = opened(name).events
    whole = events.collect()
    assert whole.schema == schema()
    for column in ("actor", "target", "record", "log_file", "event_time", "extra"):
        assert_frame_equal(events.select(column).collect(), whole.select(column))


@pytest.mark.parametrize("name", NAMES)
def test_records_are_kept_byte_for_byte(name: str) -> None:
    """Each event's record is JSON text that names the same call as its columns."""
    frame = opened(name).events.select("record", "event_name", "event_id").collect()
    told = frame.select(
        pl.col("record").str.json_path_match("$.eventName").alias("event_name"),
        pl.col("record").str.json_path_match("$.eventID").alias("event_id"),
    )
    assert_frame_equal(told, frame.select("event_name", "event_id"))


@pytest.mark.parametrize("name", NAMES)
def test_fast_and_lenient_agree(name: str) -> None:
    """What the fast path reads, the slow path reads to the last cell alike."""
    names = tuple(column for column in BY_NAME if BY_NAME[column].kind != "provenance")
    for path in sorted(path for path in (DATA / name).rglob("*") if path.is_file()):
        text = unpack(path.read_bytes(), 1 << 30).data
        fast, slow = reader_of(names).cells(), reader_of(names).cells()
        lists: dict[str, list[object]] = {column: [] for column in names}
        try:
            rows = reader_of(names).read(text, fast)
        except MisfitError:
            continue
        assert LenientReader(names).read(path.name, text, lists)[0] == rows
        slow.take(lists, rows)
        assert_frame_equal(pl.DataFrame(fast.series()), pl.DataFrame(slow.series()))


@pytest.mark.parametrize("name", NAMES)
def test_coverage_adds_up(name: str) -> None:
    """The events of all hours are the events that have a time."""
    trail = opened(name)
    timed = trail.events.filter(pl.col("event_time").is_not_null())
    assert trail.coverage()["events"].sum() == timed.select(pl.len()).collect().item()


@pytest.mark.parametrize("name", ["invictus-aws-dataset", "stratus-red-team", "traildiscover"])
def test_filters_skip_no_row(name: str) -> None:
    """For the most and the least frequent value of each field, a filter finds all its rows."""
    events = opened(name).events
    fields = ("event_name", "access_key_id", "source_ip_address", "user_arn", "error_code", "actor")
    whole = events.select(*fields, "event_id", "log_file").collect()
    for field in fields:
        values = whole[field].drop_nulls().value_counts(sort=True)[field]
        for value in {values[0], values[-1]} if len(values) else set():
            asked = events.filter(pl.col(field) == value).select(whole.columns).collect()
            assert_frame_equal(asked, whole.filter(pl.col(field) == value))


def test_sound_sets_warn_of_nothing() -> None:
    """Sound real logs are read without a word."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", ProblemWarning)
        for name in ("invictus-aws-dataset", "boogy-log-parser", "stratus-red-team"):
            opened(name).events.collect()
