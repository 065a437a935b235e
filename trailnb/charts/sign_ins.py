"""Sign-ins drawn: who signed in when, with MFA or without, and who failed to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from trailnb._frame import needs, table
from trailnb.charts import _look, _moments, _words
from trailnb.charts._lanes import drawn, laned

if TYPE_CHECKING:
    from narwhals.stable.v2.typing import IntoFrame

    from trailnb.charts._offline import Chart, Layers

_KINDS = _look.Kinds(
    ("failed", "without MFA", "MFA not told", "with MFA"),
    (_look.ORANGE, _look.MAGENTA, _look.GREY, _look.GREEN),
    (_look.CROSS, "diamond", _look.DOT, "square"),
)
#: A password alone opened the door: rarer and more telling than a failure.
_WEIGHTS = {"without MFA": 4, "failed": 2}
_NEEDED = ("time", "actor", "kind", "outcome", "is_mfa", "failures_before", "origin")


def sign_ins(answer: IntoFrame, *, title: str = "Who signed in") -> Chart | Layers:
    """Who signed in when, with MFA or without, and who failed to?

    A lane per actor, unusual bursts first. Where an identity provider signs the user in, AWS cannot
    tell whether MFA was used, and the chart says so. Beyond 16 actors the calmest share one lane.

    Args:
        answer: What `trailnb.sign_ins` answered, any kind of frame.
        title: Heading of the chart.

    Returns:
        An Altair chart, not yet displayed, that shows itself without the network.

    Example:
        >>> import trailnb as tn
        >>> answer = tn.sign_ins(tn.open("data-samples/acme", since="2026-11-03"))
        >>> sign_ins(answer.filter(pl.col("actor") == "svc-backup-sync")).to_dict()["description"]
        'Sign-ins: 2 by 1 actor, 2026-11-03 03:01 to 03:02 UTC: 1 failed, 1 without MFA.'
    """
    shown = table(answer)
    needs(shown.columns, _NEEDED, "charts.sign_ins")
    events = shown.select(
        "time", lane="actor", told=_told(), kind=_kind(), count=pl.lit(1, pl.Int64)
    ).drop_nulls("time")
    undated = _words.without(shown.height - events.height)
    if events.is_empty():
        return _look.nothing(title, f"Sign-ins: none in this answer{undated}.")
    found = laned(events, _WEIGHTS, "calmer actors")
    counts = dict(events.group_by("kind").len().iter_rows())
    told = ", ".join(f"{counts[kind]:,} {kind}" for kind in _KINDS.names if kind in counts)
    sentence = (
        f"Sign-ins: {events.height:,} by {_words.many(events['lane'].n_unique(), 'actor')}, "
        f"{_moments.during(found.span)}: {told}{undated}."
    )
    return drawn(
        found, _KINDS, title=title, description=sentence, lane="actor", told="how, from where"
    )


def _kind() -> pl.Expr:
    mfa = pl.col("is_mfa")
    return (
        pl.when(pl.col("outcome") != "success")
        .then(pl.lit(_KINDS.names[0]))
        .when(mfa.is_null())
        .then(pl.lit(_KINDS.names[2]))
        .when(mfa)
        .then(pl.lit(_KINDS.names[3]))
        .otherwise(pl.lit(_KINDS.names[1]))
    )


def _told() -> pl.Expr:
    """Say in a few words how it went; the origin is at the end, which a short label keeps."""
    before = pl.col("failures_before")
    after = pl.when(before > 0).then(pl.format(" after {} failures", before))
    kind, origin = pl.col("kind").fill_null("sign-in"), pl.col("origin").fill_null("unknown")
    return pl.concat_str(kind, after.fill_null(""), pl.lit(" from "), origin)
