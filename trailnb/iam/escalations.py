"""Which ways to more permissions do documents open?

The ways are a dated table, `tables/escalations.csv`.
"""

from __future__ import annotations

import csv
import re
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

from trailnb.iam.conditions import negated
from trailnb.iam.patterns import covers, matches
from trailnb.iam.regions import Part, Region, contains, regions
from trailnb.iam.statements import Document

if TYPE_CHECKING:
    from collections.abc import Iterable

    from trailnb.iam.statements import Known

_EVERY_ROLE = re.compile(r"\*+|arn:[^:]*:iam::[^:]*:(?:role/)?\*+")
_OWN = re.compile(r"\$\{aws:user(?:name|id)\}", re.IGNORECASE)


class Need(NamedTuple):
    """An action a path needs; `service`: it must pass a role there; `reach`: see the table."""

    action: str
    service: str
    reach: str


class Path(NamedTuple):
    """A way to more permissions, and what it needs."""

    name: str
    kind: str
    needs: frozenset[Need]

    @property
    def actions(self) -> tuple[str, ...]:
        """Which actions open it?"""
        return tuple(sorted(need.action for need in self.needs))


@cache
def paths() -> tuple[Path, ...]:
    """Which ways to more permissions are known?

    Example:
        >>> next(path for path in paths() if path.name == "EC2 instance with role").actions
        ('ec2:RunInstances', 'iam:PassRole')
    """
    text = files("trailnb.iam").joinpath("tables", "escalations.csv").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return tuple(
        Path(
            row["name"],
            row["kind"],
            frozenset(
                Need(
                    action,
                    row["service"] if action == "iam:PassRole" else "",
                    row["reach"],
                )
                for action in row["actions"].split()
            ),
        )
        for row in csv.DictReader(lines)
    )


def open_paths(documents: Iterable[Known]) -> tuple[Path, ...]:
    """Which paths do these documents of one principal open together?

    A document nobody can read opens nothing that could be named. Conditions are taken as met,
    except `iam:PassedToService`; a Deny counts when it holds for every resource, always.

    Example:
        >>> from trailnb.iam.documents import parse
        >>> one = parse({"Statement": {"Effect": "Allow", "Action": "iam:P*", "Resource": "*"}})
        >>> [path.name for path in open_paths([one])]
        ['inline policy on user', 'inline policy on group', 'inline policy on role']
    """
    given: set[Need] = set()
    taken: set[Need] = set()
    for document in documents:
        if isinstance(document, Document):
            given |= _met(document, "Allow")
            taken |= _met(document, "Deny")
    given -= taken
    return tuple(path for path in paths() if path.needs <= given) if given else ()


def opens_more(before: Known, after: Known) -> bool:
    """Could the change open a path at all: does it give one of the needs, or deny one less?

    Example:
        >>> from trailnb.iam.documents import parse
        >>> one = parse({"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}})
        >>> opens_more(parse({"Statement": []}), one)
        False
    """
    given, taken = (_of(after, effect) - _of(before, effect) for effect in ("Allow", "Deny"))
    freed = _of(before, "Deny") - _of(after, "Deny")
    return bool(given - taken or freed)


def _of(document: Known, effect: str) -> frozenset[Need]:
    return _met(document, effect) if isinstance(document, Document) else frozenset()


@cache
def _needs() -> frozenset[Need]:
    return frozenset().union(*(path.needs for path in paths()))


@lru_cache(maxsize=4096)
def _met(document: Document, effect: str) -> frozenset[Need]:
    """Which needs does the document meet, or with a Deny take away?"""
    found: set[Need] = set()
    for one, reached in regions(document):
        if one.effect != effect or one.principals is not None or one.not_principals is not None:
            continue
        asked = frozenset().union(*map(_asked, reached.actions))
        if asked and effect == "Allow":
            found |= {need for need in asked if _reaches(reached, need)}
        elif asked and not one.conditions and _is_every_resource(reached):
            found |= asked
    return frozenset(found)


@lru_cache(maxsize=4096)
def _asked(actions: Part) -> frozenset[Need]:
    """Which needs are for one of these actions? The same few patterns come again and again."""
    return frozenset(need for need in _needs() if contains((actions,), need.action.lower()))


def _is_every_resource(reached: Region) -> bool:
    return any(part.within == ("*",) and not part.without for part in reached.resources)


def _reaches(reached: Region, need: Need) -> bool:
    """Tell whether the resources and the service of the statement are enough."""
    patterns = [pattern for part in reached.resources for pattern in part.within]
    if need.reach == "every" and not any(map(_EVERY_ROLE.fullmatch, patterns)):
        return False
    if need.reach == "other" and all(map(_OWN.search, patterns)):
        return False
    return not need.service or all(
        any(matches(value, need.service) or covers(value, need.service) for value in each.values)
        for each in reached.conditions
        if each.key == "iam:passedtoservice" and not negated(each.operator)
    )
