"""JSON text as the structs, lists and maps of a SQL table: what does not fit is null, not an error.

A hostile record may hold anything, a key twice or a list where an object belongs, so each cell is
decoded by itself and a cell that cannot be shaped is empty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_TEXT = pl.String()
#: What Polars has in place of a map; DuckDB makes one of it.
ENTRIES = pl.List(pl.Struct({"key": _TEXT, "value": _TEXT}))
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST = msgspec.json.Decoder(list[dict[str, Any]])
_ANY = msgspec.json.Decoder()


def entries(name: str) -> pl.Expr:
    """Which keys and values does the object in this column have? Inner objects stay JSON text.

    Example:
        >>> frame = pl.DataFrame({"request": ['{"a": "x", "b": {"c": [1]}}', "null", None]})
        >>> frame.select(entries("request"))["request"].to_list()
        [[{'key': 'a', 'value': 'x'}, {'key': 'b', 'value': '{"c": [1]}'}], None, None]
    """
    return _shaped(name, _entries, ENTRIES)


def structs(name: str, fields: dict[str, str]) -> pl.Expr:
    """Which objects does the list in this column hold, by these of their fields?

    Example:
        >>> frame = pl.DataFrame({"resources": ['[{"ARN": "arn:aws:s3:::b", "x": 1}]', "[]", "1"]})
        >>> frame.select(structs("resources", {"arn": "ARN"}))["resources"].to_list()
        [[{'arn': 'arn:aws:s3:::b'}], [], None]
    """
    inner = pl.Struct(dict.fromkeys(fields, _TEXT))

    def shaped(text: str) -> list[dict[str, str | None]]:
        return [
            {name: _said(one.get(field)) for name, field in fields.items()}
            for one in _LIST.decode(text)
        ]

    return _shaped(name, shaped, pl.List(inner))


def field(name: str, key: str) -> pl.Expr:
    """Which text does the object in this column have under this key?

    Example:
        >>> frame = pl.DataFrame({"tls_details": ['{"cipherSuite": "x"}', "[]", "{}"]})
        >>> frame.select(field("tls_details", "cipherSuite"))["tls_details"].to_list()
        ['x', None, None]
    """

    def shaped(text: str) -> str | None:
        return _raw(_OBJECT.decode(text).get(key))

    return _shaped(name, shaped, _TEXT)


def _entries(text: str) -> list[dict[str, str | None]]:
    return [{"key": key, "value": _raw(value)} for key, value in _OBJECT.decode(text).items()]


def _shaped(name: str, shape: Callable[[str], object], dtype: pl.DataType) -> pl.Expr:
    def one(text: str | None) -> object:
        if text is None:
            return None
        try:
            return shape(text)
        except (msgspec.DecodeError, RecursionError, UnicodeError):
            return None

    def cells(column: pl.Series) -> pl.Series:
        told: Sequence[object] = [one(text) for text in column]
        return pl.Series(column.name, told, dtype)

    return pl.col(name).map_batches(cells, return_dtype=dtype, is_elementwise=True)


def _raw(value: msgspec.Raw | None) -> str | None:
    if value is None:
        return None
    text = bytes(value)
    if text.startswith(b'"'):
        return str(_ANY.decode(text))
    return None if text == b"null" else text.decode()


def _said(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()
