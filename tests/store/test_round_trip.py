"""Does a saved trail answer as the raw one does: every real set, the samples, and random trails?"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.evidence import event
from tests.store.stores import answers, assert_same, opened
from tests.trail.deliveries import WatchedSource, key, log

if TYPE_CHECKING:
    import random

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data"
REAL = sorted(path.name for path in SHARED.iterdir() if path.is_dir()) if SHARED.exists() else []

WINDOWS: list[dict[str, Any]] = [
    {},
    {"dedupe": False},
    {"since": "2026-11-02", "until": "2026-11-03"},
    {"since": "2026-11-03T02:13:07Z", "late": "10m", "lookback": "3h"},
    {"until": "2026-11-02T12:00:00Z", "late": None, "dedupe": False},
    {"accounts": "444455556666"},
    {"regions": ["eu-west-1"], "since": "2026-11-03"},
    {"categories": ["Management"]},
    {"categories": ["Insight", "NetworkActivity"], "accounts": "444455556666"},
]


@pytest.mark.filterwarnings("ignore::trailnb.errors.ProblemWarning")
@pytest.mark.skipif(not REAL, reason="the real sets do not lie beside this checkout")
@pytest.mark.parametrize("name", REAL)
def test_real_set(name: str, tmp_path: Path) -> None:
    """Logs that people published answer the same from the store."""
    raw = opened(SHARED / name)
    said = answers(raw)
    assert_same(raw.save(tmp_path / "case"), said)
    assert_same(opened(tmp_path / "case"), said)


@pytest.mark.filterwarnings("ignore::trailnb.errors.ProblemWarning")
@pytest.mark.parametrize("name", ["acme", "quiet"])
def test_samples(name: str, tmp_path: Path) -> None:
    """A bucket in the true layout answers the same, whole and through every kind of window."""
    folder = ROOT / "data-samples" / name
    opened(folder).save(tmp_path)
    for window in WINDOWS:
        assert_same(opened(tmp_path, **window), opened(folder, **window))


@pytest.mark.filterwarnings("ignore::trailnb.errors.ProblemWarning")
def test_saved_through_a_window(tmp_path: Path) -> None:
    """What was saved through a window opens through that window as the raw trail did."""
    window = {"since": "2026-11-02T06:00:00Z", "until": "2026-11-03T06:00:00Z"}
    raw = opened(ROOT / "data-samples" / "acme", **window)
    assert_same(raw.save(tmp_path), raw)


MOMENTS = [
    "2026-11-01T23:40:00Z",
    "2026-11-01T23:58:00Z",
    "2026-11-02T00:03:00Z",
    "2026-11-02T12:00:00Z",
    "2026-11-05T00:00:00Z",
    None,
    "...",
]
DELIVERIES = [
    "2026-11-01T23:45",
    "2026-11-02T00:00",
    "2026-11-02T00:05",
    "2026-11-02T12:05",
    "2026-11-04T12:00",
]
NAMES = [
    *(
        key(moment, account=account, region=region, folder=folder)
        for moment in DELIVERIES
        for account, region, folder in (
            ("111122223333", "eu-central-1", "CloudTrail"),
            ("444455556666", "us-east-1", "CloudTrail"),
            ("111122223333", "eu-central-1", "CloudTrail-Insight"),
        )
    ),
    "AWSLogs/111122223333/CloudTrail/eu-central-1/2026/11/02/odd name.json.gz",
    "flat/events_20261102T1200Z.json.gz",
    "plain.json.gz",
    "zz plain.json.gz",
]

records = st.builds(
    lambda number, moment, account, name: event(
        # Same id, other day: raw reading counts such a pair only while it remembers the first day.
        eventID=f"{(moment or '...')[:10]:.>10}-1111-4111-8111-{number:012}",
        eventTime=moment,
        recipientAccountId=account,
        eventName=name,
    ),
    st.integers(0, 5),
    st.sampled_from(MOMENTS),
    st.sampled_from(["111122223333", "111122223333", "444455556666", None]),
    st.sampled_from(["ListBuckets", "ListBuckets", "GetObject"]),
)
stored = st.one_of(
    st.lists(records, max_size=5).map(lambda found: log(*found)),
    st.lists(records, max_size=3).map(lambda found: log(*found)[:-9]),
    st.just(b"{]"),
)
buckets = st.dictionaries(st.sampled_from(NAMES), stored, min_size=1, max_size=8)
windows = st.fixed_dictionaries(
    {},
    optional={
        "since": st.sampled_from(
            ["2026-11-01T23:50:00Z", "2026-11-02T00:00:30Z", "2026-11-02T12:00:00Z"]
        ),
        "until": st.sampled_from(["2026-11-02T12:00:01Z", "2026-11-03"]),
        "late": st.sampled_from(["5m", "1d", None]),
        "lookback": st.sampled_from(["0s", "10m", "36h"]),
        "accounts": st.sampled_from(["111122223333", "444455556666"]),
        "regions": st.just("eu-central-1"),
        "categories": st.sampled_from(["Management", "Insight"]),
        "dedupe": st.booleans(),
    },
)


def check(
    bucket: dict[str, bytes], dice: random.Random, asked: dict[str, Any], gone: set[str]
) -> None:
    """Save this in odd slices; it must be the same trail, whole and as asked."""
    source = WatchedSource(bucket, gone=gone)
    names = sorted(bucket)
    dice.shuffle(names)
    # What is a copy is decided under the lateness that a store is saved with.
    late = {"late": asked.get("late", "1d")}
    with tempfile.TemporaryDirectory() as folder:
        for part in (names[0::2], names[1::3], names):
            there = {name: bucket[name] for name in part}
            opened(WatchedSource(there, gone=gone), **late).save(folder)
        for window in (late, asked | late):
            assert_same(opened(folder, **window), opened(source, **window))


everything = (
    buckets,
    st.randoms(use_true_random=False),
    windows,
    st.sets(st.sampled_from(NAMES), max_size=2),
)


@pytest.mark.filterwarnings("ignore::trailnb.errors.ProblemWarning")
@settings(max_examples=30)
@given(*everything)
def test_random_trails(
    bucket: dict[str, bytes], dice: random.Random, asked: dict[str, Any], gone: set[str]
) -> None:
    """Odd trails in odd slices, some files vanished, end as the same trail, whatever is asked."""
    check(bucket, dice, asked, gone)


@pytest.mark.soak
@pytest.mark.filterwarnings("ignore::trailnb.errors.ProblemWarning")
@settings(max_examples=1500)
@given(*everything)
def test_many_random_trails(
    bucket: dict[str, bytes], dice: random.Random, asked: dict[str, Any], gone: set[str]
) -> None:
    """The same, often."""
    check(bucket, dice, asked, gone)
