"""The statements of a saved trail's table: what Athena reads by them is what the trail is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import polars as pl
import pytest
import sqlglot
from polars.testing import assert_frame_equal
from sqlglot import exp

import trailnb as tn
from tests.engines.goldens import Sql
from tests.store.stores import ledger_of, opened, parts_in, saved, three_days
from tests.trail.deliveries import key, log, numbered
from trailnb.store import anew
from trailnb.store.folder import Folder
from trailnb.store.marks import BASES

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

    from trailnb.engines.table_ddl import TableDdl
    from trailnb.trail.trail import Trail

S3 = "s3://acme-cases/042"
PLACE = ["log_file", "log_index"]
POLARS = {
    "TEXT": pl.String(),
    "BOOLEAN": pl.Boolean(),
    "BIGINT": pl.UInt32(),
    "TIMESTAMP": pl.Datetime("us", "UTC"),
}

pytestmark = pytest.mark.filterwarnings("ignore::trailnb.errors.ProblemWarning")


class Bucket(Folder):
    """A folder that says it is a bucket."""

    @property
    def _root(self) -> Path:
        return Path(self.anchor)


def seen_by(ddl: TableDdl, store: Path) -> pl.DataFrame:
    """Which rows has the view, to an engine that reads the Parquet as it lies?"""
    with duckdb.connect() as connection:
        connection.sql("SET TimeZone = 'UTC'")
        parts = f"read_parquet('{store}/date=*/*.parquet', hive_types = {{'date': VARCHAR}})"
        connection.sql(f"CREATE VIEW events_with_copies AS SELECT * FROM {parts}")  # noqa: S608
        connection.sql(ddl.view)
        return connection.sql("SELECT * FROM events").pl()


def assert_same_events(ddl: TableDdl, store: Path) -> None:
    """The view has the rows and the columns of the trail's events, and the day beside them."""
    events = tn.open(store).events.collect()
    seen = seen_by(ddl, store)
    assert seen.columns == [*events.columns, "date"]
    assert_frame_equal(seen.drop("date").cast(dict(events.schema)).sort(PLACE), events.sort(PLACE))


def test_statements_are_as_they_were(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    """What people run elsewhere changes on purpose only."""
    saved({key("2025-03-07T09:05"): log(numbered(1)), key("2025-04-01T09:05"): log()}, tmp_path)
    ddl = tn.table_ddl(opened(tmp_path), table="security.events", location=S3)
    assert str(ddl) == snapshot(extension_class=Sql)


def test_each_statement_is_one(trail: Trail) -> None:
    """Athena takes one statement at a time: Hive's words for the table, Trino's for the view."""
    ddl = tn.table_ddl(trail, location=S3)
    for statement, dialects in ((ddl.table, ("athena", "hive")), (ddl.view, ("athena", "trino"))):
        for dialect in dialects:
            (parsed,) = sqlglot.parse(statement, read=dialect)
            assert isinstance(parsed, exp.Create)


def test_columns_are_those_of_the_parquet(trail: Trail, store: Path) -> None:
    """Every column of a part is declared, by its name and in its type, with its meaning."""
    table = sqlglot.parse_one(tn.table_ddl(trail, location=S3).table, read="athena")
    declared = {one.name: POLARS[one.kind.sql()] for one in table.this.expressions}
    for part in parts_in(store)[:3]:
        assert declared == dict(pl.read_parquet_schema(part))
    comments = [one.find(exp.CommentColumnConstraint) for one in table.this.expressions]
    assert all(comment.name for comment in comments)


def test_view_is_the_events(trail: Trail, store: Path) -> None:
    """An engine that knows no ledger sees each event once, with every value as it is."""
    stored = pl.scan_parquet(store / "date=*/*.parquet", hive_partitioning=False)
    assert stored.select(pl.col("is_copy").sum()).collect().item() > 0
    assert_same_events(tn.table_ddl(trail, location=S3), store)


def test_only_days_are_read(trail: Trail, store: Path) -> None:
    """Every partition is a day's folder; the store's own files lie elsewhere."""
    ddl = tn.table_ddl(trail, location=f"{S3}/")
    assert f"'storage.location.template' = '{S3}/date=${{date}}/'" in ddl.table
    assert f"LOCATION '{S3}/'" in ddl.table
    beside = {one.name for one in store.iterdir() if not one.name.startswith("date=")}
    assert beside == {"_trailnb", "evidence"}


def test_days_run_from_the_first_to_today(tmp_path: Path) -> None:
    """New days come by themselves; a day that is still to come is not left out."""
    saved({key("2025-03-07T09:05"): log(numbered(1))}, tmp_path)
    said = tn.table_ddl(opened(tmp_path), location=S3).table
    assert "'projection.date.range' = '2025-03-07,NOW'" in said
    saved({key("9998-01-01T09:05"): log(numbered(2)), "plain.json": log(numbered(3))}, tmp_path)
    said = tn.table_ddl(opened(tmp_path), location=S3).table
    assert "'projection.date.range' = '1970-01-01,9998-01-01'" in said


def test_location_is_the_stores(tmp_path: Path) -> None:
    """A store on S3 is where it was opened, under Athena's name for the scheme."""
    saved(three_days(), tmp_path)
    on_disk = opened(tmp_path)

    place = Bucket("s3a://acme-cases/042/", str(tmp_path))
    on_s3 = replace(on_disk, scan=replace(on_disk.scan, place=place))
    assert tn.table_ddl(on_s3) == tn.table_ddl(on_disk, location=S3)
    with pytest.raises(tn.errors.RequestError, match="is no place on S3 that Athena reads"):
        tn.table_ddl(on_disk)
    for wrong in ("gs://bucket", "s3://", "s3://b/it's", "s3://b/${x}", "s3://b/a\nb"):
        with pytest.raises(tn.errors.RequestError, match="no place on S3"):
            tn.table_ddl(on_disk, location=wrong)


def test_what_is_no_whole_store_is_refused(tmp_path: Path) -> None:
    """A trail that is not saved, or opened in part, has no table."""
    kept = saved(three_days(), tmp_path)
    assert tn.table_ddl(kept, location=S3)
    with pytest.raises(tn.errors.RequestError, match="makes one"):
        tn.table_ddl(opened({"a.json": log(numbered(1))}), location=S3)
    with pytest.raises(tn.errors.RequestError, match="opened in part"):
        tn.table_ddl(opened(tmp_path, since="2026-11-02"), location=S3)


def test_parts_without_marks_are_refused(tmp_path: Path) -> None:
    """A save that was killed before copies were marked: `compact` marks them."""
    saved(three_days(), tmp_path)
    (tmp_path / BASES).unlink()
    with pytest.raises(tn.errors.RequestError, match="3 of its parts wait for their copies"):
        tn.table_ddl(opened(tmp_path), location=S3)
    opened(tmp_path).compact()
    assert_same_events(tn.table_ddl(opened(tmp_path), location=S3), tmp_path)


def test_log_files_in_two_parts_are_refused(tmp_path: Path) -> None:
    """A log file that changed lies in two parts: `compact` leaves the newer state alone."""
    one, two = key("2026-11-02T09:05"), key("2026-11-02T09:10")
    saved({one: log(numbered(1)), two: log(numbered(2))}, tmp_path)
    saved({two: log(numbered(2), numbered(3))}, tmp_path)
    with pytest.raises(tn.errors.RequestError, match="1 of its parts hold log files that a newer"):
        tn.table_ddl(opened(tmp_path), location=S3)
    opened(tmp_path).compact()
    assert_same_events(tn.table_ddl(opened(tmp_path), location=S3), tmp_path)


def test_torn_and_old_parts_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a trail mends while it reads, another engine cannot know of."""
    saved(three_days(), tmp_path)
    with monkeypatch.context() as later:
        later.setattr(anew, "facts_stamp", lambda: "later")
        with pytest.raises(tn.errors.RequestError, match="3 of its parts were saved under older"):
            tn.table_ddl(opened(tmp_path), location=S3)
    part = parts_in(tmp_path)[0]
    part.write_bytes(part.read_bytes()[:-9])
    with pytest.raises(tn.errors.RequestError, match=r"1 of its parts cannot be read.* save again"):
        tn.table_ddl(opened(tmp_path), location=S3)
    saved(three_days(), tmp_path)
    assert not ledger_of(tmp_path).torn
    assert_same_events(tn.table_ddl(opened(tmp_path), location=S3), tmp_path)
