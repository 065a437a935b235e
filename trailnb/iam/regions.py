"""What a statement reaches, as sets that can be taken from one another: wildcards stay patterns.

A `Part` is what several patterns match together, less what others match; a slice is a choice of
parts. With these, "everything but EC2" is a value, and 22,000 actions need not be listed. Results
are exact for wildcards; where a policy variable leaves a doubt they hold too much, never too
little.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from trailnb.iam.conditions import imply, left_over, stricter
from trailnb.iam.patterns import covers, has_wildcard, overlap
from trailnb.iam.statements import folded, placed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from trailnb.iam.statements import Condition, Document, Statement, Values


class Part(NamedTuple):
    """What all of `within` match and none of `without`."""

    within: tuple[str, ...]
    without: tuple[str, ...] = ()


Slice: TypeAlias = tuple[Part, ...]
EVERYTHING: Slice = (Part(("*",)),)


class Region(NamedTuple):
    """What a statement reaches; `was`: conditions under which it was reached before."""

    actions: Slice
    resources: Slice
    principals: Slice
    conditions: tuple[Condition, ...] = ()
    was: tuple[tuple[Condition, ...], ...] = ()

    def holds(self, action: str, resource: str, principal: str) -> bool:
        """May this reach the request, as far as its conditions allow?"""
        named = ((self.actions, action.lower()), (self.resources, resource))
        return all(
            contains(one, text) for one, text in (*named, (self.principals, placed(principal)))
        )


def region(folded: Statement) -> Region:
    """What does the statement reach? It must be `statements.folded`.

    A document of a user, group or role names no principal, and a trust policy no resource: what is
    not named is everything.

    Example:
        >>> from trailnb.iam.statements import Statement
        >>> region(Statement("Allow", not_actions=("iam:*",), resources=("*",))).actions
        (Part(within=('*',), without=('iam:*',)),)
    """
    return Region(
        _slice(folded.actions, folded.not_actions),
        _slice(folded.resources, folded.not_resources),
        _slice(_all_placed(folded.principals), _all_placed(folded.not_principals)),
        folded.conditions,
    )


@lru_cache(maxsize=4096)
def regions(document: Document) -> tuple[tuple[Statement, Region], ...]:
    """What does each statement of a document reach: each once, folded, in the document's order?"""
    return tuple((one, region(one)) for one in dict.fromkeys(map(folded, document.statements)))


def contains(choice: Slice, text: str) -> bool:
    """Is the text in the slice, or may it be for some value of a variable?

    Example:
        >>> contains((Part(("s3:*",), ("s3:get*",)),), "s3:putobject")
        True
    """
    return any(
        all(overlap(pattern, text) for pattern in part.within)
        and not any(covers(pattern, text) for pattern in part.without)
        for part in choice
    )


def common(one: Slice, other: Slice) -> Slice:
    """What is in both?

    Example:
        >>> common((Part(("s3:*",)),), (Part(("s3:get*",)), Part(("ec2:*",))))
        (Part(within=('s3:get*',), without=()),)
    """
    if other in (one, EVERYTHING):
        return one
    if one == EVERYTHING:
        return other
    both = []
    literals = _literals(other)
    rest = [part for part in other if _literal(part) is None]
    for part in one:
        text = _literal(part)
        if text is not None:
            if text in literals or contains(tuple(rest), text):
                both.append(part)
            continue
        both += [than for than in other if (t := _literal(than)) and contains((part,), t)]
        made = (_part(part.within + than.within, part.without + than.without) for than in rest)
        both += [found for found in made if found is not None]
    return tuple(dict.fromkeys(both))


def less(one: Slice, other: Slice) -> Slice:
    """What is in the one and not in the other?

    Example:
        >>> less((Part(("*",)),), (Part(("ec2:*",)),))
        (Part(within=('*',), without=('ec2:*',)),)
    """
    if other in (one, EVERYTHING):
        return ()
    literals = _literals(other)
    rest = [part for part in other if _literal(part) is None]
    kept: list[Part] = []
    for part in one:
        text = _literal(part)
        if text is not None:
            if text not in literals and not any(_surely_holds(than, text) for than in rest):
                kept.append(part)
            continue
        whole = _part(part.within, (*part.without, *literals))
        pieces = [] if whole is None else [whole]
        for than in rest:
            pieces = [left for piece in pieces for left in _without(piece, than)]
        kept += pieces
    return tuple(dict.fromkeys(kept))


def remaining(one: Region, other: Region) -> Iterator[Region]:
    """What does the one region reach that the other does not, in readable pieces?"""
    actions = () if _are_apart(one.actions, other.actions) else common(one.actions, other.actions)
    resources = common(one.resources, other.resources) if actions else ()
    principals = common(one.principals, other.principals) if resources else ()
    if not principals:
        yield one
        return
    if left := less(one.actions, other.actions):
        yield one._replace(actions=left)
    if left := less(one.resources, other.resources):
        yield one._replace(actions=actions, resources=left)
    if left := less(one.principals, other.principals):
        yield one._replace(actions=actions, resources=resources, principals=left)
    if not imply(one.conditions, other.conditions):
        inside = one._replace(actions=actions, resources=resources, principals=principals)
        yield from _otherwise_conditioned(inside, other.conditions)


def lies_in(one: Region, other: Region) -> bool:
    """Does the other region reach all that the one does?

    Example:
        >>> from trailnb.iam.statements import Statement
        >>> get, all_ = (
        ...     Statement("Allow", actions=(name,), resources=("*",)) for name in ("s3:get*", "*")
        ... )
        >>> lies_in(region(get), region(all_)), lies_in(region(all_), region(get))
        (True, False)
    """
    if _are_apart(one.actions, other.actions):
        return False
    # Resources tell statements apart most often, and at least cost.
    named = ((one.resources, other.resources), (one.principals, other.principals))
    plain = all(len(part.within) == 1 and not part.without for mine, _ in named for part in mine)
    if plain and not all(_is_covered(mine, others) for mine, others in named):
        return False
    return next(remaining(one, other), None) is None


def _is_covered(one: Slice, other: Slice) -> bool:
    """May one part each of the other slice cover the plain parts of the one?"""
    return all(
        any(covers(w, part.within[0]) for than in other for w in than.within) for part in one
    )


def _are_apart(one: Slice, other: Slice) -> bool:
    """Tell at a glance that no action is in both: they are of other services."""
    mine, others = _services(one), _services(other)
    return mine is not None and others is not None and mine.isdisjoint(others)


@lru_cache(maxsize=4096)
def _services(actions: Slice) -> frozenset[str] | None:
    """Give the services that actions are of, when each names its own."""
    found = {part.within[0].partition(":")[0] for part in actions}
    return None if any(map(has_wildcard, found)) else frozenset(found)


def _otherwise_conditioned(one: Region, wanted: tuple[Condition, ...]) -> Iterator[Region]:
    """Split off what meets the wanted conditions where values tell, else keep all of it."""
    was = one.was if wanted in one.was else (*one.was, wanted)
    pieces = []
    for than in wanted:
        if any(stricter(mine, than) for mine in one.conditions):
            continue
        lefts = [(mine, left_over(mine, than)) for mine in one.conditions]
        told = next(((mine, left) for mine, left in lefts if left is not None), None)
        if told is None:
            yield one._replace(was=was)
            return
        mine, left = told
        conditions = tuple(left if each is mine else each for each in one.conditions)
        pieces.append(one._replace(conditions=conditions, was=was))
    yield from pieces


def _slice(named: Values | None, excepted: Values | None) -> Slice:
    if named is not None:
        return tuple(Part((name,)) for name in _widest(named))
    return (Part(("*",), _widest(excepted)),) if excepted else EVERYTHING


def _widest(patterns: Sequence[str]) -> Values:
    """Drop what another pattern of the list covers."""
    wild = [pattern for pattern in patterns if has_wildcard(pattern)]
    if not wild or len(patterns) == 1:
        return tuple(patterns)
    return tuple(
        pattern
        for pattern in patterns
        if not any(
            wide != pattern
            and covers(wide, pattern)
            and (wide < pattern or not covers(pattern, wide))
            for wide in wild
        )
    )


def _all_placed(principals: Values | None) -> Values | None:
    return None if principals is None else tuple(map(placed, principals))


def _literal(part: Part) -> str | None:
    """Give the one text a part stands for, if it is one."""
    plain = len(part.within) == 1 and not part.without and not has_wildcard(part.within[0])
    return part.within[0] if plain else None


def _literals(choice: Slice) -> set[str]:
    return {text for part in choice if (text := _literal(part)) is not None}


def _surely_holds(part: Part, text: str) -> bool:
    return all(covers(pattern, text) for pattern in part.within) and not any(
        overlap(pattern, text) for pattern in part.without
    )


def _without(part: Part, other: Part) -> Iterator[Part]:
    """Take the other part away: what misses one of its patterns, or meets an exception of it."""
    made = [_part(part.within, (*part.without, pattern)) for pattern in other.within]
    made += [_part((*part.within, pattern), part.without) for pattern in other.without]
    yield from (found for found in made if found is not None)


def _part(within: Iterable[str], without: Iterable[str]) -> Part | None:
    """Build the simplest part that says the same; None when nothing can be in it."""
    narrow: list[str] = []
    for pattern in dict.fromkeys(within):
        if not any(covers(pattern, other) for other in narrow):
            narrow = [other for other in narrow if not covers(other, pattern)] + [pattern]
    for place, pattern in enumerate(narrow):
        if not all(overlap(pattern, other) for other in narrow[:place]):
            return None
    excepted = dict.fromkeys(without)
    if any(covers(pattern, other) for pattern in excepted for other in narrow):
        return None
    meeting = [p for p in excepted if all(overlap(p, other) for other in narrow)]
    return Part(tuple(sorted(narrow)), tuple(sorted(_widest(meeting))))
