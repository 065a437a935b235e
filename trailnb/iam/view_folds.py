"""Which lines of a change stand open, and which fold: what changed stays in sight."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from trailnb.iam.view_pairs import Pair, Row

#: A list may have so many lines of a kind; of a longer one the first few stand open.
_LONG, _OPEN = 12, 8
#: Below so many lines in all, statements that did not change stand open too.
_SMALL = 30
#: No page needs more lines than these; what is left out is counted.
_MOST = 2_000


class Fold(NamedTuple):
    """Lines behind a summary, which says how many and what they are."""

    summary: str
    rows: tuple[Row, ...]
    is_changed: bool


Shown: TypeAlias = "Row | Fold"


def shown(pairs: Sequence[Pair]) -> Iterator[list[Shown]]:
    """What does a reader see first of each statement, and what on asking?

    Example:
        >>> from trailnb.iam.view_pairs import Line, Pair, Row
        >>> line = Line("", "Action", "s3:GetObject")
        >>> [
        ...     [one.summary for one in shown]
        ...     for shown in shown([Pair(None, (Row(line, line),) * 40)])
        ... ]
        [['40 lines, unchanged']]
    """
    is_long = sum(len(pair.rows) for pair in pairs) > _SMALL
    left = _MOST
    for pair in pairs:
        rows = tuple(_all(pair))
        cut = rows[max(left, 0) :]
        rows = rows[: max(left, 0)]
        left -= len(rows)
        lines: list[Shown] = [Fold(_told(pair), rows, is_changed=False)] if rows else []
        if not is_long or pair.is_changed:
            lines = list(_folded(rows))
        if cut:
            lines.append(Fold(f"{len(cut)} more lines, not shown", (), is_changed=False))
        yield lines


def _all(pair: Pair) -> Iterator[Row]:
    if pair.head is not None:
        yield pair.head
    yield from pair.rows


def _told(pair: Pair) -> str:
    line = pair.head and (pair.head.before or pair.head.after)
    head = f"{line.label} {line.text}".strip() + ", " if line else ""
    return f"{head}{len(pair.rows)} line{'s' * (len(pair.rows) != 1)}, unchanged"


def _folded(rows: tuple[Row, ...]) -> Iterator[Shown]:
    """Fold what is long: runs of lines of one label that all changed, or all did not."""
    for (label, is_changed), run in groupby(rows, _kind):
        found = tuple(run)
        if len(found) <= _LONG:
            yield from found
            continue
        yield from found[:_OPEN]
        rest = found[_OPEN:]
        said = "changed" if is_changed else "unchanged"
        yield Fold(f"{len(rest)} more of {label}, {said}", rest, is_changed)


def _kind(row: Row) -> tuple[str, bool]:
    line = row.after or row.before
    return (line.label if line else "", row.is_changed)
