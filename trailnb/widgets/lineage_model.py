"""The lineage explorer without a browser: who became whom, drawn in layers."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import polars as pl

from trailnb._lineage.attribute import attribute
from trailnb._lineage.sessions import lineage
from trailnb.errors import RequestError
from trailnb.facts.kinds import KINDS, kind
from trailnb.widgets._index import UNKNOWN
from trailnb.widgets.timeline_model import label

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

#: More boxes nobody reads; what is left out is said.
_MOST = 60
_NEVER = "?"
_PLACE = ("log_file", "log_index")
#: The table under the graph, in the order of its columns.
CELLS = {
    "actor": "actor", "action": "action", "outcome": "outcome",
    "target": "target", "origin": "source_ip_address", "account": "recipient_account_id",
}  # fmt: skip


@dataclass
class Node:
    """Sessions of one actor that came the same way from the same place, as one box."""

    number: int
    parent: int | None
    actor: str
    how: str
    layer: int
    row: float = 0.0
    sessions: list[str] = field(default_factory=list)
    events: int = 0
    denied: int = 0
    first: datetime | None = None
    last: datetime | None = None
    unresolved: set[str] = field(default_factory=set)

    def add(self, row: Mapping[str, Any]) -> None:
        """Take in one session."""
        self.sessions.append(row["session_id"])
        self.events += row["events"]
        self.denied += row["denied"]
        times = [one for one in (self.first, row["first_use"]) if one is not None]
        self.first = min(times, default=None)
        times = [one for one in (self.last, row["last_use"]) if one is not None]
        self.last = max(times, default=None)
        if row["unresolved"]:
            self.unresolved.add(row["unresolved"])

    def told(self) -> dict[str, Any]:
        """What the browser is told of it."""
        return {
            "number": self.number,
            "parent": self.parent,
            "actor": label(self.actor),
            "how": label(self.how) if self.how else "",
            "layer": self.layer,
            "row": self.row,
            "sessions": len(self.sessions),
            "session": label(self.sessions[0]) if len(self.sessions) == 1 else "",
            "events": self.events,
            "denied": self.denied,
            "first": _minute(self.first),
            "last": _minute(self.last),
            "unresolved": "; ".join(label(one) for one in sorted(self.unresolved)),
        }


class Lineages:
    """All sessions with what they came from, and the events of each.

    Example:
        >>> import trailnb as tn
        >>> model = Lineages(tn.open("data-samples/quiet", progress=lambda _: None))
        >>> nodes, left_out = model.graph(actor="role/inventory-reader/inventory")
        >>> [node.actor for node in nodes][-1], left_out
        ('role/inventory-reader/inventory', 0)
    """

    def __init__(self, trail_or_events: object) -> None:
        self.sessions: pl.DataFrame = lineage(trail_or_events).collect()
        self.events: pl.LazyFrame = attribute(trail_or_events)
        self._found = lru_cache(1)(self._listed)
        self._parents = dict(self.sessions.select("session_id", "parent_session").iter_rows())

    def actors(self, text: str = "") -> pl.DataFrame:
        """Who began chains, the longest first: name, kind, hops, sessions, events, denied."""
        roots = self.sessions.group_by("root_actor", "root_kind").agg(
            pl.col("depth").max().alias("hops"),
            pl.len().alias("sessions"),
            pl.col("events").sum(),
            pl.col("denied").sum(),
        )
        if text:
            holds = pl.col("root_actor").str.contains_any([text], ascii_case_insensitive=True)
            roots = roots.filter(holds)
        return roots.sort(
            "hops", "denied", "events", "root_actor", descending=[True, True, True, False]
        )

    def graph(self, *, actor: str | None = None, key: str | None = None) -> tuple[list[Node], int]:
        """Which boxes are drawn for this actor or key, and how many sessions have none?

        Of an actor: everything it began and everything it came from. Of a key or session: what it
        came from, and what came from it.
        """
        chosen = self._chosen(actor, key)
        rows = self.sessions.filter(pl.col("session_id").is_in(chosen))
        nodes = self._grouped({row["session_id"]: row for row in rows.iter_rows(named=True)})
        _place(nodes)
        left_out = rows.height - sum(len(node.sessions) for node in nodes)
        return nodes, left_out

    def page(self, sessions: Sequence[str], offset: int, count: int) -> tuple[int, list[list[Any]]]:
        """Which events did these sessions make? Place, time, kind, then `CELLS`."""
        found = self._found(tuple(sessions))
        shown = found.slice(offset, count).select("event_time", "kind", *CELLS)
        return found.height, [
            [
                offset + place,
                f"{time:%Y-%m-%d %H:%M:%S}" if time is not None else _NEVER,
                KINDS.index(what),
                *(label(UNKNOWN if cell is None else cell) for cell in cells),
            ]
            for place, (time, what, *cells) in enumerate(shown.iter_rows())
        ]

    def record(self, sessions: Sequence[str], place: int) -> str:
        """What does the record of the event at this place say, as it was delivered?"""
        row = self._found(tuple(sessions)).row(place, named=True)
        told = [pl.col(name).eq_missing(pl.lit(row[name])) for name in self._keys]
        found = self.events.filter(told).select("record").head(1).collect()
        return str(found["record"].item())

    @property
    def _keys(self) -> tuple[str, ...]:
        """What names one event: its place where it has one."""
        has = self.events.collect_schema().names()
        return _PLACE if set(_PLACE).issubset(has) else ("event_id",)

    def _listed(self, sessions: tuple[str, ...]) -> pl.DataFrame:
        shown = {name: pl.col(column) for name, column in CELLS.items()}
        told = kind(pl.col("action"), pl.col("outcome"))
        return (
            self.events.filter(pl.col("session_id").is_in(sessions))
            .select("event_time", *self._keys, kind=told, **shown)
            .sort("event_time", *self._keys)
            .collect()
        )

    def _chosen(self, actor: str | None, key: str | None) -> set[str]:
        if key is not None:
            start = {key} & self._parents.keys()
            if not start:
                raise RequestError(f"no session or key here is called {key!r}.")
        else:
            is_of = pl.any_horizontal(pl.col("root_actor", "actor") == pl.lit(actor))
            start = set(self.sessions.filter(is_of)["session_id"])
            if not start:
                raise RequestError(f"no actor here is called {actor!r}.")
        return self._with_origin(start) | self._with_issue(start)

    def _with_origin(self, start: Iterable[str]) -> set[str]:
        """Add what each came from; a circle ends where it closes."""
        found: set[str] = set()
        for one in start:
            at: str | None = one
            while at is not None and at not in found:
                found.add(at)
                at = self._parents.get(at)
        return found

    def _with_issue(self, start: set[str]) -> set[str]:
        """Add what came from each."""
        children: dict[str, list[str]] = {}
        for session, parent in self._parents.items():
            if parent is not None:
                children.setdefault(parent, []).append(session)
        found, waiting = set(start), list(start)
        while waiting:
            new = [one for one in children.get(waiting.pop(), ()) if one not in found]
            found.update(new)
            waiting += new
        return found

    def _grouped(self, rows: Mapping[str, Mapping[str, Any]]) -> list[Node]:
        """Join sessions that came the same way to one box, level by level."""
        nodes: list[Node] = []
        by_way: dict[tuple[int | None, str, str], Node] = {}
        box: dict[str, Node] = {}
        children: dict[str | None, list[str]] = {}
        for session, row in rows.items():
            parent = row["parent_session"]
            children.setdefault(parent if parent in rows else None, []).append(session)
        level = sorted(children.get(None, ()), key=lambda one: -rows[one]["events"])
        while level:
            for session in level:
                row = rows[session]
                above = box.get(row["parent_session"])
                way = (above.number if above else None, row["actor"], row["how"] or "")
                node = by_way.get(way)
                if node is None and len(nodes) < _MOST:
                    layer = above.layer + 1 if above else 0
                    node = Node(len(nodes), way[0], row["actor"], way[2], layer)
                    by_way[way] = node
                    nodes.append(node)
                if node is not None:
                    node.add(row)
                    box[session] = node
            level = [
                one for session in level if session in box for one in children.get(session, ())
            ]
        return nodes


def _place(nodes: list[Node]) -> None:
    """Give each box its row: leaves one below the other, parents in the middle of theirs."""
    below: dict[int | None, list[Node]] = {}
    for node in nodes:
        below.setdefault(node.parent, []).append(node)
    row = 0
    # Children have greater numbers than their parents, so the last are placed first.
    order: list[Node] = []
    waiting = list(reversed(below.get(None, [])))
    while waiting:
        node = waiting.pop()
        order.append(node)
        waiting += reversed(below.get(node.number, []))
    for node in order:
        if node.number not in below:
            node.row = row
            row += 1
    for node in reversed(order):
        if inside := below.get(node.number):
            node.row = (inside[0].row + inside[-1].row) / 2


def _minute(time: datetime | None) -> str:
    return f"{time:%Y-%m-%d %H:%M}" if time is not None else _NEVER
