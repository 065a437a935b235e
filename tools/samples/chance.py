"""Which value comes next, when nothing may depend on the machine?"""

from __future__ import annotations

import random
import uuid
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_UPPER = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ALNUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_KEY_PREFIXES = ("AKIA", "ASIA")
T = TypeVar("T")


class Dice:
    """A named source of chance: the same name always throws the same values.

    Each scene throws its own dice, so that a change in one leaves the others alone.

    Args:
        name: The name, which is the seed.
    """

    def __init__(self, name: str) -> None:
        """Seed by text: `random` hashes it with SHA-512, not with the salted `hash`."""
        self._random = random.Random(name)

    def pick(self, values: Sequence[T]) -> T:
        """Which of these values?"""
        return values[int(self._random.random() * len(values))]

    def weighted(self, values: Sequence[T], weights: Sequence[float]) -> T:
        """Which of these values, when some are likelier than others?"""
        return self._random.choices(values, weights)[0]

    def between(self, low: int, high: int) -> int:
        """Which whole number from `low` to `high`, both included?"""
        return low + int(self._random.random() * (high - low + 1))

    def happens(self, probability: float) -> bool:
        """Does something of this probability happen?"""
        return self._random.random() < probability

    def shuffled(self, values: Sequence[T]) -> list[T]:
        """In which order, where order has no meaning?"""
        return self._random.sample(values, len(values))

    def uuid(self) -> str:
        """Which event or request id, in the usual UUID form?"""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def hex(self, length: int) -> str:
        """Which hexadecimal text of this length?"""
        return f"{self._random.getrandbits(4 * length):0{length}x}"

    def upper(self, length: int) -> str:
        """Which text of capitals and digits, as S3 writes its request ids?"""
        return "".join(self._random.choices(_UPPER, k=length))

    def alnum(self, length: int) -> str:
        """Which text of letters and digits, as in log file names?"""
        return "".join(self._random.choices(_ALNUM, k=length))

    def unique_id(self, prefix: str, account: str) -> str:
        """Which key, user or role id does this account issue next?

        Newer ids carry the account number in bits 1 to 40 after the prefix, and their first
        bit is set; that is undocumented, but true of every id issued since about 2019.
        """
        length = 16 if prefix in _KEY_PREFIXES else 17
        rest = 5 * length - 41
        number = ((1 << 40) | int(account)) << rest | self._random.getrandbits(rest)
        return prefix + "".join(BASE32[number >> (5 * i) & 31] for i in reversed(range(length)))
