"""Does a scan say where it stands, and leave a receipt?"""

from __future__ import annotations

import io
import sys
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

import trailnb as tn
from tests.trail.deliveries import WatchedSource, key, log, numbered
from trailnb.errors import ProblemWarning
from trailnb.trail import progress
from trailnb.trail.progress import Meter, Progress, default_display

FILES = {
    key(f"2026-11-02T09:{minute:02}"): log(numbered(minute), numbered(99)) for minute in (5, 10)
}


def receipts(uri: Any = FILES, **how: Any) -> list[Progress]:  # noqa: ANN401 - whatever opens
    """What does a scan of all events tell?"""
    told: list[Progress] = []
    tn.open(uri, progress=told.append, **how).events.select("event_name").collect()
    return told


def test_receipt_counts_what_was_read() -> None:
    """The last word counts files, stored bytes and events read, copies included."""
    last = receipts()[-1]
    assert last.is_done
    assert (last.files, last.files_total, last.events, last.unreadable) == (2, 2, 4, 0)
    assert last.stored_bytes == sum(map(len, FILES.values()))
    assert last.seconds > 0


def test_receipt_of_nothing() -> None:
    """A scan of nothing has a receipt too."""
    assert str(receipts({})[-1]).startswith("0 files · 0.0 MB · 0 events read · 0 unreadable")


def test_receipt_counts_what_could_not_be_read() -> None:
    """A file that could not be had is counted as unreadable."""
    with pytest.warns(ProblemWarning):
        last = receipts(WatchedSource(FILES, gone={next(iter(FILES))}))[-1]
    assert (last.files, last.unreadable) == (2, 1)


def test_receipt_counts_torn_files() -> None:
    """A torn file, of which events may be lost, is not counted as if it had been read."""
    with pytest.warns(ProblemWarning):
        last = receipts(
            {"a.json": log(numbered(1)), "torn.json.gz": FILES[key("2026-11-02T09:05")][:-30]}
        )[-1]
    assert last.unreadable == 1


def test_steps_only_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is told while the scan runs grows, and only the last word is final."""
    monkeypatch.setattr(progress, "_INTERVAL_SECONDS", 0.0)
    monkeypatch.setattr("trailnb.reading.chunks._BATCH_ROWS", 1)
    told = receipts()
    assert len(told) >= 3
    assert [one.files for one in told] == sorted(one.files for one in told)
    assert [one.is_done for one in told] == [False] * (len(told) - 1) + [True]


def test_told_at_most_ten_times_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many small steps in no time are told by the receipt alone."""
    monkeypatch.setattr(progress.time, "monotonic", lambda: 1.0)
    told: list[Progress] = []
    meter = Meter(1000, told.append)
    for _ in range(1000):
        meter.add(1, 10, 5, 0)
    assert told == []
    meter.close()
    assert [(one.files, one.is_done) for one in told] == [(1000, True)]


def test_receipt_after_an_early_end() -> None:
    """`head` ends a scan early; the receipt tells how far it came."""
    told: list[Progress] = []
    tn.open(FILES, progress=told.append).events.head(1).collect()
    assert told[-1].is_done


def test_pruned_files_do_not_count() -> None:
    """Only files that the query reads are counted in its total."""
    told: list[Progress] = []
    events = tn.open(FILES, progress=told.append).events
    events.filter(pl.col("aws_region") == "eu-west-3").collect()
    assert (told[-1].files, told[-1].files_total) == (0, 0)


def test_line_while_running_and_when_done() -> None:
    """A running line says how much there is to do, the receipt what was done."""
    running = Progress(400, 2000, 12_345_678, 98_765, 1, 61.23)
    assert str(running) == (
        "400 of 2,000 files · 12.3 MB · 98,765 events read · 1 unreadable · 61.2 s"
    )
    done = Progress(2000, 2000, 12_345_678, 98_765, 1, 61.23, is_done=True)
    assert str(done) == "2,000 files · 12.3 MB · 98,765 events read · 1 unreadable · 61.2 s"
    assert repr(done) == str(done)


def test_html_of_a_running_scan() -> None:
    """In a notebook a bar stands beside the line; the receipt has none."""
    running = Progress(1, 4, 0, 0, 0, 1.0)
    assert '<progress value="1" max="4"></progress>' in running._repr_html_()
    assert str(running) in running._repr_html_()
    done = Progress(4, 4, 0, 0, 0, 1.0, is_done=True)
    assert done._repr_html_() == f"<small>{done}</small>"


def test_bar_of_nothing_is_no_division() -> None:
    """A bar of no files at all is still a valid element."""
    assert 'max="1"' in Progress(0, 0, 0, 0, 0, 0.0)._repr_html_()


class Terminal(io.StringIO):
    """A stderr that is a terminal."""

    def isatty(self) -> bool:
        """Whether it is one."""
        return True


def test_terminal_shows_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal one line is written over and over, and ends with the receipt."""
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setattr(progress, "_QUIET_SECONDS", 0.0)
    tn.open(FILES).events.collect()
    written = sys.stderr.getvalue()  # type: ignore[attr-defined]
    assert written.startswith("\r")
    assert written.endswith("\n")
    assert written.count("\n") == 1
    assert "2 files · " in written


def test_short_scan_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A scan that is over before anybody would wonder leaves the terminal alone."""
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setattr(progress, "_QUIET_SECONDS", 3600.0)  # however busy the machine is
    tn.open(FILES).events.collect()
    assert sys.stderr.getvalue() == ""  # type: ignore[attr-defined]


@pytest.mark.parametrize("stream", [io.StringIO(), None])
def test_no_terminal_no_progress(
    monkeypatch: pytest.MonkeyPatch, stream: io.StringIO | None
) -> None:
    """In a pipe, or without any stderr, nothing is shown."""
    monkeypatch.setattr(sys, "stderr", stream)
    assert default_display() is None


def test_notebook_updates_one_display(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a kernel one display is made and then updated."""
    shown: list[tuple[str, Progress]] = []
    handle = SimpleNamespace(update=lambda one: shown.append(("update", one)))

    def display(one: Progress, *, display_id: bool) -> SimpleNamespace:
        assert display_id
        shown.append(("display", one))
        return handle

    shell = SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=display))
    show = default_display()
    assert show is not None
    for files in range(3):
        show(Progress(files, 2, 0, 0, 0, 1.0, is_done=files == 2))
    assert [how for how, _ in shown] == ["display", "update", "update"]
    assert shown[-1][1].is_done


def test_console_ipython_is_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """IPython without a kernel is a terminal like any other."""
    shell = SimpleNamespace()
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert default_display() is progress._terminal
