"""Two documents side by side: which statement became which, and line by line what is new and gone.

By meaning, not by line of text: statements may stand in any order, and conditions are held against
each other by operator and key.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from trailnb.iam.conditions import stricter
from trailnb.iam.statements import folded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from trailnb.iam.statements import Condition, Document, Statement, Values

#: Beyond these, statements are no longer matched by likeness: no document of a service comes near.
_MOST_LIKENESSES = 10_000
_FAMILIES = ("Principal", "Action", "Resource")


class Line(NamedTuple):
    """One line of one side. `sign`: "-" gone, "+" new, "?" perhaps so, "" on both sides."""

    sign: str
    label: str
    text: str
    note: str = ""


class Row(NamedTuple):
    """What stands beside each other; None: nothing does."""

    before: Line | None
    after: Line | None

    @property
    def is_changed(self) -> bool:
        """Do the sides differ here?"""
        return any(line.sign for line in (self.before, self.after) if line is not None)


class Pair(NamedTuple):
    """A statement as it was and as it is: its head, and a row for each thing it names."""

    head: Row | None
    rows: tuple[Row, ...]

    @property
    def is_changed(self) -> bool:
        """Does anything in it differ?"""
        return any(row.is_changed for row in (self.head, *self.rows) if row is not None)


Signs: TypeAlias = tuple[str, str]
_Match: TypeAlias = "tuple[Statement | None, Statement | None]"


def paired(before: Document, after: Document, signs: Signs = ("-", "+")) -> tuple[Pair, ...]:
    """Which statement became which, and what of it changed?

    In the order of `before`, then what is new. `signs` stand at what is gone and at what is new.

    Example:
        >>> from trailnb.iam.documents import parse
        >>> was = parse({"Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}})
        >>> now = parse({"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}})
        >>> [(row.before.sign, row.after.sign, row.after.text) for row in paired(was, now)[0].rows]
        [('-', '+', 's3:*'), ('', '', '*')]
    """
    found = _matched(list(before.statements), list(after.statements))
    return tuple(_pair(old, new, signs) for old, new in found)


def _matched(old: list[Statement], new: list[Statement]) -> list[_Match]:
    """Match equal statements, then those of one Sid, then those most alike."""
    partner: dict[int, int] = {}
    for key in (folded, _by_sid):
        taken = set(partner.values())
        waiting: dict[object, list[int]] = {}
        for place, one in reversed(list(enumerate(new))):
            if place not in taken and (told := key(one)) is not None:
                waiting.setdefault(told, []).append(place)
        for place, one in enumerate(old):
            if place not in partner and (places := waiting.get(key(one))):
                partner[place] = places.pop()
    _match_alike(old, new, partner)
    matched: list[_Match] = [
        (one, new[partner[place]] if place in partner else None) for place, one in enumerate(old)
    ]
    taken = set(partner.values())
    return matched + [(None, one) for place, one in enumerate(new) if place not in taken]


def _by_sid(one: Statement) -> object:
    return (one.effect, one.sid) if one.sid else None


def _match_alike(old: list[Statement], new: list[Statement], partner: dict[int, int]) -> None:
    taken = set(partner.values())
    left = [place for place in range(len(old)) if place not in partner]
    right = [place for place in range(len(new)) if place not in taken]
    if len(left) * len(right) > _MOST_LIKENESSES:
        return
    sets = {place: _named(new[place]) for place in right}
    scored = []
    for place in left:
        own = _named(old[place])
        for other in right:
            shared = 2 * len(own & sets[other]) / max(1, len(own) + len(sets[other]))
            is_only = len(left) == len(right) == 1
            if old[place].effect == new[other].effect and (shared or is_only):
                scored.append((-shared, place, other))
    for _, place, other in sorted(scored):
        if place not in partner and other not in taken:
            partner[place] = other
            taken.add(other)


def _named(one: Statement) -> set[tuple[str, str]]:
    return {(name, value) for name, values in folded(one).elements() for value in values}


def _pair(old: Statement | None, new: Statement | None, signs: Signs) -> Pair:
    gone, added = signs
    if old is None or new is None or old.effect != new.effect:
        head = Row(_head(old, gone), _head(new, added))
    else:
        head = Row(_head(old, ""), _head(new, ""))
    rows: list[Row] = []
    for family in _FAMILIES:
        names = (family, f"Not{family}")
        rows += _rows(_lines(old, names, gone), _lines(new, names, added))
    return Pair(head, (*rows, *_condition_rows(_asked(old), _asked(new), signs)))


def _head(one: Statement | None, sign: str) -> Line | None:
    return None if one is None else Line(sign, one.effect, one.sid or "")


def _lines(one: Statement | None, names: tuple[str, str], sign: str) -> dict[tuple[str, str], Line]:
    """Lines of one side by what they mean: their case and spelling apart."""
    if one is None:
        return {}
    meant = dict(folded(one).elements())
    found: dict[tuple[str, str], Line] = {}
    for name, values in one.elements():
        if name in names:
            for value in values or ("(none)",):
                found.setdefault((name, _meant(value, meant[name])), Line(sign, name, value))
    return found


def _meant(value: str, meant: Values) -> str:
    """Find what a value is when folded: itself, in lower case, or an account for its root."""
    if value in meant or not meant:
        return value
    account = ":".join(("AWS", *value.split(":")[5:6])) if value.endswith(":root") else value
    return account if account in meant else value.lower()


def _rows(before: dict[tuple[str, str], Line], after: dict[tuple[str, str], Line]) -> Iterator[Row]:
    """Put what is gone beside what is new, and what stayed below."""
    gone = [line for key, line in before.items() if key not in after]
    new = [line for key, line in after.items() if key not in before]
    yield from (Row(*lines) for lines in zip_longest(gone, new))
    for key, line in before.items():
        if key in after:
            yield Row(line._replace(sign=""), after[key]._replace(sign=""))


def _asked(one: Statement | None) -> tuple[Condition, ...] | None:
    return None if one is None else one.conditions


def _condition_rows(
    old: tuple[Condition, ...] | None, new: tuple[Condition, ...] | None, signs: Signs
) -> Iterator[Row]:
    """Hold conditions against each other: same operator and key, then same key."""
    before, after = list(old or ()), list(new or ())
    matched: list[tuple[Condition | None, Condition | None]] = []
    for is_same in (_is_same_operator, _is_same_key):
        for one in list(before):
            other = next((each for each in after if is_same(one, each)), None)
            if other is not None:
                matched.append((one, other))
                before.remove(one)
                after.remove(other)
    matched += [(one, None) for one in before] + [(None, one) for one in after]
    is_whole = old is None or new is None  # the statement itself is new or gone: its head says so
    for was, now in matched:
        note = "" if is_whole else _note(was, now)
        yield from _noted(_rows(_values(was, signs[0]), _values(now, signs[1])), note)


def _is_same_operator(one: Condition, other: Condition) -> bool:
    return (one.operator, one.key) == (other.operator, other.key)


def _is_same_key(one: Condition, other: Condition) -> bool:
    return one.key == other.key


def _values(one: Condition | None, sign: str) -> dict[tuple[str, str], Line]:
    if one is None:
        return {}
    label = f"Condition {one.operator} {one.spelled or one.key}"
    values = one.values or ("(none)",)
    return {(one.operator, value): Line(sign, label, value) for value in values}


def _note(was: Condition | None, now: Condition | None) -> str:
    """Tell what became of a condition; "widened": it lets through whatever it did, and more."""
    if was is None or now is None:
        return "dropped" if now is None else "added"
    if was == now:
        return ""
    wider, narrower = stricter(was, now), stricter(now, was)
    if wider != narrower:
        return "widened" if wider else "narrowed"
    return "same meaning" if wider else "changed"


def _noted(rows: Iterable[Row], note: str) -> Iterator[Row]:
    """Write the note at the first line of the condition: on the right, or where there is one."""
    for place, row in enumerate(rows):
        if place or not note:
            yield row
        elif row.after is not None:
            yield row._replace(after=row.after._replace(note=note))
        elif row.before is not None:
            yield row._replace(before=row.before._replace(note=note))
