"""Labelled networks: office, VPN, Tor, AWS's own ranges; which label has an address?"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import TypeAlias

import polars as pl

from trailnb.errors import RequestError, SourceError
from trailnb.facts.origins import key_range

#: A network, several, or a file that lists them, one a line.
Listed: TypeAlias = "str | os.PathLike[str] | Iterable[str]"
#: What a question takes as networks.
Labelled: TypeAlias = "Networks | Mapping[str, Listed] | Iterable[Networks | Mapping[str, Listed]]"

#: Labels of AWS's own ranges begin so.
AWS = "AWS "
_KEY = "032x"


@dataclass(frozen=True)
class Networks:
    """Networks with labels, as ranges of `source_address_key`: first, last, label.

    Example:
        >>> office = networks({"office": "203.0.113.0/24", "vpn": ["203.0.113.8/29"]})
        >>> office.labels(pl.Series(["00000000000000000000ffffcb007109", None])).to_list()
        ['vpn', None]
    """

    ranges: tuple[tuple[str, str, str], ...]

    @cached_property
    def _segments(self) -> pl.LazyFrame:
        rows = _disjoint(_merged(self.ranges))
        schema = {"first": pl.String(), "last": pl.String(), "label": pl.String()}
        return pl.DataFrame(rows, schema=schema, orient="row").sort("first").lazy()

    def labels(self, keys: pl.Series) -> pl.Series:
        """Which label has each address, by its key? Of nested networks the narrowest counts."""
        asked = pl.LazyFrame({"key": keys}, schema={"key": pl.String()}).with_row_index("_row")
        found = asked.drop_nulls("key").sort("key")
        found = found.join_asof(
            self._segments, left_on="key", right_on="first", strategy="backward", coalesce=False
        )
        inside = found.filter(pl.col("key") <= pl.col("last")).select("_row", "label")
        return asked.join(inside, on="_row", how="left").sort("_row").collect()["label"]


def networks(lists: Mapping[str, Listed]) -> Networks:
    """Which networks are whose: labels, each with its networks or a file that lists them?

    In a file stands one network or address a line; what follows a `#` is a comment.

    Args:
        lists: `{"office": ["203.0.113.0/24"], "Tor": "tor-exits.txt"}`.

    Raises:
        RequestError: something is neither a network nor a file.
        SourceError: a file cannot be read.

    Example:
        >>> networks({"office": "203.0.113.7"}).ranges[0][2]
        'office'
    """
    return Networks(
        tuple(
            (*key_range(text), label) for label, listed in lists.items() for text in _read(listed)
        )
    )


def aws_ranges(source: str | os.PathLike[str] | Mapping[str, object]) -> Networks:
    """Which addresses are AWS's own, by its published `ip-ranges.json`?

    Labels read `AWS EC2 eu-west-1`; `AWS eu-west-1` is AWS's, and no named service's.

    Args:
        source: the file as downloaded from AWS, or its content.

    Raises:
        SourceError: it cannot be read, or is something else.

    Source: VPC User Guide, "AWS IP address ranges", syntax.

    Example:
        >>> one = {"ip_prefix": "192.0.2.0/24", "region": "eu-west-1", "service": "EC2"}
        >>> aws_ranges({"prefixes": [one], "ipv6_prefixes": []}).ranges[0][2]
        'AWS EC2 eu-west-1'
    """
    told = source if isinstance(source, Mapping) else _json(source)
    ranges: list[tuple[str, str, str]] = []
    try:
        for part, name in (("prefixes", "ip_prefix"), ("ipv6_prefixes", "ipv6_prefix")):
            for row in told[part]:  # type: ignore[attr-defined]  # a list, or it is no such file
                service = "" if row["service"] == "AMAZON" else f"{row['service']} "
                ranges.append((*key_range(row[name]), f"{AWS}{service}{row['region']}"))
    except (KeyError, TypeError, ValueError) as odd:
        raise SourceError.about("not AWS's list of address ranges", _place(source), _AWS) from odd
    return Networks(tuple(ranges))


def labelled(given: Labelled | None) -> Networks:
    """Take networks in any form a question's argument may have; None is none.

    Example:
        >>> labelled([{"office": "203.0.113.0/24"}, networks({"vpn": "198.51.100.0/24"})]).ranges[
        ...     1
        ... ][2]
        'vpn'
    """
    if given is None:
        return Networks(())
    if isinstance(given, Networks):
        return given
    if isinstance(given, Mapping):
        return networks(given)
    return Networks(tuple(found for one in given for found in labelled(one).ranges))


_AWS = "Download it again: https://ip-ranges.amazonaws.com/ip-ranges.json."


def _read(listed: Listed) -> list[str]:
    """List the networks: given themselves, or in a file."""
    if isinstance(listed, os.PathLike):
        return _lines(listed)
    if not isinstance(listed, str):
        return [text for one in listed for text in _read(one)]
    try:
        key_range(listed)
    except ValueError:
        if Path(listed).is_file():
            return _lines(listed)
        raise RequestError(
            f"{listed!r} is neither a network nor a file. Write it like '203.0.113.0/24', "
            "or name a file with one network a line."
        ) from None
    return [listed]


def _lines(path: str | os.PathLike[str]) -> list[str]:
    try:
        text = Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as why:
        hint = "Pass a text file with one network a line."
        raise SourceError.about("networks could not be read", _place(path), hint) from why
    stripped = (line.partition("#")[0].strip() for line in text.splitlines())
    found = [line for line in stripped if line]
    for line in found:
        try:
            key_range(line)
        except ValueError:
            raise SourceError.about(f"no network: {line!r}", _place(path), "Correct it.") from None
    return found


def _json(path: str | os.PathLike[str]) -> Mapping[str, object]:
    try:
        told = json.loads(Path(path).read_text("utf-8"))
    except (OSError, ValueError) as why:
        raise SourceError.about("ranges could not be read", _place(path), _AWS) from why
    return told if isinstance(told, Mapping) else {}


def _place(source: object) -> str:
    return os.fspath(source) if isinstance(source, str | os.PathLike) else "the mapping given"


def _merged(ranges: Iterable[tuple[str, str, str]]) -> list[tuple[int, int, str]]:
    """Give each range once, with all its labels; an AWS service's label hides AWS's general one."""
    merged = []
    for (first, last), same in groupby(sorted(set(ranges)), key=lambda row: row[:2]):
        labels = [row[2] for row in same]
        own = [label for label in labels if not label.startswith(AWS)]
        of_service = [label for label in labels if label.count(" ") > 1]
        named = own or of_service or labels
        merged.append((int(first, 16), int(last, 16), ", ".join(named)))
    return merged


def _disjoint(ranges: list[tuple[int, int, str]]) -> list[tuple[str, str, str]]:
    """Cut nested ranges into pieces that do not overlap, each with its narrowest range's label."""
    pieces: list[tuple[str, str, str]] = []
    around: list[tuple[int, str]] = []
    start = 0

    def close(end: int, label: str) -> None:
        if start <= end:
            pieces.append((format(start, _KEY), format(end, _KEY), label))

    for first, last, label in sorted(ranges, key=lambda row: (row[0], -row[1])):
        while around and around[-1][0] < first:
            end, outer = around.pop()
            close(end, outer)
            start = end + 1
        if around:
            close(first - 1, around[-1][1])
        around.append((last, label))
        start = first
    while around:
        end, outer = around.pop()
        close(end, outer)
        start = end + 1
    return pieces
