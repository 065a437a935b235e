"""A permission change as plain text: for scripts, terminals and tickets."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from trailnb._plain import plain
from trailnb.iam.view_folds import Fold, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from trailnb.iam.view import Change
    from trailnb.iam.view_folds import Shown
    from trailnb.iam.view_pairs import Line, Row

_MOST_CHARACTERS = 4_000
_GAINED, _LOST = ("gained", "no longer denied"), ("lost", "newly denied")


def text_of(change: Change) -> str:
    """How does the change read in lines: `-` gone, `+` new, `?` perhaps so, `!` to look at?

    What changed is all there; of long lists that did not, the number.

    Example:
        >>> from trailnb.iam.view import policy_diff
        >>> print(text_of(policy_diff({"Statement": []}, {"omitted": "true"})))
        policy document
          ! the document after is omitted
          before: nothing
          after: omitted
    """
    return "\n".join(plain(cut(line, _MOST_CHARACTERS)).rstrip() for line in _lines(change))


def _lines(change: Change) -> Iterator[str]:
    yield f"{change.title} ({change.outcome})" if change.outcome else change.title
    if change.facts:
        yield "  " + ", ".join(f"{name} {value}" for name, value in change.facts)
    for reason in change.reasons:
        sign = "?" if reason.startswith("perhaps ") else "!"
        yield f"  {sign} {reason}"
    for name, words in (("before", change.before), ("after", change.after)):
        if words:
            yield f"  {name}: {words[0]}"
            yield from (f"    {word}" for word in words[1:])
    for pair, rows in zip(change.pairs, shown(change.pairs), strict=True):
        lines = list(_rows(rows))
        heads = 0 if pair.head is None else 2 if all(pair.head) and pair.head.is_changed else 1
        yield from lines[:heads]
        # What a statement holds stands a step further in than its head.
        yield from (f"{line[:4]}{'  ' * bool(heads)}{line[4:]}" for line in lines[heads:])
    yield from (f"  {word}: {grant}" for word, grant in grants(change))


def cut(text: str, most: int = 1_000) -> str:
    """How much of a long value is shown: its beginning, and how much more there is?

    Example:
        >>> cut("a" * 1_200)[-26:]
        ' … and 200 more characters'
    """
    more = len(text) - most
    return f"{text[:most]} … and {more:,} more characters" if more > 0 else text


def grants(change: Change) -> Iterator[tuple[str, str]]:
    """What does the change come to: each thing gained or lost, with the word for it?

    Example:
        >>> from trailnb.iam.view import Change
        >>> list(grants(Change("policy document", gained=("Deny s3:* on *", "Allow s3:* on *"))))
        [('no longer denied', 's3:* on *'), ('gained', 's3:* on *')]
    """
    for given, (allowed, denied) in ((change.gained, _GAINED), (change.lost, _LOST)):
        for grant in given:
            effect, _, rest = grant.partition(" ")
            yield (denied if effect == "Deny" else allowed), rest


def _rows(rows: Iterable[Shown]) -> Iterator[str]:
    """Write what changed as all that is gone, then all that is new."""
    for (is_changed, _), run in groupby(_opened(rows), _kind):
        found = list(run)
        told = [one for one in found if not isinstance(one, Fold)]
        if is_changed:
            yield from (_line(row.before) for row in told if row.before)
            yield from (_line(row.after) for row in told if row.after)
        else:
            yield from map(_unchanged, told)
        yield from (f"    ({one.summary})" for one in found if isinstance(one, Fold))


def _opened(rows: Iterable[Shown]) -> Iterator[Shown]:
    for one in rows:
        if isinstance(one, Fold) and one.is_changed:
            yield from one.rows
        else:
            yield one


def _kind(one: Shown) -> tuple[bool, str]:
    """Keep together what changed of one element and its opposite: Action and NotAction."""
    line = None if isinstance(one, Fold) else one.after or one.before
    return one.is_changed, line.label.removeprefix("Not") if line else ""


def _unchanged(row: Row) -> str:
    was, now = row.before, row.after
    if was is None or now is None:
        return _line(was or now)
    if was.text and now.text and was.text.lower() != now.text.lower():
        return _line(now._replace(text=f"{now.text} (was {was.text})"))
    return _line(now)


def _line(line: Line | None) -> str:
    if line is None:
        return ""
    joint = " = " if line.label.startswith("Condition ") else " "
    said = joint.join(part for part in (line.label, line.text) if part)
    return f"  {line.sign or ' '} {said}" + (f"  ({line.note})" if line.note else "")
