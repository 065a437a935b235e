"""The pivot explorer: from one address, actor, key, agent or target to all seen with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import traitlets

from trailnb.questions.pivot import pivot
from trailnb.trail.trail import Trail
from trailnb.widgets._pivot_svg import pivot_svg
from trailnb.widgets._shell import Answer, Shell, script, style
from trailnb.widgets.pivot_model import BINS, DIMENSIONS, ORDERS, Pivots, Step, path_of
from trailnb.widgets.timeline_model import label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import polars as pl

_ROWS, _INSIDE = 40, 8


def explore_pivot(
    trail_or_events: object,
    *,
    origin: str | None = None,
    actor: str | None = None,
    key: str | None = None,
    agent: str | None = None,
    target: str | None = None,
    action: str | None = None,
) -> PivotExplorer:
    """What was seen with this address, actor, key, agent or target; and from there onward?

    Values stand with their activity over time, the newest first seen on top: what came late is what
    an intruder brought. A click on a value narrows to it, ▸ looks one step ahead.

    Args:
        trail_or_events: A trail, its `events`, or a part of them.
        origin: Address to begin at: `"203.0.113.7"`. Several values narrow further.
        actor: Actor as in the answers.
        key: Access key id.
        agent: User agent, whole.
        target: Resource, as in the answers.
        action: `"iam:CreateUser"`.

    Returns:
        A widget with `path`, `dimension` and `order` to set and observe.

    Raises:
        ColumnError: the frame lacks columns of the event table.

    Example:
        >>> import trailnb as tn
        >>> trail = tn.open("data-samples/quiet", progress=lambda _: None)
        >>> w = tn.explore_pivot(trail, action="sts:AssumeRole")
        >>> w.path, w.dimension
        ([('action', 'sts:AssumeRole')], 'origin')
    """
    given = {
        "origin": origin, "actor": actor, "key": key,
        "agent": agent, "target": target, "action": action,
    }  # fmt: skip
    path = [(name, value) for name, value in given.items() if value is not None]
    return PivotExplorer(trail_or_events, path)


class Path(traitlets.TraitType[list[Step], Any]):
    """The steps taken: pairs of a dimension and a value."""

    info_text = "a list of pairs: dimension, value"

    def make_dynamic_default(self) -> list[Step]:
        """Begin at the whole case."""
        return []

    def validate(self, _obj: object, value: Iterable[Sequence[str]] | None) -> list[Step]:
        """Take what was set."""
        return path_of(value or [])


class PivotExplorer(Shell):
    """The pivot explorer; `tn.explore_pivot` makes one.

    Attributes:
        path: The steps taken: `[("origin", "203.0.113.7"), ("actor", "alice")]`.
        dimension: What is listed: origin, actor, action, target, key, agent, account, region.
        order: How it is ordered.
    """

    _esm = script("core", "pivot")
    _css = style("core", "pivot")
    #: What the browser sees and sets beside its messages.
    PUBLIC = ("path", "dimension", "order")
    path = Path().tag(sync=True)
    dimension = traitlets.Enum(list(DIMENSIONS), default_value="origin").tag(sync=True)
    order = traitlets.Enum(list(ORDERS), default_value="newest first seen").tag(sync=True)

    def __init__(self, trail_or_events: object, path: Sequence[Step] = ()) -> None:
        self._model = Pivots(trail_or_events)
        self._asked_of = trail_or_events
        super().__init__(path=list(path), dimension=self._model.onward(path))

    def events(self) -> pl.LazyFrame:
        """Which events were seen with every value of the path? A lazy frame of what was given."""
        return self._model.index.events.filter(self._model.in_events(self.path))

    def pivot(self) -> pl.LazyFrame:
        """What does `tn.pivot` answer for the last step of the path, over all events?"""
        name, value = self.path[-1]
        is_trail = isinstance(self._asked_of, Trail)
        events: Any = self._asked_of if is_trail else self._model.index.events
        answer: pl.LazyFrame = pivot(events, **{name: value})
        return answer

    def _asked(self) -> dict[str, Callable[..., Answer]]:
        return {"rows": self._rows, "inside": self._inside, "go": self._go}

    def _rows(self, count: int = _ROWS, text: str = "") -> Answer:
        total, rows = self._model.rows(
            self.path, self.dimension, order=self.order, text=text, count=int(count)
        )
        used = {name for name, _ in self.path}
        return {
            "total": total,
            "rows": rows,
            "events": self._model.count(self.path),
            "path": [[name, label(value)] for name, value in self.path],
            "dimension": self.dimension,
            "dimensions": [name for name in DIMENSIONS if name not in used],
            "beside": self._model.beside(self.path, self.dimension),
            "orders": list(ORDERS),
            "bins": BINS,
            "extent": list(self._model.extent),
            "untimed": self._model.index.untimed,
        }, []

    def _inside(self, code: int) -> Answer:
        """Look one step ahead of this value."""
        path = [*self.path, self._model.step(self.dimension, int(code))]
        ahead = self._model.onward(path)
        total, rows = self._model.rows(path, ahead, order="most events", count=_INSIDE)
        return {"code": code, "dimension": ahead, "total": total, "rows": rows}, []

    def _go(
        self,
        steps: list[list[Any]] | None = None,
        back: int | None = None,
        dimension: str | None = None,
        order: str | None = None,
    ) -> Answer:
        """Take steps by code, go back to one of the path, or list something else."""
        if steps:
            path = [*self.path, *(self._model.step(name, int(code)) for name, code in steps)]
            self.path, self.dimension = path, self._model.onward(path)
        if back is not None:
            left = self.path[int(back)][0] if int(back) < len(self.path) else self.dimension
            self.path, self.dimension = self.path[: int(back)], left
        self.dimension = dimension or self.dimension
        self.order = order or self.order
        return {}, []

    def _sentence(self) -> str:
        steps = " and ".join(f"{name} {label(value)}" for name, value in self.path)
        values = self._model.values(self.path, self.dimension)
        return (
            f"Pivot: {self._model.count(self.path):,} events"
            f"{f' seen with {steps}' if steps else ''}, {values.height:,} values of "
            f"{self.dimension}."
        )

    def _picture(self) -> str:
        _, rows = self._model.rows(self.path, self.dimension, order=self.order, count=16)
        return pivot_svg(self._sentence(), self.dimension, rows)
