"""What can be typed after `python -m trailnb`, and the help that an analyst reads."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from trailnb._command import asking, configuring, following, reporting, running, saving, verifying
from trailnb._command.logs import logs, names, positive, remote_option, value_of
from trailnb._command.printing import FORMATS
from trailnb._command.status import TOLD

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Verb = Callable[[argparse.Namespace], int]
    Verbs = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - it has no other name

_SHOWN_ROWS = 50


def parser() -> argparse.ArgumentParser:
    """Which verbs are there?"""
    told = argparse.ArgumentParser(
        prog="python -m trailnb",
        description="Investigate AWS CloudTrail logs.",
        epilog=TOLD,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = told.add_subparsers(title="verbs", metavar="VERB", required=True)
    _timeline(verbs)
    _questions(verbs)
    _keeping(verbs)
    _running(verbs)
    _configuring(verbs)
    return told


def _timeline(verbs: Verbs) -> None:
    verb = _verb(
        verbs, asking.timeline, [logs(), _form()],
        "who did what, to what, from where, and how it ended",
        "Tell who did what, in order of time. Repeats share a row; each row has its sentence.",
    )  # fmt: skip
    for name in asking.FILTERS:
        verb.add_argument(
            f"--{name}", type=names, metavar="VALUE,…", help=f"only this {name}; * patterns work"
        )


def _questions(verbs: Verbs) -> None:
    _verb(
        verbs, asking.origins, [logs(), _form()],
        "every source address, what it touched, and what is odd about it",
        "Tell where calls came from, first seen first.",
    )  # fmt: skip
    changes = _verb(
        verbs, asking.iam_changes, [logs(), _form()],
        "permission changes, before and after, with what they gave",
        "Replay permission changes in causal order. JSON and CSV hold the documents.",
    )  # fmt: skip
    changes.add_argument(
        "--principal", type=names, metavar="NAME,…", help="only changes to these users or roles"
    )
    _verb(
        verbs, asking.coverage, [logs(), _form()],
        "what the logs speak about, and what they cannot tell",
        "Tell hours per account, region, category and status; JSON and CSV have a row per hour.",
    )  # fmt: skip


def _keeping(verbs: Verbs) -> None:
    verb = _verb(
        verbs, saving.save, [logs()],
        "keep logs as Parquet that opens fast: only what is new is read",
        "Keep logs as a saved trail. Run it again, by hand or from cron: only log files that are "
        "new or changed are read. It may be broken off at any moment.",
    )  # fmt: skip
    verb.add_argument("dest", metavar="DEST", help="a folder, or a URL such as s3://bucket/case")
    verb = _verb(
        verbs, following.follow, [logs()],
        "keep logs up to date as they come, with a line for each arrival",
        "Bring new log files into a saved trail, again and again. It may be broken off at any "
        "moment, and goes on from there when it is run again.",
    )  # fmt: skip
    verb.add_argument("dest", metavar="DEST", help="a folder, or a URL such as s3://bucket/case")
    add = verb.add_argument
    add("--every", default="1m", metavar="TIME", help="at most one step in each: 1m (default), 30s")
    add("--queue", metavar="URL", help="an SQS queue that tells of new objects in the bucket")
    add("--rounds", type=positive, metavar="N", help="end after so many steps")
    verb = _verb(
        verbs, reporting.report, [logs()],
        "triage of some logs as one page, unattended",
        "Write triage, timeline and coverage on paper: .html, .md, .csv, .jsonl or .parquet.",
    )  # fmt: skip
    verb.add_argument("dest", metavar="FILE", help="where to write it; its ending says the form")
    verb.add_argument("--title", metavar="TEXT", help="the heading")
    _verifying(verbs)


def _verifying(verbs: Verbs) -> None:
    verb = _verb(
        verbs, verifying.verify, [logs()],
        "prove by CloudTrail's digests that log files are whole and untouched",
        "Verify digests and log files of a bucket, a copy or a saved trail. Prints a line for each "
        "object that is not valid, and a summary.",
    )  # fmt: skip
    verb.epilog = verifying.TOLD
    add = verb.add_argument
    add("--keys", metavar="PATH", help="public keys: a file, a folder, or aws to ask AWS")
    add("--signatures", metavar="FILE", help="what S3 kept beside the digests, as JSON")
    add("--verbose", action="store_true", help="print valid objects as well")


def _running(verbs: Verbs) -> None:
    verb = _verb(
        verbs, running.run, [],
        "a playbook without a person: notebook and page, and findings by exit status",
        "Run a playbook notebook headless, with parameters.",
    )  # fmt: skip
    verb.add_argument("playbook", metavar="PLAYBOOK", help="a path, or a name as in notebooks/: 01")
    verb.add_argument(
        "-p", "--parameter", action="append", default=[], type=value_of, metavar="NAME=VALUE",
        help="a parameter of its first cell, such as source=logs/; may be repeated",
    )  # fmt: skip
    verb.add_argument("-o", "--out", default="out", metavar="FOLDER", help="where results go: out/")


def _configuring(verbs: Verbs) -> None:
    verb = _verb(
        verbs, configuring.trails, [_form()],
        "which trails an account has, and what is to mend about them",
        "Ask AWS about every trail of the account, and tell what is not as AWS advises. Changes "
        "nothing. JSON and CSV also have what is good, with reasons, remedies and AWS's pages.",
    )  # fmt: skip
    verb.epilog = configuring.TOLD
    add = verb.add_argument
    add("--profile", metavar="NAME", help="whose credentials, as in your AWS configuration")
    add("--regions", type=names, metavar="NAME,…", help="ask only these regions")
    add("--bucket", metavar="NAME", help="only trails that deliver into this bucket")
    remote_option(verb)


def _form() -> argparse.ArgumentParser:
    """How is the answer printed?"""
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--format", choices=FORMATS, default="table", help="table (default), json or csv"
    )
    shared.add_argument(
        "--limit", type=positive, metavar="N",
        help=f"rows at most; a table shows {_SHOWN_ROWS} unless told, json and csv all",
    )  # fmt: skip
    return shared


def _verb(
    verbs: Verbs,
    does: Verb,
    parents: Sequence[argparse.ArgumentParser],
    told: str,
    description: str,
) -> argparse.ArgumentParser:
    made = verbs.add_parser(
        does.__name__.replace("_", "-"), parents=parents, help=told, description=description,
        epilog=TOLD, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    made.set_defaults(verb=does)
    return made


def read(arguments: Sequence[str] | None) -> argparse.Namespace:
    """What is asked?"""
    asked = parser().parse_args(arguments)
    if getattr(asked, "format", "") == "table" and asked.limit is None:
        asked.limit = _SHOWN_ROWS
    return asked
