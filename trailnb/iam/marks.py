"""What about a change should a responder look at: marks, each with a sentence.

Decided from what the documents say, never from the event's name. Whether someone gave it to
themselves, or made it to come back, only the replay knows: it adds `Mark`s of those kinds.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from trailnb.iam.compare import TOO_LARGE
from trailnb.iam.conditions import left_over, stricter
from trailnb.iam.escalations import open_paths, opens_more
from trailnb.iam.expand import LEVELS, highest_access, known_actions
from trailnb.iam.patterns import covers, has_wildcard
from trailnb.iam.regions import Part, common, less, regions
from trailnb.iam.statements import Document
from trailnb.iam.trusted import KINDS, Mark, trust_marks

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from trailnb.iam.compare import Difference, Grant
    from trailnb.iam.expand import Listed
    from trailnb.iam.statements import Condition, Known, Values

# Everything, or all of a service or of a type of it. Buckets have names where others have types.
_EVERY = re.compile(
    r"\*+|\*+:\*+|arn:\*+|arn:[^:]*:\*+|arn:[^:]*:(?:s3:::|(?!s3:)[^:]*:[^:]*:[^:]*:(?:[a-z-]*[:/])?)\*+(?:/\*+)?"
)
_MOST_NAMED = 3
_EVERY_IAM = [(Part((f"arn:{part}:iam::*:*",)),) for part in ("aws", "aws-cn", "aws-us-gov")]
_ALL_OF_IAM = (Part(("iam:*",)),)
# AWS's own policies whose names are their meaning (AWS Managed Policy Reference Guide).
_ADMIN_POLICIES = ("AdministratorAccess", "IAMFullAccess")


def marks(
    difference: Difference,
    *,
    account: str | None = None,
    known_accounts: Collection[str] = (),
    is_limit: bool = False,
) -> tuple[Mark, ...]:
    """What about the change should one look at?

    Where a document is unknown the marks are not certain: what they name may be older.

    Args:
        difference: from `compare`.
        account: the account the document belongs to; others are foreign or known.
        known_accounts: accounts this trail belongs to.
        is_limit: a permissions boundary or organization policy: it limits and grants nothing.

    Example:
        >>> from trailnb.iam.compare import compare
        >>> from trailnb.iam.documents import parse
        >>> from trailnb.iam.statements import EMPTY
        >>> after = parse({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
        >>> for mark in marks(compare(EMPTY, after)):
        ...     print(mark)
        makes its holder an administrator: * on *
        adds the wildcard action *
        gives * on every resource
    """
    found = []
    if not isinstance(difference.after, Document):
        found.append(Mark("content unknown", "", difference.doubts[-1]))
    elif difference.is_too_large:
        found.append(Mark("content unknown", "", TOO_LARGE))
    found += trust_marks(difference, account, known_accounts)
    if not is_limit:
        found += _admin(difference) or escalations(difference)
    for grant in difference.gained:
        found += _conditions(grant) if grant.effect == "Allow" else [_no_longer_denied(grant)]
    found += [*_wildcard_actions(difference), *_wildcard_resources(difference)]
    found = [_judged(mark, difference) for mark in found]
    return tuple(sorted(dict.fromkeys(found), key=lambda mark: KINDS.index(mark.kind)))


def gained_access(difference: Difference) -> str | None:
    """What is the highest access gained: None when nothing known was?

    Example:
        >>> from trailnb.iam.compare import compare
        >>> from trailnb.iam.documents import parse
        >>> from trailnb.iam.statements import EMPTY
        >>> after = parse({"Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}})
        >>> gained_access(compare(EMPTY, after))
        'read'
    """
    found = [highest_access(grant.region.actions) for grant in difference.gained]
    return max((one for one in found if one), key=LEVELS.index, default=None)


def named_policy_marks(arn: str) -> tuple[Mark, ...]:
    """What does the name of a policy of AWS's own give away, when its text is not at hand?

    Example:
        >>> [
        ...     mark.kind
        ...     for mark in named_policy_marks("arn:aws:iam::aws:policy/AdministratorAccess")
        ... ]
        ['admin-equivalent']
        >>> named_policy_marks("arn:aws:iam::111122223333:policy/AdministratorAccess")
        ()
    """
    name = arn.rpartition("/")[2]
    if ":iam::aws:policy/" not in arn or name not in _ADMIN_POLICIES:
        return ()
    return (Mark("admin-equivalent", arn, f"makes its holder an administrator: {name}"),)


def _admin(difference: Difference) -> list[Mark]:
    """Full rights, or all of IAM's, on everything; what a condition asks for is said."""
    admin = _administers(difference.after)
    if admin is None or _administers(difference.before) is not None:
        return []
    actions, conditions = admin
    text = f"makes its holder an administrator: {actions} on *"
    text += "".join(f" if {each}" for each in conditions)
    return [Mark("admin-equivalent", actions, text)]


@lru_cache(maxsize=4096)
def _administers(document: Known) -> tuple[str, tuple[Condition, ...]] | None:
    """Which actions on every resource make an administrator: all of IAM's give all others."""
    found = None
    for one, reached in regions(document) if isinstance(document, Document) else ():
        if one.principals is not None or one.not_principals is not None:
            continue
        if all(less(every, reached.resources) for every in _EVERY_IAM):
            continue
        if one.effect == "Deny" and not one.conditions and common(reached.actions, _ALL_OF_IAM):
            return None
        if one.effect == "Allow" and not less(_ALL_OF_IAM, reached.actions):
            all_actions = any("*" in part.within for part in reached.actions)
            found = found or ("*" if all_actions else "iam:*", one.conditions)
    return found


def escalations(difference: Difference, beside: Collection[Known] = ()) -> list[Mark]:
    """Which escalation paths does the change open for a principal with these documents beside?

    Example:
        >>> from trailnb.iam.compare import compare
        >>> from trailnb.iam.documents import parse
        >>> from trailnb.iam.statements import EMPTY
        >>> passing, running = (
        ...     parse({"Statement": {"Effect": "Allow", "Action": action, "Resource": "*"}})
        ...     for action in ("iam:PassRole", "ec2:RunInstances")
        ... )
        >>> [mark.about for mark in escalations(compare(EMPTY, running), [passing])]
        ['EC2 instance with role']
    """
    if not opens_more(difference.before, difference.after):
        return []
    before = open_paths((difference.before, *beside))
    found = []
    for path in open_paths((difference.after, *beside)):
        if path not in before:
            text = f"opens the escalation path “{path.name}” with {' and '.join(path.actions)}"
            found.append(_judged(Mark("escalation path", path.name, text), difference))
    return found


def _judged(mark: Mark, difference: Difference) -> Mark:
    """Say "perhaps" of what may be older than the change."""
    return mark._replace(is_certain=not difference.doubts or mark.kind == "content unknown")


def _no_longer_denied(grant: Grant) -> Mark:
    text = f"no longer denies {_listed(grant.actions)}{_except(grant.not_actions)}"
    text += f" on {_listed(grant.resources)}" if grant.resources else ""
    return Mark("Deny removed", ", ".join(grant.actions), text)


def _conditions(grant: Grant) -> Iterator[Mark]:
    """What was asked for before and is not now, or less strictly."""
    unmet = [
        [than for than in was if not any(stricter(now, than) for now in grant.conditions)]
        for was in grant.was
    ]
    # What was there under several statements is held against the closest.
    for than in min(unmet, key=len, default=[]):
        same = [now for now in grant.conditions if now.key == than.key]
        if not same:
            yield Mark("condition dropped", str(than), f"drops the condition {than}")
            continue
        left = left_over(same[0], than)
        if left is not None:
            text = f"widens the condition {than} by {', '.join(left.values)}"
        else:
            text = f"widens the condition {than} to {same[0]}"
        yield Mark("condition widened", str(than), text)


def _wildcard_actions(difference: Difference) -> Iterator[Mark]:
    """Patterns that were not allowed anywhere before and reach beyond reading."""
    if not difference.gained:
        return
    there = _allowed_actions(difference.before)
    written = set(map(str.lower, _allowed_actions(difference.after)))
    for grant in difference.gained:
        for pattern in grant.actions if grant.effect == "Allow" else ():
            lowered = pattern.lower()
            if not has_wildcard(pattern) or any(covers(one.lower(), lowered) for one in there):
                continue
            access = highest_access((Part((lowered,)),))
            if pattern == "*" or access in {None, "write", "permission"}:
                # What was allowed before is excepted from the gain, not from the document.
                excepted = () if lowered in written else grant.not_actions
                text = f"adds the wildcard action {pattern}{_except(excepted)}"
                yield Mark("wildcard action", pattern, text)


def _wildcard_resources(difference: Difference) -> Iterator[Mark]:
    """Every resource for an action that could be kept to some; a key policy's `*` is its key."""
    if not difference.gained:
        return
    there = _allowed_actions(difference.before)
    written = set(map(str.lower, _allowed_actions(difference.after)))
    found: dict[tuple[bool, str], dict[str, None]] = {}
    for grant in difference.gained:
        pattern = next(filter(_EVERY.fullmatch, grant.resources or ()), None)
        if pattern is None or grant.effect == "Deny" or grant.was or grant.principals is not None:
            continue
        if any(map(_is_confinable, known_actions(grant.region.actions))):
            for name in grant.actions:
                had = any(covers(one.lower(), name.lower()) for one in there)
                excepted = () if name.lower() in written else grant.not_actions
                found.setdefault((had, pattern), {})[f"{name}{_except(excepted)}"] = None
    for (had, pattern), names in found.items():
        where = "every resource" if pattern.strip("*") == "" else pattern
        verb, to = ("opens", "to") if had else ("gives", "on")
        text = f"{verb} {_listed(tuple(names))} {to} {where}"
        yield Mark("wildcard resource", pattern, text)


def _is_confinable(action: Listed) -> bool:
    """Could a statement keep it to some resources, and would it matter: listing shows names."""
    return action.has_resources and action.access != "list"


def _except(actions: Values) -> str:
    return f" except {_listed(actions)}" if actions else ""


def _allowed_actions(document: Known) -> Values:
    statements = document.statements if isinstance(document, Document) else ()
    each = (one.actions or () for one in statements if one.effect == "Allow")
    return tuple(value for values in each for value in values)


def _listed(values: Values) -> str:
    """Name a few, and how many more."""
    named = ", ".join(values[:_MOST_NAMED])
    more = len(values) - _MOST_NAMED
    return f"{named} and {more} more" if more > 0 else named
