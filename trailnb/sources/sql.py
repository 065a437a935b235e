"""What a query asks for, as names of log files tell it, in the SQL of Athena and CloudTrail Lake.

Both speak Trino's dialect: a text stands in single quotes, a quote inside it twice, and nothing
else means anything in there. Sources: Athena User Guide, "SQL reference"; CloudTrail User Guide,
"CloudTrail Lake SQL constraints".
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from trailnb.sources.source import Asked, Wanted

    #: Names of columns of the event table, each with a value; a name comes again for each value.
    Attributes = tuple[tuple[str, str], ...]

#: Lake takes statements of 10,000 characters; so much of it may be spent on conditions.
MOST_CHARACTERS = 8_000
_MOST_IN_A_VALUE = 1_000
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,127}")
#: Records without one of these are none of another account, region or category: they stay.
_MAY_BE_ABSENT = ("recipient_account_id", "aws_region", "event_category")
#: Which categories lie in which folder of the layout, which is how a listing says what it wants.
_CATEGORIES = {
    "CloudTrail": ("Management", "Data"),
    "CloudTrail-Insight": ("Insight",),
    "CloudTrail-NetworkActivity": ("NetworkActivity",),
    "CloudTrail-Aggregated": ("Aggregated",),
}


def text(value: str) -> str:
    r"""How is this text written?

    Example:
        >>> print(text("o'neill\\"))
        'o''neill\'
    """
    return "'" + value.replace("'", "''") + "'"


def name(value: str) -> str:
    """How is the name of a column, table or database written, whatever words are reserved?

    Raises:
        ValueError: this is no such name.

    Example:
        >>> name("timestamp")
        '"timestamp"'
    """
    if not _NAME.fullmatch(value):
        raise ValueError(value)
    return f'"{value}"'


def is_name(value: str) -> bool:
    """Is this the name of a column, table or database?

    Example:
        >>> is_name("cloudtrail_logs"), is_name('a"; DROP')
        (True, False)
    """
    return _NAME.fullmatch(value) is not None


def is_sendable(value: str) -> bool:
    """Can this text be asked for? What cannot be printed, and what is endless, is compared here.

    Example:
        >>> is_sendable("José's"), is_sendable("a" + chr(0)), is_sendable("x" * 2000)
        (True, False, False)
    """
    return value.isprintable() and len(value) <= _MOST_IN_A_VALUE


def of_listing(wanted: Wanted, columns: Mapping[str, str]) -> Attributes:
    """Which accounts, regions and categories does a listing want, as far as the table has them?

    Example:
        >>> from trailnb.sources.source import Wanted
        >>> of_listing(Wanted(regions=frozenset({"eu-west-1"})), {"aws_region": "awsregion"})
        (('aws_region', 'eu-west-1'),)
    """
    categories: frozenset[str] | None = None
    if wanted.folders is not None and not wanted.folders >= _CATEGORIES.keys():
        named = (_CATEGORIES.get(folder, ()) for folder in wanted.folders)
        categories = frozenset(category for many in named for category in many)
    values = dict(zip(_MAY_BE_ABSENT, (wanted.accounts, wanted.regions, categories), strict=True))
    return _fitting(
        (column, sorted(values[column] or ())) for column in _MAY_BE_ABSENT if column in columns
    )


def narrowed(attributes: Attributes, asked: Asked, columns: Mapping[str, str]) -> Attributes | None:
    """The same with what a filter says as well; None when nothing can be both.

    Example:
        >>> from trailnb.sources.source import Asked
        >>> asked = Asked(equal={"event_name": "GetUser", "actor": "alice"})
        >>> narrowed((("aws_region", "eu-west-1"),), asked, {"event_name": "eventname"})
        (('aws_region', 'eu-west-1'), ('event_name', 'GetUser'))
    """
    values = {column: [value for _, value in pairs] for column, pairs in _grouped(attributes)}
    sets = {"recipient_account_id": asked.accounts, "aws_region": asked.regions}
    for column, those in sets.items():
        if those is not None and column in columns:
            # Before: nothing was wanted in particular, or these.
            values[column] = sorted(those.intersection(values.get(column, those)))
            if not values[column]:
                return None
    for column in columns:
        if column in asked.equal and column not in sets:
            values[column] = [asked.equal[column]]
    return _fitting(values.items())


def conditions(attributes: Attributes, columns: Mapping[str, str]) -> list[str]:
    """Which conditions say the same?

    Raises:
        ValueError: the table has no such column.

    Example:
        >>> conditions((("event_name", "GetUser"),), {"event_name": "eventname"})
        ["eventname = 'GetUser'"]
        >>> conditions((("aws_region", "eu-west-1"),), {"aws_region": "awsregion"})
        ["(awsregion IN ('eu-west-1') OR awsregion IS NULL)"]
    """
    said: list[str] = []
    for column, pairs in _grouped(attributes):
        if column not in columns:
            raise ValueError(column)
        values = ", ".join(text(value) for _, value in pairs)
        place = columns[column]
        if column in _MAY_BE_ABSENT:
            said.append(f"({place} IN ({values}) OR {place} IS NULL)")
        else:
            said.append(f"{place} = {values}")
    return said


def _grouped(attributes: Attributes) -> Iterator[tuple[str, Iterable[tuple[str, str]]]]:
    return groupby(attributes, key=lambda pair: pair[0])


def _fitting(values: Iterable[tuple[str, Sequence[str]]]) -> Attributes:
    """As many of these as a statement has room for; the rest is compared here."""
    room = MOST_CHARACTERS
    kept: list[tuple[str, str]] = []
    for column, many in values:
        length = sum(len(text(value)) + 2 for value in many) + 100
        if all(map(is_sendable, many)) and length <= room:
            room -= length
            kept += ((column, value) for value in many)
    return tuple(kept)
