"""What one side of a change holds: a document, fields of another kind, or a word for what it is."""

from __future__ import annotations

import json
from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

from trailnb.iam.documents import parse
from trailnb.iam.statements import EMPTY, Document, Known
from trailnb.iam.view_pairs import Line, Pair, Row, paired

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from trailnb.iam.view_pairs import Signs

_NOTHING = "nothing"
_EITHER = "unknown order within the second"
#: Words of an answer behind which there is something that nobody here knows.
_UNKNOWN = ("unknown", "omitted", "present", _EITHER)
_SAID = {"unknown": "unknown: nothing in these logs tells", "present": "there, content unknown"}


class Side(NamedTuple):
    """One side: a `document`, `fields`, or `words` that say what it is or why nobody knows."""

    document: Document | None = None
    fields: Mapping[str, str] | None = None
    words: tuple[str, ...] = ()
    is_known: bool = True

    @property
    def is_plain(self) -> bool:
        """Is its whole content these words, such as a key that is "Active"?"""
        return self.is_known and self.document is None and self.fields is None


def side(told: str | None) -> Side:
    """What does an answer's `before` or `after` hold?

    Example:
        >>> side("omitted, 131977 bytes").words, side(None).words, side("Active").is_plain
        (('omitted, 131977 bytes',), ('nothing',), True)
        >>> side('{"passwordResetRequired":false}').fields
        {'passwordResetRequired': 'false'}
    """
    if told is None:
        return Side(EMPTY, words=(_NOTHING,))
    if told.startswith(_UNKNOWN):
        return Side(words=_options(told), is_known=False)
    if not told.startswith("{"):
        return Side(words=(told,))
    found = parse(told)
    fields = None if isinstance(found, Document) else _fields(told)
    if fields is not None and "Effect" in fields:
        found = parse(f'{{"Statement":[{told}]}}')  # one statement of a function's policy
    if fields is None or isinstance(found, Document) or "Statement" in fields:
        return of(found)
    return Side(fields=fields)


def of(known: Known) -> Side:
    """How does a document stand on its side, or the reason why there is none to read?

    Example:
        >>> of(parse('{"Statement": [{"Effect"')).words
        ('unreadable: it is cut off after 24 characters',)
    """
    if isinstance(known, Document):
        return Side(known, words=() if known.statements else (_NOTHING,))
    return Side(words=(str(known),), is_known=False)


def pairs_of(before: Side, after: Side) -> tuple[Pair, ...]:
    """What stands beside each other, and what of it is gone or new?

    Beside something unknown nobody can tell: all is marked "?".
    """
    signs = ("-" if after.is_known else "?", "+" if before.is_known else "?")
    if before.is_plain or after.is_plain:
        rows = _plain_rows(before, after, signs)
        return (Pair(None, rows),)
    if before.fields is not None or after.fields is not None:
        rows = tuple(_field_rows(before.fields or {}, after.fields or {}, signs))
        return (Pair(None, rows),) if rows else ()
    if before.document or after.document:
        return paired(before.document or EMPTY, after.document or EMPTY, signs)
    return ()


def _options(told: str) -> tuple[str, ...]:
    """Read each of several possible states on a line of its own."""
    head, colon, rest = told.partition(": ")
    if head != _EITHER or not colon:
        return (_SAID.get(told, told),)
    return (f"{_EITHER}: one of", *rest.split(" | "))


def _fields(told: str) -> dict[str, str] | None:
    try:
        found = json.loads(told)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    return {str(name): _written(value) for name, value in found.items()}


def _written(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _plain_rows(before: Side, after: Side, signs: Signs) -> tuple[Row, ...]:
    gone, new = ("", "") if before == after else signs
    was, now = (one.words if one.is_plain else () for one in (before, after))
    lines = zip_longest(was, now)
    return tuple(Row(_word(gone, old), _word(new, got)) for old, got in lines)


def _word(sign: str, word: str | None) -> Line | None:
    return None if word is None else Line(sign, "", word)


def _field_rows(before: Mapping[str, str], after: Mapping[str, str], signs: Signs) -> Iterator[Row]:
    for name in dict.fromkeys([*before, *after]):
        was, now = before.get(name), after.get(name)
        gone, new = ("", "") if was == now else signs
        yield Row(
            None if was is None else Line(gone, name, was),
            None if now is None else Line(new, name, now),
        )
