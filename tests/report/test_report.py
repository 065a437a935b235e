"""A case on paper: complete, self-contained, and nothing in it that acts."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING

import polars as pl
import pytest

import trailnb as tn
from tests.evidence import event
from trailnb.case.case import Case
from trailnb.errors import RequestError

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = "<script>alert(1)</script>|[x](javascript:alert(1))\x1b[31m\u202e"
RECORDS = [
    event(eventID="a", eventName="StopLogging", userAgent=HOSTILE),
    event(eventID="b", errorCode="AccessDenied", sourceIPAddress="=cmd|' /C calc'!A0"),
]


@pytest.fixture(scope="module")
def case() -> Case:
    """Which case has hostile text everywhere?"""
    log = json.dumps({"Records": RECORDS})
    made = Case(tn.open({"one.json": log}, progress=lambda _: None), title=HOSTILE, about=HOSTILE)
    made.finding(HOSTILE, events="a", why=HOSTILE)
    made.finding("Denied", events=["b", "gone"], level="note")
    timeline = tn.timeline(made.trail).collect()
    made.answer(HOSTILE, timeline, about=HOSTILE, chart=tn.charts.timeline(timeline, title=HOSTILE))
    made.note(HOSTILE, event_ids="a")
    made.star("b")
    return made


def written(case: Case, place: Path, form: str) -> str:
    """What does the report say in this form?"""
    return tn.report(case, place / f"made/on/the/way/case.{form}").read_text("utf-8-sig")


def test_the_page_holds_everything_and_fetches_nothing(case: Case, tmp_path: Path) -> None:
    """Sections, hashes and pictures are in the one file, under a policy that lets nothing run."""
    page = written(case, tmp_path, "html")
    for heading in ("Findings", "What these logs cannot tell", "Coverage", "Notes",
                    "Starred events", "Where the cited events lie"):  # fmt: skip
        assert f"<h2>{heading}</h2>" in page or f"<h3>{heading}</h3>" in page
    assert "default-src &#x27;none&#x27;" in page or "default-src 'none'" in page
    assert "data:image/png;base64," in page
    assert not re.search(r"https?://", page.replace("http-equiv", ""))
    assert case.cited()["sha256_stored"][0] in page
    assert "1 of the events named are not in this trail" in page


def test_hostile_text_stays_text_on_the_page(case: Case, tmp_path: Path) -> None:
    """No element of a log value becomes one of the page; controls are spelled out."""
    page = written(case, tmp_path, "html")
    assert "<script" not in page
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert page.count("&lt;script&gt;") >= 6


def test_hostile_text_stays_text_in_markdown(case: Case, tmp_path: Path) -> None:
    """No link, no HTML, no further cell."""
    text = written(case, tmp_path, "md")
    assert "<" not in text
    assert "](javascript" not in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    cells = [len(re.findall(r"(?<!\\)\|", row)) for row in rows]
    heads = [count for row, count in zip(rows, cells, strict=True) if row.startswith("|---")]
    assert set(cells) == set(heads)


def test_changes_of_permissions_stand_before_beside_after(tmp_path: Path) -> None:
    """An answer of `iam_changes` is shown as it looks, in HTML and in Markdown, hostile or not."""
    trail = tn.open({"one.json": json.dumps({"Records": RECORDS})}, progress=lambda _: None)
    made = Case(trail, title="Changes")
    told = {"Statement": {"Effect": "Allow", "Action": ["s3:*", HOSTILE], "Resource": "*"}}
    row = {"entity_kind": "user", "entity_name": HOSTILE, "aspect": "inline policy p"}
    row |= {"before": None, "after": json.dumps(told), "reasons": [HOSTILE]}
    made.answer("What changed", pl.DataFrame([row], schema_overrides={"before": pl.String}))
    page, text = written(made, tmp_path, "html"), written(made, tmp_path, "md")
    assert '<ins><span class="sign">+ </span>' in page
    assert "<script" not in page + text
    assert not {"\x1b", "\u202e"} & set(page + text)
    assert "| before | after |\n|---|---|\n| nothing |  |" in text
    assert "|  | \\+ Action s3:\\* |" in text


def test_csv_holds_no_formula(case: Case, tmp_path: Path) -> None:
    """A spreadsheet shows every cell and computes none."""
    rows = list(csv.DictReader(io.StringIO(written(case, tmp_path, "csv"))))
    assert {row["event_id"] for row in rows} == {"a", "b"}
    assert rows[1]["origin"] == "'=cmd|' /C calc'!A0"
    assert all(not cell.startswith(tuple("=+-@\t")) for row in rows for cell in row.values())


def test_json_lines_are_what_timesketch_takes(case: Case, tmp_path: Path) -> None:
    """Each line has the three fields that it needs, and the record."""
    lines = [json.loads(line) for line in written(case, tmp_path, "jsonl").splitlines()]
    assert [line["event_id"] for line in lines] == ["a", "b"]
    for line in lines:
        assert line["datetime"].endswith("+00:00")
        assert line["timestamp_desc"] == "CloudTrail event time"
        assert line["message"]
        assert json.loads(line["record"])["eventID"] == line["event_id"]
    assert lines[0]["tag"] == ["alert"]


def test_parquet_holds_the_cited_events(case: Case, tmp_path: Path) -> None:
    """Whole records, with the findings that name them."""
    frame = pl.read_parquet(tn.report(case, tmp_path / "cited.parquet"))
    assert frame["findings"].to_list() == [[HOSTILE], ["Denied"]]
    assert json.loads(frame["record"][0])["eventName"] == "StopLogging"


def test_nothing_found_is_said(tmp_path: Path) -> None:
    """An empty case is a page too, and claims no innocence."""
    quiet = Case(tn.open({"one.json": "[]"}, progress=lambda _: None), title="Quiet")
    page = written(quiet, tmp_path, "html")
    assert "Nothing was found. That is no proof that nothing happened" in page


def test_an_unknown_form_is_refused(case: Case, tmp_path: Path) -> None:
    """The message names the forms that there are, and nothing is written."""
    with pytest.raises(RequestError, match=r"End it with \.html, \.md, \.csv, \.jsonl, \.parquet"):
        tn.report(case, tmp_path / "case.docx")
    assert not list(tmp_path.iterdir())


def test_a_broken_write_leaves_the_old_report(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A report is replaced whole or not at all."""
    place = tmp_path / "case.md"
    place.write_text("old", "utf-8")
    monkeypatch.setattr("pathlib.Path.replace", _refuse)
    with pytest.raises(OSError, match="no space"):
        tn.report(case, place)
    assert [(one.name, one.read_text("utf-8")) for one in tmp_path.iterdir()] == [
        ("case.md", "old")
    ]


def _refuse(*_: object) -> None:
    message = "no space left"
    raise OSError(message)
