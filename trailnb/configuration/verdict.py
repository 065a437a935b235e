"""What a check says of one trail: good, not good, optional, or not to be known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from trailnb.configuration.snapshot import Snapshot, TrailState, Unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

Status: TypeAlias = Literal["not good", "unknown", "optional", "good"]
STATUSES: tuple[Status, ...] = ("not good", "unknown", "optional", "good")


@dataclass(frozen=True, slots=True)
class Verdict:
    """A status, what it says in one sentence, and what that rests on."""

    status: Status
    says: str
    because: str = ""


#: One check of one trail; None where it does not apply.
TrailCheck: TypeAlias = Callable[[TrailState, Snapshot], Verdict | None]
AccountCheck: TypeAlias = Callable[[Snapshot], Verdict | None]


def good(says: str, because: str = "") -> Verdict:
    """It is as AWS advises."""
    return Verdict("good", says, because)


def bad(says: str, because: str = "") -> Verdict:
    """It is not as AWS advises."""
    return Verdict("not good", says, because)


def optional(says: str, because: str = "") -> Verdict:
    """It is off, and AWS leaves that to you."""
    return Verdict("optional", says, because)


def unknown(what: str, answer: Unknown) -> Verdict:
    """AWS did not tell.

    Example:
        >>> unknown("the bucket's policy", Unknown("s3:GetBucketPolicy")).says
        "the bucket's policy is unknown: needs s3:GetBucketPolicy"
    """
    return Verdict("unknown", f"{what} is unknown: needs {answer.needs}", answer.why)


def first_unknown(answers: Mapping[str, object]) -> Verdict | None:
    """Which of these did AWS not tell? The first counts."""
    for what, answer in answers.items():
        if isinstance(answer, Unknown):
            return unknown(what, answer)
    return None
