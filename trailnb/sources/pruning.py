"""Which folders and files a listing may leave out unread, and why that is safe.

A folder is left out only for what the true `AWSLogs/…` layout says; a file only when its own name
is CloudTrail's grammar throughout. Whatever says less is listed: its content will tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trailnb.sources import layout
from trailnb.sources.source import Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from trailnb.sources.source import LogFile

_EVERYTHING = Wanted()


def excludes(wanted: Wanted, place: layout.Place | None) -> bool:
    """Whether nothing below this place of the layout can be wanted.

    Example:
        >>> from trailnb.sources.source import Wanted
        >>> place = layout.place_of(["AWSLogs", "111122223333", "CloudTrail", "eu-west-1"])
        >>> excludes(Wanted(regions=frozenset({"us-east-1"})), place)
        True
    """
    if place is None:
        return False
    named = (
        (wanted.accounts, place.account),
        (wanted.folders, place.folder),
        (wanted.regions, place.region),
    )
    if any(names is not None and name and name not in names for names, name in named):
        return True
    if wanted.delivered_from is None and wanted.delivered_until is None:
        return False
    span = place.span
    return span is not None and not _meets(wanted, *span)


def contains(wanted: Wanted, place: layout.Place) -> bool:
    """Whether every delivery time below this place is wanted, so nothing below needs a look.

    Example:
        >>> from trailnb.sources.source import Wanted
        >>> contains(Wanted(), layout.Place(region="us-east-1"))
        True
    """
    if wanted.delivered_from is None and wanted.delivered_until is None:
        return True
    span = place.span
    if span is None:
        return False
    start, end = span
    return (wanted.delivered_from is None or wanted.delivered_from <= start) and (
        wanted.delivered_until is None or end <= wanted.delivered_until
    )


def wants(wanted: Wanted, file: LogFile, *, within: str = "") -> bool:
    """Whether a file is listed, judged by its whole path, as a walk down to it would.

    Example:
        >>> from trailnb.sources.source import LogFile, Wanted
        >>> wants(Wanted(accounts=frozenset({"111122223333"})), LogFile(key="events.json"))
        True
    """
    if is_litter(file.key, file.size_bytes):
        return False
    if wanted == _EVERYTHING:  # a bucket has millions of names
        return True
    folder, file_name = layout.split(file.key, within)
    return not (
        excludes(wanted, layout.place_at(folder)) or _excludes_name(wanted, file, file_name)
    )


def wants_events(wanted: Wanted) -> bool:
    """Whether anything but digests is wanted: a service that hands out events has no digests.

    Example:
        >>> from trailnb.sources.source import Wanted
        >>> wants_events(Wanted(folders=frozenset({"CloudTrail-Digest"})))
        False
    """
    return wanted.folders is None or bool(wanted.folders - {"CloudTrail-Digest"})


def _excludes_name(wanted: Wanted, file: LogFile, file_name: str) -> bool:
    """Whether the file's own name rules it out.

    Account and region of a name alone are not trusted: rewritten data keeps names, not accounts.
    """
    name = layout.name_of(file_name)
    if not name.is_full or name.delivered is None:
        return False
    if wanted.folders is not None and (file.folder or name.folder) not in wanted.folders:
        return True
    late = wanted.delivered_until is not None and name.delivered >= wanted.delivered_until
    return late or (wanted.delivered_from is not None and name.delivered < wanted.delivered_from)


def _meets(wanted: Wanted, start: datetime, end: datetime) -> bool:
    """Whether [start, end) and the wanted delivery times share a moment."""
    return (wanted.delivered_from is None or wanted.delivered_from < end) and (
        wanted.delivered_until is None or start < wanted.delivered_until
    )


def is_litter(key: str, size_bytes: int | None) -> bool:
    """Whether this cannot hold events, so that it is passed over without a word.

    Exactly these: `.DS_Store` and AppleDouble `._*` files, which macOS leaves in copies and
    archives, and the empty objects that mark folders in S3 (`…/`, `…_$folder$`).

    Example:
        >>> is_litter("logs/.DS_Store", 6148), is_litter("logs/", 0), is_litter("LICENSE", 11357)
        (True, True, False)
    """
    if key.endswith(("/", "_$folder$")):
        return not size_bytes
    if "._" not in key and ".DS_Store" not in key:
        return False
    _, name = layout.split(key)
    return name == ".DS_Store" or name.startswith("._")


def in_order(files: Iterable[LogFile]) -> tuple[LogFile, ...]:
    """The files in the order every listing has: by delivery, unstamped ones last, then by key."""
    return tuple(
        sorted(files, key=lambda file: (file.delivered is None, file.delivered or 0, file.key))
    )
