"""A trail: an opened body of logs, what its conclusions rest on, and what could not be read."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from trailnb.formats.problem import Problem, problem_frame
from trailnb.sources.source import Metered
from trailnb.trail import coverage, explanation, keeping

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping

    from trailnb.sources.source import Limit, LogFile
    from trailnb.store.saving import Map
    from trailnb.trail.arrival import Arrival
    from trailnb.trail.scan import EventScan
    from trailnb.trail.stored import StoredScan

#: Folders that hold evidence about logs, never events.
EVIDENCE_FOLDERS = frozenset({"CloudTrail-Digest"})

#: An event is delivered within minutes, so a credential issued just before the window may lie in
#: its first files.
_SOON = timedelta(hours=1)
_FILE_SCHEMA = pl.Schema(
    {
        "log_file": pl.String(),
        "use": pl.Enum(["events", "lookback", "evidence"]),
        "size_bytes": pl.Int64(),
        "delivered": pl.Datetime("us", "UTC"),
        "account": pl.String(),
        "region": pl.String(),
        "folder": pl.String(),
        "organization": pl.String(),
        "is_placed": pl.Boolean(),
    }
)


@dataclass(frozen=True)
class Trail:
    """An opened body of logs. Opening lists files; only collecting `events` reads them.

    `lookback_files` were delivered before the window and are read only for what issued a
    credential; `evidence_files` are digests. `unlisted` pairs places that could not be listed with
    the reason. `limits` say what the place can never tell.
    """

    scan: EventScan | StoredScan
    lookback_files: tuple[LogFile, ...] = ()
    evidence_files: tuple[LogFile, ...] = ()
    unlisted: tuple[tuple[str, str], ...] = ()
    listing_requests: int = 0
    notes: tuple[str, ...] = ()
    tables: tuple[pl.LazyFrame, ...] = field(default=(), repr=False)
    limits: tuple[Limit, ...] = ()

    @property
    def spent(self) -> tuple[str, ...]:
        """What has reading cost so far, where AWS bills by what is scanned? In sentences.

        Example:
            >>> import trailnb as tn
            >>> tn.open("data-samples/quiet").spent
            ()
        """
        source = getattr(self.scan, "source", None)  # a saved trail has none
        return source.spent() if isinstance(source, Metered) else ()

    @property
    def events(self) -> pl.LazyFrame:
        """Every event in the window, one row each, lazily: columns of the event table.

        Example:
            >>> import trailnb as tn
            >>> trail = tn.open("data-samples/quiet", progress=lambda _: None)
            >>> trail.events.select(pl.len()).collect().item() > 1000
            True
        """
        parts = [self.scan.lazy()] if self.scan.files or not self.tables else []
        return pl.concat([*parts, *self.tables]) if self.tables else parts[0]

    @property
    def lookback_events(self) -> pl.LazyFrame | None:
        """Events before the window, which may have issued its credentials; None if none are here.

        Read are the lookback files, and those of the window's own files that may hold earlier
        events: delivered within its first hour, or at a time that no name tells.

        Example:
            >>> import trailnb as tn
            >>> tn.open("data-samples/quiet").lookback_events is None
            True
        """
        files = self._looked_back_at()
        return self.scan.lookback(files) if files else None

    def _looked_back_at(self) -> tuple[LogFile, ...]:
        request = self.scan.request
        if request.since is None or not request.lookback:
            return self.lookback_files
        soon = request.since + _SOON
        early = (
            file for file in self.scan.files if file.delivered is None or file.delivered < soon
        )
        return (*self.lookback_files, *early)

    def files(self) -> pl.DataFrame:
        """Which files were listed, and what are they used for?

        Returns:
            One row per file, in reading order: log_file, use (events, lookback, evidence),
            size_bytes (stored), delivered (UTC, from the name), account, region, folder,
            organization, is_placed (path and name agree with the true layout).
        """
        groups = (
            ("events", self.scan.files),
            ("lookback", self.lookback_files),
            ("evidence", self.evidence_files),
        )
        rows = [
            (
                file.key, use, file.size_bytes, file.delivered, file.account, file.region,
                file.folder, file.organization, file.is_placed,
            )
            for use, files in groups
            for file in files
        ]  # fmt: skip
        return pl.DataFrame(rows, schema=_FILE_SCHEMA, orient="row")

    def problems(self) -> pl.DataFrame:
        """What could not be read, or not as it stands?

        Reads every file in full, once, also those that earlier queries skipped; the progress line
        says so first.

        Returns:
            One row per problem: log_file, position_bytes (in the decompressed text), log_index,
            reason, severity (error: events are lost or may be; warning: kept, not as they should
            be; note: nothing is lost).
        """
        ledger = self.scan.ledger
        if not ledger.is_complete:
            self.scan.check()
            ledger.is_complete = True
        unlisted = [Problem(place, f"could not be listed: {why}") for place, why in self.unlisted]
        return problem_frame([*unlisted, *ledger.problems]).sort(
            "severity", "log_file", "position_bytes", "log_index", "reason"
        )

    def duplicates(self) -> pl.DataFrame:
        """How many events were delivered before, per log file?

        Reads every file for event ids.

        Returns:
            One row per file that holds any: log_file, copies (dropped: an earlier file holds the
            same record), differing (kept: another record with the same event id says something
            else).
        """
        counts = self.scan.duplicates()
        return pl.DataFrame(
            [(key, copies, differing) for key, (copies, differing) in counts.items()],
            schema={"log_file": pl.String(), "copies": pl.UInt32(), "differing": pl.UInt32()},
            orient="row",
        ).sort("log_file")

    def coverage(self) -> pl.DataFrame:
        """Which hours do the logs speak about, and which hours can they not speak about?

        Returns:
            One row per account, region, category and hour (UTC) of the window: status, events and
            because. Status is seen; none seen (which cannot tell quiet from unlogged); nothing
            delivered (an empty digest proves it); logging stopped or selectors changed (because
            names the event); unreadable (because names the file); outside the request.
        """
        return coverage.coverage_of(self)

    def save(
        self,
        dest: str | os.PathLike[str],
        *,
        map: Map | None = None,  # noqa: A002 - it is a map
        storage_options: Mapping[str, Any] | None = None,
    ) -> Trail:
        """Keep this trail as Parquet, and open what was kept.

        Saving again brings only log files that are new or changed. A kill at any moment leaves a
        store that opens; the next save completes it.

        Args:
            dest: a folder, or a URL such as `s3://bucket/cases/042`.
            map: runs the tasks, one per part: anything map-shaped, such as a cluster's. None uses
                worker processes here when that pays.
            storage_options: what the destination's filesystem is configured with.

        Returns:
            The saved trail, over the same window.

        Raises:
            SourceError: the destination cannot be written, or holds something else.
        """
        return keeping.save(self, dest, map, storage_options)

    def follow(
        self,
        dest: str | os.PathLike[str],
        *,
        every: str | timedelta = "1m",
        queue: str | None = None,
        rounds: int | None = None,
        reader: str = "follow",
        storage_options: Mapping[str, Any] | None = None,
    ) -> Iterator[Arrival]:
        """Which log files come from now on? Keeps them as `save` does, and hands them over.

        Each step brings what is new into the store at `dest` and, where something came, yields an
        `Arrival`: log files, events, problems. A log file counts as had when the next arrival is
        asked for; after a crash it comes again, so every event comes at least once, and with the
        journal of `tn.respond` is acted on once. Copies of what was had are left out; a log file
        that was written again is new as a whole. What the store held before is not new.

        In S3 a step lists what came after the last hour of each account and region: 12 requests
        for 4 accounts in 3 regions. Every 15 minutes the days within `late` are listed (new
        accounts and regions, late log files, digests), and once a day, and at first, everything.
        Elsewhere each step lists the days within `late`. With `until`, it ends when nothing can
        come any more; Ctrl-C while it waits or brings something ends it, too.

        Args:
            dest: a folder, or a URL such as `s3://bucket/cases/042`.
            every: the pace; a step that takes longer is followed by the next at once.
            queue: URL of an SQS queue of its own that tells of new objects (CloudTrail's, S3's or
                EventBridge's notifications); steps then ask it instead of listing. A message is
                removed once its log files are in the store. Needs the extra `aws`.
            rounds: so many steps, then an end; None goes on.
            reader: whose place in the store is remembered; each reader gets everything.
            storage_options: what the destination's filesystem is configured with.

        Raises:
            RequestError: this trail cannot be followed, or an argument cannot be meant.
            SourceError: a place refuses for good. Follow again: it goes on where it was.

        Example:
            >>> import tempfile
            >>> import trailnb as tn
            >>> trail = tn.open("data-samples/quiet", progress=lambda _: None)
            >>> for fresh in trail.follow(tempfile.mkdtemp(), rounds=1):
            ...     print(len(fresh.files) == len(trail.files()), fresh.problems.height)
            True 0
        """
        from trailnb.trail import following

        return following.follow(
            self, dest, every=every, queue=queue, rounds=rounds, reader=reader,
            storage_options=storage_options,
        )  # fmt: skip

    def compact(self) -> int:
        """Join the small parts of a saved trail; returns how many parts are gone.

        Parts that were saved under older facts are written again under today's.

        Raises:
            RequestError: this trail is not a saved one.
        """
        return keeping.compact(self)

    def verify_store(self) -> pl.DataFrame:
        """Is every part of a saved trail whole, and does it hold what its ledger says?

        Returns:
            One row per problem: log_file (or part), position_bytes, log_index, reason, severity.
            No row: the store is whole.

        Raises:
            RequestError: this trail is not a saved one.
        """
        return keeping.verify(self)

    def explain(self, where: pl.Expr | None = None) -> str:
        """What would a query read: days, accounts, files, bytes, and what is left out?

        Args:
            where: the query's filter, to see which files it lets the reader leave out by name.
        """
        return explanation.explain(self, where)

    def __repr__(self) -> str:
        """Say in one line what was opened."""
        return explanation.headline(self)

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(explanation.headline(self))}</p>"
