"""The explorer of permission changes without a browser: which changes, and one of them in full."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from trailnb._frame import table
from trailnb.errors import RequestError
from trailnb.iam.changes import SCHEMA, iam_changes
from trailnb.iam.trusted import KINDS
from trailnb.iam.view import iam_view, subject
from trailnb.iam.view_html import html_of
from trailnb.widgets._filters import Filters, texts_of
from trailnb.widgets.timeline_model import label

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from trailnb.iam.seed import Seed

#: What can come of a call, the telling first.
CHANGES = ("made", "changed", "removed", "attempted", "unchanged")
FILTERS = ("principal", "mark", "actor", "change", "text")
_REAL = ("made", "changed", "removed")
_SEARCHED = ("actor", "root_actor", "action", "entity_name", "aspect", "after", "origin")
_MOST_TEXT = 20_000


class Changes:
    """The changes of an answer of `tn.iam_changes`, by filters and one by one.

    Example:
        >>> from trailnb.iam.changes import SCHEMA
        >>> Changes(pl.LazyFrame(schema=SCHEMA)).sentence({})
        'Permissions: no changes.'
    """

    def __init__(self, answer: object) -> None:
        rows = table(answer)
        if missing := [name for name in SCHEMA if name not in rows.columns]:
            raise RequestError(
                f"explore_iam_changes shows rows of iam_changes; these lack {', '.join(missing)}."
            )
        self.rows: pl.DataFrame = rows.sort("step").with_columns(principal=_principal())

    def found(self, filters: Filters) -> pl.DataFrame:
        """Which changes pass?"""
        tests = []
        for name, values in filters.items():
            if name == "text":
                tests += [_holds(text) for text in values]
            elif name == "mark":
                tests.append(pl.col("marks").list.eval(pl.element().is_in(values)).list.any())
            else:
                tests.append(pl.col(name).is_in(values))
        return self.rows.filter(tests) if tests else self.rows

    def kinds(self, filters: Filters) -> dict[str, int]:
        """How many of each kind of change are there, also of those that are hidden?"""
        others = {name: values for name, values in filters.items() if name != "change"}
        counts = dict(self.found(others)["change"].value_counts().iter_rows())
        return {name: counts.get(name, 0) for name in CHANGES}

    def choices(self) -> dict[str, list[str]]:
        """What can be chosen: whose permissions, which marks, which actors?"""
        marks = set(self.rows["marks"].explode().drop_nulls())
        return {
            "principal": self.rows["principal"].unique().sort().to_list(),
            "mark": [name for name in KINDS if name in marks] + sorted(marks - set(KINDS)),
            "actor": self.rows["actor"].drop_nulls().unique().sort().to_list(),
        }

    def page(self, filters: Filters, offset: int, count: int) -> tuple[int, list[list[Any]]]:
        """Which changes pass, from the `offset`-th on: as the table shows them?"""
        found = self.found(filters)
        return found.height, [
            [
                row["step"],
                f"{row['time']:%Y-%m-%d %H:%M:%S}" if row["time"] else "?",
                *(label(row[name] or "unknown") for name in ("actor", "action", "principal")),
                label(row["aspect"]),
                row["change"],
                list(row["marks"] or ()),
            ]
            for row in found.slice(offset, count).iter_rows(named=True)
        ]

    def card(self, step: int) -> str:
        """How does this change look, as HTML without a script, everything in it escaped?"""
        return html_of(iam_view([self._row(step)]))

    def state(self, step: int) -> list[list[str]]:
        """What is known of all that this principal has, just before and just after this change?

        Aspect, before, after. What is changed only later tells by its own `before` what it is now.
        """
        row = self._row(step)
        same = self.rows.filter(
            pl.col("principal") == row["principal"],
            pl.col("account").eq_missing(row["account"]),
            pl.col("change").is_in(_REAL),
        )
        known = []
        for (aspect,), rows in sorted(same.group_by("aspect", maintain_order=True)):
            past = rows.filter(pl.col("step") <= step)
            earlier = past.filter(pl.col("step") < step)
            first = rows.row(0, named=True)["before"]
            before = earlier["after"][-1] if earlier.height else first
            after = past["after"][-1] if past.height else first
            known.append([label(str(aspect)), _told(before), _told(after)])
        return known

    def sentence(self, filters: Filters) -> str:
        """What is listed, in one sentence?"""
        kinds = self.kinds(filters)
        counts = ", ".join(f"{count:,} {name}" for name, count in kinds.items() if count)
        marked = self.found(filters).filter(pl.col("marks").list.len() > 0).height
        return f"Permissions: {counts or 'no changes'}{f'; {marked:,} with marks' * (marked > 0)}."

    def _row(self, step: int) -> dict[str, Any]:
        found = self.rows.filter(pl.col("step") == step)
        if found.is_empty():
            raise RequestError(f"there is no change {step}. The answer has {self.rows.height:,}.")
        return found.row(0, named=True)


def changes_of(given: object, seed: Seed | Iterable[Seed] | None) -> Changes:
    """Take an answer of `iam_changes` as it is, and of anything else ask for it."""
    columns = given.collect_schema().names() if isinstance(given, pl.LazyFrame) else None
    columns = given.columns if isinstance(given, pl.DataFrame) else columns
    is_answer = columns is not None and {"step", "marks", "aspect"}.issubset(columns)
    events: Any = given
    return Changes(given if is_answer else iam_changes(events, seed=seed))


def filters_of(given: Mapping[str, object]) -> Filters:
    """What do these filters mean?

    Raises:
        RequestError: there is no such filter or kind of change.

    Example:
        >>> filters_of({"mark": "admin-equivalent"})
        {'mark': ['admin-equivalent']}
    """
    told = texts_of(given, FILTERS)
    if wrong := set(told.get("change", ())) - set(CHANGES):
        raise RequestError(f"no change is called {min(wrong)!r}. There are {', '.join(CHANGES)}.")
    return {name: values for name, values in told.items() if values or name == "change"}


def _principal() -> pl.Expr:
    """Whose permissions: a name that reads well, told once per entity."""
    entity = pl.struct("entity_kind", "entity_name")
    return entity.map_elements(
        lambda one: subject(one["entity_kind"], one["entity_name"]), return_dtype=pl.String
    )


def _holds(text: str) -> pl.Expr:
    return pl.any_horizontal(
        pl.col(name).fill_null("").str.contains_any([text], ascii_case_insensitive=True)
        for name in _SEARCHED
    )


def _told(value: str | None) -> str:
    if value is None:
        return "nothing"
    return value if len(value) <= _MOST_TEXT else f"{value[:_MOST_TEXT]}… ({len(value):,} letters)"
