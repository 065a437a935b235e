"""Spark saves what this machine saves, and answers what Polars answers."""

from __future__ import annotations

import shutil
import threading
import time
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import trailnb as tn
from tests.engines.spark_cluster import cluster, session
from tests.parity.cases import CASES, SAMPLES, asked, compared
from tests.trail.deliveries import key, log, numbered
from trailnb._frame import table
from trailnb._lineage.attribute import ADDED
from trailnb.trail.scan import schema

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.engines.spark_cluster import Cluster
    from trailnb.trail.trail import Trail

pytestmark = [
    # What pyspark says of its own parts, while it hands frames over.
    pytest.mark.filterwarnings("ignore:::pyspark.*"),
    # The samples hold a torn file, of which every reading tells.
    pytest.mark.filterwarnings("ignore::trailnb.errors.ProblemWarning"),
]


@pytest.fixture(scope="module")
def local() -> Iterator[Any]:
    """Spark within this process's own machine, two tasks at a time."""
    with session() as made:
        yield made


def same_events(one: Trail, other: Trail) -> None:
    """Do two trails show the same rows in the same order, and report the same?"""
    assert_frame_equal(one.events.collect(), other.events.collect())
    assert_frame_equal(one.problems(), other.problems())
    assert [file.key for file in one.scan.files] == [file.key for file in other.scan.files]


def attributed(frame: Any, events: pl.DataFrame, made: Any) -> Any:  # noqa: ANN401
    """Give a frame of Spark the columns of attribution, which are made before engines are asked."""
    lookup = events.select("event_id", "recipient_account_id", *ADDED).unique()
    side = made.createDataFrame(lookup.to_pandas())
    return frame.join(side, on=["event_id", "recipient_account_id"], how="left")


def check_parity(made: Any, store: Path, name: str, arguments: dict[str, Any]) -> None:  # noqa: ANN401
    """Ask Polars and Spark the same of one store."""
    trail = tn.open(store)
    events = tn.attribute(trail).collect()
    expected = compared(name, asked(name, events.lazy(), arguments))
    assert expected.height, "these arguments find nothing: they prove nothing"
    frame = attributed(tn.engines.spark_frame(trail, made), events, made)
    answer = asked(name, frame, arguments)
    assert type(answer) is type(frame)
    rows = compared(name, answer)
    assert rows.equals(expected), f"{rows}\n{expected}"


@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_every_question_is_answered_alike(
    local: Any,  # noqa: ANN401
    store: Path,
    name: str,
    arguments: dict[str, Any],
) -> None:
    """An engine question takes a frame of Spark, gives one back, and finds the same rows."""
    check_parity(local, store, name, arguments)


def test_frame_holds_the_events_of_the_trail(local: Any, store: Path) -> None:  # noqa: ANN401
    """The same columns and rows, copies hidden, account ids whole."""
    trail = tn.open(store)
    frame = tn.engines.spark_frame(trail, local)
    assert frame.columns == list(schema())
    place = ["log_file", "log_index"]
    names = [*place, "event_time", "event_id", "recipient_account_id", "actor", "outcome"]
    rows = table(frame.select(names)).select(
        pl.col(name).cast(dtype) for name, dtype in schema().items() if name in names
    )
    expected = trail.events.select(rows.columns).collect()
    assert_frame_equal(rows.sort(place), expected.sort(place))


def test_window_opens_only_its_days(local: Any, store: Path) -> None:  # noqa: ANN401
    """Events within the window, from the parts that may hold any."""
    trail = tn.open(store)
    frame = tn.engines.spark_frame(trail, local, since="2026-11-03", until="2026-11-03T06:00Z")
    window = pl.col("event_time").is_between(
        pl.datetime(2026, 11, 3, time_zone="UTC"),
        pl.datetime(2026, 11, 3, 6, time_zone="UTC"),
        closed="left",
    )
    expected = trail.events.filter(window | pl.col("event_time").is_null())
    assert frame.count() == expected.select(pl.len()).collect().item() > 0
    opened = {path.split("date=")[1][:10] for path in frame.inputFiles()}
    assert opened <= {"2026-11-02", "2026-11-03", "2026-11-04", "1970-01-01"}
    assert tn.engines.spark_frame(trail, local, until="2020-01-01").columns == list(schema())


def test_copy_stamped_before_its_event(local: Any, tmp_path: Path) -> None:  # noqa: ANN401
    """A log file whose name is too early brought an event first; in a window it still counts."""
    late = numbered(1, eventTime="2026-11-05T09:00:00Z")
    logs = {key(delivered): log(late) for delivered in ("2026-11-02T09:00", "2026-11-05T09:05")}
    trail = tn.open(logs, progress=lambda _: None).save(tmp_path / "kept")
    assert trail.events.select(pl.len()).collect().item() == 1
    assert tn.engines.spark_frame(trail, local, since="2026-11-05").count() == 1
    assert tn.engines.spark_frame(trail, local, since="2026-11-06").count() == 0


@pytest.mark.parametrize("name", ["q?m", "st*r", "case[042]", "x{1,2}", "a b%#"])
def test_path_is_no_pattern(local: Any, tmp_path: Path, name: str) -> None:  # noqa: ANN401
    """A folder whose name could be a pattern is read, and its neighbour is not."""
    logs = {key("2026-11-02T09:00"): log(*(numbered(one) for one in range(5)))}
    for folder in (name, "qam", "star", "case0", "x1"):
        tn.open(logs, progress=lambda _: None).save(tmp_path / folder)
    assert tn.engines.spark_frame(tn.open(tmp_path / name), local).count() == 5


def test_problems_are_told(local: Any, store: Path) -> None:  # noqa: ANN401
    """Whoever asks through Spark hears of the torn file, too."""
    trail = tn.open(store)
    with pytest.warns(tn.errors.ProblemWarning):
        tn.engines.spark_frame(trail, local)


def test_save_is_the_same(local: Any, tmp_path: Path) -> None:  # noqa: ANN401
    """Spark's workers write the very store that processes here write, ledger included."""
    trail = tn.open(SAMPLES / "acme", progress=lambda _: None)
    by_spark = trail.save(tmp_path / "spark", map=tn.engines.spark(local))
    same_events(by_spark, trail.save(tmp_path / "here"))
    assert by_spark.verify_store().is_empty()


def test_save_to_a_relative_place(
    local: Any,  # noqa: ANN401
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A relative path means to workers what it means here."""
    shutil.copytree(SAMPLES / "quiet", tmp_path / "logs")
    monkeypatch.chdir(tmp_path)
    trail = tn.open("logs", progress=lambda _: None)
    saved = trail.save("kept", map=tn.engines.spark(local))
    assert saved.events.select(pl.len()).collect().item() > 1000
    assert (tmp_path / "kept").is_dir()


def test_source_that_cannot_travel_is_refused(
    local: Any,  # noqa: ANN401
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A place that one process must read is not sent to others."""
    trail = tn.open({key("2026-11-02T09:00"): log(numbered(1))}, progress=lambda _: None)

    def refuse(_: object) -> None:
        raise TypeError("read by one process")

    monkeypatch.setattr(type(trail.scan.source), "__reduce__", refuse)
    with pytest.raises(tn.errors.RequestError, match="cannot be sent to other machines"):
        trail.save(tmp_path / "kept", map=tn.engines.spark(local))


def test_what_spark_would_read_otherwise_is_refused(local: Any, store: Path) -> None:  # noqa: ANN401
    """Raw logs, a trail opened with a window, another time zone: each with what to do."""
    for trail, said in (
        (tn.open(SAMPLES / "quiet"), "trail.save"),
        (tn.open(store, since="2026-11-03"), "opened in part"),
        (tn.open(store, dedupe=False), "opened in part"),
    ):
        with pytest.raises(tn.errors.RequestError, match=said):
            tn.engines.spark_frame(trail, local)
    local.conf.set("spark.sql.session.timeZone", "Europe/Berlin")
    try:
        with pytest.raises(tn.errors.RequestError, match="time zone is Europe/Berlin"):
            tn.engines.spark_frame(tn.open(store), local)
    finally:
        local.conf.set("spark.sql.session.timeZone", "UTC")


def many_logs(folder: Path, days: int = 12, files: int = 6) -> Path:
    """Log files of several days, so that a save has many tasks."""
    for day in range(1, days + 1):
        for hour in range(files):
            events = [numbered(day * 1000 + hour * 100 + one) for one in range(40)]
            path = folder / key(f"2026-11-{day:02}T{hour:02}:00")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(log(*events))
    return folder


def test_killed_worker_changes_nothing(tmp_path: Path, store: Path) -> None:
    """On a real master, a worker dies in the middle of a save; the store and answers are the same.

    Before that, the same master answers every engine question as Polars does.
    """
    logs = many_logs(tmp_path / "logs")
    with cluster(tmp_path) as running, session(running.url) as made:
        for case in CASES:
            name, arguments = case.values
            check_parity(made, store, str(name), dict(arguments))  # type: ignore[call-overload]
        trail = tn.open(logs, progress=lambda _: None)
        there: list[int] = []
        killing = (running, tmp_path / "spark", there)
        killer = threading.Thread(target=kill_when_writing, args=killing)
        killer.start()
        saved = trail.save(tmp_path / "spark", map=tn.engines.spark(made))
        killer.join()
    parts = len(list((tmp_path / "spark").glob("date=*/*.parquet")))
    assert 0 < there[0] < parts, "the save was over before the worker died"
    same_events(saved, trail.save(tmp_path / "here"))
    assert saved.verify_store().is_empty()


def kill_when_writing(running: Cluster, dest: Path, there: list[int]) -> None:
    """Kill a worker as soon as the first parts are there; notes how many were."""
    until = time.monotonic() + 60
    while not (parts := list(dest.glob("date=*/*.parquet"))) and time.monotonic() < until:
        time.sleep(0.01)
    running.kill_a_worker()
    there.append(len(parts))
