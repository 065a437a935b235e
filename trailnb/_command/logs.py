"""Which logs does a verb speak of? The arguments that all share, and the trail they open."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from trailnb.sources.aws import OF_DOORS
from trailnb.trail.opening import open as open_trail
from trailnb.trail.progress import default_display

if TYPE_CHECKING:
    from collections.abc import Callable

    from trailnb.trail.progress import Progress
    from trailnb.trail.trail import Trail

_SERVICES = frozenset({"cloudtrail", "cloudwatch", "lake", "athena"})
_OPTIONS_OF_SERVICES = OF_DOORS | {"region_name"}


def logs() -> argparse.ArgumentParser:
    """Which arguments name the logs?"""
    shared = argparse.ArgumentParser(add_help=False)
    add = shared.add_argument
    add(
        "source",
        metavar="SOURCE",
        help="where logs lie: a folder, archive, s3://bucket/prefix, or a service to ask: "
        "cloudtrail://, cloudwatch://LOG-GROUP, lake://EVENT-DATA-STORE, athena://DATABASE/TABLE",
    )
    add("--since", metavar="MOMENT", help="events from here on (UTC), like 2026-11-01 or …T02:13Z")
    add("--until", metavar="MOMENT", help="events before this (UTC)")
    add(
        "--late",
        default="1d",
        metavar="TIME",
        help="how long after an event its log file may be delivered: 90m, 36h, 1d (default) or "
        "none, without end",
    )
    add("--accounts", type=names, metavar="ID,…", help="only these accounts")
    add(
        "--regions",
        type=names,
        metavar="NAME,…",
        help="only these regions, and the global one; or all",
    )
    add("--workers", type=positive, metavar="N", help="the most processes; 1 uses this one alone")
    remote_option(shared)
    return shared


def remote_option(parser: argparse.ArgumentParser) -> None:
    """Let it be said how a remote place is reached."""
    parser.add_argument(
        "--storage-option",
        action="append",
        default=[],
        type=_option,
        metavar="NAME=VALUE",
        help="for S3 and other remote places, such as profile=audit or anon=true; may be repeated",
    )


def opened(asked: argparse.Namespace, progress: Callable[[Progress], None] | None = None) -> Trail:
    """Open the logs that the arguments name."""
    return open_trail(
        asked.source,
        since=asked.since,
        until=asked.until,
        accounts=asked.accounts,
        regions="all" if asked.regions == ["all"] else asked.regions,
        late=None if asked.late == "none" else asked.late,
        storage_options=options(asked),
        progress=progress or default_display() or _silent,
        workers=asked.workers,
    )


def options(asked: argparse.Namespace) -> dict[str, Any] | None:
    """How is the remote place's filesystem configured?"""
    return dict(asked.storage_option) or None


def options_of_dest(asked: argparse.Namespace) -> dict[str, Any] | None:
    """How is the place to write to configured? Alike, but for what only a service understands."""
    scheme, is_url, _ = asked.source.partition("://")
    own = _OPTIONS_OF_SERVICES if is_url and scheme in _SERVICES else frozenset()
    given = options(asked) or {}
    return {name: value for name, value in given.items() if name not in own} or None


def names(text: str) -> list[str]:
    """Read a list with commas.

    Example:
        >>> names("111122223333, 444455556666")
        ['111122223333', '444455556666']
    """
    return [name for name in map(str.strip, text.split(",")) if name]


def positive(text: str) -> int:
    """Read a count.

    Example:
        >>> positive("2")
        2
    """
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no count: 1, 2, …")
    return int(text)


def value_of(text: str) -> tuple[str, str]:
    """Read NAME=VALUE as text.

    Example:
        >>> value_of("key=AKIAEXAMPLE")
        ('key', 'AKIAEXAMPLE')
    """
    name, is_given, value = text.partition("=")
    if not (name and is_given):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


def _option(text: str) -> tuple[str, Any]:
    """Read NAME=VALUE; true, false and JSON objects are meant as such."""
    name, value = value_of(text)
    if value in {"true", "false"} or value.startswith("{"):
        try:
            return name, json.loads(value)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{value!r} is no JSON: {error}") from error
    return name, value


def _silent(_: Progress) -> None:
    """Show nothing."""
