"""Following: every new log file once, at a pace, and from where it was after any end."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
import warnings
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import trailnb as tn
from tests.store.stores import assert_same, ledger_of, opened, saved, three_days
from tests.trail.deliveries import WatchedSource, at, key, log, numbered
from tests.trail.following import Hands, followed, numbers
from trailnb.errors import ProblemWarning, RequestError, SourceError
from trailnb.store import had
from trailnb.trail import following

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trailnb.sources.source import Listing, LogFile, Wanted
    from trailnb.store.place import Place

ROOT = Path(__file__).parents[2]


def delivered(minute: int, *found: int, unique: str = "AbCdEfGhIjKlMnOp") -> dict[str, bytes]:
    """A log file of 2 November that was delivered in this minute of the day, with these events."""
    stamp = f"2026-11-02T{minute // 60:02}:{minute % 60:02}"
    events = [numbered(one, eventTime="2026-11-02T08:00:00Z") for one in found]
    return {key(stamp, unique=unique): log(*events)}


def test_only_what_is_new_comes(tmp_path: Path) -> None:
    """The first step brings what is there, later ones what came, and quiet ones nothing."""
    source = WatchedSource(delivered(540, 1, 2))
    new = {2: {}, 3: delivered(545, 3), 4: {}, 5: delivered(550, 4) | delivered(555, 5)}
    hands = Hands(then=lambda step: source.contents.update(new[step]))
    came = [numbers(one) for one in followed(source, tmp_path / "case", hands, rounds=5)]
    assert came == [["1", "2"], ["3"], ["4", "5"]]
    assert hands.slept == [60.0] * 4
    assert sorted(source.read_keys) == sorted(source.contents)
    assert_same(opened(tmp_path / "case"), opened(WatchedSource(source.contents)))


def test_arrival_tells_files_and_the_whole_trail(tmp_path: Path) -> None:
    """An arrival has its log files, the whole saved trail beside it, and a line to be read."""
    source = WatchedSource(delivered(540, 1))
    hands = Hands(then=lambda _: source.contents.update(delivered(545, 2)))
    _, second = followed(source, tmp_path / "case", hands, rounds=2)
    assert [file.key for file in second.files] == [*delivered(545)]
    assert second.trail.files().height == 2
    assert repr(second) == "Arrival 2026-11-02T09:01:00Z: 1 log file, 0 problems"


def test_what_was_saved_before_is_not_new(tmp_path: Path) -> None:
    """A store that was saved yesterday is gone on from: what it holds does not come."""
    saved(delivered(540, 1), tmp_path / "case")
    source = WatchedSource(delivered(540, 1) | delivered(545, 2))
    (arrival,) = followed(source, tmp_path / "case")
    assert numbers(arrival) == ["2"]


def test_what_another_save_brought_comes_too(tmp_path: Path) -> None:
    """Whoever brought a log file into the store, a reader that had it not gets it."""
    source = WatchedSource(delivered(540, 1))
    assert len([*followed(source, tmp_path / "case")]) == 1
    source.contents |= delivered(545, 2)
    opened(source).save(tmp_path / "case")
    (arrival,) = followed(source, tmp_path / "case")
    assert numbers(arrival) == ["2"]


def test_arrival_comes_again_until_the_next_is_asked_for(tmp_path: Path) -> None:
    """Who leaves in the middle of an arrival gets it again; who came back for more does not."""
    source = WatchedSource(delivered(540, 1))
    first = followed(source, tmp_path / "case", rounds=2)
    assert numbers(next(first)) == ["1"]
    del first
    again = followed(source, tmp_path / "case", rounds=2)
    assert numbers(next(again)) == ["1"]
    assert list(again) == []
    assert list(followed(source, tmp_path / "case")) == []


def test_each_reader_gets_everything(tmp_path: Path) -> None:
    """Two readers of one store have places of their own."""
    source = WatchedSource(delivered(540, 1))
    for reader in ("pager", "archive"):
        next(followed(source, tmp_path / "case", reader=reader), None)
    source.contents |= delivered(545, 2)
    for reader in ("pager", "archive"):
        came = [numbers(one) for one in followed(source, tmp_path / "case", reader=reader)]
        assert came[-1] == (["1", "2"] if reader == "pager" else ["2"])


def test_copies_of_what_was_had_do_not_come(tmp_path: Path) -> None:
    """A later file that repeats an event brings its new ones only."""
    source = WatchedSource(delivered(540, 1))
    hands = Hands(then=lambda _: source.contents.update(delivered(545, 1, 2)))
    came = [numbers(one) for one in followed(source, tmp_path / "case", hands, rounds=2)]
    assert came == [["1"], ["2"]]


def test_late_file_with_earlier_stamp_brings_no_event_twice(tmp_path: Path) -> None:
    """A file that sorts before what was had takes over its events, and they do not come again."""
    source = WatchedSource(delivered(545, 1))
    hands = Hands(then=lambda _: source.contents.update(delivered(540, 1, 2)))
    came = [numbers(one) for one in followed(source, tmp_path / "case", hands, rounds=2)]
    assert came == [["1"], ["2"]]
    assert_same(opened(tmp_path / "case"), opened(WatchedSource(source.contents)))


def test_copy_in_a_file_outside_of_the_request_hides_nothing(tmp_path: Path) -> None:
    """An event whose first copy lies where nobody asked is handed over from where one did."""
    record = numbered(1, eventTime="2026-11-02T08:00:00Z")
    elsewhere = {key("2026-11-02T09:00", region="ap-south-1"): log(record)}
    saved(elsewhere, tmp_path / "case")
    source = WatchedSource(elsewhere | {key("2026-11-02T09:05"): log(record)})
    how = {"regions": ["eu-central-1"]}
    (arrival,) = followed(source, tmp_path / "case", how=how)
    assert numbers(arrival) == ["1"]


def test_window_and_dedupe_are_kept(tmp_path: Path) -> None:
    """An arrival holds the window's events only, and copies where they were asked for."""
    early = numbered(9, eventTime="2026-11-01T08:00:00Z")
    here = numbered(1, eventTime="2026-11-02T08:00:00Z")
    source = WatchedSource({key("2026-11-02T09:00"): log(early, here, here)})
    how = {"since": "2026-11-02", "dedupe": False}
    (arrival,) = followed(source, tmp_path / "case", how=how)
    assert numbers(arrival) == ["1", "1"]


def test_log_file_written_again_is_new(tmp_path: Path) -> None:
    """An object that was rewritten in place comes again, as a whole."""
    source = WatchedSource(delivered(540, 1))
    hands = Hands(then=lambda _: source.contents.update(delivered(540, 1, 2)))
    came = [numbers(one) for one in followed(source, tmp_path / "case", hands, rounds=2)]
    assert came == [["1"], ["1", "2"]]


def test_looks_reach_near_most_of_the_time(tmp_path: Path) -> None:
    """Later steps list the days within `late` only; once a day everything is listed."""
    source = WatchedSource(three_days())
    hands = Hands(at("2026-11-03T09:10"))
    list(followed(source, tmp_path / "case", hands, every="15m", rounds=98))
    starts = [one.delivered_from for one in source.wanted[1:]]  # the first is that of `open`
    assert [at for at, start in enumerate(starts) if start is None] == [0, 96]
    assert set(starts) == {None, at("2026-11-02T09:05")}


def test_late_delivery_of_an_old_day_comes_within_a_day(tmp_path: Path) -> None:
    """A log file that turns up in a folder of last week is found by the daily look."""
    source = WatchedSource(delivered(540, 1))
    old = {key("2026-10-25T09:00"): log(numbered(7, eventTime="2026-10-25T08:00:00Z"))}
    hands = Hands(then=lambda step: source.contents.update(old) if step == 2 else None)
    came = {
        one.at: numbers(one) for one in followed(source, tmp_path, hands, every="1h", rounds=25)
    }
    assert came == {at("2026-11-02T09:00"): ["1"], at("2026-11-03T09:00"): ["7"]}


def test_small_parts_are_joined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each arrival is a part; many become one, and what somebody has open still reads."""
    monkeypatch.setattr(following, "MOST_SAVES", 4)
    source = WatchedSource(delivered(540, 1))
    hands = Hands(then=lambda step: source.contents.update(delivered(540 + step, step)))
    arrivals, counts = [], []
    for arrival in followed(source, tmp_path, hands, every="30m", rounds=6):
        arrivals.append(arrival)
        counts.append(len(ledger_of(tmp_path).parts))
    assert counts == [1, 2, 3, 4, 2, 3]
    assert [numbers(one) for one in arrivals] == [[str(one)] for one in range(1, 7)]
    assert [numbers(one.trail) for one in arrivals[-1:]] == [[str(one) for one in range(1, 7)]]
    assert_same(opened(tmp_path), opened(WatchedSource(source.contents)))


def test_stamp_from_the_future_blinds_nobody(tmp_path: Path) -> None:
    """Whoever plants a log file of next year does not stop the days of now from being listed."""
    planted = {key("2027-11-02T09:00"): log(numbered(8))}
    source = WatchedSource(delivered(540, 1) | planted)
    hands = Hands(then=lambda _: source.contents.update(delivered(545, 2)))
    came = [numbers(one) for one in followed(source, tmp_path, hands, rounds=2)]
    assert came == [["1", "8"], ["2"]]


def test_window_that_is_over_ends_it(tmp_path: Path) -> None:
    """With `until`, the last step is the one after which nothing can come."""
    source = WatchedSource(delivered(540, 1))
    hands = Hands()
    how = {"until": "2026-11-02T10:00", "late": "1h"}
    assert len([*followed(source, tmp_path, hands, how=how, every="30m", rounds=None)]) == 1
    assert hands.slept == [1800.0] * 4


def test_slow_step_is_followed_at_once(tmp_path: Path) -> None:
    """Time that a reader takes counts; steps never overlap, and never wait longer than the pace."""
    source = WatchedSource(delivered(540, 1))
    hands = Hands(then=lambda step: source.contents.update(delivered(540 + step, step)))
    for arrival in followed(source, tmp_path, hands, rounds=4):
        hands.time += timedelta(seconds=90 if numbers(arrival) == ["2"] else 20)
    assert hands.slept == [40.0, 0.0, 40.0]


def test_interrupt_while_waiting_is_an_end(tmp_path: Path) -> None:
    """Ctrl-C between two steps ends the loop, and the rest of the cell runs."""
    source = WatchedSource(delivered(540, 1))

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    hands = Hands(then=interrupt)
    assert [numbers(one) for one in followed(source, tmp_path, hands, rounds=None)] == [["1"]]


class _Failing(WatchedSource):
    """A place that refuses some listings."""

    failing: SourceError | None = None

    def list(self, wanted: Wanted) -> Listing:
        if self.failing:
            raise self.failing
        return super().list(wanted)


def test_outage_is_warned_of_and_outlived(tmp_path: Path) -> None:
    """What may pass by itself is said, and the next step brings all that came meanwhile."""
    source = _Failing(delivered(540, 1))
    outage = SourceError("S3 is overloaded or unreachable (SlowDown): s3://acme. Try again.")
    outage.is_transient = True

    def then(step: int) -> None:
        source.contents.update(delivered(540 + step, step))
        source.failing = outage if step == 2 else None

    with pytest.warns(ProblemWarning, match="SlowDown.*Following goes on"):
        came = [numbers(one) for one in followed(source, tmp_path, Hands(then=then), rounds=3)]
    assert came == [["1"], ["2", "3"]]


def test_refusal_for_good_is_raised_and_gone_on_from(tmp_path: Path) -> None:
    """What will not pass by itself ends it with a sentence; the next one goes on."""
    source = _Failing(delivered(540, 1))

    def then(_: int) -> None:
        source.failing = SourceError("the credentials have expired: s3://acme. Log in again.")

    steps = followed(source, tmp_path, Hands(then=then), rounds=3)
    assert numbers(next(steps)) == ["1"]
    with pytest.raises(SourceError, match="expired"):
        next(steps)
    source.failing = None
    source.contents |= delivered(545, 2)
    assert [numbers(one) for one in followed(source, tmp_path)] == [["2"]]


def test_what_cannot_be_read_is_told_once_and_tried_again(tmp_path: Path) -> None:
    """An unreadable log file is a problem of one arrival, and comes when it can be read."""
    source = WatchedSource(delivered(540, 1) | delivered(545, 2), gone={*delivered(545)})
    hands = Hands(then=lambda step: source.gone.clear() if step == 4 else None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ProblemWarning)
        arrivals = list(followed(source, tmp_path, hands, rounds=4))
    told = [(numbers(one), one.problems["log_file"].to_list()) for one in arrivals]
    assert told == [(["1"], [*delivered(545)]), (["2"], [])]


def test_what_cannot_be_meant_is_said_at_once(tmp_path: Path) -> None:
    """Arguments are checked when `follow` is called, before anything is listed."""
    source = WatchedSource(delivered(540, 1))
    for asked in ({"every": "soon"}, {"rounds": 0}, {"reader": "../x"}):
        with pytest.raises(RequestError):
            followed(source, tmp_path, **asked)
    with pytest.raises(RequestError, match="opened from log files"):
        saved(delivered(540, 1), tmp_path / "case").follow(tmp_path / "other")
    with pytest.raises(RequestError, match="its days grow"):
        _live().follow(tmp_path / "live")
    assert not (tmp_path / "live").exists()


def _live() -> Any:  # noqa: ANN401 - a trail over an API of events
    class Live(WatchedSource):
        def narrowed(self, files: Sequence[LogFile], _: object) -> tuple[LogFile, ...]:
            return tuple(files)

    return opened(Live({}))


def test_foreign_folder_is_left_alone(tmp_path: Path) -> None:
    """Nothing is written among somebody else's files."""
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(SourceError, match="something else lies here"):
        next(followed(WatchedSource(delivered(540, 1)), tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


SCRIPT = """
import sys
import trailnb as tn
source, dest, told = sys.argv[1:4]
trail = tn.open(source, progress=lambda _: None)
print("started", flush=True)
with open(told, "a") as lines:
    for fresh in trail.follow(dest, every="0s", rounds=8):
        names = fresh.events.select("event_id").collect()["event_id"].to_list()
        lines.write(" ".join(names) + "\\n")
        lines.flush()
print("done", flush=True)
"""


def _followed_under_fire(seed: int, folder: Path) -> None:
    """Follow while log files come, killed at random moments; then once in peace."""
    dice = random.Random(seed)
    logs, dest, told = folder / "logs", folder / "case", folder / "told"
    script = folder / "following.py"
    script.write_text(SCRIPT)
    number = 0
    for attempt in range(4):
        for _ in range(4):
            minute = 540 + number
            for name, content in delivered(minute, number, number + 1).items():
                (logs / name).parent.mkdir(parents=True, exist_ok=True)
                (logs / name).write_bytes(content)
            number += 1
        process = subprocess.Popen(
            [sys.executable, str(script), str(logs), str(dest), str(told)],
            stdout=subprocess.PIPE, text=True, cwd=folder,
            env=os.environ | {"PYTHONPATH": str(ROOT), "POLARS_MAX_THREADS": "1"},
        )  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        if attempt < 3:
            time.sleep(dice.uniform(0, 0.35))
            process.send_signal(signal.SIGKILL)
        said, _ = process.communicate(timeout=120)
    assert said == "done\n"
    assert_same(opened(dest), opened(logs))
    came = [set(line.split()) for line in told.read_text().splitlines()]
    whole = {numbered(one)["eventID"] for one in range(number + 1)}
    assert set().union(*came) == whole
    # An attempt is killed once, so each but the last may leave one arrival to come again.
    assert sum(map(len, came)) <= 4 * len(whole)
    assert list(opened(logs).follow(dest, rounds=1)) == []


@pytest.mark.parametrize("seed", range(3))
def test_kill_while_following(seed: int, tmp_path: Path) -> None:
    """Killed at random moments, it loses no event, and ends as one plain save would."""
    _followed_under_fire(seed, tmp_path)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(3, 60))
def test_kill_while_following_often(seed: int, tmp_path: Path) -> None:
    """The same, often."""
    _followed_under_fire(seed, tmp_path)


RESPONDING = """
import os, sys
import trailnb as tn
source, dest, journal, crash = sys.argv[1:5]
rule = tn.rules.Rule(name="stop", pattern="{ $.eventName = StopLogging }")
def act(record):
    number = record["eventID"][-1]
    print("acts on", number, flush=True)
    if number == crash:
        os._exit(9)
trail = tn.open(source, progress=lambda _: None)
for fresh in trail.follow(dest, every="0s", rounds=1):
    answer = tn.respond(fresh.events, rule, act, journal=journal, dry_run=False)
    print(*answer["status"].to_list(), sep=", ", flush=True)
"""


def test_responses_are_made_once_across_a_crash(tmp_path: Path) -> None:
    """After a crash in an action the arrival comes again; what ran stays done, the rest runs."""
    path = tmp_path / "logs" / key("2026-11-02T09:00")
    path.parent.mkdir(parents=True)
    stops = [numbered(one, eventName="StopLogging") for one in (1, 2, 3)]
    path.write_bytes(log(*stops, numbered(4)))

    def run(crash: str) -> list[str]:
        process = subprocess.run(
            [sys.executable, "-c", RESPONDING, "logs", "case", "journal.jsonl", crash],
            cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert process.returncode == (9 if crash == "2" else 0), process.stderr
        return process.stdout.splitlines()

    assert run("2") == ["acts on 1", "acts on 2"]
    assert run("-") == ["acts on 3", "done before, may have run, done"]
    assert run("-") == []


def test_log_file_rewritten_and_unreadable_is_told(tmp_path: Path) -> None:
    """Whoever writes over a log file that is held already does not stay unseen."""
    source = WatchedSource(delivered(540, 1))

    def then(step: int) -> None:
        if step == 2:
            source.contents.update(delivered(540, 1, 2))
            source.gone.update(delivered(540))

    hands = Hands(then=then)
    came = list(followed(source, tmp_path / "case", hands, rounds=30, every="10m"))
    told = [one["log_file"] for arrival in came for one in arrival.problems.to_dicts()]
    assert told == [*delivered(540)]


def test_joined_parts_stay_for_those_who_follow_after_one_another(tmp_path: Path) -> None:
    """A schedule that follows for one step each time removes nothing that is still open."""
    source = WatchedSource({})
    hands, came = Hands(), []
    for number in range(1, 5):
        source.contents.update(delivered(540 + number, number))
        came += followed(source, tmp_path / "case", hands)
        hands.time += timedelta(minutes=1)
    assert [numbers(arrival) for arrival in came] == [["1"], ["2"], ["3"], ["4"]]


def test_outage_of_the_store_is_outlived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was had is noted at the next arrival; nothing comes twice meanwhile."""
    source = WatchedSource(delivered(540, 1))
    kept, failures = had.keep, [0]

    def keep(place: Place, reader: str, marks: set[bytes]) -> None:
        failures[0] += 1
        if failures[0] == 2:
            error = SourceError("the store is overloaded.")
            error.is_transient = True
            raise error
        kept(place, reader, marks)

    monkeypatch.setattr(had, "keep", keep)
    hands = Hands(then=lambda step: source.contents.update(delivered(540 + step, step)))
    with pytest.warns(ProblemWarning, match="noted at the next arrival"):
        came = [numbers(one) for one in followed(source, tmp_path / "case", hands, rounds=3)]
    assert came == [["1"], ["2"], ["3"]]
    assert list(followed(source, tmp_path / "case", hands)) == []


class Refusing(WatchedSource):
    """Refuses one account as long as it is told to."""

    refused: tuple[tuple[str, str], ...] = ()

    def list(self, wanted: Wanted) -> Listing:
        """Leave that account out."""
        found = super().list(wanted)
        files = found.files
        if self.refused:
            files = tuple(one for one in files if "444455556666" not in one.key)
        return replace(found, files=files, unlisted=self.refused)


def test_what_could_not_be_listed_is_looked_for_at_the_next_sweep(tmp_path: Path) -> None:
    """An old log file behind it comes within minutes, not a day; a second refusal is told, too."""
    old = key("2026-10-01T08:00", account="444455556666")
    source = Refusing(delivered(540, 1) | {old: log(numbered(7))})
    why = (("AWSLogs/444455556666/", "S3 is overloaded"),)
    source.refused = why
    steps = {2: (), 3: (), 4: why}
    hands = Hands(then=lambda step: setattr(source, "refused", steps.get(step, ())))
    came = list(followed(source, tmp_path / "case", hands, rounds=100, every="30m"))
    assert numbers(came[1]) == ["7"]
    assert came[1].at - came[0].at == timedelta(minutes=30)


def test_responses_tell_at_once_what_fails_and_what_was_not_read(tmp_path: Path) -> None:
    """The answer comes when following ends: until then only warnings tell."""
    files = delivered(540, 1) | delivered(545, 2)
    source = WatchedSource(files, gone={*delivered(545)})
    rule = tn.rules.Rule(name="all", pattern="{ $.eventName = * }")

    def fail(_: dict[str, Any]) -> object:
        raise OSError("\x1b[2J no route")

    arrivals = followed(source, tmp_path / "case")
    with pytest.warns(ProblemWarning) as warned:
        rows = tn.respond(arrivals, rule, fail, journal=tmp_path / "journal", dry_run=False)
    assert rows["status"].to_list() == ["failed"]
    said = " ".join(str(one.message) for one in warned)
    assert "could not be read" in said
    assert "failed: OSError" in said
    assert "\x1b" not in said
