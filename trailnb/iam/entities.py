"""What permissions hang on, by name: users, roles, buckets, and each thing about them."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple


class Entity(NamedTuple):
    """Whatever permissions hang on: its account, what it is, and the name it goes by there."""

    account: str
    kind: str
    name: str


@lru_cache(maxsize=4096)  # calls that follow each other are about the same things
def entity_of(kind: str, name: str, account: str) -> Entity:
    """Whose entity is it: a name in the account, or an ARN that tells its own?

    Example:
        >>> entity_of("policy", "arn:aws:iam::aws:policy/ReadOnlyAccess", "111122223333").account
        'aws'
    """
    if kind == "account":
        return Entity(name, kind, name)
    if not name.startswith("arn:"):
        return Entity(account, kind, name)
    parts = name.split(":", 5)
    told = parts[4] if len(parts) > 5 else ""  # noqa: PLR2004 - the parts of an ARN
    return Entity(told or account, kind, name)


@lru_cache(maxsize=4096)
def caller(arn: str) -> Entity | None:
    """Whose entity called: the user, or the role behind a session?

    Example:
        >>> caller("arn:aws:sts::111122223333:assumed-role/app/i-1").name
        'app'
    """
    parts = arn.split(":", 5)
    if len(parts) < 6:  # noqa: PLR2004 - the parts of an ARN
        return None
    kind, _, rest = parts[5].partition("/")
    if kind == "user":
        return Entity(parts[4], "user", rest.rpartition("/")[2])
    return Entity(parts[4], "role", rest.split("/")[0]) if kind == "assumed-role" else None


class Aspect(NamedTuple):
    """One thing about an entity: its trust, one inline policy by name, one access key by id."""

    kind: str
    name: str = ""

    def __str__(self) -> str:
        """Say kind and name."""
        return f"{self.kind} {self.name}".rstrip()


EXISTS = Aspect("exists")
