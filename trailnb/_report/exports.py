"""The cited events as files that other tools read: CSV, JSON lines for Timesketch, Parquet."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl

from trailnb._report.escaping import cell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trailnb.case.case import Case

_SHOWN = (
    "time", "actor", "root_actor", "action", "access", "target", "outcome", "origin", "region",
    "account", "event_id", "log_file", "log_index", "sha256_stored", "sha256_text",
)  # fmt: skip
_FINDING = ("level", "finding", "why")


def as_csv(case: Case) -> bytes:
    """Which events are cited, by which finding, as CSV without formulas?

    One line per finding and event, then those that only notes or stars name. UTF-8 with a byte
    order mark, so that spreadsheets read it right.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([*_FINDING, *_SHOWN])
    for told, row in _told(case):
        writer.writerow([cell(value) for value in (*told, *(row[name] for name in _SHOWN))])
    return text.getvalue().encode("utf-8-sig")


def as_jsonl(case: Case) -> bytes:
    """Which events are cited, as JSON lines that Timesketch imports?

    Each line has `message`, `datetime` (ISO 8601, UTC) and `timestamp_desc`, which Timesketch
    needs, the fields of the event, `tag` (the levels of its findings), and the record itself.

    Source: Timesketch, "Import JSON or JSONL" (the three mandatory fields).
    """
    lines = [msgspec.json.encode(line) for line in _lines(case)]
    return b"".join(line + b"\n" for line in lines)


def as_parquet(case: Case) -> bytes:
    """Which events are cited, whole, with where they lie and their findings, as Parquet?"""
    cited = case.cited()
    titles = {
        event_id: [one.title for one in case.findings if event_id in one.event_ids]
        for event_id in cited["event_id"].to_list()
    }
    found = pl.Series("findings", [titles[name] for name in cited["event_id"]], pl.List(pl.String))
    out = io.BytesIO()
    cited.with_columns(found).write_parquet(out, compression="zstd")
    return out.getvalue()


def _lines(case: Case) -> Iterator[dict[str, Any]]:
    told: dict[str, list[tuple[str, ...]]] = {}
    rows: dict[str, dict[str, Any]] = {}
    for finding, row in _told(case):
        place = f"{row['log_file']} {row['log_index']}"
        rows[place] = row
        told.setdefault(place, []).append(finding)
    for place, row in rows.items():
        levels = sorted({level for level, _, _ in told[place] if level})
        yield {
            "message": "{actor} called {action} on {target}: {outcome}".format_map(row),
            "datetime": None if row["time"] is None else f"{row['time']:%Y-%m-%dT%H:%M:%S+00:00}",
            "timestamp_desc": "CloudTrail event time",
            "tag": levels,
            "findings": [title for _, title, _ in told[place] if title],
            **{name: row[name] for name in _SHOWN if name != "time"},
            "record": row["record"],
        }


def _told(case: Case) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Pair each finding with each of its events; what no finding names comes last."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in case.cited().iter_rows(named=True):
        rows.setdefault(row["event_id"], []).append(row)
    named: set[str] = set()
    for one in case.findings:
        for event_id in one.event_ids:
            named.add(event_id)
            yield from (((one.level, one.title, one.why), row) for row in rows.get(event_id, ()))
    for event_id, others in rows.items():
        if event_id not in named:
            yield from ((("", "", ""), row) for row in others)
