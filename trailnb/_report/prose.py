"""The report as Markdown, for tickets and wikis: the same sections, no pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trailnb._report.diffs import diffs
from trailnb._report.escaping import markdown

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

    from trailnb._report.outline import Outline, Section


def prose(told: Outline) -> str:
    r"""How does the report read as Markdown?

    Example:
        >>> import trailnb as tn
        >>> from trailnb.case.case import Case
        >>> from trailnb._report.outline import outline
        >>> trail = tn.open("data-samples/quiet", progress=lambda _: None)
        >>> prose(outline(Case(trail, title="A *quiet* night"))).splitlines()[0]
        '# A \\*quiet\\* night'
    """
    facts = [f"- {markdown(name)}: {markdown(said)}" for name, said in told.facts.items()]
    lines = [f"# {markdown(told.title)}", "", markdown(told.about, 10_000), "", *facts]
    for one in told.sections:
        lines += _section(one, 2)
    return "\n".join(lines) + "\n"


def _section(one: Section, depth: int) -> Iterator[str]:
    mark = f"{one.level.upper()}: " if one.level else ""
    yield from ("", f"{'#' * depth} {mark}{markdown(one.title)}", "")
    for said in one.sentences:
        yield from (markdown(said, 10_000), "")
    yield from (f"- {markdown(item, 10_000)}" for item in one.items)
    if one.chart is not None:
        yield f"*{markdown(one.chart.to_dict().get('description', ''), 2_000)}*"
        yield ""
    if one.changes is not None:
        yield from diffs(one.changes)
    if one.shown is not None:
        yield from _table(one.shown)
    if one.left_out:
        yield from ("", f"and {one.left_out:,} more rows")
    for part in one.parts:
        yield from _section(part, depth + 1)


def _table(rows: pl.DataFrame) -> Iterator[str]:
    names = [name for name in rows.columns if name != "record"]
    yield f"| {' | '.join(markdown(name) for name in names)} |"
    yield f"|{'---|' * len(names)}"
    for row in rows.select(names).iter_rows():
        yield f"| {' | '.join(markdown(value) for value in row)} |"
