"""Types of a table's columns as Hive spells them, and how each is asked for in SQL.

A struct is asked for part by part, a list as JSON text: printed whole, neither could always be
taken apart again. Source: Athena User Guide, "Data types in Amazon Athena".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trailnb.sources import sql

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_WORD = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*(?:\([0-9, ]*\))?|[<>:,])")
_TEXTS = re.compile(r"string|varchar.*|char.*")
_MOST_DEPTH = 16


@dataclass(frozen=True, slots=True)
class Type:
    """A type: "struct" with its parts by name, "array" with one nameless, or a plain one."""

    kind: str
    parts: tuple[tuple[str, Type], ...] = ()

    @property
    def is_text(self) -> bool:
        """Is a value of it a text?"""
        return _TEXTS.fullmatch(self.kind) is not None

    def at(self, path: Sequence[str]) -> Type | None:
        """Which type lies on this path of struct's parts?"""
        found: Type | None = self
        for step in path:
            is_struct = found is not None and found.kind == "struct"
            found = dict(found.parts).get(step) if found and is_struct else None
        return found


def type_of(text: str) -> Type | None:
    """Which type is spelt so? None where that cannot be told.

    Example:
        >>> type_of("struct<arn:string,accountid:string>").at(["arn"])
        Type(kind='string', parts=())
        >>> type_of("struct<") is None
        True
    """
    words = _WORD.findall(text.lower())
    if len(re.sub(r"\s", "", "".join(words))) != len(re.sub(r"\s", "", text)):
        return None
    reading = iter([*words, ""])
    found, after = _read(reading, next(reading), 0)
    return found if not after else None


def _read(words: Iterator[str], word: str, depth: int) -> tuple[Type | None, str]:
    """Read the type that begins with this word; which word follows it?"""
    if not word or word in "<>:," or depth > _MOST_DEPTH:
        return None, word
    kind, after = word, next(words, "")
    if after != "<":
        return Type(kind), after
    parts: list[tuple[str, Type]] = []
    while after in {"<", ","}:
        name, word = "", next(words, "")
        if kind == "struct":
            if next(words, "") != ":":
                return None, word
            name, word = word, next(words, "")
        part, after = _read(words, word, depth + 1)
        if part is None:
            return None, after
        parts.append((name, part))
    return (Type(kind, tuple(parts)), next(words, "")) if after == ">" else (None, after)


def asked_for(name: str, type_: Type) -> Iterator[tuple[str, str]]:
    """Which columns of an answer hold a column of this type: name and expression of each?

    Example:
        >>> dict(asked_for("tlsdetails", type_of("struct<tlsversion:string>")))
        {'tlsdetails.tlsversion': '"tlsdetails"."tlsversion"'}
        >>> print(dict(asked_for("resources", type_of("array<struct<arn:string>>")))["resources"])
        json_format(CAST(transform("resources", x -> map_filter(MAP(ARRAY['arn'], \
ARRAY[x."arn"]), (k, v) -> v IS NOT NULL)) AS JSON))
    """
    yield from _parts(name, sql.name(name), type_)


def _parts(name: str, place: str, type_: Type) -> Iterator[tuple[str, str]]:
    if type_.kind == "struct":
        for part, inner in type_.parts:
            yield from _parts(f"{name}.{part}", f"{place}.{sql.name(part)}", inner)
    elif type_.kind in {"array", "map"}:
        yield name, f"json_format(CAST({_as_json(place, type_)} AS JSON))"
    else:
        yield name, place


def _as_json(place: str, type_: Type) -> str:
    """A list of structs of texts keeps its names as a list of maps; all else is cast as it is."""
    inner = dict(type_.parts).get("") if type_.kind == "array" else None
    if inner is None or inner.kind != "struct" or not all(part.is_text for _, part in inner.parts):
        return place
    names = ", ".join(sql.text(part) for part, _ in inner.parts)
    values = ", ".join(f"x.{sql.name(part)}" for part, _ in inner.parts)
    made = f"MAP(ARRAY[{names}], ARRAY[{values}])"
    return f"transform({place}, x -> map_filter({made}, (k, v) -> v IS NOT NULL))"
