"""SQL as ibis writes it: put right where it means something else, and made easier to read."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlglot import Expr

#: Dialects of Trino's family.
TRINO = frozenset({"athena", "trino"})
#: narwhals gives a column of its own a random name, of seven bytes behind what it is for.
_RANDOM = re.compile(r"([a-z_]*?)_?[0-9a-f]{14}")
_UNESCAPED_END = re.compile(r"(?<!\\)(?:\\\\)*\$\Z")


def respelled(text: str, dialect: str) -> str:
    r"""How is this said plainly, in the same dialect?

    In every dialect `x IN …` loses its guard against nulls, which it does not need and which keeps
    it from being pushed down; random names become the same each time; and characters that cannot be
    shown are written by their number, so that none steers a terminal. For Trino and Athena besides:

    - `date_format` is given their codes. ibis hands on Python's, where `%M` is the minute: there it
      is the name of the month.
    - A pattern ends with `\z`. Java's `$` would also match before a last line break.
    - Moments have no zone, as the columns have none, so that comparisons are pushed down.

    Example:
        >>> print(respelled("SELECT a FROM t WHERE IF(a IS NULL, NULL, a IN ('b'))", "athena"))
        SELECT
          a
        FROM t
        WHERE
          a IN ('b')
    """
    import sqlglot

    tree = sqlglot.parse_one(text, read=dialect)
    _named(tree)
    _unguarded(tree)
    _joined(tree)
    _unbracketed(tree)
    if dialect in TRINO:
        _said_in_trino(tree)
    _printable(tree)
    return tree.sql(dialect=dialect, pretty=True)


def _named(tree: Expr) -> None:
    """Number the columns whose names are random, so that a question has one text."""
    from sqlglot import exp

    names: dict[str, str] = {}
    for node in tree.find_all(exp.Identifier):
        if found := _RANDOM.fullmatch(node.this):
            node.set("this", names.setdefault(node.this, f"{found[1] or 'made'}_{len(names) + 1}"))


def _unguarded(tree: Expr) -> None:
    """Take the guard against nulls from `IN`: it is null for a null of itself."""
    from sqlglot import exp

    for node in list(tree.find_all(exp.If, exp.Case)):
        branches = node.args.get("ifs") or [node]
        otherwise = node.args.get("default") or node.args.get("false")
        if len(branches) != 1 or not isinstance(otherwise, exp.In):
            continue
        tested, told = branches[0].this, branches[0].args["true"]
        is_guard = isinstance(tested, exp.Is) and isinstance(told, exp.Null)
        if is_guard and tested.this == otherwise.this:
            node.replace(otherwise)


def _joined(tree: Expr) -> None:
    """Join texts without the empty ones that stand between them."""
    from sqlglot import exp

    for node in reversed(list(tree.find_all(exp.DPipe))):
        if _is_empty(node.expression):
            node.replace(node.this)
    for call in reversed(list(tree.find_all(exp.Concat))):
        call.set("expressions", list(_pieces(call)))


def _pieces(node: Expr) -> Iterator[Expr]:
    from sqlglot import exp

    for part in node.expressions:
        if isinstance(part, exp.Concat):
            yield from part.expressions
        elif not _is_empty(part):
            yield part


def _is_empty(node: Expr) -> bool:
    from sqlglot import exp

    return isinstance(node, exp.Literal) and node.is_string and not node.this


def _unbracketed(tree: Expr) -> None:
    """Take the brackets from one comparison among others.

    Those around several stay: a chain of thousands would be too deep for some engines.
    """
    from sqlglot import exp

    for node in list(tree.find_all(exp.Paren)):
        is_one = isinstance(node.this, exp.Predicate | exp.Is) and not _is_joint(node.this)
        if is_one and isinstance(node.parent, exp.And | exp.Or | exp.Paren):
            node.replace(node.this)


def _is_joint(node: Expr) -> bool:
    from sqlglot import exp

    return isinstance(node, exp.Connector | exp.SubqueryPredicate)


def _said_in_trino(tree: Expr) -> None:
    from sqlglot import exp

    for node in list(tree.find_all(exp.Cast)):
        if isinstance(node.this, exp.FromISO8601Timestamp):
            node.replace(_moment(node.this.this.this))
    for shown in tree.find_all(exp.TimeToStr):
        codes = shown.args["format"].this.replace("%B", "%M")
        shown.set("format", exp.Literal.string(codes))
    for tested in tree.find_all(exp.RegexpLike, exp.RegexpReplace):
        pattern = tested.expression.this
        if _UNESCAPED_END.search(pattern):
            tested.set("expression", exp.Literal.string(pattern[:-1] + r"\z"))


def _moment(written: str) -> Expr:
    from sqlglot import exp

    moment = datetime.fromisoformat(written).astimezone(UTC).replace(tzinfo=None)
    precise = "TIMESTAMP(6)" if moment.microsecond else "TIMESTAMP"
    return exp.cast(exp.Literal.string(moment.isoformat(" ")), precise, dialect="trino")


def _printable(tree: Expr) -> None:
    """Write characters that cannot be shown as `CHR(…)`, between the texts around them."""
    from sqlglot import exp

    for node in list(tree.find_all(exp.Literal)):
        if not node.is_string or node.this.isprintable():
            continue
        whole: Expr = exp.Literal.string("")
        for run in _runs(node.this):
            part = (
                exp.Literal.string(run)
                if run.isprintable()
                else exp.Anonymous(this="CHR", expressions=[exp.Literal.number(ord(run))])
            )
            whole = part if _is_empty(whole) else exp.DPipe(this=whole, expression=part)
        node.replace(exp.paren(whole, copy=False))


def _runs(text: str) -> Iterator[str]:
    """Cut a text into printable runs and single characters that are not."""
    shown = ""
    for character in text:
        if character.isprintable():
            shown += character
            continue
        if shown:
            yield shown
        yield character
        shown = ""
    if shown:
        yield shown
