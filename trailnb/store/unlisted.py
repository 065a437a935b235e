"""Places that could not be listed when a trail was saved: what lies there, the store cannot know.

Each source and window keeps its own list, so a later save that could list everything takes back
only what it looked at.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from trailnb.formats.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trailnb.store.place import Place

_FOLDER = "_trailnb/unlisted/"
#: How such a problem begins.
UNLISTED = "could not be listed"


def keep(place: Place, scope: str, unlisted: Sequence[tuple[str, str]]) -> None:
    """Note which places could not be listed, each with the reason; `scope` says what was asked."""
    name = f"{_FOLDER}{hashlib.blake2b(scope.encode(), digest_size=12).hexdigest()}.json"
    if unlisted:
        place.put(name, json.dumps([list(pair) for pair in unlisted]).encode())
    else:
        place.remove(name)


def problems(place: Place) -> list[Problem]:
    """What could not be listed, as problems of the saved trail?"""
    found: list[Problem] = []
    for one in place.list(_FOLDER):
        pairs = json.loads(place.get(one.name))
        found += [Problem(where, f"{UNLISTED}: {why}") for where, why in pairs]
    return list(dict.fromkeys(found))
