"""The story of one resource: who made it, changed it, opened it up, read it, and removed it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from trailnb._frame import FrameT, HasEvents, QuestionClass, asked, refined
from trailnb.questions._collapse import ROWS, SHOWN, TOLD, in_rows, is_attributed, told_by
from trailnb.questions._matching import (
    ISSUING,
    MENTIONING,
    Filter,
    issues_in,
    matches,
    mentions,
    warn_nothing_found,
)

if TYPE_CHECKING:
    from trailnb._frame import Narwhal

CLASS: QuestionClass = "refined"
SCHEMA = pl.Schema({"time": ROWS["time"], "until": ROWS["until"], "stage": pl.String()} | ROWS)
#: Rows of one second have no order among themselves; their first event id decides.
SORT_KEY = ("time",)

# Verbs, not names: what brings a thing about, and what ends it.
_BEGINS = ":(Allocate|Create|Import|Launch|Register|Request|Restore|Run)"
_ENDS = ":(Delete|Deregister|Release|Terminate|Schedule\\w*Deletion)"
# Taking a role, signing in.
_USES = "^(sts|signin):"
# These ARNs have no word for the kind.
_WORDLESS = "^arn:[^:]*:(s3|sns|sqs):"
_READS = ("read", "list")


def resource(events: HasEvents[FrameT] | FrameT, arn: Filter) -> pl.LazyFrame:
    """What happened to this resource, from its making to its end, and who named it elsewhere?

    A refined question: always a Polars LazyFrame, and nothing is read before it is collected.
    Repeats share a row as in `tn.timeline`. Ask of all events: who is behind a role is told by the
    events that issued its credentials. What a user or role itself *did* is `tn.timeline`'s answer.

    Args:
        events: A trail, its `events`, or a part of them.
        arn: The resource as `target` has it, its ARN as a rule; a `*` pattern or a list of several
            (`"arn:aws:s3:::payroll*"` is a bucket with its objects).

    Returns:
        The columns of `tn.timeline`, sorted like it, with `stage` after `until`: created, changed,
        permission, tagged, read, deleted, used (a role taken, a sign-in); attempted for what did
        not succeed; mentioned where another resource was acted on, and this one is named in its
        resources, request or response (a policy attached, a role passed).

    Warns:
        NothingFoundWarning: no event acts on it or names it.

    Example:
        >>> import trailnb as tn
        >>> trail = tn.open("data-samples/quiet", progress=lambda _: None)
        >>> story = resource(trail, "arn:aws:iam::*:role/thumbnailer-role")
        >>> story.collect()["stage"].unique().sort().to_list()
        ['permission', 'read', 'tagged']
    """
    needed = [*SHOWN.values(), *TOLD, *MENTIONING]
    frame = asked(events, needed, "resource")
    frame = asked(frame, () if is_attributed(frame) else ISSUING, "resource")
    return refined(SCHEMA, lambda: _story(events, frame, arn))


def _story(events: object, frame: Narwhal, arn: Filter) -> pl.DataFrame:
    import narwhals.stable.v2 as nw

    issues = None if is_attributed(frame) else issues_in(events, frame)
    kept = told_by(frame.filter(mentions(arn)), issues).collect().lazy()
    acted = nw.from_native(kept).filter(matches("target", arn)).to_native()
    named = kept.join(acted.select("event_id"), on="event_id", how="anti", nulls_equal=True)
    rows = pl.concat(
        [
            in_rows(acted).with_columns(stage=_stage()),
            in_rows(named).with_columns(stage=pl.lit("mentioned")),
        ]
    )
    if rows.is_empty():
        warn_nothing_found(f"Nothing found: no event acts on {arn!r} or names it.")
    return rows.sort("time", pl.col("event_ids").list.first()).select(SCHEMA.names())


def _stage() -> pl.Expr:
    """Tell the stage of a resource's life from what was done to it."""
    access, action = pl.col("access"), pl.col("action")
    return (
        pl.when(access.is_in(_READS))
        .then(pl.lit("read"))
        .when(pl.col("outcome") != "success")
        .then(pl.lit("attempted"))
        .when(action.str.contains(_USES))
        .then(pl.lit("used"))
        .when(_is_itself() & action.str.contains(_ENDS))
        .then(pl.lit("deleted"))
        .when(_is_itself() & action.str.contains(_BEGINS))
        .then(pl.lit("created"))
        .when(access == "permission")
        .then(pl.lit("permission"))
        .when(access == "tagging")
        .then(pl.lit("tagged"))
        .otherwise(pl.lit("changed"))
    )


def _is_itself() -> pl.Expr:
    """Is the action's noun the target's kind: CreateUser on user/…, and not CreateAccessKey?"""
    noun = pl.col("action").str.extract("([A-Z][A-Za-z]*?)(?:Deletion|s)?$")
    noun = noun.str.replace("^[A-Z][a-z]+", "").str.to_lowercase()
    target = pl.col("target").str.replace_all("-", "", literal=True)
    named = target.str.contains(pl.concat_str(pl.lit(":"), noun, pl.lit("[:/]")))
    return (named | target.str.contains(_WORDLESS)).fill_null(value=False)
