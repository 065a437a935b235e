"""What changed between two documents: what is newly allowed, and what no longer is.

Compared by meaning, not by text: a statement split in two changes nothing, and what a document
forbids outright it does not grant. An Allow that is added and a Deny that is removed are gained;
the other way round they are lost (IAM User Guide, "Policy evaluation logic": an explicit deny wins
over any allow).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from trailnb.iam.patterns import has_wildcard
from trailnb.iam.regions import (
    EVERYTHING,
    Part,
    Region,
    Slice,
    lies_in,
    regions,
    remaining,
)
from trailnb.iam.statements import EMPTY, Condition, Document, Known, Statement, Values, unplaced

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# Beyond these, comparing piece by piece takes seconds: no document of a service comes near.
_MOST_PAIRS = 20_000
_MOST_PATTERN_PAIRS = 400_000
_MOST_PIECES = 300
_Reached: TypeAlias = tuple[Statement, Region]
#: Said of documents that are told apart by whole statements alone.
TOO_LARGE = "the documents are too large to compare piece by piece"


@dataclass(frozen=True)
class Grant:
    """A reduced statement: what really changed hands.

    Exceptions stand in `not_…`: `actions=("*",)`, `not_actions=("ec2:*",)` is everything but EC2.
    Of resources and principals, `None` means that the document names none. `was` holds conditions
    under which the same was there already.
    """

    effect: Literal["Allow", "Deny"]
    actions: Values
    not_actions: Values = ()
    resources: Values | None = None
    not_resources: Values = ()
    principals: Values | None = None
    not_principals: Values = ()
    conditions: tuple[Condition, ...] = ()
    was: tuple[tuple[Condition, ...], ...] = ()
    region: Region = field(default=Region(EVERYTHING, EVERYTHING, EVERYTHING), repr=False)

    def to_dict(self) -> dict[str, Any]:
        """How is it written like a statement? Both an element and its Not… may be there."""
        written: dict[str, Any] = {"Effect": self.effect}
        named = (
            ("Principal", self.principals, self.not_principals),
            ("Action", self.actions, self.not_actions),
            ("Resource", self.resources, self.not_resources),
        )
        for name, values, excepted in named:
            if values is not None:
                written[name] = list(values)
            if excepted:
                written[f"Not{name}"] = list(excepted)
        for each in self.conditions:
            by_key = written.setdefault("Condition", {}).setdefault(each.operator, {})
            by_key[each.spelled or each.key] = list(each.values)
        return written

    def __str__(self) -> str:
        """`Allow s3:* on * if Bool aws:SecureTransport = true`."""
        text = f"{self.effect} {_named(self.actions, self.not_actions)}"
        if self.resources is not None:
            text += f" on {_named(self.resources, self.not_resources)}"
        if self.principals is not None:
            text += f" for {_named(self.principals, self.not_principals)}"
        return text + "".join(f" if {each}" for each in self.conditions)


@dataclass(frozen=True)
class Difference:
    """What is gained and lost from one document to another, and what leaves it in doubt.

    With `doubts`, `gained` and `lost` are bounds: nothing beyond them is known to have changed, and
    what they hold may have been there before.
    """

    before: Known
    after: Known
    gained: tuple[Grant, ...] = ()
    lost: tuple[Grant, ...] = ()
    doubts: tuple[str, ...] = ()

    @property
    def is_too_large(self) -> bool:
        """Is what they hold told whole, since comparing piece by piece would not end soon?"""
        return TOO_LARGE in self.doubts

    @property
    def is_change(self) -> bool | None:
        """Did what the document means change? None: nobody can tell."""
        return None if self.doubts else bool(self.gained or self.lost)


@lru_cache(maxsize=4096)
def compare(before: Known, after: Known) -> Difference:
    """What does the document allow now that it did not, and the other way round?

    Args:
        before: the document as it was; `EMPTY` where there was none.
        after: the document as it is; `EMPTY` where it was deleted.

    Example:
        >>> from trailnb.iam.documents import parse
        >>> ec2 = parse('{"Statement": {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}}')
        >>> all_ = parse('{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}')
        >>> print(*compare(ec2, all_).gained, compare(ec2, all_).lost)
        Allow * except ec2:* on * ()
    """
    doubts = [
        f"the document {when} is {each}"
        for when, each in (("before", before), ("after", after))
        if not isinstance(each, Document)
    ]
    known_before = before if isinstance(before, Document) else EMPTY
    known_after = after if isinstance(after, Document) else EMPTY
    exact = EMPTY in (known_before, known_after) or _is_bounded(known_before, known_after)
    if not exact:
        doubts.append(TOO_LARGE)
    return Difference(
        before,
        after,
        gained=_added(known_before, known_after, exact=exact),
        lost=_added(known_after, known_before, exact=exact),
        doubts=tuple(doubts),
    )


def _added(before: Document, after: Document, *, exact: bool) -> tuple[Grant, ...]:
    """What the one document grants and the other does not: Allow added, Deny removed."""
    if not after.statements and not any(one.effect == "Deny" for one in before.statements):
        return ()
    old, new = _by_effect(before), _by_effect(after)
    spelled = _spelling(before, after)
    forbidden = [pair for pair in new["Deny"] if not pair[0].conditions]
    grants: list[Grant] = []
    sides: tuple[tuple[Literal["Allow", "Deny"], list[_Reached], list[_Reached]], ...] = (
        ("Allow", new["Allow"], [*old["Allow"], *forbidden]),
        ("Deny", old["Deny"], new["Deny"]),
    )
    for effect, there, gone in sides:
        known = {one for one, _ in gone}
        by_shape: dict[tuple[bool, bool], list[Region]] = {}
        taken = [reach for _, reach in gone]
        for one, reach in _widest(there) if exact else there:
            if one not in known:
                pieces = _left(reach, taken) if exact else [reach]
                by_shape.setdefault(_shape(one), []).extend(pieces)
        for shape, pieces in by_shape.items():
            for piece in _merged(pieces):
                grants += _grants(effect, piece, shape, spelled)
    return tuple(grants)


def _widest(reached: list[_Reached]) -> list[_Reached]:
    """Drop statements that another one covers: they say nothing of their own."""
    if len(reached) ** 2 > _MOST_PAIRS:
        return reached
    kept: list[_Reached] = []
    for place, (one, reach) in enumerate(reached):
        others = [*kept, *reached[place + 1 :]]
        if not any(lies_in(reach, other) for _, other in others):
            kept.append((one, reach))
    return kept


def _left(whole: Region, taken: Iterable[Region]) -> list[Region]:
    """Take all of these away from the region."""
    pieces = [whole]
    for other in taken:
        made = [left for piece in pieces for left in remaining(piece, other)]
        # More pieces than anyone reads: keeping the undivided ones says too much, never too little.
        pieces = made if len(made) <= _MOST_PIECES else pieces
    return pieces


def _by_effect(document: Document) -> dict[str, list[_Reached]]:
    """Sort statements by effect, each once, in the document's order."""
    found: dict[str, list[_Reached]] = {"Allow": [], "Deny": []}
    for pair in regions(document):
        found[pair[0].effect].append(pair)
    return found


def _is_bounded(before: Document, after: Document) -> bool:
    """Tell whether comparing piece by piece ends soon: identical statements cost nothing."""
    old = {one for one, _ in regions(before)}
    new = {one for one, _ in regions(after)}
    changed = len(new - old) * len(old) + len(old - new) * len(new)
    widths = [
        (sum(map(_wildcards, one)), sum(map(_names, other)))
        for one, other in ((new - old, old), (old - new, new))
    ]
    return changed <= _MOST_PAIRS and sum(a * b for a, b in widths) <= _MOST_PATTERN_PAIRS


def _names(one: Statement) -> int:
    return sum(len(values) for _, values in one.elements())


def _wildcards(one: Statement) -> int:
    return sum(has_wildcard(value) for _, values in one.elements() for value in values)


def _shape(one: Statement) -> tuple[bool, bool]:
    """Tell whether the statement names resources, and principals."""
    has_resources = one.resources is not None or one.not_resources is not None
    return has_resources, one.principals is not None or one.not_principals is not None


def _merged(pieces: Iterable[Region]) -> list[Region]:
    """Join pieces that differ in their actions alone, then in their resources alone."""
    by_actions: dict[tuple[object, ...], Region] = {}
    for piece in pieces:
        key = (piece.resources, piece.principals, piece.conditions, piece.was)
        there = by_actions.get(key)
        joined = (*there.actions, *piece.actions) if there else piece.actions
        by_actions[key] = piece._replace(actions=tuple(dict.fromkeys(joined)))
    by_resources: dict[tuple[object, ...], Region] = {}
    for piece in by_actions.values():
        key = (piece.actions, piece.principals, piece.conditions, piece.was)
        there = by_resources.get(key)
        joined = (*there.resources, *piece.resources) if there else piece.resources
        by_resources[key] = piece._replace(resources=tuple(dict.fromkeys(joined)))
    return list(by_resources.values())


def _grants(
    effect: Literal["Allow", "Deny"],
    piece: Region,
    shape: tuple[bool, bool],
    spelled: Mapping[str, str],
) -> Iterator[Grant]:
    """Write a piece as reduced statements: one for each set of exceptions."""
    has_resources, has_principals = shape
    slices = (piece.actions, piece.resources, piece.principals)
    parted = ([one] if len(one) == 1 else _by_exception(one) for one in slices)
    for actions, resources, principals in product(*parted):
        yield Grant(
            effect,
            actions=_written(actions, spelled),
            not_actions=_without(actions, spelled),
            resources=_written(resources) if has_resources else None,
            not_resources=_without(resources) if has_resources else (),
            principals=_written(principals) if has_principals else None,
            not_principals=_without(principals) if has_principals else (),
            conditions=piece.conditions,
            was=piece.was,
            region=Region(actions, resources, principals, piece.conditions, piece.was),
        )


def _by_exception(choice: Slice) -> list[Slice]:
    found: dict[tuple[str, ...], list[Part]] = {}
    for part in choice:
        found.setdefault(part.without, []).append(part)
    return [tuple(parts) for parts in found.values()]


def _written(choice: Slice, spelled: Mapping[str, str] | None = None) -> Values:
    names = spelled or {}
    written = (" & ".join(names.get(one, unplaced(one)) for one in p.within) for p in choice)
    return tuple(sorted(written, key=str.lower))


def _without(choice: Slice, spelled: Mapping[str, str] | None = None) -> Values:
    names = spelled or {}
    return tuple(names.get(one, unplaced(one)) for one in choice[0].without) if choice else ()


def _spelling(*documents: Document) -> dict[str, str]:
    """Remember how the documents spell what is compared without regard to case."""
    spelled = {}
    for document in documents:
        for one in document.statements:
            for name in (*(one.actions or ()), *(one.not_actions or ())):
                spelled[name.lower()] = name
    return spelled


def _named(values: Values, excepted: Values) -> str:
    return ", ".join(values) + (f" except {', '.join(excepted)}" if excepted else "")
