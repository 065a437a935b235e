"""A query as a tree: what it reads, what is refused, and how Athena's SQL becomes DuckDB's.

sqlglot is imported on first use.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from trailnb._plain import plain
from trailnb.engines.athena_dialect import adapted
from trailnb.engines.sql_tables import ALL, ATHENA, EVENTS, LAKE
from trailnb.errors import MissingExtraError, RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlglot import exp

    from trailnb.engines.sql_tables import Parts

TABLES = (EVENTS, ATHENA, LAKE)
#: Table functions that read nothing but their arguments.
_HARMLESS = {"unnest", "generate_series", "range"}
#: A store's id as AWS prints it: a UUID, or a placeholder.
_STORE = re.compile(r"\s*([$<{]+[\w-]+[>}]*|[0-9a-f]{8}-[\w-]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Query:
    """A query that may run: its text for DuckDB, its tables, and the parts of columns it reads."""

    text: str
    tables: frozenset[str]
    #: None: all columns, as `SELECT *` wants them.
    wanted: dict[str, Parts] | None


def read(text: str, dialect: str | None) -> Query:
    """What does this query read, and how does DuckDB say it?

    Raises:
        MissingExtraError: sqlglot is not installed.
        RequestError: it is no single SELECT, its syntax is wrong, or it names an unknown table.

    Example:
        >>> told = read("SELECT res.arn FROM cloudtrail_logs, UNNEST(resources) t(res)", "athena")
        >>> sorted(told.tables), "record" in told.wanted
        (['cloudtrail_logs'], False)
    """
    try:
        import sqlglot
    except ImportError as error:
        raise MissingExtraError.of("tn.sql on DuckDB", "duckdb") from error
    from sqlglot import errors

    spoken = "athena" if dialect else "duckdb"
    try:
        named = _quoted_stores(text) if dialect == "lake" else text
        trees = [tree for tree in sqlglot.parse(named, read=spoken) if tree is not None]
    except errors.ParseError as error:
        raise _unclear(error) from error
    except errors.TokenError as error:
        raise RequestError(f"The query is no SQL: {plain(str(error))}.") from error
    tree = _single(trees)
    used = _tables(tree, dialect)
    wanted = _wanted(tree)
    if not dialect:
        return Query(text, used, wanted)
    said = adapted(_named(tree), is_lake=LAKE in used)
    level = sqlglot.ErrorLevel.IGNORE
    return Query(said.sql("duckdb", unsupported_level=level), used, wanted)


def near(name: str, known: list[str]) -> str:
    """Which names are like it, as the end of a sentence?

    Example:
        >>> near("eventnam", ["eventname", "day"])
        'Did you mean eventname? It has eventname, day.'
    """
    close = get_close_matches(name.lower(), known, n=3)
    meant = f"Did you mean {' or '.join(close)}? " if close else ""
    return f"{meant}It has {', '.join(known)}."


def unknown_table(name: str) -> RequestError:
    """Say which tables there are."""
    return RequestError(
        f"There is no table {plain(name)}. There are {EVENTS} (the event table), {ATHENA} "
        f"(Athena's documented table) and, on DuckDB, {LAKE} (CloudTrail Lake's); with "
        "dialect='lake', one event data store id stands for the last."
    )


def refused(what: str) -> RequestError:
    """Say that a query only reads the events."""
    return RequestError(f"tn.sql runs one SELECT over the events, and this is {what}.")


def _unclear(error: object) -> RequestError:
    where = (getattr(error, "errors", None) or [{}])[0]
    place = f"line {where.get('line')}, column {where.get('col')}"
    seen = plain(f"{where.get('start_context', '')[-30:]}{where.get('highlight', '')}")
    return RequestError(f"The query's syntax is wrong at {place}, after: {seen}")


def _single(trees: list[exp.Expr]) -> exp.Expr:
    from sqlglot import exp

    if len(trees) != 1:
        raise refused(f"{len(trees)} statements" if trees else "none")
    tree = trees[0]
    if not isinstance(tree, exp.Query) or tree.find(exp.Into):
        words = plain(tree.sql().partition(" ")[0].upper())
        raise refused(f"{words}, which may change something")
    if tree.find(exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Create, exp.Command, exp.Copy):
        raise refused("a statement inside of which something is changed")
    return tree


def _tables(tree: exp.Expr, dialect: str | None) -> frozenset[str]:
    """Find the tables it reads; Athena's and Lake's own names become ours in the tree."""
    from sqlglot import exp

    local = {cte.alias.lower() for cte in tree.find_all(exp.CTE)}
    used, stores = set(), set()
    for table in list(tree.find_all(exp.Table)):
        if not isinstance(table.this, exp.Identifier):
            is_named = isinstance(table.this, exp.Anonymous)
            function = table.this.name if is_named else table.this.sql_name()
            if function.lower() not in _HARMLESS and not isinstance(
                table.this, exp.Unnest | exp.GenerateSeries
            ):
                raise refused(f"a call of {plain(function)}, which may read something else")
            continue
        name = table.name.lower()
        if not table.db and name in local:
            continue
        ours = name
        if dialect and name.startswith(ATHENA):
            ours = ATHENA
        elif dialect == "lake" and name not in TABLES:
            stores.add(name)
            ours = LAKE
        if ours not in TABLES or len(stores) > 1 or (table.db and not dialect):
            raise unknown_table(table.sql())
        used.add(ours)
        if ours != table.name or table.db:
            if not table.alias and dialect:
                table.set("alias", exp.TableAlias(this=table.this.copy()))
            table.set("this", exp.to_identifier(ours))
            table.set("db", None)
            table.set("catalog", None)
    return frozenset(used)


def _wanted(tree: exp.Expr) -> dict[str, Parts] | None:
    """Which columns may it read? Every name it says counts; too many cost time, never truth."""
    from sqlglot import exp

    stars = [star for star in tree.find_all(exp.Star) if not isinstance(star.parent, exp.Count)]
    natural = any(join.args.get("method") for join in tree.find_all(exp.Join))
    if stars or natural or tree.find(exp.Columns, exp.Pivot, exp.Summarize, exp.Describe):
        return None
    # A row may stand as a value: `SELECT e FROM events e`. Then all of it is wanted.
    rows = {
        name.lower()
        for one in tree.find_all(exp.Table, exp.Subquery, exp.CTE)
        for name in (one.alias, one.name)
        if name
    }
    if any(len(one.parts) == 1 and one.name.lower() in rows for one in tree.find_all(exp.Column)):
        return None
    found: dict[str, set[tuple[str, ...]]] = {}
    for path in _paths(tree):
        for place, name in enumerate(path):
            found.setdefault(name, set()).add(path[place + 1 :])
    return {name: ALL if () in parts else frozenset(parts) for name, parts in found.items()}


def _paths(tree: exp.Expr) -> Iterator[tuple[str, ...]]:
    from sqlglot import exp

    for single in tree.find_all(exp.Identifier):
        if not isinstance(single.parent, exp.Column | exp.Dot):
            yield (single.name.lower(),)
    for node in tree.find_all(exp.Column, exp.Dot):
        if isinstance(node.parent, exp.Dot):
            continue
        names = [one.name.lower() for one in node.find_all(exp.Identifier, bfs=False)]
        if isinstance(node, exp.Column):
            yield tuple(part.name.lower() for part in node.parts)
        elif all(isinstance(one, exp.Identifier | exp.Column) for one in node.flatten()):
            dotted = []
            for one in node.flatten():
                parts = one.parts if isinstance(one, exp.Column) else [one]
                dotted += [part.name.lower() for part in parts]
            yield tuple(dotted)
        else:
            yield from ((name,) for name in names)


def _quoted_stores(text: str) -> str:
    """Put a store's id in quotes: a UUID is no name to SQL."""
    from sqlglot import tokenize
    from sqlglot.tokenizer_core import TokenType

    told, at = [], 0
    for token in tokenize(text, read="athena"):
        if token.token_type not in {TokenType.FROM, TokenType.JOIN}:
            continue
        if (found := _STORE.match(text, token.end + 1)) and found.start(1) >= at:
            told += [text[at : found.start(1)], f'"{found[1]}"']
            at = found.end(1)
    return "".join([*told, text[at:]])


def _named(tree: exp.Expr) -> exp.Expr:
    """Name the columns as Athena does: a field by its last name, what has no name by its place."""
    from sqlglot import exp

    select = tree.find(exp.Select, bfs=True)
    for place, told in enumerate(select.expressions if select else ()):
        if isinstance(told, exp.Column | exp.Alias | exp.Star) or told.is_star:
            continue
        name = told.name if isinstance(told, exp.Dot) and told.name else f"_col{place}"
        told.replace(exp.alias_(told.copy(), name, quoted=True))
    return tree
