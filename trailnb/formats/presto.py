"""The text in which Athena and CloudTrail Lake print a struct, a map or an array.

`{type=IAMUser, principalid=AIDA…, sessioncontext=null}` is no JSON and quotes nothing, so a value
that holds a comma and an equals sign cannot always be told from two. What cannot be told is not
guessed: the caller keeps the text.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from trailnb.formats.json_text import TornError, checked_end

if TYPE_CHECKING:
    from trailnb.formats.spelling import Node

_KEY = re.compile(r"([^\s{}\[\]=,]{1,256})=")
_END_IN_STRUCT = re.compile(r"\}|, (?=[^\s{}\[\]=,]{1,256}=)")
_END_IN_ARRAY = re.compile(r"\]|, ")
_MAX_DEPTH = 16


class UnclearError(ValueError):
    """The text is no Presto text, or could be read in more than one way."""


def node_of(text: str) -> Node:
    """Which value does this text print, as JSON text at its leaves?

    A null inside a struct is left out: CloudTrail leaves out what is not there, and the text
    cannot tell the two apart.

    Raises:
        UnclearError: it cannot be told.

    Example:
        >>> node_of("{type=Root, arn=arn:aws:iam::111122223333:root, username=null}")
        {'type': '"Root"', 'arn': '"arn:aws:iam::111122223333:root"'}
        >>> node_of("[{accountid=111122223333}, null]")
        [{'accountid': '"111122223333"'}, 'null']
    """
    node, end = _value(text, 0, _END_IN_STRUCT, 0)
    if end != len(text) or isinstance(node, str):
        raise UnclearError(text[:80])
    return node


def _value(text: str, at: int, ending: re.Pattern[str], depth: int) -> tuple[Node, int]:
    """Read the value at this place and where it ends."""
    if depth > _MAX_DEPTH:
        raise UnclearError("nested too deep")
    if text.startswith(('{"', '["', '[{"'), at):
        return _json_inside(text, at)
    if text.startswith("{", at):
        return _struct(text, at, depth)
    if text.startswith("[", at):
        return _array(text, at, depth)
    match = ending.search(text, at)
    if match is None:
        raise UnclearError("a value does not end")
    scalar = text[at : match.start()]
    return "null" if scalar == "null" else json.dumps(scalar, ensure_ascii=False), match.start()


def _json_inside(text: str, at: int) -> tuple[Node, int]:
    """Keep JSON inside a map as the text it is: which type it had, the map does not tell."""
    try:
        end = checked_end(text, at)
    except TornError as torn:
        raise UnclearError(torn.reason) from None
    return json.dumps(text[at:end], ensure_ascii=False), end


def _struct(text: str, at: int, depth: int) -> tuple[Node, int]:
    fields: dict[str, Node] = {}
    if text.startswith("}", at + 1):
        return fields, at + 2
    seen: set[str] = set()
    while True:
        key = _KEY.match(text, at + 1)
        if key is None or key[1] in seen:  # twice the same name: a value holds what looks like it
            raise UnclearError("fields cannot be told apart")
        seen.add(key[1])
        value, at = _value(text, key.end(), _END_IN_STRUCT, depth + 1)
        if value != "null":
            fields[key[1]] = value
        if text.startswith("}", at):
            return fields, at + 1
        if not text.startswith(", ", at):
            raise UnclearError("fields cannot be told apart")
        at += 1


def _array(text: str, at: int, depth: int) -> tuple[Node, int]:
    items: list[Node] = []
    if text.startswith("]", at + 1):
        return items, at + 2
    at += 1
    while True:
        value, at = _value(text, at, _END_IN_ARRAY, depth + 1)
        items.append(value)
        if text.startswith("]", at):
            return items, at + 1
        if not text.startswith(", ", at):
            raise UnclearError("items cannot be told apart")
        at += 2
