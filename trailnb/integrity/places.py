"""Does an object lie where CloudTrail put it, in the bucket or in a copy of it?

A copy may begin anywhere above `AWSLogs/`, so a place is compared from there on. A copy without
that folder is flat: there only the name can be compared, which is unique by itself. In a bucket of
the same name the whole key must agree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trailnb.sources import layout

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from trailnb.sources.source import LogFile

_ROOT = "AWSLogs/"
#: ACCOUNT | FOLDER/REGION/YYYY/MM/DD/NAME
_BELOW_ACCOUNT = 6


def tail(key: str) -> str:
    """How is this object named from `AWSLogs/` on, or by its name alone where there is none?

    Example:
        >>> tail("s3://acme/trails/AWSLogs/111122223333/CloudTrail/a.json.gz")
        'AWSLogs/111122223333/CloudTrail/a.json.gz'
        >>> tail("copies/a.json.gz")
        'a.json.gz'
    """
    path = key.replace("\\", "/")
    start = path.rfind(f"/{_ROOT}")
    if start >= 0:
        return path[start + 1 :]
    return path if path.startswith(_ROOT) else path.rpartition("/")[2]


def name(key: str) -> str:
    """What is the last part of this key?"""
    return (key.replace("\\", "/") if "\\" in key else key).rpartition("/")[2]


def stamp(key: str) -> str:
    """Which stamp tells this digest from the others of its chain?

    Example:
        >>> stamp("AWSLogs/…_acme_us-east-1_20261102T053107Z.json.gz")
        '20261102T053107Z'
    """
    return name(key).partition(".json")[0].removesuffix("_backfill").rpartition("_")[2]


def root_of(key: str) -> str:
    """Below which folder, down to the account, does a trail write? "" in a flat copy.

    Example:
        >>> root_of("s3://b/AWSLogs/o-x/111122223333/CloudTrail/us-east-1/2026/11/02/a.json.gz")
        'AWSLogs/o-x/111122223333'
    """
    parts = tail(key).split("/")
    return "/".join(parts[:-_BELOW_ACCOUNT]) if len(parts) > _BELOW_ACCOUNT else ""


def is_at(key: str, bucket: str, object_: str) -> bool:
    """Does what lies at `key` lie where CloudTrail put it?

    Example:
        >>> is_at("copies/b.json.gz", "acme", "AWSLogs/111122223333/b.json.gz")
        True
        >>> is_at("AWSLogs/444455556666/b.json.gz", "acme", "AWSLogs/111122223333/b.json.gz")
        False
    """
    if key.startswith("s3://") and key.startswith(f"s3://{bucket}/"):
        return key == f"s3://{bucket}/{object_}"
    if key.endswith(f"/{object_}"):  # most do, and it costs least to see
        return True
    here = tail(key)
    return here == tail(object_) or ("/" not in here and here == name(object_))


class Index:
    """The files that were listed, to be found by what a digest says of them."""

    def __init__(self, files: Iterable[LogFile]) -> None:
        self._named: dict[str, LogFile] = {}
        self._copies: dict[str, list[LogFile]] = {}
        for file in files:
            key = name(file.key)
            first = self._named.setdefault(key, file)
            if first is not file:
                self._copies.setdefault(key, [first]).append(file)

    def find(self, bucket: str, object_: str) -> tuple[Sequence[LogFile], bool]:
        """Which files are this object, and do they lie where it should?

        Several copies may lie in their place; only where none does, one elsewhere is taken.
        """
        key = name(object_)
        one = self._named.get(key)
        if one is None:
            return (), False
        named = self._copies.get(key)
        if named is None:
            return (one,), is_at(one.key, bucket, object_)
        placed = [file for file in named if is_at(file.key, bucket, object_)]
        return (placed, True) if placed else (named, False)


def shown(bucket: str, object_: str) -> str:
    """How is an object named that is not here?"""
    return f"s3://{bucket}/{object_}"


def region_of(file: LogFile) -> str | None:
    """In which region was this file written, as its own name tells?"""
    return layout.name_of(name(file.key)).region or file.region


def account_of(file: LogFile) -> str | None:
    """For which account was this file written, as its own name tells?"""
    return layout.name_of(name(file.key)).account or file.account
