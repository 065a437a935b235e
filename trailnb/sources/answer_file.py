"""The file in which Athena lays an answer: comma separated, every text in quotes.

It is no spreadsheet's: what a cell holds is what the table holds, and an empty text is not nothing.
Source: Athena User Guide, "Work with query results and recent queries".
"""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from trailnb.sources.paging import Paging

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_TEXT = r'"[^"]*+(?:""[^"]*+)*+"'
_ROW = re.compile(rf'(?:[^"\n]++|{_TEXT})*+\n')
_CELL = re.compile(rf"(?:({_TEXT})|([^\",\n]*+))(?:,|\r?\n)")
ROWS = "QueryResultRows"


@dataclass
class AnswerFile:
    """An answer's file on its way, part by part, and where it goes on; its rows, compressed.

    `text_bytes` is how much text they are.
    """

    at: int = 0
    is_done: bool = False
    text_bytes: int = 0
    _names: list[str] | None = None
    _rest: str = ""
    _is_uneven: bool = False
    _decoder: Any = field(default_factory=codecs.getincrementaldecoder("utf-8"), repr=False)
    _paging: Paging = field(default_factory=lambda: Paging(ROWS), repr=False)

    @property
    def events(self) -> int:
        """How many rows have come so far?"""
        return self._paging.events

    @property
    def is_torn(self) -> bool:
        """Does it end within a row, or has a row too few or too many cells?"""
        return self._is_uneven or (self.is_done and bool(self._rest))

    def take(self, part: bytes, total: int) -> None:
        r"""Add a part of a file that is so long in all.

        Example:
            >>> answer = AnswerFile()
            >>> answer.take(b'"eventid","errorcode"\n"1"', 27)
            >>> answer.take(b",\n", 27)
            >>> answer.events, answer.is_done
            (1, True)
        """
        self.at += len(part)
        self.is_done = self.at >= total
        self._rest += self._decoder.decode(part, self.is_done)
        if self.is_done and self._rest and not self._rest.endswith("\n"):
            self._rest += "\n"
        rows = self._rows()
        if self._names is None:
            self._names = [name or "" for name in next(rows, [])] or None
        texts = []
        for row in rows:
            self._is_uneven |= len(row) != len(self._names or [])
            texts.append(filled(self._names or [], row))
        self.text_bytes += sum(map(len, texts))
        self._paging.take([(None, None, text) for text in texts], None)

    def content(self) -> bytes:
        """The rows as a log file."""
        return self._paging.content()

    def _rows(self) -> Iterator[list[str | None]]:
        """Take the whole rows off what has come."""
        at = 0
        while row := _ROW.match(self._rest, at):
            at = row.end()
            yield [
                bare if text is None else text[1:-1].replace('""', '"')
                for text, bare in ((cell[1], cell[2] or None) for cell in _CELL.finditer(row[0]))
            ]
        self._rest = self._rest[at:]


def filled(names: Sequence[str], row: Sequence[str | None]) -> str:
    """The cells that hold something, by the names of their columns, as JSON text.

    Example:
        >>> filled(["eventid", "errorcode"], ["1", None])
        '{"eventid": "1"}'
    """
    cells = zip(names, row, strict=False)
    return json.dumps({name: cell for name, cell in cells if cell is not None}, ensure_ascii=False)
