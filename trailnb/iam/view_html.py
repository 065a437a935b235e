"""Permission changes as HTML: a card each, before and after side by side.

No script and nothing to load, so it survives export, and it takes the page's theme. What a log says
is escaped, every time. Signs and `<del>`/`<ins>` say what colour says, where no style is applied.
"""

from __future__ import annotations

from functools import cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from trailnb._plain import plain
from trailnb.iam.view_folds import Fold, shown
from trailnb.iam.view_text import cut, grants

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from trailnb.iam.view import Change
    from trailnb.iam.view_folds import Shown
    from trailnb.iam.view_pairs import Line

_SIGNS = {"-": ("gone", "del", "−"), "+": ("new", "ins", "+")}  # noqa: RUF001 - the minus sign
#: More cards than these nobody scrolls through; what is left out is said.
MOST_SHOWN = 100
_MOST_REASONS = 8
# JupyterLab takes style sheets out of notebooks it does not trust, and aligns cells right.
_LEFT = 'style="text-align:left"'
_TABLE = f"<table><thead><tr><th {_LEFT}>before</th><th {_LEFT}>after</th></tr></thead><tbody>"
# What cannot be known is no reason to look before what is known to be wrong.
_DULL = {"content unknown"}


def html_of(changes: Sequence[Change]) -> str:
    """How do the changes look: a card each, those that matter opened, at most a hundred?

    Example:
        >>> from trailnb.iam.view import policy_diff
        >>> statement = {"Effect": "Allow", "Action": "s3:<b>", "Resource": "*"}
        >>> html = html_of([policy_diff(None, {"Statement": statement})])
        >>> "s3:&lt;b&gt;" in html, "<script" in html
        (True, False)
    """
    count = len(changes)
    is_only = count == 1
    cards = "".join(_card(one, is_open=_matters(one) or is_only) for one in changes[:MOST_SHOWN])
    if not changes:
        cards = "<p>No change of permissions.</p>"
    elif count > MOST_SHOWN:
        cards += f"<p>The first {MOST_SHOWN} of {count:,}; filter the answer to see others.</p>"
    return f'<div class="tnd"><style>{_style()}</style>{cards}</div>'


@cache
def _style() -> str:
    text = files("trailnb.iam").joinpath("view.css").read_text(encoding="utf-8")
    return " ".join(text.split())


def _matters(change: Change) -> bool:
    return bool(set(change.marks) - _DULL)


def _card(change: Change, *, is_open: bool) -> str:
    outcome = f'<span class="outcome">{_said(change.outcome)}</span>' if change.outcome else ""
    kinds = "".join(f'<span class="kind">{_said(kind)}</span> ' for kind in change.marks)
    facts = " · ".join(
        f'<span class="name">{_said(name)}</span> {_said(value)}' for name, value in change.facts
    )
    return (
        f'<details class="card"{" open" if is_open else ""}>'
        f"<summary><b>{_said(change.title)}</b> {outcome} {kinds}</summary>"
        + (f"<p>{facts}</p>" if facts else "")
        + _reasons(change.reasons)
        + _TABLE
        + "".join(_body(change))
        + "</tbody></table>"
        + _grants(change)
        + "</details>"
    )


def _reasons(reasons: Sequence[str]) -> str:
    items = [
        f"<li><b>{'?' if one[:8] == 'perhaps ' else '!'} </b>{_said(one)}</li>" for one in reasons
    ]
    if not items:
        return ""
    rest = items[_MOST_REASONS:]
    more = f"<details><summary>{len(rest)} more</summary>{''.join(rest)}</details>" if rest else ""
    return f"<ul>{''.join(items[:_MOST_REASONS])}{more}</ul>"


def _body(change: Change) -> Iterator[str]:
    if change.before or change.after:
        yield f"<tr>{_words(change.before)}{_words(change.after)}</tr>"
    for pair, lines in zip(change.pairs, shown(change.pairs), strict=True):
        for place, one in enumerate(lines):
            yield _row(one, is_head=place == 0 and pair.head is not None)


def _words(words: Iterable[str]) -> str:
    return f"<td {_LEFT}><i>{'<br>'.join(map(_said, words))}</i></td>"


def _row(one: Shown, *, is_head: bool = False) -> str:
    if isinstance(one, Fold):
        inner = "".join(map(_row, one.rows))
        return (
            f'<tr><td class="fold" colspan="2" {_LEFT}>'
            f"<details><summary>{_said(one.summary)}</summary>"
            f"<table><tbody>{inner}</tbody></table></details></td></tr>"
        )
    start = '<tr class="head">' if is_head else "<tr>"
    return f"{start}{_cell(one.before)}{_cell(one.after)}</tr>"


def _cell(line: Line | None) -> str:
    if line is None:
        return f"<td {_LEFT}></td>"
    joint = " = " if line.label.startswith("Condition ") else " "
    label = f'<span class="name">{_said(line.label)}{joint}</span>' if line.label else ""
    text = label + _said(line.text)
    if line.note:
        text += f' <span class="note">{_said(line.note)}</span>'
    if not line.sign:
        return f'<td {_LEFT}><span class="sign"> </span>{text}</td>'
    kind, tag, sign = _SIGNS.get(line.sign, ("perhaps", "span", "?"))
    return f'<td class="{kind}" {_LEFT}><{tag}><span class="sign">{sign} </span>{text}</{tag}></td>'


def _grants(change: Change) -> str:
    items = [f"<li>{word}: {_said(grant)}</li>" for word, grant in grants(change)]
    if not items:
        return ""
    said = f"What this comes to: {len(change.gained)} gained, {len(change.lost)} lost"
    return f'<details class="sum"><summary>{said}</summary><ul>{"".join(items)}</ul></details>'


def _said(text: str) -> str:
    return escape(plain(cut(text)), quote=True)
