"""The timeline explorer: who did how much of what, when; from the whole case to one record."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import polars as pl
import traitlets

from trailnb._lineage.attribute import attribute
from trailnb.errors import RequestError
from trailnb.facts.kinds import KINDS
from trailnb.questions.timeline import timeline
from trailnb.trail.scan import EventScan
from trailnb.trail.trail import Trail
from trailnb.widgets._filters import CHOICES, in_events
from trailnb.widgets._marks import Marks, Recorder
from trailnb.widgets._shell import Answer, Shell, script, style
from trailnb.widgets._svg import lanes_svg
from trailnb.widgets._traits import Narrowed, Span, span_of
from trailnb.widgets.timeline_model import ORDERS, Timeline, label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

#: Raw logs above this are read slowly enough that saving them first pays.
_LARGE_BYTES = 20_000_000
_PAGE = 100


def explore(trail_or_events: object, *, case: Recorder | None = None) -> TimelineExplorer:
    """Who did how much of what, when? The timeline, to look around in.

    Reads the events once, for a small index of who, what, where and when. Drag over the lanes to
    list what happened there; click a row for its whole record. `window`, `brush`, `filters` and
    `selected` can be set and observed.

    Args:
        trail_or_events: A trail, its `events`, or a part of them.
        case: A `tn.Case` that takes stars and notes.

    Returns:
        A widget; a cell that ends with it shows it. Without a notebook around it, it is a picture
        or a sentence.

    Raises:
        ColumnError: the frame lacks columns of the event table.

    Example:
        >>> import trailnb as tn
        >>> trail = tn.open("data-samples/quiet", progress=lambda _: None)
        >>> w = tn.explore(trail)
        >>> w.filters = {"service": "iam", "outcome": "denied"}
        >>> w.events().select("actor", "action").collect().height
        0
    """
    return TimelineExplorer(trail_or_events, case=case)


class TimelineExplorer(Shell):
    """The timeline explorer; `tn.explore` makes one.

    Attributes:
        window: The visible stretch of time, seconds since 1970, the end not included. Set it with
            any moments: `w.window = ("2026-11-03T02:00Z", "2026-11-03T03:00Z")`.
        brush: The marked stretch inside it; empty when nothing is marked.
        filters: `{"actor": [...], "service": …, "account": …, "region": …, "outcome": …,
            "kind": …, "text": …}`; values are names, text is looked for in all names.
        selected: Event id of the record that is shown; empty for none.
    """

    _esm = script("core", "table", "record", "lanes", "timeline")
    _css = style("core", "timeline")
    #: What the browser sees and sets beside its messages.
    PUBLIC = ("window", "brush", "filters", "selected")
    window = Span().tag(sync=True)
    brush = Span().tag(sync=True)
    filters = Narrowed().tag(sync=True)
    selected = traitlets.Unicode().tag(sync=True)

    def __init__(self, trail_or_events: object, *, case: Recorder | None = None) -> None:
        self._model = Timeline(trail_or_events)
        self._asked_of = trail_or_events
        self._recorder: Recorder = Marks() if case is None else case
        self._starred: dict[str, int] = self._model.index.positions_of(self._recorder.stars)
        super().__init__(window=_shown(self._model.extent))

    @property
    def starred(self) -> list[str]:
        """Which events are starred, by their ids?"""
        return list(self._recorder.stars)

    @property
    def notes(self) -> list[Any]:
        """What was written down: `text`, and the `event_ids` it is about."""
        return list(self._recorder.notes)

    def star(self, event_id: str) -> None:
        """Star an event; once more takes the star away."""
        with self._lock:
            self._recorder.star(event_id)
            self._starred = self._model.index.positions_of(self._recorder.stars)

    def note(self, text: str, *, event_ids: str | Iterable[str] = ()) -> None:
        """Write something down about these events."""
        about = [event_ids] if isinstance(event_ids, str) else list(event_ids)
        self._recorder.note(text, event_ids=about)

    def events(self) -> pl.LazyFrame:
        """Which events are selected: in the brush or else the window, and through the filters?

        The frame is lazy and has the columns of the events that were given. Events without a time
        are part of it as long as the window shows everything.
        """
        return self._model.index.events.filter(self._selection())

    def timeline(self) -> pl.LazyFrame:
        """What is the timeline of the selected events, as `tn.timeline` answers?

        Sessions are led back to their beginnings over all events, before anything is left out.
        """
        chosen: pl.LazyFrame = timeline(attribute(self._whole()).filter(self._selection()))
        return chosen

    def _whole(self) -> object:
        return self._asked_of if isinstance(self._asked_of, Trail) else self._model.index.events

    def _selection(self) -> pl.Expr:
        start, end = span_of(self.brush or self.window or _shown(self._model.extent))
        seconds = pl.col("event_time").dt.epoch("s")
        inside = seconds.is_between(start, end, closed="left")
        first, last = self._model.extent
        if not self.brush and start <= first and last <= end:
            inside |= seconds.cast(pl.UInt32, strict=False).is_null()
        return inside & in_events(self.filters)

    def _asked(self) -> dict[str, Callable[..., Answer]]:
        return {
            "about": self._about,
            "overview": self._overview,
            "view": self._view,
            "rows": self._rows,
            "record": self._record,
            "choose": self._choose,
            "star": self._star,
            "note": self._note,
        }

    def _about(self) -> Answer:
        told = {
            "extent": _shown(self._model.extent),
            "events": self._model.index.rows.height,
            "untimed": self._model.index.untimed,
            "kinds": list(KINDS),
            "orders": list(ORDERS),
            "choices": {
                name: [text for text, _ in pairs] for name, pairs in self._model.choices().items()
            },
            "notice": _notice(self._asked_of),
        }
        return told, []

    def _overview(self, bins: int) -> Answer:
        return {"bins": int(bins)}, [self._model.overview(self.filters, int(bins))]

    def _view(self, window: list[int], bins: int, order: str, lanes: int) -> Answer:
        start, end = span_of(window)
        head, buffers = self._model.view(
            self.filters, (start, end), bins=int(bins), order=order, lanes=int(lanes)
        )
        return head | {"chosen": self._chosen()}, buffers

    def _chosen(self) -> dict[str, list[str]]:
        return {name: [label(one) for one in values] for name, values in self.filters.items()}

    def _rows(self, span: list[int], offset: int, turn: int = 0) -> Answer:
        start, end = span_of(span)
        total, rows = self._model.page(self.filters, (start, end), int(offset), _PAGE)
        starred = [at for at in self._starred.values() if any(at == row[0] for row in rows)]
        told = {"total": total, "offset": offset, "turn": turn}
        return told | {"rows": rows, "starred": starred}, []

    def _record(self, position: int | None = None, event_id: str = "") -> Answer:
        at = self._model.index.position_of(event_id) if position is None else int(position)
        if at is None:
            raise RequestError(f"no event here has the id {event_id!r}.")
        found = self._fetched(at)
        names = ("event_id", "actor", "action", "origin")
        return {
            "position": at,
            "time": int(self._model.index.rows["t"][at]),
            "record": found.get("record") or json.dumps(found, default=str),
            "labels": {name: label(str(found.get(name) or "")) for name in names},
            "event_id": found.get("event_id") or "",
            "is_starred": found.get("event_id") in self._recorder.stars,
            "notes": self._notes_on(found.get("event_id")),
        }, []

    def _fetched(self, position: int) -> dict[str, Any]:
        found = self._model.index.place_of(position).collect()
        if found.is_empty():
            raise RequestError("this event is no longer where it was read. Explore it anew.")
        row = found.row(0, named=True)
        return row | {"origin": row.get("source_ip_address")}

    def _notes_on(self, event_id: str | None) -> list[str]:
        return [note.text for note in self._recorder.notes if event_id in note.event_ids]

    def _choose(self, **chosen: Any) -> Answer:
        """Change filters as the browser asks: by number among the choices, or a text."""
        filters = dict(self.filters)
        for name, value in chosen.items():
            if name == "nothing":
                filters = {}
            elif name == "kind":
                filters = _toggled_kind(filters, str(value))
            elif name in {"position", "actor"} and value is not None:
                filters = self._toggled_actor(filters, name, int(value))
            elif name in CHOICES and value is not None:
                filters[name] = [self._model.choices()[name][int(value)][1]]
            else:
                filters[name] = [str(value)] if value else []
        self.filters = {n: v for n, v in filters.items() if v or n == "kind"}
        return {"chosen": self._chosen()}, []

    def _toggled_actor(
        self, filters: dict[str, list[str]], name: str, value: int
    ) -> dict[str, list[str]]:
        code = value if name == "actor" else int(self._model.index.rows["actor"][value])
        actor, had = self._model.index.names["actor"][code], filters.get("actor", [])
        left = [one for one in had if one != actor] if actor in had else [*had, actor]
        return filters | {"actor": left}

    def _star(self, position: int) -> Answer:
        event_id = self._id_at(int(position))
        self._recorder.star(event_id)
        is_starred = event_id in self._recorder.stars
        if is_starred:
            self._starred[event_id] = int(position)
        else:
            self._starred.pop(event_id, None)
        return {"position": position, "is_starred": is_starred}, []

    def _note(self, position: int, text: str) -> Answer:
        event_id = self._id_at(int(position))
        self._recorder.note(str(text), event_ids=[event_id])
        return {"position": position, "notes": self._notes_on(event_id)}, []

    def _id_at(self, position: int) -> str:
        event_id: str | None = self._fetched(position).get("event_id")
        if not event_id:
            raise RequestError("this event has no event id, so nothing can be pinned to it.")
        return event_id

    def _sentence(self) -> str:
        return self._model.sentence()

    def _picture(self) -> str:
        start, end = span_of(self.window or _shown(self._model.extent))
        return lanes_svg(self._model, self.filters, (start, end))


def _shown(extent: tuple[int, int]) -> list[int]:
    """Show something even of nothing: a stretch of time is never empty."""
    start, end = extent
    return [start, max(end, start + 1)]


def _toggled_kind(filters: dict[str, list[str]], kind: str) -> dict[str, list[str]]:
    shown = filters.get("kind", list(KINDS))
    left = [one for one in KINDS if (one in shown) != (one == kind)]
    rest = {name: values for name, values in filters.items() if name != "kind"}
    return rest if left == list(KINDS) else rest | {"kind": left}


def _notice(given: object) -> str:
    """Offer to save where that pays: a sentence, or nothing."""
    scan = given.scan if isinstance(given, Trail) else None
    if not isinstance(scan, EventScan):
        return ""
    size = sum(file.size_bytes or 0 for file in scan.files)
    if size < _LARGE_BYTES:
        return ""
    return (
        f"These are {size / 1e6:,.0f} MB of raw logs, read anew for each record: "
        'trail.save("cases/…") once, and explore what it returns.'
    )
