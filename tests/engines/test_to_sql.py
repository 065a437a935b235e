"""The text of a question says what the question says, to whoever runs it."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
import sqlglot

import trailnb as tn
from tests.engines.goldens import Sql
from tests.evidence import event, role
from tests.evidence import events as evidence
from tests.parity.cases import CASES, ENGINES, SAMPLES, asked, compared

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import polars as pl
    from syrupy.assertion import SnapshotAssertion

    from trailnb.trail.trail import Trail

#: A session is named by lineage, which is no column of the table.
WRITTEN = [case for case in CASES if "session" not in case.values[1]]

pytestmark = pytest.mark.filterwarnings("ignore::trailnb.errors.ProblemWarning")


def question(name: str, arguments: dict[str, Any]) -> Callable[[object], object]:
    """The question with its arguments, as a caller writes it."""
    return lambda events: asked(name, events, arguments)


def text(name: str, arguments: dict[str, Any], trail: Trail, **how: Any) -> str:
    """The text of a question; an actor is told by the trail's issuing events."""
    needs = {"trail": trail} if name == "timeline" and "actor" in arguments else {}
    return tn.to_sql(question(name, arguments), **needs, **how)


def in_duckdbs_words(athena: str) -> str:
    """Athena's text as sqlglot understands it, for DuckDB to run."""
    tree = sqlglot.parse_one(athena, read="athena")
    for node in list(tree.find_all(sqlglot.exp.Anonymous)):
        if node.name == "NAN":
            node.replace(sqlglot.exp.cast(sqlglot.exp.Literal.string("NaN"), "DOUBLE"))
    return tree.sql("duckdb")


@pytest.mark.parametrize(("name", "arguments"), WRITTEN)
def test_athena_text_is_as_it_was(
    name: str, arguments: dict[str, Any], trail: Trail, snapshot: SnapshotAssertion
) -> None:
    """What people run elsewhere changes on purpose only: `--snapshot-update`, and read the diff."""
    assert text(name, arguments, trail) == snapshot(extension_class=Sql)


@pytest.mark.parametrize(("name", "arguments"), WRITTEN)
def test_text_is_one_statement_without_traps(
    name: str, arguments: dict[str, Any], trail: Trail
) -> None:
    """Athena and Trino read it alike; nothing casts text to JSON, nor keeps lists from pruning."""
    written = text(name, arguments, trail)
    assert written == text(name, arguments, trail, dialect="trino")
    for dialect in ("athena", "trino"):
        (statement,) = sqlglot.parse(written, read=dialect)
        assert isinstance(statement, sqlglot.exp.Query)
    assert "JSON" not in written
    assert not any(kind in written for kind in ("IF(", "IS NULL THEN NULL ELSE"))


@pytest.mark.parametrize(("name", "arguments"), WRITTEN)
def test_texts_run_as_the_question_answers(
    name: str, arguments: dict[str, Any], trail: Trail, athena: duckdb.DuckDBPyConnection
) -> None:
    """DuckDB's text, and Athena's as sqlglot understands it, find what Polars finds."""
    expected = compared(name, asked(name, trail, arguments))
    assert expected.height
    in_duckdb = text(name, arguments, trail, dialect="duckdb")
    for written in (in_duckdb, in_duckdbs_words(text(name, arguments, trail))):
        found = compared(name, athena.sql(written).pl())
        assert found.equals(expected), f"{written}\n{found}\n{expected}"


def test_texts_are_of_every_engine_question() -> None:
    """Whatever question is added has a golden file."""
    assert {case.values[0] for case in WRITTEN} == set(ENGINES)


#: What an attacker may have named a role, a session or a program.
HOSTILE = (
    "x'; DROP TABLE events; --",
    'a "quoted" \\ back\\\\slash \\',
    "two\nlines\r\n",
    "\x1b[2J\x1b[31mred\x07",
    "right\u202eleft\u2028new line",
    "100%_sure $1 ^.*$ [a] (b) {c} | ?+",
    "ends in $",
    "ends in \\$",
    "--", "/*", "''", "\\'", "\\", "\n",
    "naïve 名前 🙂",
)  # fmt: skip


@pytest.fixture(scope="module")
def hostile() -> pl.DataFrame:
    """Events whose agent, and whose session's name, is hostile; and likenesses of them."""
    names = [near for name in HOSTILE for near in (name, f"{name}\n", f"{name}x", f"x{name}")]
    records = [
        event(eventID=f"hostile-{place}", userAgent=name, userIdentity=role("deploy", name))
        for place, name in enumerate(names)
    ]
    return evidence(*records).collect()


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("pattern", ["{}", "{}*", "*{}", "*{}*"])
def test_hostile_values_are_values(name: str, pattern: str, hostile: pl.DataFrame) -> None:
    """Quotes, backslashes, line breaks and escapes are asked for, and nothing else happens."""
    asking = partial(tn.history, user_name=pattern.format(name))
    expected = compared("history", asking(hostile))
    assert expected.height
    written = tn.to_sql(asking)
    assert all(line.isprintable() for line in written.split("\n"))
    for dialect in ("athena", "trino"):
        assert len(sqlglot.parse(written, read=dialect)) == 1
    connection = duckdb.connect()
    connection.sql("SET TimeZone = 'UTC'")
    connection.register("events", hostile)
    for runs in (tn.to_sql(asking, dialect="duckdb"), in_duckdbs_words(written)):
        assert compared("history", connection.sql(runs).pl()).equals(expected), runs


def test_window_is_said_of_days_and_times(
    store: Path, trail: Trail, athena: duckdb.DuckDBPyConnection
) -> None:
    """Partitions outside are left out, log files without a date are not; rows are the window's."""
    window = {"since": "2026-11-02T12:00:00Z", "until": "2026-11-03"}
    written = tn.to_sql(tn.actors, **window)
    assert '"t0"."date" = \'1970-01-01\' OR "t0"."date" >= \'2026-11-02\'' in written
    assert '"t0"."date" <= \'2026-11-04\'' in written
    expected = compared("actors", tn.actors(tn.open(store, **window)))
    assert expected.height < tn.actors(trail).collect().height
    for text in (tn.to_sql(tn.actors, dialect="duckdb", **window), in_duckdbs_words(written)):
        assert compared("actors", athena.sql(text).pl()).equals(expected)


def test_table_may_name_its_database() -> None:
    """A name of up to three parts is quoted part by part; whatever is none is refused."""
    assert 'FROM "security"."events"' in tn.to_sql(tn.root_use, table="security.events")
    assert 'FROM "lake"."security"."e"' in tn.to_sql(tn.root_use, table="lake.security.e")
    for name in ("", "a.b.c.d", 'events" --', "e; DROP TABLE e", "a b"):
        with pytest.raises(tn.errors.RequestError, match="no name of a table"):
            tn.to_sql(tn.root_use, table=name)


@pytest.mark.parametrize(
    ("asks", "says"),
    [
        (tn.timeline, r"With collapse=False .* tn\.timeline\(events, collapse=False\)"),
        (partial(tn.origins, marks=True), r"With marks=False .* tn\.origins"),
        (tn.insights, "With windows=False"),
        (tn.triage, "triage is a refined question.* one of the engine forms: timeline"),
        (lambda events: tn.timeline(events, action="iam:*"), "LazyFrame, which no engine's SQL"),
        (lambda events: tn.origins(events, own=["x"]), "These have an engine form: timeline"),
        (lambda _: 7, "The answer is a int"),
        (partial(tn.timeline, collapse=False, session="AKIA"), "session_id, which this frame"),
        (partial(tn.timeline, collapse=False, actor="alice"), r"Pass trail=, .* ask by key"),
        (tn.lineage, "reads events before it can be written"),
    ],
)
def test_what_has_no_text_is_refused_with_a_way_out(
    asks: Callable[[object], object], says: str
) -> None:
    """A sentence names the argument that makes it writable, or who else can be asked."""
    with pytest.raises(tn.errors.RequestError, match=says):
        tn.to_sql(asks)


def test_partial_is_a_question() -> None:
    """Arguments may be bound by `functools.partial` as well as by a lambda."""
    bound = tn.to_sql(partial(tn.origins, marks=False))
    assert bound == tn.to_sql(lambda events: tn.origins(events, marks=False))


def test_unknown_dialect_is_refused() -> None:
    """Only dialects whose texts were run, or read again, are offered."""
    with pytest.raises(tn.errors.RequestError, match="Known are athena, trino, duckdb"):
        tn.to_sql(tn.actors, dialect="oracle")


def test_text_that_athena_would_not_take_is_refused() -> None:
    """Athena's longest query is known before it is pasted."""
    keys = [f"AKIA{number:016}" for number in range(12_000)]
    with pytest.raises(tn.errors.RequestError, match="and Athena takes 262,144"):
        tn.to_sql(partial(tn.history, access_key_id=keys))


@pytest.mark.parametrize("package", ["ibis", "sqlglot"])
def test_missing_extra_is_named(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without ibis the sentence is the line that installs it."""
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(tn.errors.MissingExtraError, match=r"pip install 'trailnb\[ibis\]'"):
        tn.to_sql(tn.actors)


def test_nothing_but_the_extra_is_needed() -> None:
    """What only the tests' ibis brings along, pandas and Arrow above all, is not imported."""
    code = """if True:
        import sys
        for name in ("pandas", "pyarrow", "duckdb", "pyarrow_hotfix"):
            sys.modules[name] = None
        import trailnb as tn
        print(tn.to_sql(tn.root_use)[:6])
    """
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=SAMPLES.parent, check=True, capture_output=True, text=True
    )
    assert ran.stdout == "SELECT\n"
