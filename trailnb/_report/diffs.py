"""Changes of permissions in Markdown: a table each, before and after side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trailnb._report.escaping import markdown
from trailnb.iam.view_folds import Fold, shown
from trailnb.iam.view_html import MOST_SHOWN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from trailnb.iam.view import Change
    from trailnb.iam.view_folds import Shown
    from trailnb.iam.view_pairs import Line


def diffs(changes: Sequence[Change]) -> Iterator[str]:
    r"""How do the changes read in Markdown: what to look at, then a row per line of the documents?

    Example:
        >>> from trailnb.iam.view import Change
        >>> list(diffs([Change("iam:CreateUser on user/*bob*", reasons=("makes the user *bob*",))]))
        ['', '**iam:CreateUser on user/\\*bob\\***', '', '- makes the user \\*bob\\*']
    """
    for change in changes[:MOST_SHOWN]:
        outcome = f" ({markdown(change.outcome)})" if change.outcome else ""
        yield from ("", f"**{markdown(change.title)}**{outcome}", "")
        if change.facts:
            yield from (", ".join(f"{name} {markdown(value)}" for name, value in change.facts), "")
        yield from (f"- {markdown(reason)}" for reason in change.reasons)
        yield from _table(change)
    if len(changes) > MOST_SHOWN:
        yield from ("", f"and {len(changes) - MOST_SHOWN:,} more changes")


def _table(change: Change) -> Iterator[str]:
    rows = [tuple(" ".join(words) for words in (change.before, change.after))]
    rows += [_cells(one) for lines in shown(change.pairs) for one in lines]
    told = [row for row in rows if any(row)]
    if told:
        yield from ("", "| before | after |", "|---|---|")
        yield from (f"| {' | '.join(map(markdown, row))} |" for row in told)


def _cells(one: Shown) -> tuple[str, ...]:
    if isinstance(one, Fold):
        return (f"({one.summary})", "")
    return (_cell(one.before), _cell(one.after))


def _cell(line: Line | None) -> str:
    if line is None:
        return ""
    note = f"({line.note})" if line.note else ""
    return " ".join(part for part in (line.sign, line.label, line.text, note) if part)
