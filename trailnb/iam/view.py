"""A permission change for the eye: one model, shown alike as HTML in a notebook and as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

from trailnb._frame import table
from trailnb.errors import RequestError
from trailnb.iam.compare import compare
from trailnb.iam.documents import parse
from trailnb.iam.marks import marks
from trailnb.iam.statements import EMPTY
from trailnb.iam.view_sides import of, pairs_of, side

if TYPE_CHECKING:
    import polars as pl

    from trailnb.iam.view_pairs import Pair
    from trailnb.iam.view_sides import Side

_NEEDED = ("entity_kind", "entity_name", "aspect", "before", "after", "reasons")
_MOST_AFFECTED = 12


@dataclass(frozen=True, slots=True, repr=False)
class Change:
    """One change: what it is about, what to look at, and what stood before beside what stands now.

    In a notebook it shows itself; `str(change)` gives the same as plain text.
    """

    title: str
    outcome: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    marks: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    pairs: tuple[Pair, ...] = ()
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The same in lines of text, nothing hostile in it."""
        from trailnb.iam.view_text import text_of

        return text_of(self)

    def __repr__(self) -> str:
        """The same: a console has no HTML."""
        return str(self)

    def _repr_html_(self) -> str:
        from trailnb.iam.view_html import html_of

        return html_of([self])


@dataclass(frozen=True, slots=True, repr=False)
class Changes(Sequence[Change]):
    """Several changes, in the order of the answer. In a notebook they show themselves."""

    all: tuple[Change, ...]

    @overload
    def __getitem__(self, place: int) -> Change: ...
    @overload
    def __getitem__(self, place: slice) -> Changes: ...
    def __getitem__(self, place: int | slice) -> Change | Changes:
        """Give one, or some of them."""
        return Changes(self.all[place]) if isinstance(place, slice) else self.all[place]

    def __len__(self) -> int:
        """Count them."""
        return len(self.all)

    def __str__(self) -> str:
        """All of them in lines of text."""
        return "\n\n".join(map(str, self.all)) or _NONE

    def __repr__(self) -> str:
        """The same: a console has no HTML."""
        return str(self)

    def _repr_html_(self) -> str:
        from trailnb.iam.view_html import html_of

        return html_of(self.all)


_NONE = "No change of permissions."


def iam_view(answer: object) -> Changes:
    """How do these changes look, one by one: before and after side by side, marks above?

    Args:
        answer: Rows of `iam_changes` or `iam_diff`, filtered as you like; or dicts, or one dict.

    Returns:
        A sequence of `Change`: in a notebook HTML without scripts, and text by `str`.

    Raises:
        RequestError: the rows lack columns of those answers.

    Example:
        >>> row = {"entity_kind": "user", "entity_name": "bob", "aspect": "access key AKIAEXAMPLE"}
        >>> row |= {"before": None, "after": "Active", "reasons": ["gives bob the access key"]}
        >>> print(iam_view(row)[0])
        user/bob: access key AKIAEXAMPLE
          ! gives bob the access key
          before: nothing
            + Active
    """
    rows, have = _rows(answer)
    if missing := [name for name in _NEEDED if name not in have]:
        raise RequestError(
            f"iam_view shows rows of iam_changes or iam_diff; these lack {', '.join(missing)}."
        )
    return Changes(tuple(map(_change, rows)))


def is_viewable(frame: pl.DataFrame) -> bool:
    """Are these rows of `iam_changes` or `iam_diff`?

    Example:
        >>> import polars as pl
        >>> is_viewable(pl.DataFrame({"actor": ["alice"]}))
        False
    """
    return set(_NEEDED) <= set(frame.columns)


def _rows(answer: object) -> tuple[Sequence[Mapping[str, Any]], set[str]]:
    """Take the rows, and which columns all of them have."""
    given = [answer] if isinstance(answer, Mapping) else answer
    if isinstance(given, list):
        return given, set.intersection(*map(set, given)) if given else set(_NEEDED)
    frame = table(given)
    return frame.to_dicts(), set(frame.columns)


def policy_diff(before: object, after: object) -> Change:
    """What changed between two IAM documents, and what should one look at?

    Args:
        before: The document as it was: JSON text, URL-encoded text, an object; None for none.
        after: The document as it is, likewise.

    Example:
        >>> was = {"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}
        >>> now = {"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
        >>> print(policy_diff(was, now))
        policy document
          ! adds the wildcard action s3:*
          ! gives s3:* on every resource
            Allow
          -   Action s3:GetObject
          +   Action s3:*
              Resource *
          gained: s3:* except s3:GetObject on *
    """
    known = [EMPTY if one is None else parse(one) for one in (before, after)]
    difference = compare(known[0], known[1])
    found = marks(difference)
    return _of(
        (of(known[0]), of(known[1])),
        title="policy document",
        marks=tuple(dict.fromkeys(mark.kind for mark in found)),
        reasons=tuple(str(mark) if mark.is_certain else f"perhaps {mark}" for mark in found),
        gained=tuple(map(str, difference.gained)),
        lost=tuple(map(str, difference.lost)),
    )


def _change(row: Mapping[str, Any]) -> Change:
    title = subject(row["entity_kind"], row["entity_name"])
    if row.get("action"):
        title = f"{row['action']} on {title}"
    if row["aspect"] != "exists":
        title = f"{title}: {row['aspect']}"
    return _of(
        (side(row["before"]), side(row["after"])),
        title=title,
        outcome=_outcome(row),
        facts=tuple(_facts(row)),
        marks=tuple(row.get("marks") or ()),
        reasons=tuple(row["reasons"] or ()),
        gained=tuple(row.get("gained") or ()),
        lost=tuple(row.get("lost") or ()),
    )


def subject(kind: str, name: str) -> str:
    """How is an entity called in a title: its kind, and its name without the rest of an ARN?

    Example:
        >>> subject("policy", "arn:aws:iam::aws:policy/ReadOnlyAccess"), subject("user", "bob")
        ('policy/ReadOnlyAccess', 'user/bob')
    """
    bare = name.rpartition(":")[2] if name.startswith("arn:") else name
    return f"{kind}/{bare.removeprefix(f'{kind}/')}"


def _of(sides: tuple[Side, Side], **told: Any) -> Change:
    before, after = (() if one.is_plain else one.words for one in sides)
    return Change(before=before, after=after, pairs=pairs_of(*sides), **told)


def _outcome(row: Mapping[str, Any]) -> str:
    """Say what came of it where it is not simply a change."""
    if row.get("change") == "attempted":
        return f"attempted, {row.get('outcome') or 'failed'}: nothing changed"
    return "written again, unchanged" if row.get("change") == "unchanged" else ""


def _facts(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if row.get("time") is not None:
        yield "at", f"{row['time']:%Y-%m-%d %H:%M:%S} UTC"
    if actor := row.get("actor"):
        root = row.get("root_actor") or actor
        yield "by", actor if root == actor else f"{actor}, behind it {root}"
    named = {"from": "origin", "account": "account", "region": "region", "event": "event_id"}
    yield from ((label, str(row[name])) for label, name in named.items() if row.get(name))
    if affected := row.get("affects"):
        more = len(affected) - _MOST_AFFECTED
        said = ", ".join(affected[:_MOST_AFFECTED]) + (f" and {more} more" if more > 0 else "")
        yield "also changed by it", said
