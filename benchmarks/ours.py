"""The library's side of every comparison: what a responder would type."""

from __future__ import annotations

import contextlib
import resource
import shutil
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl
import psutil  # type: ignore[import-untyped]

import trailnb as tn
from benchmarks.peers.hand_questions import ORIGIN
from benchmarks.peers.hand_store import counts_of, neighbours_of, timeline_of
from benchmarks.rule_patterns import patterns
from trailnb.facts.columns import base_schema
from trailnb.facts.derived import DERIVED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from trailnb.sources.source import LogFile, Source, Unread

SEVEN = (
    "event_time", "event_name", "event_source", "source_ip_address", "error_code", "event_id",
    "user_arn",
)  # fmt: skip


def scan(uri: str, **how: Any) -> pl.DataFrame:
    """Seven columns of every event."""
    return tn.open(uri, **how).events.select(SEVEN).collect()


def search(uri: str, key: str, **how: Any) -> pl.DataFrame:
    """Every event of one access key, seven columns of it."""
    events = tn.open(uri, **how).events
    return events.filter(pl.col("access_key_id") == key).select(SEVEN).collect()


def all_columns(uri: str, *, with_derived: bool = False, **how: Any) -> pl.DataFrame:
    """Every base column of every event; with the derived ones or without."""
    names = [*base_schema(), *(column.name for column in DERIVED)]
    events = tn.open(uri, **how).events
    return events.select(names if with_derived else list(base_schema())).collect()


def counts(uri: str, *, streaming: bool, **how: Any) -> dict[str, float]:
    """How often was each action called? One small answer from everything."""
    plan = tn.open(uri, **how).events.group_by("event_name").agg(pl.len())
    frame = plan.collect(engine="streaming") if streaming else plan.collect()
    return {"rows": float(frame["len"].sum())}


def in_processes(uri: str, *, query: str, **how: Any) -> dict[str, float]:
    """What do reading and its worker processes cost together, their start included?"""
    queries = {"scan": scan, "counts": _streamed_counts}
    own, wall = _cpu(resource.RUSAGE_SELF), time.perf_counter()
    rows = len(queries[query](uri, **how))
    wall = time.perf_counter() - wall
    own = _cpu(resource.RUSAGE_SELF) - own
    others = _cpu_of_children()
    return {"rows": rows, "wall": wall, "cpu": own + others, "share": own / (own + others)}


def read_only(uri: str, **how: Any) -> int:
    """List and fetch the stored bytes of every log file, and look at none."""
    opened = tn.open(uri, **how)
    files = opened.scan.files
    return sum(isinstance(stored, bytes) for _, stored in opened.scan.source.read(files))


def _streamed_counts(uri: str, **how: Any) -> pl.DataFrame:
    plan = tn.open(uri, **how).events.group_by("event_name").agg(pl.len())
    return plan.collect(engine="streaming")


def _cpu(whose: int) -> float:
    usage = resource.getrusage(whose)
    return usage.ru_utime + usage.ru_stime


def _cpu_of_children() -> float:
    """Of those that live, whoever started them, and of those that have ended."""
    living = 0.0
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            living += sum(process.cpu_times()[:2])
    return living + _cpu(resource.RUSAGE_CHILDREN)


def save(uri: str, dest: str, **how: Any) -> int:
    """Save every event, every column."""
    shutil.rmtree(dest, ignore_errors=True)
    saved = tn.open(uri, **how).save(dest)
    return int(saved.events.select(pl.len()).collect().item())


def save_again(uri: str, dest: str, until: str) -> dict[str, float]:
    """Save up to a moment, then everything: what does the second save read and cost?"""
    shutil.rmtree(dest, ignore_errors=True)
    held = {file.key for file in tn.open(uri, until=until, late="0s").save(dest).scan.files}
    trail = tn.open(uri, workers=1)
    source, read = type(trail.scan.source), list[str]()
    handed_over = source.read

    def watched(self: Source, files: Sequence[LogFile]) -> Iterator[tuple[LogFile, bytes | Unread]]:
        read.extend(file.key for file in files)
        return handed_over(self, files)

    source.read = watched  # type: ignore[method-assign]
    own, wall = _cpu(resource.RUSAGE_SELF), time.perf_counter()
    saved = trail.save(dest)
    wall, own = time.perf_counter() - wall, _cpu(resource.RUSAGE_SELF) - own
    assert not held.intersection(read)
    rows = saved.events.select(pl.len()).collect().item()
    return {"rows": rows, "wall": wall, "cpu": own, "read": len(read), "held": len(held)}


def actor_day(uri: str, actor: str, day: str, **how: Any) -> int:
    """One actor's day, as a timeline, of a store or of log files."""
    start = datetime.fromisoformat(day).replace(tzinfo=UTC)
    trail = tn.open(uri, since=start, until=start + timedelta(days=1), **how)
    return timeline_of(trail.events, actor)


def address(uri: str, origin: str, **how: Any) -> int:
    """Everything seen together with one address."""
    return neighbours_of(tn.open(uri, **how).events, origin)


def by_action(uri: str, **how: Any) -> int:
    """How often was each action called?"""
    return counts_of(tn.open(uri, **how).events)


def ask(store: str, question: str) -> int:
    """Answer one of the engine questions, asked as its hand-written twin is."""
    options: dict[str, dict[str, Any]] = {
        "compare": {
            "since_a": "2026-11-02", "until_a": "2026-11-03",
            "since_b": "2026-11-03", "until_b": "2026-11-04",
        },
        "history": {"event_name": "CreateUser"},
        "origins": {"marks": False},
        "pivot": {"origin": ORIGIN},
        "timeline": {"access": "permission", "collapse": False},
    }  # fmt: skip
    answer = getattr(tn, question)(tn.open(store).events, **options.get(question, {}))
    return len(answer.lazy().collect())


def raw_columns(uri: str, **how: Any) -> int:
    """Read the columns that attribution rests on, and no more."""
    from trailnb._lineage.issues import SESSION_COLUMNS

    names = [*SESSION_COLUMNS, "event_id", "actor"]
    return len(tn.open(uri, **how).events.select(names).collect())


def attributed(uri: str, **how: Any) -> int:
    """Who is behind every event?"""
    told = tn.attribute(tn.open(uri, **how))
    return len(told.select("event_id", "root_actor", "session_id", "chain_text").collect())


def sessions(uri: str, **how: Any) -> int:
    """Which credential issued which?"""
    return len(tn.lineage(tn.open(uri, **how)).collect())


def alarms(store: str, *, cis: bool) -> dict[str, float]:
    """How often does each of a hundred event patterns match, and each filter of CIS?"""
    rules = [
        tn.rules.Rule(name=str(number), pattern=pattern)
        for number, (pattern, _) in enumerate(patterns())
    ]
    fired = tn.alarms(tn.open(store), rules=[*rules, *(tn.rules.cis() if cis else ())]).collect()
    return {"rows": fired["events"].sum(), "fired": fired["rule"].n_unique()}


def matching(store: str, services: list[str]) -> int:
    """Which events of these services match a pattern on the record?"""
    sources = [f"{service}.amazonaws.com" for service in services]
    pattern = {"eventSource": sources, "eventID": [{"exists": True}]}
    return tn.matches(tn.open(store), pattern).select("event_id", "event_time").collect().height


def permissions(uri: str) -> dict[str, float]:
    """What are permissions after all of these calls?"""
    state = tn.iam_state(tn.open(uri, workers=1))
    return {"rows": float(len(state.known.entities)), "peak_mib": _peak_mib()}


def changes(uri: str) -> dict[str, float]:
    """Which permissions changed, and what did each change give?"""
    told = tn.iam_changes(tn.open(uri, workers=1)).collect()
    return {"rows": float(told.height), "peak_mib": _peak_mib()}


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
