"""Rules from files: ours, bare patterns, what the AWS CLI printed; and what is refused, where."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import trailnb as tn
from tests.evidence import event, events
from trailnb.errors import RequestError, SourceError

if TYPE_CHECKING:
    from pathlib import Path

PATTERN = {"eventName": ["StopLogging"]}


def written(folder: Path, **texts: str) -> Path:
    """A folder with these files; `__` stands for the dot of the name."""
    for name, text in texts.items():
        (folder / name.replace("__", ".")).write_text(text, "utf-8")
    return folder


def test_folder_of_rules(tmp_path: Path) -> None:
    """Files are read in the order of names; the file's name is the rule's, unless it says."""
    place = written(
        tmp_path,
        b__yaml="title: stopped\nseverity: high\npattern: {eventName: [StopLogging]} # a comment\n",
        a__json=json.dumps([{"name": "one", "pattern": "{ $.a = 1 }", "period": "1h"}]),
        c__json=json.dumps(PATTERN),
        notes__md="not a rule",
    )
    (place / "deeper").mkdir()
    written(place / "deeper", d__yml="- {name: two, pattern: StopLogging, threshold: 3}")
    rules = tn.rules.load(place)
    assert [rule.name for rule in rules] == ["one", "b", "c", "two"]
    assert (rules[0].period, rules[1].severity, rules[3].threshold) == ("1h", "high", 3)
    fired = tn.alarms(events(event(eventName="StopLogging")), rules=rules).collect()
    assert fired["rule"].to_list() == ["b", "c"]


@pytest.mark.parametrize(
    ("printed", "names"),
    [
        (
            {"Rules": [
                {"Name": "stopped", "EventPattern": json.dumps(PATTERN), "Description": "why"},
                {"Name": "by the clock", "ScheduleExpression": "rate(1 day)"},
            ]},
            ["stopped"],
        ),
        ({"metricFilters": [{"filterName": "f", "filterPattern": "{ $.a = 1 }"}]}, ["f"]),
    ],
)  # fmt: skip
def test_what_the_cli_printed(printed: Any, names: list[str], tmp_path: Path) -> None:  # noqa: ANN401 - JSON
    """The rules and filters that an account really has."""
    rules = tn.rules.load(written(tmp_path, printed__json=json.dumps(printed)) / "printed.json")
    assert [rule.name for rule in rules] == names


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("r.json", "{", "is no JSON"),
        ("r.json", "[" * 5000, "nested too deeply"),
        ("r.json", '{"a":["x"],"a":["y"]}', "the field 'a' is named twice"),
        ("r.yaml", "a: [", "is no YAML at line "),
        ("r.yaml", "[" * 100, "nested too deeply, or too large, at line 1"),
        ("r.yaml", "a: &x [1]\nb: *x", "an alias"),
        ("r.yaml", "!!python/object/apply:os.system [id]", "is no YAML at line 1"),
        ("r.yaml", "a: 2026-13-45", "is no YAML"),
        ("r.yaml", "just a text", "holds no rule"),
        ("r.yaml", "- x", "entry 1: 'x' is no rule"),
        ("r.yaml", "pattern: {a: [x]}\nlevel: high", "a rule has no level"),
        ("r.yaml", "name: x\npattern: 5", "`pattern` is missing or no text"),
        ("r.yaml", "- pattern: {a: [x]}", "`name` is missing"),
        ("r.yaml", "pattern: {a: [x]}\nseverity: grave", "severity='grave' is none of"),
        ("r.yaml", "pattern: {a: [x]}\nthreshold: 0", "threshold=0"),
        ("r.yaml", "pattern: {a: [x]}\nperiod: soon", "period='soon'"),
        ("r.yaml", "pattern: {a: [x]}\nover: all", "over='all'"),
        ("r.yaml", "pattern: {a: [x]}\ntitle: 5", "title=5 is no text"),
        ("r.yaml", "pattern: {a: x}", "refused at a"),
        ("r.yaml", "pattern: {a: [2026-11-01]}", "Match value must be"),
        ("r.yaml", "pattern: {1: [x]}", "1 is no field name"),
        ("r.yaml", "name: ' '\npattern: {a: [x]}", "has no name"),
        ("r.yaml", "- {name: x, pattern: a}\n- {name: x, pattern: b}", "two rules are named 'x'"),
        ("r.json", '{"Rules":[5]}', "entry 1: 5 is no rule"),
        ("r.json", '{"Rules":[{"EventPattern":"{}"}]}', "`name` is missing"),
    ],
)
def test_refusal_names_the_file(name: str, text: str, said: str, tmp_path: Path) -> None:
    """What cannot be meant is refused with the file, and with the entry where there are many."""
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(RequestError) as refused:
        tn.rules.load(tmp_path)
    assert said in str(refused.value)
    assert str(tmp_path) in str(refused.value)


def test_files_that_are_no_rules(tmp_path: Path) -> None:
    """No folder, an empty one, bytes that are no text, and a file of megabytes."""
    with pytest.raises(SourceError, match="cannot be read: No such file"):
        tn.rules.load(tmp_path / "none.yaml")
    with pytest.raises(SourceError, match=r"holds no \.json"):
        tn.rules.load(tmp_path)
    (tmp_path / "r.yaml").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(RequestError, match="is no UTF-8 text"):
        tn.rules.load(tmp_path)
    (tmp_path / "r.yaml").write_bytes(b"#" * 4_000_001)
    with pytest.raises(RequestError, match="is larger than 4,000,000 bytes"):
        tn.rules.load(tmp_path)
