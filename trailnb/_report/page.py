"""The report as one HTML file: no script, no request, readable on paper."""

from __future__ import annotations

import base64
from importlib.resources import files
from typing import TYPE_CHECKING

from trailnb._report.escaping import markup, text_of
from trailnb.iam.view_html import html_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import altair as alt
    import polars as pl

    from trailnb._report.outline import Outline, Section

# A page that can neither run nor fetch anything, whatever slipped into it.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_LONG = frozenset({"why", "summary", "gained", "lost", "before", "after", "reasons", "reason",
                   "because", "unknown"})  # fmt: skip
_NAMES = frozenset({"target", "action", "actor", "root_actor", "actions", "actors", "agents",
                    "value", "how"})  # fmt: skip
_ONE_LINE = 40
#: Values of one short word: broken into two lines they are hard to compare.
_SHORT = frozenset({"time", "until", "outcome", "account", "region", "origin", "access", "level",
                    "first_seen", "last_seen", "first", "last", "severity"})  # fmt: skip
_CODE = frozenset({"event_id", "event_ids", "log_file", "sha256_stored", "sha256_text", "key"})
_KINDS = {"long": _LONG, "name": _NAMES}


def page(told: Outline) -> str:
    """How does the report read as a page?

    Example:
        >>> import trailnb as tn
        >>> from trailnb.case.case import Case
        >>> from trailnb._report.outline import outline
        >>> trail = tn.open("data-samples/quiet", progress=lambda _: None)
        >>> "<script" in page(outline(Case(trail, title="<script>alert(1)</script>")))
        False
    """
    style = files("trailnb._report").joinpath("page.css").read_text("utf-8")
    about = f"<p class=about>{markup(told.about, 10_000)}</p>" if told.about else ""
    body = "\n".join(_section(one, 2) for one in told.sections)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{markup(told.title)}</title>
<style>
{style}
</style></head>
<body><main>
<header><h1>{markup(told.title)}</h1>{about}
{_facts(told.facts)}</header>
{body}
</main></body></html>
"""


def _facts(facts: Mapping[str, str]) -> str:
    rows = "".join(
        f"<dt>{markup(name)}</dt><dd>{markup(said)}</dd>" for name, said in facts.items()
    )
    return f"<dl>{rows}</dl>"


def _section(one: Section, depth: int) -> str:
    mark = f'<span class="level {one.level}">{one.level}</span> ' if one.level else ""
    parts = [f"<h{depth}>{mark}{markup(one.title)}</h{depth}>"]
    parts += [f"<p>{markup(said, 10_000)}</p>" for said in one.sentences]
    if one.items:
        items = "".join(f"<li>{markup(item, 10_000)}</li>" for item in one.items)
        parts.append(f"<ul>{items}</ul>")
    if one.chart is not None:
        parts.append(_picture(one.chart))
    if one.changes is not None:
        parts.append(html_of(one.changes))
    if one.shown is not None:
        parts.append(table(one.shown))
    if one.left_out:
        parts.append(f"<p class=rest>and {one.left_out:,} more rows</p>")
    parts += [_section(part, depth + 1) for part in one.parts]
    return f"<section>{''.join(parts)}</section>"


def _picture(chart: alt.TopLevelMixin) -> str:
    """Draw a chart into the page; its sentence says it to who cannot see it."""
    from trailnb.charts._offline import png

    spec = chart.to_dict()
    data = base64.b64encode(png(spec)).decode("ascii")
    said = markup(spec.get("description", "chart"), 2_000)
    image = f'<img src="data:image/png;base64,{data}" alt="{said}">'
    return f"<figure>{image}<figcaption>{said}</figcaption></figure>"


def table(rows: pl.DataFrame) -> str:
    """How does a table read in a page?

    Example:
        >>> import polars as pl
        >>> table(pl.DataFrame({"actor": ["<b>"], "events": [1200]}))[-83:]
        '<td class=name>&lt;b&gt;</td><td class=number>1,200</td></tr></tbody></table></div>'
    """
    if rows.is_empty():
        return "<p class=rest>no rows</p>"
    names = [name for name in rows.columns if name != "record"]
    head = "".join(f"<th>{markup(name.replace('_', ' '))}</th>" for name in names)
    body = "".join(
        f"<tr>{''.join(_cells(names, row))}</tr>" for row in rows.select(names).iter_rows()
    )
    return (
        f"<div class=wide><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cells(names: list[str], row: tuple[object, ...]) -> Iterator[str]:
    for name, value in zip(names, row, strict=True):
        if isinstance(value, int) and not isinstance(value, bool):
            yield f"<td class=number>{value:,}</td>"
        elif name in _CODE:
            yield f"<td class=code>{markup(value, 2_000)}</td>"
        else:
            kind = next((kind for kind, names in _KINDS.items() if name in names), "")
            kind = "short" if _is_short(name, value) else kind
            yield f"<td{f' class={kind}' if kind else ''}>{markup(value)}</td>"


def _is_short(name: str, value: object) -> bool:
    """Tell whether it stays on one line: a hostile value of such a column may be long."""
    return name in _SHORT and len(text_of(value)) <= _ONE_LINE
