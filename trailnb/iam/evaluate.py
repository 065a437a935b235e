"""Would this request be allowed, as far as the documents tell, and by which statements?

The rule: nothing is allowed by default, an Allow that applies allows, and a Deny that applies wins
(IAM User Guide, "Policy evaluation logic"). Everything a condition asks for and nobody knows is
named, and leaves the answer open. Deliberately simple, and apart from `compare`: one checks the
other in the tests.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from trailnb.iam.holding import holds
from trailnb.iam.statements import Document, Known, Statement, Values, account_of

if TYPE_CHECKING:
    from collections.abc import Iterator

#: What is known of a request's condition keys; `()` is "known to be absent".
Context: TypeAlias = Mapping[str, str | Sequence[str]]
Answer: TypeAlias = Literal["allowed", "denied", "not allowed", "unknown"]

_VARIABLE = re.compile(r"\$\{([^{},]*)(?:,[^{}]*)?\}")
_CHARACTERS = {"*", "?", "$"}


@dataclass(frozen=True)
class Request:
    """Who wants to do what, to which resource. None: not asked, or not known.

    Principals carry their type, `AWS:arn:aws:iam::111122223333:role/ops`, as in a `Statement`.
    """

    action: str
    resource: str | None = None
    principal: str | None = None
    context: Context = field(default_factory=dict)


@dataclass(frozen=True)
class Decision:
    """The answer with its statements: `denied` is an explicit Deny, `not allowed` the default."""

    answer: Answer
    allowed_by: tuple[Statement, ...] = ()
    denied_by: tuple[Statement, ...] = ()
    unknowns: tuple[str, ...] = ()


def decide(documents: Sequence[Known], request: Request) -> Decision:
    """Is the request allowed by these documents together?

    Example:
        >>> from trailnb.iam.documents import parse
        >>> admin = parse('{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}')
        >>> decide([admin], Request("s3:GetObject", "arn:aws:s3:::exports/a")).answer
        'allowed'
        >>> decide([], Request("s3:GetObject")).answer
        'not allowed'
    """
    unknowns = [f"a document is {one}" for one in documents if not isinstance(one, Document)]
    found: dict[tuple[str, bool], list[Statement]] = {}
    for document in documents:
        for one in document.statements if isinstance(document, Document) else ():
            open_points = tuple(_open_points(one, request))
            if None in open_points:
                continue
            found.setdefault((one.effect, not open_points), []).append(one)
            unknowns += [point for point in open_points if point is not None]
    denied = tuple(found.get(("Deny", True), ()))
    allowed = tuple(found.get(("Allow", True), ()))
    is_open = any(not isinstance(one, Document) for one in documents)
    answer: Answer = "not allowed"
    if denied:
        answer = "denied"
    elif allowed and not is_open and ("Deny", False) not in found:
        answer = "allowed"
    elif is_open or allowed or ("Allow", False) in found:
        answer = "unknown"
    return Decision(answer, allowed, denied, tuple(dict.fromkeys(unknowns)))


def _open_points(one: Statement, request: Request) -> Iterator[str | None]:
    """Name what must be known for the statement to apply; None: it does not apply."""
    yield from _action(one, request.action)
    yield from _resource(one, request)
    yield from _principal(one, request.principal)
    for condition in one.conditions:
        known = {key.lower(): value for key, value in request.context.items()}
        if condition.key not in known:
            yield f"{condition}"
            continue
        value = known[condition.key]
        if not holds(condition, (value,) if isinstance(value, str) else tuple(value)):
            yield None


def _action(one: Statement, action: str) -> Iterator[None]:
    asked = action.lower()
    if one.actions is not None and not _any(one.actions, asked, fold=True):
        yield None
    if one.not_actions is not None and _any(one.not_actions, asked, fold=True):
        yield None


def _resource(one: Statement, request: Request) -> Iterator[str | None]:
    named = one.resources if one.resources is not None else one.not_resources
    if named is None or (one.resources is not None and "*" in named):
        return
    if request.resource is None:
        yield "which resource"
        return
    sure = _any(tuple(_filled(each, request.context, "\0") for each in named), request.resource)
    perhaps = _any(tuple(_filled(each, request.context, "*") for each in named), request.resource)
    if one.resources is not None:
        if not sure:
            yield "the value of a policy variable" if perhaps else None
    elif sure:
        yield None
    elif perhaps:
        yield "the value of a policy variable"


def _principal(one: Statement, principal: str | None) -> Iterator[str | None]:
    named = one.principals if one.principals is not None else one.not_principals
    if named is None or (one.principals is not None and "*" in named):
        return
    if principal is None:
        yield "which principal"
    elif (one.principals is not None) != any(_is(each, principal) for each in named):
        yield None


def _is(named: str, principal: str) -> bool:
    """Tell whether a document's principal means this one: itself, or its whole account."""
    if named in {"*", principal}:
        return True
    account = account_of(named)
    stands_for_account = named in {f"AWS:{account}", f"AWS:arn:aws:iam::{account}:root"}
    return stands_for_account and principal[:4] == "AWS:" and account_of(principal) == account


def _any(patterns: Values, text: str, *, fold: bool = False) -> bool:
    return any(glob(one.lower() if fold else one, text) for one in patterns)


def _filled(pattern: str, context: Context, otherwise: str) -> str:
    """Put the request's values into policy variables, and something else where none is known."""
    known = {key.lower(): value for key, value in context.items()}

    def fill(found: re.Match[str]) -> str:
        value = known.get(found[1].lower())
        return value if isinstance(value, str) else otherwise

    # `${*}` is the character itself: in a name nothing else can stand there, so `?` will do.
    return _VARIABLE.sub(lambda v: "?" if v[1] in _CHARACTERS else fill(v), pattern)


def glob(pattern: str, text: str) -> bool:
    """Does the pattern, with `*` and `?`, match the whole text? Never slower than their product.

    Example:
        >>> glob("*a*b?", "xxaybz"), glob("a?", "a")
        (True, False)
    """
    at = star = resumed = 0
    has_star = False
    place = 0
    while place < len(text):
        if at < len(pattern) and pattern[at] == "*":
            has_star, star, resumed = True, at, place
            at += 1
        elif at < len(pattern) and pattern[at] in {"?", text[place]}:
            at += 1
            place += 1
        elif has_star:
            resumed += 1
            at, place = star + 1, resumed
        else:
            return False
    return not pattern[at:].strip("*")
