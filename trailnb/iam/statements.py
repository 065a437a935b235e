"""What a document is made of: statements, conditions, and the ways of not being known.

Source: IAM User Guide, "IAM JSON policy elements reference".
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

Values: TypeAlias = tuple[str, ...]
#: How a statement is read aloud: its elements in this order, each with the words before it.
_JOINTS = (
    ("Action", ""),
    ("NotAction", "everything but "),
    ("Resource", "on "),
    ("NotResource", "on everything but "),
    ("Principal", "for "),
    ("NotPrincipal", "for everyone but "),
)


@dataclass(frozen=True, slots=True)
class Condition:
    """When does the statement hold: one operator on one key?

    The key's case does not count: `spelled` keeps it for the eye. Values are kept case and all.
    """

    operator: str
    key: str
    values: Values
    spelled: str = field(default="", compare=False)

    def __str__(self) -> str:
        """`IpAddress aws:SourceIp = 203.0.113.0/24`."""
        return f"{self.operator} {self.spelled or self.key} = {', '.join(self.values)}"


@dataclass(frozen=True, slots=True)
class Statement:
    """What one statement says. None: the element is absent; empty: it is there and names nothing.

    Principals carry their type: `AWS:arn:…`, `Service:lambda.amazonaws.com`, `Federated:…`, or `*`.
    """

    effect: Literal["Allow", "Deny"]
    sid: str | None = field(default=None, compare=False)
    actions: Values | None = None
    not_actions: Values | None = None
    resources: Values | None = None
    not_resources: Values | None = None
    principals: Values | None = None
    not_principals: Values | None = None
    conditions: tuple[Condition, ...] = ()

    def __str__(self) -> str:
        """`Allow s3:Get* on * if Bool aws:SecureTransport = true (Read)`."""
        named = dict(self.elements())
        parts = [joint + ", ".join(named[name]) for name, joint in _JOINTS if name in named]
        asked = [f"if {each}" for each in self.conditions]
        return " ".join([self.effect, *parts, *asked, *([f"({self.sid})"] if self.sid else [])])

    def elements(self) -> Iterator[tuple[str, Values]]:
        """What stands in it, element by element, with IAM's own names?"""
        named = {
            "Principal": self.principals,
            "NotPrincipal": self.not_principals,
            "Action": self.actions,
            "NotAction": self.not_actions,
            "Resource": self.resources,
            "NotResource": self.not_resources,
        }
        yield from ((name, values) for name, values in named.items() if values is not None)
        if self.conditions:
            yield "Condition", tuple(map(str, self.conditions))

    def to_dict(self) -> dict[str, Any]:
        """How is it written in JSON, always with lists?"""
        written: dict[str, Any] = {"Sid": self.sid} if self.sid else {}
        written["Effect"] = self.effect
        for name, values in self.elements():
            if name.endswith("Principal"):
                written[name] = _principals_written(values)
            elif name != "Condition":
                written[name] = list(values)
        for each in self.conditions:
            by_key = written.setdefault("Condition", {}).setdefault(each.operator, {})
            by_key[each.spelled or each.key] = list(each.values)
        return written


@dataclass(frozen=True)
class Document:
    """What a whole document says; with no statements it allows nothing, like no document at all.

    Two documents are equal when they hold the same statements, in any order, whatever their Sids.

    Example:
        >>> one = Statement("Allow", "Read", actions=("s3:Get*",), resources=("*",))
        >>> same = Statement("Allow", "Lesen", actions=("S3:get*",), resources=("*",))
        >>> Document((one,)) == Document((same, one))
        True
    """

    statements: tuple[Statement, ...] = ()

    @cached_property
    def _meaning(self) -> frozenset[Statement]:
        return frozenset(map(folded, self.statements))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Document) and self._meaning == other._meaning

    def __hash__(self) -> int:
        return hash(self._meaning)

    @cached_property
    def text(self) -> str:
        """How is it written canonically: sorted, compact, always with lists?"""
        written = sorted(
            (each.to_dict() for each in self.statements),
            key=lambda each: json.dumps({**each, "Sid": ""}, sort_keys=True),
        )
        return json.dumps({"Statement": written}, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Omitted:
    """CloudTrail left the document out for its size: it was written, and nobody here knows what."""

    size_bytes: int | None = None

    def __str__(self) -> str:
        """`omitted, 149,893 bytes`."""
        return "omitted" if self.size_bytes is None else f"omitted, {self.size_bytes:,} bytes"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A document is there and cannot be read; the reason is a sentence."""

    reason: str

    def __str__(self) -> str:
        """`unreadable: it is cut off after 12 characters`."""
        return f"unreadable: {self.reason}"


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nothing seen so far says what the document is."""

    reason: str = "nothing in the window says"

    def __str__(self) -> str:
        """`unknown: nothing in the window says`."""
        return f"unknown: {self.reason}"


#: A document, or why there is none to read. No document at all is `EMPTY`.
Known: TypeAlias = Document | Omitted | Unreadable | Unknown
EMPTY = Document()


def folded(statement: Statement) -> Statement:
    """What does the statement mean, apart from its Sid and from the case that does not count?

    Actions are matched without regard to case, and an account stands for its root ARN.

    Example:
        >>> folded(Statement("Allow", "Old", actions=("S3:Get*",))).actions
        ('s3:get*',)
    """
    return Statement(
        statement.effect,
        actions=_lowered(statement.actions),
        not_actions=_lowered(statement.not_actions),
        resources=statement.resources,
        not_resources=statement.not_resources,
        principals=_accounts_folded(statement.principals),
        not_principals=_accounts_folded(statement.not_principals),
        conditions=statement.conditions,
    )


def account_of(principal: str) -> str | None:
    """Which account does a principal of a statement belong to, or stand for?

    Example:
        >>> account_of("AWS:arn:aws:iam::111122223333:role/ops"), account_of("AWS:111122223333")
        ('111122223333', '111122223333')
        >>> account_of("Service:lambda.amazonaws.com") is None
        True
    """
    kind, _, name = principal.partition(":")
    if kind not in {"AWS", "Federated"}:
        return None
    parts = name.split(":")
    account = parts[4] if len(parts) > 5 else name  # noqa: PLR2004 arn:partition:service:region:account:…
    return account if account.isdigit() and len(account) == 12 else None  # noqa: PLR2004 digits


def placed(principal: str) -> str:
    """Under which account does a principal stand? An account stands for everyone in it.

    An account in a Principal element delegates to all its principals (IAM User Guide, "AWS JSON
    policy elements: Principal").

    Example:
        >>> placed("AWS:111122223333"), placed("AWS:arn:aws:iam::111122223333:role/ops")
        ('AWS:111122223333|*', 'AWS:111122223333|arn:aws:iam::111122223333:role/ops')
    """
    account = account_of(principal)
    if account is None or not principal.startswith("AWS:"):
        return principal
    name = principal.removeprefix("AWS:")
    return f"AWS:{account}|{'*' if name == account else name}"


def unplaced(principal: str) -> str:
    """How is a placed principal spelled in a document?

    Example:
        >>> unplaced("AWS:111122223333|*")
        'AWS:111122223333'
    """
    account, bar, name = principal.partition("|")
    return account if name == "*" else f"AWS:{name}" if bar else principal


def _lowered(values: Values | None) -> Values | None:
    return None if values is None else tuple(sorted({value.lower() for value in values}))


def _accounts_folded(values: Values | None) -> Values | None:
    if values is None:
        return None
    return tuple(sorted({_account_folded(value) for value in values}))


def _account_folded(principal: str) -> str:
    """Spell an account one way: "Principal": {"AWS": "111122223333"} is its root's ARN."""
    account = account_of(principal)
    is_root = principal.startswith("AWS:") and principal.endswith(":root")
    return f"AWS:{account}" if account and is_root else principal


def _principals_written(values: Values) -> str | dict[str, list[str]]:
    if values == ("*",):
        return "*"
    written: dict[str, list[str]] = {}
    for value in values:
        kind, _, name = value.partition(":")
        written.setdefault("AWS" if kind == "*" else kind, []).append(name or kind)
    return written
