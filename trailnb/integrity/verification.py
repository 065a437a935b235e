"""What a verification found: a row per object, a summary in words, an exit status, a column."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar, cast

import polars as pl

from trailnb import _frame
from trailnb.integrity import wording
from trailnb.integrity.results import BROKEN

if TYPE_CHECKING:
    from datetime import datetime

    import narwhals.stable.v2 as nw
    from narwhals.stable.v2.typing import IntoFrame

FrameT = TypeVar("FrameT", bound="IntoFrame")

PROVEN, REFUTED, OPEN = 0, 1, 4
#: What the column `integrity` may say.
INTEGRITY = ("verified", "modified", "not covered", "unknown")
#: A moved log file holds what was signed; only its place is another.
_INTEGRITY_OF = {
    "valid": "verified",
    "moved": "verified",
    "modified": "modified",
    "not covered": "not covered",
}


@dataclass(frozen=True)
class Verification:
    """The outcome of `tn.verify`.

    `results` has a row per digest, log file and hour without a digest: object (as listed, or
    `s3://bucket/key` of what is not here; null for an hour), kind (digest, backfill digest, log
    file, hour), status, reason (null when valid), region, account, hour (UTC, in which the digest's
    hour begins). Sorted by account, region, hour, kind, object.

    | status | meaning |
    |---|---|
    | valid | as CloudTrail signed it |
    | not covered | a log file in no digest: nothing can be said of it |
    | unknown | it could not be checked: no key, no signature, not readable |
    | not logged | an hour without a digest, because logging or validation was off |
    | moved | as signed, but under another name |
    | replayed | a digest of another hour, or an older version, put here |
    | missing | a digest or log file that a signature speaks of is not here; an hour has no digest |
    | modified | not what CloudTrail signed |
    """

    results: pl.DataFrame
    has_digests: bool = True
    is_saved: bool = False
    scope: tuple[datetime | None, datetime | None] = (None, None)
    keys: tuple[tuple[str, str], ...] = field(default=())

    @property
    def exit_code(self) -> int:
        """Which status should a script end with?

        0 when everything that was looked at is proven, 1 when anything contradicts its proof
        (moved, replayed, missing, modified), 4 when nothing does, but not everything is proven.
        """
        statuses = set(self.results["status"].unique())
        if statuses & BROKEN:
            return REFUTED
        return PROVEN if statuses == {"valid"} else OPEN

    def summary(self) -> str:
        """What was found, in the words of `aws cloudtrail validate-logs`, and what it cannot say.

        Example:
            >>> import trailnb as tn
            >>> found = tn.verify("data-samples/acme", keys="data-samples/keys")
            >>> "29/29 digest files valid" in found.summary()
            True
        """
        return wording.summary(self)

    @property
    def told(self) -> str:
        """What was found, and what it cannot say, in two sentences?"""
        return f"{wording.headline(self)}. It cannot say {'; '.join(wording.unsaid(self))}."

    def lines(self, *, verbose: bool = False) -> list[str]:
        r"""Which objects are not valid, one line each; with `verbose` also those that are.

        Example:
            >>> import trailnb as tn
            >>> found = tn.verify("data-samples/acme", keys="data-samples/keys")
            >>> found.lines()[0].split("\t")[0]
            'Log file'
        """
        return wording.lines(self.results, verbose=verbose)

    def annotate(self, events: FrameT) -> FrameT:
        """Which events come from log files that are proven? Adds `integrity`, by `log_file`.

        Args:
            events: the event table, or a part of it with `log_file`, of any engine.

        Returns:
            The same kind of frame with `integrity`: verified, modified, not covered, unknown (also
            for log files that were not looked at). Verified speaks of the log file's text.

        Raises:
            ColumnError: the frame has no column `log_file`.

        Example:
            >>> import trailnb as tn
            >>> trail = tn.open("data-samples/acme", regions="us-east-1", accounts="444455556666")
            >>> found = tn.verify(trail, keys="data-samples/keys")
            >>> events = found.annotate(trail.events)
            >>> events.group_by("integrity").len().sort("len").collect()["integrity"].to_list()
            ['verified', 'not covered']
        """
        import narwhals.stable.v2 as nw

        frame = _frame.asked(events, ["log_file"], "annotate")
        known = nw.from_native(self.integrity(), eager_only=True)
        beside = cast("Any", _beside(frame, known))
        joined = frame.join(beside, on="log_file", how="left")
        said = joined.with_columns(nw.col("integrity").fill_null("unknown"))
        return cast("FrameT", said.to_native())

    def integrity(self) -> pl.DataFrame:
        """What is known of each log file: log_file, integrity.

        Example:
            >>> import trailnb as tn
            >>> found = tn.verify("data-samples/quiet")
            >>> found.integrity()["integrity"].unique().to_list()
            ['not covered']
        """
        status = pl.col("status").cast(pl.String)
        said = status.replace_strict(_INTEGRITY_OF, default="unknown")
        return (
            self.results.filter(pl.col("kind") == "log file", pl.col("status") != "missing")
            .select(log_file="object", integrity=said)
            .unique("log_file", keep="first", maintain_order=True)
        )

    def __str__(self) -> str:
        return self.summary()

    def __repr__(self) -> str:
        """Say in one line what was found."""
        return f"Verification: {wording.headline(self)}"

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(self.summary())}</pre>"


def _beside(frame: _frame.Narwhal, known: nw.DataFrame[pl.DataFrame]) -> _frame.Narwhal:
    """Bring what is known to the engine of the caller's frame."""
    import narwhals.stable.v2 as nw

    if isinstance(frame, nw.DataFrame):
        backend = frame.implementation
        if backend.is_polars():
            return known
        # Arrow's newest text type lacks kernels that joins need.
        arrow = known.to_native().to_arrow(compat_level=pl.CompatLevel.oldest())
        return nw.from_arrow(arrow, backend=backend)
    return cast("_frame.Narwhal", known.lazy(frame.implementation))
