"""Data access drawn: who took how many bytes out of what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from trailnb._frame import needs, table
from trailnb.charts import _look, _moments, _words
from trailnb.charts._ranked import ROWS, ranked

if TYPE_CHECKING:
    from narwhals.stable.v2.typing import IntoFrame

    from trailnb.charts._offline import Chart, Layers

_KINDS = _look.Kinds(
    ("all refused", "also changed something", "only read"),
    (_look.ORANGE, _look.BLUE, _look.GREY),
    (_look.CROSS, "square", _look.DOT),
)
_NEEDED = (
    "actor", "service", "resource", "prefix", "events", "reads", "writes", "denied", "objects",
    "bytes_in", "bytes_out", "first_seen", "last_seen",
)  # fmt: skip
_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")
_THOUSAND = 1_000


def data_access(answer: IntoFrame, *, title: str = "Data read and written") -> Chart | Layers:
    """Who took how much out of which data?

    A row per actor, resource and prefix, in the order of the answer: most bytes out first. Where
    the service tells no bytes, the row has no length and says so. Beyond 30 rows the heading counts
    the rest.

    Args:
        answer: What `trailnb.data_access` answered, any kind of frame.
        title: Heading of the chart.

    Returns:
        An Altair chart, not yet displayed, that shows itself without the network.

    Example:
        >>> import trailnb as tn
        >>> answer = tn.data_access(tn.open("data-samples/acme", since="2026-11-03"))
        >>> data_access(answer).to_dict()["description"]
        'Data access: 322 events by 12 actors, 871 MB out; 5 of 18 rows tell no bytes.'
    """
    shown = table(answer)
    needs(shown.columns, _NEEDED, "charts.data_access")
    if shown.is_empty():
        return _look.nothing(title, "Data access: no data event in this answer.")
    out, untold = int(shown["bytes_out"].sum()), shown["bytes_out"].null_count()
    left = shown.height - ROWS
    said = f"; {untold:,} of {_words.many(shown.height, 'row')} tell no bytes" if untold else ""
    return ranked(
        pl.DataFrame([_row(row) for row in shown.head(ROWS).iter_rows(named=True)]),
        _KINDS,
        title=title,
        notes=[f"{left:,} more rows of fewer bytes are in the answer"] if left > 0 else [],
        description=(
            f"Data access: {_words.many(int(shown['events'].sum()), 'event')} by "
            f"{_words.many(shown['actor'].n_unique(), 'actor')}, {size(out)} out{said}."
        ),
        amount="bytes out",
        told={
            "actor": "actor", "events": "events (read, changed, refused)", "objects": "objects",
            "in": "bytes in", "from": "first", "until": "last",
        },
    )  # fmt: skip


def size(count: int) -> str:
    """How is a number of bytes said?

    Example:
        >>> size(782_014_807), size(1)
        ('782 MB', '1 byte')
    """
    if count == 1:
        return "1 byte"
    number, unit = float(count), 0
    while number >= _THOUSAND and unit < len(_UNITS) - 1:
        number, unit = number / _THOUSAND, unit + 1
    return f"{number:,.3g} {_UNITS[unit]}" if number < _THOUSAND else f"{number:,.0f} {_UNITS[-1]}"


def _row(row: dict[str, Any]) -> dict[str, Any]:
    is_refused = row["denied"] == row["events"]
    kind = _KINDS.names[0 if is_refused else 1 if row["writes"] else 2]
    place = row["resource"] or f"{row['service']}, unnamed"
    place = "/".join(filter(None, [place.removeprefix("arn:aws:s3:::"), row["prefix"]]))
    out = "bytes not told" if row["bytes_out"] is None else size(row["bytes_out"])
    actor = _words.label(row["actor"])
    counts = (row["reads"], row["writes"], row["denied"])
    return {
        "row": _words.label(place),
        "amount": row["bytes_out"],
        "kind": kind,
        "note": f"{out} in {_words.many(row['events'], 'event')} · {actor}",
        "actor": actor,
        "events": f"{row['events']:,} ({', '.join(f'{count:,}' for count in counts)})",
        "objects": f"{row['objects']:,}",
        "in": "not told" if row["bytes_in"] is None else f"{row['bytes_in']:,}",
        "from": _moments.told(row["first_seen"]),
        "until": _moments.told(row["last_seen"]),
    }
