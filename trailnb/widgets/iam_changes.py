"""The explorer of permission changes: a list with marks, and each change before beside after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import traitlets

from trailnb.widgets._filters import Filters
from trailnb.widgets._iam_changes_svg import changes_svg
from trailnb.widgets._shell import Answer, Shell, script, style
from trailnb.widgets.iam_changes_model import CHANGES, Changes, changes_of, filters_of
from trailnb.widgets.timeline_model import label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import polars as pl

    from trailnb.iam.seed import Seed

_PAGE = 100
#: Deployments write the same policy again and again; that is hidden, and counted on its chip.
_TELLING: Filters = {"change": [name for name in CHANGES if name != "unchanged"]}


def explore_iam_changes(
    trail_or_answer: object, *, seed: Seed | Iterable[Seed] | None = None
) -> IamChangesExplorer:
    """Which permissions changed, and what was each before and after?

    The list has marks for what to look at first; a click shows the change statement by statement,
    and all that is known of that principal around it.

    Args:
        trail_or_answer: A trail or all its events, which are then asked; or an answer of
            `tn.iam_changes`, filtered as you like.
        seed: What was known at a time, as for `tn.iam_changes`.

    Returns:
        A widget with `filters` and `selected` to set and observe.

    Raises:
        ColumnError: the frame lacks columns of the event table.

    Example:
        >>> import trailnb as tn
        >>> trail = tn.open("data-samples/quiet", progress=lambda _: None)
        >>> w = tn.explore_iam_changes(trail)
        >>> w.filters = {"change": ["made", "removed"]}
        >>> w.changes().collect().height
        0
    """
    return IamChangesExplorer(changes_of(trail_or_answer, seed))


class Narrowed(traitlets.TraitType[Filters, Any]):
    """What is chosen: a dict of lists of names."""

    info_text = "filters: a dict of names to values"

    def make_dynamic_default(self) -> Filters:
        """Begin with what changed something or was to."""
        return dict(_TELLING)

    def validate(self, _obj: object, value: Mapping[str, object] | None) -> Filters:
        """Take what was set."""
        return filters_of(value or {})


class IamChangesExplorer(Shell):
    """The explorer of permission changes; `tn.explore_iam_changes` makes one.

    Attributes:
        filters: `{"principal": [...], "mark": …, "actor": …, "change": …, "text": …}`.
        selected: The `step` of the change that is shown; 0 for none.
    """

    _esm = script("core", "table", "record", "iam_changes")
    _css = style("core", "iam_changes")
    #: What the browser sees and sets beside its messages.
    PUBLIC = ("filters", "selected")
    filters = Narrowed().tag(sync=True)
    selected = traitlets.Int().tag(sync=True)

    def __init__(self, changes: Changes) -> None:
        self._model = changes
        super().__init__()

    def changes(self) -> pl.LazyFrame:
        """Which changes are listed? Rows of `tn.iam_changes`."""
        return self._model.found(self.filters).drop("principal").lazy()

    def _asked(self) -> dict[str, Callable[..., Answer]]:
        return {
            "about": self._about,
            "rows": self._rows,
            "card": self._card,
            "choose": self._choose,
        }

    def _about(self) -> Answer:
        choices = {
            name: [label(value) for value in values]
            for name, values in self._model.choices().items()
        }
        return {"choices": choices, "changes": list(CHANGES)}, []

    def _rows(self, offset: int, turn: int = 0) -> Answer:
        total, rows = self._model.page(self.filters, int(offset), _PAGE)
        chosen = {name: [label(one) for one in values] for name, values in self.filters.items()}
        return {
            "total": total,
            "offset": offset,
            "turn": turn,
            "rows": rows,
            "kinds": self._model.kinds(self.filters),
            "chosen": chosen,
        }, []

    def _card(self, step: int) -> Answer:
        told = {"step": step, "html": self._model.card(int(step))}
        return told | {"state": self._model.state(int(step))}, []

    def _choose(self, **chosen: Any) -> Answer:
        """Change filters as the browser asks: by number among the choices, or a text."""
        filters = dict(self.filters)
        for name, value in chosen.items():
            if name == "change":
                shown = filters.get("change", list(CHANGES))
                filters[name] = [one for one in CHANGES if (one in shown) != (one == value)]
            elif name == "text" or value is None:
                filters[name] = [str(value)] if value else []
            else:
                filters[name] = [self._model.choices()[name][int(value)]]
        self.filters = filters
        return {}, []

    def _sentence(self) -> str:
        return self._model.sentence(self.filters)

    def _picture(self) -> str:
        _, rows = self._model.page(self.filters, 0, 20)
        return changes_svg(self._sentence(), rows)
