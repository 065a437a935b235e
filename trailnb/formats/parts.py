"""A record's top-level object that is taken apart by itself: once for each distinct text.

Identities repeat from record to record and from file to file, so most are known already.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import msgspec

from trailnb.formats.cells import Parts
from trailnb.formats.picking import cells_of, fields_of, texts_of, values_at
from trailnb.formats.structs import leaf, plant, structure

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from trailnb.facts.columns import Column, Path
    from trailnb.formats.cells import Columns, Text

#: As many columns inside one object pay for taking it apart by itself.
_WORTH_APART = 3


@dataclass(frozen=True, slots=True)
class Look:
    """What one file says in this object: a text for each record, and the cells of fresh ones."""

    texts: Sequence[Text]
    fresh: Sequence[Text]
    inside: Columns


class Part:
    """Decodes one top-level object of records from its own text."""

    def __init__(self, node: str, columns: Sequence[Column]) -> None:
        """Make the decoder for what lies inside."""
        self.node = node
        self._whole = next((one.name for one in columns if one.path == (node,)), None)
        self._inside = [one for one in columns if one.path[0] == node and len(one.path) > 1]
        tree: dict[str, Any] = {}
        for column in self._inside:
            plant(tree, column.path[1:], leaf(column))
        for column in columns:
            if column.otherwise[:1] == (node,):
                plant(tree, column.otherwise[1:], str | None)
        kind = structure("Part", tree)
        self._decoder = msgspec.json.Decoder(kind)
        self._nothing = kind()
        order = kind.__struct_fields__
        self._places = [
            (one, order.index(one.path[1]), values_at(one.path[2:])) for one in self._inside
        ]

    def cells(self) -> Parts:
        """Where the cells of many files gather."""
        return Parts(tuple(one.name for one in self._inside), self._whole)

    def look(self, raws: Sequence[Any], there: Parts) -> Look:
        """What do these records say, beyond what is known already?

        Raises:
            msgspec.DecodeError: one does not fit the documented types.
            KeyError: a flag is neither true nor false.
        """
        texts = texts_of(raws)
        fresh = list(set(texts).difference(there.known))
        decode = self._decoder.decode
        decoded = [self._nothing if text is None else decode(text) for text in fresh]
        fields = fields_of(decoded) if decoded else []
        inside = {
            column.name: cells_of(column, inner(fields[place]))
            for column, place, inner in self._places
            if fields
        }
        return Look(texts, fresh, inside)

    def value(self, text: Text, path: Path) -> Any:  # noqa: ANN401 - a cell
        """What stands at this path inside one text?"""
        found = self._nothing if text is None else self._decoder.decode(text)
        return attrgetter(".".join(path))(found)


def parts_of(columns: Sequence[Column]) -> list[Part]:
    """Which top-level objects are taken apart by themselves for these columns?

    Those whose JSON text is wanted as well, and those of which much is wanted.
    """
    nodes = dict.fromkeys(column.path[0] for column in columns if column.path)
    nodes |= dict.fromkeys(column.otherwise[0] for column in columns if column.otherwise)
    return [Part(node, columns) for node in nodes if _is_apart(node, columns)]


def _is_apart(node: str, columns: Iterable[Column]) -> bool:
    paths = [path for one in columns for path in (one.path, one.otherwise) if path[:1] == (node,)]
    inside = sum(len(path) > 1 for path in paths)
    return inside >= _WORTH_APART or (inside > 0 and (node,) in paths)
