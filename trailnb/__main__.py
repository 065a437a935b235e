"""`python -m trailnb`: what scripts and cron need, with the functions that notebooks call.

A verb is a function that takes the parsed arguments and returns the exit status, and a line in
`_parser` that describes it.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from typing import TYPE_CHECKING, Any

from trailnb.errors import ProblemWarning, RequestError, TrailnbError
from trailnb.trail.opening import open as open_trail
from trailnb.trail.progress import Progress, default_display

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trailnb.trail.trail import Trail

FINE, PROBLEMS, USAGE, INTERRUPTED = 0, 1, 2, 130
_STATUS = """\
Exit status: 0 when all is well; 1 when log content could not be read, or a place could not be
listed, read or written; 2 when the command cannot be meant.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks, and return the exit status."""
    asked = _parser().parse_args(arguments)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ProblemWarning)  # each verb says what it met
            status: int = asked.verb(asked)
    except TrailnbError as error:
        print(f"trailnb: {error}", file=sys.stderr)
        return USAGE if isinstance(error, RequestError) else PROBLEMS
    except KeyboardInterrupt:
        print("trailnb: interrupted; what was saved is kept.", file=sys.stderr)
        return INTERRUPTED
    return status


def save(asked: argparse.Namespace) -> int:
    """Save logs as a trail, and say in one line what came of it."""
    last: list[Progress] = []
    shown = default_display()

    def note(progress: Progress) -> None:
        last[:] = [progress]
        if shown:
            shown(progress)

    trail = _opened(asked, note)
    kept = trail.save(asked.dest, storage_options=_options(asked))
    severities = kept.problems()["severity"].to_list()
    errors = severities.count("error")
    brought = f"{last[-1].files:,} new log files, {last[-1].events:,} events"
    print(f"{asked.dest}: {brought}; problems: {len(severities):,}, errors among them: {errors:,}")
    return PROBLEMS if errors else FINE


def _opened(asked: argparse.Namespace, progress: Any) -> Trail:  # noqa: ANN401 - passed on
    """Open the logs that the arguments of every verb name."""
    return open_trail(
        asked.source,
        since=asked.since,
        until=asked.until,
        accounts=asked.accounts,
        regions=asked.regions,
        late=None if asked.late == "none" else asked.late,
        storage_options=_options(asked),
        progress=progress,
        workers=asked.workers,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m trailnb",
        description="Investigate AWS CloudTrail logs.",
        epilog=_STATUS,
    )
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    verb = verbs.add_parser(
        "save",
        parents=[_logs()],
        help="keep logs as Parquet that opens fast: only what is new is read",
        description="Keep logs as a saved trail. Run it again, by hand or from cron: only log "
        "files that are new or changed are read. It may be broken off at any moment.",
        epilog=_STATUS,
    )
    verb.add_argument("dest", metavar="DEST", help="a folder, or a URL such as s3://bucket/case")
    verb.set_defaults(verb=save)
    return parser


def _logs() -> argparse.ArgumentParser:
    """Which logs? The arguments that verbs share."""
    shared = argparse.ArgumentParser(add_help=False)
    add = shared.add_argument
    add("source", metavar="SOURCE", help="where logs lie: a folder, archive, or s3://bucket/prefix")
    add("--since", metavar="MOMENT", help="events from here on (UTC), like 2026-11-01 or …T02:13Z")
    add("--until", metavar="MOMENT", help="events before this (UTC)")
    add(
        "--late",
        default="1d",
        metavar="TIME",
        help="how long after an event its log file may be delivered: 90m, 36h, 1d (default) or "
        "none, without end",
    )
    add("--accounts", type=_names, metavar="ID,…", help="only these accounts")
    add("--regions", type=_names, metavar="NAME,…", help="only these regions, and the global one")
    add("--workers", type=_positive, metavar="N", help="the most processes; 1 uses this one alone")
    add(
        "--storage-option",
        action="append",
        default=[],
        type=_option,
        metavar="NAME=VALUE",
        help="for S3 and other remote places, such as profile=audit or anon=true; may be repeated",
    )
    return shared


def _options(asked: argparse.Namespace) -> dict[str, Any] | None:
    return dict(asked.storage_option) or None


def _option(text: str) -> tuple[str, Any]:
    """Read NAME=VALUE; true, false and JSON objects are meant as such."""
    name, is_given, value = text.partition("=")
    if not (name and is_given):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    if value in {"true", "false"} or value.startswith("{"):
        try:
            return name, json.loads(value)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{value!r} is no JSON: {error}") from error
    return name, value


def _names(text: str) -> list[str]:
    return [name for name in map(str.strip, text.split(",")) if name]


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no count of processes: 1, 2, …")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
