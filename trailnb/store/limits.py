"""What the places that a trail was saved from can never tell: a store made of them cannot either.

Only the sentences are kept. The first save's stay: what is kept nowhere else was older then.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from trailnb.sources.source import Limit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trailnb.store.place import Place

_FOLDER = "_trailnb/limits/"


def keep(place: Place, uri: str, limits: Sequence[Limit]) -> None:
    """Note the limits of the place with this name, once."""
    name = f"{_FOLDER}{hashlib.blake2b(uri.encode(), digest_size=12).hexdigest()}.json"
    if limits and not any(one.name == name for one in place.list(_FOLDER)):
        place.put(name, json.dumps([limit.because for limit in limits]).encode())


def load(place: Place) -> tuple[Limit, ...]:
    """What can this store not tell, whatever is in it?"""
    said = [text for one in place.list(_FOLDER) for text in json.loads(place.get(one.name))]
    return tuple(map(Limit, dict.fromkeys(said)))
