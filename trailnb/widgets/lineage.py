"""The lineage explorer: the sessions and hops of one actor or key, and the events of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import traitlets

from trailnb.widgets._lineage_svg import lineage_svg
from trailnb.widgets._shell import Answer, Shell, script, style
from trailnb.widgets.lineage_model import Lineages, Node
from trailnb.widgets.timeline_model import label

if TYPE_CHECKING:
    from collections.abc import Callable

_PAGE, _ACTORS = 100, 200


def explore_lineage(
    trail_or_events: object, *, actor: str | None = None, key: str | None = None
) -> LineageExplorer:
    """Who became whom: the sessions and hops of one actor or key, and what each did?

    Sessions of one actor that came the same way are one box; a click lists their events, and one of
    them shows its record. The actors stand beside, the longest chains first.

    Args:
        trail_or_events: A trail, or all its events: parts of them have lost who issued what.
        actor: Actor to begin with, as in the answers; its whole family is drawn.
        key: Access key or session to begin with, as `tn.lineage` names sessions.

    Returns:
        A widget with `actor`, `key` and `selected` to set and observe.

    Raises:
        RequestError: nobody is called that.

    Example:
        >>> import trailnb as tn
        >>> trail = tn.open("data-samples/quiet", progress=lambda _: None)
        >>> w = tn.explore_lineage(trail, actor="role/inventory-reader/inventory")
        >>> w.events().select(pl.len()).collect().item() > 0
        True
    """
    return LineageExplorer(trail_or_events, actor=actor, key=key)


class LineageExplorer(Shell):
    """The lineage explorer; `tn.explore_lineage` makes one.

    Attributes:
        actor: Whose family is drawn.
        key: The key or session whose family is drawn instead; None for none.
        selected: Session ids of the chosen box; empty for none.
    """

    _esm = script("core", "table", "record", "lineage")
    _css = style("core", "lineage")
    #: What the browser sees and sets beside its messages.
    PUBLIC = ("actor", "key", "selected")
    actor = traitlets.Unicode(None, allow_none=True).tag(sync=True)
    key = traitlets.Unicode(None, allow_none=True).tag(sync=True)
    selected = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(
        self, trail_or_events: object, *, actor: str | None = None, key: str | None = None
    ) -> None:
        self._model = Lineages(trail_or_events)
        roots = self._model.actors()
        if actor is None and key is None and not roots.is_empty():
            actor = roots["root_actor"][0]
        if actor is not None or key is not None:
            self._model.graph(actor=actor, key=key)  # says at once when nobody is called that
        super().__init__(actor=actor, key=key)

    def events(self) -> pl.LazyFrame:
        """Which events did the chosen box make, or else all that is drawn? With who is behind."""
        sessions = self.selected or [one for node in self._nodes()[0] for one in node.sessions]
        return self._model.events.filter(pl.col("session_id").is_in(sessions))

    def _nodes(self) -> tuple[list[Node], int]:
        if self.actor is None and self.key is None:
            return [], 0
        return self._model.graph(actor=self.actor, key=self.key)

    def _asked(self) -> dict[str, Callable[..., Answer]]:
        return {
            "actors": self._actors,
            "graph": self._graph,
            "rows": self._rows,
            "record": self._record,
            "go": self._go,
        }

    def _actors(self, text: str = "") -> Answer:
        found = self._model.actors(text)
        shown = found.head(_ACTORS).rename({"root_actor": "actor", "root_kind": "kind"})
        rows = [row | {"actor": label(row["actor"])} for row in shown.iter_rows(named=True)]
        return {"actors": rows, "total": found.height}, []

    def _graph(self) -> Answer:
        nodes, left_out = self._nodes()
        chosen = set(self.selected)
        return {
            "nodes": [node.told() for node in nodes],
            "left_out": left_out,
            "actor": None if self.actor is None else label(self.actor),
            "key": None if self.key is None else label(self.key),
            "chosen": [node.number for node in nodes if chosen & set(node.sessions)],
        }, []

    def _rows(self, offset: int, turn: int = 0) -> Answer:
        total, rows = self._model.page(list(self.selected), int(offset), _PAGE)
        return {"total": total, "offset": offset, "turn": turn, "rows": rows}, []

    def _record(self, place: int) -> Answer:
        return {"record": self._model.record(self.selected, int(place))}, []

    def _go(self, actor: int | None = None, text: str = "", node: int | None = None) -> Answer:
        """Draw another actor, by place in the list; or choose a box, once more to let it go."""
        if actor is not None:
            name = str(self._model.actors(text)["root_actor"][int(actor)])
            self.selected, self.key, self.actor = [], None, name
        if node is not None:
            sessions = self._nodes()[0][int(node)].sessions
            self.selected = [] if self.selected == sessions else list(sessions)
        return {}, []

    def _sentence(self) -> str:
        nodes, left_out = self._nodes()
        sessions = sum(len(node.sessions) for node in nodes)
        hops = max((node.layer for node in nodes), default=0)
        whose = label(self.actor or "nobody") if self.key is None else f"key {label(self.key)}"
        more = f"; {left_out:,} more sessions are not drawn" if left_out else ""
        return (
            f"Lineage of {whose}: {sessions:,} sessions in {len(nodes):,} boxes, up to "
            f"{hops:,} hop{'s' * (hops != 1)}{more}."
        )

    def _picture(self) -> str:
        return lineage_svg(self._sentence(), self._nodes()[0])
