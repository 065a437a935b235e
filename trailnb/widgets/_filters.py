"""What an explorer is narrowed to: checked once, then asked of index and events alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from trailnb.errors import RequestError
from trailnb.facts.kinds import KINDS, kind
from trailnb.widgets._index import COLUMNS, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from trailnb.widgets._index import Index

#: What can be chosen by name, and the column of the index that has it.
CHOICES = {
    "actor": "actor",
    "service": "action",
    "account": "account",
    "region": "region",
    "outcome": "outcome",
}
#: Where the text box looks.
_SEARCHED = ("actor", "action", "origin", "account", "region", "outcome")
_KEYS = (*CHOICES, "kind", "text")

Filters = dict[str, list[str]]


def filters_of(given: Mapping[str, object]) -> Filters:
    """What do these filters mean? Nothing chosen means everything.

    Raises:
        RequestError: there is no such filter, or its values are no text.

    Example:
        >>> filters_of({"actor": "alice", "text": ""})
        {'actor': ['alice']}
    """
    told = texts_of(given, _KEYS)
    if wrong := set(told.get("kind", ())) - set(KINDS):
        raise RequestError(f"no kind is called {min(wrong)!r}. There are {', '.join(KINDS)}.")
    # No kind at all is a choice that hides every event; no actor at all is none.
    return {name: values for name, values in told.items() if values or name == "kind"}


def texts_of(given: Mapping[str, object], known: Sequence[str]) -> Filters:
    """Which texts are given for these filters?

    Raises:
        RequestError: there is no such filter, or its values are no text.
    """
    if unknown := [name for name in given if name not in known]:
        raise RequestError(
            f"no filter is called {', '.join(map(repr, unknown))}. There are {', '.join(known)}."
        )
    return {name: _texts(name, value) for name, value in given.items() if value is not None}


def _texts(name: str, value: object) -> list[str]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list | tuple) or not all(isinstance(one, str) for one in values):
        raise RequestError(f"the filter {name}={value!r} is neither a text nor a list of texts.")
    return [one for one in values if one] if name == "text" else list(values)


def service_of(action: pl.Expr) -> pl.Expr:
    """Which service does an action belong to?

    Example:
        >>> pl.DataFrame({"a": ["iam:PutUserPolicy"]}).select(service_of(pl.col("a"))).item()
        'iam'
    """
    return action.str.extract(r"^([^:]*)")


def in_index(filters: Filters, index: Index) -> pl.Expr | None:
    """Which rows of the index pass? None when all do.

    Names are compared once each, and rows by their codes.
    """
    tests = []
    for name, values in filters.items():
        if name == "kind":
            tests.append(pl.col("kind").is_in([KINDS.index(value) for value in values]))
        elif name == "text":
            tests += [
                _any(_holding(index, column, text) for column in _SEARCHED) for text in values
            ]
        else:
            tests.append(_holding(index, CHOICES[name], values, name))
    return pl.all_horizontal(tests) if tests else None


def in_events(filters: Filters) -> pl.Expr:
    """Which rows of the event table pass? The same as in the index."""
    tests = [pl.lit(value=True)]
    for name, values in filters.items():
        if name == "kind":
            told = kind(_told("action"), _told("outcome"))
            tests.append(told.is_in(values))
        elif name == "text":
            tests += [_any(_passes(_told(column), text) for column in _SEARCHED) for text in values]
        else:
            tests.append(_passes(_told(CHOICES[name]), values, name))
    return pl.all_horizontal(tests)


def _told(name: str) -> pl.Expr:
    return pl.col(COLUMNS[name]).fill_null(UNKNOWN)


def _passes(text: pl.Expr, wanted: str | list[str], name: str = "") -> pl.Expr:
    """Is the name among the wanted ones; or, for a text, does it hold that, whatever the case?"""
    if isinstance(wanted, str):
        return text.str.contains_any([wanted], ascii_case_insensitive=True)
    return (service_of(text) if name == "service" else text).is_in(wanted)


def _holding(index: Index, column: str, wanted: str | list[str], name: str = "") -> pl.Expr:
    names = index.names[column].to_frame("name")
    codes = names.select(_passes(pl.col("name"), wanted, name).arg_true()).to_series()
    return pl.col(column).is_in(codes.cast(index.rows.schema[column]).implode())


def _any(tests: Iterable[pl.Expr]) -> pl.Expr:
    return pl.any_horizontal(tests)
