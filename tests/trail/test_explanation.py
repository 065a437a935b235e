"""Does a trail say in plain words what was opened and what a query would read?"""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest

import trailnb as tn
from tests.trail.deliveries import ALICE_ACCOUNT, OTHER_ACCOUNT, WatchedSource, key, log, numbered

CONTENTS = {
    key(f"2026-11-{day:02}T09:05", account=account): log(
        numbered(day, eventTime=f"2026-11-{day:02}T09:00:00Z", recipientAccountId=account)
    )
    for day in (1, 2, 3, 5)
    for account in (ALICE_ACCOUNT, OTHER_ACCOUNT)
}


def explained(where: pl.Expr | None = None, **how: str) -> dict[str, str]:
    """What does the explanation say under each heading?"""
    lines = tn.open(CONTENTS, **how).explain(where).splitlines()[1:]
    return {line[2:12].strip(): line[12:] for line in lines}


def test_headline() -> None:
    """One line names the place, files, size, window, accounts and regions."""
    trail = tn.open(CONTENTS, since="2026-11-01", until="2026-11-03T12:00:00Z")
    assert repr(trail) == (
        "Trail memory: 6 log files, 0.0 MB, "
        "window 2026-11-01T00:00:00Z to 2026-11-03T12:00:00Z, 2 accounts, 1 region"
    )


def test_headline_in_the_singular() -> None:
    """One file of one account in one region is said in the singular."""
    one = tn.open({key("2026-11-02T09:05"): log(numbered(1))})
    assert repr(one).endswith("1 log file, 0.0 MB, whole history, 1 account, 1 region")


@pytest.mark.parametrize(
    ("window", "said"),
    [
        ({}, "whole history"),
        ({"since": "2026-11-01"}, "window 2026-11-01T00:00:00Z to open"),
        ({"until": "2026-11-09"}, "window open to 2026-11-09T00:00:00Z"),
    ],
)
def test_window_is_said(window: dict[str, str], said: str) -> None:
    """An open end of the window is called open."""
    assert said in repr(tn.open(CONTENTS, **window))


def test_html_is_escaped() -> None:
    """A place may be called anything; its name steers no page."""

    class Evil(WatchedSource):
        uri = "<script>alert(1)</script>"  # type: ignore[assignment]

    page = tn.open(Evil({}))._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_days_accounts_files_and_bytes() -> None:
    """The plan tells days, accounts, regions, files and bytes."""
    said = explained()
    assert said["days"] == "2026-11-01 to 2026-11-05 (delivery), 4 with files"
    assert said["accounts"] == f"{ALICE_ACCOUNT}, {OTHER_ACCOUNT}"
    assert said["regions"] == "eu-central-1"
    size = sum(map(len, CONTENTS.values()))
    assert said["reads"] == f"8 files, {size:,} bytes stored"
    assert "left out" not in said


def test_what_a_filter_leaves_out() -> None:
    """With a filter the plan tells what is left out by name, and what is searched for."""
    said = explained(
        (pl.col("event_time") >= datetime(2026, 11, 3, tzinfo=UTC))
        & (pl.col("recipient_account_id") == OTHER_ACCOUNT)
        & (pl.col("event_name") == "ListBuckets")
    )
    assert said["days"] == "2026-11-03 to 2026-11-05 (delivery), 2 with files"
    assert said["accounts"] == OTHER_ACCOUNT
    assert said["reads"].startswith("2 files, ")
    assert said["left out"].startswith("6 files, ")
    assert said["searched"] == "2 texts before any JSON is parsed"


def test_one_text_is_searched() -> None:
    """One text is said in the singular, none as none."""
    one = explained(pl.col("event_name") == "ListBuckets")
    assert one["searched"] == "1 text before any JSON is parsed"
    none = explained(pl.col("actor") == "alice")
    assert none["searched"] == "0 texts before any JSON is parsed"


def test_explanation_keeps_its_promise() -> None:
    """What the plan says is read is what the query reads."""
    source = WatchedSource(CONTENTS)
    trail = tn.open(source)
    where = pl.col("recipient_account_id") == OTHER_ACCOUNT
    assert "reads     4 files" in trail.explain(where)
    trail.events.filter(where).collect()
    source.read_keys.clear()  # the first query also looked whether paths can be trusted
    trail.events.filter(where).collect()
    assert len(source.read_keys) == 4


def test_what_is_kept_at_hand() -> None:
    """Lookback files and digests are counted beside."""
    said = explained(since="2026-11-03", lookback="1d")
    assert said["beside"] == "2 lookback files, 0 digests (read only when asked for)"


def test_names_that_tell_nothing() -> None:
    """Files without a telling name leave days and places unknown."""
    said = tn.open({"a.json": b"{}"}).explain()
    assert "days      unknown (no file name tells)" in said
    assert "accounts  unknown (no path tells)" in said


def test_many_accounts_are_cut() -> None:
    """Of many accounts the first are named and the rest counted."""
    many = {key("2026-11-02T09:05", account=f"{n:012}"): b"{}" for n in range(1, 13)}
    accounts = tn.open(many).explain().splitlines()[2]
    assert accounts.endswith("000000000008 and 4 more")
